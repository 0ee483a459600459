//! Whatever keeps the gate from a look, or a certificate from being good, denies through the whole gate: TLS, certificates
//! and trust roots out of their time, and every code that has no case in `deny`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use expect_test::expect;
use goldgate::config::read_images;
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::code::{LookCode, RejectionCode, ShortfallCode};
use goldgate::domain::image_code::ImageCode;
use goldgate::domain::trust::TrustConfiguration;
use goldgate::evidence::material::SigstoreMaterial;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

use super::deny::{Stall, asked, shown};
use super::now;
use crate::registry::faulty::{Fault, FaultyRegistry, MANIFEST, Reply, SIMPLE_SIGNING};
use crate::registry::signed::Signer;
use crate::verify::workshop::{ISSUER, SUBJECT, Workshop};

/// A registry's certificate for `name`, valid in these years, as a server shows it and as PEM.
fn certificate(name: &str, years: (i32, i32)) -> (TlsAcceptor, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    let der = rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], der)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), certificate.pem())
}

/// What the gate says of a signed image in a registry with such a certificate; `trusted` names it in `caFile`.
async fn behind_tls(name: &str, years: (i32, i32), trusted: bool) -> String {
    let (acceptor, pem) = certificate(name, years);
    let stall = Stall::at(FaultyRegistry::start_tls(acceptor).await);
    stall.signer.sign(&stall.registry, "app", stall.image);
    let host = format!("localhost:{}", stall.registry.address.port());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pem).unwrap();
    let ca = format!("caFile: {}, ", file.path().display());
    let trust = stall.trust(|yaml| {
        let yaml = yaml.replace(&stall.registry.host(), &host);
        yaml.replace("plainHttp: true, ", if trusted { &ca } else { "" })
    });
    let decision = asked(trust, super::NOW, format!("{host}/app:v1")).await;
    let finding = decision.findings.iter().find(|finding| finding.code.as_str() == "IMG-LOOKUP");
    let told = finding.map(|finding| {
        // What the library says of the time it looked at is another each time.
        let (what, advice) = finding.message.rsplit_once("; ").unwrap();
        let what = what.split(": verified at").next().unwrap();
        assert!(what.contains("the certificate of `localhost:"), "{what}");
        format!(" [{advice}]").replace(&host, "HOST")
    });
    shown(&decision) + &told.unwrap_or_default()
}

