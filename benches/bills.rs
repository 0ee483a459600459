//! Bills of materials: reading one against serde alone, and 5,000 components against 250,000 advisories.
//!
//! `cargo bench --bench bills`. Goals: reading ≤ 1.3 times the same borrowed structs alone; advisories ready in ≤ 0.4 s and
//! ≤ 120 MiB from the file on disk; matching ≤ 3 ms.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and stops when something is wrong"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use goldgate::domain::advisory::{Advisory, AdvisoryKind, Affected, Event};
use goldgate::domain::clock::Timestamp;
use goldgate::domain::code::Severity;
use goldgate::domain::package::{Ecosystem, Package};
use goldgate::domain::place::SourceFile;
use goldgate::evidence::advisory::{Records, snapshot};
use goldgate::intake::sbom;
use serde::Deserialize;

const N_COMPONENTS: usize = 5_000;
const N_ADVISORIES: usize = 250_000;
/// Two advisories for each package, as in the published databases on the average.
const N_PACKAGES: usize = 125_000;

fn main() {
    // `cargo test` only looks whether it runs.
    let in_earnest = std::env::args().any(|argument| argument == "--bench");
    let text = bill(N_COMPONENTS);
    let rounds = if in_earnest { 40 } else { 1 };
    reading(&text, rounds);
    matching(&text, rounds, if in_earnest { N_ADVISORIES } else { 1_000 });
}

/// A bill as generators write them, about 1.5 MB for 5,000 components.
fn bill(n: usize) -> String {
    let mut text = String::from(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"2026-01-02T03:04:05Z"},"components":["#,
    );
    for index in 0..n {
        let separator = if index == 0 { "" } else { "," };
        let package = index * (N_PACKAGES / n);
        let _ = write!(
            text,
            r#"{separator}{{"bom-ref":"pkg:npm/package-{package}@1.{index}.0?package-id=0123456789abcdef","type":"library","name":"package-{package}","version":"1.{index}.0","licenses":[{{"license":{{"id":"MIT"}}}}],"cpe":"cpe:2.3:a:package-{package}:package-{package}:1.{index}.0:*:*:*:*:*:*:*","purl":"pkg:npm/package-{package}@1.{index}.0","properties":[{{"name":"syft:package:foundBy","value":"javascript-lock-cataloger"}},{{"name":"syft:package:language","value":"javascript"}}]}}"#
        );
    }
    text.push_str("]}");
    text
}

type Text<'t> = Cow<'t, str>;

/// The members that the generated bill has, borrowed as our reader borrows them, and nothing done with them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alone<'t> {
    #[serde(borrow)]
    bom_format: Text<'t>,
    #[serde(borrow, default)]
    spec_version: Text<'t>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
}

#[derive(Deserialize)]
struct Part<'t> {
    #[serde(borrow, default, rename = "bom-ref")]
    reference: Option<Text<'t>>,
    #[serde(borrow, default)]
    group: Option<Text<'t>>,
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow, default)]
    version: Option<Text<'t>>,
    #[serde(borrow, default)]
    purl: Option<Text<'t>>,
    #[serde(borrow, default, rename = "type")]
    kind: Text<'t>,
    #[serde(borrow, default)]
    licenses: Vec<Choice<'t>>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
}

#[derive(Deserialize)]
struct Choice<'t> {
    #[serde(borrow)]
    license: Option<Named<'t>>,
}

#[derive(Deserialize)]
struct Named<'t> {
    #[serde(borrow)]
    id: Option<Text<'t>>,
}

impl Alone<'_> {
    fn n_bytes(&self) -> usize {
        let part = |part: &Part<'_>| {
            let texts = [&part.reference, &part.group, &part.version, &part.purl];
            let ids = part.licenses.iter().filter_map(|one| one.license.as_ref()?.id.as_ref());
            texts
                .into_iter()
                .flatten()
                .chain(ids)
                .chain([&part.name, &part.kind])
                .map(|text| text.len())
                .sum::<usize>()
                + part.components.len()
        };
        self.bom_format.len()
            + self.spec_version.len()
            + self.components.iter().map(part).sum::<usize>()
    }
}

/// The fastest of several rounds, taken in turns.
fn reading(text: &str, rounds: usize) {
    let file = SourceFile::new("bom.json", text);
    let (mut ours, mut alone) = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds {
        let start = Instant::now();
        let parsed: Alone<'_> = serde_json::from_str(text).expect("a bill");
        black_box(parsed.n_bytes());
        drop(parsed);
        alone = alone.min(start.elapsed());
        let start = Instant::now();
        let read = sbom::read(&file).expect("a bill").expect("a bill");
        black_box(read.components.len());
        drop(read);
        ours = ours.min(start.elapsed());
    }
    println!(
        "reading a bill of {:.1} MB with {N_COMPONENTS} components: {ours:?}, serde alone {alone:?}: {:.2}x (goal 1.3x)",
        text.len() as f64 / 1e6,
        ours.as_secs_f64() / alone.as_secs_f64()
    );
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
    let before = resident_mib();
    let database = snapshot::open(&path).expect("read").expect("there");
    let grown = resident_mib() - before;
    let bills = [sbom::read(&SourceFile::new("bom.json", text)).expect("a bill").expect("a bill")];
    let mut best = Duration::MAX;
    let mut n_found = 0;
    for _ in 0..rounds {
        let start = Instant::now();
        n_found = black_box(database.matches(&bills)).len();
        best = best.min(start.elapsed());
    }
    println!(
        "{n} advisories ({:.1} MB on disk): ready in {ready:?} (goal 400 ms), {grown:.0} MiB more resident (goal 120 MiB)",
        size as f64 / 1e6
    );
    println!("{N_COMPONENTS} components against them: {best:?}, {n_found} found (goal 3 ms)");
    std::fs::remove_dir_all(&folder).expect("removed");
}

fn resident_mib() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = pages.split(' ').nth(1).and_then(|text| text.parse::<f64>().ok());
    resident.unwrap_or_default() * 4096.0 / (1024.0 * 1024.0)
}
