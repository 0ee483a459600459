//! `enforcement.yaml` and `scorecard.yaml`: text to rules, with every fault at its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::node::{Node, read};
use crate::domain::code::{Code, Severity};
use crate::domain::enforcement::{EnforcementRule, EnforcementRules};
use crate::domain::finding::Enforcement;
use crate::domain::image_code::{IMAGE_PACK, ImageCode};
use crate::domain::place::SourceFile;
use crate::domain::policy::PolicyMeta;
use crate::domain::scorecard::{Level, NO_LEVEL, ScorecardRules};
use crate::domain::service::Environment;
use crate::domain::suggest;
use crate::rego::Fault;

/// The policies that rules may name.
#[derive(Debug)]
pub(super) struct Known<'p> {
    policies: &'p [Arc<PolicyMeta>],
    /// A policy file has faults of its own, so that a missing name says nothing.
    incomplete: bool,
}

/// The pack of findings about the input itself; their codes begin with `INPUT-`.
const INPUT_PACK: &str = "input";

impl<'p> Known<'p> {
    pub(super) fn new(policies: &'p [Arc<PolicyMeta>], incomplete: bool) -> Self {
        Self { policies, incomplete }
    }

    fn code(&self, node: &Node<'_>, faults: &mut Vec<Fault>) -> Option<Code> {
        let code: Code = node.parsed(faults)?;
        let of_gate = code.as_str().starts_with("INPUT-")
            || ImageCode::ALL.iter().any(|known| known.code == code.as_str());
        let exists = self.policies.iter().any(|policy| policy.code == code);
        if !exists && !self.incomplete && !of_gate {
            let codes = self.policies.iter().map(|policy| policy.code.as_str());
            let otherwise = "name a policy that `goldgate policy list` shows";
            faults.push(
                node.fault(format!("there is no policy `{code}`")).with_help(suggest::help(
                    code.as_str(),
                    codes,
                    otherwise,
                )),
            );
        }
        Some(code)
    }

    fn pack(&self, node: &Node<'_>, faults: &mut Vec<Fault>) -> Option<String> {
        let pack = node.text(faults)?;
        let packs: BTreeSet<&str> =
            self.policies.iter().map(|policy| policy.pack.as_str()).collect();
        if !packs.contains(pack) && !self.incomplete && ![INPUT_PACK, IMAGE_PACK].contains(&pack) {
            let otherwise = "name the folder of a policy";
            faults.push(
                node.fault(format!("there is no pack `{pack}`"))
                    .with_help(suggest::help(pack, packs, otherwise)),
            );
        }
        Some(pack.to_owned())
    }
}

/// Adds the rules of one file to those of earlier bundles: its rules come first, what it says otherwise stands.
pub(super) fn add_enforcement(
    rules: &mut EnforcementRules,
    file: &Arc<SourceFile>,
    known: &Known<'_>,
    faults: &mut Vec<Fault>,
) {
    let document = match read(file) {
        Ok(Some(document)) => document,
        Ok(None) => return,
        Err(found) => return faults.extend(found),
    };
    let root = Node::root(file, &document);
    for (key, node) in root.fields(&["environments", "rules", "default"], faults) {
        match key {
            "environments" => {
                let names = node.items(faults);
                rules.environments = names.iter().filter_map(|name| name.parsed(faults)).collect();
            }
            "default" => rules
                .default
                .extend(by_severity(&node, faults, &|node, faults| node.word(&ACTIONS, faults))),
            _ => {
                let items = node.items(faults);
                let own: Vec<EnforcementRule> =
                    items.iter().filter_map(|item| rule(item, known, faults)).collect();
                rules.rules.splice(0..0, own);
            }
        }
    }
    unknown_environments(&root, &rules.environments, faults);
}

/// Environments that rules name and the list of all does not: such a rule would never hold.
fn unknown_environments(root: &Node<'_>, all: &BTreeSet<Environment>, faults: &mut Vec<Fault>) {
    // What is wrong with the form of a rule has been told.
    let mut told = Vec::new();
    let rules = root.get("rules").map(|rules| rules.items(&mut told)).unwrap_or_default();
    let named = rules.iter().filter_map(|rule| rule.get("environments"));
    for node in named.flat_map(|node| node.items(&mut Vec::new())) {
        let Some(name) = node.parsed::<Environment>(&mut told) else { continue };
        if all.is_empty() || all.contains(&name) {
            continue;
        }
        let names = all.iter().map(Environment::as_str);
        let help = suggest::help(name.as_str(), names, "add it to `environments`");
        faults.push(node.fault(format!("there is no environment `{name}`")).with_help(help));
    }
}

const ACTIONS: [(&str, Enforcement); 4] = [
    ("deny", Enforcement::Deny),
    ("warn", Enforcement::Warn),
    ("audit", Enforcement::Audit),
    ("off", Enforcement::Off),
];

