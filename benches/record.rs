//! The record against the least that any durable log must do, against the least that a log of decisions must do, and
//! lists against the number of decisions.
//!
//! `cargo bench --bench record`. `GOLDGATE_BENCH_DECISIONS` (100000) says how many decisions the lists are read over,
//! `GOLDGATE_BENCH_MILLIS` (2000) how long each rate is measured, `GOLDGATE_BENCH_DIR` on which disk (the folder for
//! temporary files). Rates are compared in turns within one run; only the ratio is worth keeping.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench may panic and must print"
)]

#[path = "record/peer.rs"]
mod peer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use goldgate::domain::clock::Timestamp;
use goldgate::domain::code::{Code, Severity};
use goldgate::domain::decision::{Decision, DecisionId, RevisionRef, Summary, Timings, Verdict};
use goldgate::domain::digest::Digest;
use goldgate::domain::finding::{Enforcement, Finding, FindingState};
use goldgate::domain::place::Location;
use goldgate::domain::request::{Stage, Trigger};
use goldgate::domain::resource::ResourceId;
use goldgate::domain::scorecard::{PolicyState, ScorecardRules, Standing};
use goldgate::domain::service::{Environment, ServiceRef};
use goldgate::domain::value::Value;
use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{Blob, DecisionFilter, Draft, PageRequest, ScorecardFilter, Store};
use peer::{Bare, Plain};
use rusqlite::Connection;
use tokio::runtime::Runtime;

/// So few that a tenth of the decisions fills a page of each.
const SERVICES: u64 = 200;
const POLICIES: u64 = 60;
const FINDINGS: u64 = 13;
const FIRST_MILLIS: u64 = 1_764_000_000_000;

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    rates(&runtime);
    reads(&runtime);
}

/// Says from a variable what is to be measured. `cargo test` only looks whether it runs.
fn setting(name: &str, otherwise: u64, in_test: u64) -> u64 {
    let bench = std::env::args().any(|argument| argument == "--bench");
    std::env::var_os(name)
        .and_then(|value| value.to_str().and_then(|text| text.parse().ok()))
        .unwrap_or(if bench { otherwise } else { in_test })
}

fn folder() -> tempfile::TempDir {
    match std::env::var_os("GOLDGATE_BENCH_DIR") {
        Some(dir) => tempfile::tempdir_in(dir).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}

/// Durable decisions a second, beside a bare loop that commits bodies of the same size in groups, and beside one that
/// commits each decision's JSON with the columns of a table.
fn rates(runtime: &Runtime) {
    let span = Duration::from_millis(setting("GOLDGATE_BENCH_MILLIS", 2000, 100));
    println!("durable decisions/s   callers      bare     plain    record  of bare  of plain");
    for callers in [1, 64, 256] {
        let (bare_dir, plain_dir, record_dir) = (folder(), folder(), folder());
        let store = Arc::new(SqliteStore::open(record_dir.path()).unwrap());
        // The first round fills caches and tells how large a body is.
        run(runtime, callers, span / 4, &Arc::new(Recorded::new(Arc::clone(&store))));
        let bare = Arc::new(Bare::open(bare_dir.path(), body_bytes(store.file())));
        let plain = Arc::new(Plain::open(plain_dir.path()));
        let record = Arc::new(Recorded::new(Arc::clone(&store)));
        let rounds: Vec<[f64; 3]> = (0..3)
            .map(|_| {
                [
                    run(runtime, callers, span, &bare),
                    run(runtime, callers, span, &plain),
                    run(runtime, callers, span, &record),
                ]
            })
            .collect();
        let median = |figure: &dyn Fn(&[f64; 3]) -> f64| {
            let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures[1]
        };
        let rate = |index: usize| median(&|round| round[index]);
        let share = |index: usize| 100.0 * median(&|round| round[2] / round[index]);
        println!(
            "{callers:>29} {:>9.0} {:>9.0} {:>9.0} {:>7.0}% {:>8.0}%",
            rate(0),
            rate(1),
            rate(2),
            share(0),
            share(1),
        );
        runtime.block_on(store.close()).unwrap();
    }
}

/// Something that many callers write through.
pub(crate) trait Log: Send + Sync + 'static {
    fn write(&self, n: u64) -> impl Future<Output = ()> + Send;
}

