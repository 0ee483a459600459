//! The rooms of one decision in this process, and the program from a cold start.
//!
//! `cargo bench --bench pipeline`. First the ratios, then criterion's figures room by room (`-- --quick` for rough
//! ones, `-- policy` for one room). Variables:
//! - `GOLDGATE_BENCH_OPA` names an OPA binary: `opa bench` runs in between, and the ratios are printed.
//! - `GOLDGATE_BENCH_CONFTEST` names a Conftest binary: both programs start cold in turns on one file.
//! - `GOLDGATE_BENCH_BIN` names the goldgate that starts cold; else the one that cargo built beside this bench.
//! - `GOLDGATE_BENCH_COLD_RUNS` (40) says how often.
//! - `GOLDGATE_BENCH_RATIOS_ONLY` leaves criterion out.
//!
//! Absolute times on a shared machine mean little; the ratios of one run do.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints, reads the environment, and stops when something is wrong"
)]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::Criterion;
use goldgate::decide::{self, Case, Judgement};
use goldgate::document::{DocumentLimits, yaml};
use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::clock::{SystemClock, Timestamp};
use goldgate::domain::evidence::EvidenceSet;
use goldgate::domain::policy::Outcome;
use goldgate::domain::release::Release;
use goldgate::domain::request::Request;
use goldgate::gate::Gate;
use goldgate::intake::{self, Limits};
use goldgate::policy::{BundleSource, LoadOptions, Revision};
use tokio::runtime::Runtime;

const POLICY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/data/w1.rego");
const MANIFEST_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/data/w1.yaml");
const MANIFEST: &str = include_str!("data/w1.yaml");
const SALT: &[u8] = b"salt";
const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

/// Chains of rules recurse.
const STACK_BYTES: usize = 16 * 1024 * 1024;

fn main() {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run);
    thread.expect("a thread").join().expect("an end");
}

