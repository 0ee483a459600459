//! The inventory and the watch over 10,000 releases of 500 components each.
//!
//! `cargo bench --bench inventory`. Goals: `who-has` ≤ 50 ms; judging again after an import at ≥ 70 % of the rate at which
//! the same bills are compared with the same advisories and nothing else is done, on all threads; the 99th percentile of
//! `Check` meanwhile ≤ 1.5 times of that without a watch.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and stops when something is wrong"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use goldgate::app;
use goldgate::domain::advisory::{Advisory, AdvisoryKind, Affected, Event};
use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::clock::{FixedClock, Timestamp};
use goldgate::domain::code::Severity;
use goldgate::domain::decision::{Decision, DecisionId, RevisionRef, Summary, Timings, Verdict};
use goldgate::domain::digest::Digest;
use goldgate::domain::inventory::{Arrival, Holding, Judged, KeptRelease, Via};
use goldgate::domain::package::{Component, Ecosystem, Package};
use goldgate::domain::request::{Request, Stage, Trigger};
use goldgate::domain::sbom::{Sbom, SbomFormat, SbomSource};
use goldgate::domain::scorecard::ScorecardRules;
use goldgate::domain::service::{Service, ServiceSource};
use goldgate::evidence::Source;
use goldgate::evidence::advisory::{AdvisorySource, Database, Records, snapshot};
use goldgate::evidence::vex::VexSource;
use goldgate::gate::inventory::ComponentRange;
use goldgate::gate::{Gate, Lanes, WatchReport};
use goldgate::policy::{BundleSource, LoadOptions, Revision};
use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{Draft, Inventory as _, PageRequest, Store};
use tokio::runtime::Runtime;

const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);
const N_COMPONENTS: usize = 500;
/// Names that releases choose from, the first ones far more often than the last ones.
const N_PACKAGES: usize = 5_000;
const N_ADVISORIES: usize = 50_000;
const MANIFEST: &str = include_str!("data/w1.yaml");

struct Bench {
    runtime: Runtime,
    store: Arc<SqliteStore>,
    gate: Arc<Gate>,
    advisories: PathBuf,
    n_releases: usize,
}

fn main() {
    // `cargo test` only looks whether it runs.
    let in_earnest = std::env::args().any(|argument| argument == "--bench");
    // Another number of releases: `cargo bench --bench inventory -- 1000`.
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let n_releases = asked.unwrap_or(if in_earnest { 10_000 } else { 20 });
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Bench::new(folder.path(), n_releases);
    let began = Instant::now();
    bench.fill();
    println!(
        "{n_releases} releases of {N_COMPONENTS} components written in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    let bytes = std::fs::metadata(bench.store.file()).expect("the record").len();
    println!(
        "the record has {:.1} KiB for each of them",
        bytes as f64 / 1024.0 / n_releases as f64
    );
    bench.who_has(if in_earnest { 30 } else { 1 });
    bench.watch(if in_earnest { N_ADVISORIES } else { 100 });
    if in_earnest {
        bench.check_beside();
    }
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % n
    }
}

fn package(number: usize) -> Package {
    Package::new(Ecosystem::new("npm"), &format!("package-{number}"))
}

/// The components of release number `release`: half of them are what nearly everybody has.
fn components(release: usize) -> Vec<Component> {
    let mut random = Random(release as u64);
    let mut component = |number: usize| {
        let version: Arc<str> =
            Arc::from(format!("{}.{}.0", 1 + random.below(3), random.below(10)));
        let package = package(number);
        Component {
            name: Arc::clone(&package.name),
            version: Some(Arc::clone(&version)),
            purl: Some(Arc::from(format!("pkg:npm/{}@{version}", package.name))),
            package: Some(package),
            compared_version: Some(version),
            ..Component::default()
        }
    };
    let common = (0..N_COMPONENTS / 2).map(&mut component).collect::<Vec<_>>();
    let step = (N_PACKAGES - N_COMPONENTS / 2) / (N_COMPONENTS / 2);
    let own = (0..N_COMPONENTS / 2)
        .map(|index| component(N_COMPONENTS / 2 + index * step + release % step));
    common.into_iter().chain(own).collect()
}

