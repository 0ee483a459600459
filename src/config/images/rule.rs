//! `rules`: what is asked of which images.

use std::collections::BTreeMap;

use super::Entries;
use super::page::{Node, Page, Section};
use crate::domain::evidence::code::TrustFaultCode as Fault;
use crate::domain::image::canonical_registry;
use crate::domain::suggest;
use crate::domain::trust::{
    AttestationDemand, Authority, Format, PinPolicy, Rule, RuleAction, SignatureDemand,
};

const ACTIONS: &[(&str, RuleAction)] =
    &[("verify", RuleAction::Verify), ("deny", RuleAction::Deny), ("skip", RuleAction::Skip)];
const FORMATS: &[(&str, Format)] =
    &[("bundle", Format::Bundle), ("simplesigning", Format::SimpleSigning), ("att", Format::Att)];
const PINS: &[(&str, PinPolicy)] =
    &[("resolve", PinPolicy::Resolve), ("require-digest", PinPolicy::RequireDigest)];
const KEYS: &[&str] = &[
    "name",
    "images",
    "action",
    "formats",
    "signatures",
    "attestations",
    "signatureRepository",
    "pin",
];

struct Reading<'r> {
    page: &'r Page,
    authorities: &'r Entries<Authority>,
    /// Earlier patterns, with the rule and the line they stand in.
    earlier: Vec<(String, String, u32)>,
}

pub(super) fn rules(
    page: &Page,
    section: &Section<'_, '_>,
    authorities: &Entries<Authority>,
) -> Vec<Rule> {
    let help = "add e.g. `- {name: all, images: [\"**\"], signatures: {anyOf: [release-key]}}`";
    let Some(node) = section.get("rules") else {
        page.fault(
            Fault::FieldMissing,
            section.node.place.value,
            "`images.yaml` has no `rules`",
            help,
        );
        return Vec::new();
    };
    let items = page.items(node, "rules");
    if items.is_empty() {
        page.fault(Fault::RuleEmpty, node.place.value, "the list of `rules` is empty", help);
    }
    let mut reading = Reading { page, authorities, earlier: Vec::new() };
    let mut names = BTreeMap::new();
    let read = items.into_iter().filter_map(|node| {
        let rule = reading.rule(node)?;
        if let Some(line) = names.insert(rule.name.clone(), page.line(node.place.value)) {
            let message = format!("a second rule `{}`; the first is in line {line}", rule.name);
            page.fault(Fault::NameTwice, node.place.value, message, "give it a name of its own");
        }
        Some(rule)
    });
    read.collect()
}

