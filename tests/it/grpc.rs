//! The gRPC face, and the client of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use goldgate::api::client::Client;
use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::error::ErrorKind;
use goldgate::domain::request::{CheckOptions, Request as Asking};
use goldgate::proto;
use goldgate::proto::artifact::Source;
use goldgate::proto::batch_check_response::Result as Answered;
use goldgate::proto::check_stream_request::Part;
use goldgate::proto::decision_service_client::DecisionServiceClient;
use goldgate::proto::gate_service_client::GateServiceClient;
use goldgate::proto::policy_service_client::PolicyServiceClient;
use goldgate::proto::scorecard_service_client::ScorecardServiceClient;
use goldgate::proto::watch_decisions_response::Event;
use http_body_util::Full;
use prost::Message as _;
use tokio_stream::StreamExt as _;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Request};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_types::StatusExt as _;

use crate::harness::{ALLOWED, Answer, DENIED, on_runtime, start};
use crate::staged::Cue;

fn question(text: &str) -> proto::CheckRequest {
    proto::CheckRequest {
        service: "checkout".to_owned(),
        artifacts: vec![proto::Artifact {
            path: "deploy/app.yaml".to_owned(),
            source: Some(Source::Content(text.to_owned().into())),
            origin: proto::ArtifactOrigin::Named.into(),
        }],
        ..Default::default()
    }
}

#[tokio::test]
async fn a_deny_is_an_answer_and_can_be_read_listed_and_watched() {
    let server = start().run().await;
    let channel = server.channel().await;
    let mut decisions = DecisionServiceClient::new(channel.clone());
    let watched =
        proto::WatchDecisionsRequest { verdict: proto::Verdict::Deny.into(), ..Default::default() };
    let mut events = decisions.watch_decisions(watched).await.unwrap().into_inner();

    let mut gate = GateServiceClient::new(channel.clone());
    let allowed = gate.check(question(ALLOWED)).await.unwrap().into_inner();
    assert_eq!(allowed.verdict(), proto::Verdict::Allow);
    let denied = gate.check(question(DENIED)).await.unwrap().into_inner();
    assert_eq!(denied.verdict(), proto::Verdict::Deny);
    assert!(!format!("{denied:?}").contains("hunter2"));
    assert_eq!(
        denied.findings[0].facts_json,
        r#"{"large":340282366920938463463374607431768211457}"#
    );

    let Some(Event::Decision(told)) = events.next().await.unwrap().unwrap().event else {
        panic!("no decision")
    };
    assert_eq!(told.id, denied.id);
    let id = denied.id.clone();
    let read = decisions.get_decision(proto::GetDecisionRequest { id }).await.unwrap().into_inner();
    assert_eq!(read.findings, denied.findings);
    let list = proto::ListDecisionsRequest { page_size: 1, ..Default::default() };
    let first = decisions.list_decisions(list.clone()).await.unwrap().into_inner();
    assert_eq!(first.items[0].id, denied.id);
    let next = proto::ListDecisionsRequest { page_token: first.next_page_token, ..list };
    let second = decisions.list_decisions(next).await.unwrap().into_inner();
    assert_eq!(second.items[0].id, allowed.id);
    assert_eq!(second.next_page_token, "");

    let mut cards = ScorecardServiceClient::new(channel.clone());
    let of = proto::GetScorecardRequest { service: "checkout".to_owned(), ..Default::default() };
    assert_eq!(cards.get_scorecard(of).await.unwrap().into_inner().decision, denied.id);
    let policies = PolicyServiceClient::new(channel)
        .list_policies(proto::ListPoliciesRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(policies.items.len(), 2);
    assert_eq!(policies.revision, denied.revision);
}

#[tokio::test]
async fn every_bad_request_gets_its_code_with_kind_field_and_request() {
    let server = start().limits(|limits| limits.max_message_bytes = 20_000).run().await;
    let channel = server.channel().await;
    let mut gate = GateServiceClient::new(channel.clone());
    let wrong = |change: fn(&mut proto::CheckRequest)| {
        let mut request = question(ALLOWED);
        change(&mut request);
        request
    };
    for (request, code, kind, field) in [
        (wrong(|it| it.artifacts.clear()), Code::InvalidArgument, "INVALID", "artifacts"),
        (wrong(|it| it.service = "a b".into()), Code::InvalidArgument, "INVALID", "service"),
        (
            wrong(|it| it.environment = "Prod".into()),
            Code::InvalidArgument,
            "INVALID",
            "environment",
        ),
        (wrong(|it| it.stage = 99), Code::InvalidArgument, "INVALID", "stage"),
        (
            wrong(|it| it.artifacts[0].path.clear()),
            Code::InvalidArgument,
            "INVALID",
            "artifacts[0].path",
        ),
        (
            wrong(|it| it.artifacts[0].source = Some(Source::Digest("sha256:1".into()))),
            Code::InvalidArgument,
            "INVALID",
            "artifacts[0].digest",
        ),
        (
            wrong(|it| it.idempotency_key = "x".repeat(129)),
            Code::InvalidArgument,
            "INVALID",
            "idempotencyKey",
        ),
        (
            wrong(|it| it.artifacts[0].source = Some(Source::Content(vec![b' '; 20_001].into()))),
            Code::ResourceExhausted,
            "TOO_LARGE",
            "",
        ),
    ] {
        let mut request = Request::new(request);
        request.metadata_mut().insert("x-request-id", "ci-17".parse().unwrap());
        let status = gate.check(request).await.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), (kind, "goldgate"));
        assert_eq!(info.metadata.get("field").map_or("", String::as_str), field);
        assert_eq!(info.metadata["request_id"], "ci-17");
        assert_eq!(status.metadata().get("x-request-id").unwrap(), "ci-17");
    }
    let unknown = proto::GetDecisionRequest { id: "01900000-0000-7000-8000-000000000000".into() };
    let status = DecisionServiceClient::new(channel).get_decision(unknown).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn a_release_in_pieces_is_the_same_release() {
    let server = start().limits(|limits| limits.max_message_bytes = 5_000).run().await;
    let mut gate = GateServiceClient::new(server.channel().await);
    let whole = gate.check(question(DENIED)).await.unwrap().into_inner();
    let header = proto::CheckRequest { artifacts: Vec::new(), ..question("") };
    let chunk = |path: &str, content: &str| {
        Part::Chunk(proto::ArtifactChunk {
            path: path.to_owned(),
            content: content.to_owned().into(),
            origin: 0,
        })
    };
    let stream = |parts: Vec<Part>| {
        tokio_stream::iter(
            parts.into_iter().map(|part| proto::CheckStreamRequest { part: Some(part) }),
        )
    };
    let (one, two) = DENIED.split_at(100);
    let parts = vec![Part::Header(header.clone()), chunk("deploy/app.yaml", one), chunk("", two)];
    let pieces = gate.check_stream(stream(parts)).await.unwrap().into_inner();
    assert_eq!(pieces.input_digest, whole.input_digest);
    assert_eq!(pieces.findings, whole.findings);

    let long = "x".repeat(3_000);
    for (parts, code) in [
        (vec![], Code::InvalidArgument),
        (vec![chunk("a", "")], Code::InvalidArgument),
        (vec![Part::Header(header.clone()), chunk("", "x")], Code::InvalidArgument),
        (vec![Part::Header(header.clone()), Part::Header(header.clone())], Code::InvalidArgument),
        (vec![Part::Header(header), chunk("a", &long), chunk("", &long)], Code::ResourceExhausted),
    ] {
        let status = gate.check_stream(stream(parts)).await.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
    }
}