fn run() {
    // `cargo test` only looks whether it runs.
    let in_earnest = std::env::args().any(|argument| argument == "--bench");
    ratios(if in_earnest { Duration::from_secs(1) } else { Duration::ZERO });
    if in_earnest && std::env::var_os("GOLDGATE_BENCH_RATIOS_ONLY").is_some() {
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    rooms(&mut criterion);
    criterion.final_summary();
}

/// One release and what judges it.
struct Subject {
    request: Request,
    release: Release,
    revision: Arc<Revision>,
}

impl Subject {
    fn new(request: Request, sources: &[BundleSource]) -> Self {
        let release = read(&request);
        Self { request, release, revision: Arc::new(load(sources)) }
    }

    fn evaluate(&self) -> Vec<Outcome> {
        self.revision.evaluate(&self.request, &self.release, &EvidenceSet::default(), NOW)
    }

    fn judge(&self, outcomes: &[Outcome]) -> Judgement {
        decide::judge(&Case {
            release: &self.release,
            environment: &self.request.environment,
            evidence: &EvidenceSet::default(),
            outcomes,
            policies: self.revision.policies(),
            rules: self.revision.enforcement(),
            now: NOW,
        })
    }

    fn gate(&self) -> Gate {
        let revision = Arc::clone(&self.revision);
        let clock = Arc::new(SystemClock);
        Gate::new(Limits::default(), Vec::new(), revision, None, clock, SALT.to_vec())
    }
}

fn request(path: &str, content: String) -> Request {
    let content = Bytes::from(content);
    let artifact = Artifact { path: path.to_owned(), content, origin: ArtifactOrigin::Named };
    Request { artifacts: vec![artifact], ..Request::default() }
}

fn of_yaml() -> Request {
    request("deploy/w1.yaml", MANIFEST.to_owned())
}

fn of_json() -> Request {
    request("deploy/w1.json", manifest_as_json())
}

fn manifest_as_json() -> String {
    let document = yaml::read(MANIFEST, &DocumentLimits::default()).into_iter().next();
    document.expect("a document").expect("YAML").value.to_string()
}

fn read(request: &Request) -> Release {
    intake::read(request, &Limits::default(), SALT).expect("a release")
}

fn load(sources: &[BundleSource]) -> Revision {
    Revision::load(sources, &LoadOptions::default()).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn w1() -> BundleSource {
    BundleSource::Path(POLICY.into())
}

/// Policies that look at the Deployment and find nothing: packages of the reference workload W3.
fn unmatched(n: usize) -> BundleSource {
    let package = |i: usize| {
        let text = format!(
            "package policies.p{i}
deny contains msg if {{
	input.kind == \"Deployment\"
	some c in input.spec.template.spec.containers
	c.resources.limits.memory == \"{i}Mi\"
	msg := sprintf(\"p{i}: %s bad memory\", [c.name])
}}
deny contains msg if {{
	input.kind == \"Deployment\"
	not input.metadata.labels[\"label-{i}\"]
	input.spec.replicas < 0
	msg := \"p{i}: label missing\"
}}
deny contains msg if {{
	input.kind == \"StatefulSet\"
	msg := \"p{i}: no statefulsets\"
}}
"
        );
        (format!("p{i}.rego"), text)
    };
    BundleSource::Memory { name: "unmatched".to_owned(), files: (0..n).map(package).collect() }
}

/// Policies of kinds that METADATA names and the release does not hold: they are never asked.
fn unasked(n: usize) -> BundleSource {
    let package = |i: usize| {
        let text = format!(
            "# METADATA
# title: Jobs keep rule {i}
# custom:
#   code: JOB-RULE-{i}
#   severity: high
#   scope: resource
#   remediation: Keep rule {i}.
#   kinds: [batch/Job]
package unasked.p{i}
deny contains \"never\" if input.resource.kind == \"Job\"
"
        );
        (format!("p{i}.rego"), text)
    };
    BundleSource::Memory { name: "unasked".to_owned(), files: (0..n).map(package).collect() }
}

fn rooms(criterion: &mut Criterion) {
    let (yaml, json) = (of_yaml(), of_json());
    let plain = Subject::new(of_yaml(), &[w1()]);
    let builtin = Subject::new(of_yaml(), &[BundleSource::Builtin]);
    let (outcomes, builtin_outcomes) = (plain.evaluate(), builtin.evaluate());
    let runtime = runtime();
    let (gate, builtin_gate) = (plain.gate(), builtin.gate());
    criterion.bench_function("intake/w1 as YAML", |b| b.iter(|| read(&yaml)));
    criterion.bench_function("intake/w1 as JSON", |b| b.iter(|| read(&json)));
    criterion.bench_function("policy/w1", |b| b.iter(|| plain.evaluate()));
    criterion.bench_function("policy/built-in", |b| b.iter(|| builtin.evaluate()));
    criterion.bench_function("decide/w1", |b| b.iter(|| plain.judge(&outcomes)));
    criterion.bench_function("decide/built-in", |b| b.iter(|| builtin.judge(&builtin_outcomes)));
    criterion.bench_function("gate/w1 as YAML", |b| {
        b.iter(|| runtime.block_on(gate.check(&yaml)).expect("a decision"));
    });
    criterion.bench_function("gate/w1 as JSON", |b| {
        b.iter(|| runtime.block_on(gate.check(&json)).expect("a decision"));
    });
    criterion.bench_function("gate/built-in", |b| {
        b.iter(|| runtime.block_on(builtin_gate.check(&yaml)).expect("a decision"));
    });
    criterion.bench_function("load/built-in", |b| b.iter(|| load(&[BundleSource::Builtin])));
    let many = [unmatched(200)];
    criterion.bench_function("load/200 policies", |b| b.iter(|| load(&many)));
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// Prints figures with the ratios by which they are judged; each is measured for as long as `span`.
fn ratios(span: Duration) {
    let plain = Subject::new(of_yaml(), &[w1()]);
    let (runtime, gate) = (runtime(), plain.gate());
    let (yaml, json) = (of_yaml(), of_json());
    let check = |request: &Request| runtime.block_on(gate.check(request)).expect("a decision");
    let of_check = median(span, || check(&yaml));
    let of_check_json = median(span, || check(&json));
    let of_evaluation = median(span, || plain.evaluate());
    let builtin = Subject::new(of_yaml(), &[BundleSource::Builtin]);
    let of_builtin = median(span, || builtin.evaluate());
    println!("whole check of W1, no store: {}, as JSON {}", us(of_check), us(of_check_json));
    println!("evaluation alone: W1 {}, built-in bundle {}", us(of_evaluation), us(of_builtin));
    match std::env::var("GOLDGATE_BENCH_OPA") {
        Ok(opa) if !span.is_zero() => {
            let theirs = opa_evaluation(&opa);
            println!(
                "P1  check / OPA's evaluation ({}): {:.2} from YAML, {:.2} from JSON; goal 0.25",
                us(theirs),
                ratio(of_check, theirs),
                ratio(of_check_json, theirs),
            );
            println!(
                "P1b evaluation / OPA's evaluation: {:.2}; goal 0.05",
                ratio(of_evaluation, theirs)
            );
        }
        _ => println!("P1  not compared: name OPA's binary in GOLDGATE_BENCH_OPA"),
    }
    loading(span);
    growth(span, of_evaluation);
    match std::env::var("GOLDGATE_BENCH_CONFTEST") {
        Ok(conftest) if !span.is_zero() => cold(&conftest),
        _ => println!("P5  not compared: name Conftest's binary in GOLDGATE_BENCH_CONFTEST"),
    }
}

fn loading(span: Duration) {
    let builtin = median(span, || load(&[BundleSource::Builtin]));
    let many = [unmatched(if span.is_zero() { 2 } else { 200 })];
    let of_many = median(span, || load(&many));
    println!(
        "P10 loading: built-in bundle {}, 200 policies {}; goal 60 ms",
        us(builtin),
        us(of_many)
    );
}

fn growth(span: Duration, alone: Duration) {
    let counts: &[u32] = if span.is_zero() { &[2] } else { &[50, 200] };
    for n in counts {
        let with = |others| Subject::new(of_yaml(), &[w1(), others]);
        let (never, in_vain) = (with(unasked(*n as usize)), with(unmatched(*n as usize)));
        let of_never = median(span, || never.evaluate());
        let of_in_vain = median(span, || in_vain.evaluate());
        println!(
            "P11 W1 among {n} policies of other kinds: {:.2} of W1 alone; among {n} that look and find nothing: {} more for each",
            ratio(of_never, alone),
            us(of_in_vain.saturating_sub(alone) / *n),
        );
    }
}

/// The median time of one call, over calls for as long as `span` and at least one.
fn median<T>(span: Duration, mut work: impl FnMut() -> T) -> Duration {
    let began = Instant::now();
    let mut times = Vec::new();
    while times.is_empty() || began.elapsed() < span {
        let started = Instant::now();
        black_box(work());
        times.push(started.elapsed());
    }
    middle(times)
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().expect("a time")
}

fn us(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// What `opa bench` says of W1: one evaluation of an input that is parsed already; the median of three.
fn opa_evaluation(opa: &str) -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("input.json");
    fs::write(&input, manifest_as_json()).expect("a file");
    let mut command = Command::new(opa);
    command.args(["bench", "--format", "gobench", "--count", "3", "--metrics=false"]);
    command.args(["--data", POLICY, "--input"]).arg(&input).arg("data.k8s.deny.deny");
    let output = command.stderr(Stdio::inherit()).output().expect("OPA");
    let text = String::from_utf8_lossy(&output.stdout);
    let times = text.lines().filter_map(|line| {
        let before = line.split("ns/op").next().filter(|before| before.len() < line.len())?;
        let nanoseconds: f64 = before.split_whitespace().last()?.parse().ok()?;
        Some(Duration::from_secs_f64(nanoseconds / 1e9))
    });
    middle(times.collect())
}

/// What a program costs from start to end.
struct Cold {
    wall: Duration,
    cpu: Duration,
    peak_kib: Option<u64>,
}

impl Cold {
    /// The median wall time and the mean processor time of `runs` (wall, processor), and one run more for the memory.
    fn of(runs: &[(Duration, Duration)], command: &Command) -> Self {
        let cpu: Duration = runs.iter().map(|(_, cpu)| *cpu).sum();
        Self {
            wall: middle(runs.iter().map(|(wall, _)| *wall).collect()),
            cpu: cpu / u32::try_from(runs.len()).expect("a number of runs"),
            peak_kib: peak_kib(command),
        }
    }
}

/// Both programs in turns, so that whatever else the machine does falls on both.
fn cold(conftest: &str) {
    let n_runs = std::env::var("GOLDGATE_BENCH_COLD_RUNS").ok();
    let n_runs: usize = n_runs.map_or(40, |text| text.parse().expect("a number"));
    let goldgate = std::env::var_os("GOLDGATE_BENCH_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_goldgate")), PathBuf::from);
    let record = tempfile::tempdir().expect("a folder");
    let ours = || {
        let mut command = Command::new(&goldgate);
        command.args(["check", MANIFEST_FILE, "--data"]).arg(record.path());
        command
    };
    let theirs = || {
        let mut command = Command::new(conftest);
        command.args(["test", "--all-namespaces", "--policy", POLICY, MANIFEST_FILE]);
        command
    };
    // The first runs make the record and fill the disk's cache.
    let _: [(Duration, Duration); 2] = [once(ours()), once(theirs())];
    let (mut of_ours, mut of_theirs) = (Vec::new(), Vec::new());
    for _ in 0..n_runs {
        of_ours.push(once(ours()));
        of_theirs.push(once(theirs()));
    }
    let (ours, theirs) = (Cold::of(&of_ours, &ours()), Cold::of(&of_theirs, &theirs()));
    println!("cold: goldgate {ours}; Conftest {theirs}");
    let memory = ours.peak_kib.zip(theirs.peak_kib).map_or_else(
        || "not measured (no /usr/bin/time)".to_owned(),
        |(ours, theirs)| {
            format!("{:.2}", ratio(Duration::from_secs(ours), Duration::from_secs(theirs)))
        },
    );
    println!(
        "P5  goldgate / Conftest: wall {:.2}, CPU {:.2}, memory {memory}; goal 0.25",
        ratio(ours.wall, theirs.wall),
        ratio(ours.cpu, theirs.cpu),
    );
}

impl std::fmt::Display for Cold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} wall, {} CPU", us(self.wall), us(self.cpu))?;
        self.peak_kib.map_or(Ok(()), |peak| write!(f, ", {peak} KiB at the peak"))
    }
}