impl Reading<'_> {
    fn rule(&mut self, node: Node<'_>) -> Option<Rule> {
        let page = self.page;
        let section = page.section(node, "a rule", KEYS);
        let Some(name) = section.text("name") else {
            if section.get("name").is_none() && node.value.as_object().is_some() {
                page.fault(
                    Fault::FieldMissing,
                    node.place.value,
                    "a rule without a name",
                    "add `name:`; decisions name the rule",
                );
            }
            return None;
        };
        let images = self.images(name, &section);
        let action = section.word("action", ACTIONS, RuleAction::Verify);
        let formats = match section.get("formats") {
            None => Format::ALL.to_vec(),
            Some(node) => {
                let items = page.items(node, "formats");
                if items.is_empty() {
                    page.fault(
                        Fault::RuleEmpty,
                        node.place.value,
                        format!("rule `{name}` allows no format"),
                        "leave `formats` out to allow all",
                    );
                }
                items.into_iter().filter_map(|item| page.word(item, "formats", FORMATS)).collect()
            }
        };
        let signatures = section.get("signatures").and_then(|node| self.signatures(name, node));
        let attestations = self.attestations(name, section.get("attestations"));
        let asks = section.get("signatures").is_some()
            || attestations.iter().any(|demand| demand.required);
        match (action, asks) {
            (RuleAction::Verify, false) => page.fault(
                Fault::RuleEmpty,
                node.place.value,
                format!("rule `{name}` asks for nothing, so every image would be verified"),
                "add `signatures:` or a required attestation, or write `action: skip`",
            ),
            (RuleAction::Deny | RuleAction::Skip, true) => page.fault(
                Fault::RuleContradicts,
                node.place.value,
                format!("rule `{name}` asks for signatures that its `action` never looks at"),
                "leave `action` out, or leave out what is asked for",
            ),
            (RuleAction::Verify, true) | (RuleAction::Deny | RuleAction::Skip, false) => {}
        }
        let pin = section.word("pin", PINS, PinPolicy::Resolve);
        let signature_repository = section.text("signatureRepository").map(str::to_owned);
        if let (Some(place), Some(repository)) =
            (section.get("signatureRepository"), &signature_repository)
            && !repository.contains('/')
        {
            page.fault(
                Fault::ValueInvalid,
                place.place.value,
                format!("`{repository}` is no repository"),
                "write `registry/repository`",
            );
        }
        let name = name.to_owned();
        Some(Rule {
            name,
            images,
            action,
            formats,
            signatures,
            attestations,
            signature_repository,
            pin,
        })
    }

    fn images(&mut self, rule: &str, section: &Section<'_, '_>) -> Vec<String> {
        let page = self.page;
        let help = "add `images:` with patterns such as `registry.example/**`";
        let Some(node) = section.get("images") else {
            page.fault(
                Fault::RuleEmpty,
                section.node.place.value,
                format!("rule `{rule}` is about no image"),
                help,
            );
            return Vec::new();
        };
        let items = page.items(node, "images");
        if items.is_empty() {
            page.fault(
                Fault::RuleEmpty,
                node.place.value,
                format!("rule `{rule}` is about no image"),
                help,
            );
        }
        let mut patterns = Vec::new();
        for item in items {
            let Some(pattern) = page.text(item, "images") else { continue };
            let span = item.place.value;
            if let Some((wrong, help)) = wrong_pattern(pattern) {
                page.fault(
                    Fault::PatternInvalid,
                    span,
                    format!("the pattern `{pattern}` {wrong}"),
                    help,
                );
                continue;
            }
            let pattern = canonical(pattern);
            let before = self.earlier.iter().find(|(earlier, ..)| covers(earlier, &pattern));
            if let Some((earlier, other, line)) = before {
                let message = format!(
                    "the pattern `{pattern}` is never reached: `{earlier}` of rule `{other}` in line {line} comes first"
                );
                page.fault(
                    Fault::PatternUnreachable,
                    span,
                    message,
                    "put the narrower rule before the wider one",
                );
            }
            self.earlier.push((pattern.clone(), rule.to_owned(), page.line(span)));
            patterns.push(pattern);
        }
        patterns
    }

    fn signatures(&self, rule: &str, node: Node<'_>) -> Option<SignatureDemand> {
        let what = format!("`signatures` of rule `{rule}`");
        let section = self.page.section(node, &what, &["anyOf", "threshold"]);
        let any_of = self.named(&what, &section, "anyOf")?;
        let threshold = self.threshold(&what, &section, any_of.len());
        Some(SignatureDemand { any_of, threshold })
    }

    fn attestations(&self, rule: &str, node: Option<Node<'_>>) -> Vec<AttestationDemand> {
        let Some(node) = node else { return Vec::new() };
        let items = self.page.items(node, "attestations");
        items.into_iter().filter_map(|node| self.attestation(rule, node)).collect()
    }

    fn attestation(&self, rule: &str, node: Node<'_>) -> Option<AttestationDemand> {
        let page = self.page;
        let keys = ["name", "predicateTypes", "authorities", "threshold", "required"];
        let section = page.section(node, "an attestation", &keys);
        let name = section.text("name").map(str::to_owned);
        if name.is_none() && section.get("name").is_none() {
            page.fault(
                Fault::FieldMissing,
                node.place.value,
                format!("an attestation of rule `{rule}` without a name"),
                "add `name:`",
            );
        }
        let what = format!("attestation `{}` of rule `{rule}`", name.as_deref().unwrap_or("?"));
        let predicate_types = section.texts("predicateTypes");
        if predicate_types.is_empty() {
            let help = "add `predicateTypes: [https://slsa.dev/provenance/v1]`";
            page.fault(
                Fault::RuleEmpty,
                node.place.value,
                format!("{what} names no type of predicate"),
                help,
            );
        }
        let authorities = self.named(&what, &section, "authorities")?;
        let threshold = self.threshold(&what, &section, authorities.len());
        let required = section.switch("required");
        Some(AttestationDemand { name: name?, predicate_types, authorities, threshold, required })
    }

    /// The authorities that a demand names.
    fn named(&self, what: &str, section: &Section<'_, '_>, key: &str) -> Option<Vec<String>> {
        let page = self.page;
        let help = format!("add `{key}:` with names of `authorities`");
        let Some(node) = section.get(key) else {
            page.fault(
                Fault::RuleEmpty,
                section.node.place.value,
                format!("{what} names no authority"),
                help,
            );
            return None;
        };
        let items = page.items(node, key);
        if items.is_empty() {
            page.fault(
                Fault::RuleEmpty,
                node.place.value,
                format!("{what} names no authority"),
                help,
            );
            return None;
        }
        let mut names: Vec<String> = Vec::new();
        for item in items {
            let Some(name) = page.text(item, key) else { continue };
            if !self.authorities.contains_key(name) {
                let known = self.authorities.keys().map(String::as_str);
                let help = suggest::help(name, known, "add it to `authorities`");
                page.fault(
                    Fault::NameUnknown,
                    item.place.value,
                    format!("{what} names the authority `{name}`, which is not in `authorities`"),
                    help,
                );
            } else if names.iter().any(|known| known == name) {
                page.fault(
                    Fault::NameTwice,
                    item.place.value,
                    format!("{what} names the authority `{name}` twice"),
                    "it counts once; leave it out",
                );
            }
            names.push(name.to_owned());
        }
        Some(names)
    }

    fn threshold(&self, what: &str, section: &Section<'_, '_>, most: usize) -> usize {
        let threshold = section.count("threshold", 1);
        if let (true, Some(node)) = (threshold > most, section.get("threshold")) {
            let message = format!("{what} asks for {threshold} authorities and names {most}");
            self.page.fault(
                Fault::ThresholdUnreachable,
                node.place.value,
                message,
                "lower `threshold`, or name more authorities",
            );
        }
        threshold
    }
}

