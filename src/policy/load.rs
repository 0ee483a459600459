//! The one loader: start-up, `check` and `policy check` read bundles with it, and it names every fault of every file.

mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;

use super::Revision;
use super::data::{self, Mounted};
use super::described as input;
use super::dialect::Policy;
use super::gatekeeper;
use super::manifest::{self, Manifest};
use super::options::LoadOptions;
use super::panel::{Panel, Runnable};
use super::recognise;
use super::rules::{self, Known};
use super::source::{Bundle, BundleFile, BundleSource, FileKind, Selection, kind_of};
use super::unique;
use crate::document::{DocumentLimits, yaml};
use crate::domain::decision::RevisionRef;
use crate::domain::digest::Digest;
use crate::domain::enforcement::EnforcementRules;
use crate::domain::parallel;
use crate::domain::place::{Place, Places, Span};
use crate::domain::policy::PolicyMeta;
use crate::domain::scorecard::ScorecardRules;
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::check::{CheckOptions, Checked, check_with};
use crate::rego::engine::{Linker, Program, Wanted};
use crate::rego::metadata::{self, Annotation, YamlFault};
use crate::rego::module::{Module, parse};
pub(super) use told::sorted;

/// Stack of the thread that loads: parsers recurse, and callers may have little.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Fewer files than this are not worth a thread.
const FILES_PER_THREAD: usize = 24;

/// Loads bundles: later ones add to earlier ones.
pub(super) fn load(
    sources: &[BundleSource],
    options: &LoadOptions,
) -> Result<Revision, Vec<Fault>> {
    on_large_stack(|| {
        let mut loaded = Loaded::read(sources, Selection::Deciding, options);
        let mut faults = std::mem::take(&mut loaded.faults);
        let revision = revision(&loaded, options, &mut faults);
        if faults.is_empty() { Ok(revision) } else { Err(sorted(faults)) }
    })
}

/// Runs `work` on a thread with a large stack, or here when there can be none.
pub(super) fn on_large_stack<T: Send>(work: impl Fn() -> T + Send + Sync) -> T {
    let work = &work;
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("policy-load".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work);
        match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => work(),
        }
    })
}

/// Everything in the files of bundles, read and looked at together.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) bundles: Vec<Bundle>,
    /// What holds data alone.
    beside: Vec<Bundle>,
    pub(super) modules: Vec<Module>,
    /// For each module its path within its bundle, and the bundle.
    pub(super) places: Vec<(String, usize)>,
    pub(super) annotations: Vec<Vec<Annotation>>,
    pub(super) data: Value,
    manifests: Vec<(usize, Manifest)>,
    pub(super) checked: Checked,
    pub(super) faults: Vec<Fault>,
    /// A module could not be read, so that others may miss what it defines.
    incomplete: bool,
}

impl Loaded {
    pub(super) fn read(
        sources: &[BundleSource],
        selection: Selection,
        options: &LoadOptions,
    ) -> Self {
        let mut unreadable = Vec::new();
        let mut bundles = Vec::new();
        for source in sources {
            let (bundle, faults) = Bundle::read(source, selection);
            unreadable.extend(faults);
            bundles.push(bundle);
        }
        let mut loaded = Self::of(bundles, options);
        loaded.faults.extend(unreadable);
        loaded
    }

    /// Looks at bundles that were read.
    pub(super) fn of(bundles: Vec<Bundle>, options: &LoadOptions) -> Self {
        let mut loaded = Self {
            bundles: Vec::new(),
            beside: Vec::new(),
            modules: Vec::new(),
            places: Vec::new(),
            annotations: Vec::new(),
            data: Value::object(Vec::new()),
            manifests: Vec::new(),
            checked: Checked::default(),
            faults: Vec::new(),
            incomplete: false,
        };
        let mut mounted = Vec::new();
        for (index, bundle) in bundles.iter().enumerate() {
            let manifest = Manifest::of(bundle, &mut loaded.faults);
            loaded.modules(bundle, index, manifest.as_ref(), options);
            mounted.extend(loaded.data(bundle, manifest.as_ref()));
            loaded.manifests.extend(manifest.map(|manifest| (index, manifest)));
        }
        for path in &options.data {
            let source = BundleSource::Path(path.clone());
            let (bundle, faults) = Bundle::read(&source, Selection::Documents);
            loaded.faults.extend(faults);
            for file in &bundle.files {
                match data::mount(&file.source, &file.inner) {
                    Ok(document) => mounted.extend(document),
                    Err(faults) => loaded.faults.extend(faults),
                }
            }
            loaded.beside.push(bundle);
        }
        loaded.bundles = bundles;
        let manifests: Vec<Manifest> =
            loaded.manifests.iter().map(|(_, manifest)| manifest.clone()).collect();
        loaded.faults.extend(manifest::overlaps(&manifests));
        loaded.data = data::join(&mounted, &mut loaded.faults);
        loaded.faults.extend(data::collisions(&loaded.modules, &loaded.data, &mounted));
        loaded.shared_packages();
        loaded.checked = check_with(
            &loaded.modules,
            CheckOptions {
                data: &loaded.data,
                strict: options.strict,
                incomplete: loaded.incomplete,
                inputs: &input::described(&loaded.modules, &loaded.annotations),
                foreign: &loaded.foreign(),
            },
        );
        loaded.faults.append(&mut loaded.checked.faults);
        loaded
    }

