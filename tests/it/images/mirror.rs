//! A trust root from the mirror of a TUF repository that is made here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::evidence::material::SigstoreMaterial;
use serde_json::{Value, json};
use sigstore_verify::crypto::KeyPair;

use crate::registry::faulty::{FaultyRegistry, Reply};

const EXPIRES: &str = "2027-01-01T00:00:00Z";
const TRUSTED_ROOT: &str = "tests/fixtures/images/private-sigstore/trusted_root.json";

/// The canonical form that signatures are over: keys sorted, no blanks, of strings only quotes and backslashes escaped.
fn canonical(value: &Value) -> String {
    match value {
        Value::String(text) => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let entry = |(key, value): (&String, &Value)| format!("\"{key}\":{}", canonical(value));
            format!("{{{}}}", sorted.into_iter().map(entry).collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn signed(body: &Value, key_id: &str, key: &KeyPair) -> Vec<u8> {
    let signature = key.sign(canonical(body).as_bytes()).unwrap();
    let digits: Vec<String> =
        signature.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = digits.concat();
    json!({"signed": body, "signatures": [{"keyid": key_id, "sig": hex}]}).to_string().into_bytes()
}

fn pinned(version: u32, bytes: &[u8]) -> Value {
    json!({"version": version, "length": bytes.len(), "hashes": {"sha256": Digest::of(bytes).to_hex()}})
}

fn with(mut role: Value, key: &str, value: Value) -> Value {
    role.as_object_mut().unwrap().insert(key.to_owned(), value);
    role
}

/// A repository with one key for all roles.
struct Repository {
    pair: KeyPair,
    key: Value,
    id: String,
}

impl Repository {
    fn new() -> Self {
        let pair = KeyPair::generate_ecdsa_p256().unwrap();
        let pem = pair.public_key_der().unwrap().to_pem();
        let key =
            json!({"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": pem}});
        let id = Digest::of(canonical(&key).as_bytes()).to_hex();
        Self { pair, key, id }
    }

    fn signed(&self, body: &Value) -> Vec<u8> {
        signed(body, &self.id, &self.pair)
    }

    /// The root of this version that names this repository's key.
    fn root_of(&self, version: u32) -> Value {
        let one = json!({"keyids": [self.id], "threshold": 1});
        let root = with(role("root", version, EXPIRES), "consistent_snapshot", json!(false));
        let root = with(root, "keys", json!({self.id.clone(): self.key}));
        with(root, "roles", json!({"root": one, "timestamp": one, "snapshot": one, "targets": one}))
    }

    fn root(&self) -> Vec<u8> {
        self.signed(&self.root_of(1))
    }

    /// What the repository serves, by name.
    fn files(&self, version: u32, expires: &str) -> BTreeMap<&'static str, Vec<u8>> {
        let target = fs::read(TRUSTED_ROOT).unwrap();
        let target_file =
            json!({"length": target.len(), "hashes": {"sha256": Digest::of(&target).to_hex()}});
        let role = |kind: &str| role(kind, version, expires);
        let targets = with(role("targets"), "targets", json!({"trusted_root.json": target_file}));
        let targets = self.signed(&targets);
        let meta = json!({"targets.json": pinned(version, &targets)});
        let snapshot = self.signed(&with(role("snapshot"), "meta", meta));
        let meta = json!({"snapshot.json": pinned(version, &snapshot)});
        let timestamp = self.signed(&with(role("timestamp"), "meta", meta));
        BTreeMap::from([
            ("timestamp.json", timestamp),
            ("snapshot.json", snapshot),
            ("targets.json", targets),
            ("targets/trusted_root.json", target),
        ])
    }
}

fn role(kind: &str, version: u32, expires: &str) -> Value {
    json!({"_type": kind, "spec_version": "1.0.0", "version": version, "expires": expires})
}

/// A folder with an `images.yaml` that names a mirror.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(mirror: &str, root: &[u8]) -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("root.json"), root).unwrap();
        let yaml = format!(
            "trustRoots:\n  corp:\n    tuf: {{mirror: \"{mirror}\", rootFile: root.json, cacheDir: tuf, refresh: 24h, maxStale: 7d}}\n\
             rules: [{{name: all, images: [\"**\"], action: deny}}]\n"
        );
        fs::write(place.path().join("images.yaml"), yaml).unwrap();
        Self(place)
    }

    /// The warnings at this time, or the faults.
    fn read(&self, now: &str) -> Result<Vec<String>, String> {
        let file = self.0.path().join("images.yaml");
        let now: Timestamp = now.parse().unwrap();
        let read = goldgate::config::read_images(&file, &file, &SigstoreMaterial, now);
        read.map(|trust| trust.warnings).map_err(|faults| super::lines(&faults))
    }
}

