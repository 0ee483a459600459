//! Intake: bytes to resources, each value with its origin.

mod attested;
mod catalog;
mod fault;
mod file;
mod kubernetes;
pub mod sbom;
mod secret;
mod service;
mod template;
mod vex;
mod walk;
mod workload;

use std::collections::BTreeMap;

use crate::document::DocumentLimits;
use crate::domain::artifact::Artifact;
use crate::domain::error::Error;
use crate::domain::image::Image;
use crate::domain::input_code as code;
use crate::domain::place::Location;
use crate::domain::release::{ImageUse, Release};
use crate::domain::request::Request;
use crate::domain::secret::Secrets;

pub use attested::attested;
pub use secret::hidden;
pub use walk::{Walked, walk};

/// Bounds of what one request may hand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub max_file_bytes: usize,
    /// Bytes of all files together.
    pub max_total_bytes: usize,
    /// Number of files.
    pub max_files: usize,
    /// Number of resources.
    pub max_resources: usize,
    /// Number of components of one bill of materials.
    pub max_components: usize,
    /// Bounds of each document.
    pub document: DocumentLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 16 * 1024 * 1024,
            max_total_bytes: 64 * 1024 * 1024,
            max_files: 20_000,
            max_resources: 20_000,
            max_components: 200_000,
            document: DocumentLimits::default(),
        }
    }
}

/// Reads what was handed in.
///
/// `salt` is what secrets are shown with.
///
/// # Errors
/// `TooLarge` when a limit over all files is exceeded. What is wrong with a single file is a fault of the release.
pub fn read(request: &Request, limits: &Limits, salt: &[u8]) -> Result<Release, Error> {
    let artifacts = request.artifacts.as_slice();
    check_file_limits(artifacts.len(), total_bytes(artifacts), limits)?;
    let charts = template::Charts::of(artifacts);
    let mut release = Release::default();
    let mut entities = Vec::new();
    let mut secrets = Vec::new();
    for (index, artifact) in artifacts.iter().enumerate() {
        let mut reading = file::Reading {
            index,
            release: &mut release,
            entities: &mut entities,
            secrets: &mut secrets,
            limits,
            charts: &charts,
        };
        reading.artifact(artifact);
        check_resource_limit(release.resources.len(), limits)?;
    }
    template::note_charts(&charts, &mut release);
    sbom::without_doubles(&mut release.sboms);
    for (index, resource) in release.resources.iter().enumerate() {
        workload::extract(index, resource, &mut release.workloads, &mut release.faults);
    }
    release.images = images_of(&mut release, &request.images);
    for used in &release.images {
        secret::in_image(&used.image.reference, &mut secrets);
    }
    release.secrets = Secrets::new(secrets, salt);
    service::settle(&mut release, request, &entities);
    Ok(release)
}

fn total_bytes(artifacts: &[Artifact]) -> usize {
    artifacts.iter().map(|artifact| artifact.content.len()).sum()
}

/// Refuses too many files, or too many bytes in them.
fn check_file_limits(n_files: usize, n_bytes: usize, limits: &Limits) -> Result<(), Error> {
    if n_files > limits.max_files {
        return Err(too_large("files", n_files, limits.max_files, "limits.maxFiles"));
    }
    if n_bytes > limits.max_total_bytes {
        let limit = limits.max_total_bytes;
        return Err(too_large("bytes in all files", n_bytes, limit, "limits.maxTotalBytes"));
    }
    Ok(())
}

fn check_resource_limit(n_resources: usize, limits: &Limits) -> Result<(), Error> {
    if n_resources <= limits.max_resources {
        return Ok(());
    }
    Err(too_large("resources", n_resources, limits.max_resources, "limits.maxResources"))
}

fn too_large(what: &str, n: usize, limit: usize, key: &str) -> Error {
    Error::too_large(format!("the input has {n} {what} or more, the limit is {limit} (`{key}`)"))
        .with_field("artifacts")
        .with_help(format!("hand in less at once, or raise `{key}` in `goldgate.yaml`"))
}

/// The distinct images of the workloads, then those that the caller named, in the order of their appearance.
fn images_of(release: &mut Release, named: &[String]) -> Vec<ImageUse> {
    let mut uses = Uses::default();
    for (workload_index, workload) in release.workloads.iter().enumerate() {
        for (index, container) in workload.containers.iter().enumerate() {
            if let Some(image) = &container.image {
                uses.of(image).used_by.push((workload_index, index));
            }
        }
        for (index, volume) in workload.image_volumes.iter().enumerate() {
            if let Some(image) = &volume.image {
                uses.of(image).mounted_by.push((workload_index, index));
            }
        }
    }
    for reference in named {
        let image = Image::parse(reference);
        if uses.has(&image) {
            continue;
        }
        if let Err(reason) = &image.parts {
            let message = format!("`{reference}` is no image reference: {reason}");
            let mut made = fault::at(&code::IMAGE, Location::default(), message);
            made.named = true;
            release.faults.push(made);
        }
        uses.of(&image);
    }
    uses.into_list()
}

/// Images in the order of their appearance, each once.
#[derive(Default)]
struct Uses {
    by_reference: BTreeMap<String, (usize, ImageUse)>,
}

impl Uses {
    fn has(&self, image: &Image) -> bool {
        self.by_reference.contains_key(&image.reference)
    }

    fn of(&mut self, image: &Image) -> &mut ImageUse {
        let next = self.by_reference.len();
        let entry = self.by_reference.entry(image.reference.clone());
        &mut entry.or_insert_with(|| (next, ImageUse::named(image.clone()))).1
    }

    fn into_list(self) -> Vec<ImageUse> {
        let mut uses: Vec<_> = self.by_reference.into_values().collect();
        uses.sort_by_key(|(position, _)| *position);
        uses.into_iter().map(|(_, used)| used).collect()
    }
}
