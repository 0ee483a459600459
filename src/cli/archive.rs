//! The record and the policies that a verb reads: those of this machine, or a server's.

use std::sync::Arc;
use std::time::Duration;

use crate::api::client::Client;
use crate::cli::complaint::Failure;
use crate::cli::session::Session;
use crate::cli::{local, worker};
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::error::Error;
use crate::domain::finding::Enforcement;
use crate::domain::inventory::{Departure, ReleaseFilter, RunningComponent, RunningRelease};
use crate::domain::policy::PolicyMeta;
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::domain::service::{Environment, ServiceRef};
use crate::gate;
use crate::gate::inventory::ComponentRange;
use crate::record::sqlite::SqliteStore;
use crate::record::{
    self, DecisionFilter, FileText, Holders, Inventory as _, Page, PageRequest, ScorecardFilter,
    Store as _,
};

/// How long a server may take.
pub const SERVER_DEADLINE: Duration = Duration::from_mins(1);

/// Where decisions and scorecards are read.
#[derive(Debug)]
pub enum Archive {
    /// The embedded record.
    Here(SqliteStore),
    /// A server's.
    There(Client),
}

impl Archive {
    /// The record that the configuration names; the embedded one must exist.
    ///
    /// # Errors
    /// When there is none, or it cannot be reached or read.
    pub async fn open(session: &Session) -> Result<Self, Error> {
        match &session.config.server.value {
            Some(url) => Client::connect(url, SERVER_DEADLINE).await.map(Self::There),
            None => local::existing_store(&session.config).map(Self::Here),
        }
    }

    /// A decision.
    ///
    /// # Errors
    /// Those of the record or of the server; so for every other question here.
    pub async fn decision(&self, id: DecisionId) -> Result<Option<Arc<Decision>>, Error> {
        match self {
            Self::Here(store) => store.decision(id).await,
            Self::There(client) => client.decision(id).await,
        }
    }

    /// The files that the findings of `decision` point into, secrets replaced.
    pub async fn files(&self, decision: &Decision) -> Result<Vec<FileText>, Error> {
        match self {
            Self::Here(store) => record::files_with_findings(store, decision).await,
            Self::There(client) => client.files(decision.id).await,
        }
    }

    /// Decisions, newest first.
    pub async fn decisions(
        &self,
        filter: DecisionFilter,
        page: PageRequest,
    ) -> Result<Page<Arc<Decision>>, Error> {
        match self {
            Self::Here(store) => store.decisions(filter, page).await,
            Self::There(client) => client.decisions(&filter, page).await,
        }
    }

    /// Where a service stands in an environment.
    pub async fn scorecard(
        &self,
        service: &ServiceRef,
        environment: &Environment,
    ) -> Result<Option<Arc<Scorecard>>, Error> {
        match self {
            Self::Here(store) => store.scorecard(service, environment).await,
            Self::There(client) => client.scorecard(service, environment).await,
        }
    }

    /// Scorecards, by ascending service and environment.
    pub async fn scorecards(
        &self,
        filter: ScorecardFilter,
        page: PageRequest,
    ) -> Result<Page<Arc<Scorecard>>, Error> {
        match self {
            Self::Here(store) => store.scorecards(filter, page).await,
            Self::There(client) => client.scorecards(&filter, page).await,
        }
    }

    /// How a service came to where it stands, newest first.
    pub async fn scorecard_history(
        &self,
        service: &ServiceRef,
        environment: &Environment,
        page: PageRequest,
    ) -> Result<Page<ScorecardPoint>, Error> {
        match self {
            Self::Here(store) => store.scorecard_history(service, environment, page).await,
            Self::There(client) => client.scorecard_history(service, environment, page).await,
        }
    }
}

impl Archive {
    /// The releases that hold a component.
    ///
    /// # Errors
    /// Those of the record or of the server; so for every other question here.
    pub async fn who_has(
        &self,
        range: ComponentRange,
        environment: Option<Environment>,
        team: Option<String>,
        page: PageRequest,
    ) -> Result<Holders, Error> {
        match self {
            Self::Here(store) => store.who_has(range.into_query(environment, team), page).await,
            Self::There(client) => {
                client.who_has(&range.to_string(), environment.as_ref(), team, page).await
            }
        }
    }

    /// What runs, by service, environment and part.
    pub async fn releases(
        &self,
        filter: ReleaseFilter,
        page: PageRequest,
    ) -> Result<Page<RunningRelease>, Error> {
        match self {
            Self::Here(store) => store.releases(filter, page).await,
            Self::There(client) => client.releases(&filter, page).await,
        }
    }

    /// The components of a service in an environment; `None` when nothing of it runs there.
    pub async fn components(
        &self,
        service: &ServiceRef,
        environment: &Environment,
        page: PageRequest,
    ) -> Result<Option<Page<RunningComponent>>, Error> {
        match self {
            Self::Here(store) => store.components(service, environment, page).await,
            Self::There(client) => client.components(service, environment, page).await,
        }
    }
}

impl Archive {
    /// Takes what runs of a service out of the list; a rehearsal only tells what that would be.
    ///
    /// # Errors
    /// `NotFound` for a service that the record has never decided about; those of the record or of the server.
    pub async fn forget(
        &self,
        service: &ServiceRef,
        environment: Option<&Environment>,
        actor: &str,
        dry_run: bool,
    ) -> Result<Vec<RunningRelease>, Error> {
        match self {
            Self::Here(store) => {
                let departure = Departure { actor: actor.to_owned(), time: SystemClock.now() };
                record::forget(store, service, environment, departure, dry_run).await
            }
            Self::There(client) => client.forget(service, environment, actor, dry_run).await,
        }
    }
}

/// Every policy in force by ascending code, and what its failure does in the environment of this session: a server's
/// when one is named.
///
/// # Errors
/// Everything that is wrong with the bundles, or why the server does not tell.
pub fn policies(session: &Session) -> Result<Vec<(PolicyMeta, Enforcement)>, Failure> {
    let environment = &session.config.environment.value;
    if let Some(url) = &session.config.server.value {
        return worker::run(|| async move {
            let client = Client::connect(url, SERVER_DEADLINE).await?;
            Ok::<_, Failure>(client.policies(environment).await?)
        });
    }
    policies_here(session)
}

/// As [`policies`], of the bundles here.
///
/// # Errors
/// Everything that is wrong with the bundles.
pub fn policies_here(session: &Session) -> Result<Vec<(PolicyMeta, Enforcement)>, Failure> {
    let environment = &session.config.environment.value;
    let revision = local::revision(session)?;
    let now = SystemClock.now();
    let policies = revision.policies().iter().map(|policy| {
        (PolicyMeta::clone(policy), gate::enforcement_of(policy, &revision, environment, now))
    });
    Ok(policies.collect())
}

/// Says of an empty list of the embedded record whether it was asked for by a name that does not exist; a server says it
/// of its own.
///
/// # Errors
/// The names that there are, or everything that is wrong with the bundles.
pub fn know(
    session: &Session,
    environment: Option<&Environment>,
    level: Option<&str>,
) -> Result<(), Failure> {
    if session.config.server.value.is_some() || environment.is_none() && level.is_none() {
        return Ok(());
    }
    Ok(local::revision(session)?.know(environment, level)?)
}
