//! How often a registry is asked, and what is kept for how long.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use goldgate::config::read_images;
use goldgate::domain::clock::{Clock, Timestamp};
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::{EvidenceSet, ImageFacts, VerificationStatus};
use goldgate::domain::image::Image;
use goldgate::domain::release::{ImageUse, Release};
use goldgate::evidence::Source as _;
use goldgate::evidence::images::ImageSource;
use goldgate::evidence::material::SigstoreMaterial;

use crate::registry::faulty::{FaultyRegistry, Reply};
use crate::registry::signed::Signer;

/// A clock that the test moves.
#[derive(Debug)]
struct MovedClock(AtomicI64);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A registry with one signed image, and a source that trusts its signer.
struct Shop {
    registry: FaultyRegistry,
    signer: Signer,
    source: Arc<ImageSource>,
    clock: Arc<MovedClock>,
    image: Digest,
    folder: tempfile::TempDir,
}

impl Shop {
    async fn open(more: &str) -> Self {
        let registry = FaultyRegistry::start().await;
        let signer = Signer::new();
        let image = registry.put_image("app", "v1");
        registry.put_referrers("app", image, &[]);
        signer.sign(&registry, "app", image);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), r#"{"auths": {}}"#).unwrap();
        let file = folder.path().join("images.yaml");
        fs::write(&file, signer.images_yaml(&registry.host(), more)).unwrap();
        let clock = Arc::new(MovedClock(AtomicI64::new(super::now().as_millis())));
        let trust = read_images(&file, &file, &SigstoreMaterial, clock.now())
            .unwrap_or_else(|faults| panic!("{}", super::lines(&faults)));
        let moved: Arc<dyn Clock> = Arc::<MovedClock>::clone(&clock);
        let source = Arc::new(ImageSource::new(trust.configuration, moved).unwrap());
        Self { registry, signer, source, clock, image, folder }
    }

    async fn evidence(&self, references: &[String]) -> EvidenceSet {
        let images = references.iter();
        let images = images.map(|it| ImageUse::named(Image::parse(it)));
        let release = Release { images: images.collect(), ..Release::default() };
        self.source.gather(&release, &EvidenceSet::default()).await.unwrap()
    }

    /// What is known of `app` with this tag or digest, and how many requests that took.
    async fn ask(&self, rest: &str) -> (ImageFacts, usize) {
        let before = self.registry.log().len();
        let reference = format!("{}/app{rest}", self.registry.host());
        let facts = self.evidence(&[reference]).await.images.remove(0);
        (facts, self.registry.log().len() - before)
    }

    fn later(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.clock.0.fetch_add(by, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn each_thing_is_asked_for_once_and_what_is_kept_not_at_all() {
    let shop = Shop::open("").await;
    let by_digest = format!("@{}", shop.image);
    let (facts, asked) = shop.ask(&by_digest).await;
    assert_eq!(facts.verification.status, VerificationStatus::Verified, "{facts:?}");
    for (part, count) in [("/manifests/sha256:", 1), ("/referrers/", 1), (".sig", 1), (".att", 1)] {
        assert_eq!(shop.registry.asked(part), count, "{part} in {:#?}", shop.registry.log());
    }
    // And two blobs: the configuration and the payload.
    assert_eq!((shop.registry.asked("/blobs/"), asked), (2, 6));
    let (kept, asked) = shop.ask(&by_digest).await;
    assert_eq!((kept.verification.cached, asked), (true, 0));
    let (kept, asked) = shop.ask(":v1").await;
    assert_eq!((kept.verification.cached, asked), (true, 1), "where the tag leads");
    let (kept, asked) = shop.ask(&format!(":v1{by_digest}")).await;
    assert_eq!((kept.verification.cached, asked), (true, 1));
    assert_eq!(kept.tag.as_deref(), Some("v1"));
}

#[tokio::test]
async fn a_tag_that_was_moved_is_another_image_at_once() {
    let shop = Shop::open("").await;
    let (first, _) = shop.ask(":v1").await;
    assert_eq!(first.verification.status, VerificationStatus::Verified);
    let moved = shop.registry.put_manifest(
        "app",
        &["v1"],
        &serde_json::json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}),
    );
    let (second, _) = shop.ask(":v1").await;
    assert_eq!(second.digest, Some(moved));
    assert_eq!(second.verification.status, VerificationStatus::Unverified);
    let (both, _) = shop.ask(&format!(":v1@{}", shop.image)).await;
    let codes: Vec<_> = both.verification.errors.iter().map(|fault| fault.code.code()).collect();
    assert_eq!(codes, ["TAG_DIGEST_MISMATCH"], "the kept answer for the digest says nothing of it");
}

