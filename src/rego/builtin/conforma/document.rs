//! `ec.oci.…`: manifests, configurations and what hangs on an image.

use std::sync::Arc;

use crate::document::{DocumentLimits, json};
use crate::domain::digest::Digest;
use crate::domain::evidence::{HeldDocument, Holdings, ItemFormat};
use crate::domain::value::Value;

use super::super::operand::{Answer, answer, failed, members, string, type_error};
use super::super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::super::text::charge;
use super::{descriptor, record};

const ONE: &[Type] = &[Type::String];
const PATHS: &[Type] = &[Type::String, Type::Array(&Type::String)];
const REFERENCES: &[Type] = &[Type::Set(&Type::String)];

/// They answer differently for another image, so that no answer is kept from one to the next.
const fn held(
    name: &'static str,
    parameters: &'static [Type],
    result: Type,
    function: super::super::signature::Function,
) -> Builtin {
    Builtin { deterministic: false, ..entry(name, parameters, result, function) }
}

pub(super) const BUILTINS: &[Builtin] = &[
    held("ec.oci.blob", ONE, Type::String, blob),
    held("ec.oci.parsed_blob", ONE, Type::Any, parsed_blob),
    held("ec.oci.descriptor", ONE, Type::Any, descriptor_of),
    held("ec.oci.image_manifest", ONE, Type::Any, image_manifest),
    held("ec.oci.image_manifests", REFERENCES, Type::Any, image_manifests),
    held("ec.oci.image_index", ONE, Type::Any, image_index),
    held("ec.oci.image_referrers", ONE, Type::Any, image_referrers),
    held("ec.oci.image_tag_refs", ONE, Type::Array(&Type::String), image_tag_refs),
    held("ec.oci.image_files", PATHS, Type::Any, files),
    held("ec.oci.blob_files", PATHS, Type::Any, files),
];

/// The part of `application/vnd.oci.image.index.v1+json` and `…docker.distribution.manifest.list.v2+json` that says so.
const OF_AN_INDEX: [&str; 2] = ["image.index", "manifest.list"];

/// What is held of the image, when `reference` names it by its digest or as the release does.
pub(super) fn image<'a>(
    context: &CallContext<'a>,
    reference: &str,
) -> Result<Holdings<'a>, BuiltinError> {
    let known = context.held.filter(|held| {
        let resolved = held.facts.resolved.as_deref();
        held.facts.requested == reference || resolved == Some(untagged(reference).as_str())
    });
    known.ok_or_else(|| not_held(reference))
}

fn not_held(reference: &str) -> BuiltinError {
    failed(format!(
        "nothing is held of `{reference}`: a policy sees what was verified of its own image, and asks no registry"
    ))
}

/// `registry/repository@digest` of a reference that may have a tag beside the digest.
fn untagged(reference: &str) -> String {
    let Some((name, digest)) = reference.split_once('@') else { return reference.to_owned() };
    let path_at = name.rfind('/').map_or(0, |at| at + 1);
    let tag_at = name.get(path_at..).and_then(|last| last.find(':')).map(|at| path_at + at);
    let name = tag_at.and_then(|at| name.get(..at)).unwrap_or(name);
    format!("{name}@{digest}")
}

/// The document that a reference names.
fn document<'a>(
    context: &CallContext<'a>,
    reference: &str,
) -> Result<&'a HeldDocument, BuiltinError> {
    let held = context.held.ok_or_else(|| not_held(reference))?;
    let reference = if held.facts.requested == reference {
        held.facts.resolved.clone().unwrap_or_default()
    } else {
        untagged(reference)
    };
    let name = format!("{}/{}", held.facts.registry, held.facts.repository);
    let digest = reference.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('@'));
    let found = digest.and_then(|digest| {
        held.documents.iter().find(|document| document.digest.to_string() == digest)
    });
    found.ok_or_else(|| not_held(&reference))
}

fn is_index(document: &HeldDocument) -> bool {
    OF_AN_INDEX.iter().any(|part| document.media_type.contains(part))
}

fn is_manifest(document: &HeldDocument) -> bool {
    !is_index(document) && document.media_type.contains("manifest")
}

fn read(document: &HeldDocument, context: &mut CallContext<'_>) -> Result<Value, BuiltinError> {
    charge(document.text.len(), context)?;
    let read = json::read(&document.text, &DocumentLimits::default());
    read.map(|read| read.value).map_err(|fault| failed(fault.message))
}

fn blob(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let document = document(context, string(arguments, 1)?)?;
    answer(Value::string(Arc::clone(&document.text)))
}

