//! `verifyImages` of `ClusterPolicy`: each entry becomes a rule.

use super::super::super::page::{Node, Page};
use super::super::pattern::Wildcards;
use super::{
    BACKGROUND, CREDENTIALS, Draft, DraftRule, ENFORCEMENT, EXPORT, Entries, Formats, OWN_ROOT,
    PUBLIC_REKOR, REGO, Tree, attestation, digests, key_tree, keyless_tree, name_of, needed,
    pattern, refuse, surroundings,
};

/// `ClusterPolicy`: each entry of `verifyImages` becomes a rule.
pub(in super::super) fn cluster_policy(page: &Page, node: Node<'_>, draft: &mut Draft) {
    let top = page.section(
        node,
        "`ClusterPolicy`",
        &["apiVersion", "kind", "metadata", "spec", "status"],
    );
    let name = name_of(node);
    let Some(spec) = top.get("spec") else { return };
    let keys = [
        "rules",
        "validationFailureAction",
        "background",
        "webhookTimeoutSeconds",
        "failurePolicy",
        "webhookConfiguration",
    ];
    let spec = page.section(spec, "`spec`", &keys);
    surroundings(page, node, &spec, draft);
    let action = spec.get("validationFailureAction");
    for rule in spec.get("rules").map(|node| page.items(node, "rules")).unwrap_or_default() {
        let rule = page.section(
            rule,
            "a rule",
            &[
                "name",
                "match",
                "exclude",
                "context",
                "preconditions",
                "verifyImages",
                "skipBackgroundRequests",
            ],
        );
        refuse(
            page,
            &rule,
            &[("exclude", ENFORCEMENT), ("context", REGO), ("preconditions", REGO)],
        );
        draft.note_keys(page, &rule, &[("skipBackgroundRequests", BACKGROUND)]);
        let own = rule.text("name").unwrap_or("rule");
        let entries = rule.get("verifyImages").map(|node| page.items(node, "verifyImages"));
        if entries.is_none() {
            page.refuse(rule.node.place.value, format!("rule `{own}` has no `verifyImages`"), REGO);
        }
        if let Some(node) = rule.get("match") {
            only_pods(page, node);
        }
        for (index, node) in entries.unwrap_or_default().into_iter().enumerate() {
            let name =
                if index == 0 { format!("{name}-{own}") } else { format!("{name}-{own}-{index}") };
            verify_images(page, node, &name, action, draft);
        }
    }
}

/// Refuses what only reports; Kyverno does so where nothing is written.
fn enforced(page: &Page, entry: Node<'_>, own: Option<Node<'_>>, of_policy: Option<Node<'_>>) {
    let Some(node) = own.or(of_policy) else {
        let message = "a policy without `validationFailureAction` only reports, and that cannot be carried over";
        let help = "write `failureAction: Enforce`; what a finding does, and where, is said in `enforcement.yaml`";
        page.refuse(entry.place.value, message, help);
        return;
    };
    if node.value.as_str().is_none_or(|action| !action.eq_ignore_ascii_case("enforce")) {
        let key = if own.is_some() { "failureAction" } else { "validationFailureAction" };
        let message = format!("`{key}` other than `Enforce` cannot be carried over");
        page.refuse(node.place.value, message, ENFORCEMENT);
    }
}