    fn modules(
        &mut self,
        bundle: &Bundle,
        index: usize,
        manifest: Option<&Manifest>,
        options: &LoadOptions,
    ) {
        let is_rego = |file: &&BundleFile| kind_of(&file.inner) == Some(FileKind::Rego);
        let files: Vec<&BundleFile> = bundle.files.iter().filter(is_rego).collect();
        let read = parallel::each(&files, FILES_PER_THREAD, |_, file| {
            let version = manifest.and_then(|manifest| manifest.version_of(&file.inner));
            let module = parse(&file.source, version, &options.limits)?;
            let (annotations, faults) = metadata::annotations(&module, &read_yaml);
            Ok((module, annotations, faults))
        });
        for (file, read) in files.into_iter().zip(read) {
            let (module, annotations, found) = match read {
                Ok(read) => read,
                Err(faults) => {
                    self.faults.extend::<Vec<Fault>>(faults);
                    self.incomplete = true;
                    continue;
                }
            };
            if let Some(manifest) = manifest.filter(|manifest| !manifest.owns(&module.package)) {
                let message = format!(
                    "the package `{}` lies outside of the bundle's roots ({})",
                    module.package.join("."),
                    manifest.roots_shown()
                );
                self.faults.push(
                    Fault::new(&module.file, module.package_span, message)
                        .with_help("rename the package, or add its root to `.manifest`"),
                );
            }
            self.faults.extend(found);
            self.modules.push(module);
            self.places.push((file.inner.clone(), index));
            self.annotations.push(annotations);
        }
    }

    fn data(&mut self, bundle: &Bundle, manifest: Option<&Manifest>) -> Vec<Mounted> {
        let mut mounted = Vec::new();
        for file in bundle.files.iter().filter(|file| kind_of(&file.inner) == Some(FileKind::Data))
        {
            match data::mount(&file.source, &file.inner) {
                Ok(Some(document)) => {
                    let stranger =
                        manifest.and_then(|manifest| manifest.stranger(&document.tree, &[]));
                    if let (Some(path), Some(manifest)) = (stranger, manifest) {
                        let message = format!(
                            "`data.{}` lies outside of the bundle's roots ({})",
                            path.join("."),
                            manifest.roots_shown()
                        );
                        let nowhere = Span::default();
                        self.faults.push(
                            Fault::new(&file.source, nowhere, message)
                                .with_help("move it, or add its root to `.manifest`"),
                        );
                    }
                    mounted.push(document);
                }
                Ok(None) => {}
                Err(faults) => self.faults.extend(faults),
            }
        }
        mounted
    }

    /// By module: whether its bundle has no policy with a code, and so was not written for a gate.
    fn foreign(&self) -> Vec<bool> {
        let is_coded = |annotation: &Annotation| annotation.value.at(&["custom", "code"]).is_some();
        let coded: BTreeSet<usize> = self
            .places
            .iter()
            .zip(&self.annotations)
            .filter(|(_, annotations)| annotations.iter().any(is_coded))
            .map(|((_, bundle), _)| *bundle)
            .collect();
        self.places.iter().map(|(_, bundle)| !coded.contains(bundle)).collect()
    }

    /// A package of two bundles would be one policy out of two hands.
    fn shared_packages(&mut self) {
        let mut first: BTreeMap<&[String], (usize, &Module)> = BTreeMap::new();
        let mut faults = Vec::new();
        for (module, (_, bundle)) in self.modules.iter().zip(&self.places) {
            let (known, other) =
                *first.entry(module.package.as_slice()).or_insert((*bundle, module));
            if known != *bundle {
                let message =
                    format!("the package `{}` is part of two bundles", module.package.join("."));
                faults.push(
                    Fault::new(&module.file, module.package_span, message)
                        .with_related(&other.file, other.package_span, "the other one")
                        .with_help("rename one of the two packages"),
                );
            }
        }
        self.faults.extend(faults);
    }