fn parsed_blob(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let document = document(context, string(arguments, 1)?)?;
    answer(read(document, context)?)
}

fn descriptor_of(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let document = document(context, string(arguments, 1)?)?;
    let size = i64::try_from(document.text.len()).unwrap_or(i64::MAX);
    answer(descriptor::descriptor(&record(vec![
        ("mediaType", Value::from(document.media_type.as_str())),
        ("digest", Value::from(document.digest.to_string())),
        ("size", Value::from(size)),
    ])))
}

/// Of an index, the manifest of the platform that stands for it.
fn image_manifest(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    answer(manifest_of(string(arguments, 1)?, context)?)
}

fn manifest_of(reference: &str, context: &mut CallContext<'_>) -> Result<Value, BuiltinError> {
    let named = document(context, reference)?;
    let documents = context.held.map_or(&[][..], |held| held.documents);
    let stands_for_it = || documents.iter().find(|document| is_manifest(document));
    let found = if is_index(named) { stands_for_it() } else { Some(named) };
    let found = found.ok_or_else(|| not_held(reference))?;
    Ok(descriptor::manifest(&read(found, context)?, &found.media_type))
}

fn image_manifests(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let references = super::super::operand::any(arguments, 1)?;
    let mut manifests = Vec::new();
    for reference in members(references).unwrap_or_default() {
        let Value::String(name) = reference else {
            return Err(type_error(1, reference, &["string"]));
        };
        manifests.push((Arc::clone(name), manifest_of(name, context)?));
    }
    answer(Value::object(manifests))
}

fn image_index(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let reference = string(arguments, 1)?;
    let found = document(context, reference)?;
    if !is_index(found) {
        return Err(failed(format!("`{reference}` is no index")));
    }
    answer(descriptor::index(&read(found, context)?, &found.media_type))
}

/// The manifests that carry signatures and attestations which were verified: what else refers to the image is not shown,
/// since whoever may push wrote it.
fn image_referrers(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let held = image(context, string(arguments, 1)?)?;
    let referrers = carriers(held).into_iter().filter_map(|(location, format)| {
        let (media_type, artifact_type) =
            ("application/vnd.oci.image.manifest.v1+json", bundle_type(format)?);
        let (_, digest) = location.split_once('@')?;
        Some(record(vec![
            ("mediaType", Value::from(media_type)),
            ("artifactType", Value::from(artifact_type)),
            ("digest", Value::from(digest)),
            ("ref", Value::from(location)),
        ]))
    });
    answer(Value::array(referrers.collect()))
}

/// The tags under which what was verified was found.
fn image_tag_refs(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let held = image(context, string(arguments, 1)?)?;
    let digest = held.facts.digest.map(Digest::to_hex).unwrap_or_default();
    let mut tags: Vec<String> = carriers(held)
        .into_iter()
        .filter(|(_, format)| bundle_type(*format).is_none())
        .filter_map(|(location, format)| {
            let suffix = if format == ItemFormat::DsseAtt { "att" } else { "sig" };
            let (name, _) = location.split_once('@')?;
            Some(format!("{name}:sha256-{digest}.{suffix}"))
        })
        .collect();
    tags.sort_unstable();
    tags.dedup();
    answer(Value::array(tags.into_iter().map(Value::from).collect()))
}

/// Where the verified items were found, each place once.
fn carriers(held: Holdings<'_>) -> Vec<(&str, ItemFormat)> {
    let signatures = held.facts.signatures.iter().map(|it| (it.location.as_str(), it.format));
    let attestations = held.facts.attestations.iter().map(|it| (it.location.as_str(), it.format));
    let mut found: Vec<(&str, ItemFormat)> = signatures.chain(attestations).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The type of a bundle; none for what lies under a tag.
const fn bundle_type(format: ItemFormat) -> Option<&'static str> {
    match format {
        ItemFormat::BundleV01 => Some("application/vnd.dev.sigstore.bundle.v0.1+json"),
        ItemFormat::BundleV02 => Some("application/vnd.dev.sigstore.bundle.v0.2+json"),
        ItemFormat::BundleV03 => Some("application/vnd.dev.sigstore.bundle.v0.3+json"),
        ItemFormat::SimpleSigning | ItemFormat::LegacyKeyless | ItemFormat::DsseAtt => None,
    }
}

/// Layers are not fetched, so that there is never an answer.
fn files(arguments: &[Value], _context: &mut CallContext<'_>) -> Answer {
    let reference = string(arguments, 1)?;
    Err(failed(format!("the files of `{reference}` are not held: layers are not fetched")))
}