#[tokio::test]
async fn each_question_of_a_batch_gets_its_own_answer() {
    let server = start().run().await;
    let mut gate = GateServiceClient::new(server.channel().await);
    let questions = (0..50).map(|number| proto::BatchCheckRequest {
        correlation_id: format!("q{number}"),
        request: match number % 3 {
            0 => Some(question(ALLOWED)),
            1 => Some(question(DENIED)),
            _ => None,
        },
    });
    let questions: Vec<_> = questions.collect();
    let answers = gate.batch_check(tokio_stream::iter(questions)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(Result::unwrap).collect().await;
    let answers: BTreeMap<String, Answered> =
        answers.into_iter().map(|it| (it.correlation_id, it.result.unwrap())).collect();
    assert_eq!(answers.len(), 50);
    for (id, answer) in answers {
        let number: usize = id.strip_prefix('q').unwrap().parse().unwrap();
        match (number % 3, answer) {
            (0, Answered::Decision(it)) => assert_eq!(it.verdict(), proto::Verdict::Allow),
            (1, Answered::Decision(it)) => assert_eq!(it.verdict(), proto::Verdict::Deny),
            (2, Answered::Error(it)) => {
                assert_eq!((it.kind.as_str(), it.field.as_str()), ("invalid", "request"));
                assert_eq!(it.code, i32::from(Code::InvalidArgument));
            }
            (_, answer) => panic!("{id}: {answer:?}"),
        }
    }
}

#[tokio::test]
async fn the_client_gets_the_very_decision_and_the_very_error() {
    let server = start().run().await;
    let address = format!("http://{}", server.address);
    let client = Client::connect(&address, Duration::from_secs(30)).await.unwrap();
    let here = |asking: &Asking| {
        let (gate, asking) = (Arc::clone(&server.gate), asking.clone());
        on_runtime(async move { gate.check(&asking).await.unwrap() })
    };
    let artifact = |path: &str, text: String| Artifact {
        path: path.to_owned(),
        content: text.into(),
        origin: ArtifactOrigin::Found,
    };
    let rehearsal = Asking {
        artifacts: vec![artifact("deploy/app.yaml", DENIED.to_owned())],
        options: CheckOptions { dry_run: true },
        ..Asking::default()
    };
    let mut remote = client.check(&rehearsal).await.unwrap();
    let local = here(&rehearsal).await;
    remote.id = local.id;
    remote.timings = local.timings;
    assert_eq!(
        serde_json::to_string(&remote).unwrap(),
        serde_json::to_string(local.as_ref()).unwrap()
    );

    // Large releases go in pieces.
    let filler = format!("# {}\n{DENIED}", "x".repeat(4 * 1024 * 1024));
    let large = Asking {
        artifacts: vec![
            artifact("deploy/large.yaml", filler),
            artifact("empty.yaml", String::new()),
        ],
        ..rehearsal.clone()
    };
    let remote = client.check(&large).await.unwrap();
    let local = here(&large).await;
    assert_eq!(remote.input_digest, local.input_digest);

    let empty = Asking { artifacts: Vec::new(), ..rehearsal };
    let error = client.check(&empty).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("artifacts")));
    assert!(error.help().is_some());

    let nobody = Client::connect("http://127.0.0.1:1", Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::Unavailable);
    for address in ["ftp://gate.example", "http://", "a b"] {
        let error = Client::connect(address, Duration::from_secs(5)).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("server")));
    }
}

