//! What a real registry will not do: lie, loop, stall, send away, and ask for credentials it must not have.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::LookFault;
use goldgate::domain::evidence::code::LookCode;
use goldgate::domain::image::ImageParts;
use goldgate::domain::trust::{CredentialSource, Registries, RegistryHost, TrustLimits};
use goldgate::evidence::attachment::{AttachmentPlace, Attachments};
use goldgate::evidence::registry::{RegistryClient, ResolvedImage};
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use super::faulty::{
    BUNDLE, Fault, FaultyRegistry, INDEX, MANIFEST, Reply, SIMPLE_SIGNING, index_of,
};

const REPOSITORY: &str = "shop/app";

/// A configuration in the making.
struct Setup {
    registries: Registries,
    limits: TrustLimits,
}

impl Setup {
    /// `registry` may be asked over plain HTTP at its loopback address.
    fn of(registry: &FaultyRegistry) -> Self {
        let limits = TrustLimits {
            per_request_timeout: Duration::from_millis(800),
            per_image_timeout: Duration::from_secs(6),
            ..TrustLimits::default()
        };
        let setup = Self { registries: Registries::default(), limits };
        setup.allowing(&registry.host())
    }

    fn allowing(mut self, host: &str) -> Self {
        self.registries.allow.push(host.to_owned());
        self.knowing(host)
    }

    /// What is special about `host`, without allowing images from it.
    fn knowing(mut self, host: &str) -> Self {
        let special = RegistryHost {
            plain_http: true,
            allow_private_addresses: true,
            ..RegistryHost::default()
        };
        self.registries.hosts.insert(host.to_owned(), special);
        self
    }

    fn host(mut self, host: &str, change: impl FnOnce(&mut RegistryHost)) -> Self {
        change(self.registries.hosts.get_mut(host).unwrap());
        self
    }

    fn limits(mut self, change: impl FnOnce(&mut TrustLimits)) -> Self {
        change(&mut self.limits);
        self
    }

    fn client(&self) -> RegistryClient {
        RegistryClient::new(&self.registries, &self.limits).unwrap()
    }
}

fn image(registry: &FaultyRegistry, rest: &str) -> ImageParts {
    format!("{}/{REPOSITORY}{rest}", registry.host()).parse().unwrap()
}

async fn resolve(setup: &Setup, image: &ImageParts) -> Result<ResolvedImage, LookFault> {
    setup.client().look().resolve(image).await
}

async fn attachments(setup: &Setup, registry: &FaultyRegistry, digest: Digest) -> Attachments {
    let client = setup.client();
    client.look().attachments((&registry.host(), REPOSITORY), digest).await
}

fn tag_of(digest: Digest, suffix: &str) -> String {
    format!("sha256-{}{suffix}", digest.to_hex())
}

/// A file of credentials for `host`: user `gate`, password `hunter2`.
fn credentials(host: &str) -> (tempfile::NamedTempFile, CredentialSource) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let entry = json!({"auths": {host: {"username": "gate", "password": "hunter2"}}});
    file.write_all(entry.to_string().as_bytes()).unwrap();
    let source =
        CredentialSource::DockerConfig { file: file.path().to_owned(), allowed_helpers: vec![] };
    (file, source)
}

/// `gate:hunter2`
const BASIC: &str = "Basic Z2F0ZTpodW50ZXIy";

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, LookFault>, code: LookCode, words: &str) {
    let fault = result.unwrap_err();
    assert_eq!(fault.code, code, "{fault:?}");
    assert!(fault.message.contains(words), "{}", fault.message);
    assert!(!fault.message.contains("hunter2"), "{}", fault.message);
}

#[tokio::test]
async fn an_image_is_resolved_with_exactly_one_request() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    let resolved = resolve(&Setup::of(&registry), &image(&registry, ":v1")).await.unwrap();
    assert_eq!(resolved.digest, digest);
    assert_eq!(resolved.reference(), format!("{}/{REPOSITORY}@{digest}", registry.host()));
    assert_eq!(registry.log().len(), 1);
}

#[tokio::test]
async fn everything_about_an_image_costs_one_request_per_thing() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    let payload = registry.put_blob(REPOSITORY, SIMPLE_SIGNING, b"payload");
    // One payload, signed twice.
    registry.put_tag(REPOSITORY, &tag_of(digest, ".sig"), &[payload.clone(), payload]);
    let referrer = registry.put_referrer(REPOSITORY, digest, b"bundle");
    registry.put_referrers(REPOSITORY, digest, &[referrer.clone(), referrer]);
    let setup = Setup::of(&registry);
    let client = setup.client();
    let look = client.look();
    let resolved = look.resolve(&image(&registry, ":v1")).await.unwrap();
    let description = look.describe(&resolved).await;
    let found = look.attachments((&resolved.registry, &resolved.repository), digest).await;
    assert_eq!(found.faults, []);
    let places: Vec<_> = found.items.iter().map(|item| item.found).collect();
    let (sig, referrer) = (AttachmentPlace::SigTag, AttachmentPlace::Referrer);
    assert_eq!(places, [sig, sig, referrer]);
    assert_eq!(found.items[2].content.as_deref(), Ok(&b"bundle"[..]));
    assert_eq!(found.items[2].artifact_type.as_deref(), Some(BUNDLE));
    let configuration = description.configuration.unwrap();
    assert_eq!(configuration.user.as_deref(), Some("1000"));
    let lines: Vec<_> = registry.log().into_iter().map(|seen| seen.line).collect();
    for (part, count) in [
        ("manifests/v1", 1),
        (".sig", 1),
        (".att", 1),
        ("/referrers/", 1),
        ("/manifests/", 4),
        ("/blobs/", 3),
        ("/", 8),
    ] {
        assert_eq!(registry.asked(part), count, "{part} in {lines:#?}");
    }
}

