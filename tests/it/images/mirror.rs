//! A trust root from the mirror of a TUF repository that is made here.

use std::fs;
use std::path::Path;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::evidence::material::SigstoreMaterial;
use serde_json::{Value, json};
use sigstore_verify::crypto::KeyPair;

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
            let sorted: std::collections::BTreeMap<_, _> = map.iter().collect();
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

fn pinned(bytes: &[u8]) -> Value {
    json!({"version": 1, "length": bytes.len(), "hashes": {"sha256": Digest::of(bytes).to_hex()}})
}

fn role(kind: &str) -> Value {
    json!({"_type": kind, "spec_version": "1.0.0", "version": 1, "expires": EXPIRES})
}

fn with(mut role: Value, key: &str, value: Value) -> Value {
    role.as_object_mut().unwrap().insert(key.to_owned(), value);
    role
}

/// Writes what is kept of a mirror into `cache`, and the root that the operator would have.
fn repository(folder: &Path, cache: &Path) {
    let pair = KeyPair::generate_ecdsa_p256().unwrap();
    let pem = pair.public_key_der().unwrap().to_pem();
    let key =
        json!({"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": pem}});
    let id = Digest::of(canonical(&key).as_bytes()).to_hex();
    let target = fs::read(TRUSTED_ROOT).unwrap();
    let target_file =
        json!({"length": target.len(), "hashes": {"sha256": Digest::of(&target).to_hex()}});
    let targets = with(role("targets"), "targets", json!({"trusted_root.json": target_file}));
    let targets = signed(&targets, &id, &pair);
    let snapshot = with(role("snapshot"), "meta", json!({"targets.json": pinned(&targets)}));
    let snapshot = signed(&snapshot, &id, &pair);
    let timestamp = with(role("timestamp"), "meta", json!({"snapshot.json": pinned(&snapshot)}));
    let timestamp = signed(&timestamp, &id, &pair);
    let one = json!({"keyids": [id], "threshold": 1});
    let root = with(role("root"), "consistent_snapshot", json!(false));
    let root = with(root, "keys", json!({id.clone(): key}));
    let roles = json!({"root": one, "timestamp": one, "snapshot": one, "targets": one});
    let root = signed(&with(root, "roles", roles), &id, &pair);
    fs::create_dir_all(cache.join("targets")).unwrap();
    fs::write(folder.join("root.json"), root).unwrap();
    fs::write(cache.join("timestamp.json"), timestamp).unwrap();
    fs::write(cache.join("snapshot.json"), snapshot).unwrap();
    fs::write(cache.join("targets.json"), targets).unwrap();
    fs::write(cache.join("targets/trusted_root.json"), target).unwrap();
}

/// Reads an `images.yaml` whose mirror does not answer, `refreshed` after it last did.
fn read(refreshed: &str, now: &str, spoil: impl FnOnce(&Path)) -> Result<Vec<String>, String> {
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("tuf");
    repository(place.path(), &cache);
    fs::write(cache.join("refreshed_at"), refreshed).unwrap();
    spoil(&cache);
    let file = place.path().join("images.yaml");
    fs::write(
        &file,
        "trustRoots:\n  corp:\n    tuf: {mirror: \"http://127.0.0.1:1\", rootFile: root.json, cacheDir: tuf, refresh: 24h, maxStale: 7d}\n\
         rules: [{name: all, images: [\"**\"], action: deny}]\n",
    )
    .unwrap();
    let now: Timestamp = now.parse().unwrap();
    let read = goldgate::config::read_images(&file, &file, &SigstoreMaterial, now);
    read.map(|trust| trust.warnings).map_err(|faults| super::lines(&faults))
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
    assert!(faults.contains("images.yaml:3:10"), "{faults}");
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
