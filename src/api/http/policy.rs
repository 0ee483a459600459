//! `/v1/policies`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

use super::Site;
use super::fault::Fault;
use super::query::{Asked, EnvironmentPageQuery, EnvironmentQuery};
use crate::api::shelf;
use crate::domain::code::{Code, Severity};
use crate::domain::decision::RevisionRef;
use crate::domain::finding::Enforcement;
use crate::domain::policy::PolicyMeta;
use crate::domain::service::Environment;
use crate::gate::Gate;

/// A policy as JSON.
#[derive(Debug, Serialize)]
pub(super) struct PolicyBody {
    code: Code,
    title: String,
    description: String,
    remediation: String,
    severity: Severity,
    scope: &'static str,
    kinds: Vec<String>,
    controls: Vec<String>,
    package: String,
    pack: String,
    dialect: &'static str,
    file: String,
    line: u32,
    enforcement: Enforcement,
}

impl PolicyBody {
    fn of(meta: &PolicyMeta, gate: &Gate, environment: &Environment) -> Self {
        Self {
            code: meta.code.clone(),
            title: meta.title.clone(),
            description: meta.description.clone(),
            remediation: meta.remediation.clone(),
            severity: meta.severity,
            scope: meta.scope.as_str(),
            kinds: meta.kinds.clone(),
            controls: meta.controls.clone(),
            package: meta.package.clone(),
            pack: meta.pack.clone(),
            dialect: meta.dialect.as_str(),
            file: meta.file.clone(),
            line: meta.line,
            enforcement: gate.enforcement_of(meta, environment),
        }
    }
}

/// A page of policies, and the revision they belong to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicyList {
    items: Vec<PolicyBody>,
    next_page_token: String,
    revision: RevisionRef,
}

/// Policies of the revision in force, by code.
pub(super) async fn list(
    State(site): State<Site>,
    Asked(query): Asked<EnvironmentPageQuery>,
) -> Result<Json<PolicyList>, Fault> {
    let (environment, page) = query.read()?;
    let gate = site.desk.gate();
    let revision = gate.revision();
    revision.know(Some(&environment), None)?;
    let page = shelf::page(revision.policies(), &page)?;
    let told = |meta: &Arc<PolicyMeta>| PolicyBody::of(meta, gate, &environment);
    Ok(Json(PolicyList {
        items: page.items.iter().map(told).collect(),
        next_page_token: page.next.unwrap_or_default(),
        revision: revision.reference().clone(),
    }))
}

/// A policy.
pub(super) async fn one(
    State(site): State<Site>,
    Path(code): Path<String>,
    Asked(query): Asked<EnvironmentQuery>,
) -> Result<Json<PolicyBody>, Fault> {
    let environment = query.read()?;
    let gate = site.desk.gate();
    let revision = gate.revision();
    revision.know(Some(&environment), None)?;
    let meta = shelf::policy(revision.policies(), &code)?;
    Ok(Json(PolicyBody::of(&meta, gate, &environment)))
}
