//! `PolicyService`: the policies of the revision in force.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{convert, status};
use crate::api::desk::Desk;
use crate::api::shelf;
use crate::domain::error::Error;
use crate::domain::policy::PolicyMeta;
use crate::proto;
use crate::proto::policy_service_server::PolicyService;

/// Serves `PolicyService`.
#[derive(Clone, Debug)]
pub(super) struct PolicyFace(Arc<Desk>);

impl PolicyFace {
    pub(super) fn new(desk: &Arc<Desk>) -> Self {
        Self(Arc::clone(desk))
    }

    fn policies(
        &self,
        message: proto::ListPoliciesRequest,
    ) -> Result<proto::ListPoliciesResponse, Error> {
        let page = convert::page_request(message.page_size, message.page_token)?;
        let revision = self.0.gate().revision();
        let environment = convert::environment(&message.environment)?;
        revision.know(Some(&environment), None)?;
        let page = shelf::page(revision.policies(), &page)?;
        let told = |meta: &Arc<PolicyMeta>| {
            convert::policy(meta, self.0.gate().enforcement_of(meta, &environment))
        };
        Ok(proto::ListPoliciesResponse {
            items: page.items.iter().map(told).collect(),
            next_page_token: page.next.unwrap_or_default(),
            revision: Some(convert::revision(revision.reference())),
        })
    }

    fn policy(&self, message: &proto::GetPolicyRequest) -> Result<proto::Policy, Error> {
        let revision = self.0.gate().revision();
        let environment = convert::environment(&message.environment)?;
        revision.know(Some(&environment), None)?;
        let meta = shelf::policy(revision.policies(), &message.code)?;
        Ok(convert::policy(&meta, self.0.gate().enforcement_of(&meta, &environment)))
    }
}

#[tonic::async_trait]
impl PolicyService for PolicyFace {
    async fn list_policies(
        &self,
        request: Request<proto::ListPoliciesRequest>,
    ) -> Result<Response<proto::ListPoliciesResponse>, Status> {
        let id = status::request_id(request.extensions());
        let page = self.policies(request.into_inner());
        page.map(Response::new).map_err(|error| status::refuse(&error, &id))
    }

    async fn get_policy(
        &self,
        request: Request<proto::GetPolicyRequest>,
    ) -> Result<Response<proto::Policy>, Status> {
        let id = status::request_id(request.extensions());
        let policy = self.policy(request.get_ref());
        policy.map(Response::new).map_err(|error| status::refuse(&error, &id))
    }
}
