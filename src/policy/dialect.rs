//! How a package is written, and what it says of itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::metadata::MetadataReader;
use super::options::LoadOptions;
use super::plain::{self, Claim, Found};
use crate::domain::place::Location;
use crate::domain::policy::{Dialect, PolicyMeta, RuleKind, Scope};
use crate::rego::Fault;
use crate::rego::metadata::{self, Annotation};
use crate::rego::module::{Module, Shape};

/// A policy: what it says of itself, and which of its rules speak.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) meta: Arc<PolicyMeta>,
    /// The parts of its package.
    pub(super) package: Vec<String>,
    pub(super) rules: Vec<EntryRule>,
    /// Whether a rule `exception` may silence the others (Conftest).
    pub(super) has_exceptions: bool,
    /// Whether METADATA says how bad it is; else `warn` rules are of low severity.
    pub(super) severity_is_written: bool,
    /// Which of the findings are its own, where several policies share a rule.
    pub(super) claim: Option<Claim>,
}

/// A rule whose answer is a list of findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntryRule {
    /// `deny`, `warn`, `violation`, `deny_latest_tag`
    pub(super) name: String,
    pub(super) kind: RuleKind,
    /// The name behind the prefix, by which an exception knows it.
    pub(super) suffix: String,
    /// What its answer is.
    pub(super) answer: AnswerForm,
    /// Whether it makes a set, which is never undefined.
    pub(super) is_set: bool,
    /// Where it first stands.
    pub(super) location: Location,
}

/// What a rule answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerForm {
    /// A list of findings.
    Findings,
    /// A boolean, and which one is nothing to say against.
    Boolean(bool),
    /// A list of findings in Conforma's words.
    Conforma,
}

/// One module with where it stands in its bundle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'m> {
    pub(super) module: &'m Module,
    /// The path within the bundle.
    pub(super) inner: &'m str,
    pub(super) bundle: usize,
    pub(super) annotations: &'m [Annotation],
}

const RULES: [(&str, RuleKind); 3] =
    [("deny", RuleKind::Deny), ("violation", RuleKind::Deny), ("warn", RuleKind::Warn)];

/// The rule's role, when its answer is a list of findings.
fn entry_rule(name: &str) -> Option<EntryRule> {
    RULES.iter().find_map(|(prefix, kind)| {
        let rest = name.strip_prefix(prefix)?;
        let suffix = if rest.is_empty() { "" } else { rest.strip_prefix('_')? };
        let is_whole = rest.is_empty() || !suffix.is_empty();
        is_whole.then(|| EntryRule {
            name: name.to_owned(),
            kind: *kind,
            suffix: suffix.to_owned(),
            answer: AnswerForm::Findings,
            is_set: false,
            location: Location::default(),
        })
    })
}

