//! What a cluster's door sees of what runs: a real API server's reviews, images of a real registry with attested bills.

use std::fs;
use std::path::Path;

use goldgate::domain::digest::Digest;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{Server, json as asked, next_decision, run, watched};
use crate::cli::Place;
use crate::harness::{Answer, exchange, request};
use crate::registry::server::RegistryServer;

const FIXTURE: &str = "tests/fixtures/images/vex.tar.zst";
const IMAGE: &str =
    "vex/bundle@sha256:cc3ac7ec965d8d6dc8b5e1cff1de94cb4455c40ab7d412978e557b5171265d04";

/// The review with which a real API server asked about a new Deployment, with an image of this registry.
fn creation(host: &str, name: &str) -> Value {
    let text = fs::read_to_string("tests/cases/admission/002-create-deployments.json").unwrap();
    let mut review: Value = serde_json::from_str(&text).unwrap();
    let asked = &mut review["request"];
    asked["uid"] = json!(format!("create-{name}"));
    asked["name"] = json!(name);
    asked["object"]["metadata"]["name"] = json!(name);
    let container = &mut asked["object"]["spec"]["template"]["spec"]["containers"][0];
    container["image"] = json!(format!("{host}/{IMAGE}"));
    review
}

/// The review with which a real API server asked about a deletion.
fn deletion(name: &str, dry_run: bool) -> Value {
    let text = fs::read_to_string("tests/cases/admission/027-delete-deployments.json").unwrap();
    let mut review: Value = serde_json::from_str(&text).unwrap();
    review["request"]["name"] = json!(name);
    review["request"]["dryRun"] = json!(dry_run);
    review
}

async fn allowed(server: &Server, review: &Value, environment: &str) {
    let answer = answered(server, review, environment).await;
    assert_eq!(answer["allowed"], true, "{answer:#}");
}

async fn answered(server: &Server, review: &Value, environment: &str) -> Value {
    let path = format!("/admission/v1/validate?environment={environment}&timeout=30s");
    let stream = TcpStream::connect(&server.address).await.unwrap();
    let asked = request(http::Method::POST, &path, review.to_string());
    let answer = Answer::of(exchange(TokioIo::new(stream), asked).await).await;
    answer.json()["response"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_names_a_bill_that_is_kept_by_an_annotation() {
    let place = Place::with(Path::new("none"));
    let policies = std::env::current_dir().unwrap().join("policies");
    let policies = policies.display();
    let file = format!("noBuiltin: true\nbundle: [{policies}/vulnerabilities, {policies}/lib]\n");
    fs::write(place.work().join("goldgate.yaml"), file).unwrap();
    let bill = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "openssl",
        "version": "0.10.60", "purl": "pkg:cargo/openssl@0.10.60"}]}"#;
    fs::write(place.work().join("bom.json"), bill).unwrap();
    run(&place, &["check", "bom.json", "--service", "other"], 0);
    let server = Server::start(&place);
    let mut review = creation("registry.example", "web");
    let digest = Digest::of(bill.as_bytes());
    review["request"]["object"]["metadata"]["annotations"]["goldgate.dev/sbom"] =
        json!(digest.to_string());
    allowed(&server, &review, "production").await;
    let found = asked(&place, &["inventory", "who-has", "pkg:cargo/openssl"]);
    assert_eq!(found["nServices"], 2, "{found:#}");

    review["request"]["uid"] = json!("another");
    let nothing = Digest::of(b"nothing");
    review["request"]["object"]["metadata"]["annotations"]["goldgate.dev/sbom"] =
        json!(nothing.to_string());
    let answer = answered(&server, &review, "production").await;
    let message = answer["status"]["message"].as_str().unwrap_or_default();
    assert_eq!(answer["allowed"], false);
    assert!(message.contains(&format!("the record keeps no bill `{nothing}`")), "{message}");
}

