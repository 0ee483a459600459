//! What is on record: in the embedded record here, or at the server that `--server` names.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::api::client::Client;
use crate::cli::complaint::Failure;
use crate::cli::print::excerpt::Excerpts;
use crate::cli::session::Session;
use crate::cli::{local, worker};
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::error::Error;
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::domain::service::{Environment, ServiceRef};
use crate::record::sqlite::SqliteStore;
use crate::record::{DecisionFilter, Page, PageRequest, ScorecardFilter, Store as _};

/// How long a server may take.
pub const SERVER_DEADLINE: Duration = Duration::from_mins(1);

/// A decision with the source of what was found; a server keeps the files to itself, so there is none of them.
pub fn decision(
    session: &Session,
    id: DecisionId,
) -> Result<Option<(Arc<Decision>, Excerpts)>, Failure> {
    if let Some(url) = server(session) {
        let found = at(url, async |client: Client| client.decision(id).await)?;
        return Ok(found.map(|decision| (Arc::new(decision), Excerpts::default())));
    }
    worker::run(|| async move {
        let store = local::existing_store(&session.config)?;
        let Some(decision) = store.decision(id).await? else { return Ok(None) };
        let excerpts = excerpts(&store, &decision).await?;
        Ok(Some((decision, excerpts)))
    })
}

/// Decisions, newest first.
///
/// # Errors
/// When the record cannot be read, or an empty list was asked for by a name that does not exist.
pub fn decisions(
    session: &Session,
    filter: DecisionFilter,
    page: PageRequest,
) -> Result<Page<Arc<Decision>>, Failure> {
    if let Some(url) = server(session) {
        return Ok(shared(at(url, async |client: Client| client.decisions(&filter, page).await)?));
    }
    let environment = filter.environment.clone();
    let found = here(session, async |store: SqliteStore| store.decisions(filter, page).await)?;
    if found.items.is_empty() {
        local::know(session, environment.as_ref(), None)?;
    }
    Ok(found)
}

/// Where a service stands.
///
/// # Errors
/// When the record cannot be read.
pub fn scorecard(
    session: &Session,
    service: &ServiceRef,
    environment: &Environment,
) -> Result<Option<Arc<Scorecard>>, Failure> {
    match server(session) {
        Some(url) => {
            let ask = async |client: Client| client.scorecard(service, environment).await;
            Ok(at(url, ask)?.map(Arc::new))
        }
        None => {
            here(session, async |store: SqliteStore| store.scorecard(service, environment).await)
        }
    }
}

/// Scorecards, by ascending service and environment.
///
/// # Errors
/// When the record cannot be read, or an empty list was asked for by a name that does not exist.
pub fn scorecards(
    session: &Session,
    filter: ScorecardFilter,
    page: PageRequest,
) -> Result<Page<Arc<Scorecard>>, Failure> {
    if let Some(url) = server(session) {
        return Ok(shared(at(url, async |client: Client| client.scorecards(filter, page).await)?));
    }
    let (environment, level) = (filter.environment.clone(), filter.level.clone());
    let found = here(session, async |store: SqliteStore| store.scorecards(filter, page).await)?;
    if found.items.is_empty() {
        local::know(session, environment.as_ref(), level.as_deref())?;
    }
    Ok(found)
}

/// How a service came to where it stands, newest first.
///
/// # Errors
/// When the record cannot be read.
pub fn history(
    session: &Session,
    service: &ServiceRef,
    environment: &Environment,
    page: PageRequest,
) -> Result<Page<ScorecardPoint>, Failure> {
    match server(session) {
        Some(url) => at(url, async |client: Client| {
            client.scorecard_history(service, environment, page).await
        }),
        None => here(session, async |store: SqliteStore| {
            store.scorecard_history(service, environment, page).await
        }),
    }
}

fn server(session: &Session) -> Option<&str> {
    session.config.server.value.as_deref()
}

fn here<T, F>(session: &Session, ask: impl FnOnce(SqliteStore) -> F + Send) -> Result<T, Failure>
where
    T: Send,
    F: Future<Output = Result<T, Error>>,
{
    worker::run(|| async move {
        let store = local::existing_store(&session.config)?;
        Ok::<_, Failure>(ask(store).await?)
    })
}

fn at<T, F>(url: &str, ask: impl FnOnce(Client) -> F + Send) -> Result<T, Failure>
where
    T: Send,
    F: Future<Output = Result<T, Error>>,
{
    worker::run(|| async move {
        let client = Client::connect(url, SERVER_DEADLINE).await?;
        Ok::<_, Failure>(ask(client).await?)
    })
}

fn shared<T>(page: Page<T>) -> Page<Arc<T>> {
    Page { items: page.items.into_iter().map(Arc::new).collect(), next: page.next }
}

/// The files with findings as the record holds them, secrets replaced.
async fn excerpts(store: &SqliteStore, decision: &Decision) -> Result<Excerpts, Error> {
    let mut excerpts = Excerpts::default();
    let named: BTreeSet<&str> =
        decision.findings.iter().map(|finding| finding.location.file.as_str()).collect();
    for file in store.files(decision.id).await?.unwrap_or_default() {
        if named.contains(file.path.as_str())
            && let Some(text) = store.blob(file.digest).await?
        {
            excerpts.add_recorded(&file.path, &text);
        }
    }
    Ok(excerpts)
}
