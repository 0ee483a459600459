//! Images of a real registry, looked at on every face of the gate.

use goldgate::evidence::Source;
use goldgate::proto;
use goldgate::proto::gate_service_client::GateServiceClient;
use serde_json::{Value, json};

use crate::harness::{ALLOWED, check_body, start};
use crate::registry::server::RegistryServer;

const NAMED: &str =
    "cases/keyless-legacy@sha256:23bd43562625d474b2975252f054aa840debbb38b68a03db7154e5e87cef8ab4";
const IN_MANIFEST: &str = "registry.example/shop/checkout:1.4.2";

/// The faces' own words for what is known of each image.
fn statuses(decision: &Value) -> Vec<(String, String)> {
    let text = |image: &Value, key: &str| image[key].as_str().unwrap_or_default().to_owned();
    let images = decision["images"].as_array().unwrap().iter();
    images.map(|image| (text(image, "requested"), text(image, "status"))).collect()
}

#[tokio::test]
async fn images_that_are_named_and_images_that_are_found_are_looked_at() {
    let Some(registry) = RegistryServer::start() else { return };
    let host = registry.host();
    let source: Box<dyn Source> = Box::new(crate::images::source(&host));
    let server = start().sources(vec![source]).run().await;
    let named = format!("{host}/{NAMED}");
    let found = format!("{host}/cases/keyless-legacy-evil:v1");
    let manifest = ALLOWED.replace(IN_MANIFEST, &found);

    let mut body = check_body(&manifest);
    body["images"] = json!([named]);
    let answer = server.post("/v1/check", body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let expected =
        [(found.clone(), "unverified".to_owned()), (named.clone(), "verified".to_owned())];
    assert_eq!(statuses(&answer.json()), expected);
    let image = answer.json()["images"][1].clone();
    assert_eq!(image["resolved"], named.as_str(), "{image:#}");
    assert_eq!(image["cached"], false, "{image:#}");

    let mut gate = GateServiceClient::new(server.channel().await);
    let question = proto::CheckRequest {
        service: "checkout".to_owned(),
        images: vec![named.clone()],
        artifacts: vec![proto::Artifact {
            path: "deploy/app.yaml".to_owned(),
            source: Some(proto::artifact::Source::Content(manifest.into_bytes().into())),
            origin: proto::ArtifactOrigin::Named.into(),
        }],
        ..Default::default()
    };
    let decision = gate.check(question).await.unwrap().into_inner();
    let known: Vec<_> =
        decision.images.iter().map(|image| (image.requested.as_str(), image.status())).collect();
    let (verified, unverified) =
        (proto::ImageVerification::Verified, proto::ImageVerification::Unverified);
    assert_eq!(known, [(found.as_str(), unverified), (named.as_str(), verified)]);
    assert!(decision.images[1].cached, "the same digest was verified a moment ago");
    assert!(decision.notes.iter().any(|note| note.contains("were kept")), "{:?}", decision.notes);
}