fn rule(node: &Node<'_>, known: &Known<'_>, faults: &mut Vec<Fault>) -> Option<EnforcementRule> {
    let mut rule = EnforcementRule {
        codes: BTreeSet::new(),
        packs: BTreeSet::new(),
        environments: BTreeSet::new(),
        tiers: BTreeSet::new(),
        teams: BTreeSet::new(),
        effective_on: None,
        action: Enforcement::Deny,
    };
    let mut action = None;
    let fields = ["codes", "packs", "environments", "tiers", "teams", "effective_on", "action"];
    let fields = node.fields(&fields, faults);
    for (key, node) in &fields {
        // An empty condition always holds, which is hardly what someone who writes `codes: []` means.
        if !matches!(*key, "effective_on" | "action") && node.items(&mut Vec::new()).is_empty() {
            let n_before = faults.len();
            node.items(faults);
            if faults.len() == n_before {
                faults.push(
                    node.fault(format!("`{key}` is empty, so it would hold for everything"))
                        .with_help(format!("remove `{key}`, or name something")),
                );
            }
            continue;
        }
        match *key {
            "codes" => rule.codes = each(node, faults, |item, faults| known.code(item, faults)),
            "packs" => rule.packs = each(node, faults, |item, faults| known.pack(item, faults)),
            "environments" => rule.environments = each(node, faults, Node::parsed),
            "tiers" => rule.tiers = each(node, faults, text),
            "teams" => rule.teams = each(node, faults, text),
            "effective_on" => rule.effective_on = node.parsed(faults),
            _ => action = node.word(&ACTIONS, faults),
        }
    }
    if !fields.iter().any(|(key, _)| *key == "action") && node.value.as_object().is_some() {
        faults.push(
            node.fault("the rule has no `action`")
                .with_help("add `action: deny`, `warn`, `audit` or `off`"),
        );
    }
    rule.action = action?;
    Some(rule)
}

/// Every item of a list, as `read` reads it.
fn each<'d, T: Ord>(
    node: &Node<'d>,
    faults: &mut Vec<Fault>,
    read: impl Fn(&Node<'d>, &mut Vec<Fault>) -> Option<T>,
) -> BTreeSet<T> {
    let items = node.items(faults);
    items.iter().filter_map(|item| read(item, faults)).collect()
}

fn text(node: &Node<'_>, faults: &mut Vec<Fault>) -> Option<String> {
    node.text(faults).map(str::to_owned)
}

fn by_severity<T>(
    node: &Node<'_>,
    faults: &mut Vec<Fault>,
    read: &dyn Fn(&Node<'_>, &mut Vec<Fault>) -> Option<T>,
) -> BTreeMap<Severity, T> {
    let words = Severity::ALL.map(Severity::as_str);
    let fields = node.fields(&words, faults);
    fields
        .into_iter()
        .filter_map(|(key, node)| Some((key.parse().ok()?, read(&node, faults)?)))
        .collect()
}

/// Adds the weights and levels of one file to those of earlier bundles: what it says stands.
pub(super) fn add_scorecard(
    rules: &mut ScorecardRules,
    file: &Arc<SourceFile>,
    known: &Known<'_>,
    faults: &mut Vec<Fault>,
) {
    let document = match read(file) {
        Ok(Some(document)) => document,
        Ok(None) => return,
        Err(found) => return faults.extend(found),
    };
    let root = Node::root(file, &document);
    for (key, node) in root.fields(&["weights", "levels", "uncounted"], faults) {
        if key == "weights" {
            rules.weights.extend(by_severity(&node, faults, &weight));
        } else if key == "uncounted" {
            rules.uncounted = each(&node, faults, |item, faults| known.code(item, faults));
        } else {
            let items = node.items(faults);
            let mut levels: Vec<Level> = Vec::new();
            for item in &items {
                let Some(level) = level(item, known, faults) else { continue };
                if levels.iter().any(|other| other.name == level.name) {
                    faults.push(
                        item.fault(format!("there are two levels `{}`", level.name))
                            .with_help("rename one of the two, or join them"),
                    );
                }
                levels.push(level);
            }
            rules.levels = levels;
        }
    }
}

fn weight(node: &Node<'_>, faults: &mut Vec<Fault>) -> Option<u32> {
    let weight = node.value.as_i64().filter(|weight| (0..=1_000).contains(weight));
    if weight.is_none() {
        faults.push(
            node.fault("a weight is a whole number from 0 to 1000")
                .with_help("write e.g. `critical: 10`"),
        );
    }
    weight.and_then(|weight| u32::try_from(weight).ok())
}

fn level(node: &Node<'_>, known: &Known<'_>, faults: &mut Vec<Fault>) -> Option<Level> {
    let mut level = Level { name: String::new(), codes: BTreeSet::new() };
    for (key, node) in node.fields(&["name", "packs", "codes"], faults) {
        match key {
            "name" => node.text(faults)?.clone_into(&mut level.name),
            "packs" => {
                for item in node.items(faults) {
                    let Some(pack) = known.pack(&item, faults) else { continue };
                    let codes = known.policies.iter().filter(|policy| policy.pack == pack);
                    level.codes.extend(codes.map(|policy| policy.code.clone()));
                }
            }
            _ => level.codes.extend(each(&node, faults, |item, faults| known.code(item, faults))),
        }
    }
    if node.value.as_object().is_some() && (level.name.is_empty() || level.name == NO_LEVEL) {
        faults.push(
            node.fault("the level has no name of its own").with_help("add e.g. `name: silver`"),
        );
    }
    Some(level)
}
