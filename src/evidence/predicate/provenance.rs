//! SLSA provenance: who built it, from what, how.

use super::Malformed;
use super::field::Field;
use crate::domain::predicate::{Invocation, Material, Predicate, Provenance, Source};
use crate::domain::repository::Repository;
use crate::domain::value::Value;

/// Reads provenance of version 1.
///
/// Source: slsa.dev/spec/v1.0/provenance.
pub(super) fn v1(root: &Field<'_>) -> Result<Predicate, Malformed> {
    let definition = root.required_object(&["buildDefinition"])?;
    let details = root.required_object(&["runDetails"])?;
    // The specification asks for them; builders that take none leave them out, as the public conformance set has it.
    let parameters = definition.at(&["externalParameters"])?;
    let materials = materials(&definition.items(&["resolvedDependencies"])?)?;
    Ok(Predicate::Provenance(Box::new(Provenance {
        version: "1".to_owned(),
        builder_id: details.required_text(&["builder", "id"])?,
        build_type: definition.required_text(&["buildType"])?,
        source: source_of_parameters(&parameters, &materials)?.or_else(|| only_source(&materials)),
        invocation: Invocation {
            id: details.text(&["metadata", "invocationId"])?,
            started_on: details.time(&["metadata", "startedOn"])?,
            finished_on: details.time(&["metadata", "finishedOn"])?,
            parameters: parameters.value.cloned().unwrap_or_default(),
        },
        materials,
    })))
}

/// Reads provenance of version 0.2.
///
/// Source: slsa.dev/spec/v0.2/provenance.
pub(super) fn v02(root: &Field<'_>) -> Result<Predicate, Malformed> {
    let materials = materials(&root.items(&["materials"])?)?;
    let config = root.at(&["invocation", "configSource"])?;
    let path = config.text(&["entryPoint"])?;
    let source = match config.text(&["uri"])?.as_deref().and_then(Repository::parse) {
        Some(repository) => {
            let digest = config.text_map(&["digest"])?;
            let commit = commit_in(&digest).or_else(|| commit_of(&repository, &materials));
            Some(Source {
                repository: repository.address,
                reference: repository.reference,
                commit,
                path,
            })
        }
        None => only_source(&materials),
    };
    Ok(Predicate::Provenance(Box::new(Provenance {
        version: "0.2".to_owned(),
        builder_id: root.required_text(&["builder", "id"])?,
        build_type: root.required_text(&["buildType"])?,
        source,
        invocation: Invocation {
            id: root.text(&["metadata", "buildInvocationId"])?,
            started_on: root.time(&["metadata", "buildStartedOn"])?,
            finished_on: root.time(&["metadata", "buildFinishedOn"])?,
            parameters: root.at(&["invocation", "parameters"])?.value.cloned().unwrap_or_default(),
        },
        materials,
    })))
}

/// The source that the parameters of the known build types name.
///
/// Source: actions.github.io/buildtypes/workflow/v1 and slsa-framework's (`workflow`), slsa-github-generator's delegator
/// (`source`), cloud.google.com/build/gcb-buildtypes/google-worker/v1 (`sourceToBuild`).
fn source_of_parameters(
    parameters: &Field<'_>,
    materials: &[Material],
) -> Result<Option<Source>, Malformed> {
    for name in ["workflow", "sourceToBuild", "source"] {
        let field = parameters.at(&[name])?;
        if field.value.and_then(Value::as_object).is_none() {
            continue;
        }
        let address = field.text(&["repository"])?.or(field.text(&["uri"])?);
        let Some(repository) = address.as_deref().and_then(Repository::parse) else { continue };
        let reference = field.text(&["ref"])?.or_else(|| repository.reference.clone());
        let own = commit_in(&field.text_map(&["digest"])?);
        return Ok(Some(Source {
            commit: own.or_else(|| commit_of(&repository, materials)),
            repository: repository.address,
            reference,
            path: field.text(&["path"])?,
        }));
    }
    Ok(None)
}

/// The one repository among the materials; of several nobody can say which was built.
fn only_source(materials: &[Material]) -> Option<Source> {
    let mut repositories = materials.iter().filter(|material| is_git(material)).filter_map(|one| {
        let repository = Repository::parse(&one.uri)?;
        Some(Source {
            repository: repository.address,
            reference: repository.reference,
            commit: commit_in(&one.digest),
            path: None,
        })
    });
    let first = repositories.next()?;
    repositories.all(|other| other.repository == first.repository).then_some(first)
}

fn is_git(material: &Material) -> bool {
    material.uri.starts_with("git+") || commit_in(&material.digest).is_some()
}

/// The commit at which `repository` went into the build; `None` when the materials disagree.
fn commit_of(repository: &Repository, materials: &[Material]) -> Option<String> {
    let mut commits = materials
        .iter()
        .filter(|material| {
            Repository::parse(&material.uri).is_some_and(|it| it.address == repository.address)
        })
        .filter_map(|material| commit_in(&material.digest));
    let first = commits.next()?;
    commits.all(|other| other == first).then_some(first)
}

fn commit_in(digest: &std::collections::BTreeMap<String, String>) -> Option<String> {
    ["gitCommit", "sha1"].iter().find_map(|name| digest.get(*name)).cloned()
}

fn materials(items: &[Field<'_>]) -> Result<Vec<Material>, Malformed> {
    let material = |item: &Field<'_>| {
        Ok(Material {
            uri: item.text(&["uri"])?.unwrap_or_default(),
            digest: item.text_map(&["digest"])?,
        })
    };
    items.iter().map(material).collect()
}
