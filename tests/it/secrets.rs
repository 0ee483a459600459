//! Nothing of a secret leaves the gate: `tests/cases/secrets/` is judged in every way there is, and everything that comes
//! out is searched for every line of `secrets.txt`.
//!
//! `input/` is a repository with a bundle that tells what it sees; `environment.txt` holds variables of every command,
//! `images.txt` references to judge beside the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use goldgate::document::{DocumentLimits, json, yaml};
use goldgate::domain::digest::Digest;
use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{DecisionFilter, PageRequest, Store as _};
use http::Method;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::cli::Place;
use crate::harness::{Answer, exchange, request};

#[test]
fn the_case_holds_every_secret_that_is_searched_for() {
    let case = Case::new();
    let mut everything: Vec<u8> = Vec::new();
    for file in files_below(&case.folder).iter().filter(|file| !file.ends_with("secrets.txt")) {
        let text = fs::read_to_string(file).unwrap();
        everything.extend(text.bytes().chain([b'\n']));
        // As it is once it was read: unescaped, and base64 in one line.
        for document in documents(&text) {
            let mut texts = Vec::new();
            collect_texts(&document, &mut texts);
            everything.extend(texts.join("\n").into_bytes());
        }
    }
    let found = Search::new(&case.secrets).found_in(&everything);
    let missing: Vec<&String> =
        case.secrets.iter().filter(|secret| !found.contains_key(secret.as_str())).collect();
    assert!(case.secrets.len() > 80 && missing.is_empty(), "{missing:?}");
}

#[test]
fn no_secret_is_printed_or_recorded_by_the_command_line() {
    let case = Case::new();
    let mut told = Told::default();
    let images = || case.images.iter().flat_map(|image| ["--image", image]);
    let found: Vec<&str> = ["check", "."].into_iter().chain(images()).collect();
    let named: Vec<String> = files_below(&case.place.work())
        .iter()
        .map(|file| file.strip_prefix(case.place.work()).unwrap().display().to_string())
        .collect();
    let named: Vec<&str> = ["check"].into_iter().chain(named.iter().map(String::as_str)).collect();
    for words in [&found, &named] {
        for more in [&[][..], &["-v"], &["-q"], &["--fail-on", "warn", "--color", "always"]] {
            case.run(&mut told, words, more);
        }
        for format in ["json", "sarif", "junit", "github"] {
            case.run(&mut told, words, &["-o", format, "-v"]);
            case.run(&mut told, words, &["-o", format, "--output-file", "report", "--dry-run"]);
            told.add(format!("{format} in a file"), fs::read(case.place.work().join("report")));
            fs::remove_file(case.place.work().join("report")).unwrap();
        }
    }
    let listed = case.run(&mut told, &["decision", "list", "-o", "json"], &[]);
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    let decisions = listed["items"].as_array().unwrap();
    assert_eq!(decisions.len(), 16);
    for decision in [&decisions[0], &decisions[15]] {
        assert!(decision["findings"].as_array().unwrap().len() > 200, "the bundle tells little");
        let id = decision["id"].as_str().unwrap();
        for format in ["human", "json", "sarif", "junit", "github"] {
            case.run(&mut told, &["decision", "show", id, "-o", format], &[]);
        }
        case.run(&mut told, &["explain", id], &[]);
        case.run(&mut told, &["explain", id, "-o", "json", "-v"], &[]);
    }
    for words in [
        &["decision", "list", "-v"][..],
        &["scorecard", "list", "-o", "json"],
        &["scorecard", "show", "keeper"],
        &["scorecard", "history", "keeper", "-o", "json"],
        &["policy", "list", "-v"],
        &["config", "show"],
        &["config", "show", "-o", "json"],
    ] {
        case.run(&mut told, words, &[]);
    }
    case.record(&mut told, &case.place.data_folder());
    told.has_no(&case.secrets);
}

