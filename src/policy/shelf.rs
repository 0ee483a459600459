//! The bundles of a revision as they were read: which revision they make, and which compiled one is theirs.

use super::manifest::Manifest;
use super::options::LoadOptions;
use super::source::{Bundle, BundleSource, Selection};
use crate::domain::decision::RevisionRef;
use crate::domain::digest::Digest;
use crate::rego::Fault;

/// Which build this is: another one may compile otherwise, and never reads what this one keeps.
const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("GOLDGATE_SOURCES"));

/// Bundles, and what holds data alone beside them.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) bundles: Vec<Bundle>,
    pub(super) beside: Vec<Bundle>,
    /// What could not be read.
    pub(super) faults: Vec<Fault>,
}

impl Shelf {
    /// Reads everything.
    pub(super) fn read(
        sources: &[BundleSource],
        selection: Selection,
        options: &LoadOptions,
    ) -> Self {
        let read = sources.iter().map(|source| Bundle::read(source, selection));
        let (bundles, faults): (Vec<Bundle>, Vec<Vec<Fault>>) = read.unzip();
        let mut shelf = Self::of(bundles, options);
        shelf.faults.extend(faults.into_iter().flatten());
        shelf
    }

    /// Bundles that were read, and the data beside them.
    pub(super) fn of(bundles: Vec<Bundle>, options: &LoadOptions) -> Self {
        let sources = options.data.iter().cloned().map(BundleSource::Path);
        let read = sources.map(|source| Bundle::read(&source, Selection::Documents));
        let (beside, faults): (Vec<Bundle>, Vec<Vec<Fault>>) = read.unzip();
        Self { bundles, beside, faults: faults.into_iter().flatten().collect() }
    }

    /// The digest of each bundle's paths and texts.
    pub(super) fn digests(&self) -> Vec<Digest> {
        self.bundles.iter().chain(&self.beside).map(Bundle::digest).collect()
    }

    /// Which revision it is, whose bundles have these `digests` and `manifests`, each with its bundle's number.
    pub(super) fn reference(
        &self,
        digests: &[Digest],
        manifests: &[(usize, Manifest)],
        options: &LoadOptions,
    ) -> RevisionRef {
        let mut parts = digests.to_vec();
        // What is left out, and what is shown, is part of what decides.
        if options.combine || !options.namespaces.is_empty() {
            let said = format!("{} {}", options.combine, options.namespaces.join(" "));
            parts.push(Digest::of(said.as_bytes()));
        }
        let digest = Digest::of_parts(parts.iter().map(|digest| digest.as_bytes().as_slice()));
        let names =
            self.bundles.iter().enumerate().zip(digests).map(|((index, bundle), digest)| {
                let manifest = manifests.iter().find(|(of, _)| *of == index);
                let revision = manifest.map(|(_, manifest)| manifest.revision.clone());
                revision.filter(|revision| !revision.is_empty()).unwrap_or_else(|| {
                    let name = bundle.name.rsplit('/').find(|part| !part.is_empty());
                    let short: String = digest.to_hex().chars().take(12).collect();
                    format!("{}-{short}", name.unwrap_or("bundle"))
                })
            });
        RevisionRef { id: names.collect::<Vec<_>>().join("+"), digest }
    }

    /// What the compiled form depends on: every text with the path that it is shown by, how it was loaded, and this build.
    /// Budgets are said anew each time.
    pub(super) fn key(&self, digests: &[Digest], options: &LoadOptions) -> Digest {
        let LoadOptions {
            budget: _,
            request_budget: _,
            limits,
            data: _read,
            strict,
            namespaces,
            combine,
            trace: _never_kept,
            cache: _,
        } = options;
        let said = format!("{limits:?} {strict} {combine} {namespaces:?} {}", self.bundles.len());
        let shown = self.bundles.iter().chain(&self.beside);
        let shown = shown.flat_map(|bundle| bundle.files.iter().map(|file| &file.source.path));
        let texts = digests.iter().map(|digest| digest.as_bytes().as_slice());
        let parts = [BUILD.as_bytes(), said.as_bytes()].into_iter().chain(texts);
        Digest::of_parts(parts.chain(shown.map(String::as_bytes)))
    }
}
