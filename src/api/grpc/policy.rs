//! `PolicyService`: the policies of the revision in force.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{convert, status};
use crate::api::desk::Desk;
use crate::api::shelf;
use crate::domain::error::Error;
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
        let page = shelf::page(revision.policies(), &page)?;
        Ok(proto::ListPoliciesResponse {
            items: page.items.iter().map(|meta| convert::policy(meta)).collect(),
            next_page_token: page.next.unwrap_or_default(),
            revision: Some(convert::revision(revision.reference())),
        })
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
        let revision = self.0.gate().revision();
        match shelf::policy(revision.policies(), &request.get_ref().code) {
            Ok(meta) => Ok(Response::new(convert::policy(&meta))),
            Err(error) => Err(status::refuse(&error, &id)),
        }
    }
}
