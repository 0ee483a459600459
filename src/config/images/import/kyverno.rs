//! Kyverno: `ImageValidatingPolicy`, and `verifyImages` of `ClusterPolicy`.
//!
//! Source: github.com/kyverno/kyverno, `api/policies.kyverno.io/v1` and `api/kyverno/v1`.

mod cluster;
mod validating;

pub(super) use self::cluster::cluster_policy;
pub(super) use self::validating::image_policy;

use super::super::page::Node;
use super::write::Tree;
use super::{Draft, DraftRule, pattern, refuse};
use crate::domain::value::Value;

const PUBLIC_REKOR: &str = "https://rekor.sigstore.dev";
const EXPORT: &str = "export the public key and write it into the policy";
const OWN_ROOT: &str =
    "name the Sigstore of your own in `trustRoots` by hand, as docs/images.md shows";
const REGO: &str = "write it as a policy in Rego; verified facts are in `input.image`";
const CREDENTIALS: &str = "name the credentials in `registries.hosts`, as docs/images.md shows";
const ENFORCEMENT: &str =
    "what a finding does, and where, is said in `enforcement.yaml`; leave it out";

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
