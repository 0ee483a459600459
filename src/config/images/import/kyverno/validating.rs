//! `ImageValidatingPolicy`: one rule; of its expressions only calls that verify can be carried over.

use std::collections::BTreeMap;

use regex::Regex;

use super::super::super::page::{Node, Page, Section};
use super::super::pattern::Wildcards;
use super::{
    BACKGROUND, CREDENTIALS, Draft, DraftRule, ENFORCEMENT, EVERY_KIND, EXPORT, Entries, MESSAGE,
    OWN_ROOT, PUBLIC_REKOR, REGO, Tree, attestation, digests, key_tree, keyless_tree, name_of,
    needed, pattern, refuse, surroundings,
};

/// `ImageValidatingPolicy`: one rule; of its expressions only calls that verify can be carried over.
pub(in super::super) fn image_policy(page: &Page, node: Node<'_>, draft: &mut Draft) {
    let top = page.section(
        node,
        "`ImageValidatingPolicy`",
        &["apiVersion", "kind", "metadata", "spec", "status"],
    );
    let name = name_of(node);
    let Some(spec) = top.get("spec") else { return };
    let keys = [
        "matchConstraints",
        "matchImageReferences",
        "attestors",
        "attestations",
        "validations",
        "validationActions",
        "validationConfigurations",
        "failurePolicy",
        "webhookConfiguration",
        "evaluation",
        "matchConditions",
        "variables",
        "credentials",
        "images",
        "auditAnnotations",
        "autogen",
    ];
    let spec = page.section(spec, "`spec`", &keys);
    refuse(
        page,
        &spec,
        &[
            ("matchConditions", REGO),
            ("variables", REGO),
            ("images", REGO),
            ("auditAnnotations", REGO),
            ("credentials", CREDENTIALS),
            ("autogen", EVERY_KIND),
        ],
    );
    surroundings(page, node, &spec, draft);
    if let Some(node) = spec.get("evaluation") {
        evaluation(page, node, draft);
    }
    if let Some(node) = spec.get("validationActions")
        && node.value.to_string() != r#"["Deny"]"#
    {
        page.refuse(
            node.place.value,
            "`validationActions` other than `[Deny]` cannot be carried over",
            ENFORCEMENT,
        );
    }
    if let Some(node) = spec.get("matchConstraints") {
        only_pod_rules(page, node);
    }
    let keys = ["mutateDigest", "verifyDigest", "required"];
    let configurations = spec
        .get("validationConfigurations")
        .map(|node| page.section(node, "`validationConfigurations`", &keys));
    let mut body = digests(page, configurations.as_ref(), node, draft);
    let images =
        spec.get("matchImageReferences").map(|node| page.items(node, "matchImageReferences"));
    let patterns: Vec<String> = images
        .unwrap_or_default()
        .into_iter()
        .filter_map(|node| {
            let image = page.section(node, "an image", &["glob", "expression"]);
            refuse(page, &image, &[("expression", "write the images as a `glob`")]);
            pattern::any_path(page, needed(page, &image, "glob")?, "glob")
        })
        .collect();
    let known = named_attestors(page, &spec, name, draft);
    let types = named_types(page, &spec);
    body.extend(validations(page, &spec, &known, &types, draft));
    draft.add_rule(page, node, DraftRule { name: name.to_owned(), patterns, body });
}

/// Who asks: the gate is asked at admission and by pipelines, and about Kubernetes objects among others.
fn evaluation(page: &Page, node: Node<'_>, draft: &mut Draft) {
    let section = page.section(node, "`evaluation`", &["mode", "admission", "background"]);
    section.word("mode", &[("Kubernetes", ())], ());
    draft.note_keys(page, &section, &[("background", BACKGROUND)]);
    if let Some(node) = section.get("admission")
        && page
            .section(node, "`admission`", &["enabled"])
            .get("enabled")
            .is_some_and(|node| node.value.as_bool() != Some(true))
    {
        let message = "`admission` that is not enabled cannot be carried over";
        page.refuse(node.place.value, message, ENFORCEMENT);
    }
}

