//! Bills of materials: reading one against serde alone, and 5,000 components against 250,000 advisories.
//!
//! `cargo bench --bench bills`. Goals: reading ≤ 1.3 times the same borrowed structs alone, in no more memory than the file has
//! bytes; advisories ready in ≤ 0.4 s and ≤ 120 MiB from the file on disk; matching ≤ 3 ms. A whole check in ≤ 1/50 of the wall
//! time of a scanner that `GOLDGATE_BENCH_SCANNER` names: its command line with `{bill}` where the bill belongs. The same
//! advisories for goldgate are named in `GOLDGATE_BENCH_ADVISORIES`, another bill than our lock file in `GOLDGATE_BENCH_BILL`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, reads the environment, and stops when something is wrong"
)]

#[path = "bills/scanner.rs"]
mod scanner;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use goldgate::document::text::Text;
use goldgate::domain::advisory::{Advisory, AdvisoryKind, Affected, Event};
use goldgate::domain::clock::Timestamp;
use goldgate::domain::code::Severity;
use goldgate::domain::package::{Ecosystem, Package};
use goldgate::domain::place::SourceFile;
use goldgate::evidence::advisory::{Records, snapshot};
use goldgate::intake::sbom;
use goldgate::intake::sbom::cyclonedx_members::{Dependency, Metadata, Part};
use serde::Deserialize;

const N_COMPONENTS: usize = 5_000;
const N_ADVISORIES: usize = 250_000;
/// Two advisories for each package, as in the published databases on the average.
const N_PACKAGES: usize = 125_000;

/// Behind it what a process of its own reads, and from where.
const MEMORY_OF: &str = "--memory-of";
const A_BILL: &str = "bill";
const ADVISORIES: &str = "advisories";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, what, path] = arguments.as_slice()
        && word == MEMORY_OF
    {
        return memory_of(what, Path::new(path));
    }
    // `cargo test` only looks whether it runs.
    let in_earnest = arguments.iter().any(|argument| argument == "--bench");
    let rounds = if in_earnest { 40 } else { 1 };
    reading(&bill(770, 14), rounds);
    let text = bill(N_COMPONENTS, 2);
    reading(&text, rounds);
    matching(&text, rounds, if in_earnest { N_ADVISORIES } else { 1_000 });
    scanner::compared(rounds);
}

