//! Advisories that come by themselves into a server that runs: what was let in is judged again, and whoever watches is told.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Server, advisory, json, next_decision, run, shop};
use crate::cli::Place;
use crate::harness::{Answer, exchange, request};

/// What a mirror answers to anybody, whichever path is asked for.
#[derive(Clone, Default)]
struct Said {
    body: String,
    /// Says that more bytes come than do.
    is_cut: bool,
    /// Leads there instead.
    leads_to: Option<String>,
}

/// A mirror over https, whose certificate only its own authority vouches for.
struct Mirror {
    address: SocketAddr,
    said: Arc<Mutex<Said>>,
    /// The heads of the requests.
    heads: Arc<Mutex<Vec<String>>>,
    authority: String,
}

impl Mirror {
    fn start(said: Said) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mirror = Self {
            address: listener.local_addr().unwrap(),
            said: Arc::new(Mutex::new(said)),
            heads: Arc::default(),
            authority: issuer.pem(),
        };
        let (said, heads, config) =
            (Arc::clone(&mirror.said), Arc::clone(&mirror.heads), Arc::new(config));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &config, &said, &heads);
            }
        });
        mirror
    }

    fn says(&self, said: Said) {
        *self.said.lock().unwrap() = said;
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/crates.io/all.json", self.address.port())
    }
}

fn answer(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    said: &Mutex<Said>,
    heads: &Mutex<Vec<String>>,
) {
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    heads.lock().unwrap().push(head);
    let Said { body, is_cut, leads_to } = said.lock().unwrap().clone();
    let (status, place) = match &leads_to {
        Some(place) => ("302 Found", format!("location: {place}\r\n")),
        None => ("200 OK", String::new()),
    };
    let length = body.len() + usize::from(is_cut) * 10;
    let text = format!(
        "HTTP/1.1 {status}\r\n{place}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let mut stream = stream.into_inner();
    // Whoever asked may have gone.
    let _gone = stream.write_all(text.as_bytes());
    stream.conn.send_close_notify();
    let _gone = stream.flush();
}

fn none() -> Said {
    Said { body: advisory("GHSA-none", "left-pad", "1.0.0"), ..Said::default() }
}

fn new() -> Said {
    Said { body: advisory("GHSA-new", "openssl", "0.10.66"), ..Said::default() }
}

/// A shop whose server asks these mirrors four times a second.
fn configured(authority: &str, mirrors: &[String]) -> Place {
    let place = shop();
    fs::write(place.work().join("ca.pem"), authority).unwrap();
    let file = format!("advisories: {{mirrors: {mirrors:?}, caFile: ca.pem, refreshMs: 250}}\n");
    fs::write(place.work().join("goldgate.yaml"), file).unwrap();
    place
}

/// What the server says of sources that are kept from newer knowledge.
async fn troubles_of_advisories(server: &Server) -> usize {
    let stream = TokioIo::new(tokio::net::TcpStream::connect(&server.address).await.unwrap());
    let asked = request(http::Method::GET, "/metrics", "");
    let metrics = Answer::of(exchange(stream, asked).await).await;
    let name = "goldgate_source_troubles{source=\"advisories\"} ";
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    line.unwrap_or_else(|| panic!("{}", metrics.text())).parse().unwrap()
}

/// Waits until `is_so`, which is looked at often.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what} does not come");
}

