//! Load on the whole server: gRPC in, durable decision out, and OPA's server beside it in the same run.
//!
//! ```text
//! cargo bench --bench load
//! GOLDGATE_BENCH_OPA=/path/to/opa GOLDGATE_BENCH_BIN=target/dist/goldgate cargo bench --bench load
//! ```
//! `GOLDGATE_BENCH_REQUESTS` (default 20000) and `GOLDGATE_BENCH_IN_FLIGHT` (default 64) change the load. The server is a
//! process of its own, so that its processor time and memory are its own: the named binary, else this program again.
//! Absolute times on a shared machine mean little; the ratios of one run do.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints, reads the environment, and stops when something is wrong"
)]

#[path = "load/process.rs"]
mod process;
#[path = "load/workload.rs"]
mod workload;

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use goldgate::app::telemetry::{self, LogFormat, LogOptions};
use goldgate::app::{ServeOptions, Server};
use goldgate::document::{DocumentLimits, yaml};
use goldgate::domain::clock::SystemClock;
use goldgate::gate::Gate;
use goldgate::intake::Limits;
use goldgate::policy::{BundleSource, LoadOptions, Revision};
use goldgate::proto;
use goldgate::proto::gate_service_client::GateServiceClient;
use goldgate::record::sqlite::SqliteStore;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use tonic::transport::Endpoint;

use process::Process;
use workload::{Workload, many_packages};

const POLICY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/data/w1.rego");
const MANIFEST: &str = include_str!("data/w1.yaml");

/// gRPC connections; many callers share each.
const CONNECTIONS: usize = 4;

/// The first part of the requests only warms up.
const WARM_UP: u64 = 10;

/// The argument with which this program is the server.
const SERVE: &str = "--serve-in";

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(SERVE) {
        let mut folder = || arguments.next().map(PathBuf::from).expect("a folder");
        serve(&folder(), folder());
        return;
    }
    let runtime = goldgate::app::runtime().expect("a runtime");
    let load = Load {
        n_requests: number("GOLDGATE_BENCH_REQUESTS", 20_000),
        in_flight: number("GOLDGATE_BENCH_IN_FLIGHT", 64),
    };
    let packages = many_packages();
    load.compare(&runtime, &Workload::first());
    let fewer = Load { n_requests: load.n_requests / 4, ..load };
    fewer.compare(&runtime, &Workload::third(packages.path()));
}

impl Load {
    /// Measures both sides and prints how they compare.
    fn compare(self, runtime: &tokio::runtime::Runtime, workload: &Workload) {
        let ours = self.goldgate(runtime, workload);
        println!("{} goldgate  {ours}", workload.name);
        let Ok(opa) = std::env::var("GOLDGATE_BENCH_OPA") else {
            println!(
                "{} OPA       not measured: name its binary in GOLDGATE_BENCH_OPA",
                workload.name
            );
            return;
        };
        let theirs = self.opa(runtime, &opa, workload);
        println!("{} OPA       {theirs}", workload.name);
        println!(
            "{} OPA / goldgate: CPU {:.2}, p50 {:.2}, p99 {:.2}, memory at the peak {:.2}; goldgate / OPA: rate {:.2}; goals {}",
            workload.name,
            theirs.cpu_us / ours.cpu_us,
            ratio(theirs.latency.value_at_quantile(0.5), ours.latency.value_at_quantile(0.5)),
            ratio(theirs.latency.value_at_quantile(0.99), ours.latency.value_at_quantile(0.99)),
            ratio(theirs.peak_kib, ours.peak_kib),
            ours.rate / theirs.rate,
            workload.goal,
        );
    }
}

fn number(variable: &str, default: u64) -> u64 {
    let written = std::env::var(variable).ok();
    written.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable}: {text}")))
}

#[expect(clippy::cast_precision_loss, reason = "figures to look at")]
fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / (other as f64).max(1.0)
}

/// Serves in this process until it is killed.
fn serve(folder: &Path, policies: PathBuf) {
    // One line a decision, as in earnest.
    let log = LogOptions { format: LogFormat::Json, ..LogOptions::default() };
    telemetry::start(&log).expect("a log");
    let revision = Revision::load(&[BundleSource::Path(policies)], &LoadOptions::default())
        .unwrap_or_else(|faults| panic!("{faults:?}"));
    let store = SqliteStore::open(folder).expect("a record");
    let gate = Gate::new(
        Limits::default(),
        Vec::new(),
        Arc::new(revision),
        Some(Arc::new(store)),
        Arc::new(SystemClock),
        b"salt".to_vec(),
    );
    let options =
        ServeOptions { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..ServeOptions::default() };
    goldgate::app::runtime().expect("a runtime").block_on(async {
        let server = Server::bind(Arc::new(gate), options).await.expect("a port");
        println!("{}", server.address());
        std::io::stdout().flush().expect("a reader");
        server.run(std::future::pending()).await.expect("an end");
    });
}

/// What was measured.
struct Measured {
    rate: f64,
    cpu_us: f64,
    latency: Histogram<u64>,
    idle_kib: u64,
    peak_kib: u64,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>8.0} requests/s  {:>6.0} µs CPU/request  p50 {:>6} µs  p99 {:>6} µs  memory {} KiB idle, {} KiB at the peak",
            self.rate,
            self.cpu_us,
            self.latency.value_at_quantile(0.5),
            self.latency.value_at_quantile(0.99),
            self.idle_kib,
            self.peak_kib,
        )
    }
}

