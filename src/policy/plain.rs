//! Policies without a code: one for each name behind `deny_`, and for each of Conforma's short names, so that enforcement
//! and scorecards can name them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::dialect::{AnswerForm, EntryRule, Placed, Policy};
use super::metadata::MetadataReader;
use crate::domain::clock::Timestamp;
use crate::domain::policy::{Dialect, RuleKind, Scope, Violation};
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::metadata::Annotation;
use crate::rego::stored::stored_struct;

/// What was found of a package.
#[derive(Debug)]
pub(super) struct Found<'m> {
    pub(super) package: &'m [String],
    /// The rules that list findings, by name.
    pub(super) rules: BTreeMap<&'m str, EntryRule>,
    /// Where each of their definitions stands.
    pub(super) heads: Vec<(Placed<'m>, &'m str)>,
    /// The annotations of these rules and of the package.
    pub(super) own: Vec<(Placed<'m>, &'m Annotation)>,
    /// Those of packages above, nearest first.
    pub(super) inherited: &'m [&'m Annotation],
    /// What one evaluation sees, and in whose way it is written.
    pub(super) shown: (Scope, Dialect),
    pub(super) has_exceptions: bool,
}

/// The findings of a shared rule that one policy answers for.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    short_name: String,
    /// The short names of all policies that share the rule.
    known: Arc<BTreeSet<String>>,
    /// Whether it answers for those of nobody.
    takes_others: bool,
}

stored_struct!(Claim { short_name, known, takes_others });

/// Rules that are one policy together.
struct Group<'m> {
    /// What stands behind the package in its code.
    behind: Option<String>,
    rules: BTreeMap<&'m str, EntryRule>,
    annotations: Vec<&'m Annotation>,
    main: Placed<'m>,
    claim: Option<Claim>,
}

/// The policies of a package.
pub(super) fn policies(found: &Found<'_>, faults: &mut Vec<Fault>) -> Vec<Policy> {
    let groups = match found.shown.1 {
        Dialect::Conforma => found.by_short_name(),
        Dialect::Goldgate
        | Dialect::Conftest
        | Dialect::Gatekeeper
        | Dialect::Opa
        | Dialect::Terraform => found.by_suffix(),
    };
    let policy = |group: Group<'_>| {
        let Group { behind, rules, annotations, main, claim } = group;
        let mut reader = MetadataReader { annotations, main, package: found.package, faults };
        let (meta, severity_is_written) = reader.plain(&rules, behind.as_deref(), found.shown)?;
        Some(Policy {
            meta: Arc::new(meta),
            package: found.package.to_vec(),
            rules: rules.into_values().collect(),
            has_exceptions: found.has_exceptions,
            severity_is_written,
            claim,
        })
    };
    groups.into_iter().filter_map(policy).collect()
}

impl<'m> Found<'m> {
    /// Rules of one name behind their prefix: `deny_tag` and `warn_tag`.
    fn by_suffix(&self) -> Vec<Group<'m>> {
        let suffixes: BTreeSet<&str> =
            self.rules.values().map(|rule| rule.suffix.as_str()).collect();
        let group = |suffix: &&str| {
            let rules: BTreeMap<&'m str, EntryRule> = self
                .rules
                .iter()
                .filter(|(_, rule)| rule.suffix == **suffix)
                .map(|(name, rule)| (*name, rule.clone()))
                .collect();
            let main = self.heads.iter().find(|(_, name)| rules.contains_key(name))?.0;
            let behind = Some((*suffix).to_owned()).filter(|suffix| !suffix.is_empty());
            let annotations = self.annotations(|rule| rules.contains_key(rule));
            Some(Group { behind, rules, annotations, main, claim: None })
        };
        suffixes.iter().filter_map(group).collect()
    }

    /// Definitions with a short name, which share the rules `deny` and `warn`.
    fn by_short_name(&self) -> Vec<Group<'m>> {
        let named = self.own.iter().filter_map(|(placed, annotation)| {
            let [rule] = annotation.rule.as_slice() else { return None };
            Some((*placed, *annotation, rule.as_str(), short_name(annotation)?))
        });
        let named: Vec<(Placed<'m>, &'m Annotation, &str, &str)> = named.collect();
        let known: BTreeSet<String> = named.iter().map(|(.., name)| (*name).to_owned()).collect();
        let known = Arc::new(known);
        let mut groups: BTreeMap<&str, Group<'m>> = BTreeMap::new();
        for (main, annotation, rule, name) in named {
            let takes_others = groups.is_empty();
            let group = groups.entry(name).or_insert_with(|| Group {
                behind: Some(name.to_owned()),
                rules: BTreeMap::new(),
                annotations: self.annotations(|_| false),
                main,
                claim: Some(Claim {
                    short_name: name.to_owned(),
                    known: Arc::clone(&known),
                    takes_others,
                }),
            });
            group.annotations.insert(0, annotation);
            let shared = self.rules.iter().filter(|(known, _)| **known == rule || takes_others);
            let conforma =
                |rule: &EntryRule| EntryRule { answer: AnswerForm::Conforma, ..rule.clone() };
            group.rules.extend(shared.map(|(name, rule)| (*name, conforma(rule))));
        }
        groups.into_values().collect()
    }

    /// The annotations of rules that are wanted, then those of the package, then those of packages above.
    fn annotations(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<&'m Annotation> {
        let own = || self.own.iter().map(|(_, annotation)| *annotation);
        let of_rules =
            own().filter(|annotation| annotation.rule.first().is_some_and(|rule| is_wanted(rule)));
        let of_package = own().filter(|annotation| annotation.rule.is_empty());
        of_rules.chain(of_package).chain(self.inherited.iter().copied()).collect()
    }
}