/// Closed loops of `callers`; tells how many writes a second were answered.
fn run<L: Log>(runtime: &Runtime, callers: u64, span: Duration, log: &Arc<L>) -> f64 {
    let (over, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let began = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..callers)
            .map(|caller| {
                let (log, over, written) =
                    (Arc::clone(log), Arc::clone(&over), Arc::clone(&written));
                tokio::spawn(async move {
                    let mut n = caller;
                    while !over.load(Ordering::Relaxed) {
                        log.write(n).await;
                        written.fetch_add(1, Ordering::Relaxed);
                        n += callers;
                    }
                })
            })
            .collect();
        tokio::time::sleep(span).await;
        over.store(true, Ordering::Relaxed);
        for task in tasks {
            task.await.unwrap();
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let n = written.load(Ordering::Relaxed) as f64;
    n / began.elapsed().as_secs_f64()
}

struct Recorded {
    store: Arc<SqliteStore>,
    rules: Arc<ScorecardRules>,
}

impl Recorded {
    fn new(store: Arc<SqliteStore>) -> Self {
        Self { store, rules: Arc::default() }
    }
}

impl Log for Recorded {
    async fn write(&self, n: u64) {
        self.store.put_decision(draft(n, &self.rules)).await.unwrap();
    }
}

fn body_bytes(file: &Path) -> usize {
    let connection = Connection::open(file).unwrap();
    let sql = "SELECT CAST(avg(length(body)) AS INTEGER) FROM decision";
    let bytes: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    usize::try_from(bytes).unwrap()
}

/// How long reads take over a tenth of the decisions and over all of them.
fn reads(runtime: &Runtime) {
    let all = setting("GOLDGATE_BENCH_DECISIONS", 100_000, 2000);
    let dir = folder();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    fill(runtime, &store, 0, all / 10);
    let few = Reads::measure(runtime, &store, all / 10);
    fill(runtime, &store, all / 10, all);
    let many = Reads::measure(runtime, &store, all);
    println!("\nread, µs p50 / p99 {:>26} decisions {all:>12} decisions  growth", all / 10);
    for ((name, few), (_, many)) in few.0.iter().zip(&many.0) {
        let growth = many.0.as_secs_f64() / few.0.as_secs_f64();
        println!("{name:<28} {:>24} {:>22} {growth:>7.1}x", micros(*few), micros(*many));
    }
    let bytes = std::fs::metadata(store.file()).unwrap().len();
    println!("{} bytes a decision on the disk", bytes / all);
    runtime.block_on(store.close()).unwrap();
}

fn micros((p50, p99): (Duration, Duration)) -> String {
    format!("{} / {}", p50.as_micros(), p99.as_micros())
}

fn fill(runtime: &Runtime, store: &Arc<SqliteStore>, from: u64, to: u64) {
    runtime.block_on(async {
        let rules: Arc<ScorecardRules> = Arc::default();
        let tasks: Vec<_> = (0..256)
            .map(|caller| {
                let (store, rules) = (Arc::clone(store), Arc::clone(&rules));
                tokio::spawn(async move {
                    let mut n = from + caller;
                    while n < to {
                        store.put_decision(draft(n, &rules)).await.unwrap();
                        n += 256;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Median and 99th percentile by name.
struct Reads(Vec<(&'static str, (Duration, Duration))>);

impl Reads {
    fn measure(runtime: &Runtime, store: &SqliteStore, n: u64) -> Self {
        let any = DecisionFilter::default;
        let (service, environment) = (service(7), Environment::default());
        let code = Some(policy(3));
        let middle = Some(time(n / 2));
        let page = PageRequest::default;
        let by_service = DecisionFilter { service: Some(service.clone()), ..any() };
        let by_code = DecisionFilter { code: code.clone(), ..any() };
        let by_three = DecisionFilter {
            code,
            team: Some(team(3)),
            verdict: Some(Verdict::Deny),
            until: middle,
            ..any()
        };
        let none = DecisionFilter { code: Some(policy(1)), verdict: Some(Verdict::Allow), ..any() };
        let id = runtime.block_on(store.decisions(by_service.clone(), page())).unwrap().items[0].id;
        let by_team = ScorecardFilter { team: Some(team(3)), ..ScorecardFilter::default() };
        let time_of = |read: &dyn Fn()| {
            let mut times: Vec<Duration> = (0..200)
                .map(|_| {
                    let began = Instant::now();
                    read();
                    began.elapsed()
                })
                .collect();
            times.sort();
            (times[100], times[197])
        };
        let list = |filter: &DecisionFilter| {
            runtime.block_on(store.decisions(filter.clone(), page())).unwrap();
        };
        Self(vec![
            ("decision by id", time_of(&|| drop(runtime.block_on(store.decision(id)).unwrap()))),
            ("newest 50", time_of(&|| list(&any()))),
            ("newest 50 of a service", time_of(&|| list(&by_service))),
            ("newest 50 with a code", time_of(&|| list(&by_code))),
            ("code, team, verdict, time", time_of(&|| list(&by_three))),
            ("two conditions, none there", time_of(&|| list(&none))),
            (
                "scorecard",
                time_of(&|| {
                    drop(runtime.block_on(store.scorecard(&service, &environment)).unwrap());
                }),
            ),
            (
                "50 scorecards of a team",
                time_of(&|| {
                    drop(runtime.block_on(store.scorecards(by_team.clone(), page())).unwrap());
                }),
            ),
            (
                "history, 50 points",
                time_of(&|| {
                    let history = store.scorecard_history(&service, &environment, page());
                    drop(runtime.block_on(history).unwrap());
                }),
            ),
        ])
    }
}

/// A decision over sixty policies, of which thirteen failed or none did.
pub(crate) fn draft(n: u64, rules: &Arc<ScorecardRules>) -> Draft {
    let time = time(n);
    let denied = !n.is_multiple_of(4);
    let fails = |policy: u64| denied && (policy + n).is_multiple_of(POLICIES / FINDINGS + 1);
    let state = |number| PolicyState {
        code: policy(number),
        severity: Severity::High,
        standing: if fails(number) { Standing::Failed } else { Standing::Passed },
    };
    let manifest = format!("sha256 of manifest {}", n % 512);
    let digest = Digest::of(manifest.as_bytes());
    Draft {
        decision: Decision {
            id: DecisionId::at(time),
            verdict: if denied { Verdict::Deny } else { Verdict::Allow },
            service: Some(service(n)),
            environment: Environment::default(),
            stage: Stage::Deploy,
            time,
            trigger: Trigger {
                actor: "ci".to_owned(),
                commit: Digest::of(&n.to_le_bytes()).to_hex(),
                ..Trigger::default()
            },
            revision: RevisionRef { id: "2026.11.1".to_owned(), digest: Digest::of(b"bundle") },
            input_digest: digest,
            dry_run: false,
            summary: Summary::default(),
            findings: (0..POLICIES).filter(|number| fails(*number)).map(finding).collect(),
            images: Vec::new(),
            scorecard: None,
            notes: Vec::new(),
            timings: Timings::default(),
            second_engine: Vec::new(),
        },
        states: (0..POLICIES).map(state).collect(),
        team: team(n % SERVICES / 10),
        system: String::new(),
        rules: Arc::clone(rules),
        blobs: vec![Blob { path: "deploy/app.yaml".to_owned(), digest, content: manifest }],
        idempotency_key: None,
        sightings: Vec::new(),
        arrival: None,
        rejudged: None,
    }
}

fn time(n: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(FIRST_MILLIS + n * 20).unwrap())
}

fn service(n: u64) -> ServiceRef {
    format!("component:shop/service-{}", n % SERVICES).parse().unwrap()
}

fn team(n: u64) -> String {
    format!("team-{n}")
}

fn policy(number: u64) -> Code {
    format!("K8S-POLICY-{number}").parse().unwrap()
}

fn finding(number: u64) -> Finding {
    Finding {
        code: policy(number),
        severity: Severity::High,
        enforcement: Enforcement::Deny,
        state: FindingState::Open,
        title: format!("Containers keep rule {number}"),
        message: format!("container `app` of Deployment `shop/checkout` breaks rule {number}"),
        remediation: format!("Set `securityContext.field{number}` to `true`."),
        controls: vec![format!("CIS-K8S-5.2.{number}"), "PSS-restricted".to_owned()],
        resource: ResourceId {
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: "shop".to_owned(),
            name: "checkout".to_owned(),
        },
        location: Location {
            file: "deploy/app.yaml".to_owned(),
            line: 23,
            column: 9,
            end_line: 23,
            end_column: 27,
            path: format!("/spec/template/spec/containers/0/securityContext/field{number}"),
        },
        fingerprint: Digest::of(&number.to_le_bytes()).to_hex().split_at(32).0.to_owned(),
        policy: format!("goldgate.kubernetes.policy_{number}"),
        facts: Value::object(Vec::new()),
    }
}
