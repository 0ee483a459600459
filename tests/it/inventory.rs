//! The inventory and the watch from end to end: what runs, who has what, and what new advisories make of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use goldgate::proto;
use goldgate::proto::decision_service_client::DecisionServiceClient;
use goldgate::proto::inventory_service_client::InventoryServiceClient;
use serde_json::Value;
use tonic::transport::Endpoint;

use crate::cli::Place;

/// A lock file of a service that needs `reqwest`, and with it openssl in `version`.
fn lock(version: &str) -> String {
    let from = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    format!(
        "version = 4\n\n[[package]]\nname = \"shop\"\nversion = \"1.0.0\"\ndependencies = [\"reqwest\"]\n\n\
         [[package]]\nname = \"reqwest\"\nversion = \"0.12.1\"\n{from}\ndependencies = [\"openssl\"]\n\n\
         [[package]]\nname = \"openssl\"\nversion = \"{version}\"\n{from}\n"
    )
}

fn advisory(id: &str, package: &str, fixed: &str) -> String {
    format!(
        r#"{{"id": "{id}", "aliases": ["CVE-{id}"], "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",
  "summary": "Reads out of bounds", "affected": [{{"package": {{"ecosystem": "crates.io", "name": "{package}"}},
    "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}],
  "database_specific": {{"severity": "HIGH"}}}}"#
    )
}

/// Two services that run, one of them with an old openssl; advisories that are about neither.
fn shop() -> Place {
    let place = Place::with(Path::new("none"));
    fs::create_dir(place.work().join("app")).unwrap();
    fs::write(place.work().join("none.json"), advisory("GHSA-none", "left-pad", "1.0.0")).unwrap();
    fs::write(place.work().join("new.json"), advisory("GHSA-new", "openssl", "0.10.66")).unwrap();
    run(&place, &["advisories", "import", "none.json"], 0);
    for (service, version) in [("checkout", "0.10.60"), ("search", "0.10.70")] {
        fs::write(place.work().join("app/Cargo.lock"), lock(version)).unwrap();
        run(&place, &["check", "app", "--service", service], 0);
    }
    place
}

#[track_caller]
fn run(place: &Place, args: &[&str], code: i32) -> (String, String) {
    let output = place.command().args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

#[track_caller]
fn json(place: &Place, args: &[&str]) -> Value {
    let args = [args, &["-o", "json"]].concat();
    serde_json::from_str(&run(place, &args, 0).0).unwrap()
}

/// Decisions of the stage `watch`.
fn watched(place: &Place) -> Vec<Value> {
    let listed = json(place, &["decision", "list"]);
    let items = listed["items"].as_array().unwrap();
    items.iter().filter(|decision| decision["stage"] == "watch").cloned().collect()
}

#[test]
fn the_first_advisories_are_news_for_what_was_let_in_without_any() {
    let place = Place::with(Path::new("none"));
    fs::create_dir(place.work().join("app")).unwrap();
    fs::write(place.work().join("app/Cargo.lock"), lock("0.10.60")).unwrap();
    fs::write(place.work().join("none.json"), advisory("GHSA-none", "left-pad", "1.0.0")).unwrap();
    let first = json(&place, &["check", "app", "--service", "checkout"]);
    assert!(first.to_string().contains("ADVISORIES-MISSING"), "{first:#}");
    run(&place, &["advisories", "import", "none.json"], 0);
    let found = watched(&place);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(!found[0].to_string().contains("ADVISORIES-MISSING"), "{found:#?}");
    run(&place, &["advisories", "import", "none.json"], 0);
    assert_eq!(watched(&place).len(), 1);
}

#[test]
fn who_has_a_component_is_answered_over_all_services() {
    let place = shop();
    let found = json(&place, &["inventory", "who-has", "pkg:cargo/openssl@<0.10.66"]);
    assert_eq!(
        (&found["nServices"], &found["nReleases"], &found["nUnsure"]),
        (&1.into(), &2.into(), &0.into())
    );
    let holder = &found["items"][0];
    for (field, value) in [
        ("service", "component:default/checkout"),
        ("environment", "production"),
        ("package", "openssl"),
        ("version", "0.10.60"),
        ("through", "reqwest"),
        ("ecosystem", "crates.io"),
    ] {
        assert_eq!(holder[field], value, "{field}");
    }
    let decision = holder["decision"].as_str().unwrap();
    assert_eq!(json(&place, &["decision", "show", decision])["verdict"], "allow");
    let (text, _) = run(&place, &["inventory", "who-has", "pkg:cargo/openssl"], 0);
    assert!(text.contains("through reqwest") && text.contains("2 services have"), "{text}");
    let (text, _) = run(&place, &["inventory", "who-has", "pkg:cargo/openssl@>=1"], 0);
    assert_eq!(text, "nobody has pkg:cargo/openssl@>=1: looked through 2 running releases\n");
    let (text, _) = run(&place, &["inventory", "list"], 0);
    assert!(text.contains("component:default/checkout") && text.contains("production"), "{text}");
    let shown = json(&place, &["inventory", "show", "search"]);
    let shown: Vec<&str> = shown["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["package"].as_str().unwrap())
        .collect();
    assert_eq!(shown, ["openssl", "reqwest"]);
    let (_, complaint) = run(&place, &["inventory", "show", "nobody"], 2);
    assert!(
        complaint.contains("nothing of `component:default/nobody` runs in `production`"),
        "{complaint}"
    );
}

#[test]
fn a_range_that_is_none_is_refused_with_something_to_type() {
    let place = shop();
    for (range, part) in [
        ("<0.10.66", "does not begin with `pkg:`"),
        ("pkg:generic/openssl@<3", "packages of the type `generic` are not kept"),
        ("pkg:cargo/openssl@<abc", "`abc` is no version in the order of crates.io"),
    ] {
        let (_, complaint) = run(&place, &["inventory", "who-has", range], 2);
        assert!(complaint.contains(part) && complaint.contains("help:"), "{complaint}");
    }
    let (_, complaint) =
        run(&place, &["inventory", "who-has", "pkg:cargo/openssl", "-e", "nowhere"], 2);
    assert!(complaint.contains("there is no environment `nowhere`"), "{complaint}");
}

#[test]
fn a_version_that_cannot_be_compared_is_listed_and_said_to_be_unsure() {
    let place = shop();
    let bill = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [
      {"type": "library", "name": "openssl", "version": "trunk", "purl": "pkg:cargo/openssl@trunk"},
      {"type": "library", "name": "openssl", "purl": "pkg:cargo/openssl"}]}"#;
    fs::write(place.work().join("bom.json"), bill).unwrap();
    run(&place, &["check", "bom.json", "--service", "odd"], 0);
    let found = json(&place, &["inventory", "who-has", "pkg:cargo/openssl@<0.10.66"]);
    assert_eq!((&found["nServices"], &found["nUnsure"]), (&2.into(), &2.into()));
    let (text, _) = run(&place, &["inventory", "who-has", "pkg:cargo/openssl@<0.10.66"], 0);
    assert!(
        text.contains("trunk ?") && text.contains("- ?") && text.contains("cannot be compared"),
        "{text}"
    );
}

#[test]
fn a_denied_release_does_not_run() {
    let place = shop();
    run(&place, &["advisories", "import", "new.json"], 0);
    fs::write(place.work().join("app/Cargo.lock"), lock("0.10.61")).unwrap();
    run(&place, &["check", "app", "--service", "search"], 1);
    run(&place, &["check", "app", "--service", "third"], 1);
    let found = json(&place, &["inventory", "who-has", "pkg:cargo/openssl@0.10.61"]);
    assert_eq!(found["nServices"], 0);
    // A rehearsal is no release either.
    fs::write(place.work().join("app/Cargo.lock"), lock("0.10.71")).unwrap();
    run(&place, &["check", "app", "--service", "search", "--dry-run"], 0);
    assert_eq!(
        json(&place, &["inventory", "who-has", "pkg:cargo/openssl@0.10.71"])["nServices"],
        0
    );
}

#[test]
fn an_import_judges_again_what_runs_and_stops_nothing() {
    let place = shop();
    let before = json(&place, &["scorecard", "show", "checkout"]);
    let (_, told) = run(&place, &["advisories", "import", "new.json"], 0);
    assert!(
        told.contains("1 release that run stand otherwise now")
            || told.contains("component:default/checkout"),
        "{told}"
    );
    let found = watched(&place);
    assert_eq!(found.len(), 1, "{found:#?}");
    let watch = &found[0];
    assert_eq!(
        (&watch["service"], &watch["verdict"]),
        (&"component:default/checkout".into(), &"deny".into())
    );
    assert_eq!(watch["trigger"]["actor"], "goldgate watch");
    let codes: Vec<_> = watch["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["VULN-KNOWN"]);
    let finding = &watch["findings"][0];
    assert!(
        finding["message"].as_str().unwrap().contains("openssl 0.10.60 has GHSA-new"),
        "{finding:#}"
    );
    let after = json(&place, &["scorecard", "show", "checkout"]);
    assert_ne!(before["score"], after["score"]);
    assert_eq!(after["policies"]["VULN-KNOWN"]["standing"], "failed");
    // What it did not look at stands as it stood.
    assert_eq!(before["policies"]["GP-OWNER"], after["policies"]["GP-OWNER"]);
    // It goes on running, and the decision that let it in is named.
    let runs = json(&place, &["inventory", "who-has", "pkg:cargo/openssl@0.10.60"]);
    let arrived = runs["items"][0]["decision"].as_str().unwrap();
    assert!(watch["notes"][0].as_str().unwrap().contains(arrived), "{watch:#}");
    // The same once more is nothing new.
    let (_, told) = run(&place, &["advisories", "import", "new.json"], 0);
    assert!(told.contains("nothing new about what runs"), "{told}");
    assert_eq!(watched(&place).len(), 1);
    // What is mended moves back.
    run(&place, &["advisories", "import", "none.json"], 0);
    assert_eq!((watched(&place).len(), &watched(&place)[0]["verdict"]), (2, &"allow".into()));
    assert_eq!(
        json(&place, &["scorecard", "show", "checkout"])["policies"]["VULN-KNOWN"]["standing"],
        "passed"
    );
}

#[test]
fn a_word_of_vex_judges_again_what_it_is_about() {
    let place = shop();
    run(&place, &["advisories", "import", "new.json"], 0);
    let statement = |id: &str| {
        format!(
            r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/{id}", "author": "acme",
        "timestamp": "2026-02-01T00:00:00Z", "version": 1, "statements": [{{"vulnerability": {{"name": "{id}"}},
        "products": [{{"@id": "pkg:cargo/openssl"}}], "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path"}}]}}"#
        )
    };
    fs::write(place.work().join("other.json"), statement("CVE-2020-1")).unwrap();
    let (_, told) = run(&place, &["vex", "import", "other.json"], 0);
    assert!(told.contains("nothing new about what runs"), "{told}");
    fs::write(place.work().join("vex.json"), statement("CVE-GHSA-new")).unwrap();
    run(&place, &["vex", "import", "vex.json"], 0);
    let found = watched(&place);
    assert_eq!((found.len(), &found[0]["verdict"]), (2, &"allow".into()));
    run(&place, &["vex", "remove", "https://acme.example/CVE-GHSA-new"], 0);
    let found = watched(&place);
    assert_eq!((found.len(), &found[0]["verdict"]), (3, &"deny".into()));
}

/// A server on the record of a place; killed when it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(place: &Place) -> Self {
        let mut command = place.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "-v"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("on http://")?;
            Some(rest.split_whitespace().next()?.to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.expect("the program serves") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_judges_again_what_runs_and_tells_its_watchers() {
    let place = shop();
    let server = Server::start(&place);
    let url = format!("http://{}", server.address);
    let channel = Endpoint::from_shared(url.clone()).unwrap().connect().await.unwrap();
    let mut events = DecisionServiceClient::new(channel.clone())
        .watch_decisions(proto::WatchDecisionsRequest::default())
        .await
        .unwrap()
        .into_inner();
    let (_, told) = run(&place, &["advisories", "import", "new.json"], 0);
    assert!(told.contains("a server keeps watch over this record"), "{told}");
    let event = tokio::time::timeout(Duration::from_mins(1), events.message()).await;
    let event = event.expect("the server looks at the files every two seconds").unwrap().unwrap();
    let Some(proto::watch_decisions_response::Event::Decision(decision)) = event.event else {
        panic!("{event:?}")
    };
    assert_eq!(decision.stage(), proto::Stage::Watch);
    assert_eq!(decision.service, "component:default/checkout");
    // The same answers here, over gRPC, over HTTP and with `--server`.
    let question = ["inventory", "who-has", "pkg:cargo/openssl@<0.10.66"];
    let here = json(&place, &question);
    assert_eq!(json(&place, &[&question[..], &["--server", &url]].concat()), here);
    for words in [&["inventory", "list"][..], &["inventory", "show", "checkout"]] {
        assert_eq!(json(&place, &[words, &["--server", &url]].concat()), json(&place, words));
    }
    let mut inventory = InventoryServiceClient::new(channel);
    let asked = proto::WhoHasRequest { component: question[2].to_owned(), ..Default::default() };
    let answer = inventory.who_has(asked).await.unwrap().into_inner();
    assert_eq!((answer.n_services, answer.items[0].version.as_str()), (1, "0.10.60"));
    let refused = proto::WhoHasRequest { component: "openssl".to_owned(), ..Default::default() };
    let status = inventory.who_has(refused).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    let nobody =
        proto::ListComponentsRequest { service: "nobody".to_owned(), ..Default::default() };
    let status = inventory.list_components(nobody).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound);
    let (_, complaint) = run(&place, &["inventory", "show", "nobody", "--server", &url], 2);
    assert!(complaint.contains("nothing of `component:default/nobody` runs"), "{complaint}");
}