fn verify_images(
    page: &Page,
    node: Node<'_>,
    name: &str,
    action: Option<Node<'_>>,
    draft: &mut Draft,
) {
    let keys = [
        "imageReferences",
        "attestors",
        "attestations",
        "type",
        "mutateDigest",
        "verifyDigest",
        "required",
        "failureAction",
        "repository",
        "skipImageReferences",
        "imageRegistryCredentials",
        "useCache",
        "key",
        "keyless",
    ];
    let entry = page.section(node, "`verifyImages`", &keys);
    refuse(
        page,
        &entry,
        &[
            ("skipImageReferences", "write a rule with `action: skip` for them before this one"),
            ("imageRegistryCredentials", CREDENTIALS),
            ("key", "write it below `attestors`"),
            ("keyless", "write it below `attestors`"),
        ],
    );
    let formats = [("Cosign", Formats::Tags), ("SigstoreBundle", Formats::Bundles)];
    let formats = entry.word("type", &formats, Formats::Tags);
    enforced(page, node, entry.get("failureAction"), action);
    match entry.get("useCache").map(|node| (node, node.value.as_bool())) {
        Some((node, Some(false))) => page.refuse(
            node.place.value,
            "`useCache: false` cannot be carried over",
            "leave it out, and write `cache: {positiveTtl: 0s}` by hand",
        ),
        Some(_) => {
            let why = "answers are kept, as `cache` says";
            draft.note_keys(page, &entry, &[("useCache", why)]);
        }
        None => {}
    }
    let images = entry.get("imageReferences").map(|node| page.items(node, "imageReferences"));
    let images = images.unwrap_or_default().into_iter();
    let patterns: Vec<String> =
        images.filter_map(|node| pattern::any_path(page, node, "imageReferences")).collect();
    let mut body = Vec::new();
    if let Some(node) = entry.get("attestors")
        && let Some((names, threshold)) = attestors(page, node, name, draft)
    {
        let demand = [("anyOf", Tree::texts(names)), ("threshold", Tree::Count(threshold))];
        body.push(("signatures".to_owned(), Tree::map(demand)));
    }
    let attestations = entry.get("attestations").map(|node| page.items(node, "attestations"));
    let attestations: Vec<Tree> = attestations
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .filter_map(|(index, node)| {
            let keys = ["name", "type", "predicateType", "attestors", "conditions"];
            let section = page.section(node, "an attestation", &keys);
            refuse(page, &section, &[("conditions", REGO)]);
            let kind = section.get("predicateType").or_else(|| needed(page, &section, "type"))?;
            let kind = pattern::predicate_type(page, kind, "type")?;
            let own =
                section.text("name").map_or_else(|| format!("attestation-{index}"), str::to_owned);
            let Some(node) = section.get("attestors") else {
                page.refuse(
                    node.place.value,
                    "an attestation without `attestors` accepts everybody's",
                    "add `attestors:`",
                );
                return None;
            };
            let (names, threshold) = attestors(page, node, &format!("{name}-{own}"), draft)?;
            Some(attestation(&own, &kind, names, threshold))
        })
        .collect();
    if !attestations.is_empty() {
        body.push(("attestations".to_owned(), Tree::List(attestations)));
    }
    body.push(formats.entry());
    body.extend(digests(page, Some(&entry), node, draft));
    if let Some(repository) = entry.text("repository") {
        body.push(("signatureRepository".to_owned(), Tree::text(repository)));
    }
    draft.add_rule(page, node, DraftRule { name: name.to_owned(), patterns, body });
}

/// The authorities of one set of attestors, and how many of them must have signed.
fn attestors(
    page: &Page,
    node: Node<'_>,
    name: &str,
    draft: &mut Draft,
) -> Option<(Vec<String>, usize)> {
    let sets = page.items(node, "attestors");
    if sets.len() != 1 {
        page.refuse(
            node.place.value,
            "several sets of attestors, all of which must sign, cannot be carried over",
            "make one set of them with a `count`",
        );
        return None;
    }
    let set = page.section(*sets.first()?, "a set of attestors", &["count", "entries"]);
    let entries = page.items(needed(page, &set, "entries")?, "entries");
    let mut names = Vec::new();
    for (index, node) in entries.into_iter().enumerate() {
        let keys = ["keys", "keyless", "certificates", "attestor", "annotations", "repository"];
        let entry = page.section(node, "an attestor", &keys);
        refuse(
            page,
            &entry,
            &[
                ("certificates", "write the certificate's public key as a key"),
                ("attestor", "write its entries here"),
                ("repository", "write it beside `imageReferences`"),
            ],
        );
        let read = match (entry.get("keys"), entry.get("keyless")) {
            (Some(node), None) => keys_of(page, node, draft),
            (None, Some(node)) => keyless_of(page, node),
            (..) => {
                page.refuse(
                    node.place.value,
                    "an attestor of another kind cannot be carried over",
                    "add `keys:` or `keyless:`",
                );
                None
            }
        };
        let Some(mut read) = read else { continue };
        if let Some(node) = entry.get("annotations") {
            let annotations = page.entries(node, "annotations").into_iter();
            let annotations = annotations
                .filter_map(|(key, node)| Some((key, Tree::text(page.text(node, key)?))));
            read.push(("annotations".to_owned(), Tree::map(annotations)));
        }
        let own = format!("{name}-{index}");
        draft.authorities.push((own.clone(), Tree::Map(read)));
        names.push(own);
    }
    if names.is_empty() {
        let message = "a set of attestors of which none can be carried over";
        page.refuse(set.node.place.value, message, "add an entry with `keys:` or `keyless:`");
        return None;
    }
    let all = names.len();
    Some((names, set.count("count", all)))
}

