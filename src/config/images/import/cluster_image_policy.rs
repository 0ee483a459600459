//! `ClusterImagePolicy` of Sigstore's policy controller.
//!
//! Source: github.com/sigstore/policy-controller, `pkg/apis/policy/v1beta1`.

use super::super::page::{Node, Page, Section};
use super::pattern::{self, Wildcards};
use super::write::Tree;
use super::{Draft, DraftRule, Formats, key_tree, needed, refuse};

const PUBLIC_FULCIO: &str = "https://fulcio.sigstore.dev";
const PUBLIC_REKOR: &str = "https://rekor.sigstore.dev";
const EXPORT: &str = "export the public key and write it into `data`";
const OWN_ROOT: &str =
    "name the Sigstore of your own in `trustRoots` by hand, as docs/images.md shows";

/// What an authority of the policy is here.
struct Read {
    name: String,
    tree: Option<Tree>,
    /// Another repository that holds the signatures.
    repository: Option<String>,
    formats: Option<Formats>,
    /// What its attestations demand.
    attestations: Vec<Tree>,
    action: Option<&'static str>,
}

pub(super) fn read(page: &Page, node: Node<'_>, draft: &mut Draft) {
    let keys = ["apiVersion", "kind", "metadata", "spec", "status"];
    let section = page.section(node, "`ClusterImagePolicy`", &keys);
    let name =
        node.value.at(&["metadata", "name"]).and_then(|name| name.as_str()).unwrap_or("policy");
    let Some(spec) = section.get("spec") else {
        page.refuse(node.place.value, "the policy has no `spec`", "add it, or leave the file out");
        return;
    };
    let keys = ["images", "authorities", "policy", "mode", "match"];
    let spec = page.section(spec, "`spec`", &keys);
    refuse(
        page,
        &spec,
        &[
            ("policy", "write it as a policy in Rego; verified facts are in `input.image`"),
            ("match", "rules are about images of every kind of resource; leave it out"),
        ],
    );
    if let Some(mode) = spec.get("mode")
        && mode.value.as_str() != Some("enforce")
    {
        let help =
            "what a finding does is said in `enforcement.yaml`, e.g. `warn`; leave `mode` out";
        page.refuse(mode.place.value, "`mode` other than `enforce` cannot be carried over", help);
    }
    let globs = spec.get("images").map(|node| page.items(node, "images")).unwrap_or_default();
    let patterns: Vec<String> = globs
        .into_iter()
        .filter_map(|node| {
            let image = page.section(node, "an image", &["glob"]);
            pattern::image(page, needed(page, &image, "glob")?, "glob")
        })
        .collect();
    let authorities = spec.get("authorities").map(|node| page.items(node, "authorities"));
    let mut demands = Vec::new();
    for (index, node) in authorities.unwrap_or_default().into_iter().enumerate() {
        let keys = [
            "name",
            "key",
            "keyless",
            "static",
            "ctlog",
            "rfc3161timestamp",
            "attestations",
            "source",
            "signatureFormat",
        ];
        let authority = page.section(node, "an authority", &keys);
        let fallback = format!("authority-{index}");
        let own = authority.get("name").and_then(|node| node.value.as_str()).unwrap_or(&fallback);
        demands.push(one(page, &authority, &format!("{name}-{own}"), draft));
    }
    if demands.is_empty() {
        page.refuse(
            spec.node.place.value,
            format!("policy `{name}` has no `authorities`"),
            "add one, or leave the file out",
        );
        return;
    }
    let Some(mut body) = body(page, &spec, &demands) else { return };
    if let Some(Read { repository, formats, .. }) = demands.first() {
        let unlike =
            demands.iter().any(|read| read.repository != *repository || read.formats != *formats);
        if unlike && let Some(node) = spec.get("authorities") {
            let message = "authorities of which only some have this `source` or `signatureFormat` cannot be carried over";
            let help = "write one policy for each, about images of their own";
            page.refuse(node.place.key, message, help);
        }
        body.extend(formats.map(Formats::entry));
        let repository = repository.as_ref().map(Tree::text);
        body.extend(repository.map(|tree| ("signatureRepository".to_owned(), tree)));
    }
    let authorities = demands.into_iter().filter_map(|read| Some((read.name, read.tree?)));
    draft.authorities.extend(authorities);
    draft.add_rule(page, node, DraftRule { name: name.to_owned(), patterns, body });
}

/// What the rule asks for: one of the authorities; or the attestations, when there is only one.
fn body(page: &Page, spec: &Section<'_, '_>, demands: &[Read]) -> Option<Vec<(String, Tree)>> {
    if let [Read { action: Some(action), .. }] = demands {
        return Some(vec![("action".to_owned(), Tree::text(*action))]);
    }
    let mixed = demands.iter().any(|read| read.action.is_some());
    let attested = demands.iter().filter(|read| !read.attestations.is_empty()).count();
    if mixed || attested > 0 && demands.len() > 1 {
        let help = "write one policy for each authority, about images of their own";
        let message = "several authorities of which one is `static` or asks for attestations cannot be carried over";
        page.refuse(spec.get("authorities")?.place.key, message, help);
        return None;
    }
    if let [read] = demands
        && !read.attestations.is_empty()
    {
        return Some(vec![("attestations".to_owned(), Tree::List(read.attestations.clone()))]);
    }
    let names = Tree::texts(demands.iter().map(|read| read.name.as_str()));
    Some(vec![("signatures".to_owned(), Tree::map([("anyOf", names)]))])
}