/// Reads an `images.yaml` whose mirror does not answer, `refreshed` after it last did.
fn read(refreshed: &str, now: &str, spoil: impl FnOnce(&Path)) -> Result<Vec<String>, String> {
    let repository = Repository::new();
    let desk = Desk::new("http://127.0.0.1:1", &repository.root());
    let cache = desk.0.path().join("tuf");
    fs::create_dir_all(cache.join("targets")).unwrap();
    for (name, bytes) in repository.files(1, EXPIRES) {
        fs::write(cache.join(name), bytes).unwrap();
    }
    fs::write(cache.join("refreshed_at"), refreshed).unwrap();
    spoil(&cache);
    desk.read(now)
}

#[test]
fn a_mirror_that_was_asked_lately_is_not_asked_again() {
    let warnings = read("2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z", |_| {}).unwrap();
    assert_eq!(warnings, [] as [&str; 0]);
}

#[test]
fn what_a_mirror_said_is_used_while_it_is_down_and_said_so() {
    let warnings = read("2026-11-22T12:00:00Z", "2026-11-25T12:00:00Z", |_| {}).unwrap();
    assert!(
        warnings[0].contains("72 h ago") && warnings[0].contains("until 168 h"),
        "{warnings:?}"
    );
}

#[test]
fn a_trust_root_that_went_stale_is_a_fault_with_its_age() {
    let faults = read("2026-11-10T12:00:00Z", "2026-11-25T12:00:00Z", |_| {}).unwrap_err();
    assert!(faults.contains("is stale: its mirror last confirmed it 360 h ago"), "{faults}");
    assert!(faults.contains("images.yaml:3:10 ROOT_STALE: "), "{faults}");
}

#[test]
fn what_is_kept_of_a_mirror_is_verified_each_time() {
    let target = "targets/trusted_root.json";
    let spoil = |cache: &Path| fs::copy("Cargo.toml", cache.join(target)).map(drop).unwrap();
    let faults = read("2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z", spoil).unwrap_err();
    assert!(faults.contains("cannot be had from `http://127.0.0.1:1`"), "{faults}");
}

#[test]
fn a_time_that_is_still_to_come_is_no_excuse_for_a_stale_root() {
    let faults = read("2026-12-25T11:00:00Z", "2026-11-25T12:00:00Z", |_| {}).unwrap_err();
    assert!(faults.contains("cannot be had"), "{faults}");
}

/// A mirror that answers.
#[derive(Clone)]
struct Mirror(FaultyRegistry);

impl Mirror {
    async fn of(files: BTreeMap<&'static str, Vec<u8>>) -> Self {
        let mirror = Self(FaultyRegistry::start().await);
        mirror.serve(files);
        mirror
    }

    fn serve(&self, files: BTreeMap<&'static str, Vec<u8>>) {
        for (name, bytes) in files {
            self.0.replace(format!("/{name}"), Reply::new(200, bytes));
        }
    }

    fn fail(&self) {
        for name in ["timestamp.json", "snapshot.json", "targets.json"] {
            self.0.replace(format!("/{name}"), Reply::new(503, "later"));
        }
    }

    fn desk(&self, root: &[u8]) -> Arc<Desk> {
        Arc::new(Desk::new(&format!("http://{}", self.0.host()), root))
    }
}

/// Reading blocks, and the mirror answers on the runtime.
async fn at(desk: &Arc<Desk>, now: &'static str) -> Result<Vec<String>, String> {
    let desk = Arc::clone(desk);
    tokio::task::spawn_blocking(move || desk.read(now)).await.unwrap()
}

const NOON: &str = "2026-11-25T12:00:00Z";
const IN_AN_HOUR: &str = "2026-11-25T13:00:00Z";
const IN_TWO_DAYS: &str = "2026-11-27T12:00:00Z";
const IN_TWO_WEEKS: &str = "2026-12-09T12:00:00Z";

