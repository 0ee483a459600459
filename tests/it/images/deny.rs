//! What could not be looked at, and what is not signed as its rule says, denies, also where no policy speaks of images.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use goldgate::config::read_images;
use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::clock::FixedClock;
use goldgate::domain::decision::Decision;
use goldgate::domain::digest::Digest;
use goldgate::domain::image_code::ImageCode;
use goldgate::domain::request::Request;
use goldgate::domain::trust::TrustConfiguration;
use goldgate::domain::value::Value;
use goldgate::evidence::images::ImageSource;
use goldgate::evidence::material::SigstoreMaterial;
use goldgate::gate::Gate;
use goldgate::policy::{BundleSource, LoadOptions, Revision};

use super::now;
use crate::harness::on_runtime;
use crate::registry::faulty::{Fault, FaultyRegistry, Reply};
use crate::registry::server::RegistryServer;
use crate::registry::signed::Signer;

const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";

/// A gate whose policies never say anything.
pub(super) fn gate(trust: TrustConfiguration, at: &str) -> Gate {
    gate_with(BundleSource::Path("tests/cases/images/quiet".into()), trust, at)
}

fn gate_with(bundle: BundleSource, trust: TrustConfiguration, at: &str) -> Gate {
    let revision = Arc::new(Revision::load(&[bundle], &LoadOptions::default()).unwrap());
    let clock = Arc::new(FixedClock(at.parse().unwrap()));
    let source = Arc::new(ImageSource::new(trust, Arc::<FixedClock>::clone(&clock)).unwrap());
    let limits = goldgate::intake::Limits::default();
    Gate::new(limits, vec![Box::new(source)], revision, None, clock, b"salt".to_vec())
}

pub(super) async fn decided(gate: Gate, request: Request) -> Arc<Decision> {
    on_runtime(async move { gate.check(&request).await.unwrap() }).await
}

pub(super) async fn asked(trust: TrustConfiguration, at: &str, reference: String) -> Arc<Decision> {
    decided(gate(trust, at), Request { images: vec![reference], ..Request::default() }).await
}

/// Verdict, codes of the findings, and the codes behind them.
pub(super) fn shown(decision: &Decision) -> String {
    let mut shown = decision.verdict.to_string();
    for finding in &decision.findings {
        assert!(finding.remediation.len() > 10, "{finding:?}");
        let _ = write!(shown, " {} {}", finding.enforcement.as_str(), finding.code);
        for list in ["errors", "shortfalls", "rejected"] {
            let listed = finding.facts.get(list).and_then(Value::as_array).unwrap_or_default();
            for item in listed {
                let code = item.get("code").unwrap_or(item).as_str().unwrap();
                let _ = write!(shown, " {code}");
            }
        }
    }
    shown
}

/// A registry with one image, and the one signer who is trusted with it.
pub(super) struct Stall {
    pub(super) registry: FaultyRegistry,
    pub(super) signer: Signer,
    pub(super) image: Digest,
}

impl Stall {
    pub(super) async fn open() -> Self {
        Self::at(FaultyRegistry::start().await)
    }

    pub(super) fn at(registry: FaultyRegistry) -> Self {
        let image = registry.put_image("app", "v1");
        registry.put_referrers("app", image, &[]);
        Self { registry, signer: Signer::new(), image }
    }

    pub(super) fn trust(&self, change: impl FnOnce(String) -> String) -> TrustConfiguration {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("images.yaml");
        let yaml = self.signer.images_yaml(&self.registry.host(), "");
        fs::write(&file, change(yaml)).unwrap();
        let read = read_images(&file, &file, &SigstoreMaterial, now());
        read.unwrap_or_else(|faults| panic!("{}", super::lines(&faults))).configuration
    }

    pub(super) async fn told(&self, rest: &str) -> String {
        self.told_by(self.trust(|yaml| yaml), rest).await
    }

    pub(super) async fn told_by(&self, trust: TrustConfiguration, rest: &str) -> String {
        let reference = format!("{}/{rest}", self.registry.host());
        shown(&*asked(trust, super::NOW, reference).await)
    }

