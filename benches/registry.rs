//! The registry's client: requests for each kind of image, and many images at once from a registry that is far away.
//!
//! ```text
//! cargo bench --bench registry
//! ```
//! The registry is in this process and answers 20 ms late. Requests are counted by it; times are of this machine, and
//! only their ratio means something.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark prints, and stops when something is wrong"
)]

#[path = "../tests/it/registry/faulty.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod faulty;
#[path = "../tests/it/registry/signed.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod signed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use faulty::{FaultyRegistry, INDEX, MANIFEST, Reply, SIMPLE_SIGNING, index_of};
use goldgate::config::read_images;
use goldgate::domain::clock::{Clock as _, SystemClock};
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::{EvidenceSet, VerificationStatus};
use goldgate::domain::image::Image;
use goldgate::domain::release::{ImageUse, Release};
use goldgate::domain::trust::{Registries, RegistryHost, TrustLimits};
use goldgate::evidence::Source as _;
use goldgate::evidence::images::ImageSource;
use goldgate::evidence::material::SigstoreMaterial;
use goldgate::evidence::registry::RegistryClient;
use serde_json::json;
use signed::Signer;
use tokio::time::Instant;

const LATENCY: Duration = Duration::from_millis(20);
const IMAGES: usize = 64;
const ROUNDS: usize = 5;
const MAX_RATIO: f64 = 2.0;
/// For an image that was verified a moment ago.
const MAX_KEPT: Duration = Duration::from_micros(20);

#[tokio::main]
async fn main() {
    requests_by_kind().await;
    many_at_once().await;
    kept().await;
}

fn client(registry: &FaultyRegistry) -> RegistryClient {
    let special =
        RegistryHost { plain_http: true, allow_private_addresses: true, ..RegistryHost::default() };
    let registries = Registries {
        allow: vec![registry.host()],
        hosts: BTreeMap::from([(registry.host(), special)]),
        ..Registries::default()
    };
    RegistryClient::new(&registries, &TrustLimits::default()).unwrap()
}

/// Resolves an image, reads its configuration and collects what hangs on it; says how many items there are.
async fn looked_at(client: &RegistryClient, host: &str, repository: &str) -> usize {
    let look = client.look();
    let image = format!("{host}/{repository}:v1").parse().unwrap();
    let image = look.resolve(&image).await.unwrap();
    let source = (image.registry.as_str(), image.repository.as_str());
    let (description, found) =
        tokio::join!(look.describe(&image), look.attachments(source, image.digest));
    assert_eq!((description.faults, found.faults), (vec![], vec![]));
    assert!(found.items.iter().all(|item| item.content.is_ok()));
    found.items.len()
}

fn tag_of(digest: Digest, suffix: &str) -> String {
    format!("sha256-{}{suffix}", digest.to_hex())
}

async fn requests_by_kind() {
    let registry = FaultyRegistry::start().await;
    let bare = |repository: &str| registry.put_image(repository, "v1");
    bare("unsigned");

    let digest = bare("sig-tag");
    let payload = registry.put_blob("sig-tag", SIMPLE_SIGNING, b"payload");
    registry.put_tag("sig-tag", &tag_of(digest, ".sig"), std::slice::from_ref(&payload));

    let digest = bare("sig-tag-4-keys");
    registry.put_blob("sig-tag-4-keys", SIMPLE_SIGNING, b"payload");
    registry.put_tag("sig-tag-4-keys", &tag_of(digest, ".sig"), &vec![payload; 4]);

    let digest = bare("bundle-api");
    let bundle = registry.put_referrer("bundle-api", digest, b"bundle");
    registry.put_referrers("bundle-api", digest, &[bundle]);

    let digest = bare("bundles-api-9");
    let bundles: Vec<_> = (0..9)
        .map(|n| registry.put_referrer("bundles-api-9", digest, format!("bundle {n}").as_bytes()))
        .collect();
    registry.put_referrers("bundles-api-9", digest, &bundles);

    let digest = bare("bundle-fallback");
    let bundle = registry.put_referrer("bundle-fallback", digest, b"bundle");
    let path = format!("/v2/bundle-fallback/manifests/{}", tag_of(digest, ""));
    registry.put(path, Reply::new(200, index_of(&[bundle])).media_type(INDEX));

    let child = registry.put_image("index", "child");
    let entry = json!({"mediaType": MANIFEST, "digest": child, "size": 1,
        "platform": {"os": "linux", "architecture": "amd64"}});
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]});
    registry.put_manifest("index", &["v1"], &index);

    println!("requests per image (resolve, configuration, everything that hangs on it)");
    let client = client(&registry);
    for repository in [
        "unsigned",
        "sig-tag",
        "sig-tag-4-keys",
        "bundle-api",
        "bundles-api-9",
        "bundle-fallback",
        "index",
    ] {
        let items = looked_at(&client, &registry.host(), repository).await;
        let of = |part: &str| registry.asked(&format!("/{repository}/{part}"));
        println!(
            "  {repository:<16} {:>2} requests: {} manifests, {} lists of referrers, {} blobs; {items} items",
            of(""),
            of("manifests/"),
            of("referrers/"),
            of("blobs/"),
        );
    }
}

