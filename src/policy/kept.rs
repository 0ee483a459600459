//! The compiled form of a revision: written after it was compiled, read in its place the next time.
//!
//! It holds what compiling costs: the program, the policies with what they say of themselves, the templates. What is read
//! of the sources in any case (enforcement, scorecard, constraints) is not in it.

use std::sync::{Arc, PoisonError};

use super::Revision;
use super::assemble::{self, Assembled, Ground, Linked};
use super::gatekeeper::CompiledTemplates;
use super::manifest::Manifest;
use super::options::LoadOptions;
use super::panel::{Panel, Runnable};
use super::shelf::Shelf;
use super::source::{FileKind, kind_of};
use crate::domain::digest::Digest;
use crate::rego::engine::Linker;
use crate::rego::stored::{Reader, Stored, Writer};

/// The form of what was compiled; `None` where a part has none, as what the second engine runs.
pub(super) fn written(whole: &Assembled) -> Option<Vec<u8>> {
    let Assembled { revision, templates } = whole;
    let mut writer = Writer::default();
    let panel = &revision.panel;
    let linker = panel.linker()?.lock().unwrap_or_else(PoisonError::into_inner);
    linker.write(&mut writer);
    drop(linker);
    writer.count(panel.runnables.len());
    for runnable in &panel.runnables {
        runnable.policy.write(&mut writer);
        runnable.closure.write(&mut writer);
    }
    panel.sbom_reads.write(&mut writer);
    writer.count(templates.len());
    for (kind, template) in templates {
        kind.write(&mut writer);
        template.write(&mut writer);
    }
    writer.finish()
}

/// The revision whose compiled form `body` is; `None` where it is anything else.
pub(super) fn revision(
    body: &[u8],
    shelf: &Shelf,
    digests: &[Digest],
    options: &LoadOptions,
) -> Option<Revision> {
    let mut reader = Reader::over(body)?;
    let panel = panel(&mut reader, shelf, options)?;
    let templates = CompiledTemplates::read(&mut reader)?;
    if !reader.is_at_end() {
        return None;
    }
    let policies = panel.runnables.iter().map(|runnable| runnable.policy.clone()).collect();
    let mut faults = Vec::new();
    let manifests = Manifest::of_all(&shelf.bundles, &mut faults);
    let ground = Ground { shelf, digests, manifests: &manifests, options, templates };
    let linked = Linked::by_own(panel);
    let whole = assemble::revision(ground, policies, false, &mut faults, |_policies| linked);
    faults.is_empty().then_some(Revision { was_kept: true, ..whole.revision })
}

fn panel(reader: &mut Reader<'_>, shelf: &Shelf, options: &LoadOptions) -> Option<Panel> {
    let files = shelf.bundles.iter().flat_map(|bundle| &bundle.files);
    let modules = files.filter(|file| kind_of(&file.inner) == Some(FileKind::Rego));
    let files = modules.map(|file| Arc::clone(&file.source)).collect();
    let linker = Linker::read(reader, files, options.budget)?;
    let program = linker.deciding()?;
    let runnables = reader.items(|reader| {
        let (policy, closure) = (Stored::read(reader)?, Stored::read(reader)?);
        Some(Runnable::new(policy, closure, program.clone()))
    })?;
    Some(Panel::new(runnables, Stored::read(reader)?, linker))
}