/// How much is asked, closed loop: each of `in_flight` callers asks again when it is answered.
#[derive(Clone, Copy)]
struct Load {
    n_requests: u64,
    in_flight: u64,
}

impl Load {
    fn goldgate(self, runtime: &tokio::runtime::Runtime, workload: &Workload) -> Measured {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Process::goldgate(folder.path(), &workload.policies);
        let measured = runtime.block_on(async {
            let mut clients = Vec::new();
            for _ in 0..CONNECTIONS {
                let endpoint = Endpoint::from_shared(format!("http://{}", server.address))
                    .expect("an address")
                    .tcp_nodelay(true)
                    .initial_stream_window_size(1024 * 1024)
                    .initial_connection_window_size(8 * 1024 * 1024);
                let channel = endpoint.connect().await.expect("a connection");
                clients.push(GateServiceClient::new(channel));
            }
            let callers = (0..self.in_flight)
                .zip(clients.iter().cycle())
                .map(|(_, client)| {
                    let client = client.clone();
                    move |number| {
                        let mut client = client.clone();
                        async move {
                            let answer = client.check(question(number)).await;
                            let decision = answer.expect("a decision").into_inner();
                            assert_eq!(decision.verdict(), proto::Verdict::Deny);
                        }
                    }
                })
                .collect();
            self.run(&server, callers).await
        });
        drop(server);
        measured
    }

    fn opa(self, runtime: &tokio::runtime::Runtime, binary: &str, workload: &Workload) -> Measured {
        let server = Process::opa(binary, &workload.policies);
        let document = yaml::read(MANIFEST, &DocumentLimits::default());
        let document = document.into_iter().next().expect("a document").expect("YAML");
        let input = document.value;
        let body = Bytes::from(format!("{{\"input\":{input}}}"));
        runtime.block_on(async {
            let mut callers = Vec::new();
            for _ in 0..self.in_flight {
                let stream = tokio::net::TcpStream::connect(server.address).await.expect("OPA");
                stream.set_nodelay(true).expect("an option");
                let (sender, connection) =
                    http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
                tokio::spawn(connection);
                let (sender, body) = (Arc::new(tokio::sync::Mutex::new(sender)), body.clone());
                let path = workload.path;
                callers.push(move |_| ask_opa(Arc::clone(&sender), path, body.clone()));
            }
            self.run(&server, callers).await
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    async fn run<C, F>(self, server: &Process, callers: Vec<C>) -> Measured
    where
        C: Fn(u64) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let idle_kib = server.memory_kib("VmRSS");
        let next = Arc::new(AtomicU64::new(0));
        let started = Arc::new(std::sync::OnceLock::new());
        let (warm, last) = (self.n_requests / WARM_UP, self.n_requests);
        let id = server.child.id();
        let tasks: Vec<_> = callers
            .into_iter()
            .map(|ask| {
                let (next, started) = (Arc::clone(&next), Arc::clone(&started));
                tokio::spawn(async move {
                    let mut latency = histogram();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= last {
                            return latency;
                        }
                        if number == warm {
                            let _: Result<(), _> = started.set((Instant::now(), cpu_us_of(id)));
                        }
                        let asked = Instant::now();
                        ask(number).await;
                        if number >= warm {
                            let micros = u64::try_from(asked.elapsed().as_micros()).unwrap_or(1);
                            latency.saturating_record(micros.max(1));
                        }
                    }
                })
            })
            .collect();
        let mut latency = histogram();
        for task in tasks {
            latency.add(task.await.expect("a caller")).expect("one range");
        }
        let (since, cpu_us) = *started.get().expect("enough requests");
        let n_requests = (last - warm) as f64;
        Measured {
            rate: n_requests / since.elapsed().as_secs_f64(),
            cpu_us: (cpu_us_of(id) - cpu_us) as f64 / n_requests,
            latency,
            idle_kib,
            peak_kib: server.memory_kib("VmHWM"),
        }
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds")
}

/// Processor time of a process so far, in microseconds. Source: proc(5), `/proc/pid/stat`, at 100 ticks a second.
fn cpu_us_of(id: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("procfs");
    let fields = stat.rsplit(") ").next().expect("fields behind the name");
    let ticks = fields.split(' ').skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<u64>().expect("ticks") * 10_000).sum()
}

/// Question `number`: its own service, key and artifact, so that nothing can be answered from memory.
fn question(number: u64) -> proto::CheckRequest {
    let content = format!("{MANIFEST}# {number}\n");
    proto::CheckRequest {
        service: format!("service-{}", number % 1000),
        idempotency_key: format!("key-{number}"),
        artifacts: vec![proto::Artifact {
            path: "deploy/w1.yaml".to_owned(),
            source: Some(proto::artifact::Source::Content(content.into())),
            origin: proto::ArtifactOrigin::Named.into(),
        }],
        ..Default::default()
    }
}

async fn ask_opa(
    sender: Arc<tokio::sync::Mutex<SendRequest<Full<Bytes>>>>,
    path: &'static str,
    body: Bytes,
) {
    let request = http::Request::post(path)
        .header("host", "127.0.0.1")
        .header("content-type", "application/json")
        .body(Full::new(body))
        .expect("a request");
    let answer = sender.lock().await.send_request(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let body = answer.into_body().collect().await.expect("its body").to_bytes();
    assert!(body.starts_with(b"{\"result\":"), "{body:?}");
}
