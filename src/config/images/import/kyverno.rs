//! Kyverno: `ImageValidatingPolicy`, and `verifyImages` of `ClusterPolicy`.
//!
//! Source: github.com/kyverno/kyverno, `api/policies.kyverno.io/v1` and `api/kyverno/v1`.

mod cluster;
mod validating;

pub(super) use self::cluster::cluster_policy;
pub(super) use self::validating::image_policy;

use super::super::page::{Node, Page, Section};
use super::write::Tree;
use super::{Draft, DraftRule, Formats, key_tree, needed, pattern, refuse};
use crate::domain::value::Value;

const PUBLIC_REKOR: &str = "https://rekor.sigstore.dev";
const EXPORT: &str = "export the public key and write it into the policy";
const OWN_ROOT: &str =
    "name the Sigstore of your own in `trustRoots` by hand, as docs/images.md shows";
const REGO: &str = "write it as a policy in Rego; verified facts are in `input.image`";
const CREDENTIALS: &str = "name the credentials in `registries.hosts`, as docs/images.md shows";
const EVERY_KIND: &str = "rules are about images of every workload; leave it out";
const ENFORCEMENT: &str =
    "what a finding does, and where, is said in `enforcement.yaml`; leave it out";

const BACKGROUND: &str = "the gate answers when it is asked, and scans nothing beside";
const WEBHOOK: &str = "it is said in the webhook's own configuration (docs/admission.md)";
const MESSAGE: &str = "findings have words of their own";
/// Which controllers' templates a policy is about.
const AUTOGEN: &str = "pod-policies.kyverno.io/autogen-controllers";

/// What is said in `spec` of how the cluster asks, and in the annotations of which controllers are asked about.
fn surroundings(page: &Page, node: Node<'_>, spec: &Section<'_, '_>, draft: &mut Draft) {
    let notes = [("background", BACKGROUND), ("webhookTimeoutSeconds", WEBHOOK)];
    draft.note_keys(page, spec, &notes);
    if let Some(node) = spec.get("failurePolicy") {
        match node.value.as_str() {
            Some("Fail") => draft.note(page, node.place.key, &format!("`failurePolicy` is left out: an image that cannot be looked at denies; of a gate that does not answer {WEBHOOK}")),
            _ => page.refuse(
                node.place.value,
                "`failurePolicy` other than `Fail` cannot be carried over",
                "an image that cannot be looked at denies; soften that by name in `enforcement.yaml`",
            ),
        }
    }
    if let Some(node) = spec.get("webhookConfiguration") {
        let keys = ["timeoutSeconds", "failurePolicy", "matchConditions"];
        let section = page.section(node, "`webhookConfiguration`", &keys);
        refuse(page, &section, &[("failurePolicy", ENFORCEMENT), ("matchConditions", ENFORCEMENT)]);
        draft.note_keys(page, &section, &[("timeoutSeconds", WEBHOOK)]);
    }
    let metadata = page.entries(node, "a policy").into_iter().find(|(key, _)| *key == "metadata");
    let annotations = metadata.and_then(|(_, metadata)| {
        let mut entries = page.entries(metadata, "metadata").into_iter();
        entries.find(|(key, _)| *key == "annotations").map(|(_, node)| node)
    });
    let entries = annotations.map(|node| page.entries(node, "annotations")).unwrap_or_default();
    for (_, node) in entries.into_iter().filter(|(key, _)| *key == AUTOGEN) {
        page.refuse(node.place.key, format!("`{AUTOGEN}` cannot be carried over"), EVERY_KIND);
    }
}

/// The three switches about digests and their meaning when they are not written: all are `true` then.
fn digests(
    page: &Page,
    section: Option<&Section<'_, '_>>,
    whole: Node<'_>,
    draft: &mut Draft,
) -> Entries {
    let written = |key: &str| section.and_then(|section| section.get(key));
    let is_on = |key: &str| written(key).is_none_or(|node| node.value.as_bool() != Some(false));
    for key in ["mutateDigest", "verifyDigest", "required"] {
        if let Some(section) = section {
            section.switch(key);
        }
    }
    if !is_on("required")
        && let Some(node) = written("required")
    {
        let message = "`required: false` cannot be carried over";
        page.refuse(node.place.value, message, ENFORCEMENT);
    }
    match (written("mutateDigest"), is_on("mutateDigest")) {
        (Some(node), true) => page.refuse(
            node.place.value,
            "`mutateDigest: true` cannot be carried over",
            "the gate answers the digest in `decision.images` and changes nothing; write `false`",
        ),
        (None, true) => draft.note(
            page,
            whole.place.value,
            "`mutateDigest` is not written, so Kyverno puts the digest into the workload; the gate changes nothing and asks for a reference with a digest (`pin`)",
        ),
        (_, false) => {}
    }
    let pinned = is_on("mutateDigest") || is_on("verifyDigest");
    pinned.then(|| ("pin".to_owned(), Tree::text("require-digest"))).into_iter().collect()
}

fn attestation(name: &str, kind: &str, authorities: Vec<String>, threshold: usize) -> Tree {
    Tree::map([
        ("name", Tree::text(name)),
        ("predicateTypes", Tree::texts([kind])),
        ("authorities", Tree::texts(authorities)),
        ("threshold", Tree::Count(threshold)),
        ("required", Tree::Flag(true)),
    ])
}

type Entries = Vec<(String, Tree)>;

fn keyless_tree(identities: Vec<Tree>, sct_ignored: bool) -> Entries {
    let mut keyless = vec![
        ("trustRoot".to_owned(), Tree::text("public")),
        ("identities".to_owned(), Tree::List(identities)),
    ];
    if sct_ignored {
        keyless.push(("sct".to_owned(), Tree::text("ignored")));
    }
    vec![("keyless".to_owned(), Tree::Map(keyless))]
}

fn name_of(node: Node<'_>) -> &str {
    node.value.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or("policy")
}
