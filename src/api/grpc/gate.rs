//! `GateService`: one question, one question in pieces, many questions.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use futures_util::{Stream, StreamExt as _, stream};
use tonic::{Request, Response, Status, Streaming};

use super::{convert, status};
use crate::api::desk::{Desk, Face};
use crate::api::refusal::{self, RequestId};
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::proto;
use crate::proto::batch_check_response::Result as Answer;
use crate::proto::gate_service_server::GateService;

/// The most bytes of a correlation id.
const MAX_CORRELATION_BYTES: usize = 128;

/// Serves `GateService`.
#[derive(Clone, Debug)]
pub(super) struct GateFace(Arc<Desk>);

impl GateFace {
    pub(super) fn new(desk: &Arc<Desk>) -> Self {
        Self(Arc::clone(desk))
    }
}

async fn answer(
    desk: &Desk,
    request: proto::CheckRequest,
    id: &RequestId,
) -> Result<Arc<Decision>, Error> {
    desk.check(convert::question(request)?, Face::Grpc, id).await
}

/// One question of a batch, in a task of its own, so that several cores work and a panic is only its own.
async fn answer_one(
    desk: Arc<Desk>,
    message: proto::BatchCheckRequest,
    id: RequestId,
) -> proto::BatchCheckResponse {
    let proto::BatchCheckRequest { correlation_id, request } = message;
    let result = if correlation_id.len() > MAX_CORRELATION_BYTES {
        Err(Error::invalid(format!(
            "the correlation id has more than {MAX_CORRELATION_BYTES} bytes"
        ))
        .with_field("correlation_id"))
    } else if let Some(request) = request {
        let task = {
            let id = id.clone();
            tokio::spawn(async move {
                let _place = desk.wait_for_place().await?;
                answer(&desk, request, &id).await
            })
        };
        task.await.unwrap_or_else(|cause| {
            Err(Error::internal_fault("a question of a batch failed").with_source(cause))
        })
    } else {
        Err(Error::invalid("there is no question").with_field("request"))
    };
    let result = match result {
        Ok(decision) => Answer::Decision(convert::decision(&decision)),
        Err(error) => {
            refusal::log(&error, &id);
            Answer::Error(proto::CheckError {
                code: status::code(error.kind()).into(),
                kind: error.kind().as_str().to_owned(),
                message: error.external().to_owned(),
                field: error.field().unwrap_or_default().to_owned(),
                help: error.help().unwrap_or_default().to_owned(),
            })
        }
    };
    proto::BatchCheckResponse { correlation_id, result: Some(result) }
}

fn stopping() -> Error {
    Error::unavailable("the gate is shutting down", "a batch was ended between two questions")
        .with_help("send the questions that have no answer again, with the same idempotency keys")
}

#[tonic::async_trait]
impl GateService for GateFace {
    async fn check(
        &self,
        request: Request<proto::CheckRequest>,
    ) -> Result<Response<proto::Decision>, Status> {
        let id = status::request_id(request.extensions());
        match answer(&self.0, request.into_inner(), &id).await {
            Ok(decision) => Ok(Response::new(convert::decision(&decision))),
            Err(error) => Err(status::refuse(&error, &id)),
        }
    }

    async fn check_stream(
        &self,
        request: Request<Streaming<proto::CheckStreamRequest>>,
    ) -> Result<Response<proto::Decision>, Status> {
        let id = status::request_id(request.extensions());
        let refuse = |error: Error| status::refuse(&error, &id);
        let mut parts = request.into_inner();
        let first = parts.message().await?.unwrap_or_default();
        let mut assembly =
            convert::Assembly::new(first, self.0.limits().max_message_bytes).map_err(refuse)?;
        while let Some(part) = parts.message().await? {
            assembly.add(part).map_err(refuse)?;
        }
        let decision = self.0.check(assembly.finish(), Face::Grpc, &id).await.map_err(refuse)?;
        Ok(Response::new(convert::decision(&decision)))
    }

    type BatchCheckStream =
        Pin<Box<dyn Stream<Item = Result<proto::BatchCheckResponse, Status>> + Send>>;

    async fn batch_check(
        &self,
        request: Request<Streaming<proto::BatchCheckRequest>>,
    ) -> Result<Response<Self::BatchCheckStream>, Status> {
        let id = status::request_id(request.extensions());
        let desk = Arc::clone(&self.0);
        let open = desk.take_stream().map_err(|error| status::refuse(&error, &id))?;
        let stop = desk.stop().clone();
        // How the stream ended, told behind the last answer: an error in between would drop answers on their way.
        let ending = Arc::new(OnceLock::new());
        let (reader_ending, stopped) = (Arc::clone(&ending), status::of(&stopping(), &id));
        let questions = stream::unfold(request.into_inner(), move |mut questions| {
            let (ending, stop, stopped) =
                (Arc::clone(&reader_ending), stop.clone(), stopped.clone());
            async move {
                let question = tokio::select! {
                    () = stop.cancelled() => Err(stopped),
                    question = questions.message() => question,
                };
                match question {
                    Ok(question) => Some((question?, questions)),
                    Err(last) => {
                        let _: Result<(), Status> = ending.set(last);
                        None
                    }
                }
            }
        });
        let concurrency = self.0.limits().batch_concurrency.max(1);
        let answers = questions
            .map(move |question| answer_one(Arc::clone(&desk), question, id.clone()))
            .buffer_unordered(concurrency)
            .map(move |answer| {
                let _held = &open;
                Ok(answer)
            })
            .chain(stream::poll_fn(move |_| Poll::Ready(ending.get().cloned().map(Err))).take(1));
        Ok(Response::new(Box::pin(answers)))
    }
}
