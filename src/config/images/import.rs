//! Policies of other verifiers, written anew as `images.yaml`. What cannot be carried over is refused by name.

mod cluster_image_policy;
mod kyverno;
mod pattern;
mod write;

use std::path::Path;

use self::write::Tree;
use super::page::{Node, Page};
use crate::config::ConfigFault;
use crate::domain::value::Value;

/// What was read so far.
#[derive(Default)]
struct Draft {
    authorities: Vec<(String, Tree)>,
    rules: Vec<DraftRule>,
}

/// A rule to be, with its patterns, so that rules that overlap are noticed.
struct DraftRule {
    name: String,
    patterns: Vec<String>,
    /// The keys behind `name` and `images`.
    body: Vec<(String, Tree)>,
}

/// Reads `ClusterImagePolicy`, `ImageValidatingPolicy` and `ClusterPolicy` documents, each file with the name that its
/// author knows it by, and writes `images.yaml`.
///
/// # Errors
/// Everything that cannot be carried over, at once.
pub fn import_policies<'f>(
    files: impl IntoIterator<Item = (&'f Path, String)>,
) -> Result<String, Vec<ConfigFault>> {
    let mut draft = Draft::default();
    let mut faults = Vec::new();
    for (shown, text) in files {
        for (page, value, place) in Page::documents(shown, text) {
            document(&page, Node { value: &value, place }, &mut draft);
            faults.extend(page.into_faults());
        }
    }
    if faults.is_empty() { Ok(draft.written()) } else { Err(faults) }
}

fn document(page: &Page, node: Node<'_>, draft: &mut Draft) {
    // An empty document, and one whose fault is noted already.
    if *node.value == Value::Null {
        return;
    }
    let word = |key: &str| node.value.get(key).and_then(Value::as_str).unwrap_or_default();
    let group = word("apiVersion").split('/').next().unwrap_or_default();
    match (group, word("kind")) {
        ("policy.sigstore.dev", "ClusterImagePolicy") => {
            cluster_image_policy::read(page, node, draft);
        }
        ("policies.kyverno.io", "ImageValidatingPolicy") => {
            kyverno::image_policy(page, node, draft);
        }
        ("kyverno.io", "ClusterPolicy" | "Policy") => kyverno::cluster_policy(page, node, draft),
        (_, kind) => {
            let message = format!("`{kind}` is no policy about images that can be carried over");
            let help =
                "name files with `ClusterImagePolicy`, `ImageValidatingPolicy` or `ClusterPolicy`";
            page.fault(node.place.value, message, help);
        }
    }
}

impl Draft {
    /// Adds a rule, unless another one may be about the same image: there all policies count, here the first rule.
    fn add_rule(&mut self, page: &Page, node: Node<'_>, rule: DraftRule) {
        let clash = self.rules.iter().find_map(|other| {
            let patterns = other.patterns.iter();
            let mut pairs =
                patterns.flat_map(|one| rule.patterns.iter().map(move |two| (one, two)));
            let (one, _) = pairs.find(|(one, two)| pattern::may_overlap(one, two))?;
            Some((other.name.clone(), one.clone()))
        });
        if let Some((other, pattern)) = clash {
            let message = format!(
                "policy `{}` may be about images of `{pattern}` in policy `{other}`: there both are asked, here only the first rule is",
                rule.name
            );
            page.fault(
                node.place.value,
                message,
                "make one policy of the two, or narrow their patterns",
            );
            return;
        }
        self.rules.push(rule);
    }

    fn written(&self) -> String {
        let rules = self.rules.iter().map(|rule| {
            let head = [
                ("name".to_owned(), Tree::text(&rule.name)),
                ("images".to_owned(), Tree::texts(&rule.patterns)),
            ];
            Tree::Map(head.into_iter().chain(rule.body.iter().cloned()).collect())
        });
        let mut hosts: Vec<&str> = self
            .rules
            .iter()
            .flat_map(|rule| &rule.patterns)
            .filter_map(|pattern| pattern.split('/').next())
            .filter(|host| !host.contains('*'))
            .collect();
        hosts.sort_unstable();
        hosts.dedup();
        let tree = Tree::map([
            (
                "trustRoots",
                Tree::map([("public", Tree::map([("builtin", Tree::text("public-good"))]))]),
            ),
            ("authorities", Tree::Map(self.authorities.clone())),
            ("rules", Tree::List(rules.collect())),
            ("registries", Tree::map([("allow", Tree::texts(hosts))])),
        ]);
        let head = "# Whom to trust for which image (docs/images.md), carried over from policies of other verifiers.\n\
                    # An image that no rule is about could not be looked at; add a rule for `**` to say otherwise.\n";
        format!("{head}{}", write::yaml(&tree))
    }
}

/// Notes each of `keys` that is written as something that cannot be carried over.
fn refuse(page: &Page, section: &super::Section<'_, '_>, keys: &[(&str, &str)]) {
    for (key, help) in keys {
        if let Some(node) = section.get(key) {
            page.fault(node.place.key, format!("`{key}` cannot be carried over"), *help);
        }
    }
}