#[tokio::test]
async fn no_secret_is_answered_logged_or_recorded_by_the_server() {
    let case = Case::new();
    let mut told = Told::default();
    for log in ["json", "text"] {
        let mut server = case.command();
        server.args(["serve", "--listen", "127.0.0.1:0", "--data", "record", "-v"]);
        server.args(["--log-format", log]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = Stopped(server.spawn().unwrap());
        let mut stderr = server.0.stderr.take().unwrap();
        let mut said = Vec::new();
        let address = loop {
            let mut chunk = [0; 4096];
            let n_read = stderr.read(&mut chunk).unwrap();
            assert!(n_read > 0, "{}", String::from_utf8_lossy(&said));
            said.extend_from_slice(&chunk[..n_read]);
            let text = String::from_utf8_lossy(&said).into_owned();
            let behind = text.split_once("on http://").map(|(_, behind)| behind.to_owned());
            let ends = |char: char| !char.is_ascii_digit() && char != '.' && char != ':';
            if let Some((address, _)) = behind.as_deref().and_then(|it| it.split_once(ends)) {
                break address.parse::<SocketAddr>().unwrap();
            }
        };
        let log_lines = std::thread::spawn(move || {
            stderr.read_to_end(&mut said).unwrap();
            said
        });
        case.ask(&mut told, address).await;
        for format in ["human", "json"] {
            let server = format!("http://{address}");
            case.run(&mut told, &["check", ".", "--server", &server, "-o", format, "-v"], &[]);
        }
        drop(server);
        let said = log_lines.join().unwrap();
        assert!(String::from_utf8_lossy(&said).matches("Decided").count() > 10);
        told.add(format!("log as {log}"), Ok(said));
    }
    tokio::task::spawn_blocking(move || {
        case.record(&mut told, &case.place.work().join("record"));
        told.has_no(&case.secrets);
    })
    .await
    .unwrap();
}

/// A process that is stopped whatever happens.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The case in a place of its own.
struct Case {
    folder: PathBuf,
    place: Place,
    secrets: Vec<String>,
    images: Vec<String>,
}

impl Case {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/secrets");
        let lines = |name: &str| -> Vec<String> {
            let text = fs::read_to_string(folder.join(name)).unwrap();
            let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
            lines.map(str::to_owned).collect()
        };
        let (secrets, images) = (lines("secrets.txt"), lines("images.txt"));
        Self { place: Place::with(&folder.join("input")), folder, secrets, images }
    }

    fn command(&self) -> Command {
        let mut command = self.place.command();
        let variables = fs::read_to_string(self.folder.join("environment.txt")).unwrap();
        command.envs(variables.lines().map(|line| line.split_once('=').unwrap()));
        command
    }

    /// Runs a command, keeps what it says, and returns its standard output.
    fn run(&self, told: &mut Told, words: &[&str], more: &[&str]) -> Vec<u8> {
        let output = self.command().args(words).args(more).output().unwrap();
        let shown = words.iter().take(2).chain(words.get(3..).unwrap_or_default()).chain(more);
        let shown = shown.copied().take(8).collect::<Vec<_>>().join(" ");
        told.add(format!("stderr of {shown}"), Ok(output.stderr));
        told.add(format!("stdout of {shown}"), Ok(output.stdout.clone()));
        output.stdout
    }

    /// Sends everything to a server: as checks, as admission reviews, and as requests that it cannot read.
    async fn ask(&self, told: &mut Told, address: SocketAddr) {
        let mut paths = BTreeSet::new();
        let mut send = async |method: Method, path: &str, body: String| {
            let stream = TcpStream::connect(address).await.unwrap();
            let request = request(method, path, body);
            let answer = Answer::of(exchange(TokioIo::new(stream), request).await).await;
            let headers = format!("{:?}", answer.headers);
            told.add(format!("headers of {path}"), Ok(headers.into_bytes()));
            told.add(format!("answer of {path}"), Ok(answer.body.to_vec()));
            answer
        };
        let (mut artifacts, mut n_reviews) = (Vec::new(), 0);
        for file in files_below(&self.place.work()) {
            // The record of the server is there, too.
            let Ok(text) = fs::read_to_string(&file) else { continue };
            for mut document in documents(&text) {
                // The webhook is asked about one object at a time.
                document["metadata"]["namespace"] = json!("default");
                n_reviews += 1;
                let review = json!({
                    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                    "request": {
                        "uid": format!("review-{n_reviews}"), "operation": "UPDATE", "namespace": "default",
                        "name": document["metadata"]["name"], "resource": {"version": "v1", "resource": "things"},
                        "kind": {"version": "v1", "kind": document["kind"]},
                        "userInfo": {"username": "admin"}, "object": document, "oldObject": document,
                    }
                });
                let path = "/admission/v1/validate";
                send(Method::POST, path, review.to_string()).await;
                send(Method::POST, path, review.to_string().replace("admission.k8s.io", "a")).await;
            }
            artifacts.push(json!({"path": file.file_name().unwrap().to_str(), "text": text}));
        }
        let check = json!({
            "service": "keeper", "environment": "production", "artifacts": artifacts, "images": self.images,
            "trigger": {"actor": "robot", "pipelineUrl": self.variable("GOLDGATE_PIPELINE_URL"),
                "repository": self.variable("GOLDGATE_REPOSITORY")},
        });
        let answer = send(Method::POST, "/v1/check", check.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        for wrong in
            [("\"robot\"", "7"), ("\"text\"", "\"texts\""), ("\"images\":[", "\"images\":[[")]
        {
            let body = check.to_string().replace(wrong.0, wrong.1);
            send(Method::POST, "/v1/check", body).await;
        }
        let listed = send(Method::GET, "/v1/decisions?page_size=500", String::new()).await.json();
        for decision in listed["items"].as_array().unwrap() {
            paths.insert(format!("/v1/decisions/{}", decision["id"].as_str().unwrap()));
        }
        paths.extend(["/v1/scorecards", "/metrics", "/v1/policies", "/healthz"].map(str::to_owned));
        for path in paths {
            send(Method::GET, &path, String::new()).await;
        }
    }

    fn variable(&self, name: &str) -> String {
        let variables = fs::read_to_string(self.folder.join("environment.txt")).unwrap();
        let line = variables.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap().to_owned()
    }

    /// Keeps every byte below the data folder, and everything that can be read back from the record.
    fn record(&self, told: &mut Told, folder: &Path) {
        for file in files_below(folder) {
            told.add(file.display().to_string(), fs::read(&file));
        }
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = SqliteStore::open(folder).unwrap();
            let page = PageRequest { size: 500, token: String::new() };
            let decisions = store.decisions(DecisionFilter::default(), page).await.unwrap().items;
            assert!(decisions.len() > 10);
            let mut digests = BTreeSet::new();
            for decision in decisions {
                let text = serde_json::to_vec(&*decision).unwrap();
                told.add(format!("the recorded decision {}", decision.id), Ok(text));
                for file in store.files(decision.id).await.unwrap().unwrap_or_default() {
                    digests.insert((file.digest, file.path));
                }
            }
            assert!(digests.len() > 10, "{digests:?}");
            for (digest, path) in digests {
                let text = store.blob(digest).await.unwrap().unwrap();
                told.add(format!("the recorded file {path}"), Ok(text.into_bytes()));
            }
            let original = fs::read(self.place.work().join("deploy/app.yaml")).unwrap();
            let kept = store.blob(Digest::of(&original)).await.unwrap();
            assert!(kept.is_none_or(|kept| kept.contains("<redacted:")));
            store.close().await.unwrap();
        });
    }
}

