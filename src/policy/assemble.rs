//! A revision put together, of what was just compiled or of what was kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Revision;
use super::dialect::Policy;
use super::gatekeeper::{self, CompiledTemplates, Template};
use super::load::Loaded;
use super::manifest::Manifest;
use super::misread;
use super::options::LoadOptions;
use super::panel::{Panel, Runnable};
use super::reads::Reads;
use super::recognise;
use super::rules::{self, Known};
use super::shelf::Shelf;
use super::source::{FileKind, kind_of};
use super::unique;
use crate::domain::digest::Digest;
use crate::domain::enforcement::EnforcementRules;
use crate::domain::place::SourceFile;
use crate::domain::policy::{PolicyMeta, Scope};
use crate::domain::scorecard::ScorecardRules;
use crate::rego::Fault;
use crate::rego::engine::{Linker, Program, Wanted};

/// A revision, with everything that was compiled for it.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) revision: Revision,
    /// By kind, also those without a constraint.
    pub(super) templates: BTreeMap<String, Arc<Template>>,
}

/// What a revision is put together of.
pub(super) struct Ground<'g> {
    pub(super) shelf: &'g Shelf,
    pub(super) digests: &'g [Digest],
    pub(super) manifests: &'g [(usize, Manifest)],
    pub(super) options: &'g LoadOptions,
    /// Templates that need not be compiled.
    pub(super) templates: CompiledTemplates,
}

/// Compiles what was loaded.
pub(super) fn compiled(
    loaded: &Loaded,
    digests: &[Digest],
    options: &LoadOptions,
    faults: &mut Vec<Fault>,
) -> Assembled {
    let Loaded { shelf, manifests, .. } = loaded;
    // Faults of Rego files so far: what they define may be missing below.
    let is_rego = |fault: &Fault| kind_of(&fault.file.path) == Some(FileKind::Rego);
    let policies = loaded.policies(options, faults);
    faults.extend(misread::faults(loaded, &policies, options.strict));
    let templates = CompiledTemplates::default();
    let ground = Ground { shelf, digests, manifests, options, templates };
    let incomplete = faults.iter().any(is_rego);
    let asked = loaded.asked(&policies);
    let link = |policies| link(loaded, policies, options);
    let mut whole = revision(ground, policies, incomplete, faults, link);
    whole.revision.idle_bundles = idle_bundles(loaded, &asked, &whole);
    whole
}

impl Loaded {
    /// The packages of policies, and all that they need.
    fn asked(&self, policies: &[Policy]) -> BTreeSet<Vec<String>> {
        policies.iter().flat_map(|policy| self.checked.closure(&policy.package)).collect()
    }
}

/// The bundles that hold rules or templates, none of which is asked.
fn idle_bundles(loaded: &Loaded, asked: &BTreeSet<Vec<String>>, whole: &Assembled) -> Vec<String> {
    let mut has_rules: BTreeSet<usize> = BTreeSet::new();
    let mut is_asked: BTreeSet<usize> = BTreeSet::new();
    for (module, (_, bundle)) in loaded.modules.iter().zip(&loaded.places) {
        has_rules.insert(*bundle);
        if asked.contains(&module.package) {
            is_asked.insert(*bundle);
        }
    }
    let constraints = &whole.revision.constraints;
    let asks = |template: &Arc<Template>| constraints.iter().any(|it| it.is_of(template));
    for (number, bundle) in loaded.shelf.bundles.iter().enumerate() {
        let holds = |file: &Arc<SourceFile>| {
            bundle.files.iter().any(|held| Arc::ptr_eq(&held.source, file))
        };
        for template in whole.templates.values().filter(|template| holds(&template.file)) {
            has_rules.insert(number);
            if asks(template) {
                is_asked.insert(number);
            }
        }
        if constraints.iter().any(|constraint| holds(&constraint.place.0)) {
            is_asked.insert(number);
        }
    }
    let bundles = loaded.shelf.bundles.iter().enumerate();
    let idle =
        bundles.filter(|(number, _)| has_rules.contains(number) && !is_asked.contains(number));
    idle.map(|(_, bundle)| bundle.name.clone()).collect()
}

