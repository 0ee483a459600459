//! The HTTP face.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use crate::harness::{ALLOWED, DENIED, check_body, request, start};
use crate::staged::Cue;

fn validator(schema: &str) -> jsonschema::Validator {
    let mut document: Value = serde_json::from_str(goldgate::api::OPENAPI).unwrap();
    document["$ref"] = json!(format!("#/components/schemas/{schema}"));
    jsonschema::validator_for(&document).unwrap()
}

fn require_shape(schema: &str, value: &Value) {
    let faults: Vec<String> = validator(schema)
        .iter_errors(value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "not a `{schema}`: {faults:?}\n{value:#}");
}

#[tokio::test]
async fn a_release_is_allowed_or_denied_with_reasons_and_can_be_read_again() {
    let server = start().run().await;
    let allowed = server.post("/v1/check", check_body(ALLOWED).to_string()).await;
    assert_eq!((allowed.status, allowed.json()["verdict"].as_str()), (200, Some("allow")));
    let denied = server.post("/v1/check", check_body(DENIED).to_string()).await;
    assert_eq!((denied.status, denied.json()["verdict"].as_str()), (200, Some("deny")));
    require_shape("Decision", &denied.json());
    let finding = &denied.json()["findings"][0];
    assert_eq!(finding["code"], "TEST-PRIVILEGED");
    assert_eq!(finding["location"]["line"], 16);
    assert!(!denied.text().contains("hunter2"));

    let id = denied.json()["id"].as_str().unwrap().to_owned();
    let again = server.get(&format!("/v1/decisions/{id}")).await;
    assert_eq!(again.json()["findings"], denied.json()["findings"]);
    let files = server.get(&format!("/v1/decisions/{id}/files")).await;
    require_shape("RecordedFileList", &files.json());
    assert_eq!(files.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(files.json()["items"][0]["path"], finding["location"]["file"]);
    assert!(!files.text().contains("hunter2"));
    let list = server.get("/v1/decisions?verdict=deny&code=TEST-PRIVILEGED&service=checkout").await;
    require_shape("DecisionList", &list.json());
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn content_text_and_a_recorded_digest_are_one_artifact() {
    let server = start().run().await;
    let with = |source: Value| {
        let mut body = check_body("");
        body["artifacts"][0] = source;
        body.to_string()
    };
    let text = server.post("/v1/check", check_body(ALLOWED).to_string()).await.json();
    let content = json!({"path": "deploy/app.yaml", "content": BASE64_STANDARD.encode(ALLOWED)});
    let content = server.post("/v1/check", with(content)).await.json();
    assert_eq!(content["inputDigest"], text["inputDigest"]);
    let digest = goldgate::domain::digest::Digest::of(ALLOWED.as_bytes());
    let recorded = json!({"path": "deploy/app.yaml", "digest": digest.to_string()});
    let recorded = server.post("/v1/check", with(recorded)).await.json();
    assert_eq!(recorded["inputDigest"], text["inputDigest"]);
    let digest = goldgate::domain::digest::Digest::of(b"never seen");
    let unknown = json!({"path": "deploy/app.yaml", "digest": digest.to_string()});
    let unknown = server.post("/v1/check", with(unknown)).await.error();
    assert_eq!(unknown, (404, "not_found".into(), "artifacts[0].digest".into()));
}

#[tokio::test]
async fn files_are_taken_as_curl_sends_them() {
    let server = start().run().await;
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"deploy.yaml\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{DENIED}\r\n--x--\r\n"
    );
    let files = |path: &str, content_type: &str, body: &str| {
        Request::post(path)
            .header("host", "localhost:7117")
            .header("content-type", content_type)
            .body(Full::new(body.to_owned().into()))
            .unwrap()
    };
    let form = "multipart/form-data; boundary=x";
    let path = "/v1/check/files?service=checkout&environment=production&stage=build";
    let denied = server.send(files(path, form, &body)).await.json();
    assert_eq!(
        (denied["verdict"].as_str(), denied["stage"].as_str()),
        (Some("deny"), Some("build"))
    );
    assert_eq!(denied["findings"][0]["location"]["file"], "deploy.yaml");

    let large =
        body.replace("privileged: true", &format!("privileged: true #{}", " ".repeat(3_000_000)));
    let large = server.send(files(path, form, &large)).await.json();
    assert_eq!(large["verdict"], "deny", "{large}");

    let broken = server.send(files(path, form, "--x\r\nnonsense")).await.error();
    assert_eq!((broken.0, broken.1.as_str()), (400, "invalid"));
    let unknown = server.send(files("/v1/check/files?enviroment=dev", form, &body)).await;
    assert_eq!(unknown.error().0, 400);
    assert!(unknown.text().contains("enviroment"), "{}", unknown.text());
    assert_eq!(server.send(files(path, "text/yaml", DENIED)).await.error().0, 415);
}

#[tokio::test]
async fn every_bad_request_gets_its_status_and_names_the_field() {
    let server = start().limits(|limits| limits.max_message_bytes = 10_000).run().await;
    let check = |body: &str| request(Method::POST, "/v1/check", body.to_owned());
    let typed = |content_type: &str| {
        let mut request = check("{}");
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        request
    };
    let get = |path: &str| request(Method::GET, path, "");
    for (request, status, kind, field) in [
        (check("{"), 400, "invalid", ""),
        (check("[]"), 400, "invalid", ""),
        (check(r#"["checkout", "staging"]"#), 400, "invalid", ""),
        (
            check(r#"{"artifacts": [["deploy/app.yaml", null, "text"]]}"#),
            400,
            "invalid",
            "artifacts[0]",
        ),
        (check("{}"), 400, "invalid", "artifacts"),
        (check(r#"{"artefacts": []}"#), 400, "invalid", "artefacts"),
        (check(r#"{"service": "a b"}"#), 400, "invalid", "service"),
        (check(r#"{"environment": "Production"}"#), 400, "invalid", "environment"),
        (check(r#"{"stage": "later"}"#), 400, "invalid", "stage"),
        (check(r#"{"options": {"dryrun": true}}"#), 400, "invalid", "options.dryrun"),
        (
            check(r#"{"artifacts": [{"path": "a", "content": "***"}]}"#),
            400,
            "invalid",
            "artifacts[0].content",
        ),
        (
            check(r#"{"artifacts": [{"path": "", "text": ""}]}"#),
            400,
            "invalid",
            "artifacts[0].path",
        ),
        (check(&" ".repeat(10_001)), 413, "too_large", ""),
        (typed("text/plain"), 415, "invalid", "content-type"),
        (
            request(Method::POST, "/v1/check?environment=staging", "{}"),
            400,
            "invalid",
            "environment",
        ),
        (get("/v1/check"), 405, "invalid", ""),
        (get("/v1/chekc"), 404, "not_found", ""),
        (get("/v1/decisions/7"), 400, "invalid", "id"),
        (get("/v1/decisions/01900000-0000-7000-8000-000000000000"), 404, "not_found", ""),
        (get("/v1/decisions?verdict=no"), 400, "invalid", "verdict"),
        (get("/v1/decisions?since=yesterday"), 400, "invalid", "since"),
        (get("/v1/decisions?tema=a"), 400, "invalid", "tema"),
        (get("/v1/decisions?page_size=-1"), 400, "invalid", "pageSize"),
        (get("/v1/decisions?page_token=nonsense"), 400, "invalid", "pageToken"),
        (get("/v1/policies/NOT-THERE"), 404, "not_found", ""),
        (get("/v1/policies/lower"), 400, "invalid", "code"),
        (get("/v1/services/component/default/nobody/scorecard"), 404, "not_found", ""),
    ] {
        let asked = format!("{} {}", request.method(), request.uri());
        let answer = server.send(request).await;
        let expected = (status, kind.to_owned(), field.to_owned());
        assert_eq!(answer.error(), expected, "{asked}: {}", answer.text());
        require_shape("Error", &answer.json());
    }
}

#[tokio::test]
async fn a_fault_in_json_says_line_and_column() {
    let server = start().run().await;
    let answer = server.post("/v1/check", "{\n  \"service\": }").await;
    assert!(answer.text().contains("line 2 column 14"), "{}", answer.text());
}

#[tokio::test]
async fn an_error_says_what_to_write_instead() {
    let server = start().limits(|limits| limits.max_message_bytes = 10_000).run().await;
    let mut renamed = request(Method::GET, "/v1/decisions", "");
    renamed.headers_mut().insert("host", "evil.example".parse().unwrap());
    let mut untyped = request(Method::POST, "/v1/check", "{}");
    untyped.headers_mut().remove("content-type");
    let packed = |encoding: &str| {
        let mut request = request(Method::POST, "/v1/check", "hi");
        request.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        request
    };
    let check = |body: &str| request(Method::POST, "/v1/check", body.to_owned());
    let get = |path: &str| request(Method::GET, path, "");
    for (request, status, said) in [
        (untyped, 415, "the body has no content type"),
        (renamed, 403, "`serve.hostNames`"),
        (check(&" ".repeat(10_001)), 413, "`serve.maxMessageBytes`"),
        (packed("gzip"), 400, "not packed as its `Content-Encoding` says"),
        (packed("compress"), 415, "`compress`"),
        (check(r#"{"service": "a b"}"#), 400, "write `name`, `namespace/name`"),
        (check(r#"{"environment": "Prod"}"#), 400, "write lower-case letters"),
        (get("/v1/services/component/default/nobody/scorecard"), 404, "in `production`"),
        (get("/v1/services/component/default/nobody/scorecard"), 404, "`goldgate scorecard list`"),
    ] {
        let answer = server.send(request).await;
        assert_eq!(answer.error().0, status, "{}", answer.text());
        assert!(answer.text().contains(said), "no `{said}` in {}", answer.text());
    }
}

#[tokio::test]
async fn the_same_key_is_one_decision_and_another_input_a_conflict() {
    let server = start().run().await;
    let mut body = check_body(ALLOWED);
    body["idempotencyKey"] = json!("run-17");
    let first = server.post("/v1/check", body.to_string()).await.json();
    let second = server.post("/v1/check", body.to_string()).await.json();
    assert_eq!(first["id"], second["id"]);
    body["environment"] = json!("staging");
    let conflict = server.post("/v1/check", body.to_string()).await.error();
    assert_eq!(conflict, (409, "conflict".into(), "idempotencyKey".into()));
}

#[tokio::test]
async fn a_rehearsal_leaves_no_trace() {
    let server = start().run().await;
    let mut body = check_body(DENIED);
    body["options"] = json!({"dryRun": true});
    let decision = server.post("/v1/check", body.to_string()).await.json();
    assert_eq!((&decision["verdict"], &decision["dryRun"]), (&json!("deny"), &json!(true)));
    assert_eq!(server.get("/v1/decisions").await.json()["items"], json!([]));
}

#[tokio::test]
async fn scorecards_are_read_listed_and_followed_back() {
    let server = start().run().await;
    let id = server.post("/v1/check", check_body(DENIED).to_string()).await.json()["id"].clone();
    let card = server.get("/v1/services/component/default/checkout/scorecard").await.json();
    require_shape("Scorecard", &card);
    assert_eq!(card["decision"], id);
    let history = server.get("/v1/services/component/default/checkout/scorecard/history").await;
    require_shape("ScorecardPointList", &history.json());
    assert_eq!(history.json()["items"][0]["decision"], id);
    let list = server.get("/v1/scorecards?environment=production").await.json();
    require_shape("ScorecardList", &list);
    assert_eq!(list["items"], json!([card]));
    assert_eq!(server.get("/v1/scorecards?team=nobody").await.json()["items"], json!([]));
}

#[tokio::test]
async fn policies_are_listed_page_by_page() {
    let server = start().run().await;
    let first = server.get("/v1/policies?page_size=1").await.json();
    require_shape("PolicyList", &first);
    assert_eq!(first["items"][0]["code"], "TEST-IMAGE-TAG");
    let next = first["nextPageToken"].as_str().unwrap();
    let second = server.get(&format!("/v1/policies?page_size=1&page_token={next}")).await.json();
    assert_eq!(second["items"][0]["code"], "TEST-PRIVILEGED");
    assert_eq!(second["nextPageToken"], "");
    let one = server.get("/v1/policies/TEST-PRIVILEGED").await.json();
    assert_eq!(one, second["items"][0]);
    assert_eq!(one["enforcement"], "deny");
}

#[tokio::test]
async fn watchers_are_sent_decisions_as_events_and_sent_home_at_the_end() {
    let mut server = start().run().await;
    let watched = request(Method::GET, "/v1/decisions:watch?verdict=deny", "");
    let mut events = server.open(watched).await.into_body();
    server.post("/v1/check", check_body(ALLOWED).to_string()).await;
    let denied = server.post("/v1/check", check_body(DENIED).to_string()).await.json();
    let mut text = String::new();
    while !text.ends_with("\n\n") {
        let frame = events.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    let id = denied["id"].as_str().unwrap();
    assert!(text.contains("event: decision\n") && text.contains(&format!("id: {id}\n")), "{text}");
    assert_eq!(text.matches("event:").count(), 1, "{text}");

    let watched = request(Method::GET, "/v1/scorecards:watch", "");
    let mut cards = server.open(watched).await.into_body();
    server.post("/v1/check", check_body(ALLOWED).to_string()).await;
    let frame = cards.frame().await.unwrap().unwrap();
    assert!(std::str::from_utf8(frame.data_ref().unwrap()).unwrap().contains("event: scorecard"));

    server.tell_to_stop();
    server.stopped().await;
}

#[tokio::test]
async fn a_filter_by_a_name_that_does_not_exist_is_told_and_no_empty_list() {
    let server = start().run().await;
    server.post("/v1/check", check_body(DENIED).to_string()).await;
    let refused = server.get("/v1/scorecards?level=platinum").await.error();
    assert_eq!(refused, (400, "invalid".to_owned(), "level".to_owned()));
    let environment = (400, "invalid".to_owned(), "environment".to_owned());
    for list in ["/v1/scorecards", "/v1/decisions", "/v1/policies", "/v1/policies/NO-MATTER"] {
        let refused = server.get(&format!("{list}?environment=marz")).await.error();
        assert_eq!(refused, environment, "{list}");
    }
    assert_eq!(server.get("/v1/scorecards?level=none&team=nobody").await.status, 200);
}

#[tokio::test]
async fn operators_are_told_how_it_is() {
    let server = start().run().await;
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    assert_eq!(server.get("/readyz").await.text(), "ready\n");
    server.post("/v1/check", check_body(DENIED).to_string()).await;
    server.get("/v1/nowhere/hunter2").await;
    let metrics = server.get("/metrics").await;
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
    for line in [
        "goldgate_decisions_total{face=\"http\",stage=\"deploy\",verdict=\"deny\"} 1",
        "goldgate_requests_total{face=\"http\",route=\"/v1/check\",code=\"200\"} 1",
        "goldgate_requests_total{face=\"http\",route=\"unknown\",code=\"404\"} 1",
        "goldgate_room_seconds_count{room=\"record\"} 1",
        "goldgate_record_waiting 0",
        "goldgate_findings_total{code=\"TEST-PRIVILEGED\",enforcement=\"deny\",state=\"open\"} 1",
    ] {
        assert!(metrics.text().contains(line), "no {line} in\n{}", metrics.text());
    }
    assert!(metrics.text().ends_with("# EOF\n"));
    assert!(!metrics.text().contains("hunter2"));
    assert_eq!(server.get("/openapi.json").await.text(), goldgate::api::OPENAPI);
}

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let document: Value = serde_json::from_str(goldgate::api::OPENAPI).unwrap();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| (method.clone(), path.clone()))
        })
        .collect();
    let served = goldgate::api::routes();
    let served: BTreeSet<(String, String)> =
        served.into_iter().map(|(method, path)| (method.to_owned(), path.to_owned())).collect();
    assert_eq!(described, served);
}

#[tokio::test]
async fn a_web_page_is_no_caller() {
    let server = start().run().await;
    let from = |host: &str, origin: Option<&str>| {
        let mut request = request(Method::GET, "/v1/decisions", "");
        request.headers_mut().insert("host", host.parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        request
    };
    for (host, origin, status) in [
        ("localhost:7117", None, 200),
        ("localhost:7117", Some("http://localhost:7117"), 200),
        ("localhost:7117", Some("http://evil.example"), 403),
        ("localhost:7117", Some("null"), 403),
        ("evil.example:7117", None, 403),
        ("evil.example:7117", Some("http://evil.example:7117"), 403),
    ] {
        let answer = server.send(from(host, origin)).await;
        assert_eq!(answer.status, status, "{host} {origin:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_packed_body_is_unpacked_within_the_same_bound() {
    let server = start().limits(|limits| limits.max_message_bytes = 10_000).run().await;
    let packed = |bytes: &[u8], encoding: &str| {
        let mut request = request(Method::POST, "/v1/check", bytes.to_vec());
        request.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        request
    };
    let gzip = |name: &str| std::fs::read(format!("tests/cases/api/{name}.json.gz")).unwrap();
    assert_eq!(server.send(packed(&gzip("check"), "gzip")).await.status, 200);
    let bomb = gzip("bomb");
    assert!(bomb.len() < 10_000);
    assert_eq!(server.send(packed(&bomb, "gzip")).await.error().0, 413);
    assert_eq!(server.send(packed(b"no gzip", "gzip")).await.error().0, 400);
    assert_eq!(server.send(packed(b"{}", "rot13")).await.error().0, 415);
}

#[tokio::test]
async fn the_callers_request_id_is_kept() {
    let server = start().run().await;
    let mut request = request(Method::GET, "/v1/nowhere", "");
    request.headers_mut().insert("x-request-id", "ci-17".parse().unwrap());
    let answer = server.send(request).await;
    answer.error();
    assert_eq!(answer.header("x-request-id"), "ci-17");
}

#[tokio::test]
async fn a_record_that_fails_is_no_allow_and_its_cause_stays_here() {
    let server = start().staged(Cue::Fail.before()).run().await;
    let answer = server.post("/v1/check", check_body(ALLOWED).to_string()).await;
    assert_eq!(answer.error().0, 503);
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!answer.text().contains("hunter2"));
}