fn told_by_status(place: &Place) -> String {
    json(place, &["advisories", "status"])["troubles"].to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mirror_says_reaches_scorecards_and_watchers_of_a_running_server() {
    let mirror = Mirror::start(none());
    let place = configured(&mirror.authority, &[mirror.url()]);
    let before = json(&place, &["scorecard", "show", "checkout"]);
    let server = Server::start(&place);
    let mut events = server.watch().await;
    mirror.says(new());
    let decision = next_decision(&mut events).await;
    assert_eq!(decision.service, "component:default/checkout");
    assert_eq!(decision.findings[0].code, "VULN-KNOWN");
    let after = json(&place, &["scorecard", "show", "checkout"]);
    assert!(after["score"].as_i64() < before["score"].as_i64(), "{before:#}\n{after:#}");

    // An answer that breaks off is told everywhere, and the last good one stays in force.
    mirror.says(Said { is_cut: true, ..none() });
    until("the trouble", async || troubles_of_advisories(&server).await == 1).await;
    let told = told_by_status(&place);
    assert!(told.contains("end of file") && told.contains(&mirror.url()), "{told}");
    assert!(server.log().contains("The last good advisories stay in force"), "{}", server.log());
    fs::write(place.work().join("app/Cargo.lock"), super::lock("0.10.60")).unwrap();
    let words = ["check", "app", "--service", "other", "--server", &server.url()];
    let (said, _) = run(&place, &words, 0);
    assert!(said.contains("openssl 0.10.60 has GHSA-new"), "{said}");
    mirror.says(none());
    until("the end of the trouble", async || troubles_of_advisories(&server).await == 0).await;
    assert_eq!(told_by_status(&place), "[]");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_may_lead_to_another_host_by_https_alone_and_not_for_ever() {
    let there = Mirror::start(new());
    let here = Mirror::start(Said { leads_to: Some(there.url()), ..Said::default() });
    let place = configured(&format!("{}{}", here.authority, there.authority), &[here.url()]);
    let server = Server::start(&place);
    let mut events = server.watch().await;
    assert_eq!(next_decision(&mut events).await.findings[0].code, "VULN-KNOWN");
    for head in there.heads.lock().unwrap().iter() {
        let head = head.to_ascii_lowercase();
        for name in ["authorization:", "cookie:", "referer:"] {
            assert!(!head.contains(name), "{head}");
        }
    }
    for (place_told, told) in [
        (here.url(), "it leads on too often"),
        (here.url().replace("https:", "http:"), "it leads from `https` to `http`"),
    ] {
        here.says(Said { leads_to: Some(place_told), ..Said::default() });
        until(told, async || told_by_status(&place).contains(told)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_whose_certificate_nobody_vouches_for_is_not_believed() {
    let (mirror, other) = (Mirror::start(new()), Mirror::start(none()));
    let place = configured(&other.authority, &[mirror.url()]);
    let _server = Server::start(&place);
    until("the trouble", async || told_by_status(&place).contains("certificate")).await;
    assert_eq!(json(&place, &["advisories", "status"])["loaded"], true);
    assert!(mirror.heads.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_into_the_watched_folder_judges_again_what_runs() {
    let place = shop();
    let folder: PathBuf = place.work().join("incoming");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("all.json"), none().body).unwrap();
    let file = "advisories: {folder: incoming, refreshMs: 250}\n";
    fs::write(place.work().join("goldgate.yaml"), file).unwrap();
    let server = Server::start(&place);
    let mut events = server.watch().await;
    fs::write(folder.join("all.json"), new().body).unwrap();
    let decision = next_decision(&mut events).await;
    assert_eq!(
        (decision.stage(), decision.findings[0].code.as_str()),
        (goldgate::proto::Stage::Watch, "VULN-KNOWN")
    );
    let whole = format!("[{}]", none().body);
    fs::write(folder.join("all.json"), &whole[..whole.len() - 20]).unwrap();
    until("the trouble", async || troubles_of_advisories(&server).await == 1).await;
    assert!(told_by_status(&place).contains("is not whole"), "{}", told_by_status(&place));
    assert_eq!(super::watched(&place).len(), 1);
}

#[test]
fn an_address_with_a_password_in_it_is_refused() {
    let place = shop();
    let file = "advisories: {mirrors: [\"https://mia:hunter2@mirror.example/all.zip\"]}\n";
    fs::write(place.work().join("goldgate.yaml"), file).unwrap();
    let (_, complaint) = run(&place, &["advisories", "refresh"], 2);
    assert!(
        complaint.contains("has credentials in it") && !complaint.contains("hunter2"),
        "{complaint}"
    );
}