fn only_pod_rules(page: &Page, node: Node<'_>) {
    let section = page.section(node, "`matchConstraints`", &["resourceRules"]);
    let rules = section.get("resourceRules").map(|node| page.items(node, "resourceRules"));
    for node in rules.unwrap_or_default() {
        let keys = ["apiGroups", "apiVersions", "operations", "resources"];
        let rule = page.section(node, "a resource rule", &keys);
        if rule.texts("resources") != ["pods"] {
            page.refuse(
                node.place.value,
                "a rule that is not about `pods` cannot be carried over",
                "say in `enforcement.yaml` where the findings count",
            );
        }
        let all = [
            ("apiGroups", &[""][..]),
            ("apiVersions", &["v1"]),
            ("operations", &["CREATE", "UPDATE"]),
        ];
        for (key, usual) in all {
            let Some(node) = rule.get(key) else { continue };
            let items = page.items(node, key);
            let words = items.iter().map(|item| item.value.as_str().unwrap_or("?"));
            let odd: Vec<&str> =
                words.filter(|word| *word != "*" && !usual.contains(word)).collect();
            if !odd.is_empty() {
                let message = format!("`{}` in `{key}` cannot be carried over", odd.join("`, `"));
                page.refuse(
                    node.place.value,
                    message,
                    "the gate is asked when a pod is created or changed",
                );
            }
        }
    }
}

/// The authority of each attestor's name.
fn named_attestors(
    page: &Page,
    spec: &Section<'_, '_>,
    policy: &str,
    draft: &mut Draft,
) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    for node in spec.get("attestors").map(|node| page.items(node, "attestors")).unwrap_or_default()
    {
        let section = page.section(node, "an attestor", &["name", "cosign", "notary"]);
        refuse(
            page,
            &section,
            &[("notary", "sign with cosign; signatures of Notary are not verified")],
        );
        let (Some(name), Some(node)) =
            (needed(page, &section, "name"), needed(page, &section, "cosign"))
        else {
            continue;
        };
        let Some(name) = page.text(name, "name") else { continue };
        let keys = ["key", "keyless", "certificate", "source", "ctlog", "tuf", "annotations"];
        let cosign = page.section(node, "`cosign`", &keys);
        refuse(
            page,
            &cosign,
            &[
                ("certificate", "write its public key as a key"),
                ("source", "write `signatureRepository` by hand"),
                ("tuf", OWN_ROOT),
                ("annotations", "write `annotations` by hand"),
            ],
        );
        let (logged, sct_ignored) = cosign_logs(page, cosign.get("ctlog"));
        let own = format!("{policy}-{name}");
        let read = match (cosign.get("key"), cosign.get("keyless")) {
            (Some(node), None) => cosign_key(page, node, logged),
            (None, Some(node)) => {
                if !logged {
                    page.refuse(
                        node.place.value,
                        "`insecureIgnoreTlog` of a certificate cannot be carried over",
                        "a certificate lives for minutes; its signature needs a log entry",
                    );
                }
                let keyless = page.section(node, "`keyless`", &["identities", "roots"]);
                refuse(page, &keyless, &[("roots", OWN_ROOT)]);
                let identities =
                    keyless.get("identities").map(|node| page.items(node, "identities"));
                let keys = ["issuer", "subject", "issuerRegExp", "subjectRegExp"];
                let identity = |node: Node<'_>| {
                    pattern::identity(
                        page,
                        &page.section(node, "an identity", &keys),
                        Wildcards::None,
                    )
                };
                let identities: Vec<Tree> =
                    identities.unwrap_or_default().into_iter().filter_map(identity).collect();
                Some(keyless_tree(identities, sct_ignored))
            }
            (..) => {
                page.refuse(
                    node.place.value,
                    "an attestor of another kind cannot be carried over",
                    "add `key:` or `keyless:`",
                );
                None
            }
        };
        if let Some(read) = read {
            draft.authorities.push((own.clone(), Tree::Map(read)));
        }
        known.insert(name.to_owned(), own);
    }
    known
}

fn cosign_logs(page: &Page, node: Option<Node<'_>>) -> (bool, bool) {
    let Some(node) = node else { return (true, false) };
    let keys = [
        "url",
        "rekorPubKey",
        "ctLogPubKey",
        "tsaCertChain",
        "insecureIgnoreTlog",
        "insecureIgnoreSCT",
    ];
    let section = page.section(node, "`ctlog`", &keys);
    refuse(
        page,
        &section,
        &[("rekorPubKey", OWN_ROOT), ("ctLogPubKey", OWN_ROOT), ("tsaCertChain", OWN_ROOT)],
    );
    if let Some(node) = section.get("url")
        && node.value.as_str().map(|url| url.trim_end_matches('/')) != Some(PUBLIC_REKOR)
    {
        page.refuse(
            node.place.value,
            format!("a log other than `{PUBLIC_REKOR}` cannot be carried over"),
            OWN_ROOT,
        );
    }
    (!section.switch("insecureIgnoreTlog"), section.switch("insecureIgnoreSCT"))
}