    fn reference(&self, options: &LoadOptions) -> RevisionRef {
        let mut parts: Vec<Digest> = self.bundles.iter().map(Bundle::digest).collect();
        parts.extend(self.beside.iter().map(Bundle::digest));
        // What is left out, and what is shown, is part of what decides.
        if options.combine || !options.namespaces.is_empty() {
            let said = format!("{} {}", options.combine, options.namespaces.join(" "));
            parts.push(Digest::of(said.as_bytes()));
        }
        let digest = Digest::of_parts(parts.iter().map(|digest| digest.as_bytes().as_slice()));
        let names = self.bundles.iter().enumerate().zip(&parts).map(|((index, bundle), digest)| {
            let manifest = self.manifests.iter().find(|(of, _)| *of == index);
            let revision = manifest.map(|(_, manifest)| manifest.revision.clone());
            revision.filter(|revision| !revision.is_empty()).unwrap_or_else(|| {
                let name = bundle.name.rsplit('/').find(|part| !part.is_empty());
                let short: String = digest.to_hex().chars().take(12).collect();
                format!("{}-{short}", name.unwrap_or("bundle"))
            })
        });
        RevisionRef { id: names.collect::<Vec<_>>().join("+"), digest }
    }
}

fn revision(loaded: &Loaded, options: &LoadOptions, faults: &mut Vec<Fault>) -> Revision {
    // Faults of Rego files so far: what they define may be missing below.
    let is_rego = |fault: &Fault| kind_of(&fault.file.path) == Some(FileKind::Rego);
    let policies = loaded.policies(options, faults);
    faults.extend(recognise::unknown_namespaces(&policies, options));
    let constraints = gatekeeper::load(&loaded.bundles, options, faults);
    unique::constraints(&constraints, &policies, faults);
    let mut metas: Vec<Arc<PolicyMeta>> =
        policies.iter().map(|policy| Arc::clone(&policy.meta)).collect();
    metas.extend(constraints.iter().map(|constraint| Arc::clone(&constraint.meta)));
    metas.sort_by(|a, b| (&a.code, &a.package).cmp(&(&b.code, &b.package)));
    let known = Known::new(&metas, faults.iter().any(is_rego));
    let mut enforcement = EnforcementRules::default();
    let mut scorecard = ScorecardRules::default();
    for file in loaded.bundles.iter().flat_map(|bundle| &bundle.files) {
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
    let linked =
        if faults.is_empty() { link(loaded, policies, options) } else { Linked::default() };
    let Linked { panel, faults: found, left } = linked;
    faults.extend(found);
    Revision {
        reference: loaded.reference(options),
        policies: metas,
        panel,
        constraints,
        request_budget: options.request_budget,
        left_to_the_second: left,
        enforcement,
        scorecard: Arc::new(scorecard),
    }
}

/// Policies that can be run, and what stood in the way of others.
#[derive(Default)]
struct Linked {
    panel: Arc<Panel>,
    faults: Vec<Fault>,
    /// Why the own evaluator does not run them.
    left: Option<Fault>,
}

/// Makes every policy runnable, and lets the engine look at every other package as well.
fn link(loaded: &Loaded, policies: Vec<Policy>, options: &LoadOptions) -> Linked {
    let mut faults = Vec::new();
    let unit = &loaded.checked.unit;
    let mut linker = Linker::over(&loaded.modules, unit, &loaded.data, options.budget);
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut wanted = Vec::new();
    for policy in &policies {
        let closure = loaded.checked.closure(&policy.package);
        seen.extend(closure.iter().cloned());
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
    let panel = Panel::new(runnables, linker).with_counting(counting.flatten());
    Linked { panel: Arc::new(panel), faults, left }
}

/// Reads the YAML of a METADATA block.
pub(super) fn read_yaml(text: &str) -> Result<(Value, Arc<Places>, Place), YamlFault> {
    let mut documents = yaml::read(text, &DocumentLimits::default()).into_iter();
    match documents.next() {
        Some(Ok(document)) => Ok((document.value, document.places, document.root)),
        Some(Err(cause)) => {
            Err(YamlFault { message: cause.message, span: cause.span, help: cause.help })
        }
        None => Ok((Value::Null, Arc::default(), Place::default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_bundle_loads_without_a_fault() {
        let revision = load(&[BundleSource::Builtin], &LoadOptions::default());
        let revision = revision.unwrap_or_else(|faults| {
            let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("{}", shown.join("\n"))
        });
        assert!(revision.policies().len() > 20);
        assert_eq!(revision.policies().len(), revision.panel.runnables.len());
    }
}