    pub(super) fn tag(&self, suffix: &str) -> String {
        format!("sha256-{}{suffix}", self.image.to_hex())
    }

    pub(super) fn manifest(&self) -> String {
        format!("/v2/app/manifests/{}", self.image)
    }

    /// Hangs a layer on the image, under the tag of signatures or of attestations.
    pub(super) fn hang(&self, suffix: &str, media_type: &str, content: &str) {
        let layer = self.registry.put_blob("app", media_type, content.as_bytes());
        self.registry.put_tag("app", &self.tag(suffix), &[layer]);
    }
}

fn envelope(statement: &str, signatures: &str) -> String {
    let payload = STANDARD.encode(statement);
    format!(
        r#"{{"payload":"{payload}","payloadType":"application/vnd.in-toto+json","signatures":[{signatures}]}}"#
    )
}

#[tokio::test]
async fn bad_input_denies_whatever_policies_are_loaded() {
    let mut found = String::new();
    let mut tell = |what: &str, said: String| writeln!(found, "{what}: {said}").unwrap();

    let stall = Stall::open().await;
    tell("not signed", stall.told("app:v1").await);
    tell("not there", stall.told("nowhere:v1").await);
    let of_512 = format!("app@sha512:{}", "ab".repeat(64));
    tell("a digest of another algorithm", stall.told(&of_512).await);
    let no_rule = stall.trust(|yaml| yaml.replace("\"**\"", "\"other.example/**\""));
    tell("no rule", stall.told_by(no_rule, "app:v1").await);
    let pinned =
        stall.trust(|yaml| yaml.replace("- name: all", "- name: all\n    pin: require-digest"));
    tell("no digest where one is asked for", stall.told_by(pinned, "app:v1").await);
    let denied = stall.trust(|yaml| {
        let (before, _) = yaml.split_once("    signatures").unwrap();
        format!("{before}    action: deny\n")
    });
    tell("a rule that denies", stall.told_by(denied, "app:v1").await);
    let tls = stall.trust(|yaml| yaml.replace("plainHttp: true, ", ""));
    tell("no TLS", stall.told_by(tls, "app:v1").await);
    let private = stall.trust(|yaml| yaml.replace("allowPrivateAddresses: true", ""));
    tell("a private address", stall.told_by(private, "app:v1").await);
    for host in ["other.example", "[::1]:5000", "other.example:8443"] {
        let trust = stall.trust(|yaml| yaml);
        let decision = asked(trust, super::NOW, format!("{host}/app:v1")).await;
        tell(&format!("at {host}"), shown(&decision));
    }
    stall.registry.put_image("app", "v2");
    let moved = stall.registry.put_manifest("app", &["v2"], &serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}));
    assert_ne!(moved, stall.image);
    tell("tag and digest disagree", stall.told(&format!("app:v2@{}", stall.image)).await);

    let stall = Stall::open().await;
    Signer::new().sign(&stall.registry, "app", stall.image);
    tell("signed by somebody else", stall.told("app:v1").await);
    stall.signer.sign(&stall.registry, "app", Digest::of(b"another image"));
    let payload = format!(
        r#"{{"critical":{{"type":"x","type":"cosign container image signature","image":{{"docker-manifest-digest":"{}"}}}}}}"#,
        stall.image
    );
    stall.hang(".sig", SIMPLE_SIGNING, &payload);
    tell("a payload with two keys of one name", stall.told("app:v1").await);

    let stall = Stall::open().await;
    stall.signer.sign(&stall.registry, "app", stall.image);
    tell("as it should be", stall.told("app:v1").await);
    let demanding = || {
        stall.trust(|yaml| {
            yaml.replace("authorities: [release]}", "authorities: [release], required: true}")
        })
    };
    tell("nothing attested", stall.told_by(demanding(), "app:v1").await);
    let statement = |digest: &str, more: &str| {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://cyclonedx.org/bom","subject":[{more}{{"digest":{{"sha256":"{digest}"}}}}],"predicate":{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}}}}"#
        )
    };
    let one = r#"{"sig":"AAAA"}"#;
    let own = statement(&stall.image.to_hex(), "");
    stall.hang(".att", ENVELOPE, &envelope(&own, &format!("{one},{one}")));
    tell("two signatures in an envelope", stall.told_by(demanding(), "app:v1").await);
    stall.hang(".att", ENVELOPE, &envelope(&own, one));
    tell("a signature that is none", stall.told_by(demanding(), "app:v1").await);
    let mut subjects = String::new();
    for n in 0..1_000 {
        write!(subjects, r#"{{"digest":{{"sha256":"{n:064}"}}}},"#).unwrap();
    }
    let others = statement(&"0".repeat(64), &subjects);
    stall.signer.attest_statement(&stall.registry, "app", stall.image, &others);
    tell("a thousand other subjects", stall.told_by(demanding(), "app:v1").await);
    let among = statement(&stall.image.to_hex(), &subjects);
    stall.signer.attest_statement(&stall.registry, "app", stall.image, &among);
    tell("one of a thousand subjects", stall.told_by(demanding(), "app:v1").await);
    let huge =
        serde_json::json!({"mediaType": ENVELOPE, "digest": Digest::of(b"x"), "size": 200 << 20});
    stall.registry.put_tag("app", &stall.tag(".att"), &[huge]);
    tell("a predicate of 200 MB", stall.told("app:v1").await);

    for (what, reply) in [
        ("HTML", Reply::new(200, "<html>Please log in</html>").media_type("text/html")),
        ("a fault of the registry", Reply::new(500, "")),
        ("no entry", Reply::new(403, "")),
        ("come back later", Reply::new(429, "").header("Retry-After", "3600")),
        (
            "other bytes than those of the digest",
            Reply::new(200, "{}").media_type("application/vnd.oci.image.manifest.v1+json"),
        ),
        ("an endless answer", Reply::new(200, "").fault(Fault::Endless)),
        (
            "a redirect of a manifest",
            Reply::new(307, "").header("Location", "https://evil.example/"),
        ),
    ] {
        let stall = Stall::open().await;
        stall.signer.sign(&stall.registry, "app", stall.image);
        stall.registry.replace(stall.manifest(), reply.clone());
        tell(what, stall.told(&format!("app@{}", stall.image)).await);
        // The same behind the list of what hangs on it.
        let stall = Stall::open().await;
        stall.registry.replace(format!("/v2/app/manifests/{}", stall.tag(".sig")), reply);
        tell(&format!("{what}, for signatures"), stall.told("app:v1").await);
    }
    drop(stall.registry);
    expect![[r"
        not signed: deny deny IMG-UNSIGNED UNSIGNED warn INPUT-SERVICE
        not there: deny deny IMG-LOOKUP IMAGE_NOT_FOUND COULD_NOT_LOOK warn INPUT-SERVICE
        a digest of another algorithm: deny deny IMG-LOOKUP DIGEST_UNSUPPORTED COULD_NOT_LOOK warn INPUT-SERVICE
        no rule: deny deny IMG-LOOKUP NO_RULE COULD_NOT_LOOK warn INPUT-SERVICE
        no digest where one is asked for: deny deny IMG-DIGEST NOT_PINNED COULD_NOT_LOOK warn INPUT-SERVICE
        a rule that denies: deny deny IMG-REGISTRY DENIED_BY_RULE warn INPUT-SERVICE
        no TLS: deny deny IMG-LOOKUP REGISTRY_TLS COULD_NOT_LOOK warn INPUT-SERVICE
        a private address: deny deny IMG-LOOKUP ADDRESS_NOT_ALLOWED COULD_NOT_LOOK warn INPUT-SERVICE
        at other.example: deny deny IMG-REGISTRY REGISTRY_NOT_ALLOWED COULD_NOT_LOOK warn INPUT-SERVICE
        at [::1]:5000: deny deny IMG-REGISTRY REGISTRY_NOT_ALLOWED COULD_NOT_LOOK warn INPUT-SERVICE
        at other.example:8443: deny deny IMG-REGISTRY REGISTRY_NOT_ALLOWED COULD_NOT_LOOK warn INPUT-SERVICE
        tag and digest disagree: deny deny IMG-LOOKUP TAG_DIGEST_MISMATCH COULD_NOT_LOOK warn INPUT-SERVICE
        signed by somebody else: deny deny IMG-SIGNER SIGNED_BY_OTHERS SIGNATURE_INVALID warn INPUT-SERVICE
        a payload with two keys of one name: deny deny IMG-UNSIGNED UNSIGNED DUPLICATE_KEY warn INPUT-SERVICE
        as it should be: allow warn INPUT-SERVICE
        nothing attested: deny deny IMG-ATTESTATION ATTESTATION_MISSING warn INPUT-SERVICE
        two signatures in an envelope: deny deny IMG-ATTESTATION ATTESTATION_MISSING MANY_SIGNATURES warn INPUT-SERVICE
        a signature that is none: deny deny IMG-ATTESTATION ATTESTED_BY_OTHERS SIGNATURE_INVALID warn INPUT-SERVICE
        a thousand other subjects: deny deny IMG-ATTESTATION ATTESTATION_MISSING DIGEST_MISMATCH warn INPUT-SERVICE
        one of a thousand subjects: allow warn INPUT-SERVICE
        a predicate of 200 MB: deny deny IMG-LOOKUP LIMIT_BYTES COULD_NOT_LOOK warn INPUT-SERVICE
        HTML: deny deny IMG-LOOKUP REGISTRY_MALFORMED COULD_NOT_LOOK warn INPUT-SERVICE
        HTML, for signatures: deny deny IMG-LOOKUP REGISTRY_MALFORMED UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
        a fault of the registry: deny deny IMG-LOOKUP REGISTRY_FAULT COULD_NOT_LOOK warn INPUT-SERVICE
        a fault of the registry, for signatures: deny deny IMG-LOOKUP REGISTRY_FAULT UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
        no entry: deny deny IMG-LOOKUP REGISTRY_UNAUTHORIZED COULD_NOT_LOOK warn INPUT-SERVICE
        no entry, for signatures: deny deny IMG-LOOKUP REGISTRY_UNAUTHORIZED UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
        come back later: deny deny IMG-LOOKUP REGISTRY_THROTTLED COULD_NOT_LOOK warn INPUT-SERVICE
        come back later, for signatures: deny deny IMG-LOOKUP REGISTRY_THROTTLED UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
        other bytes than those of the digest: deny deny IMG-LOOKUP DIGEST_MISMATCH COULD_NOT_LOOK warn INPUT-SERVICE
        other bytes than those of the digest, for signatures: deny deny IMG-UNSIGNED UNSIGNED warn INPUT-SERVICE
        an endless answer: deny deny IMG-LOOKUP LIMIT_BYTES COULD_NOT_LOOK warn INPUT-SERVICE
        an endless answer, for signatures: deny deny IMG-LOOKUP LIMIT_BYTES UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
        a redirect of a manifest: deny deny IMG-LOOKUP REDIRECT_NOT_ALLOWED COULD_NOT_LOOK warn INPUT-SERVICE
        a redirect of a manifest, for signatures: deny deny IMG-LOOKUP REDIRECT_NOT_ALLOWED UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
    "]].assert_eq(&found);
}

#[tokio::test]
async fn what_keyless_signatures_depend_on_denies_when_it_fails() {
    let Some(server) = RegistryServer::start() else { return };
    let reference = format!("{}/cases/keyless-bundle-rekor2-tsa:v1", server.host());
    let trust = |change: &dyn Fn(&mut TrustConfiguration)| {
        let mut trust = super::trust(&server.host());
        change(&mut trust);
        trust
    };
    let mut found = String::new();
    let mut tell = |what: &str, said: String| writeln!(found, "{what}: {said}").unwrap();
    let good = asked(trust(&|_| {}), super::NOW, reference.clone()).await;
    tell("as it should be", shown(&good));
    let stale = trust(&|trust| {
        let root = trust.roots.get_mut("private").unwrap();
        root.refreshed_at = Some("2026-11-01T00:00:00Z".parse().unwrap());
        root.max_stale = Some(std::time::Duration::from_hours(24));
    });
    tell("a trust root gone stale", shown(&*asked(stale, super::NOW, reference.clone()).await));
    let gone = trust(&|trust| trust.roots.clear());
    tell("no trust root", shown(&*asked(gone, super::NOW, reference.clone()).await));
    let broken = trust(&|trust| {
        trust.roots.get_mut("private").unwrap().json = Arc::from(&b"{}"[..]);
    });
    tell("a trust root that is none", shown(&*asked(broken, super::NOW, reference.clone()).await));
    let early = format!("{}/cases/keyless-bundle-rekor-tsa:v1", server.host());
    let skewed = asked(trust(&|_| {}), "2026-11-01T00:00:00Z", early).await;
    tell("a clock that is slow by weeks", shown(&skewed));
    for case in
        ["keyless-bundle-other-root", "keyless-legacy-lookalike", "attack-bundle-checkpoint"]
    {
        let reference = format!("{}/cases/{case}:v1", server.host());
        tell(case, shown(&*asked(trust(&|_| {}), super::NOW, reference).await));
    }
    expect![[r"
        as it should be: allow warn INPUT-SERVICE
        a trust root gone stale: deny deny IMG-LOOKUP TRUST_ROOT_STALE SIGNED_BY_OTHERS COULD_NOT_LOOK CERTIFICATE_INVALID warn INPUT-SERVICE
        no trust root: deny deny IMG-LOOKUP TRUST_ROOT_MISSING SIGNED_BY_OTHERS COULD_NOT_LOOK CERTIFICATE_INVALID warn INPUT-SERVICE
        a trust root that is none: deny deny IMG-LOOKUP TRUST_ROOT_UNREADABLE SIGNED_BY_OTHERS COULD_NOT_LOOK CERTIFICATE_INVALID warn INPUT-SERVICE
        a clock that is slow by weeks: deny deny IMG-SIGNER SIGNED_BY_OTHERS SIGNED_IN_FUTURE warn INPUT-SERVICE
        keyless-bundle-other-root: deny deny IMG-SIGNER SIGNED_BY_OTHERS LOG_ENTRY_INVALID warn INPUT-SERVICE
        keyless-legacy-lookalike: deny deny IMG-SIGNER SIGNED_BY_OTHERS SUBJECT_MISMATCH warn INPUT-SERVICE
        attack-bundle-checkpoint: deny deny IMG-SIGNER SIGNED_BY_OTHERS LOG_ENTRY_INVALID warn INPUT-SERVICE
    "]].assert_eq(&found);
}

fn deployment(image: &str) -> Artifact {
    deployment_of(&format!("containers:\n        - {{name: app, image: {image:?}}}"))
}

fn deployment_of(pod: &str) -> Artifact {
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app}}\nspec:\n  template:\n    spec:\n      {pod}\n"
    );
    Artifact { path: "app.yaml".to_owned(), content: text.into(), origin: ArtifactOrigin::Named }
}

#[tokio::test]
async fn references_that_are_none_deny_where_images_are_looked_at() {
    let stall = Stall::open().await;
    let mut found = String::new();
    for image in [
        "registry.example/Shop/app:v1",
        "registry.example/app:v1@sha256:abc",
        "registry.example/app@md5:abc",
        "https://registry.example/app",
        "registry.example/app:{{ tag }}",
        "registry.example:port/app",
        "[::1/app:v1",
        "registry.example:99999/app",
        " ",
    ] {
        let artifacts = vec![deployment(image)];
        let request = Request { artifacts, ..Request::default() };
        let decision = decided(gate(stall.trust(|yaml| yaml), super::NOW), request).await;
        let place = decision.findings.iter().map(|finding| finding.location.line).max();
        writeln!(found, "{image}: {} in line {}", shown(&decision), place.unwrap()).unwrap();
    }
    expect![[r"
        registry.example/Shop/app:v1: deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
        registry.example/app:v1@sha256:abc: deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
        registry.example/app@md5:abc: deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
        https://registry.example/app: deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
        registry.example/app:{{ tag }}: deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
        registry.example:port/app: deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
        [::1/app:v1: deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
        registry.example:99999/app: deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
         : deny deny INPUT-IMAGE warn INPUT-SERVICE in line 8
    "]]
    .assert_eq(&found);
}

/// Whatever fills the image in later, nobody has looked at it.
#[tokio::test]
async fn a_container_without_an_image_denies_where_images_are_looked_at() {
    let stall = Stall::open().await;
    let mut found = String::new();
    for pod in [
        r#"containers: [{name: app, image: ""}]"#,
        "containers: [{name: app, image: null}]",
        "containers: [{name: app}]",
        "initContainers: [{name: first}]",
        r#"ephemeralContainers: [{name: probe, image: ""}]"#,
        "containers: [{name: app}, {name: other}]",
        "volumes: [{name: files, image: {pullPolicy: Always}}]",
        r#"volumes: [{name: files, image: {reference: ""}}, {name: none, image: null}]"#,
    ] {
        for environment in ["production", "test"] {
            let request = Request {
                artifacts: vec![deployment_of(pod)],
                environment: environment.parse().unwrap(),
                ..Request::default()
            };
            let decision = decided(gate(stall.trust(|yaml| yaml), super::NOW), request).await;
            let place = decision.findings.iter().map(|finding| finding.location.line).max();
            writeln!(
                found,
                "{pod} in {environment}: {} in line {}",
                shown(&decision),
                place.unwrap()
            )
            .unwrap();
        }
    }
    expect![[r#"
        containers: [{name: app, image: ""}] in production: deny deny INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        containers: [{name: app, image: ""}] in test: allow warn INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        containers: [{name: app, image: null}] in production: deny deny INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        containers: [{name: app, image: null}] in test: allow warn INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        containers: [{name: app}] in production: deny deny INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        containers: [{name: app}] in test: allow warn INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        initContainers: [{name: first}] in production: deny deny INPUT-SCHEMA deny INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        initContainers: [{name: first}] in test: deny deny INPUT-SCHEMA warn INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        ephemeralContainers: [{name: probe, image: ""}] in production: deny deny INPUT-SCHEMA deny INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        ephemeralContainers: [{name: probe, image: ""}] in test: deny deny INPUT-SCHEMA warn INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        containers: [{name: app}, {name: other}] in production: deny deny INPUT-NO-IMAGE deny INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        containers: [{name: app}, {name: other}] in test: allow warn INPUT-NO-IMAGE warn INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        volumes: [{name: files, image: {pullPolicy: Always}}] in production: deny deny INPUT-SCHEMA deny INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        volumes: [{name: files, image: {pullPolicy: Always}}] in test: deny deny INPUT-SCHEMA warn INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        volumes: [{name: files, image: {reference: ""}}, {name: none, image: null}] in production: deny deny INPUT-SCHEMA deny INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
        volumes: [{name: files, image: {reference: ""}}, {name: none, image: null}] in test: deny deny INPUT-SCHEMA warn INPUT-NO-IMAGE warn INPUT-SERVICE in line 7
    "#]].assert_eq(&found);
}

/// The files of a volume run as well as those of a container.
#[tokio::test]
async fn images_of_volumes_are_looked_at() {
    let stall = Stall::open().await;
    let mut found = String::new();
    for reference in [format!("{}/app:v1", stall.registry.host()), "Not/One".to_owned()] {
        let pod = format!("volumes: [{{name: files, image: {{reference: {reference}}}}}]");
        for bundle in ["tests/cases/images/quiet", "builtin"] {
            let request = Request { artifacts: vec![deployment_of(&pod)], ..Request::default() };
            let gate = match bundle {
                "builtin" => gate_with(BundleSource::Builtin, stall.trust(|yaml| yaml), super::NOW),
                _ => gate(stall.trust(|yaml| yaml), super::NOW),
            };
            let decision = decided(gate, request).await;
            for finding in &decision.findings {
                let code = finding.code.as_str();
                if code.starts_with("IMG-UNSIGNED") || code.contains("IMAGE") {
                    let at = (finding.location.line, finding.location.path.as_str());
                    writeln!(found, "{bundle}: {} {code} at {at:?}", finding.enforcement.as_str())
                        .unwrap();
                }
            }
        }
    }
    expect![[r#"
        tests/cases/images/quiet: deny IMG-UNSIGNED at (7, "/spec/template/spec/volumes/0/image/reference")
        builtin: deny IMG-UNSIGNED at (7, "/spec/template/spec/volumes/0/image/reference")
        tests/cases/images/quiet: deny INPUT-IMAGE at (7, "/spec/template/spec/volumes/0/image/reference")
        builtin: deny INPUT-IMAGE at (7, "/spec/template/spec/volumes/0/image/reference")
    "#]].assert_eq(&found);
}

/// A rule about a registry is about every way to write its name: all of them are pulled from there.
#[tokio::test]
async fn no_spelling_of_a_registry_escapes_its_rule() {
    let stall = Stall::open().await;
    let port = stall.registry.address.port();
    let trust = || {
        stall.trust(|yaml| {
            let named = yaml.replace(&stall.registry.host(), &format!("LocalHost:{port}"));
            let ours = named.replace("\"**\"", &format!("\"LOCALHOST:{port}/**\""));
            ours.replace(
                "registries:",
                "  - {name: rest, images: [\"**\"], action: skip}\nregistries:",
            )
        })
    };
    for host in ["localhost", "LOCALHOST", "LocalHost"] {
        for port in [port.to_string(), format!("0{port}")] {
            let decision = asked(trust(), super::NOW, format!("{host}:{port}/app:v1")).await;
            let expected = "deny deny IMG-UNSIGNED UNSIGNED warn INPUT-SERVICE";
            assert_eq!(shown(&decision), expected, "{host}:{port}");
        }
    }
}

#[tokio::test]
async fn enforcement_softens_by_name_what_the_gate_itself_says() {
    let stall = Stall::open().await;
    let reference = format!("{}/app:v1", stall.registry.host());
    let mut found = String::new();
    for environment in ["production", "test", "development"] {
        let request = Request {
            images: vec![reference.clone()],
            environment: environment.parse().unwrap(),
            ..Request::default()
        };
        let decision = decided(gate(stall.trust(|yaml| yaml), super::NOW), request).await;
        writeln!(found, "{environment}: {}", shown(&decision)).unwrap();
    }
    expect![[r"
        production: deny deny IMG-UNSIGNED UNSIGNED warn INPUT-SERVICE
        test: allow warn IMG-UNSIGNED UNSIGNED warn INPUT-SERVICE
        development: allow warn INPUT-SERVICE
    "]]
    .assert_eq(&found);
}

/// Whoever leaves the built-in policies out is told the same as whoever has them.
#[test]
fn the_gate_and_the_built_in_policies_ask_the_same() {
    let revision = Revision::load(&[BundleSource::Builtin], &LoadOptions::default()).unwrap();
    for ImageCode { code, title, why, remediation } in ImageCode::ALL {
        let policy = revision.policies().iter().find(|policy| policy.code.as_str() == code);
        let policy = policy.unwrap_or_else(|| panic!("there is no built-in policy {code}"));
        let said = [&policy.title, &policy.description, &policy.remediation].map(String::as_str);
        assert_eq!(said, [title, why, remediation]);
        assert_eq!(policy.pack, goldgate::domain::image_code::IMAGE_PACK);
    }
    assert!(Path::new("policies/kubernetes/image_invalid.rego").exists());
}