fn bill(release: usize) -> Sbom {
    let source = SbomSource {
        file: "package-lock.json".to_owned(),
        digest: Digest::of(&release.to_le_bytes()),
        format: SbomFormat::NpmLock,
        format_version: "3".to_owned(),
        subject: None,
        tools: Vec::new(),
        created: None,
    };
    Sbom::new(source, components(release), &[0], &[])
}

fn draft(release: usize) -> Draft {
    let bill = bill(release);
    let service: goldgate::domain::service::ServiceRef =
        format!("service-{release}").parse().expect("a name");
    let holding = |component: &Component| Holding {
        package: component.package.clone().expect("a package"),
        version: component.version.clone(),
        via: Via::Direct,
    };
    let holdings = bill.components.iter().map(holding).collect();
    let kept = KeptRelease {
        service: Service::named(service.clone(), ServiceSource::Flag),
        trigger: Trigger::default(),
        images: Vec::new(),
        sboms: vec![bill],
        files: Vec::new(),
    };
    let nothing = Digest::of_parts(std::iter::empty());
    Draft {
        decision: Decision {
            id: DecisionId::at(NOW),
            verdict: Verdict::Allow,
            service: Some(service),
            environment: "production".parse().expect("a name"),
            stage: Stage::Deploy,
            time: NOW,
            trigger: Trigger::default(),
            revision: RevisionRef { id: "r".to_owned(), digest: nothing },
            input_digest: nothing,
            dry_run: false,
            summary: Summary::default(),
            findings: Vec::new(),
            images: Vec::new(),
            scorecard: None,
            notes: Vec::new(),
            timings: Timings::default(),
            second_engine: Vec::new(),
        },
        states: Vec::new(),
        team: String::new(),
        system: String::new(),
        rules: Arc::new(ScorecardRules::default()),
        blobs: Vec::new(),
        idempotency_key: None,
        sightings: Vec::new(),
        arrival: Some(Arrival {
            part: String::new(),
            images: Vec::new(),
            n_components: N_COMPONENTS,
            holdings,
            kept: Some(serde_json::to_string(&kept).expect("JSON")),
            judged: Judged { troubles: 0, outcome: nothing, due: None },
        }),
        rejudged: None,
    }
}

/// Advisories about packages that nobody has, and one about versions below `fixed` of each package in `hit`.
fn records(n: usize, hit: &[(usize, &str)]) -> Records {
    let advisory = |id: String, package: Package, fixed: &str| Advisory {
        id: Arc::from(id),
        aliases: Vec::new(),
        title: Arc::from("Reads out of bounds"),
        kind: AdvisoryKind::Vulnerability,
        severity: Some(Severity::High),
        score: Some(7.5),
        published: Some(NOW),
        modified: Some(NOW),
        url: None,
        affected: vec![Affected {
            package,
            ranges: vec![vec![Event::Introduced(Arc::from("0")), Event::Fixed(Arc::from(fixed))]],
            versions: Vec::new(),
        }],
    };
    // Half of them are about what the releases hold, in versions that were mended long ago.
    let others = (0..n).map(|index| {
        advisory(format!("GHSA-{index:06}"), package(index % (2 * N_PACKAGES)), "0.5.0")
    });
    let hits = hit
        .iter()
        .map(|(index, fixed)| advisory(format!("GHSA-new-{index}"), package(*index), fixed));
    let mut advisories: Vec<Advisory> = others.chain(hits).collect();
    advisories.sort_by(|left, right| left.id.cmp(&right.id));
    Records { advisories, ..Records::default() }
}