/// Reads one package; nothing when it is no policy but a helper of others.
///
/// `inherited` are annotations of packages above that speak of those below, nearest first.
pub(super) fn policies(
    package: &[String],
    modules: &[Placed<'_>],
    inherited: &[&Annotation],
    options: &LoadOptions,
    faults: &mut Vec<Fault>,
) -> Vec<Policy> {
    let mut rules: BTreeMap<&str, EntryRule> = BTreeMap::new();
    let mut heads = Vec::new();
    for placed in modules {
        for rule in &placed.module.rules {
            let [name] = rule.path.as_slice() else { continue };
            if matches!(rule.shape, Shape::Function(_)) {
                continue;
            }
            if let Some(mut entry) = entry_rule(name) {
                entry.location = placed.module.file.location(rule.span, "");
                entry.is_set = rule.shape == Shape::Set;
                rules.entry(name).or_insert(entry);
                heads.push((*placed, name.as_str()));
            }
        }
    }
    let is_coded = |annotation: &Annotation| annotation.value.at(&["custom", "code"]).is_some();
    let has_code = modules.iter().flat_map(|placed| placed.annotations).any(is_coded);
    let boolean = if has_code { None } else { boolean_rule(modules, &rules) };
    let is_boolean = boolean.is_some();
    if let Some((placed, entry)) = boolean {
        let name = if entry.name == ALLOW { ALLOW } else { DENY };
        rules = BTreeMap::from([(name, entry)]);
        heads = vec![(placed, name)];
    }
    let own: Vec<(Placed<'_>, &Annotation)> = modules
        .iter()
        .flat_map(|placed| placed.annotations.iter().map(|annotation| (*placed, annotation)))
        .filter(|(_, annotation)| {
            let [name] = annotation.rule.as_slice() else { return annotation.rule.is_empty() };
            rules.contains_key(name.as_str())
        })
        .collect();
    if own.iter().any(|(_, annotation)| is_coded(annotation)) {
        let found = coded(package, rules, &own, inherited, faults);
        return found.into_iter().collect();
    }
    let shown = if is_boolean {
        (Scope::Release, Dialect::Opa)
    } else if is_terraform(package) {
        (Scope::Plan, Dialect::Terraform)
    } else if reads_review(modules) {
        (Scope::Resource, Dialect::Gatekeeper)
    } else if own.iter().any(|(_, annotation)| plain::short_name(annotation).is_some()) {
        (Scope::Image, Dialect::Conforma)
    } else if options.combine {
        (Scope::Release, Dialect::Conftest)
    } else {
        (Scope::Resource, Dialect::Conftest)
    };
    let is_wanted =
        options.namespaces.is_empty() || options.namespaces.contains(&package.join("."));
    if shown.1 == Dialect::Conftest && !is_wanted {
        return Vec::new();
    }
    let has_exceptions = modules
        .iter()
        .any(|placed| placed.module.rules.iter().any(|rule| rule.path == ["exception"]));
    let found = Found { package, rules, heads, own, inherited, shown, has_exceptions };
    plain::policies(&found, faults)
}

/// The policy of a package that has a code.
fn coded(
    package: &[String],
    mut rules: BTreeMap<&str, EntryRule>,
    own: &[(Placed<'_>, &Annotation)],
    inherited: &[&Annotation],
    faults: &mut Vec<Fault>,
) -> Option<Policy> {
    let coded: Vec<&(Placed<'_>, &Annotation)> = own
        .iter()
        .filter(|(_, annotation)| annotation.value.at(&["custom", "code"]).is_some())
        .collect();
    let main = coded.first()?.0;
    // A package of two bundles is a fault of its own.
    if let [(one, first), (other, second), ..] = coded.as_slice()
        && one.bundle == other.bundle
    {
        faults.push(
            second
                .fault("/custom/code", "this package has a second code")
                .with_related(first.file(), first.span_of("/custom/code"), "the first one")
                .with_help("write each policy in a package of its own"),
        );
    }
    // Nearest first: rules and the package itself, then packages above.
    let mut annotations: Vec<&Annotation> =
        coded.iter().map(|(_, annotation)| *annotation).collect();
    annotations.extend(own.iter().map(|(_, annotation)| *annotation));
    annotations.extend(inherited);
    let mut reader = MetadataReader { annotations, main, package, faults };
    rules.retain(|_, rule| rule.suffix.is_empty());
    if rules.is_empty() {
        reader.fault_at(
            "custom/code",
            "this policy has neither a rule `deny` nor a rule `warn`".to_owned(),
            "write e.g. `deny contains finding if { … }`",
        );
        return None;
    }
    Some(Policy {
        meta: Arc::new(reader.goldgate()?),
        package: package.to_vec(),
        rules: rules.into_values().collect(),
        has_exceptions: false,
        severity_is_written: true,
        claim: None,
    })
}

/// Whether a package is of a policy set of Terraform Cloud, also without a `policies.hcl`.
fn is_terraform(package: &[String]) -> bool {
    package.len() > 1 && package.first().is_some_and(|part| part == "terraform")
}

/// Whether a package reads what only Gatekeeper shows: with anything else it would never find anything.
fn reads_review(modules: &[Placed<'_>]) -> bool {
    let reads = |text: &str| text.contains("input.review") || text.contains("input.parameters");
    modules.iter().any(|placed| reads(&placed.module.file.text))
}

const ALLOW: &str = "allow";
const DENY: &str = "deny";

/// The boolean `allow`, or `deny`, of a package that lists no findings.
///
/// Only with a default: without one, `deny if { … }` is more likely a list whose `contains` was forgotten, and a rule
/// that is asked about the wrong document is never true.
fn boolean_rule<'m>(
    modules: &[Placed<'m>],
    findings: &BTreeMap<&str, EntryRule>,
) -> Option<(Placed<'m>, EntryRule)> {
    if findings.keys().any(|name| *name != DENY) {
        return None;
    }
    let named = |name: &'static str| {
        let of_module = move |placed: &Placed<'m>| {
            let placed = *placed;
            placed.module.rules.iter().map(move |rule| (placed, rule))
        };
        modules.iter().flat_map(of_module).filter(move |(_, rule)| rule.path == [name])
    };
    let is_boolean = |name: &'static str| {
        named(name).any(|(_, rule)| rule.shape == Shape::Default)
            && named(name).all(|(_, rule)| matches!(rule.shape, Shape::Default | Shape::Complete))
    };
    // A `deny` that lists findings speaks for itself, whatever else the package defines.
    let is_list = findings.contains_key(DENY) && !is_boolean(DENY);
    let name = [DENY, ALLOW].into_iter().find(|name| !is_list && is_boolean(name))?;
    let (placed, rule) = named(name).next()?;
    let entry = EntryRule {
        name: name.to_owned(),
        kind: RuleKind::Deny,
        suffix: String::new(),
        answer: AnswerForm::Boolean(name == ALLOW),
        is_set: false,
        location: placed.module.file.location(rule.span, ""),
    };
    Some((placed, entry))
}

/// The annotations that speak of packages below their own, with those.
pub(super) fn speaking_of_others<'a>(
    all: &[(&'a Module, &'a [Annotation])],
) -> Vec<(&'a [String], &'a Annotation)> {
    let each = all.iter().flat_map(|(module, annotations)| {
        annotations.iter().map(|annotation| (module.package.as_slice(), annotation))
    });
    each.filter(|(_, annotation)| annotation.scope == metadata::Scope::Subpackages).collect()
}

/// Those of the annotations that speak of `package` from above, nearest first.
pub(super) fn inherited<'a>(
    package: &[String],
    above: &[(&'a [String], &'a Annotation)],
) -> Vec<&'a Annotation> {
    let mut found: Vec<(usize, &Annotation)> = above
        .iter()
        .filter(|(other, _)| package.starts_with(other) && other.len() < package.len())
        .map(|(other, annotation)| (other.len(), *annotation))
        .collect();
    found.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
    found.into_iter().map(|(_, annotation)| annotation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_known_by_their_prefix() {
        let known = |name: &str| entry_rule(name).map(|rule| (rule.kind, rule.suffix));
        assert_eq!(known("deny"), Some((RuleKind::Deny, String::new())));
        assert_eq!(known("warn_tag"), Some((RuleKind::Warn, "tag".to_owned())));
        assert_eq!(known("violation_a_b"), Some((RuleKind::Deny, "a_b".to_owned())));
        assert_eq!(known("denylist"), None);
        assert_eq!(known("deny_"), None);
    }
}
