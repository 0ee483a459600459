//! Where a finding stands, as its reader can open it.

use crate::domain::place::Location;
use crate::domain::policy::Subject;
use crate::domain::release::Release;
use crate::domain::resource::ResourceId;

/// The resource that a finding speaks of, and the place of `path` in its file.
pub fn place(release: &Release, subject: Subject, path: &str) -> (ResourceId, Location) {
    let nowhere = || (ResourceId::default(), Location::default());
    let in_resource = |index: usize, path: &str| {
        let resource = release.resources.get(index)?;
        Some((resource.id.clone(), resource.location(path)))
    };
    match subject {
        Subject::Resource(index) => in_resource(index, path).unwrap_or_else(nowhere),
        Subject::Image(index) => {
            let Some(image) = release.images.get(index) else { return nowhere() };
            // Where the manifest names it first; an image that the caller named stands for itself.
            let written = image.used_by.first().and_then(|(workload, container)| {
                let workload = release.workloads.get(*workload)?;
                let container = workload.containers.get(*container)?;
                let own = format!("{}/image", container.path);
                in_resource(workload.resource, if path.is_empty() { &own } else { path })
            });
            written.unwrap_or_else(|| {
                let name = release.secrets.redact(&image.image.reference).into_owned();
                let kind = "Image".to_owned();
                (ResourceId { kind, name, ..ResourceId::default() }, Location::default())
            })
        }
        Subject::Sbom(index) => {
            let Some(bill) = release.sboms.get(index) else { return nowhere() };
            let source = &bill.source;
            let name = source.subject.clone().unwrap_or_else(|| source.file.clone());
            let location = Location {
                file: source.file.clone(),
                line: 1,
                column: 1,
                end_line: 1,
                end_column: 1,
                path: path.to_owned(),
            };
            (ResourceId { kind: "Sbom".to_owned(), name, ..ResourceId::default() }, location)
        }
        Subject::Document(index) => {
            let document = release.documents.get(index);
            document.map_or_else(nowhere, |it| (it.id.clone(), it.location(path)))
        }
        Subject::Release => nowhere(),
    }
}