/// A bill as generators write them: each component needs the next three, and has properties that nobody reads.
fn bill(n: usize, n_properties: usize) -> String {
    let mut text = String::from(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"2026-01-02T03:04:05Z","component":{"bom-ref":"shop","type":"application","name":"shop"}},"components":["#,
    );
    let package = |index: usize| index * (N_PACKAGES / n);
    let reference = |index: usize| {
        format!("pkg:npm/package-{}@1.{index}.0?package-id=0123456789abcdef", package(index))
    };
    for index in 0..n {
        let separator = if index == 0 { "" } else { "," };
        let (package, reference) = (package(index), reference(index));
        let _ = write!(
            text,
            r#"{separator}{{"bom-ref":"{reference}","type":"library","name":"package-{package}","version":"1.{index}.0","licenses":[{{"license":{{"id":"MIT"}}}}],"cpe":"cpe:2.3:a:package-{package}:package-{package}:1.{index}.0:*:*:*:*:*:*:*","purl":"pkg:npm/package-{package}@1.{index}.0","properties":["#
        );
        for number in 0..n_properties {
            let separator = if number == 0 { "" } else { "," };
            let _ = write!(
                text,
                r#"{separator}{{"name":"syft:location:{number}:path","value":"/usr/share/doc/package-{package}/copyright-{number}"}}"#
            );
        }
        text.push_str("]}");
    }
    let _ = write!(text, r#"],"dependencies":[{{"ref":"shop","dependsOn":["{}"]}}"#, reference(0));
    for index in 0..n {
        let needed: Vec<String> = (index + 1..n.min(index + 4))
            .map(|other| format!("\"{}\"", reference(other)))
            .collect();
        let _ =
            write!(text, r#",{{"ref":"{}","dependsOn":[{}]}}"#, reference(index), needed.join(","));
    }
    text.push_str("]}");
    text
}

/// The structures that the reader takes out of a document, and nothing done with them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only made, never looked at")]
struct Alone<'t> {
    #[serde(borrow)]
    bom_format: Text<'t>,
    #[serde(borrow, default)]
    spec_version: Text<'t>,
    #[serde(borrow, default)]
    serial_number: Option<Text<'t>>,
    #[serde(borrow, default)]
    metadata: Metadata<'t>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
    #[serde(borrow, default)]
    dependencies: Vec<Dependency<'t>>,
}

/// The fastest of several rounds, taken in turns, and the most memory that a process takes for reading alone.
fn reading(text: &str, rounds: usize) {
    let file = SourceFile::new("bom.json", text);
    // The digest of the bytes is taken once for each file, whatever it is.
    black_box(file.digest());
    let (mut ours, mut alone) = (Duration::MAX, Duration::MAX);
    let mut n_components = 0;
    for _ in 0..rounds {
        let start = Instant::now();
        let parsed: Alone<'_> = serde_json::from_str(text).expect("a bill");
        drop(black_box(parsed));
        alone = alone.min(start.elapsed());
        let start = Instant::now();
        let read = sbom::read(&file).expect("a bill").expect("a bill");
        n_components = black_box(read.components.len());
        drop(read);
        ours = ours.min(start.elapsed());
    }
    println!(
        "reading a bill of {:.1} MB with {n_components} components: {ours:?}, serde alone {alone:?}: {:.2}x (goal 1.3x)",
        text.len() as f64 / 1e6,
        ours.as_secs_f64() / alone.as_secs_f64()
    );
    let path = std::env::temp_dir().join(format!("goldgate-bench-{}.json", std::process::id()));
    std::fs::write(&path, text).expect("written");
    if let Some(grown) = memory_in_a_process(A_BILL, &path) {
        println!(
            "  at its peak {:.2} MB more memory: {:.2}x of the file (goal 1x)",
            grown / 1e6,
            grown / text.len() as f64
        );
    }
    std::fs::remove_file(&path).expect("removed");
}

/// How many bytes a fresh process grows by while it reads something; none where the kernel does not tell.
fn memory_in_a_process(what: &str, path: &Path) -> Option<f64> {
    let program = std::env::current_exe().expect("this program");
    let answer = Command::new(program).args([MEMORY_OF, what]).arg(path).output().expect("started");
    String::from_utf8_lossy(&answer.stdout).trim().parse().ok()
}

/// Reads something, and prints how much higher than before the peak of the memory is.
fn memory_of(what: &str, path: &Path) {
    // The program's own pages are no memory of the reading: they are fetched by a first one.
    let small = SourceFile::new("bom.json", bill(10, 2));
    black_box(sbom::read(&small).expect("a bill").expect("a bill"));
    let grown = if what == A_BILL {
        let file = SourceFile::new("bom.json", std::fs::read_to_string(path).expect("a file"));
        black_box(file.digest());
        let before = peak_bytes_from_here();
        black_box(sbom::read(&file).expect("a bill").expect("a bill"));
        peak_bytes() - before
    } else {
        let before = peak_bytes_from_here();
        black_box(snapshot::open(path).expect("read").expect("there"));
        peak_bytes() - before
    };
    println!("{grown}");
}

/// Forgets what was in memory before and is no more. Source: proc(5), `/proc/pid/clear_refs`.
fn peak_bytes_from_here() -> u64 {
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux 4.0 or newer");
    peak_bytes()
}

fn peak_bytes() -> u64 {
    high_mark(&std::fs::read_to_string("/proc/self/status").unwrap_or_default())
}

/// The most memory that a process had, by its status as the kernel tells it.
fn high_mark(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib = line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

fn advisory(index: usize) -> Advisory {
    let text = |text: String| -> Arc<str> { Arc::from(text) };
    let package = index % N_PACKAGES;
    let time = Timestamp::from_millis(1_700_000_000_000);
    Advisory {
        id: text(format!("GHSA-{:04x}-{:04x}-{:04x}", index >> 16, index & 0xffff, index % 977)),
        aliases: vec![text(format!("CVE-2025-{index}"))],
        title: text(format!(
            "package-{package}: a fault of the usual kind, told in one line of text"
        )),
        kind: AdvisoryKind::Vulnerability,
        severity: Some(Severity::High),
        score: Some(7.5),
        published: Some(time),
        modified: Some(time),
        url: Some(text(format!("https://osv.dev/vulnerability/GHSA-{index}"))),
        affected: vec![Affected {
            package: Package::new(Ecosystem::new("npm"), &format!("package-{package}")),
            ranges: vec![vec![
                Event::Introduced(Arc::from("0")),
                Event::Fixed(text(format!("1.{}.0", index % 2_000))),
            ]],
            versions: Vec::new(),
        }],
    }
}

fn matching(text: &str, rounds: usize, n: usize) {
    let folder = std::env::temp_dir().join(format!("goldgate-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("advisories.db");
    {
        let records = Records {
            advisories: (0..n).map(advisory).collect(),
            exploited: BTreeMap::new(),
            probabilities: BTreeMap::new(),
        };
        snapshot::write(&path, &records, Timestamp::from_millis(0)).expect("written");
    }
    let size = std::fs::metadata(&path).expect("written").len();
    let mut ready = Duration::MAX;
    for _ in 0..rounds.min(5) {
        let start = Instant::now();
        let database = snapshot::open(&path).expect("read").expect("there");
        ready = ready.min(start.elapsed());
        drop(database);
    }
    let database = snapshot::open(&path).expect("read").expect("there");
    let grown = memory_in_a_process(ADVISORIES, &path).unwrap_or(f64::NAN) / (1024.0 * 1024.0);
    let bills = [sbom::read(&SourceFile::new("bom.json", text)).expect("a bill").expect("a bill")];
    let mut best = Duration::MAX;
    let mut n_found = 0;
    for _ in 0..rounds {
        let start = Instant::now();
        n_found = black_box(database.matches(&bills)).len();
        best = best.min(start.elapsed());
    }
    println!(
        "{n} advisories ({:.1} MB on disk): ready in {ready:?} (goal 400 ms), {grown:.0} MiB more memory at its peak (goal 120 MiB)",
        size as f64 / 1e6
    );
    println!("{N_COMPONENTS} components against them: {best:?}, {n_found} found (goal 3 ms)");
    std::fs::remove_dir_all(&folder).expect("removed");
}
