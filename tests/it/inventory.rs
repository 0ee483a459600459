//! The inventory and the watch from end to end: what runs, who has what, and what new advisories make of it.

mod door;
mod kept;
mod pull;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
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

#[test]
fn a_service_that_was_taken_down_is_forgotten() {
    let place = shop();
    run(&place, &["check", "app", "--service", "search", "-e", "staging"], 0);
    let n_running =
        |place: &Place| json(place, &["inventory", "list"])["items"].as_array().unwrap().len();
    let (table, told) = run(&place, &["inventory", "forget", "search", "--dry-run"], 0);
    assert!(told.contains("2 running releases would be forgotten"), "{told}");
    assert!(table.contains("staging") && table.contains("production"), "{table}");
    assert_eq!(n_running(&place), 3);
    let gone = json(&place, &["inventory", "forget", "search", "-e", "staging"]);
    assert_eq!((gone["items"].as_array().unwrap().len(), n_running(&place)), (1, 2));
    run(&place, &["inventory", "forget", "checkout"], 0);
    let (_, told) = run(&place, &["inventory", "forget", "checkout"], 0);
    assert!(told.contains("nothing of `component:default/checkout` runs anywhere"), "{told}");
    let question = ["inventory", "who-has", "pkg:cargo/openssl@<0.10.66"];
    assert_eq!(json(&place, &question)["nServices"], 0);
    // It is not judged again, and a new release of it is listed again.
    run(&place, &["advisories", "import", "new.json"], 0);
    assert_eq!(watched(&place).len(), 0);
    fs::write(place.work().join("app/Cargo.lock"), lock("0.10.70")).unwrap();
    run(&place, &["check", "app", "--service", "checkout"], 0);
    assert_eq!(n_running(&place), 2);
}

#[test]
fn what_cannot_be_forgotten_is_told_with_what_there_is() {
    let place = shop();
    let (_, complaint) = run(&place, &["inventory", "forget", "chekout"], 2);
    assert!(complaint.contains("knows nothing of `component:default/chekout`"), "{complaint}");
    assert!(complaint.contains("did you mean `component:default/checkout`?"), "{complaint}");
    let (_, complaint) = run(&place, &["inventory", "forget", "checkout", "-e", "nowhere"], 2);
    assert!(complaint.contains("there is no environment `nowhere`"), "{complaint}");
    assert_eq!(json(&place, &["inventory", "list"])["items"].as_array().unwrap().len(), 2);
}

/// As a record was before there was an inventory.
fn without_inventory(place: &Place) {
    let record = rusqlite::Connection::open(place.data_folder().join("goldgate.db")).unwrap();
    for table in ["running", "kept", "holder", "version", "package"] {
        record.execute(&format!("DELETE FROM {table}"), []).unwrap();
    }
}

#[test]
fn an_inventory_is_rebuilt_from_decisions_and_says_what_it_cannot_know() {
    let place = shop();
    fs::write(
        place.work().join("app.yaml"),
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
    )
    .unwrap();
    run(&place, &["check", "app.yaml", "--service", "bare"], 0);
    let question = ["inventory", "who-has", "pkg:cargo/openssl"];
    let (before, listed) = (json(&place, &question), json(&place, &["inventory", "list"]));
    run(&place, &["inventory", "forget", "bare"], 0);
    without_inventory(&place);
    assert_eq!(json(&place, &question)["nServices"], 0);
    let (table, told) = run(&place, &["inventory", "rebuild", "--dry-run"], 0);
    assert!(
        told.contains("2 releases would be listed") && !table.contains("bare"),
        "{told}{table}"
    );
    assert_eq!(json(&place, &question)["nServices"], 0);
    run(&place, &["inventory", "rebuild"], 0);
    assert_eq!(json(&place, &question)["items"], before["items"]);
    let again = json(&place, &["inventory", "list"]);
    assert_eq!(again["items"].as_array().unwrap()[..], listed["items"].as_array().unwrap()[1..]);
    assert_eq!(watched(&place).len(), 0, "what was said before is not said again");
    let (_, told) = run(&place, &["inventory", "rebuild"], 0);
    assert!(told.contains("nothing is missing"), "{told}");
    // What was put back is judged again as any other.
    run(&place, &["advisories", "import", "new.json"], 0);
    assert_eq!(watched(&place).len(), 1);
    // What a watch said before the list was lost is not said again either.
    without_inventory(&place);
    run(&place, &["inventory", "rebuild"], 0);
    run(&place, &["advisories", "import", "new.json"], 0);
    assert_eq!(watched(&place).len(), 1);
}