async fn many_at_once() {
    let registry = FaultyRegistry::start().await;
    let names: Vec<String> = (0..IMAGES).map(|n| format!("app-{n}")).collect();
    for name in &names {
        let digest = registry.put_image(name, "v1");
        let bundle = registry.put_referrer(name, digest, name.as_bytes());
        registry.put_referrers(name, digest, &[bundle]);
    }
    registry.set_latency(LATENCY);
    let client = Arc::new(client(&registry));
    let (mut single, mut together) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        looked_at(&client, &registry.host(), &names[0]).await;
        single = single.min(began.elapsed());

        let began = Instant::now();
        let looks: Vec<_> = names
            .iter()
            .map(|name| {
                let (client, host, name) = (Arc::clone(&client), registry.host(), name.clone());
                tokio::spawn(async move { looked_at(&client, &host, &name).await })
            })
            .collect();
        for look in looks {
            assert_eq!(look.await.unwrap(), 1);
        }
        together = together.min(began.elapsed());
    }
    let ratio = together.as_secs_f64() / single.as_secs_f64();
    println!(
        "{IMAGES} images, each answer {LATENCY:?} late: one {single:.1?}, all {together:.1?}, ratio {ratio:.2} (at most {MAX_RATIO}); at most {} requests at once",
        registry.most_at_once()
    );
    assert!(ratio <= MAX_RATIO, "64 images take {ratio:.2} times as long as one");
}

/// One signed image, asked about again and again: no request, and how long it takes.
async fn kept() {
    const ROUND: u32 = 200;
    let registry = FaultyRegistry::start().await;
    let (signer, image) = (Signer::new(), registry.put_image("app", "v1"));
    registry.put_referrers("app", image, &[]);
    signer.sign(&registry, "app", image);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("images.yaml");
    std::fs::write(&file, signer.images_yaml(&registry.host(), "")).unwrap();
    let trust = read_images(&file, &file, &SigstoreMaterial, SystemClock.now()).unwrap();
    let source = Arc::new(ImageSource::new(trust.configuration, Arc::new(SystemClock)).unwrap());
    let image = Image::parse(&format!("{}/app@{image}", registry.host()));
    let used = ImageUse::named(image);
    let release = Release { images: vec![used], ..Release::default() };
    let nothing = EvidenceSet::default();
    let first = source.gather(&release, &nothing).await.unwrap();
    assert_eq!(first.images[0].verification.status, VerificationStatus::Verified);
    let asked = registry.log().len();
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let began = Instant::now();
        for _ in 0..ROUND {
            assert!(source.gather(&release, &nothing).await.unwrap().images[0].verification.cached);
        }
        best = best.min(began.elapsed() / ROUND);
    }
    let more = registry.log().len() - asked;
    println!("an image that is kept: {best:?} (at most {MAX_KEPT:?}), {more} requests (none)");
    assert!(more == 0 && (cfg!(debug_assertions) || best <= MAX_KEPT));
}