#[tokio::test]
async fn a_wrong_digest_header_is_refused() {
    let registry = FaultyRegistry::start().await;
    let body = br#"{"schemaVersion":2,"layers":[]}"#;
    let header = Digest::of(b"other").to_string();
    let reply = Reply::new(200, body).media_type(MANIFEST).header("Docker-Content-Digest", header);
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), reply);
    let result = resolve(&Setup::of(&registry), &image(&registry, ":v1")).await;
    refused(result, LookCode::DigestMismatch, "header says");
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_digest_are_refused() {
    let registry = FaultyRegistry::start().await;
    let asked = Digest::of(b"asked");
    let reply = Reply::new(200, r#"{"schemaVersion":2,"layers":[]}"#).media_type(MANIFEST);
    registry.put(format!("/v2/{REPOSITORY}/manifests/{asked}"), reply);
    let result = resolve(&Setup::of(&registry), &image(&registry, &format!("@{asked}"))).await;
    refused(result, LookCode::DigestMismatch, "asked for");
}

#[tokio::test]
async fn a_tag_that_leads_elsewhere_than_the_digest_beside_it_is_refused() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    let setup = Setup::of(&registry);
    let agreed = resolve(&setup, &image(&registry, &format!(":v1@{digest}"))).await.unwrap();
    assert_eq!(agreed.digest, digest);
    assert_eq!(registry.log().len(), 1);
    let gone = resolve(&setup, &image(&registry, &format!(":v0@{digest}"))).await.unwrap();
    assert_eq!(gone.digest, digest);
    let other = Digest::of(b"other");
    let result = resolve(&setup, &image(&registry, &format!(":v1@{other}"))).await;
    refused(result, LookCode::TagDigestMismatch, &other.to_string());
}

#[tokio::test]
async fn digests_of_other_algorithms_are_refused_before_anything_is_asked() {
    let registry = FaultyRegistry::start().await;
    let rest = format!("@sha512:{}", "0".repeat(128));
    let result = resolve(&Setup::of(&registry), &image(&registry, &rest)).await;
    refused(result, LookCode::DigestUnsupported, "sha512:");
    assert_eq!(registry.log(), []);
}

#[tokio::test]
async fn an_image_that_is_not_there_is_told_from_one_that_cannot_be_seen() {
    let registry = FaultyRegistry::start().await;
    let setup = Setup::of(&registry);
    refused(resolve(&setup, &image(&registry, ":v1")).await, LookCode::ImageNotFound, ":v1");
    registry.put(format!("/v2/{REPOSITORY}/manifests/v2"), Reply::new(403, ""));
    let result = resolve(&setup, &image(&registry, ":v2")).await;
    refused(result, LookCode::RegistryUnauthorized, "auth");
}

#[tokio::test]
async fn html_and_the_first_schema_are_told_as_such() {
    let registry = FaultyRegistry::start().await;
    let setup = Setup::of(&registry);
    let page = Reply::new(200, "<html>sign in</html>").media_type("text/html; charset=utf-8");
    registry.put(format!("/v2/{REPOSITORY}/manifests/page"), page);
    let result = resolve(&setup, &image(&registry, ":page")).await;
    refused(result, LookCode::RegistryMalformed, "HTML");
    let first = r#"{"schemaVersion": 1, "name": "shop/app", "fsLayers": []}"#;
    let first = Reply::new(200, first)
        .media_type("application/vnd.docker.distribution.manifest.v1+prettyjws");
    registry.put(format!("/v2/{REPOSITORY}/manifests/first"), first);
    let result = resolve(&setup, &image(&registry, ":first")).await;
    refused(result, LookCode::ManifestUnsupported, "first schema");
}

#[tokio::test]
async fn an_endless_body_ends_at_its_limit() {
    let registry = FaultyRegistry::start().await;
    let endless = Reply::new(200, "").media_type(MANIFEST).fault(Fault::Endless);
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), endless);
    let setup = Setup::of(&registry).limits(|limits| limits.manifest_bytes = 100_000);
    let result = resolve(&setup, &image(&registry, ":v1")).await;
    refused(result, LookCode::LimitBytes, "limits.manifestBytes");
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_time_of_one_request() {
    let registry = FaultyRegistry::start().await;
    let drip = Fault::Drip(Duration::from_millis(50));
    let drip = Reply::new(200, [b' '; 1000]).media_type(MANIFEST).fault(drip);
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), drip);
    let setup = Setup::of(&registry)
        .limits(|limits| limits.per_request_timeout = Duration::from_millis(200));
    let result = resolve(&setup, &image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryTimeout, "limits.perRequestTimeout");
    assert_eq!(registry.log().len(), 1);
}

