//! `POST /v1/check` and `POST /v1/check/files`.

use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::{Extension, body};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Site;
use super::fault::Fault;
use super::query::{Asked, FilesQuery, NoQuery};
use crate::api::desk::{Face, Handed, Question, Source};
use crate::api::refusal::RequestId;
use crate::domain::artifact::ArtifactOrigin;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::request::{CheckOptions, Request as Asking, Stage, Trigger};
use crate::domain::service::{Environment, ServiceRef};

/// The question as JSON. A field that is not known is refused: a misspelt one must not become an allow.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct CheckBody {
    service: Option<ServiceRef>,
    environment: Environment,
    stage: Stage,
    trigger: Object<TriggerBody>,
    artifacts: Vec<Object<ArtifactBody>>,
    images: Vec<String>,
    options: Object<OptionsBody>,
    idempotency_key: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct TriggerBody {
    actor: String,
    pipeline_url: String,
    commit: String,
    repository: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct OptionsBody {
    dry_run: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ArtifactBody {
    path: String,
    content: Option<String>,
    text: Option<String>,
    digest: Option<String>,
    #[serde(default)]
    origin: OriginBody,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OriginBody {
    #[default]
    Named,
    Found,
    Unreadable,
}

/// Decides on what a JSON body hands in.
pub(super) async fn check(
    State(site): State<Site>,
    Extension(id): Extension<RequestId>,
    Asked(NoQuery {}): Asked<NoQuery>,
    request: Request,
) -> Result<Json<Arc<Decision>>, Fault> {
    require_type(request.headers(), "application/json")?;
    let bytes = read_body(request).await?;
    let body: CheckBody = read_json(&bytes)?;
    drop(bytes);
    let decision = site.desk.check(question(body)?, Face::Http, &id).await?;
    Ok(Json(decision))
}

fn question(body: CheckBody) -> Result<Question, Error> {
    let TriggerBody { actor, pipeline_url, commit, repository } = body.trigger.0;
    let artifacts = body.artifacts.into_iter().enumerate();
    Ok(Question {
        request: Asking {
            service: body.service,
            environment: body.environment,
            stage: body.stage,
            trigger: Trigger { actor, pipeline_url, commit, repository },
            artifacts: Vec::new(),
            images: body.images,
            options: CheckOptions { dry_run: body.options.0.dry_run },
            idempotency_key: body.idempotency_key,
            review: None,
        },
        artifacts: artifacts
            .map(|(index, artifact)| handed(index, artifact.0))
            .collect::<Result<_, _>>()?,
    })
}

fn handed(index: usize, artifact: ArtifactBody) -> Result<Handed, Error> {
    let field = |name: &str| format!("artifacts[{index}].{name}");
    let source = match (artifact.content, artifact.text, artifact.digest) {
        (Some(content), None, None) => {
            let bytes = BASE64_STANDARD.decode(content).map_err(|cause| {
                Error::invalid("the content is not base64")
                    .with_field(field("content"))
                    .with_help(
                        "write standard base64 with padding, or hand in plain text as `text`",
                    )
                    .with_source(cause)
            })?;
            Source::Content(bytes.into())
        }
        (None, Some(text), None) => Source::Content(text.into()),
        (None, None, Some(digest)) => Source::Recorded(
            digest.parse().map_err(|error: Error| error.with_field(field("digest")))?,
        ),
        _ => {
            return Err(Error::invalid("an artifact has not exactly one of `content`, `text` and `digest`")
                .with_field(format!("artifacts[{index}]"))
                .with_help("write base64 as `content`, or plain text as `text`, or the digest of a recorded artifact as `digest`"));
        }
    };
    let origin = match artifact.origin {
        OriginBody::Named => ArtifactOrigin::Named,
        OriginBody::Found => ArtifactOrigin::Found,
        OriginBody::Unreadable => ArtifactOrigin::Unreadable,
    };
    Ok(Handed { path: artifact.path, source, origin })
}

/// Decides on uploaded files: `curl -F file=@deploy.yaml …`.
pub(super) async fn check_files(
    State(site): State<Site>,
    Extension(id): Extension<RequestId>,
    Asked(query): Asked<FilesQuery>,
    request: Request,
) -> Result<Json<Arc<Decision>>, Fault> {
    require_type(request.headers(), "multipart/form-data")?;
    let asked = query.read()?;
    let mut parts = Multipart::from_request(request, &()).await.map_err(|rejection| {
        Error::invalid("the multipart body has no boundary")
            .with_help("let the client write the content type: `curl -F file=@deploy.yaml`")
            .with_source(rejection)
    })?;
    let mut artifacts = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let path = part.file_name().or(part.name()).unwrap_or_default().to_owned();
        let content = part.bytes().await.map_err(broken)?;
        let source = Source::Content(content);
        artifacts.push(Handed { path, source, origin: ArtifactOrigin::Named });
    }
    let question = Question {
        request: Asking {
            service: asked.service,
            environment: asked.environment,
            stage: asked.stage,
            options: CheckOptions { dry_run: asked.dry_run },
            idempotency_key: asked.idempotency_key,
            ..Asking::default()
        },
        artifacts,
    };
    Ok(Json(site.desk.check(question, Face::Http, &id).await?))
}

fn broken(cause: MultipartError) -> Error {
    Error::invalid("the multipart body is broken")
        .with_help("send each file as a part of its own: `curl -F file=@deploy.yaml`")
        .with_source(cause)
}

/// Refuses a body of another type.
pub(super) fn require_type(headers: &HeaderMap, wanted: &str) -> Result<(), Fault> {
    let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = written.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let error = match essence {
        "" => Error::invalid(format!("the body has no content type, expected `{wanted}`")),
        other => Error::invalid(format!("the body is `{other}`, expected `{wanted}`")),
    };
    let error =
        error.with_field("content-type").with_help(format!("send `Content-Type: {wanted}`"));
    Err(Fault::with_status(error, StatusCode::UNSUPPORTED_MEDIA_TYPE))
}

/// Reads the whole body, which a layer keeps within bounds.
pub(super) async fn read_body(request: Request) -> Result<Bytes, Error> {
    body::to_bytes(request.into_body(), usize::MAX).await.map_err(|cause| {
        Error::invalid("the body broke off, or is not packed as its `Content-Encoding` says")
            .with_help("send the body whole, and packed as the header says or without the header")
            .with_source(cause)
    })
}

/// Reads JSON; a fault names the field, and line and column.
pub(super) fn read_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: Object<T> = serde_path_to_error::deserialize(&mut reader).map_err(|cause| {
        let field = cause.path().to_string();
        let error = Error::invalid(format!("the body cannot be read: {}", cause.inner()))
            .with_help("`GET /openapi.json` describes the body")
            .with_source(without_values(&cause));
        if matches!(field.as_str(), "." | "?") { error } else { error.with_field(field) }
    })?;
    reader.end().map_err(|cause| {
        Error::invalid(format!("the body has more than one JSON value: {cause}")).with_source(cause)
    })?;
    Ok(value.0)
}

/// A JSON object. Derived readers take an array as well, its values in the order of the fields, which nobody means.
#[derive(Debug, Default)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// The place of a fault, without what stands there: the log must not hold a caller's body.
fn without_values(
    cause: &serde_path_to_error::Error<serde_json::Error>,
) -> Box<dyn StdError + Send + Sync> {
    let inner = cause.inner();
    format!("JSON fault at {}, line {}, column {}", cause.path(), inner.line(), inner.column())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Error {
        read_json::<CheckBody>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_misspelt_field_is_refused_with_those_that_exist() {
        let error = fault(r#"{"artefacts": []}"#);
        assert!(error.external().contains("unknown field `artefacts`"), "{}", error.external());
        assert!(error.external().contains("`artifacts`"));
        assert!(error.external().contains("line 1 column"));
    }

    #[test]
    fn a_wrong_value_names_its_field() {
        let error = fault("{\"artifacts\": [{\"path\": \"a\",\n \"text\": 7}]}");
        assert_eq!(error.field(), Some("artifacts[0].text"));
        assert!(error.external().contains("line 2"));
    }

    #[test]
    fn an_artifact_has_exactly_one_source() {
        for text in [
            r#"{"artifacts": [{"path": "a"}]}"#,
            r#"{"artifacts": [{"path": "a", "text": "x", "content": "eA=="}]}"#,
        ] {
            let body = read_json::<CheckBody>(text.as_bytes()).unwrap();
            assert_eq!(question(body).unwrap_err().field(), Some("artifacts[0]"));
        }
    }

    #[test]
    fn two_values_are_one_too_many() {
        assert!(fault("{} {}").external().contains("more than one"));
    }
}