/// Everything that came out, each with where it came out.
#[derive(Default)]
struct Told(Vec<(String, Vec<u8>)>);

impl Told {
    fn add(&mut self, place: String, bytes: std::io::Result<Vec<u8>>) {
        self.0.push((place, bytes.unwrap()));
    }

    fn has_no(&self, secrets: &[String]) {
        assert!(self.0.iter().any(|(_, bytes)| bytes.len() > 10_000));
        let search = Search::new(secrets);
        let mut leaks: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (place, bytes) in &self.0 {
            for (secret, at) in search.found_in(bytes) {
                let excerpt = &bytes[at.saturating_sub(60)..bytes.len().min(at + 60)];
                let shown = format!("{place}: {:?}", String::from_utf8_lossy(excerpt));
                leaks.entry(secret).or_default().push(shown);
            }
        }
        let shown = leaks.iter().map(|(secret, places)| {
            format!("`{secret}` {} times, e.g. in {}", places.len(), places[0])
        });
        let shown: Vec<String> = shown.collect();
        assert!(leaks.is_empty(), "{} secrets leaked\n{}", leaks.len(), shown.join("\n"));
    }
}

/// Every spelling of every secret, by its first two bytes: what is searched is long.
struct Search<'s>(Vec<Vec<(String, &'s str)>>);

impl<'s> Search<'s> {
    fn new(secrets: &'s [String]) -> Self {
        let mut table = vec![Vec::new(); 0x1_0000];
        for secret in secrets {
            for spelling in spellings(secret) {
                let first = spelling.as_bytes();
                table[usize::from(first[0]) << 8 | usize::from(first[1])]
                    .push((spelling, secret.as_str()));
            }
        }
        Self(table)
    }

    /// The secrets that stand in `bytes`, and where each is first.
    fn found_in(&self, bytes: &[u8]) -> BTreeMap<&'s str, usize> {
        let mut found = BTreeMap::new();
        for (at, pair) in bytes.windows(2).enumerate() {
            for (spelling, secret) in &self.0[usize::from(pair[0]) << 8 | usize::from(pair[1])] {
                if bytes[at..].starts_with(spelling.as_bytes()) {
                    found.entry(*secret).or_insert(at);
                }
            }
        }
        found
    }
}

/// A secret written out, either half of it, in base64, and escaped as JSON and XML do.
fn spellings(secret: &str) -> Vec<String> {
    let middle = secret.len() / 2;
    let packed = base64::engine::general_purpose::STANDARD.encode(secret);
    let json = serde_json::to_string(secret).unwrap();
    let mut spellings = vec![
        // The last characters of base64 depend on what follows.
        packed[..secret.len() / 3 * 4].to_owned(),
        json[1..json.len() - 1].to_owned(),
        secret.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&apos;"),
        secret.to_owned(),
    ];
    if secret.len() >= 16 {
        spellings.extend([secret[..middle].to_owned(), secret[middle..].to_owned()]);
    }
    spellings
}

/// The documents of a text that can be read.
fn documents(text: &str) -> Vec<Value> {
    let limits = DocumentLimits::default();
    let read = match json::read(text, &limits) {
        Ok(document) => vec![document],
        Err(_) => yaml::read(text, &limits).into_iter().filter_map(Result::ok).collect(),
    };
    let values = read.iter().map(|document| serde_json::to_value(&document.value).unwrap());
    values.filter(Value::is_object).collect()
}

fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => texts.push(number.to_string()),
        Value::String(text) => texts.extend([text.clone(), text.replace('\n', "")]),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(entries) => entries.values().for_each(|item| collect_texts(item, texts)),
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