#[test]
fn a_release_without_a_bill_is_listed_and_said_to_have_none() {
    let place = Place::with(Path::new("none"));
    fs::write(
        place.work().join("app.yaml"),
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
    )
    .unwrap();
    run(&place, &["check", "app.yaml", "--service", "bare"], 0);
    without_inventory(&place);
    let rebuilt = json(&place, &["inventory", "rebuild"]);
    assert_eq!(rebuilt["items"][0]["gaps"][0], "no bill or lock file was handed in");
    assert_eq!(json(&place, &["inventory", "list"])["items"][0]["nComponents"], 0);
    let (_, complaint) =
        run(&place, &["inventory", "rebuild", "--server", "http://127.0.0.1:1"], 2);
    assert!(complaint.contains("cannot be rebuilt from here"), "{complaint}");
}

/// A server on the record of a place; killed when it is dropped.
struct Server {
    child: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
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
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line));
        });
        Self { child, address: address.expect("the program serves"), log }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has told so far.
    fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }
}

/// What a server tells of new decisions.
type Events = tonic::Streaming<proto::WatchDecisionsResponse>;

impl Server {
    async fn watch(&self) -> Events {
        let channel = Endpoint::from_shared(self.url()).unwrap().connect().await.unwrap();
        let mut client = DecisionServiceClient::new(channel);
        let events = client.watch_decisions(proto::WatchDecisionsRequest::default()).await;
        events.unwrap().into_inner()
    }
}

/// The next decision that a server tells of; it looks at the files every two seconds.
async fn next_decision(events: &mut Events) -> proto::Decision {
    let event = tokio::time::timeout(Duration::from_mins(1), events.message()).await;
    let event = event.expect("the server tells of a decision").unwrap().unwrap();
    match event.event {
        Some(proto::watch_decisions_response::Event::Decision(decision)) => decision,
        other => panic!("{other:?}"),
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
    let url = server.url();
    let mut events = server.watch().await;
    let (_, told) = run(&place, &["advisories", "import", "new.json"], 0);
    assert!(told.contains("a server keeps watch over this record"), "{told}");
    let decision = next_decision(&mut events).await;
    assert_eq!(decision.stage(), proto::Stage::Watch);
    assert_eq!(decision.service, "component:default/checkout");
    // The same answers here, over gRPC, over HTTP and with `--server`.
    let question = ["inventory", "who-has", "pkg:cargo/openssl@<0.10.66"];
    let here = json(&place, &question);
    assert_eq!(json(&place, &[&question[..], &["--server", &url]].concat()), here);
    for words in [&["inventory", "list"][..], &["inventory", "show", "checkout"]] {
        assert_eq!(json(&place, &[words, &["--server", &url]].concat()), json(&place, words));
    }
    let channel = Endpoint::from_shared(url.clone()).unwrap().connect().await.unwrap();
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
    let message = proto::ForgetReleasesRequest {
        service: "checkout".to_owned(),
        dry_run: true,
        ..Default::default()
    };
    let gone = inventory.forget_releases(message.clone()).await.unwrap().into_inner();
    assert_eq!((gone.items.len(), gone.items[0].environment.as_str()), (1, "production"));
    let unknown = proto::ForgetReleasesRequest { service: "nobody".to_owned(), ..message.clone() };
    let status = inventory.forget_releases(unknown).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound);
    let nowhere = proto::ForgetReleasesRequest { environment: "x".to_owned(), ..message };
    let status = inventory.forget_releases(nowhere).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    let gone = json(&place, &["inventory", "forget", "checkout", "--server", &url]);
    assert_eq!(gone["items"][0]["service"], "component:default/checkout");
    assert_eq!(json(&place, &question)["nServices"], 0);
    let (_, complaint) = run(&place, &["inventory", "show", "nobody", "--server", &url], 2);
    assert!(complaint.contains("nothing of `component:default/nobody` runs"), "{complaint}");
}
