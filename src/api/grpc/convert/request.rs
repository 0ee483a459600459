//! Requests: from a caller into the domain, and out of the domain for a client.

use bytes::{Bytes, BytesMut};

use super::{answer, read_timestamp, timestamp, word};
use crate::api::desk::{Handed, Question, Source, WatchFilter};
use crate::domain::artifact::{Artifact, ArtifactOrigin};
use crate::domain::clock::Timestamp;
use crate::domain::decision::Verdict;
use crate::domain::error::Error;
use crate::domain::request::{CheckOptions, Request};
use crate::domain::service::{Environment, ServiceRef};
use crate::proto;
use crate::record::{DecisionFilter, PageRequest, ScorecardFilter};

/// What a caller asks.
///
/// # Errors
/// `Invalid` with the field that is wrong.
pub(crate) fn question(message: proto::CheckRequest) -> Result<Question, Error> {
    let artifacts = message.artifacts.into_iter().enumerate();
    Ok(Question {
        request: Request {
            service: optional(&message.service)?,
            environment: environment(&message.environment)?,
            stage: known("stage", word::read_stage(message.stage))?.unwrap_or_default(),
            trigger: message.trigger.map(answer::read_trigger).unwrap_or_default(),
            artifacts: Vec::new(),
            images: message.images,
            options: CheckOptions {
                dry_run: message.options.is_some_and(|options| options.dry_run),
            },
            idempotency_key: Some(message.idempotency_key).filter(|key| !key.is_empty()),
            review: None,
        },
        artifacts: artifacts
            .map(|(index, artifact)| handed(index, artifact))
            .collect::<Result<_, _>>()?,
    })
}

fn handed(index: usize, artifact: proto::Artifact) -> Result<Handed, Error> {
    let field = |name: &str| format!("artifacts[{index}].{name}");
    let source = match artifact.source {
        Some(proto::artifact::Source::Content(content)) => Source::Content(content),
        Some(proto::artifact::Source::Digest(digest)) => Source::Recorded(
            digest.parse().map_err(|error: Error| error.with_field(field("digest")))?,
        ),
        // proto3 does not send an empty `bytes` of a `oneof` apart from an absent one in every language.
        None => Source::Content(Bytes::new()),
    };
    let origin = known(&field("origin"), word::read_origin(artifact.origin))?;
    Ok(Handed { path: artifact.path, source, origin: origin.unwrap_or(ArtifactOrigin::Named) })
}

/// The question of a client as a message.
pub(crate) fn check_request(request: &Request) -> proto::CheckRequest {
    proto::CheckRequest {
        service: request.service.as_ref().map(ToString::to_string).unwrap_or_default(),
        environment: request.environment.to_string(),
        stage: word::stage(request.stage),
        trigger: Some(answer::trigger(&request.trigger)),
        artifacts: request.artifacts.iter().map(artifact).collect(),
        images: request.images.clone(),
        options: Some(proto::CheckOptions { dry_run: request.options.dry_run }),
        idempotency_key: request.idempotency_key.clone().unwrap_or_default(),
    }
}

fn artifact(artifact: &Artifact) -> proto::Artifact {
    proto::Artifact {
        path: artifact.path.clone(),
        source: Some(proto::artifact::Source::Content(artifact.content.clone())),
        origin: word::origin(artifact.origin),
    }
}

/// A release that arrives piece by piece.
#[derive(Debug)]
pub(crate) struct Assembly {
    question: Question,
    open: Option<(String, ArtifactOrigin, BytesMut)>,
    room: usize,
    max_bytes: usize,
}

impl Assembly {
    /// Begins with the header; all pieces together may have `max_bytes`.
    pub(crate) fn new(first: proto::CheckStreamRequest, max_bytes: usize) -> Result<Self, Error> {
        let Some(proto::check_stream_request::Part::Header(header)) = first.part else {
            return Err(Error::invalid("the first message of the stream is not the header")
                .with_field("header")
                .with_help("send `header` first, then the artifacts as `chunk`s"));
        };
        Ok(Self { question: question(header)?, open: None, room: max_bytes, max_bytes })
    }

    /// Adds a piece.
    pub(crate) fn add(&mut self, message: proto::CheckStreamRequest) -> Result<(), Error> {
        let Some(proto::check_stream_request::Part::Chunk(chunk)) = message.part else {
            return Err(Error::invalid("only the first message of the stream may be the header")
                .with_field("header"));
        };
        self.room = self.room.checked_sub(chunk.content.len()).ok_or_else(|| {
            Error::too_large(format!("the artifacts have more than {} bytes", self.max_bytes))
                .with_field("chunk.content")
                .with_help("hand in fewer files, or raise `serve.maxMessageBytes` in the server's `goldgate.yaml`")
        })?;
        if !chunk.path.is_empty() {
            self.close();
            let origin = known("chunk.origin", word::read_origin(chunk.origin))?;
            let origin = origin.unwrap_or(ArtifactOrigin::Named);
            self.open = Some((chunk.path, origin, BytesMut::new()));
        }
        let Some((_, _, content)) = &mut self.open else {
            return Err(Error::invalid("the first piece of an artifact has no path")
                .with_field("chunk.path"));
        };
        content.extend_from_slice(&chunk.content);
        Ok(())
    }

    /// The whole question.
    pub(crate) fn finish(mut self) -> Question {
        self.close();
        self.question
    }