#[tokio::test]
async fn messages_may_be_packed() {
    let server = start().run().await;
    let mut gate = GateServiceClient::new(server.channel().await)
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let answer = gate.check(question(DENIED)).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), "gzip");
}

#[tokio::test]
async fn reflection_knows_the_details_of_errors() {
    let server = start().run().await;
    let mut client = ServerReflectionClient::new(server.channel().await);
    for name in ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo"] {
        let ask = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::FileContainingSymbol(name.to_owned())),
        };
        let mut answers =
            client.server_reflection_info(tokio_stream::once(ask)).await.unwrap().into_inner();
        let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
        assert!(matches!(answer, MessageResponse::FileDescriptorResponse(_)), "{answer:?}");
    }
}

#[tokio::test]
async fn reflection_lists_every_service() {
    let server = start().run().await;
    let mut client = ServerReflectionClient::new(server.channel().await);
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers =
        client.server_reflection_info(tokio_stream::once(ask)).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for name in [
        "goldgate.v1.GateService",
        "goldgate.v1.DecisionService",
        "goldgate.v1.ScorecardService",
        "goldgate.v1.PolicyService",
        "grpc.health.v1.Health",
    ] {
        assert!(names.iter().any(|it| it == name), "{name}: {names:?}");
    }
}

#[tokio::test]
async fn health_follows_readiness() {
    let mut server = start().run().await;
    let mut client = HealthClient::new(server.channel().await);
    let service = "goldgate.v1.GateService".to_owned();
    let mut states = client.watch(HealthCheckRequest { service }).await.unwrap().into_inner();
    assert_eq!(states.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    server.tell_to_stop();
    assert_eq!(states.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    // The stream is ended by the server, which would wait for its client otherwise.
    assert_eq!(states.message().await.unwrap_err().code(), Code::Unavailable);
    server.stopped().await;
}

/// The frames of a gRPC-Web answer: flag and bytes.
fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [flag, a, b, c, d, rest @ ..] = bytes {
        let (frame, next) = rest.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        frames.push((*flag, frame.to_vec()));
        bytes = next;
    }
    frames
}

#[tokio::test]
async fn a_browser_may_speak_grpc_web() {
    let server = start().run().await;
    let call = |message: proto::CheckRequest| {
        let message = message.encode_to_vec();
        let mut body = vec![0];
        body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        body.extend(message);
        http::Request::post("/goldgate.v1.GateService/Check")
            .header("host", "127.0.0.1")
            .header("content-type", "application/grpc-web+proto")
            .body(Full::new(body.into()))
            .unwrap()
    };
    let answer: Answer = server.send(call(question(DENIED))).await;
    let frames = frames(&answer.body);
    assert_eq!(frames[0].0, 0);
    let decision = proto::Decision::decode(frames[0].1.as_slice()).unwrap();
    assert_eq!(decision.verdict(), proto::Verdict::Deny);
    assert_eq!(frames[1].0, 0x80);
    assert!(String::from_utf8_lossy(&frames[1].1).contains("grpc-status:0"));
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let server = start().run().await;
    let mut client = tonic::client::Grpc::new(server.channel().await);
    for path in ["/goldgate.v1.GateService/Chekc", "/goldgate.v9.GateService/Check"] {
        client.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<proto::CheckRequest, proto::Decision>::default();
        let path = http::uri::PathAndQuery::from_static(path);
        let status = client.unary(Request::new(question("")), path, codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{status:?}");
    }
}

#[tokio::test]
async fn a_message_that_is_none_is_the_callers_fault() {
    let server = start().run().await;
    let mut client = tonic::client::Grpc::new(server.channel().await);
    client.ready().await.unwrap();
    // A path that is not UTF-8: a message of another package.
    let codec = tonic_prost::ProstCodec::<proto::ArtifactChunk, proto::Decision>::default();
    let path = http::uri::PathAndQuery::from_static("/goldgate.v1.GateService/Check");
    let strange = proto::ArtifactChunk { content: vec![0xff, 0xfe].into(), ..Default::default() };
    let status = client.unary(Request::new(strange), path, codec).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "INVALID");
}

#[tokio::test]
async fn overload_is_refused_at_once_with_a_hint() {
    let (cue, arrived, go) = Cue::wait();
    let server = start().limits(|limits| limits.max_in_flight = 1).staged(cue.before()).run().await;
    let mut gate = GateServiceClient::new(server.channel().await);
    let mut other = gate.clone();
    let first = tokio::spawn(async move { other.check(question(ALLOWED)).await });
    arrived.acquire().await.unwrap().forget();
    let status = gate.check(question(ALLOWED)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let delay = status.get_error_details().retry_info().unwrap().retry_delay;
    assert_eq!(delay, Some(Duration::from_secs(1)));
    let refused = server.get("/v1/policies").await;
    assert_eq!(refused.error(), (429, "exhausted".into(), String::new()));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(server.get("/readyz").await.status, 200);
    go.add_permits(1);
    assert!(first.await.unwrap().is_ok());
    go.add_permits(1);
    assert!(gate.check(question(ALLOWED)).await.is_ok());
}

#[tokio::test]
async fn a_pipeline_cannot_take_the_clusters_place() {
    let (cue, arrived, go) = Cue::wait();
    let server = start().limits(|limits| limits.max_in_flight = 1).staged(cue.before()).run().await;
    let mut gate = GateServiceClient::new(server.channel().await);
    let pipeline = tokio::spawn(async move { gate.check(question(ALLOWED)).await });
    arrived.acquire().await.unwrap().forget();
    let review = include_str!("../cases/admission/003-create-deployments.json");
    let door = server.post("/admission/v1/validate", review);
    let let_go = async {
        arrived.acquire().await.unwrap().forget();
        go.add_permits(2);
    };
    let (answer, ()) = tokio::join!(door, let_go);
    assert_eq!(answer.json()["response"]["status"]["code"], 403);
    assert!(pipeline.await.unwrap().is_ok());
}

#[tokio::test]
async fn the_answer_comes_before_the_callers_deadline() {
    let (cue, _arrived, _go) = Cue::wait();
    let server = start().staged(cue.before()).run().await;
    let mut gate = GateServiceClient::new(server.channel().await);
    let mut request = Request::new(question(ALLOWED));
    request.set_timeout(Duration::from_secs(5));
    let status = gate.check(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(status.message().contains("not decided within 4500 ms"), "{status:?}");
}

#[tokio::test]
async fn a_defect_costs_its_own_request_only() {
    let server = start().staged(Cue::Panic.before()).run().await;
    let mut gate = GateServiceClient::new(server.channel().await);
    let status = gate.check(question(ALLOWED)).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(!status.message().contains("as the test asked"));
    let body = crate::harness::check_body(ALLOWED).to_string();
    assert_eq!(server.post("/v1/check", body).await.error().0, 500);
    let batch = proto::BatchCheckRequest {
        correlation_id: "q".to_owned(),
        request: Some(question(ALLOWED)),
    };
    let mut answers = gate.batch_check(tokio_stream::once(batch)).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().result.unwrap();
    let Answered::Error(error) = answer else { panic!("{answer:?}") };
    assert_eq!(error.kind, "internal");
    assert_eq!(server.get("/healthz").await.status, 200);
}
