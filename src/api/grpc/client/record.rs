//! What a server has on record.

use tonic::codec::CompressionEncoding;

use super::{Client, MAX_ANSWER_BYTES, convert};
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::domain::service::{Environment, ServiceRef};
use crate::proto;
use crate::proto::decision_service_client::DecisionServiceClient;
use crate::proto::scorecard_service_client::ScorecardServiceClient;
use crate::record::{DecisionFilter, Page, PageRequest, ScorecardFilter};

impl Client {
    /// A decision; `None` when the server knows none of this id.
    ///
    /// # Errors
    /// The server's, and `Unavailable` when it cannot be understood.
    pub async fn decision(&self, id: DecisionId) -> Result<Option<Decision>, Error> {
        let asked = proto::GetDecisionRequest { id: id.to_string() };
        let answer = self.decision_service().get_decision(asked).await;
        let found = self.found(answer)?;
        found.map(convert::read_decision).transpose()
    }

    /// Decisions, newest first.
    ///
    /// # Errors
    /// The server's, and `Unavailable` when it cannot be understood.
    pub async fn decisions(
        &self,
        filter: &DecisionFilter,
        page: PageRequest,
    ) -> Result<Page<Decision>, Error> {
        let asked = convert::decision_list(filter, page);
        let answer = self.decision_service().list_decisions(asked).await;
        let answer = answer.map_err(|status| self.error(&status))?.into_inner();
        page_of(answer.items, answer.next_page_token, convert::read_decision)
    }

    /// Where a service stands; `None` when the server has never judged it for this environment.
    ///
    /// # Errors
    /// The server's, and `Unavailable` when it cannot be understood.
    pub async fn scorecard(
        &self,
        service: &ServiceRef,
        environment: &Environment,
    ) -> Result<Option<Scorecard>, Error> {
        let asked = proto::GetScorecardRequest {
            service: service.to_string(),
            environment: environment.to_string(),
        };
        let answer = self.scorecard_service().get_scorecard(asked).await;
        let found = self.found(answer)?;
        found.map(convert::read_scorecard).transpose()
    }

    /// Scorecards, by ascending service and environment.
    ///
    /// # Errors
    /// The server's, and `Unavailable` when it cannot be understood.
    pub async fn scorecards(
        &self,
        filter: ScorecardFilter,
        page: PageRequest,
    ) -> Result<Page<Scorecard>, Error> {
        let asked = convert::scorecard_list(filter, page);
        let answer = self.scorecard_service().list_scorecards(asked).await;
        let answer = answer.map_err(|status| self.error(&status))?.into_inner();
        page_of(answer.items, answer.next_page_token, convert::read_scorecard)
    }

    /// How a service came to where it stands, newest first.
    ///
    /// # Errors
    /// The server's, and `Unavailable` when it cannot be understood.
    pub async fn scorecard_history(
        &self,
        service: &ServiceRef,
        environment: &Environment,
        page: PageRequest,
    ) -> Result<Page<ScorecardPoint>, Error> {
        let asked = convert::history_page(service, environment, page);
        let answer = self.scorecard_service().get_scorecard_history(asked).await;
        let answer = answer.map_err(|status| self.error(&status))?.into_inner();
        page_of(answer.items, answer.next_page_token, convert::read_point)
    }

    fn decision_service(&self) -> DecisionServiceClient<tonic::transport::Channel> {
        DecisionServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .accept_compressed(CompressionEncoding::Gzip)
    }

    fn scorecard_service(&self) -> ScorecardServiceClient<tonic::transport::Channel> {
        ScorecardServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .accept_compressed(CompressionEncoding::Gzip)
    }

    fn found<T>(
        &self,
        answer: Result<tonic::Response<T>, tonic::Status>,
    ) -> Result<Option<T>, Error> {
        match answer {
            Ok(found) => Ok(Some(found.into_inner())),
            Err(status) => match self.error(&status) {
                error if error.kind() == ErrorKind::NotFound => Ok(None),
                error => Err(error),
            },
        }
    }
}

fn page_of<M, T>(
    items: Vec<M>,
    next: String,
    read: fn(M) -> Result<T, Error>,
) -> Result<Page<T>, Error> {
    let items = items.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(Page { items, next: Some(next).filter(|next| !next.is_empty()) })
}