#[tokio::test]
async fn the_time_of_an_image_ends_everything() {
    let registry = FaultyRegistry::start().await;
    let late = Reply::new(200, "").fault(Fault::Late(Duration::from_mins(1)));
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), late);
    let setup =
        Setup::of(&registry).limits(|limits| limits.per_image_timeout = Duration::from_millis(150));
    let result = resolve(&setup, &image(&registry, ":v1")).await;
    refused(result, LookCode::LimitTime, "limits.perImageTimeout");
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again_and_then_given_up() {
    let registry = FaultyRegistry::start().await;
    let truncated = Reply::new(200, r#"{"schemaVersion""#).media_type(MANIFEST);
    let truncated = truncated.fault(Fault::TruncatedChunk);
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), truncated.clone());
    let setup = Setup::of(&registry);
    let result = resolve(&setup, &image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryUnreachable, "broke off");
    assert_eq!(registry.log().len(), 4);

    registry.put(format!("/v2/{REPOSITORY}/manifests/v2"), truncated);
    let whole = Reply::new(200, r#"{"schemaVersion":2,"layers":[]}"#).media_type(MANIFEST);
    registry.put(format!("/v2/{REPOSITORY}/manifests/v2"), whole);
    assert!(resolve(&setup, &image(&registry, ":v2")).await.is_ok());
}

#[tokio::test]
async fn nobody_at_the_port_is_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let registry = FaultyRegistry::start().await;
    let setup = Setup::of(&registry).allowing(&port.to_string());
    let image = format!("{port}/{REPOSITORY}:v1").parse().unwrap();
    refused(resolve(&setup, &image).await, LookCode::RegistryUnreachable, "cannot connect");
}

#[tokio::test]
async fn a_throttling_registry_is_obeyed() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "good");
    let path = format!("/v2/{REPOSITORY}/manifests/v1");
    registry.put(&path, Reply::new(429, "").header("Retry-After", "1"));
    registry.put(&path, Reply::new(503, "").header("Retry-After", "0"));
    registry.put(&path, Reply::new(200, r#"{"schemaVersion":2,"layers":[]}"#));
    let setup = Setup::of(&registry);
    let began = Instant::now();
    resolve(&setup, &image(&registry, ":v1")).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(registry.asked("manifests/v1"), 3);
    assert_eq!(resolve(&setup, &image(&registry, ":good")).await.unwrap().digest, digest);
}

#[tokio::test]
async fn a_pause_longer_than_the_time_left_is_not_waited_for() {
    let registry = FaultyRegistry::start().await;
    let later = Reply::new(429, "").header("Retry-After", "3600");
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), later);
    let began = Instant::now();
    let result = resolve(&Setup::of(&registry), &image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryThrottled, "too many requests");
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(registry.log().len(), 1);
}

#[tokio::test]
async fn a_registry_that_fails_for_good_is_asked_four_times() {
    let registry = FaultyRegistry::start().await;
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), Reply::new(500, ""));
    let result = resolve(&Setup::of(&registry), &image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryFault, "HTTP 500");
    assert_eq!(registry.log().len(), 4);
    registry.put(format!("/v2/{REPOSITORY}/manifests/v2"), Reply::new(400, ""));
    let result = resolve(&Setup::of(&registry), &image(&registry, ":v2")).await;
    refused(result, LookCode::RegistryFault, "HTTP 400");
    assert_eq!(registry.log().len(), 5);
}

