//! `inventory forget` and `inventory rebuild`: the list of what runs is changed by hand.

use std::sync::Arc;

use serde::Serialize;

use crate::app;
use crate::cli::archive::{self, Archive};
use crate::cli::args::ListFormat;
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::print::{inventory as lines, json as json_format, text};
use crate::cli::scorecard::named_environment;
use crate::cli::session::Session;
use crate::cli::{local, watch, worker};
use crate::domain::decision::DecisionId;
use crate::domain::service::{Environment, ServiceRef};
use crate::gate::inventory::RebuiltRelease;
use crate::intake;
use crate::record::Store;

/// Takes what runs of a service out of the list.
pub(super) fn forget(
    session: &Session,
    service: &ServiceRef,
    dry_run: bool,
    format: ListFormat,
) -> Result<String, Failure> {
    let environment = named_environment(session);
    if session.config.server.value.is_none() {
        archive::know(session, environment.as_ref(), None)?;
    }
    let salt = local::salt(session.config.data.value.as_deref())?;
    let actor = &intake::hidden(&session.config.trigger.actor, &salt);
    let found = worker::run(|| async {
        let archive = Archive::open(session).await?;
        Ok::<_, Failure>(archive.forget(service, environment.as_ref(), actor, dry_run).await?)
    })?;
    if format == ListFormat::Json {
        return Ok(json_format::page(&found, None));
    }
    if found.is_empty() {
        let place = environment.map_or("anywhere".to_owned(), |name| format!("in `{name}`"));
        session
            .printer
            .note(&format!("nothing of `{service}` runs {place}: there is nothing to forget"));
        return Ok(String::new());
    }
    let done = if dry_run { "would be forgotten" } else { "forgotten" };
    session.printer.note(&format!("{} {done}", text::counted(found.len(), "running release")));
    Ok(lines::releases(&found, session.printer.look()))
}

/// A release that is listed again, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rebuilt<'a> {
    service: Option<&'a ServiceRef>,
    environment: &'a Environment,
    n_components: usize,
    decision: DecisionId,
    gaps: &'a [String],
}

/// Lists what was let in before there was an inventory.
pub(super) fn rebuild(
    session: &Session,
    dry_run: bool,
    format: ListFormat,
) -> Result<String, Failure> {
    if let Some(url) = &session.config.server.value {
        let message = format!("the record of `{url}` cannot be rebuilt from here");
        let help = "type it where that server's data folder is, with `--data DIR`";
        return Err(Complaint::new(message, help).into());
    }
    let store = Arc::new(local::existing_store(&session.config)?);
    let kept = Arc::clone(&store) as Arc<dyn Store>;
    let gate = watch::gate(session, Arc::clone(&kept))?;
    let runtime = app::runtime()?;
    let rebuild = runtime.block_on(gate.rebuild(dry_run))?;
    runtime.block_on(store.close())?;
    let releases = &rebuild.releases;
    if releases.is_empty() {
        session.printer.note("nothing is missing in the list of what runs");
    } else {
        let done = if dry_run { "would be listed" } else { "listed" };
        session.printer.note(&format!("{} {done}", text::counted(releases.len(), "release")));
        if !dry_run {
            watch::after_import(session);
        }
    }
    Ok(match format {
        ListFormat::Json => {
            json_format::page(&releases.iter().map(row).collect::<Vec<Rebuilt<'_>>>(), None)
        }
        ListFormat::Human if releases.is_empty() => String::new(),
        ListFormat::Human => lines::rebuilt(releases, session.printer.look()),
    })
}

fn row(release: &RebuiltRelease) -> Rebuilt<'_> {
    Rebuilt {
        service: release.decision.service.as_ref(),
        environment: &release.decision.environment,
        n_components: release.n_components,
        decision: release.decision.id,
        gaps: &release.gaps,
    }
}
