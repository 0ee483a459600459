//! Starting and stopping.

use std::sync::Arc;
use std::time::Duration;

use goldgate::app::{ServeOptions, Server};
use goldgate::domain::decision::DecisionId;
use goldgate::domain::error::Error;
use goldgate::record::Store as _;
use goldgate::record::sqlite::SqliteStore;
use tokio::net::TcpListener;

use crate::harness::{ALLOWED, check_body, gate_in, request, start};
use crate::staged::Cue;

async fn refusal(options: ServeOptions) -> Error {
    let folder = tempfile::tempdir().unwrap();
    Server::bind(gate_in(folder.path(), |store| store), options).await.unwrap_err()
}

#[tokio::test]
async fn an_address_beyond_loopback_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7117"] {
        let options = ServeOptions { listen: address.parse().unwrap(), ..ServeOptions::default() };
        let error = refusal(options).await;
        assert_eq!(error.field(), Some("listen"), "{error:?}");
        assert!(error.external().contains("authenticates"), "{error:?}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_with_what_to_type() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = taken.local_addr().unwrap();
    let error = refusal(ServeOptions { listen, ..ServeOptions::default() }).await;
    assert!(error.external().contains("is taken"), "{error:?}");
    assert!(error.help().unwrap().contains("--listen 127.0.0.1:"), "{error:?}");
}

#[tokio::test]
async fn what_is_in_flight_is_answered_and_recorded_before_the_server_stops() {
    let (cue, arrived, go) = Cue::wait();
    let mut server = start().staged(cue.before()).run().await;
    let address = server.address;
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let request = request(http::Method::POST, "/v1/check", check_body(ALLOWED).to_string());
            tokio::spawn(async move {
                let stream = tokio::net::TcpStream::connect(address).await.unwrap();
                let stream = hyper_util::rt::TokioIo::new(stream);
                crate::harness::Answer::of(crate::harness::exchange(stream, request).await).await
            })
        })
        .collect();
    arrived.acquire_many(8).await.unwrap().forget();
    server.tell_to_stop();
    // Nobody new is let in.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.add_permits(8);
    let mut ids = Vec::new();
    for answer in asked {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        ids.push(answer.json()["id"].as_str().unwrap().parse::<DecisionId>().unwrap());
    }
    let folder = server.stopped().await;
    let store = SqliteStore::open(folder.path()).unwrap();
    for id in ids {
        assert!(store.decision(id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_request_that_does_not_end_cannot_hold_the_server() {
    let (cue, arrived, _go) = Cue::wait();
    let mut server = start().staged(cue.before()).grace(Duration::from_millis(100)).run().await;
    let address = server.address;
    let asked = tokio::spawn(async move {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = request(http::Method::POST, "/v1/check", check_body(ALLOWED).to_string());
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.map(drop)
    });
    arrived.acquire().await.unwrap().forget();
    server.tell_to_stop();
    server.stopped().await;
    asked.abort();
}

#[tokio::test]
async fn many_requests_over_many_connections_are_each_recorded_once() {
    let server = Arc::new(start().run().await);
    let asked: Vec<_> = (0..64)
        .map(|number| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut body = check_body(ALLOWED);
                body["service"] = serde_json::json!(format!("service-{number}"));
                server.post("/v1/check", body.to_string()).await.status
            })
        })
        .collect();
    for status in asked {
        assert_eq!(status.await.unwrap(), 200);
    }
    let list = server.get("/v1/decisions?page_size=500").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 64);
}