fn source(page: &Page, authority: &Section<'_, '_>) -> Option<String> {
    let node = authority.get("source")?;
    let items = page.items(node, "source");
    if items.len() > 1 {
        page.refuse(
            node.place.key,
            "several places of signatures cannot be carried over",
            "name one",
        );
    }
    let section =
        page.section(*items.first()?, "`source`", &["oci", "signaturePullSecrets", "tagPrefix"]);
    let secrets = "name the credentials in `registries.hosts`, as docs/images.md shows";
    refuse(
        page,
        &section,
        &[
            ("signaturePullSecrets", secrets),
            ("tagPrefix", "copy the signatures to the usual tags"),
        ],
    );
    section.text("oci").map(str::to_owned)
}

fn one(page: &Page, authority: &Section<'_, '_>, name: &str, draft: &mut Draft) -> Read {
    let formats = [("legacy", Formats::Tags), ("bundle", Formats::Bundles)];
    let mut read = Read {
        name: name.to_owned(),
        tree: None,
        repository: source(page, authority),
        formats: authority
            .get("signatureFormat")
            .and_then(|node| page.word(node, "signatureFormat", &formats)),
        attestations: Vec::new(),
        action: None,
    };
    refuse(page, authority, &[("rfc3161timestamp", OWN_ROOT)]);
    let log = authority.get("ctlog").map(|node| {
        let log = page.section(node, "`ctlog`", &["url", "trustRootRef"]);
        refuse(page, &log, &[("trustRootRef", OWN_ROOT)]);
        public_only(page, &log, PUBLIC_REKOR);
    });
    if let Some(node) = authority.get("static") {
        let fixed = page.section(node, "`static`", &["action", "message"]);
        draft.note_keys(page, &fixed, &[("message", "findings have words of their own")]);
        read.action = Some(fixed.word("action", &[("pass", "skip"), ("fail", "deny")], "deny"));
        return read;
    }
    if let Some(node) = authority.get("key") {
        read.tree = key(page, node, log.is_some());
    } else if let Some(node) = authority.get("keyless") {
        read.tree = Some(keyless(page, node));
    } else {
        let help = "add `key:`, `keyless:` or `static:`";
        page.refuse(
            authority.node.place.value,
            "an authority of another kind cannot be carried over",
            help,
        );
    }
    let attestations = authority.get("attestations").map(|node| page.items(node, "attestations"));
    for (index, node) in attestations.unwrap_or_default().into_iter().enumerate() {
        let section = page.section(node, "an attestation", &["name", "predicateType", "policy"]);
        refuse(
            page,
            &section,
            &[(
                "policy",
                "write it as a policy in Rego; `input.image.attestations` holds the predicate",
            )],
        );
        let fallback = format!("attestation-{index}");
        let own = section.get("name").and_then(|node| node.value.as_str()).unwrap_or(&fallback);
        let Some(kind) = needed(page, &section, "predicateType")
            .and_then(|node| pattern::predicate_type(page, node, "predicateType"))
        else {
            continue;
        };
        read.attestations.push(Tree::map([
            ("name", Tree::text(own)),
            ("predicateTypes", Tree::texts([kind])),
            ("authorities", Tree::texts([name])),
            ("required", Tree::Flag(true)),
        ]));
    }
    read
}

fn key(page: &Page, node: Node<'_>, logged: bool) -> Option<Tree> {
    let section = page.section(node, "`key`", &["data", "secretRef", "kms", "hashAlgorithm"]);
    refuse(page, &section, &[("secretRef", EXPORT), ("kms", EXPORT)]);
    let key = key_tree(page, &section, ("data", "hashAlgorithm"))?;
    let mut authority = vec![("key".to_owned(), key)];
    if logged {
        authority.push(("trustRoot".to_owned(), Tree::text("public")));
        authority.push(("tlog".to_owned(), Tree::text("required")));
    }
    Some(Tree::Map(authority))
}

fn keyless(page: &Page, node: Node<'_>) -> Tree {
    let keys = ["url", "identities", "ca-cert", "trustRootRef", "insecureIgnoreSCT"];
    let section = page.section(node, "`keyless`", &keys);
    refuse(page, &section, &[("ca-cert", OWN_ROOT), ("trustRootRef", OWN_ROOT)]);
    public_only(page, &section, PUBLIC_FULCIO);
    let identities = section.get("identities").map(|node| page.items(node, "identities"));
    let identities = identities.unwrap_or_default();
    if identities.is_empty() {
        page.refuse(
            node.place.value,
            "`keyless` without `identities` accepts everybody",
            "add `identities:`",
        );
    }
    let keys = ["issuer", "subject", "issuerRegExp", "subjectRegExp"];
    let identity = |node: &Node<'_>| {
        pattern::identity(page, &page.section(*node, "an identity", &keys), Wildcards::None)
    };
    let identities: Vec<Tree> = identities.iter().filter_map(identity).collect();
    let mut keyless = vec![
        ("trustRoot".to_owned(), Tree::text("public")),
        ("identities".to_owned(), Tree::List(identities)),
    ];
    if section.switch("insecureIgnoreSCT") {
        keyless.push(("sct".to_owned(), Tree::text("ignored")));
    }
    Tree::map([("keyless", Tree::Map(keyless))])
}

/// Refuses a Sigstore that is not the public-good one.
fn public_only(page: &Page, section: &Section<'_, '_>, public: &str) {
    let Some(node) = section.get("url") else { return };
    if node.value.as_str().map(|url| url.trim_end_matches('/')) != Some(public) {
        let message = format!("a `url` other than `{public}` cannot be carried over");
        page.refuse(node.place.value, message, OWN_ROOT);
    }
}