fn keys_of(page: &Page, node: Node<'_>, draft: &mut Draft) -> Option<Entries> {
    let keys = ["publicKeys", "signatureAlgorithm", "kms", "secret", "rekor", "ctlog"];
    let section = page.section(node, "`keys`", &keys);
    refuse(page, &section, &[("kms", EXPORT), ("secret", EXPORT)]);
    let key = key_tree(page, &section, ("publicKeys", "signatureAlgorithm"))?;
    let mut authority = vec![("key".to_owned(), key)];
    if ignored_certificate_log(page, section.get("ctlog"))
        && let Some(node) = section.get("ctlog")
    {
        draft.note(page, node.place.key, "`ignoreSCT` is left out: a key has no certificate");
    }
    if logged(page, section.get("rekor")) {
        authority.push(("trustRoot".to_owned(), Tree::text("public")));
        authority.push(("tlog".to_owned(), Tree::text("required")));
    }
    Some(authority)
}

fn keyless_of(page: &Page, node: Node<'_>) -> Option<Entries> {
    let keys = [
        "issuer",
        "subject",
        "issuerRegExp",
        "subjectRegExp",
        "rekor",
        "ctlog",
        "roots",
        "additionalExtensions",
    ];
    let section = page.section(node, "`keyless`", &keys);
    refuse(
        page,
        &section,
        &[
            ("roots", OWN_ROOT),
            ("additionalExtensions", "write them as `claims` by hand, as docs/images.md shows"),
        ],
    );
    let identity = pattern::identity(page, &section, Wildcards::Stand)?;
    if !logged(page, section.get("rekor")) {
        let place = section.get("rekor")?.place.value;
        page.refuse(
            place,
            "`ignoreTlog` of a certificate cannot be carried over",
            "a certificate lives for minutes; its signature needs a log entry",
        );
    }
    let ignored = ignored_certificate_log(page, section.get("ctlog"));
    Some(keyless_tree(vec![identity], ignored))
}

/// Whether an entry of the public log is asked for, as it is unless the policy says otherwise.
fn logged(page: &Page, rekor: Option<Node<'_>>) -> bool {
    let Some(node) = rekor else { return true };
    let section = page.section(node, "`rekor`", &["url", "ignoreTlog", "pubkey"]);
    refuse(page, &section, &[("pubkey", OWN_ROOT)]);
    if let Some(node) = section.get("url")
        && node.value.as_str().map(|url| url.trim_end_matches('/')) != Some(PUBLIC_REKOR)
    {
        page.refuse(
            node.place.value,
            format!("a log other than `{PUBLIC_REKOR}` cannot be carried over"),
            OWN_ROOT,
        );
    }
    !section.switch("ignoreTlog")
}

fn ignored_certificate_log(page: &Page, node: Option<Node<'_>>) -> bool {
    let Some(node) = node else { return false };
    let section = page.section(node, "`ctlog`", &["ignoreSCT", "pubkey", "tsaCertChain"]);
    refuse(page, &section, &[("pubkey", OWN_ROOT), ("tsaCertChain", OWN_ROOT)]);
    section.switch("ignoreSCT")
}

/// Whose objects a policy is about; ours are about every kind that runs images.
fn only_pods(page: &Page, node: Node<'_>) {
    let text = node.value.to_string();
    let plain = [
        r#"{"any":[{"resources":{"kinds":["Pod"]}}]}"#,
        r#"{"all":[{"resources":{"kinds":["Pod"]}}]}"#,
        r#"{"resources":{"kinds":["Pod"]}}"#,
    ];
    if !plain.contains(&text.as_str()) {
        page.refuse(
            node.place.key,
            "a `match` that is not every `Pod` cannot be carried over",
            "narrow `imageReferences`, or say in `enforcement.yaml` where the findings count",
        );
    }
}
