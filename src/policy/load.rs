//! The one loader: start-up, `check` and `policy check` read bundles with it, and it names every fault of every file.

mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;

use super::Revision;
use super::assemble::{self, Assembled};
use super::cache::Cache;
use super::data::{self, Mounted};
use super::described as input;
use super::kept;
use super::manifest::{self, Manifest};
use super::options::LoadOptions;
use super::shelf::Shelf;
use super::source::{Bundle, BundleFile, BundleSource, FileKind, Selection, kind_of};
use crate::document::{DocumentLimits, yaml};
use crate::domain::digest::Digest;
use crate::domain::parallel;
use crate::domain::place::{Place, Places, Span};
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::check::{CheckOptions, Checked, check_with};
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
        let shelf = Shelf::read(sources, Selection::Deciding, options);
        let digests = shelf.digests();
        // What counts its statements has no form that could be kept.
        let may_keep = shelf.faults.is_empty() && !options.trace;
        let cache = options.cache.as_deref().filter(|_| may_keep);
        let cache = cache.map(|folder| (Cache::of(folder), shelf.key(&digests, options)));
        let kept = cache.and_then(|(cache, key)| cache.read(&key));
        if let Some(body) = kept
            && let Some(revision) = kept::revision(&body, &shelf, &digests, options)
        {
            return Ok(revision);
        }
        let mut loaded = Loaded::of(shelf, options);
        let mut faults = std::mem::take(&mut loaded.faults);
        let whole = assemble::compiled(&loaded, &digests, options, &mut faults);
        if !faults.is_empty() {
            return Err(sorted(faults));
        }
        // What is kept would not say again that a bundle is for nothing.
        let is_whole = whole.revision.idle_bundles.is_empty();
        if let Some((cache, key)) = cache.filter(|_| is_whole) {
            keep(cache, &key, &whole);
        }
        Ok(whole.revision)
    })
}

/// The revision of these sources whose compiled form `form` is.
pub(super) fn of_compiled(
    form: &[u8],
    sources: &[BundleSource],
    options: &LoadOptions,
) -> Option<Revision> {
    let shelf = Shelf::read(sources, Selection::Deciding, options);
    let digests = shelf.digests();
    let is_whole = shelf.faults.is_empty();
    if is_whole { kept::revision(form, &shelf, &digests, options) } else { None }
}

/// Keeps what was compiled. Nobody waits for it to succeed: what is not kept is compiled again.
fn keep(cache: Cache<'_>, key: &Digest, whole: &Assembled) {
    let Some(body) = kept::written(whole) else { return };
    match cache.keep(key, &body) {
        Ok(()) => tracing::debug!(%key, size_bytes = body.len(), "Kept the compiled policies"),
        Err(cause) => tracing::debug!(%key, "The compiled policies cannot be kept: {cause}"),
    }
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
    pub(super) shelf: Shelf,
    pub(super) modules: Vec<Module>,
    /// For each module its path within its bundle, and the bundle.
    pub(super) places: Vec<(String, usize)>,
    pub(super) annotations: Vec<Vec<Annotation>>,
    pub(super) data: Value,
    pub(super) manifests: Vec<(usize, Manifest)>,
    pub(super) checked: Checked,
    pub(super) faults: Vec<Fault>,
    /// A module could not be read, so that others may miss what it defines.
    incomplete: bool,
}

impl Loaded {
    /// Looks at bundles that were read.
    pub(super) fn of(mut shelf: Shelf, options: &LoadOptions) -> Self {
        let mut loaded = Self {
            modules: Vec::new(),
            places: Vec::new(),
            annotations: Vec::new(),
            data: Value::object(Vec::new()),
            manifests: Vec::new(),
            checked: Checked::default(),
            faults: std::mem::take(&mut shelf.faults),
            incomplete: false,
            shelf: Shelf::default(),
        };
        let mut mounted = Vec::new();
        loaded.manifests = Manifest::of_all(&shelf.bundles, &mut loaded.faults);
        for (index, bundle) in shelf.bundles.iter().enumerate() {
            let manifest = loaded.manifests.iter().find(|(of, _)| *of == index);
            let manifest = manifest.map(|(_, manifest)| manifest.clone());
            loaded.modules(bundle, index, manifest.as_ref(), options);
            mounted.extend(loaded.data(bundle, manifest.as_ref()));
        }
        for file in shelf.beside.iter().flat_map(|bundle| &bundle.files) {
            match data::mount(&file.source, &file.inner) {
                Ok(document) => mounted.extend(document),
                Err(faults) => loaded.faults.extend(faults),
            }
        }
        loaded.shelf = shelf;
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
