//! Any bytes are taken in without a panic; what cannot be read is a fault, never silence about a manifest.
#![no_main]

use bytes::Bytes;
use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::request::Request;
use goldgate::intake::{self, Limits};
use libfuzzer_sys::fuzz_target;

/// Manifests and what else is known by its name.
const NAMES: [&str; 6] = [
    "deploy/app.yaml",
    "deploy/app.json",
    "catalog-info.yaml",
    "score.yaml",
    "compose.yaml",
    "main.tf.json",
];

fuzz_target!(|input: (u8, &[u8])| {
    let (name, content) = input;
    let artifact = Artifact {
        path: NAMES[usize::from(name) % NAMES.len()].to_owned(),
        content: Bytes::copy_from_slice(content),
        origin: ArtifactOrigin::Named,
    };
    let request = Request { artifacts: vec![artifact], ..Request::default() };
    let release = intake::read(&request, &Limits::default(), b"salt");
    if let Ok(release) = release {
        assert!(!release.resources.is_empty() || !release.faults.is_empty() || !release.notes.is_empty());
        for resource in &release.resources {
            let _ = resource.location("/spec/template/spec/containers/0");
        }
    }
});