/// A place whose server looks at images, and judges bills alone.
fn cluster(host: &str) -> Place {
    let place = Place::with(Path::new("none"));
    let root = std::env::current_dir().unwrap();
    let (keys, policies) = (root.join("tests/fixtures/images/vex-keys"), root.join("policies"));
    let (keys, policies) = (keys.display(), policies.display());
    let images = format!(
        "authorities:\n  release: {{key: {{pemFile: {keys}/release.pub}}}}\n\
         rules:\n  - name: all\n    images: [\"**\"]\n    signatures: {{anyOf: [release]}}\n    attestations:\n\
         \x20     - {{name: sbom, predicateTypes: [\"https://cyclonedx.org/bom\"], authorities: [release]}}\n\
         registries: {{allow: [\"{host}\"], hosts: {{\"{host}\": {{plainHttp: true, allowPrivateAddresses: true}}}}}}\n"
    );
    let file = format!(
        "images: images.yaml\nnoBuiltin: true\nbundle: [{policies}/vulnerabilities, {policies}/lib, environments]\n"
    );
    let environments = place.work().join("environments");
    fs::create_dir(&environments).unwrap();
    fs::write(environments.join("enforcement.yaml"), "environments: [production, staging]\n")
        .unwrap();
    fs::write(place.work().join("images.yaml"), images).unwrap();
    fs::write(place.work().join("goldgate.yaml"), file).unwrap();
    fs::write(place.work().join("none.json"), super::advisory("GHSA-none", "left-pad", "1.0.0"))
        .unwrap();
    let log4j = super::advisory("GHSA-jfh8", "org.apache.logging.log4j:log4j-core", "2.15.0");
    let log4j = log4j.replace("crates.io", "Maven").replace("SEMVER", "ECOSYSTEM");
    fs::write(place.work().join("log4j.json"), log4j).unwrap();
    run(&place, &["advisories", "import", "none.json"], 0);
    place
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_door_lets_in_runs_with_its_attested_bill_until_it_is_deleted() {
    let Some(registry) = RegistryServer::start_with(FIXTURE) else { return };
    let place = cluster(&registry.host());
    let server = Server::start(&place);
    let mut events = server.watch().await;
    allowed(&server, &creation(&registry.host(), "web"), "staging").await;
    let mut rehearsal = creation(&registry.host(), "rehearsed");
    rehearsal["request"]["dryRun"] = json!(true);
    allowed(&server, &rehearsal, "staging").await;
    let runs = asked(&place, &["inventory", "list"]);
    assert_eq!(runs["items"].as_array().unwrap().len(), 1, "{runs:#}");
    let release = &runs["items"][0];
    for (field, value) in [
        ("service", "component:default/checkout"),
        ("environment", "staging"),
        ("part", "Deployment/shop/web"),
    ] {
        assert_eq!(release[field], value, "{release:#}");
    }
    assert!(release["images"][0].as_str().unwrap().contains("@sha256:"), "{release:#}");
    let question =
        ["inventory", "who-has", "pkg:maven/org.apache.logging.log4j/log4j-core@<2.15.0"];
    let found = asked(&place, &question);
    assert_eq!((&found["nServices"], &found["items"][0]["version"]), (&1.into(), &"2.14.1".into()));

    // What was attested is judged again, without the registry.
    drop(registry);
    let first = next_decision(&mut events).await;
    assert_eq!(first.stage(), goldgate::proto::Stage::Admission);
    run(&place, &["advisories", "import", "log4j.json"], 0);
    let again = next_decision(&mut events).await;
    assert_eq!(
        (again.stage(), again.environment.as_str()),
        (goldgate::proto::Stage::Watch, "staging")
    );
    assert_eq!(again.findings[0].code, "VULN-KNOWN");
    assert_eq!(watched(&place).len(), 1);

    allowed(&server, &deletion("web", true), "staging").await;
    allowed(&server, &deletion("web", false), "production").await;
    allowed(&server, &deletion("other", false), "staging").await;
    assert_eq!(asked(&place, &question)["nServices"], 1);
    allowed(&server, &deletion("web", false), "staging").await;
    assert_eq!(asked(&place, &question)["nServices"], 0);
    assert_eq!(asked(&place, &["inventory", "list"])["items"], json!([]));
}
