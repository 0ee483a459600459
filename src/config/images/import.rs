//! Policies of other verifiers, written anew as `images.yaml`. What cannot be carried over is refused by name.

mod cluster_image_policy;
mod kyverno;
mod pattern;
mod write;

use std::path::Path;

use self::write::Tree;
use super::page::{Node, Page};
use crate::config::{ConfigFault, Origin};
use crate::domain::evidence::code::TrustFaultCode;
use crate::domain::place::Span;
use crate::domain::value::Value;

/// What was read so far.
#[derive(Default)]
struct Draft {
    authorities: Vec<(String, Tree)>,
    rules: Vec<DraftRule>,
    /// What is said otherwise here, or has no meaning here: each becomes a line at the top of what is written.
    notes: Vec<String>,
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
        let documents = Page::documents(shown, text);
        if documents.iter().all(|(page, value, _)| *value == Value::Null && !page.has_faults()) {
            faults.push(nothing_in(shown));
        }
        for (page, value, place) in documents {
            document(&page, Node { value: &value, place }, &mut draft);
            faults.extend(page.into_faults());
        }
    }
    if faults.is_empty() { Ok(draft.written()) } else { Err(faults) }
}

fn nothing_in(shown: &Path) -> ConfigFault {
    ConfigFault {
        code: Some(TrustFaultCode::NotCarriedOver.code()),
        origin: Origin::File { file: shown.display().to_string(), line: 1, column: 1 },
        message: "there is no policy in this file".to_owned(),
        help: Some(KINDS.to_owned()),
    }
}

/// What can be carried over.
const KINDS: &str =
    "name files with `ClusterImagePolicy`, `ImageValidatingPolicy` or `ClusterPolicy`";

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
        ("kyverno.io", "ClusterPolicy") => kyverno::cluster_policy(page, node, draft),
        (_, kind) => {
            let message = format!("`{kind}` is no policy about images that can be carried over");
            page.refuse(node.place.value, message, KINDS);
        }
    }
}

impl Draft {
    /// Says what becomes of a key that is not carried over word for word.
    fn note(&mut self, page: &Page, span: Span, text: &str) {
        self.notes.push(format!("{}: {text}", page.position(span)));
    }

    /// Says of each of `keys` that is written why it has no meaning here.
    fn note_keys(
        &mut self,
        page: &Page,
        section: &super::Section<'_, '_>,
        keys: &[(&'static str, &'static str)],
    ) {
        for (key, why) in keys {
            if let Some(node) = section.get(key) {
                self.note(page, node.place.key, &format!("`{key}` is left out: {why}"));
            }
        }
    }

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
            page.refuse(
                node.place.value,
                message,
                "make one policy of the two, or narrow their patterns",
            );
            return;
        }
        // Where something was refused, a rule without images or demands is no fault of its own.
        if rule.patterns.is_empty() && !page.has_faults() {
            let message = format!("policy `{}` names no image that can be carried over", rule.name);
            page.refuse(node.place.value, message, "name images, e.g. `registry.example/shop/*`");
            return;
        }
        let asks = ["signatures", "attestations", "action"];
        if !rule.body.iter().any(|(key, _)| asks.contains(&key.as_str())) && !page.has_faults() {
            let message =
                format!("policy `{}` asks for nothing that can be carried over", rule.name);
            let help = "ask for a signature or an attestation, or leave the policy out";
            page.refuse(node.place.value, message, help);
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
        let mut head = head.to_owned();
        if !self.notes.is_empty() {
            head.push_str("#\n# What is said otherwise than where it comes from:\n");
        }
        for note in &self.notes {
            head.extend(["# ", note.as_str(), "\n"]);
        }
        format!("{head}{}", write::yaml(&tree))
    }
}

/// The media of signatures that a policy asks for, as `formats` of a rule; none for all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Formats {
    Tags,
    Bundles,
}

impl Formats {
    fn entry(self) -> (String, Tree) {
        let formats: &[&str] = match self {
            Self::Tags => &["simplesigning", "att"],
            Self::Bundles => &["bundle"],
        };
        ("formats".to_owned(), Tree::texts(formats.iter().copied()))
    }
}

/// One public key, with the digest that the other verifier pairs it with unless the policy says otherwise.
fn key_tree(
    page: &Page,
    section: &super::Section<'_, '_>,
    (pem, hash): (&str, &str),
) -> Option<Tree> {
    let text = page.text(needed(page, section, pem)?, pem)?;
    if text.matches("-----BEGIN PUBLIC KEY-----").count() != 1 {
        page.refuse(
            section.get(pem)?.place.value,
            format!("`{pem}` that is not one key in PEM cannot be carried over"),
            "write an entry for each key, with the key itself",
        );
        return None;
    }
    let words = [("sha256", "sha256"), ("sha384", "sha384"), ("sha512", "sha512")];
    let hash = match section.get(hash) {
        Some(node) => page.word(node, hash, &words)?,
        None => "sha256",
    };
    Some(Tree::map([("pem", Tree::text(text)), ("hash", Tree::text(hash))]))
}

/// The value of a key without which the policy asks for less than its author thinks.
///
/// Of one whose part in it another key plays, which is refused, nothing more is said.
fn needed<'v>(page: &Page, section: &super::Section<'_, 'v>, key: &str) -> Option<Node<'v>> {
    let others = ["kms", "secret", "secretRef", "expression", "notary", "referrer"];
    let found = section.get(key);
    if found.is_none() && !others.iter().any(|other| section.get(other).is_some()) {
        let message = format!("`{key}` is missing, and without it nothing can be carried over");
        page.refuse(section.node.place.value, message, format!("add `{key}:`"));
    }
    found
}

/// Refuses each of `keys` that is written.
fn refuse(page: &Page, section: &super::Section<'_, '_>, keys: &[(&str, &str)]) {
    for (key, help) in keys {
        if let Some(node) = section.get(key) {
            page.refuse(node.place.key, format!("`{key}` cannot be carried over"), *help);
        }
    }
}