/// The name by which Conforma knows the definition below an annotation.
pub(super) fn short_name(annotation: &Annotation) -> Option<&str> {
    annotation.value.at(&["custom", "short_name"])?.as_str()
}

impl Claim {
    /// Keeps the findings that are this policy's own; one that is to be effective later only warns until then.
    ///
    /// Source: Conforma, "Policy rule annotations": the code of a result is `package.short_name`, maybe with a term behind
    /// a colon.
    pub(super) fn settle(&self, found: &mut Vec<Violation>, now: Timestamp) {
        found.retain(|violation| {
            let code = violation.facts.get("code").and_then(Value::as_str).unwrap_or_default();
            let name = code.split(':').next().unwrap_or_default();
            let name = name.rsplit('.').next().unwrap_or_default();
            name == self.short_name || (self.takes_others && !self.known.contains(name))
        });
        for violation in found {
            let effective = violation.facts.get("effective_on").and_then(Value::as_str);
            let starts = effective.and_then(|text| text.parse::<Timestamp>().ok());
            if violation.rule == RuleKind::Deny && starts.is_some_and(|starts| now < starts) {
                violation.rule = RuleKind::Warn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(claim: &Claim, codes: &[(&str, Option<&str>)]) -> Vec<(String, RuleKind)> {
        let violation = |(code, effective): &(&str, Option<&str>)| Violation {
            message: (*code).to_owned(),
            path: String::new(),
            severity: None,
            remediation: None,
            facts: Value::object(
                [("code", Some(*code)), ("effective_on", *effective)]
                    .into_iter()
                    .filter_map(|(key, value)| Some((Arc::from(key), Value::from(value?))))
                    .collect(),
            ),
            subject: None,
            rule: RuleKind::Deny,
        };
        let mut found: Vec<Violation> = codes.iter().map(violation).collect();
        claim.settle(&mut found, Timestamp::from_millis(1_795_327_326_000));
        found.into_iter().map(|violation| (violation.message, violation.rule)).collect()
    }

    #[test]
    fn a_finding_belongs_to_the_policy_of_its_short_name() {
        let known = Arc::new(BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        let claim = |takes_others| Claim {
            short_name: "a".to_owned(),
            known: Arc::clone(&known),
            takes_others,
        };
        let found = [
            ("p.a", None),
            ("p.a:term", Some("2030-01-01T00:00:00Z")),
            ("p.b", None),
            ("p.c", Some("2020-01-01T00:00:00Z")),
        ];
        let deny = |code: &str| (code.to_owned(), RuleKind::Deny);
        let later = ("p.a:term".to_owned(), RuleKind::Warn);
        assert_eq!(kept(&claim(false), &found), [deny("p.a"), later.clone()]);
        assert_eq!(kept(&claim(true), &found), [deny("p.a"), later, deny("p.c")]);
    }
}
