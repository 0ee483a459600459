//! The policies' own tests, which the real program runs on both engines after it has started.

use http::Method;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::harness::{Answer, exchange, request};
use crate::process::Program;

const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {one: 0.1, other: 0.2}\n";

async fn ask(program: &Program, method: Method, path: &str, body: String) -> Answer {
    let stream = TcpStream::connect(program.address).await.unwrap();
    Answer::of(exchange(TokioIo::new(stream), request(method, path, body)).await).await
}

async fn check(program: &Program) -> serde_json::Value {
    let body = serde_json::json!({
        "environment": "production",
        "artifacts": [{"path": "a.yaml", "text": MANIFEST}],
    });
    let answer = ask(program, Method::POST, "/v1/check", body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn where_the_engines_differ_on_an_own_test_both_are_asked_from_then_on() {
    let data = tempfile::tempdir().unwrap();
    let program = Program::serve_bundle(data.path(), "tests/cases/api/own_tests");
    let tests =
        |outcome: &str, n: u32| format!("goldgate_policy_tests{{outcome=\"{outcome}\"}} {n}\n");
    loop {
        let metrics = ask(&program, Method::GET, "/metrics", String::new()).await;
        let told = program.log().iter().any(|line| line.contains("own tests on both engines"));
        if told && metrics.text().contains("goldgate_policy_tests") {
            for (outcome, n) in [("passed", 1), ("failed", 1), ("different", 1), ("left_out", 1)] {
                assert!(metrics.text().contains(&tests(outcome, n)), "{}", metrics.text());
            }
            break;
        }
        tokio::task::yield_now().await;
    }
    let log = program.log().join("\n");
    let again = "`goldgate policy test --both-engines --run 'data.sums_test.test_parts_that_are_the_whole_are_denied'`";
    assert!(log.contains(again), "{log}");
    assert!(log.contains("names_test.rego:7) does not pass: fail"), "{log}");
    let decision = check(&program).await;
    // What the own evaluator finds stands, and so would what the second engine finds.
    assert_eq!(decision["verdict"], "deny", "{decision}");
    assert_eq!(decision["findings"][0]["message"], "the parts are the whole", "{decision}");
    assert_eq!(decision["secondEngine"], serde_json::json!(["SUMS"]), "{decision}");
}