/// A registry that wants a token of `realm`.
fn guard(registry: &FaultyRegistry, realm: &str, token: &str) {
    let challenge =
        format!("Bearer realm=\"{realm}\",service=\"reg\",scope=\"registry:catalog:*\"");
    let refusal = Reply::new(401, "").header("WWW-Authenticate", challenge);
    let whole = Reply::new(200, r#"{"schemaVersion":2,"layers":[]}"#).media_type(MANIFEST);
    let path = format!("/v2/{REPOSITORY}/manifests/v1");
    registry.replace(path, whole.only_with(&format!("Bearer {token}"), refusal));
}

#[tokio::test]
async fn a_token_is_fetched_once_for_pull_only_and_shared() {
    let registry = FaultyRegistry::start().await;
    let realm = FaultyRegistry::start().await;
    realm.put("/token", Reply::new(200, r#"{"token":"t1","expires_in":300}"#));
    guard(&registry, &format!("http://{}/token", realm.host()), "t1");
    let (_file, source) = credentials(&registry.host());
    let mut setup = Setup::of(&registry)
        .knowing(&realm.host())
        .host(&registry.host(), |host| host.credentials = source);
    setup.registries.token_realm_hosts = BTreeMap::from([(registry.host(), vec![realm.host()])]);
    let client = setup.client();
    let image = image(&registry, ":v1");
    client.look().resolve(&image).await.unwrap();
    let (first, second) = (client.look(), client.look());
    let (first, second) = tokio::join!(first.resolve(&image), second.resolve(&image));
    assert!(first.is_ok() && second.is_ok());
    let asked = realm.log();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, "GET /token?scope=repository%3Ashop%2Fapp%3Apull&service=reg");
    assert_eq!(asked[0].authorization.as_deref(), Some(BASIC));
    // The registry saw the token and never the password.
    assert_eq!(registry.log().len(), 4);
    assert!(registry.log().iter().all(|seen| seen.authorization.as_deref() != Some(BASIC)));
}

#[tokio::test]
async fn credentials_do_not_go_to_a_realm_on_another_host() {
    let registry = FaultyRegistry::start().await;
    let thief = FaultyRegistry::start().await;
    thief.put("/token", Reply::new(200, r#"{"token":"t1"}"#));
    guard(&registry, &format!("http://{}/token", thief.host()), "t1");
    let (_file, source) = credentials(&registry.host());
    // The thief is a registry that may be asked, and still no token server of this one.
    let setup = Setup::of(&registry)
        .allowing(&thief.host())
        .host(&registry.host(), |host| host.credentials = source);
    let result = resolve(&setup, &image(&registry, ":v1")).await;
    refused(result, LookCode::TokenRealmNotAllowed, "registries.tokenRealmHosts");
    assert_eq!(thief.log(), []);
    for realm in ["http://user:password@127.0.0.1/token", "file:///etc/passwd", "no address"] {
        guard(&registry, realm, "t1");
        let result = resolve(&setup, &image(&registry, ":v1")).await;
        refused(result, LookCode::TokenRealmNotAllowed, "not allowed");
    }
}

#[tokio::test]
async fn a_registry_that_is_never_content_is_given_up() {
    let registry = FaultyRegistry::start().await;
    registry.put("/token", Reply::new(200, r#"{"token":"t1","expires_in":300}"#));
    guard(&registry, &format!("http://{}/token", registry.host()), "another");
    let setup = Setup::of(&registry);
    let client = setup.client();
    let result = client.look().resolve(&image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryUnauthorized, "registries.hosts");
    assert_eq!((registry.asked("manifests"), registry.asked("token")), (2, 1));
    // A token that was kept is worth one more request, since it may have been withdrawn.
    let result = client.look().resolve(&image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryUnauthorized, "registries.hosts");
    assert_eq!((registry.asked("manifests"), registry.asked("token")), (4, 2));
}

#[tokio::test]
async fn a_withdrawn_token_is_replaced() {
    let registry = FaultyRegistry::start().await;
    registry.put("/token", Reply::new(200, r#"{"token":"t1","expires_in":300}"#));
    registry.put("/token", Reply::new(200, r#"{"access_token":"t2","expires_in":300}"#));
    let realm = format!("http://{}/token", registry.host());
    guard(&registry, &realm, "t1");
    let setup = Setup::of(&registry);
    let client = setup.client();
    client.look().resolve(&image(&registry, ":v1")).await.unwrap();
    guard(&registry, &realm, "t2");
    client.look().resolve(&image(&registry, ":v1")).await.unwrap();
    assert_eq!((registry.asked("manifests"), registry.asked("token")), (4, 2));
}

#[tokio::test]
async fn an_identity_token_is_posted_and_what_is_no_token_is_refused() {
    let registry = FaultyRegistry::start().await;
    registry.put("/token", Reply::new(200, r#"{"access_token":"t1"}"#));
    guard(&registry, &format!("http://{}/token", registry.host()), "t1");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let entry = json!({"auths": {registry.host(): {"identitytoken": "refresh&me"}}});
    file.write_all(entry.to_string().as_bytes()).unwrap();
    let source = CredentialSource::PullSecret {
        namespace: "shop".to_owned(),
        name: "pull".to_owned(),
        file: file.path().to_owned(),
    };
    let setup = Setup::of(&registry).host(&registry.host(), |host| host.credentials = source);
    resolve(&setup, &image(&registry, ":v1")).await.unwrap();
    let asked = registry.log().into_iter().find(|seen| seen.line.contains("token")).unwrap();
    assert_eq!(asked.line, "POST /token");
    assert_eq!(asked.authorization, None);
    assert_eq!(
        asked.body,
        "scope=repository%3Ashop%2Fapp%3Apull&service=reg&grant_type=refresh_token&client_id=goldgate&refresh_token=refresh%26me"
    );
    registry.replace("/token", Reply::new(200, "<html>"));
    let result = resolve(&setup, &image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryMalformed, "gives no token");
    registry.replace("/token", Reply::new(200, vec![b' '; 100_000]));
    refused(resolve(&setup, &image(&registry, ":v1")).await, LookCode::LimitBytes, "token");
}

#[tokio::test]
async fn a_password_goes_to_its_registry_only_when_asked_for() {
    let registry = FaultyRegistry::start().await;
    let refusal = Reply::new(401, "").header("WWW-Authenticate", "Basic realm=\"reg\"");
    let whole = Reply::new(200, r#"{"schemaVersion":2,"layers":[]}"#).media_type(MANIFEST);
    let path = format!("/v2/{REPOSITORY}/manifests/v1");
    registry.put(&path, whole.only_with(BASIC, refusal));
    let anonymous = Setup::of(&registry);
    let result = resolve(&anonymous, &image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryUnauthorized, ".auth");
    assert_eq!(registry.log().len(), 2);

    let (_file, source) = credentials(&registry.host());
    let setup = Setup::of(&registry).host(&registry.host(), |host| host.credentials = source);
    let client = setup.client();
    client.look().resolve(&image(&registry, ":v1")).await.unwrap();
    let shown: Vec<_> = registry.log().into_iter().skip(2).map(|seen| seen.authorization).collect();
    assert_eq!(shown, [None, Some(BASIC.to_owned())]);
    assert!(!format!("{client:?}").contains("hunter2"));
}

#[tokio::test]
async fn credentials_that_cannot_be_read_are_a_fault_of_their_own() {
    let registry = FaultyRegistry::start().await;
    let refusal = Reply::new(401, "").header("WWW-Authenticate", "Basic");
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), refusal);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(br#"{"auths": {}, "credsStore": "hunter2"}"#).unwrap();
    let docker = |file: &std::path::Path| CredentialSource::DockerConfig {
        file: file.to_owned(),
        allowed_helpers: vec!["ecr-login".to_owned()],
    };
    for (source, words) in [
        (docker(std::path::Path::new("/nowhere/config.json")), "/nowhere/config.json"),
        (docker(std::path::Path::new("/dev/zero")), "larger than"),
    ] {
        let setup = Setup::of(&registry).host(&registry.host(), |host| host.credentials = source);
        let result = resolve(&setup, &image(&registry, ":v1")).await;
        refused(result, LookCode::CredentialsUnavailable, words);
    }
    let setup =
        Setup::of(&registry).host(&registry.host(), |host| host.credentials = docker(file.path()));
    let fault = resolve(&setup, &image(&registry, ":v1")).await.unwrap_err();
    assert_eq!(fault.code, LookCode::CredentialsUnavailable);
    assert!(fault.message.contains("is not allowed"), "{}", fault.message);
}

/// An image with a signature whose payload is answered with `reply`.
fn signed(registry: &FaultyRegistry, reply: Reply) -> Digest {
    let digest = registry.put_image(REPOSITORY, "v1");
    let payload = registry.put_blob(REPOSITORY, SIMPLE_SIGNING, b"payload");
    let path = format!("/v2/{REPOSITORY}/blobs/{}", payload["digest"].as_str().unwrap());
    registry.replace(path, reply);
    registry.put_tag(REPOSITORY, &tag_of(digest, ".sig"), &[payload]);
    digest
}

async fn only_fault(setup: &Setup, registry: &FaultyRegistry, digest: Digest) -> LookFault {
    let found = attachments(setup, registry, digest).await;
    assert_eq!(found.faults, []);
    assert_eq!(found.items.len(), 1);
    found.items[0].content.clone().unwrap_err()
}

#[tokio::test]
async fn a_blob_may_be_elsewhere_but_credentials_do_not_follow() {
    let registry = FaultyRegistry::start().await;
    let store = FaultyRegistry::start().await;
    store.put("/blob", Reply::new(200, "payload"));
    let away =
        Reply::new(307, "").header("Location", format!("http://{}/blob?sig=1", store.host()));
    let refusal = Reply::new(401, "").header("WWW-Authenticate", "Basic");
    let digest = signed(&registry, away.only_with(BASIC, refusal));
    let (_file, source) = credentials(&registry.host());
    let setup = Setup::of(&registry).host(&registry.host(), |host| host.credentials = source);

    let fault = only_fault(&setup, &registry, digest).await;
    assert_eq!(fault.code, LookCode::RedirectNotAllowed, "{fault:?}");
    assert!(fault.message.contains("registries.redirectHosts"), "{}", fault.message);
    assert_eq!(store.log(), []);

    let mut setup = setup.knowing(&store.host());
    setup.registries.redirect_hosts = BTreeMap::from([(registry.host(), vec![store.host()])]);
    let found = attachments(&setup, &registry, digest).await;
    assert_eq!(found.items[0].content.as_deref(), Ok(&b"payload"[..]));
    assert_eq!(store.log().len(), 1);
    assert_eq!(store.log()[0].authorization, None);
}

#[tokio::test]
async fn redirects_end_after_three_and_never_lead_to_another_scheme() {
    let registry = FaultyRegistry::start().await;
    let to = |target: &str| Reply::new(302, "").header("Location", target);
    registry.put("/round", to("/round"));
    let setup = Setup::of(&registry);
    let digest = signed(&registry, to("/round"));
    let fault = only_fault(&setup, &registry, digest).await;
    assert!(fault.message.contains("more than 3 times"), "{fault:?}");
    assert_eq!(registry.asked("/round"), 3);
    for target in ["https://127.0.0.1:1/x", "file:///etc/passwd", "http://169.254.169.254/latest"] {
        let digest = signed(&registry, to(target));
        let fault = only_fault(&setup, &registry, digest).await;
        assert_eq!(fault.code, LookCode::RedirectNotAllowed, "{target}: {fault:?}");
    }
    let digest = signed(&registry, Reply::new(302, ""));
    assert_eq!(only_fault(&setup, &registry, digest).await.code, LookCode::RegistryMalformed);
}

#[tokio::test]
async fn a_manifest_is_never_elsewhere() {
    let registry = FaultyRegistry::start().await;
    registry.put_image(REPOSITORY, "there");
    let path = format!("/v2/{REPOSITORY}/manifests/there");
    let away = Reply::new(307, "").header("Location", path);
    registry.put(format!("/v2/{REPOSITORY}/manifests/v1"), away);
    let result = resolve(&Setup::of(&registry), &image(&registry, ":v1")).await;
    refused(result, LookCode::RedirectNotAllowed, "only blobs");
}

#[tokio::test]
async fn descriptors_that_lie_about_size_or_digest_are_faults_of_their_item() {
    let registry = FaultyRegistry::start().await;
    let setup = Setup::of(&registry);
    for (reply, code) in [
        (Reply::new(200, "payload and more"), LookCode::SizeMismatch),
        (Reply::new(200, "pay"), LookCode::SizeMismatch),
        (Reply::new(200, "PAYLOAD"), LookCode::DigestMismatch),
        (Reply::new(200, "").fault(Fault::Endless), LookCode::SizeMismatch),
        (Reply::new(404, ""), LookCode::ItemNotFound),
    ] {
        let digest = signed(&registry, reply);
        assert_eq!(only_fault(&setup, &registry, digest).await.code, code);
    }
    let huge = json!({"mediaType": SIMPLE_SIGNING, "digest": Digest::of(b"x"), "size": u64::MAX,
        "urls": ["http://169.254.169.254/"]});
    let odd = json!({"mediaType": SIMPLE_SIGNING, "digest": "md5:00", "size": 1});
    let digest = registry.put_image(REPOSITORY, "v1");
    let good = registry.put_blob(REPOSITORY, SIMPLE_SIGNING, b"good");
    registry.put_tag(REPOSITORY, &tag_of(digest, ".sig"), &[huge, odd, good]);
    let before = registry.asked("/blobs/");
    let found = attachments(&setup, &registry, digest).await;
    let codes: Vec<_> = found
        .items
        .iter()
        .map(|item| item.content.as_ref().err().map(|fault| fault.code))
        .collect();
    let (bytes, unsupported) = (LookCode::LimitBytes, LookCode::DigestUnsupported);
    assert_eq!(codes, [Some(bytes), Some(unsupported), None]);
    assert_eq!(registry.asked("/blobs/"), before + 1);
}

#[tokio::test]
async fn a_predicate_of_two_hundred_megabytes_is_a_fault_and_is_not_fetched() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    let huge = json!({"mediaType": "application/vnd.dsse.envelope.v1+json", "digest": Digest::of(b"x"),
        "size": 200 << 20});
    registry.put_tag(REPOSITORY, &tag_of(digest, ".att"), &[huge]);
    let found = attachments(&Setup::of(&registry), &registry, digest).await;
    let fault = found.items[0].content.clone().unwrap_err();
    assert_eq!(fault.code, LookCode::LimitBytes);
    assert!(fault.message.contains("limits.attestationBytes"), "{}", fault.message);
    assert_eq!(registry.asked("/blobs/"), 0);
}

#[tokio::test]
async fn a_failure_is_never_taken_for_nothing() {
    for (path, stage) in [(".sig", "sig-tag"), (".att", "att-tag"), ("", "fallback-tag")] {
        let registry = FaultyRegistry::start().await;
        let digest = registry.put_image(REPOSITORY, "v1");
        let tag = tag_of(digest, path);
        registry.put(format!("/v2/{REPOSITORY}/manifests/{tag}"), Reply::new(400, ""));
        let found = attachments(&Setup::of(&registry), &registry, digest).await;
        assert_eq!(found.items, []);
        let faults: Vec<_> =
            found.faults.iter().map(|fault| (fault.code, fault.stage.as_str())).collect();
        assert_eq!(faults, [(LookCode::RegistryFault, stage)]);
    }
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    registry.put(format!("/v2/{REPOSITORY}/referrers/{digest}"), Reply::new(405, ""));
    let found = attachments(&Setup::of(&registry), &registry, digest).await;
    assert_eq!(found.faults[0].code, LookCode::RegistryFault);
    // Nothing hangs on this one, and that is no fault.
    let nothing = attachments(&Setup::of(&registry), &registry, Digest::of(b"nothing")).await;
    assert_eq!(nothing, Attachments::default());
}

#[tokio::test]
async fn a_poisoned_referrer_does_not_hide_a_good_one() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    let good = registry.put_referrer(REPOSITORY, digest, b"good");
    let absent = json!({"mediaType": MANIFEST, "digest": Digest::of(b"absent"), "size": 3});
    let odd = json!({"mediaType": MANIFEST, "digest": "sha256:zz", "size": 3});
    let mut lying = registry.put_referrer(REPOSITORY, digest, b"lying");
    lying["size"] = json!(1);
    let html = registry.put_blob(REPOSITORY, MANIFEST, b"<html>");
    let path = format!("/v2/{REPOSITORY}/manifests/{}", html["digest"].as_str().unwrap());
    registry.put(path, Reply::new(200, "<html>").media_type("text/html"));
    registry.put_referrers(REPOSITORY, digest, &[absent, odd, lying, html, good]);
    let found = attachments(&Setup::of(&registry), &registry, digest).await;
    assert_eq!(found.faults, []);
    let codes: Vec<_> = found
        .items
        .iter()
        .map(|item| item.content.as_ref().err().map(|fault| fault.code))
        .collect();
    assert_eq!(
        codes,
        [
            Some(LookCode::ItemNotFound),
            Some(LookCode::DigestUnsupported),
            Some(LookCode::SizeMismatch),
            Some(LookCode::RegistryMalformed),
            None
        ]
    );
}

/// Puts `count` referrers on pages of ten, linked to one another.
fn pages(registry: &FaultyRegistry, digest: Digest, count: usize) {
    let referrers: Vec<_> = (0..count)
        .map(|n| registry.put_referrer(REPOSITORY, digest, format!("bundle {n}").as_bytes()))
        .collect();
    let path = format!("/v2/{REPOSITORY}/referrers/{digest}");
    let n_pages = count.div_ceil(10);
    for (n, page) in referrers.chunks(10).enumerate() {
        let mut reply = Reply::new(200, index_of(page)).media_type(INDEX);
        if n + 1 < n_pages {
            reply = reply.header("Link", format!("<{path}?n={}>; rel=\"next\"", n + 1));
        }
        registry.put(if n == 0 { path.clone() } else { format!("{path}?n={n}") }, reply);
    }
}

#[tokio::test]
async fn all_pages_of_referrers_are_read() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    pages(&registry, digest, 25);
    let found = attachments(&Setup::of(&registry), &registry, digest).await;
    assert_eq!(found.faults, []);
    let contents: Vec<_> = found
        .items
        .iter()
        .map(|item| String::from_utf8(item.content.as_ref().unwrap().to_vec()).unwrap())
        .collect();
    let expected: Vec<_> = (0..25).map(|n| format!("bundle {n}")).collect();
    assert_eq!(contents, expected);
    assert_eq!(registry.asked("/referrers/"), 3);
}

#[tokio::test]
async fn a_thousand_referrers_are_an_error_and_not_a_part_of_them() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    pages(&registry, digest, 1000);
    let found = attachments(&Setup::of(&registry), &registry, digest).await;
    assert_eq!(found.items, []);
    assert_eq!(found.faults[0].code, LookCode::LimitItems);
    assert!(found.faults[0].message.contains("limits.referrers"));
    // Seven pages show that there are too many; no item is opened.
    assert_eq!(registry.asked("/referrers/"), 7);
    assert_eq!(registry.asked("/blobs/"), 0);
}

#[tokio::test]
async fn pages_that_loop_or_lead_away_are_refused() {
    let registry = FaultyRegistry::start().await;
    let setup = Setup::of(&registry);
    let digest = registry.put_image(REPOSITORY, "v1");
    let path = format!("/v2/{REPOSITORY}/referrers/{digest}");
    let empty = |next: &str| {
        let link = format!("<{next}>; rel=\"next\"");
        Reply::new(200, index_of(&[])).media_type(INDEX).header("Link", link)
    };
    let other = format!("/v2/other/referrers/{digest}");
    for next in [path.as_str(), "http://127.0.0.1:1/v2/", &other] {
        registry.replace(&path, empty(next));
        let found = attachments(&setup, &registry, digest).await;
        assert_eq!(found.faults[0].code, LookCode::RegistryMalformed, "{next}");
    }
    // Two pages that name each other.
    registry.replace(&path, empty(&format!("{path}?n=1")));
    registry.replace(format!("{path}?n=1"), empty(&path));
    let found = attachments(&setup, &registry, digest).await;
    assert!(found.faults[0].message.contains("without an end"), "{:?}", found.faults);
}

#[tokio::test]
async fn too_many_items_or_bytes_are_errors() {
    let registry = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    let layer =
        |n: usize| registry.put_blob(REPOSITORY, SIMPLE_SIGNING, format!("{n:01000}").as_bytes());
    let layers: Vec<_> = (0..65).map(layer).collect();
    registry.put_tag(REPOSITORY, &tag_of(digest, ".sig"), &layers);
    let setup = Setup::of(&registry);
    let found = attachments(&setup, &registry, digest).await;
    assert_eq!((found.items.len(), found.faults[0].code), (0, LookCode::LimitItems));

    registry.put_tag(REPOSITORY, &tag_of(digest, ".sig"), &layers[..64]);
    let setup = setup.limits(|limits| limits.total_bytes_per_image = 40_000);
    let found = attachments(&setup, &registry, digest).await;
    let beyond = found.items.iter().filter(|item| {
        item.content.as_ref().err().map(|fault| fault.code) == Some(LookCode::LimitBytes)
    });
    assert!(beyond.count() > 20);
    assert_eq!(found.items.len(), 64);
}

#[tokio::test]
async fn hosts_that_are_not_in_the_configuration_are_not_asked() {
    let registry = FaultyRegistry::start().await;
    let other = FaultyRegistry::start().await;
    let result = resolve(&Setup::of(&registry), &image(&other, ":v1")).await;
    refused(result, LookCode::RegistryNotAllowed, "registries.allow");
    assert_eq!(other.log(), []);
}

#[tokio::test]
async fn private_addresses_are_refused_as_numbers_and_behind_names() {
    let registry = FaultyRegistry::start().await;
    let port = registry.address.port();
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")]
    {
        let setup = Setup::of(&registry)
            .allowing(&host)
            .host(&host, |host| host.allow_private_addresses = false);
        let image: ImageParts = format!("{host}/{REPOSITORY}:v1").parse().unwrap();
        let result = resolve(&setup, &image).await;
        refused(result, LookCode::AddressNotAllowed, "allowPrivateAddresses");
    }
    let metadata = "169.254.169.254";
    let setup = Setup::of(&registry).allowing(metadata);
    let image: ImageParts = format!("{metadata}/{REPOSITORY}:v1").parse().unwrap();
    refused(resolve(&setup, &image).await, LookCode::AddressNotAllowed, metadata);
    assert_eq!(registry.log(), []);
}

#[tokio::test]
async fn a_mirror_is_asked_first_and_its_failure_is_not_the_last_word() {
    let registry = FaultyRegistry::start().await;
    let mirror = FaultyRegistry::start().await;
    let digest = registry.put_image(REPOSITORY, "v1");
    let setup = Setup::of(&registry).knowing(&mirror.host()).host(&registry.host(), |host| {
        host.mirrors = vec![format!("{}/cache", mirror.host())];
    });
    // Absent, broken and lying: the registry decides.
    let path = format!("/v2/cache/{REPOSITORY}/manifests/v1");
    let wrong = Reply::new(200, r#"{"schemaVersion":2,"layers":[]}"#)
        .header("Docker-Content-Digest", digest.to_string());
    for reply in [Reply::new(404, ""), Reply::new(400, ""), wrong] {
        mirror.replace(&path, reply);
        assert_eq!(resolve(&setup, &image(&registry, ":v1")).await.unwrap().digest, digest);
    }
    assert_eq!((mirror.log().len(), registry.log().len()), (3, 3));
    mirror.replace(&path, Reply::new(200, r#"{"schemaVersion":2,"layers":[]}"#));
    assert_ne!(resolve(&setup, &image(&registry, ":v1")).await.unwrap().digest, digest);
    assert_eq!(registry.log().len(), 3);
}

#[tokio::test]
async fn an_index_names_its_platforms_and_one_configuration() {
    let registry = FaultyRegistry::start().await;
    let (arm, amd) = (registry.put_image(REPOSITORY, "arm"), Digest::of(b"absent"));
    let entry = |digest: Digest, architecture: &str| {
        json!({"mediaType": MANIFEST, "digest": digest, "size": 1,
            "platform": {"os": "linux", "architecture": architecture}})
    };
    let mut beside = entry(Digest::of(b"beside"), "unknown");
    beside["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    let index = |entries: &[serde_json::Value]| json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries, "annotations": null});
    registry.put_manifest(REPOSITORY, &["v1"], &index(&[entry(arm, "arm64"), beside]));
    registry.put_manifest(REPOSITORY, &["v2"], &index(&[entry(arm, "arm64"), entry(amd, "amd64")]));
    let setup = Setup::of(&registry);
    let client = setup.client();
    let look = client.look();
    let resolved = look.resolve(&image(&registry, ":v1")).await.unwrap();
    let description = look.describe(&resolved).await;
    assert_eq!(description.faults, []);
    assert_eq!(description.platforms.len(), 1);
    assert_eq!(description.platforms[0].architecture, "arm64");
    assert!(description.platforms[0].configuration.is_some());
    let resolved = look.resolve(&image(&registry, ":v2")).await.unwrap();
    let description = look.describe(&resolved).await;
    assert_eq!(description.platforms.len(), 2);
    assert_eq!(description.faults[0].code, LookCode::ItemNotFound);
}

/// A certificate for `localhost` and its authority, as PEM.
fn tls() -> (TlsAcceptor, String) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key =
        rustls_pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), certified.cert.pem())
}

#[tokio::test]
async fn a_certificate_is_accepted_only_from_a_trusted_authority_and_for_its_name() {
    let (acceptor, pem) = tls();
    let registry = FaultyRegistry::start_tls(acceptor).await;
    let digest = registry.put_image(REPOSITORY, "v1");
    let port = registry.address.port();
    let setup = |name: &str, ca: Option<&str>| {
        let host = format!("{name}:{port}");
        let setup = Setup::of(&registry).allowing(&host).host(&host, |host| {
            host.plain_http = false;
            host.ca_pem = ca.map(|ca| Arc::from(ca.as_bytes()));
        });
        (setup, format!("{host}/{REPOSITORY}:v1").parse::<ImageParts>().unwrap())
    };
    let (trusting, image) = setup("localhost", Some(&pem));
    assert_eq!(resolve(&trusting, &image).await.unwrap().digest, digest);
    let (unknown, image) = setup("localhost", None);
    refused(resolve(&unknown, &image).await, LookCode::RegistryTls, "caFile");
    let (misnamed, image) = setup("127.0.0.1", Some(&pem));
    refused(resolve(&misnamed, &image).await, LookCode::RegistryTls, "127.0.0.1");
}

#[tokio::test]
async fn plain_http_where_tls_is_expected_is_told_as_such() {
    let registry = FaultyRegistry::start().await;
    let setup = Setup::of(&registry).host(&registry.host(), |host| host.plain_http = false);
    let result = resolve(&setup, &image(&registry, ":v1")).await;
    refused(result, LookCode::RegistryTls, "plainHttp");
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_is_refused_at_the_start() {
    let registry = FaultyRegistry::start().await;
    for host in ["a b", "a/b", "user@host", ""] {
        let setup = Setup::of(&registry).allowing(host);
        let error = RegistryClient::new(&setup.registries, &setup.limits).unwrap_err();
        assert!(error.external().contains("is no host"), "{host}: {}", error.external());
    }
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let setup = Setup::of(&registry)
        .host(&registry.host(), |host| host.ca_pem = Some(Arc::from(pem.as_bytes())));
    let error = RegistryClient::new(&setup.registries, &setup.limits).unwrap_err();
    assert!(error.field().unwrap().contains("caFile"));
}

#[tokio::test]
async fn no_host_gets_more_requests_at_once_than_allowed() {
    let registry = FaultyRegistry::start().await;
    registry.put_image(REPOSITORY, "v1");
    registry.set_latency(Duration::from_millis(20));
    let setup = Setup::of(&registry);
    let client = Arc::new(setup.client());
    let image = image(&registry, ":v1");
    let looks = (0..400).map(|_| {
        let (client, image) = (Arc::clone(&client), image.clone());
        tokio::spawn(async move { client.look().resolve(&image).await.is_ok() })
    });
    for look in looks.collect::<Vec<_>>() {
        assert!(look.await.unwrap());
    }
    assert!(registry.most_at_once() <= 128, "{}", registry.most_at_once());
    assert!(registry.most_at_once() > 16, "{}", registry.most_at_once());
}