#[tokio::test]
async fn a_registry_that_is_silent_leaves_the_digest_that_is_kept_and_a_no_does_not() {
    let shop = Shop::open("").await;
    let both = format!(":v1@{}", shop.image);
    let (first, _) = shop.ask(&both).await;
    assert_eq!(first.verification.status, VerificationStatus::Verified);
    let tag = "/v2/app/manifests/v1";
    shop.registry.replace(tag, Reply::new(503, "").header("Retry-After", "3600"));
    let (silent, _) = shop.ask(&both).await;
    assert!(silent.verification.cached, "{silent:?}");
    let (alone, _) = shop.ask(":v1").await;
    assert_eq!(alone.verification.status, VerificationStatus::Error, "nobody knows its digest");
    shop.registry.replace(tag, Reply::new(403, ""));
    let (refused, _) = shop.ask(&both).await;
    assert_eq!(refused.verification.status, VerificationStatus::Error);
    assert!(!refused.verification.cached);
}

#[tokio::test]
async fn what_is_unsigned_is_looked_at_again_soon_and_what_is_verified_later() {
    let shop = Shop::open("").await;
    let image = shop.registry.put_manifest(
        "app",
        &["v2"],
        &serde_json::json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}),
    );
    let by_digest = format!("@{image}");
    let (unsigned, _) = shop.ask(&by_digest).await;
    assert_eq!(unsigned.verification.status, VerificationStatus::Unverified);
    shop.signer.sign(&shop.registry, "app", image);
    shop.later(Duration::from_secs(9));
    assert!(shop.ask(&by_digest).await.0.verification.cached);
    shop.later(Duration::from_secs(2));
    let (signed, _) = shop.ask(&by_digest).await;
    assert_eq!(signed.verification.status, VerificationStatus::Verified);
    shop.later(Duration::from_mins(59));
    assert!(shop.ask(&by_digest).await.0.verification.cached);
    shop.later(Duration::from_mins(2));
    assert!(!shop.ask(&by_digest).await.0.verification.cached);
}

#[tokio::test]
async fn another_secret_does_not_see_what_the_first_one_saw() {
    let shop = Shop::open("").await;
    let yaml = fs::read_to_string(shop.folder.path().join("images.yaml")).unwrap();
    let with = "plainHttp: true, auth: {dockerConfigFile: config.json}";
    let file = shop.folder.path().join("images.yaml");
    fs::write(&file, yaml.replace("plainHttp: true", with)).unwrap();
    let trust = read_images(&file, &file, &SigstoreMaterial, shop.clock.now()).unwrap();
    shop.source.replace(trust.configuration).unwrap();
    let by_digest = format!("@{}", shop.image);
    shop.ask(&by_digest).await;
    assert!(shop.ask(&by_digest).await.0.verification.cached);
    let config = r#"{"auths": {"other.example": {"auth": "YTpi"}}}"#;
    fs::write(shop.folder.path().join("config.json"), config).unwrap();
    assert!(!shop.ask(&by_digest).await.0.verification.cached);
}

#[tokio::test]
async fn all_images_of_a_request_share_one_time() {
    let shop = Shop::open("limits: {allImagesTimeout: 100ms}\n").await;
    shop.registry.set_latency(Duration::from_secs(1));
    let reference = |n: usize| format!("{}/app-{n}:v1", shop.registry.host());
    let references: Vec<String> = (0..40).map(reference).collect();
    let found = shop.evidence(&references).await.images;
    assert_eq!(found.len(), 40);
    for facts in found {
        let errors = &facts.verification.errors;
        assert_eq!(errors[0].code.code(), "LIMIT_TIME");
        assert!(errors[0].message.contains("allImagesTimeout"), "{errors:?}");
        assert_eq!(facts.verification.status, VerificationStatus::Error);
    }
}

#[tokio::test]
async fn a_bill_that_a_trusted_signer_attested_is_handed_on_also_when_it_was_kept() {
    const BILL: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}"#;
    let shop = Shop::open("").await;
    shop.signer.attest(&shop.registry, "app", shop.image, BILL);
    let reference = format!("{}/app@{}", shop.registry.host(), shop.image);
    for cached in [false, true] {
        let found = shop.evidence(std::slice::from_ref(&reference)).await;
        assert_eq!(found.images[0].verification.cached, cached);
        let bills = &found.bills[&reference];
        assert_eq!(bills.len(), 1);
        assert_eq!(&*bills[0].text, BILL);
    }
    let other = Shop::open("").await;
    other.signer.sign(&other.registry, "app", other.image);
    shop.signer.attest(&other.registry, "app", other.image, BILL);
    let reference = format!("{}/app@{}", other.registry.host(), other.image);
    let found = other.evidence(&[reference]).await;
    assert_eq!(found.images[0].verification.status, VerificationStatus::Verified);
    assert!(found.bills.is_empty(), "somebody else attested it");
}
