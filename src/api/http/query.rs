//! What is asked for in a query: typed, and nothing that is not known, since a misspelt filter would list everything.

mod inventory;

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::fault::Fault;
use crate::api::desk::WatchFilter;
use crate::domain::code::Code;
use crate::domain::decision::Verdict;
use crate::domain::error::Error;
use crate::domain::request::Stage;
use crate::domain::service::{Environment, ServiceRef};
use crate::record::{DecisionFilter, PageRequest, ScorecardFilter};

pub(super) use inventory::{ComponentsQuery, ReleasesQuery, WhoHasQuery};

/// A query, read.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri).map_err(|cause| {
            let said = std::error::Error::source(&cause).map(ToString::to_string);
            let said = said.unwrap_or_default();
            // The library puts the parameter in front of what is wrong with it.
            let (field, fault) = said.split_once(": ").unwrap_or(("", &said));
            let error = Error::invalid(format!("the query cannot be read: {fault}"))
                .with_help("`GET /openapi.json` lists the parameters of every route");
            let error = if field.is_empty() { error } else { error.with_field(field) };
            error.with_source(cause)
        })?;
        Ok(Self(query.0))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DecisionQuery {
    service: String,
    team: String,
    environment: String,
    verdict: String,
    code: String,
    since: String,
    until: String,
    page_size: String,
    page_token: String,
}

impl DecisionQuery {
    pub(super) fn read(self) -> Result<(DecisionFilter, PageRequest), Error> {
        let filter = DecisionFilter {
            service: optional("service", &self.service)?,
            team: text(self.team),
            environment: optional("environment", &self.environment)?,
            verdict: verdict(&self.verdict)?,
            code: optional("code", &self.code)?,
            since: optional("since", &self.since)?,
            until: optional("until", &self.until)?,
        };
        Ok((filter, page(&self.page_size, self.page_token)?))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WatchQuery {
    service: String,
    team: String,
    environment: String,
    verdict: String,
    code: String,
}

impl WatchQuery {
    pub(super) fn read(self) -> Result<WatchFilter, Error> {
        Ok(WatchFilter {
            service: optional::<ServiceRef>("service", &self.service)?,
            team: text(self.team),
            environment: optional("environment", &self.environment)?,
            verdict: verdict(&self.verdict)?,
            code: optional::<Code>("code", &self.code)?,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ScorecardQuery {
    team: String,
    system: String,
    level: String,
    environment: String,
    page_size: String,
    page_token: String,
}

impl ScorecardQuery {
    pub(super) fn read(self) -> Result<(ScorecardFilter, PageRequest), Error> {
        let filter = ScorecardFilter {
            team: text(self.team),
            system: text(self.system),
            level: text(self.level),
            environment: optional("environment", &self.environment)?,
        };
        Ok((filter, page(&self.page_size, self.page_token)?))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EnvironmentPageQuery {
    environment: String,
    page_size: String,
    page_token: String,
}

impl EnvironmentPageQuery {
    pub(super) fn read(self) -> Result<(Environment, PageRequest), Error> {
        let environment = optional("environment", &self.environment)?.unwrap_or_default();
        Ok((environment, page(&self.page_size, self.page_token)?))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EnvironmentQuery {
    environment: String,
}

impl EnvironmentQuery {
    pub(super) fn read(&self) -> Result<Environment, Error> {
        Ok(optional("environment", &self.environment)?.unwrap_or_default())
    }
}

/// What a route is asked that has everything in its body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoQuery {}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FilesQuery {
    service: String,
    environment: String,
    stage: String,
    dry_run: String,
    idempotency_key: String,
}

/// What `POST /v1/check/files` is told beside the files.
#[derive(Debug)]
pub(super) struct FilesQuestion {
    pub(super) service: Option<ServiceRef>,
    pub(super) environment: Environment,
    pub(super) stage: Stage,
    pub(super) dry_run: bool,
    pub(super) idempotency_key: Option<String>,
}

impl FilesQuery {
    pub(super) fn read(self) -> Result<FilesQuestion, Error> {
        let dry_run = match self.dry_run.as_str() {
            "" | "false" => false,
            "true" => true,
            other => {
                return Err(Error::invalid(format!("`{other}` is neither `true` nor `false`"))
                    .with_field("dry_run"));
            }
        };
        Ok(FilesQuestion {
            service: optional("service", &self.service)?,
            environment: optional("environment", &self.environment)?.unwrap_or_default(),
            stage: optional("stage", &self.stage)?.unwrap_or_default(),
            dry_run,
            idempotency_key: text(self.idempotency_key),
        })
    }
}

fn text(written: String) -> Option<String> {
    Some(written).filter(|text| !text.is_empty())
}

pub(super) fn optional<T: FromStr<Err = Error>>(
    field: &str,
    written: &str,
) -> Result<Option<T>, Error> {
    if written.is_empty() {
        return Ok(None);
    }
    written.parse().map(Some).map_err(|error: Error| error.with_field(field))
}

fn verdict(written: &str) -> Result<Option<Verdict>, Error> {
    match written {
        "" => Ok(None),
        "allow" => Ok(Some(Verdict::Allow)),
        "deny" => Ok(Some(Verdict::Deny)),
        other => Err(Error::invalid(format!("`{other}` is not a verdict"))
            .with_field("verdict")
            .with_help("write `allow` or `deny`")),
    }
}

fn page(size: &str, token: String) -> Result<PageRequest, Error> {
    let size = if size.is_empty() { Ok(0) } else { size.parse() };
    let size = size.map_err(|cause: std::num::ParseIntError| {
        Error::invalid("the page's size is not a number")
            .with_field("pageSize")
            .with_help("write a number from 1 to 500")
            .with_source(cause)
    })?;
    Ok(PageRequest { size, token })
}