impl Bench {
    fn new(folder: &Path, n_releases: usize) -> Self {
        let runtime = app::runtime().expect("a runtime");
        let store = Arc::new(SqliteStore::open(folder).expect("a record"));
        let advisories = folder.join("advisories.db");
        let sources: Vec<Box<dyn Source>> = vec![
            Box::new(AdvisorySource::new(advisories.clone())),
            Box::new(VexSource::new(None, Vec::new(), goldgate::domain::vex::VexTrust::default())),
        ];
        let revision = Revision::load(&[BundleSource::Builtin], &LoadOptions::default());
        let revision = Arc::new(revision.expect("the built-in bundle"));
        let kept = Arc::clone(&store) as Arc<dyn Store>;
        let clock = Arc::new(FixedClock(NOW));
        let gate = Gate::new(
            goldgate::intake::Limits::default(),
            sources,
            revision,
            Some(kept),
            clock,
            b"salt".to_vec(),
        );
        let gate = Arc::new(gate.with_lasting_record(true));
        Self { runtime, store, gate, advisories, n_releases }
    }

    fn fill(&self) {
        let all: Vec<usize> = (0..self.n_releases).collect();
        for part in all.chunks(256) {
            self.runtime.block_on(async {
                let mut writing = tokio::task::JoinSet::new();
                for release in part {
                    let (store, release) = (Arc::clone(&self.store), *release);
                    writing.spawn(async move {
                        store.put_decision(draft(release)).await.expect("room")
                    });
                }
                writing.join_all().await;
            });
        }
    }

    /// Against reading every list in memory, which is the least that can be done without an index.
    fn who_has(&self, rounds: usize) {
        println!("\nwho-has                     holders   p50 ms   max ms   of a plain scan");
        let lists: Vec<Vec<Component>> = (0..self.n_releases.min(500)).map(components).collect();
        for (what, range) in [
            ("everybody, every version", "pkg:npm/package-7"),
            ("everybody, a range", "pkg:npm/package-7@>=1.2.0,<1.6.0"),
            ("a few", "pkg:npm/package-4999@<2.0.0"),
            ("nobody", "pkg:npm/package-7@>=9"),
        ] {
            let range: ComponentRange = range.parse().expect("a range");
            let mut holders = 0;
            let times = timed(rounds, || {
                let query = range.clone().into_query(None, None);
                let page = PageRequest { size: 500, token: String::new() };
                let found =
                    self.runtime.block_on(self.store.who_has(query, page)).expect("an answer");
                holders = found.counts.n_services;
            });
            let test = range.clone().into_query(None, None);
            let plain = timed(rounds.min(5), || {
                let all = lists.iter().flatten();
                let named = all.filter(|it| {
                    it.package.as_ref().is_some_and(|it| it.name == test.package.name)
                });
                black_box(
                    named
                        .filter(|it| {
                            (test.versions)(it.version.as_deref())
                                == goldgate::domain::inventory::Within::Yes
                        })
                        .count(),
                );
            });
            let plain = middle(&plain).as_secs_f64() * self.n_releases as f64 / lists.len() as f64;
            let (p50, max) = (middle(&times), times.iter().max().copied().unwrap_or_default());
            println!(
                "{what:<27} {holders:>7} {:>8.2} {:>8.2} {:>11.3} x",
                p50.as_secs_f64() * 1e3,
                max.as_secs_f64() * 1e3,
                p50.as_secs_f64() / plain
            );
        }
    }

    fn import(&self, records: &Records) {
        snapshot::write(&self.advisories, records, NOW).expect("room");
    }

    fn judge_again(&self, lanes: Lanes) -> (Duration, WatchReport) {
        let began = Instant::now();
        let report = self.runtime.block_on(self.gate.rejudge(lanes)).expect("a report");
        assert_eq!(report.n_failed, 0);
        (began.elapsed(), report)
    }

    fn watch(&self, n_advisories: usize) {
        let bare = self.bare(n_advisories);
        let rate = self.n_releases as f64 / bare.as_secs_f64();
        println!(
            "\nwatch: comparing every bill and nothing else takes {:.2} s on all threads, {rate:.0} releases/s",
            bare.as_secs_f64()
        );
        println!("import                      judged  decisions       s   of the bare rate");
        let few = (N_COMPONENTS / 2 + 3, "2.0.0");
        let everybody: Vec<(usize, &str)> = vec![(7, "9.0.0")];
        for (what, hit) in [
            ("first, about nobody", &[][..]),
            ("about a few", &[few]),
            ("the same", &[few]),
            ("about everybody", &everybody),
            ("withdrawn", &[]),
        ] {
            self.import(&records(n_advisories, hit));
            let (time, report) = self.judge_again(Lanes::All);
            println!(
                "{what:<27} {:>6} {:>10} {:>7.2} {:>9.0} %{}",
                report.n_judged,
                report.decisions.len(),
                time.as_secs_f64(),
                bare.as_secs_f64() / time.as_secs_f64() * 100.0,
                rooms(&report)
            );
        }
    }