#[tokio::test]
async fn a_mirror_is_asked_once_a_day_and_kept_for_when_it_is_down() {
    let repository = Repository::new();
    let mirror = Mirror::of(repository.files(1, EXPIRES)).await;
    let desk = mirror.desk(&repository.root());
    assert_eq!(at(&desk, NOON).await, Ok(vec![]));
    let asked = mirror.0.log().len();
    assert!(asked >= 4, "{asked}");
    assert_eq!(at(&desk, IN_AN_HOUR).await, Ok(vec![]));
    assert_eq!(mirror.0.log().len(), asked, "it was asked an hour ago");
    mirror.serve(repository.files(2, EXPIRES));
    assert_eq!(at(&desk, IN_TWO_DAYS).await, Ok(vec![]));
    assert!(mirror.0.log().len() > asked);
    mirror.fail();
    let warnings = at(&desk, "2026-11-29T12:00:00Z").await.unwrap();
    assert!(warnings[0].contains("cannot be asked"), "{warnings:?}");
    assert!(warnings[0].contains("48 h ago is used (until 168 h)"), "{warnings:?}");
    let faults = at(&desk, IN_TWO_WEEKS).await.unwrap_err();
    assert!(faults.contains("is stale: its mirror last confirmed it 288 h ago"), "{faults}");
}

#[tokio::test]
async fn a_mirror_that_is_frozen_is_as_good_as_one_that_is_down() {
    let repository = Repository::new();
    let mirror = Mirror::of(repository.files(1, "2026-11-26T00:00:00Z")).await;
    let desk = mirror.desk(&repository.root());
    assert_eq!(at(&desk, NOON).await, Ok(vec![]));
    let warnings = at(&desk, IN_TWO_DAYS).await.unwrap();
    assert!(warnings[0].contains("expired"), "{warnings:?}");
    let late = mirror.desk(&repository.root());
    let faults = at(&late, IN_TWO_DAYS).await.unwrap_err();
    assert!(faults.contains("cannot be had") && faults.contains("expired"), "{faults}");
}

#[tokio::test]
async fn a_mirror_that_goes_back_is_not_followed() {
    let repository = Repository::new();
    let mirror = Mirror::of(repository.files(2, EXPIRES)).await;
    let desk = mirror.desk(&repository.root());
    assert_eq!(at(&desk, NOON).await, Ok(vec![]));
    mirror.serve(repository.files(1, EXPIRES));
    let warnings = at(&desk, IN_TWO_DAYS).await.unwrap();
    assert!(warnings[0].contains("rollback"), "{warnings:?}");
}

#[tokio::test]
async fn a_mirror_of_somebody_else_is_refused() {
    let repository = Repository::new();
    let mirror = Mirror::of(repository.files(1, EXPIRES)).await;
    let faults = at(&mirror.desk(&Repository::new().root()), NOON).await.unwrap_err();
    assert!(faults.contains("cannot be had") && faults.contains("threshold"), "{faults}");
    assert!(faults.contains("images.yaml:3:10"), "{faults}");
}

#[tokio::test]
async fn a_mirror_that_changes_what_is_signed_or_speaks_html_is_refused() {
    let repository = Repository::new();
    let mut files = repository.files(1, EXPIRES);
    files.insert("targets/trusted_root.json", fs::read("Cargo.toml").unwrap());
    let mirror = Mirror::of(files).await;
    let faults = at(&mirror.desk(&repository.root()), NOON).await.unwrap_err();
    assert!(faults.contains("cannot be had"), "{faults}");
    let page = b"<html>log in first</html>".to_vec();
    let mirror = Mirror::of(BTreeMap::from([("timestamp.json", page)])).await;
    let faults = at(&mirror.desk(&repository.root()), NOON).await.unwrap_err();
    assert!(faults.contains("cannot be had"), "{faults}");
}

#[tokio::test]
async fn a_root_that_hands_over_to_another_key_is_followed() {
    let (old, new) = (Repository::new(), Repository::new());
    let body = new.root_of(2);
    let sign = |by: &Repository| {
        let file: Value = serde_json::from_slice(&by.signed(&body)).unwrap();
        file["signatures"][0].clone()
    };
    let handed_over = json!({"signed": body, "signatures": [sign(&old), sign(&new)]});
    let mirror = Mirror::of(new.files(1, EXPIRES)).await;
    mirror.0.replace("/2.root.json", Reply::new(200, handed_over.to_string()));
    assert_eq!(at(&mirror.desk(&old.root()), NOON).await, Ok(vec![]));
    let usurped = json!({"signed": body, "signatures": [sign(&new)]});
    mirror.0.replace("/2.root.json", Reply::new(200, usurped.to_string()));
    let faults = at(&mirror.desk(&old.root()), NOON).await.unwrap_err();
    assert!(faults.contains("threshold"), "{faults}");
}
