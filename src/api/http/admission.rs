//! `POST /admission/v1/validate`: the webhook of a cluster, through the same gate as everyone.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use bytes::Bytes;
use serde::Deserialize;
use tokio::time::timeout;

use super::Site;
use super::check::{read_body, read_json, require_type};
use super::fault::Fault;
use super::query;
use super::review::{Answer, Asked, DELETION, Review, Task};
use crate::api::desk::{Face, Handed, Question, Source};
use crate::api::layers::Deadline;
use crate::api::refusal::{self, RequestId};
use crate::domain::artifact::ArtifactOrigin;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::request::{CheckOptions, Request as Asking, SentReview, Stage, Trigger};
use crate::domain::service::Environment;

/// The webhook's address may name an environment; the API server adds its `timeout`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WebhookQuery {
    environment: String,
    /// Read by the deadline layer; named here so that it is not refused.
    #[serde(rename = "timeout")]
    _timeout: String,
}

/// Decides on one object of a cluster.
pub(super) async fn validate(
    State(site): State<Site>,
    Extension(id): Extension<RequestId>,
    Extension(deadline): Extension<Deadline>,
    query::Asked(query): query::Asked<WebhookQuery>,
    request: Request,
) -> Result<Json<Answer>, Fault> {
    require_type(request.headers(), "application/json")?;
    let environment = if query.environment.is_empty() {
        site.admission.clone()
    } else {
        query.environment.parse()?
    };
    let body = read_body(request).await?;
    let review: Review<'_> = read_json(&body)?;
    let asked = asked(&review)?;
    let answer = match asked.task()? {
        Task::Pass(reason) => Answer::passed(&review, &asked.uid, reason),
        Task::Delete { part } => {
            if !asked.dry_run() {
                let noted = site.desk.deleted(&environment, &part, asked.actor());
                if timeout(deadline.0, noted).await.is_err() {
                    tracing::warn!(part, "A deletion was not noted in time");
                }
            }
            Answer::passed(&review, &asked.uid, DELETION)
        }
        Task::Judge { object, path, bills } => {
            let object = body.slice_ref(object.as_bytes());
            let sent = SentReview(body.clone());
            let mut question = question(asked, sent, object, path, environment);
            let check = async {
                for digest in bills {
                    question.artifacts.push(site.desk.kept_bill(digest).await?);
                }
                site.desk.check(question, Face::Admission, &id).await
            };
            match timeout(deadline.0, check).await.unwrap_or_else(|_| Err(deadline.passed())) {
                Ok(decision) => Answer::decided(&review, &asked.uid, &decision),
                Err(error) => {
                    refusal::log(&error, &id);
                    Answer::undecided(&review, &asked.uid, code(error.kind()), &error)
                }
            }
        }
    };
    Ok(Json(answer))
}

fn asked<'r, 'a>(review: &'r Review<'a>) -> Result<&'r Asked<'a>, Error> {
    if review.kind != "AdmissionReview" || review.api_version != "admission.k8s.io/v1" {
        return Err(Error::invalid(format!(
            "the body is `{}` of `{}`, expected `AdmissionReview` of `admission.k8s.io/v1`",
            review.kind, review.api_version
        ))
        .with_field("apiVersion")
        .with_help("write `admissionReviewVersions: [v1]` in the webhook's configuration"));
    }
    review
        .request
        .as_ref()
        .ok_or_else(|| Error::invalid("the review has no request").with_field("request"))
}

fn question(
    asked: &Asked<'_>,
    sent: SentReview,
    object: Bytes,
    path: String,
    environment: Environment,
) -> Question {
    Question {
        request: Asking {
            stage: Stage::Admission,
            trigger: Trigger { actor: asked.actor().to_owned(), ..Trigger::default() },
            options: CheckOptions { dry_run: asked.dry_run() },
            // An API server that asks again, asks with the same uid; two webhooks may ask for two environments.
            idempotency_key: Some(format!("admission:{environment}:{}", asked.uid)),
            environment,
            review: Some(sent),
            ..Asking::default()
        },
        artifacts: vec![Handed {
            path,
            source: Source::Content(object),
            origin: ArtifactOrigin::Named,
        }],
    }
}

/// The code that a client of the cluster sees when it could not be decided.
const fn code(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::Exhausted | ErrorKind::Unavailable | ErrorKind::Deadline => 503,
        ErrorKind::Invalid
        | ErrorKind::Unauthenticated
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::TooLarge
        | ErrorKind::Internal => 500,
    }
}
