//! The webhook, asked with what a real API server sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use goldgate::api::client::Client;
use goldgate::app::AdmissionOptions;
use goldgate::domain::error::ErrorKind;
use http::{Method, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose,
    IsCa, KeyPair,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::harness::{Answer, Running, exchange, request, start};
use crate::staged::Cue;

fn review(name: &str) -> Value {
    let path = format!("tests/cases/admission/{name}.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

async fn ask(server: &Running, review: &Value) -> Value {
    let path = "/admission/v1/validate?timeout=10s";
    let answer = server.post(path, review.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    let answer = answer.json();
    for field in ["apiVersion", "kind"] {
        assert_eq!(answer[field], review[field]);
    }
    assert_eq!(answer["response"]["uid"], review["request"]["uid"]);
    answer["response"].clone()
}

#[tokio::test]
async fn a_bad_object_is_kept_out_with_reasons_warnings_and_annotations() {
    let server = start().run().await;
    let response = ask(&server, &review("003-create-deployments")).await;
    assert_eq!((&response["allowed"], &response["status"]["code"]), (&json!(false), &json!(403)));
    let message = response["status"]["message"].as_str().unwrap();
    assert!(message.contains("TEST-PRIVILEGED: container legacy is privileged"), "{message}");
    let warnings = response["warnings"].as_array().unwrap();
    let warnings: Vec<&str> = warnings.iter().map(|warning| warning.as_str().unwrap()).collect();
    let tag = warnings.iter().find(|warning| warning.starts_with("TEST-IMAGE-TAG: ")).unwrap();
    assert!(tag.ends_with('…') && tag.chars().count() == 120, "{tag}");
    let annotations = &response["auditAnnotations"];
    assert_eq!(annotations["verdict"], "deny");
    let codes = annotations["codes"].as_str().unwrap();
    assert!(codes.ends_with("TEST-IMAGE-TAG,TEST-PRIVILEGED"), "{codes}");
    let id = annotations["decision-id"].as_str().unwrap();
    let decision = server.get(&format!("/v1/decisions/{id}")).await.json();
    assert_eq!(decision["stage"], "admission");
    assert_eq!(decision["trigger"]["actor"], "admin");
    assert_eq!(decision["findings"][0]["location"]["file"], "shop/deployments/legacy.json");
}

#[tokio::test]
async fn each_review_of_a_real_api_server_is_answered() {
    let server = start().run().await;
    for (name, allowed, evaluated) in [
        ("001-create-namespaces", true, true),
        ("002-create-deployments", true, true),
        ("003-create-deployments", false, true),
        ("004-update-deployments-scale", true, true),
        ("006-create-pods", true, true),
        ("007-update-pods-ephemeralcontainers", false, true),
        ("014-create-configmaps", true, true),
        ("024-connect-pods-exec", true, false),
        ("027-delete-deployments", true, false),
    ] {
        let response = ask(&server, &review(name)).await;
        assert_eq!(response["allowed"], allowed, "{name}: {response}");
        let reason = &response["auditAnnotations"]["not-evaluated"];
        assert_eq!(reason.is_null(), evaluated, "{name}: {response}");
    }
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace() {
    let server = start().run().await;
    let review = review("013-update-deployments");
    assert_eq!(review["request"]["dryRun"], true);
    ask(&server, &review).await;
    assert_eq!(server.get("/v1/decisions").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_review_that_is_asked_twice_is_one_decision() {
    let server = start().run().await;
    let review = review("003-create-deployments");
    let id = |response: &Value| response["auditAnnotations"]["decision-id"].clone();
    let (first, second) = (ask(&server, &review).await, ask(&server, &review).await);
    assert_eq!(id(&first), id(&second));
}

#[tokio::test]
async fn what_is_no_review_is_a_bad_request() {
    let server = start().run().await;
    let mut beta = review("003-create-deployments");
    beta["apiVersion"] = json!("admission.k8s.io/v1beta1");
    let mut empty = review("003-create-deployments");
    empty["request"]["object"] = Value::Null;
    let mut bare = review("003-create-deployments");
    bare.as_object_mut().unwrap().remove("request");
    for body in ["", "{}", "[1]", &beta.to_string(), &empty.to_string(), &bare.to_string()] {
        let answer = server.post("/admission/v1/validate", body.to_owned()).await;
        assert_eq!(answer.error().0, 400, "{body}");
    }
    let path = "/admission/v1/validate?enviroment=dev";
    let body = review("003-create-deployments").to_string();
    assert_eq!(server.post(path, body).await.error().0, 400);
}

#[tokio::test]
async fn what_cannot_be_decided_does_not_pass() {
    for (cue, code) in [(Cue::Fail, 503), (Cue::wait().0, 503)] {
        let server = start().staged(cue.before()).run().await;
        let path = "/admission/v1/validate?timeout=1s";
        let body = review("002-create-deployments").to_string();
        let answer = server.post(path, body).await;
        let response = &answer.json()["response"];
        assert_eq!((answer.status, &response["allowed"]), (200, &json!(false)), "{answer:?}");
        assert_eq!(response["status"]["code"], code);
        assert!(!answer.text().contains("hunter2"));
    }
}

/// An authority, and certificates of it.
struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    /// Writes a certificate and its key under `name`.
    fn issue(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> (PathBuf, PathBuf) {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        let certificate: Certificate = params.signed_by(&key, &self.issuer).unwrap();
        let (chain, private) =
            (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        std::fs::write(&chain, certificate.pem()).unwrap();
        std::fs::write(&private, key.serialize_pem()).unwrap();
        (chain, private)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(&self, client_ca: Option<PathBuf>) -> AdmissionOptions {
        let (tls_cert, tls_key) = self.issue("server", ExtendedKeyUsagePurpose::ServerAuth);
        AdmissionOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls_cert,
            tls_key,
            client_ca,
            environment: "staging".parse().unwrap(),
        }
    }

    fn client(&self, identity: Option<(&Path, &Path)>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("ca.pem")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = vec![CertificateDer::from_pem_file(chain).unwrap()];
                let key = PrivateKeyDer::from_pem_file(key).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        }
    }
}

async fn ask_over_tls(
    server: &Running,
    config: ClientConfig,
) -> Result<Response<Incoming>, std::io::Error> {
    let stream = TcpStream::connect(server.admission.unwrap()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    // With TLS 1.3 a client learns only when it reads that its certificate was refused.
    if tokio::io::AsyncWriteExt::flush(&mut stream).await.is_err() {
        return Err(std::io::Error::other("refused"));
    }
    let body = review("003-create-deployments").to_string();
    let path = "/admission/v1/validate?timeout=10s";
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let answer = sender.send_request(request(Method::POST, path, body)).await;
    answer.map_err(std::io::Error::other)
}

#[tokio::test]
async fn the_webhook_has_a_listener_of_its_own_with_tls() {
    let authority = Authority::new();
    let server = start().admission(authority.options(None)).run().await;
    let answer = ask_over_tls(&server, authority.client(None)).await.unwrap();
    let answer = Answer::of(answer).await.json();
    assert_eq!(answer["response"]["allowed"], false);
    let list = server.get("/v1/decisions?environment=staging").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);

    // The client trusts what this machine trusts, and nobody else.
    let address = format!("https://{}", server.admission.unwrap());
    let stranger = Client::connect(&address, Duration::from_secs(10)).await.unwrap_err();
    assert_eq!(stranger.kind(), ErrorKind::Unavailable, "{stranger:?}");

    let plain = TcpStream::connect(server.admission.unwrap()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(plain)).await.unwrap();
    tokio::spawn(connection);
    let refused = sender.send_request(request(Method::GET, "/healthz", "")).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn with_an_authority_for_callers_strangers_are_refused() {
    let authority = Authority::new();
    let options = authority.options(Some(authority.path("ca.pem")));
    let server = start().admission(options).run().await;
    assert!(ask_over_tls(&server, authority.client(None)).await.is_err());
    let (chain, key) = authority.issue("apiserver", ExtendedKeyUsagePurpose::ClientAuth);
    let answer = ask_over_tls(&server, authority.client(Some((&chain, &key)))).await.unwrap();
    assert_eq!(answer.status(), 200);
    let stranger = Authority::new();
    let (chain, key) = stranger.issue("apiserver", ExtendedKeyUsagePurpose::ClientAuth);
    assert!(ask_over_tls(&server, authority.client(Some((&chain, &key)))).await.is_err());
}

#[tokio::test]
async fn a_webhook_beyond_loopback_needs_an_authority_and_files_that_fit() {
    let authority = Authority::new();
    let refused = |options: AdmissionOptions| async {
        let folder = tempfile::tempdir().unwrap();
        let gate = crate::harness::gate_in(folder.path(), |store| store);
        let options = goldgate::app::ServeOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            admission: Some(options),
            ..Default::default()
        };
        let error = goldgate::app::Server::bind(gate, options).await.unwrap_err();
        (
            error.field().unwrap().to_owned(),
            error.external().to_owned(),
            error.help().unwrap().to_owned(),
        )
    };
    let open = AdmissionOptions { listen: "0.0.0.0:0".parse().unwrap(), ..authority.options(None) };
    let (field, _, help) = refused(open).await;
    assert_eq!(field, "admission_listen");
    assert!(help.contains("--tls-client-ca"), "{help}");

    let other = authority.issue("other", ExtendedKeyUsagePurpose::ServerAuth);
    let crossed = AdmissionOptions { tls_key: other.1, ..authority.options(None) };
    let (field, message, _) = refused(crossed).await;
    assert_eq!(field, "tls_key", "{message}");

    let missing =
        AdmissionOptions { tls_cert: authority.path("nowhere.pem"), ..authority.options(None) };
    let (field, message, _) = refused(missing).await;
    assert_eq!(field, "tls_cert");
    assert!(message.contains("nowhere.pem"), "{message}");
}

#[tokio::test]
async fn the_admission_listener_serves_nothing_else() {
    let authority = Authority::new();
    let server = start().admission(authority.options(None)).run().await;
    let stream = TcpStream::connect(server.admission.unwrap()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let config = Arc::new(authority.client(None));
    let stream = TlsConnector::from(config).connect(name, stream).await.unwrap();
    let answer = exchange(TokioIo::new(stream), request(Method::GET, "/v1/decisions", "")).await;
    assert_eq!(Answer::of(answer).await.error().0, 404);
}