/// Reads what stands beside the policies, and makes them runnable with `link` where nothing is wrong.
pub(super) fn revision(
    ground: Ground<'_>,
    policies: Vec<Policy>,
    incomplete: bool,
    faults: &mut Vec<Fault>,
    link: impl FnOnce(Vec<Policy>) -> Linked,
) -> Assembled {
    let Ground { shelf, digests, manifests, options, templates } = ground;
    faults.extend(recognise::unknown_namespaces(&policies, options));
    let (templates, constraints) = gatekeeper::load(&shelf.bundles, options, templates, faults);
    unique::constraints(&constraints, &policies, faults);
    let mut metas: Vec<Arc<PolicyMeta>> =
        policies.iter().map(|policy| Arc::clone(&policy.meta)).collect();
    metas.extend(constraints.iter().map(|constraint| Arc::clone(&constraint.meta)));
    metas.sort_by(|a, b| (&a.code, &a.package).cmp(&(&b.code, &b.package)));
    let known = Known::new(&metas, incomplete);
    let mut enforcement = EnforcementRules::default();
    let mut scorecard = ScorecardRules::default();
    for file in shelf.bundles.iter().flat_map(|bundle| &bundle.files) {
        match kind_of(&file.inner) {
            Some(FileKind::Enforcement) => {
                rules::add_enforcement(&mut enforcement, &file.source, &known, faults);
            }
            Some(FileKind::Scorecard) => {
                rules::add_scorecard(&mut scorecard, &file.source, &known, faults);
            }
            Some(
                FileKind::Rego
                | FileKind::Data
                | FileKind::Manifest
                | FileKind::Kubernetes
                | FileKind::TerraformSet,
            )
            | None => {}
        }
    }
    // Behind a fault nothing will be run, and what is linked to it would only repeat it.
    let linked = if faults.is_empty() { link(policies) } else { Linked::default() };
    let Linked { panel, faults: found, left } = linked;
    faults.extend(found);
    let revision = Revision {
        reference: shelf.reference(digests, manifests, options),
        policies: metas,
        panel,
        constraints,
        request_budget: options.request_budget,
        left_to_the_second: left,
        idle_bundles: Vec::new(),
        enforcement,
        scorecard: Arc::new(scorecard),
        was_kept: false,
    };
    Assembled { revision, templates }
}

/// Policies that can be run, and what stood in the way of others.
#[derive(Default)]
pub(super) struct Linked {
    pub(super) panel: Arc<Panel>,
    faults: Vec<Fault>,
    /// Why the own evaluator does not run them.
    left: Option<Fault>,
}

impl Linked {
    /// Policies that the own evaluator runs.
    pub(super) fn by_own(panel: Panel) -> Self {
        Self { panel: Arc::new(panel), ..Self::default() }
    }
}

/// Makes every policy runnable, and lets the engine look at every other package as well.
fn link(loaded: &Loaded, policies: Vec<Policy>, options: &LoadOptions) -> Linked {
    let mut faults = Vec::new();
    let unit = &loaded.checked.unit;
    let mut linker = Linker::over(&loaded.modules, unit, &loaded.data, options.budget);
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut over_bills: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut wanted = Vec::new();
    for policy in &policies {
        let closure = loaded.checked.closure(&policy.package);
        seen.extend(closure.iter().cloned());
        if policy.meta.scope == Scope::Sbom {
            over_bills.extend(closure.iter().cloned());
        }
        wanted.push(Wanted { package: policy.package.clone(), closure });
    }
    let mut runnables = Vec::new();
    let programs = linker.programs(&wanted);
    for ((policy, wanted), program) in policies.into_iter().zip(wanted).zip(programs) {
        match program {
            Ok(program) => runnables.push(Runnable::new(policy, wanted.closure, program)),
            Err(fault) => faults.push(fault),
        }
    }
    let mut others = Vec::new();
    for module in &loaded.modules {
        if seen.contains(&module.package) {
            continue;
        }
        let closure = loaded.checked.closure(&module.package);
        seen.extend(closure.iter().cloned());
        others.push(Wanted { package: module.package.clone(), closure });
    }
    faults.extend(linker.programs(&others).into_iter().filter_map(Result::err));
    let left = linker.left_to_the_second().cloned();
    let counting = options
        .trace
        .then(|| Program::counting(&loaded.modules, unit, &loaded.data, options.budget));
    let over_bills = loaded.modules.iter().filter(|it| over_bills.contains(&it.package));
    let panel =
        Panel::new(runnables, Reads::of(over_bills), linker).with_counting(counting.flatten());
    Linked { panel: Arc::new(panel), faults, left }
}
