//! What a client reads of another goldgate's record and policies.

use std::sync::Arc;

use crate::api::grpc::convert;
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::finding::Enforcement;
use crate::domain::policy::PolicyMeta;
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::domain::service::{Environment, ServiceRef};
use crate::proto;
use crate::proto::decision_service_client::DecisionServiceClient;
use crate::proto::policy_service_client::PolicyServiceClient;
use crate::proto::scorecard_service_client::ScorecardServiceClient;
use crate::record::{DecisionFilter, FileText, Page, PageRequest, ScorecardFilter};

use super::{Client, MAX_ANSWER_BYTES};

/// What a page of policies may hold at most.
const POLICY_PAGE: i32 = 500;

/// Calls a method on a service of the server and returns its message.
macro_rules! ask {
    ($client:expr, $service:ident, $method:ident, $message:expr) => {
        $service::new($client.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .$method($message)
            .await
            .map(tonic::Response::into_inner)
            .map_err(|status| $client.error(&status))
    };
}

pub(super) use ask;

/// What there is, or that there is none.
pub(super) fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The items of a page, each read by `read`.
pub(super) fn page<M, T>(
    items: Vec<M>,
    next: String,
    read: impl Fn(M) -> Result<T, Error>,
) -> Result<Page<T>, Error> {
    Ok(Page {
        items: items.into_iter().map(read).collect::<Result<_, _>>()?,
        next: Some(next).filter(|token| !token.is_empty()),
    })
}

impl Client {
    /// A decision of the server's record.
    ///
    /// # Errors
    /// The server's, and `Unavailable` when it cannot be understood; so for every other question here.
    pub async fn decision(&self, id: DecisionId) -> Result<Option<Arc<Decision>>, Error> {
        let message = proto::GetDecisionRequest { id: id.to_string() };
        let answer = found(ask!(self, DecisionServiceClient, get_decision, message))?;
        answer.map(|decision| convert::read_decision(decision).map(Arc::new)).transpose()
    }

    /// The files that the findings of a decision point into.
    pub async fn files(&self, id: DecisionId) -> Result<Vec<FileText>, Error> {
        let message = proto::ListDecisionFilesRequest { id: id.to_string() };
        let answer = found(ask!(self, DecisionServiceClient, list_decision_files, message))?;
        let files = answer.map(|answer| answer.items).unwrap_or_default();
        files.into_iter().map(convert::read_file).collect()
    }

    /// Decisions of the server's record, newest first.
    pub async fn decisions(
        &self,
        filter: &DecisionFilter,
        request: PageRequest,
    ) -> Result<Page<Arc<Decision>>, Error> {
        let message = convert::list_decisions(filter, request);
        let answer = ask!(self, DecisionServiceClient, list_decisions, message)?;
        page(answer.items, answer.next_page_token, |decision| {
            convert::read_decision(decision).map(Arc::new)
        })
    }

    /// Where a service stands in an environment.
    pub async fn scorecard(
        &self,
        service: &ServiceRef,
        environment: &Environment,
    ) -> Result<Option<Arc<Scorecard>>, Error> {
        let message = proto::GetScorecardRequest {
            service: service.to_string(),
            environment: environment.to_string(),
        };
        let answer = found(ask!(self, ScorecardServiceClient, get_scorecard, message))?;
        answer.map(|card| convert::read_scorecard(card).map(Arc::new)).transpose()
    }

    /// Scorecards of the server's record, by ascending service and environment.
    pub async fn scorecards(
        &self,
        filter: &ScorecardFilter,
        request: PageRequest,
    ) -> Result<Page<Arc<Scorecard>>, Error> {
        let message = convert::list_scorecards(filter, request);
        let answer = ask!(self, ScorecardServiceClient, list_scorecards, message)?;
        page(answer.items, answer.next_page_token, |card| {
            convert::read_scorecard(card).map(Arc::new)
        })
    }

    /// How a service came to where it stands, newest first.
    pub async fn scorecard_history(
        &self,
        service: &ServiceRef,
        environment: &Environment,
        request: PageRequest,
    ) -> Result<Page<ScorecardPoint>, Error> {
        let message = proto::GetScorecardHistoryRequest {
            service: service.to_string(),
            environment: environment.to_string(),
            page_size: convert::page_size(&request),
            page_token: request.token,
        };
        let answer = ask!(self, ScorecardServiceClient, get_scorecard_history, message)?;
        page(answer.items, answer.next_page_token, convert::read_point)
    }

    /// Every policy of the revision in force there, and what its failure does in `environment`.
    pub async fn policies(
        &self,
        environment: &Environment,
    ) -> Result<Vec<(PolicyMeta, Enforcement)>, Error> {
        let mut policies = Vec::new();
        let mut token = String::new();
        loop {
            let message = proto::ListPoliciesRequest {
                page_size: POLICY_PAGE,
                page_token: token,
                environment: environment.to_string(),
            };
            let answer = ask!(self, PolicyServiceClient, list_policies, message)?;
            let page = page(answer.items, answer.next_page_token, convert::read_policy)?;
            policies.extend(page.items);
            match page.next {
                Some(next) => token = next,
                None => return Ok(policies),
            }
        }
    }
}