/// Wall and processor time of one run. Its answer is a deny, which both say with the exit code 1.
fn once(mut command: Command) -> (Duration, Duration) {
    command.stdout(Stdio::null()).stderr(Stdio::null()).env_remove("RUST_BACKTRACE");
    let (cpu, started) = (cpu_of_children(), Instant::now());
    let status = command.status().expect("the program");
    let wall = started.elapsed();
    assert_eq!(status.code(), Some(1), "{command:?}");
    (wall, cpu_of_children().saturating_sub(cpu))
}

/// Processor time of all programs that ended. Source: proc(5), `/proc/pid/stat`, at 100 ticks a second.
fn cpu_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("procfs");
    let fields = stat.rsplit(") ").next().expect("fields behind the name");
    let ticks = fields.split(' ').skip(13).take(2);
    let ticks = ticks.map(|ticks| ticks.parse::<u64>().expect("ticks")).sum::<u64>();
    Duration::from_millis(ticks * 10)
}

/// Memory at the peak, as a small program in between sees it: the kernel counts what a program was started from.
fn peak_kib(command: &Command) -> Option<u64> {
    let time = Path::new("/usr/bin/time");
    if !time.exists() {
        return None;
    }
    let mut measured = Command::new(time);
    measured.args(["--quiet", "-f", "%M"]).arg(command.get_program()).args(command.get_args());
    let output = measured.stdout(Stdio::null()).env_remove("RUST_BACKTRACE").output().ok()?;
    String::from_utf8_lossy(&output.stderr).lines().last()?.trim().parse().ok()
}