    fn close(&mut self) {
        if let Some((path, origin, content)) = self.open.take() {
            let source = Source::Content(content.freeze());
            self.question.artifacts.push(Handed { path, source, origin });
        }
    }
}

/// A filter of the conditions that a message names; an error tells which of them it is about.
macro_rules! conditions {
    ($filter:ident { $($field:ident: $read:expr,)+ }) => {
        Ok($filter { $($field: $read.map_err(|error| named(error, stringify!($field)))?,)+ })
    };
}

/// Which decisions are asked for.
pub(crate) fn decision_filter(
    message: &proto::ListDecisionsRequest,
) -> Result<DecisionFilter, Error> {
    conditions!(DecisionFilter {
        service: optional(&message.service),
        team: text(&message.team),
        environment: optional(&message.environment),
        verdict: read_verdict(message.verdict),
        code: optional(&message.code),
        since: moment(message.since.as_ref()),
        until: moment(message.until.as_ref()),
    })
}

/// Which decisions to watch.
pub(crate) fn watched_decisions(
    message: &proto::WatchDecisionsRequest,
) -> Result<WatchFilter, Error> {
    conditions!(WatchFilter {
        service: optional(&message.service),
        team: text(&message.team),
        environment: optional(&message.environment),
        verdict: read_verdict(message.verdict),
        code: optional(&message.code),
    })
}

/// Which scorecards are asked for.
pub(crate) fn scorecard_filter(
    message: &proto::ListScorecardsRequest,
) -> Result<ScorecardFilter, Error> {
    scorecard_conditions(&message.team, &message.system, &message.level, &message.environment)
}

/// Which scorecards to watch.
pub(crate) fn watched_scorecards(
    message: &proto::WatchScorecardsRequest,
) -> Result<ScorecardFilter, Error> {
    scorecard_conditions(&message.team, &message.system, &message.level, &message.environment)
}

fn scorecard_conditions(
    team: &str,
    system: &str,
    level: &str,
    environment: &str,
) -> Result<ScorecardFilter, Error> {
    conditions!(ScorecardFilter {
        team: text(team),
        system: text(system),
        level: text(level),
        environment: optional(environment),
    })
}

/// A client's list of decisions as a message.
pub(crate) fn list_decisions(
    filter: &DecisionFilter,
    page: PageRequest,
) -> proto::ListDecisionsRequest {
    let DecisionFilter { service, team, environment, verdict, code, since, until } = filter;
    proto::ListDecisionsRequest {
        service: written(service.as_ref()),
        team: written(team.as_ref()),
        environment: written(environment.as_ref()),
        verdict: verdict.map(word::verdict).unwrap_or_default(),
        code: written(code.as_ref()),
        since: since.map(timestamp),
        until: until.map(timestamp),
        page_size: page_size(&page),
        page_token: page.token,
    }
}

/// A client's list of scorecards as a message.
pub(crate) fn list_scorecards(
    filter: &ScorecardFilter,
    page: PageRequest,
) -> proto::ListScorecardsRequest {
    let ScorecardFilter { team, system, level, environment } = filter;
    proto::ListScorecardsRequest {
        team: written(team.as_ref()),
        system: written(system.as_ref()),
        level: written(level.as_ref()),
        environment: written(environment.as_ref()),
        page_size: page_size(&page),
        page_token: page.token,
    }
}

/// How many items a client asks for.
pub(crate) fn page_size(page: &PageRequest) -> i32 {
    i32::try_from(page.size).unwrap_or(i32::MAX)
}

/// Which environment is asked for.
pub(crate) fn environment(written: &str) -> Result<Environment, Error> {
    Ok(optional(written)?.unwrap_or_default())
}

/// Whose scorecard is asked for.
pub(crate) fn history_of(
    service: &str,
    environment: &str,
) -> Result<(ServiceRef, Environment), Error> {
    Ok((service.parse()?, self::environment(environment)?))
}

/// Which page is asked for.
pub(crate) fn page_request(size: i32, token: String) -> Result<PageRequest, Error> {
    let size = u32::try_from(size).map_err(|cause| {
        Error::invalid(format!("a page cannot have {size} items"))
            .with_field("pageSize")
            .with_source(cause)
    })?;
    Ok(PageRequest { size, token })
}

fn read_verdict(number: i32) -> Result<Option<Verdict>, Error> {
    known("verdict", word::read_verdict(number))
}

fn moment(time: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>, Error> {
    let refuse = || Error::invalid("what is given is not a moment");
    time.map(|time| read_timestamp(time).ok_or_else(refuse)).transpose()
}

#[expect(clippy::unnecessary_wraps, reason = "of the same shape as the other conditions' readers")]
fn text(written: &str) -> Result<Option<String>, Error> {
    Ok(Some(written.to_owned()).filter(|text| !text.is_empty()))
}

fn written(condition: Option<&impl ToString>) -> String {
    condition.map(ToString::to_string).unwrap_or_default()
}

/// The error with the field that it is about, unless it knows that itself.
fn named(error: Error, field: &str) -> Error {
    if error.field().is_some() { error } else { error.with_field(field) }
}

pub(super) fn optional<T: std::str::FromStr<Err = Error>>(text: &str) -> Result<Option<T>, Error> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

fn known<T>(field: &str, word: Result<Option<T>, i32>) -> Result<Option<T>, Error> {
    word.map_err(|number| {
        Error::invalid(format!("`{number}` is no known value of `{field}`"))
            .with_field(field)
            .with_help("see proto/goldgate/v1 of the server's version for the values")
    })
}