    /// How long the bills take to be compared on all threads, with nothing else done. A part of them stands for all.
    fn bare(&self, n_advisories: usize) -> Duration {
        let database =
            Database::new(&records(n_advisories, &[]), NOW, Digest::of(b"")).expect("a database");
        let bills: Vec<Sbom> = (0..self.n_releases.min(600)).map(bill).collect();
        let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let times = timed(3, || {
            std::thread::scope(|scope| {
                for part in bills.chunks(bills.len().div_ceil(n_threads)) {
                    let database = &database;
                    scope.spawn(move || {
                        for bill in part {
                            black_box(database.matches(std::slice::from_ref(bill)));
                        }
                    });
                }
            });
        });
        middle(&times).mul_f64(self.n_releases as f64 / bills.len() as f64)
    }

    /// A caller that asks one question after the other, without a watch and beside one that judges everything again.
    fn check_beside(&self) {
        let idle = self.checks(600);
        let stop = AtomicBool::new(false);
        let beside = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut fixed = 4_u32;
                while !stop.load(Ordering::Relaxed) {
                    let version = format!("{fixed}.0.0");
                    self.import(&records(1_000, &[(7, &version)]));
                    let _report = self.judge_again(Lanes::Spare);
                    fixed += 1;
                }
            });
            self.runtime.block_on(async { tokio::time::sleep(Duration::from_secs(1)).await });
            let beside = self.checks(600);
            stop.store(true, Ordering::Relaxed);
            beside
        });
        let p99 = |times: &[Duration]| {
            times.get(times.len() * 99 / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        println!(
            "\ncheck: p50 {:.2} ms, p99 {:.2} ms without a watch; p50 {:.2} ms, p99 {:.2} ms beside one: {:.2} x",
            middle(&idle).as_secs_f64() * 1e3,
            p99(&idle),
            middle(&beside).as_secs_f64() * 1e3,
            p99(&beside),
            p99(&beside) / p99(&idle)
        );
    }

    fn checks(&self, n: usize) -> Vec<Duration> {
        let request = Request {
            service: Some("asker".parse().expect("a name")),
            artifacts: vec![Artifact {
                path: "app.yaml".to_owned(),
                content: bytes::Bytes::from_static(MANIFEST.as_bytes()),
                origin: ArtifactOrigin::Named,
            }],
            ..Request::default()
        };
        let mut times = Vec::with_capacity(n);
        for _ in 0..n {
            let (gate, request) = (Arc::clone(&self.gate), request.clone());
            let began = Instant::now();
            let asked =
                self.runtime.spawn(async move { gate.check(&request).await.expect("a decision") });
            self.runtime.block_on(asked).expect("an answer");
            times.push(began.elapsed());
        }
        times.sort_unstable();
        times
    }
}

/// How long a decision was in each room.
fn rooms(report: &WatchReport) -> String {
    let n = report.decisions.len() as f64;
    if report.decisions.is_empty() {
        return String::new();
    }
    let mean = |room: fn(&Timings) -> u32| {
        report.decisions.iter().map(|it| f64::from(room(&it.timings))).sum::<f64>() / n
    };
    format!(
        "  (µs: evidence {:.0}, policy {:.0}, decide {:.0}, record {:.0})",
        mean(|it| it.evidence_us),
        mean(|it| it.policy_us),
        mean(|it| it.decide_us),
        mean(|it| it.record_us)
    )
}

fn timed(rounds: usize, mut work: impl FnMut()) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..rounds.max(1))
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

fn middle(times: &[Duration]) -> Duration {
    times.get(times.len() / 2).copied().unwrap_or_default()
}