/// What is wrong with a pattern, and what to write.
pub(super) fn wrong_pattern(pattern: &str) -> Option<(&'static str, &'static str)> {
    let path = pattern.split_once('/').map_or("", |(_, path)| path);
    let (first, odd) = (pattern.split('/').next().unwrap_or_default(), |segment: &str| {
        segment.is_empty() || (segment.contains("**") && segment != "**")
    });
    if pattern.contains("://") {
        return Some(("has a scheme", "leave out `https://`"));
    }
    if pattern.contains('@') || path.contains(':') {
        return Some(("has a tag or a digest", "rules are about repositories; leave it out"));
    }
    if pattern.split('/').any(odd) {
        return Some((
            "has an empty part, or `**` beside other characters",
            "write `registry.example/**`",
        ));
    }
    if path.chars().any(char::is_uppercase) {
        return Some(("has upper-case letters, which no repository has", "write it in lower case"));
    }
    let is_host = first.contains('*') || canonical_registry(first).is_ok();
    if !is_host || !first.contains(['.', ':', '*']) && !first.eq_ignore_ascii_case("localhost") {
        return Some((
            "does not begin with a registry",
            "write the whole name: `nginx` is `docker.io/library/nginx`",
        ));
    }
    None
}

/// The pattern with its registry in the spelling that references are compared in.
fn canonical(pattern: &str) -> String {
    let (first, path) = pattern.split_once('/').unwrap_or((pattern, ""));
    let lower = || first.to_ascii_lowercase();
    let first = if first.contains('*') {
        lower()
    } else {
        canonical_registry(first).unwrap_or_else(|_| lower())
    };
    if path.is_empty() { first } else { format!("{first}/{path}") }
}

/// Whether every image of `later` is one of `earlier`.
fn covers(earlier: &str, later: &str) -> bool {
    if earlier == later || earlier == "**" {
        return true;
    }
    let Some(prefix) = earlier.strip_suffix("**") else { return false };
    !prefix.contains('*') && later.starts_with(prefix)
}
