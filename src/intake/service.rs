//! Whose release this is.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use super::catalog::Entity;
use super::{code, fault};
use crate::domain::place::Location;
use crate::domain::release::{Note, Release};
use crate::domain::request::Request;
use crate::domain::service::{Service, ServiceRef, ServiceSource};
use crate::domain::value::Value;
use crate::domain::workload::Workload;

const NAME_LABEL: &str = "app.kubernetes.io/name";

/// Settles which service is released: the one that was named, else the nearest catalogue entry's, else the one that
/// the workloads are labelled with.
pub(super) fn settle(release: &mut Release, request: &Request, entities: &[Entity]) {
    let named = request.service.as_ref();
    if release.resources.is_empty() && release.images.is_empty() && release.sboms.is_empty() {
        note_nothing(release);
        if named.is_none() && entities.is_empty() {
            return;
        }
    }
    let service = match named {
        Some(reference) => Some(of_reference(reference, entities)),
        None => nearest(release, entities).or_else(|| labelled(release)),
    };
    if let (None, Some(service)) = (named, &service) {
        let note = note_of_others(service, release, entities);
        release.notes.extend(note);
    }
    // A single object at the cluster's door often belongs to no service: a namespace, a role.
    if service.is_none() && request.stage.sees_whole_release() {
        let message = "it is not known which service is released";
        release.faults.push(fault::at(&code::SERVICE, Location::default(), message));
    }
    release.service = service;
}

/// Says which services are judged as part of another one's release.
fn note_of_others(service: &Service, release: &Release, entities: &[Entity]) -> Option<Note> {
    let of_label = || {
        release.workloads.iter().filter_map(|workload| {
            let file = &release.resources.get(workload.resource)?.file.path;
            Some((label_of(workload)?, file.as_str()))
        })
    };
    let of_folder = || {
        release.resources.iter().filter_map(|resource| {
            let file = &resource.file.path;
            Some((nearest_to(file, entities)?.service.reference.clone(), file.as_str()))
        })
    };
    let all: Vec<(ServiceRef, &str)> = if service.source == ServiceSource::Label {
        of_label().collect()
    } else {
        of_folder().collect()
    };
    let mut others: BTreeMap<ServiceRef, &str> = BTreeMap::new();
    for (other, file) in all {
        if other != service.reference {
            others.entry(other).or_insert(file);
        }
    }
    let (_, file) = others.first_key_value()?;
    let names: Vec<String> = others.keys().map(|other| format!("`{other}`")).collect();
    Some(Note {
        file: (*file).to_owned(),
        message: format!(
            "everything is judged as one release of `{}`, and {} {} part of it",
            service.reference,
            names.join(", "),
            if names.len() == 1 { "is" } else { "are" },
        ),
        help: Some(
            "check each service by itself, or name the one with `--service NAME`".to_owned(),
        ),
    })
}

/// An answer about nothing would look like a permission.
fn note_nothing(release: &mut Release) {
    if !release.faults.is_empty() {
        return;
    }
    let message = "nothing to check was found: no resource, no image and no bill of materials";
    let mut made = fault::at(&code::NOTHING, Location::default(), message);
    made.named = true;
    release.faults.push(made);
}

fn of_reference(reference: &ServiceRef, entities: &[Entity]) -> Service {
    let known = entities.iter().find(|entity| entity.service.reference == *reference);
    let mut service = known.map_or_else(
        || Service::named(reference.clone(), ServiceSource::Flag),
        |entity| entity.service.clone(),
    );
    service.source = ServiceSource::Flag;
    service
}

/// The first component of the catalogue file that is nearest above the manifests, else of the first file.
fn nearest(release: &Release, entities: &[Entity]) -> Option<Service> {
    let first = release
        .workloads
        .first()
        .and_then(|workload| release.resources.get(workload.resource))
        .or_else(|| release.resources.first());
    let above = first.and_then(|resource| nearest_to(&resource.file.path, entities));
    let entity = above.or_else(|| entities.iter().find(|entity| is_component(entity)));
    entity.map(|entity| entity.service.clone())
}

/// The first component of the catalogue file that is nearest above the file at `path`.
fn nearest_to<'e>(path: &str, entities: &'e [Entity]) -> Option<&'e Entity> {
    let folder = parent(path);
    entities
        .iter()
        .filter(|entity| is_component(entity))
        .filter_map(|entity| Some((levels_above(parent(&entity.path), folder)?, entity)))
        .min_by_key(|(levels, _)| *levels)
        .map(|(_, entity)| entity)
}

fn is_component(entity: &Entity) -> bool {
    entity.service.reference.kind == "component"
}

fn parent(path: &str) -> &Path {
    Path::new(path).parent().unwrap_or(Path::new(""))
}

/// How many levels `folder` lies below `upper`; `None` when it does not.
fn levels_above(upper: &Path, folder: &Path) -> Option<usize> {
    let steps = |path: &Path| {
        path.components()
            .filter(|step| *step != Component::CurDir)
            .map(|step| step.as_os_str().to_owned())
            .collect::<Vec<_>>()
    };
    let (upper, folder) = (steps(upper), steps(folder));
    let ups = |steps: &[std::ffi::OsString]| steps.iter().take_while(|step| *step == "..").count();
    let (n_upper, n_folder) = (ups(&upper), ups(&folder));
    if n_upper == upper.len() && n_upper >= n_folder {
        return Some(n_upper - n_folder + folder.len() - n_folder);
    }
    folder.starts_with(&upper).then(|| folder.len() - upper.len())
}

/// The label that most workloads carry; of equally frequent ones the first.
fn labelled(release: &Release) -> Option<Service> {
    let mut counts: Vec<(ServiceRef, usize)> = Vec::new();
    for workload in &release.workloads {
        let Some(reference) = label_of(workload) else { continue };
        match counts.iter_mut().find(|(known, _)| *known == reference) {
            Some((_, count)) => *count += 1,
            None => counts.push((reference, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    let (reference, _) = counts.into_iter().find(|(_, count)| *count == most)?;
    Some(Service::named(reference, ServiceSource::Label))
}

fn label_of(workload: &Workload) -> Option<ServiceRef> {
    let mut labels = [&workload.labels, &workload.pod_labels].into_iter();
    let name = labels.find_map(|labels| labels.get(NAME_LABEL).and_then(Value::as_str))?;
    ServiceRef::component(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_upwards_only() {
        for (upper, folder, levels) in [
            ("", "deploy", Some(1)),
            ("deploy", "deploy", Some(0)),
            ("..", "", Some(1)),
            ("..", "deploy/base", Some(3)),
            ("../..", "../x", Some(2)),
            ("other", "deploy", None),
            ("deploy", "", None),
            ("/a", "/a/b/c", Some(2)),
        ] {
            assert_eq!(
                levels_above(Path::new(upper), Path::new(folder)),
                levels,
                "{upper} {folder}"
            );
        }
    }
}