fn cosign_key(page: &Page, node: Node<'_>, logged: bool) -> Option<Entries> {
    let keys = ["data", "kms", "hashAlgorithm", "secretRef", "expression"];
    let section = page.section(node, "`key`", &keys);
    refuse(page, &section, &[("kms", EXPORT), ("secretRef", EXPORT), ("expression", EXPORT)]);
    let key = key_tree(page, &section, ("data", "hashAlgorithm"))?;
    let mut authority = vec![("key".to_owned(), key)];
    if logged {
        authority.push(("trustRoot".to_owned(), Tree::text("public")));
        authority.push(("tlog".to_owned(), Tree::text("required")));
    }
    Some(authority)
}

/// The type of predicate of each attestation's name.
fn named_types(page: &Page, spec: &Section<'_, '_>) -> BTreeMap<String, String> {
    let attestations = spec.get("attestations").map(|node| page.items(node, "attestations"));
    let read = attestations.unwrap_or_default().into_iter().filter_map(|node| {
        let section = page.section(node, "an attestation", &["name", "intoto", "referrer"]);
        refuse(page, &section, &[("referrer", "attach it as an in-toto attestation")]);
        let intoto = page.section(needed(page, &section, "intoto")?, "`intoto`", &["type"]);
        let kind = pattern::predicate_type(page, needed(page, &intoto, "type")?, "type")?;
        let name = page.text(needed(page, &section, "name")?, "name")?;
        Some((name.to_owned(), kind))
    });
    read.collect()
}

/// What the expressions ask for: the signature of one of some attestors, or an attestation by one of them.
fn validations(
    page: &Page,
    spec: &Section<'_, '_>,
    attestors: &BTreeMap<String, String>,
    types: &BTreeMap<String, String>,
    draft: &mut Draft,
) -> Entries {
    // `e > 0` or `e >= 1`: one of the attestors is enough.
    let call = r"^images\.containers\.map\(image, ?(verifyImageSignatures|verifyAttestationSignatures)\(image, ?(?:attestations\.(\w+), ?)?\[([^\]]*)\]\)\)\.all\((\w+), ?(\w+) ?(?:> ?0|>= ?1)\)$";
    let Ok(call) = Regex::new(call) else { return Vec::new() };
    let mut signatures: Option<Tree> = None;
    let mut demands = Vec::new();
    for node in
        spec.get("validations").map(|node| page.items(node, "validations")).unwrap_or_default()
    {
        let section = page.section(
            node,
            "a validation",
            &["expression", "message", "messageExpression", "reason"],
        );
        refuse(page, &section, &[("messageExpression", REGO)]);
        draft.note_keys(page, &section, &[("message", MESSAGE), ("reason", MESSAGE)]);
        let (Some(text), Some(place)) =
            (section.text("expression"), needed(page, &section, "expression"))
        else {
            continue;
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let refused =
            || page.refuse(place.place.value, "this expression cannot be carried over", REGO);
        let Some(found) = call.captures(&text) else {
            refused();
            continue;
        };
        let part = |at: usize| found.get(at).map(|found| found.as_str());
        let names = part(3).unwrap_or_default().split(',').map(str::trim);
        let names: Option<Vec<String>> =
            names.map(|name| attestors.get(name.strip_prefix("attestors.")?).cloned()).collect();
        match (names, part(1), part(2)) {
            (Some(names), Some("verifyImageSignatures"), None) if signatures.is_none() => {
                signatures = Some(Tree::map([("anyOf", Tree::texts(names))]));
            }
            (Some(names), Some("verifyAttestationSignatures"), Some(name)) => {
                let Some(kind) = types.get(name) else {
                    refused();
                    continue;
                };
                demands.push(attestation(name, kind, names, 1));
            }
            (..) => refused(),
        }
    }
    let mut body = Vec::new();
    body.extend(signatures.map(|tree| ("signatures".to_owned(), tree)));
    if !demands.is_empty() {
        body.push(("attestations".to_owned(), Tree::List(demands)));
    }
    body
}