#[tokio::test]
async fn a_registry_whose_certificate_is_not_good_denies() {
    let mut found = String::new();
    for (what, name, years, trusted) in [
        ("as it should be", "localhost", (2020, 2100), true),
        ("by nobody who is trusted", "localhost", (2020, 2100), false),
        ("for another host", "other.example", (2020, 2100), true),
        ("that has run out", "localhost", (2020, 2021), true),
        ("that is not valid yet", "localhost", (2099, 2100), true),
    ] {
        writeln!(found, "{what}: {}", behind_tls(name, years, trusted).await).unwrap();
    }
    expect![[r#"
        as it should be: allow warn INPUT-SERVICE
        by nobody who is trusted: deny deny IMG-LOOKUP REGISTRY_TLS COULD_NOT_LOOK warn INPUT-SERVICE [name its authority in `registries.hosts."HOST".caFile` (REGISTRY_TLS)]
        for another host: deny deny IMG-LOOKUP REGISTRY_TLS COULD_NOT_LOOK warn INPUT-SERVICE [name the registry as its certificate does (REGISTRY_TLS)]
        that has run out: deny deny IMG-LOOKUP REGISTRY_TLS COULD_NOT_LOOK warn INPUT-SERVICE [let who runs the registry renew it, and see that the clock of this machine is right (REGISTRY_TLS)]
        that is not valid yet: deny deny IMG-LOOKUP REGISTRY_TLS COULD_NOT_LOOK warn INPUT-SERVICE [let who runs the registry renew it, and see that the clock of this machine is right (REGISTRY_TLS)]
    "#]].assert_eq(&found);
}

/// A stall whose image is signed with a certificate of the workshop, which is valid on 23 November 2026 until 18:00.
async fn keyless(signed_at: &str, change: &dyn Fn(&mut Value)) -> String {
    let stall = Stall::open().await;
    let workshop = Workshop::open();
    let item = workshop.signed(stall.image, signed_at);
    let payload = item.content.unwrap();
    let mut layer = stall.registry.put_blob("app", SIMPLE_SIGNING, &payload);
    layer["annotations"] = json!(item.annotations);
    stall.registry.put_tag("app", &stall.tag(".sig"), &[layer]);
    let mut root: Value = serde_json::from_slice(&workshop.trusted_root).unwrap();
    change(&mut root);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("root.json"), root.to_string()).unwrap();
    let host = stall.registry.host();
    let yaml = format!(
        "trustRoots: {{workshop: {{file: root.json}}}}\n\
         authorities:\n  release: {{trustRoot: workshop, keyless: {{sct: ignored, identities: [{{issuer: \"{ISSUER}\", subject: \"{SUBJECT}\"}}]}}}}\n\
         rules: [{{name: all, images: [\"**\"], signatures: {{anyOf: [release]}}}}]\n\
         registries: {{allow: [\"{host}\"], hosts: {{\"{host}\": {{plainHttp: true, allowPrivateAddresses: true}}}}}}\n"
    );
    let file = folder.path().join("images.yaml");
    fs::write(&file, yaml).unwrap();
    match read_images(&file, &file, &SigstoreMaterial, now()) {
        Ok(read) => stall.told_by(read.configuration, "app:v1").await,
        Err(faults) => {
            let codes: Vec<_> = faults.iter().map(|fault| fault.code.unwrap()).collect();
            format!("not even read: {}", codes.join(" "))
        }
    }
}

#[tokio::test]
async fn what_was_signed_outside_the_life_of_its_certificate_denies() {
    let ended = |list: &'static str, end: &'static str| {
        move |root: &mut Value| {
            for entry in root[list].as_array_mut().unwrap() {
                let key = entry.get_mut("publicKey");
                let valid = match key {
                    Some(key) => &mut key["validFor"],
                    None => &mut entry["validFor"],
                };
                valid["end"] = json!(end);
            }
        }
    };
    let within = "2026-11-23T12:00:00Z";
    let mut found = String::new();
    for (what, signed_at, change) in [
        ("within", within, &(|_: &mut Value| {}) as &dyn Fn(&mut Value)),
        ("before it was valid", "2026-11-22T12:00:00Z", &|_| {}),
        ("after it had run out", "2026-11-23T18:00:01Z", &|_| {}),
        ("by this gate's clock in two days", "2026-11-27T12:00:00Z", &|_| {}),
        (
            "after the authority had run out",
            within,
            &ended("certificateAuthorities", "2026-11-23T11:00:00Z"),
        ),
        ("after the key of the log had run out", within, &ended("tlogs", "2026-11-23T11:00:00Z")),
        ("before the key of the log ran out", within, &ended("tlogs", "2026-11-24T00:00:00Z")),
    ] {
        writeln!(found, "{what}: {}", keyless(signed_at, change).await).unwrap();
    }
    expect![[r"
        within: allow warn INPUT-SERVICE
        before it was valid: deny deny IMG-SIGNER SIGNED_BY_OTHERS CERTIFICATE_INVALID warn INPUT-SERVICE
        after it had run out: deny deny IMG-SIGNER SIGNED_BY_OTHERS CERTIFICATE_INVALID warn INPUT-SERVICE
        by this gate's clock in two days: deny deny IMG-SIGNER SIGNED_BY_OTHERS SIGNED_IN_FUTURE warn INPUT-SERVICE
        after the authority had run out: not even read: ROOT_EXPIRED
        after the key of the log had run out: deny deny IMG-SIGNER SIGNED_BY_OTHERS LOG_ENTRY_INVALID warn INPUT-SERVICE
        before the key of the log ran out: allow warn INPUT-SERVICE
    "]].assert_eq(&found);
}

/// A second authority beside the one of `Signer::images_yaml`, both of which must sign.
fn both_must_sign(yaml: &str, host: &str) -> String {
    let other = Signer::new().images_yaml(host, "");
    let (authorities, _) = other.split_once("rules:").unwrap();
    let second = authorities.replace("authorities:\n", "").replace("release", "second");
    let yaml = yaml.replacen("authorities:\n", &format!("authorities:\n{second}"), 1);
    yaml.replace("{anyOf: [release]}", "{anyOf: [release, second], threshold: 2}")
}

fn limited(stall: &Stall, limits: &str) -> TrustConfiguration {
    stall.trust(|yaml| format!("{yaml}limits: {{{limits}}}\n"))
}

#[tokio::test]
async fn what_else_keeps_the_gate_from_a_look_denies() {
    let mut found = String::new();
    let mut tell = |what: &str, said: String| writeln!(found, "{what}: {said}").unwrap();

    let stall = Stall::open().await;
    stall.signer.sign(&stall.registry, "app", stall.image);
    let threshold = stall.trust(|yaml| both_must_sign(&yaml, &stall.registry.host()));
    tell("one of two signers", stall.told_by(threshold, "app:v1").await);
    let late = || Reply::new(200, "").fault(Fault::Late(std::time::Duration::from_secs(30)));
    stall.registry.replace("/v2/app/manifests/slow", late());
    let hurried = limited(&stall, "perRequestTimeout: 200ms");
    tell("a registry that is slow", stall.told_by(hurried, "app:slow").await);
    let hurried = limited(&stall, "perImageTimeout: 200ms");
    tell("a look that takes too long", stall.told_by(hurried, "app:slow").await);
    let elsewhere = r#"Bearer realm="https://elsewhere.example/token",service="x""#;
    let asking = |how: &str| Reply::new(401, "").header("WWW-Authenticate", how);
    stall.registry.replace("/v2/app/manifests/realm", asking(elsewhere));
    tell("tokens made elsewhere", stall.told("app:realm").await);
    stall.registry.replace("/v2/app/manifests/private", asking("Basic realm=\"x\""));
    let junk = tempfile::NamedTempFile::new().unwrap();
    fs::write(junk.path(), "junk").unwrap();
    let auth = format!("plainHttp: true, auth: {{dockerConfigFile: {}}}, ", junk.path().display());
    let with_junk = stall.trust(|yaml| yaml.replace("plainHttp: true, ", &auth));
    tell("credentials that are none", stall.told_by(with_junk, "app:private").await);
    let old = json!({"schemaVersion": 1, "name": "app", "fsLayers": [], "history": []});
    let old = Reply::new(200, old.to_string())
        .media_type("application/vnd.docker.distribution.manifest.v1+prettyjws");
    stall.registry.replace("/v2/app/manifests/old", old);
    tell("the first schema of Docker", stall.told("app:old").await);

    let stall = Stall::open().await;
    let gone = json!({"mediaType": MANIFEST, "digest": Digest::of(b"gone"), "size": 4});
    stall.registry.put_referrers("app", stall.image, &[gone]);
    tell("a referrer that is not there", stall.told("app:v1").await);

    let stall = Stall::open().await;
    let mut layer = stall.registry.put_blob("app", SIMPLE_SIGNING, b"{}");
    layer["size"] = json!(3);
    stall.registry.put_tag("app", &stall.tag(".sig"), &[layer.clone()]);
    tell("another size than the list says", stall.told("app:v1").await);
    layer["size"] = json!(2);
    let other = stall.registry.put_blob("app", SIMPLE_SIGNING, b"{ }");
    stall.registry.put_tag("app", &stall.tag(".sig"), &[layer, other]);
    let few = limited(&stall, "layersPerSignatureManifest: 1");
    tell("more layers than are looked at", stall.told_by(few, "app:v1").await);
    let few = limited(&stall, "signaturesVerified: 1");
    tell("more signatures than are verified", stall.told_by(few, "app:v1").await);

    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let down = format!("127.0.0.1:{}", port.port());
    let trust = stall.trust(|yaml| yaml.replace(&stall.registry.host(), &down));
    let decision = asked(trust, super::NOW, format!("{down}/app:v1")).await;
    tell("a registry that is down", shown(&decision));
    stall
        .registry
        .replace("/v2/app/manifests/page", Reply::new(404, "<html>").media_type("text/html"));
    tell("a page that says that it is not there", stall.told("app:page").await);
    expect![[r"
        one of two signers: deny deny IMG-SIGNER THRESHOLD_NOT_MET warn INPUT-SERVICE
        a registry that is slow: deny deny IMG-LOOKUP REGISTRY_TIMEOUT COULD_NOT_LOOK warn INPUT-SERVICE
        a look that takes too long: deny deny IMG-LOOKUP LIMIT_TIME COULD_NOT_LOOK warn INPUT-SERVICE
        tokens made elsewhere: deny deny IMG-LOOKUP TOKEN_REALM_NOT_ALLOWED COULD_NOT_LOOK warn INPUT-SERVICE
        credentials that are none: deny deny IMG-LOOKUP CREDENTIALS_UNAVAILABLE COULD_NOT_LOOK warn INPUT-SERVICE
        the first schema of Docker: deny deny IMG-LOOKUP MANIFEST_UNSUPPORTED COULD_NOT_LOOK warn INPUT-SERVICE
        a referrer that is not there: deny deny IMG-LOOKUP ITEM_NOT_FOUND UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
        another size than the list says: deny deny IMG-LOOKUP SIZE_MISMATCH UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
        more layers than are looked at: deny deny IMG-LOOKUP LIMIT_ITEMS UNSIGNED COULD_NOT_LOOK warn INPUT-SERVICE
        more signatures than are verified: deny deny IMG-LOOKUP LIMIT_SIGNATURES UNSIGNED COULD_NOT_LOOK NOT_A_SIGNATURE warn INPUT-SERVICE
        a registry that is down: deny deny IMG-LOOKUP REGISTRY_UNREACHABLE COULD_NOT_LOOK warn INPUT-SERVICE
        a page that says that it is not there: deny deny IMG-LOOKUP REGISTRY_MALFORMED COULD_NOT_LOOK warn INPUT-SERVICE
    "]].assert_eq(&found);
}

/// What the expectations of this file and of `deny` hold was found by the tests they stand in.
#[test]
fn every_code_denies_through_the_gate() {
    let told = [include_str!("deny.rs"), include_str!("unseen.rs")];
    let cases = told.iter().flat_map(|text| text.lines());
    let cases = cases.filter_map(|line| line.split_once(": deny deny "));
    let cases: Vec<&str> = cases.map(|(_, codes)| codes).collect();
    assert!(cases.len() > 50, "only {} cases", cases.len());
    let seen: BTreeSet<&str> = cases.iter().flat_map(|codes| codes.split(' ')).collect();
    let codes = LookCode::ALL.iter().map(|code| code.code());
    let codes = codes.chain(ShortfallCode::ALL.iter().map(|code| code.code()));
    let codes = codes.chain(ImageCode::ALL.iter().map(|code| code.code));
    let missing: Vec<&str> = codes.filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "no case through the gate gives {missing:?}");
    // Of rejected items `verify::hostile` has every code; some are here too, so that they are seen to reach a decision.
    assert!(RejectionCode::ALL.iter().filter(|code| seen.contains(code.code())).count() > 8);
}
