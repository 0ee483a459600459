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

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
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

/// A bill as generators write them, about 2 MB for 5,000 components: each needs the next three.
fn bill(n: usize) -> String {
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
            r#"{separator}{{"bom-ref":"{reference}","type":"library","name":"package-{package}","version":"1.{index}.0","licenses":[{{"license":{{"id":"MIT"}}}}],"cpe":"cpe:2.3:a:package-{package}:package-{package}:1.{index}.0:*:*:*:*:*:*:*","purl":"pkg:npm/package-{package}@1.{index}.0","properties":[{{"name":"syft:package:foundBy","value":"javascript-lock-cataloger"}},{{"name":"syft:package:language","value":"javascript"}}]}}"#
        );
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

/// The members that our reader takes, borrowed as it borrows them, and nothing done with them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
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

#[derive(Default, Deserialize)]
struct Metadata<'t> {
    #[serde(borrow)]
    timestamp: Option<Text<'t>>,
    #[serde(borrow)]
    component: Option<Part<'t>>,
}

#[derive(Deserialize)]
struct Party<'t> {
    #[serde(borrow, default)]
    name: Text<'t>,
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
    supplier: Option<Party<'t>>,
    #[serde(borrow, default)]
    publisher: Option<Text<'t>>,
    #[serde(borrow, default)]
    author: Option<Text<'t>>,
    #[serde(borrow, default, rename = "releaseNotes")]
    release_notes: Option<Notes<'t>>,
    #[serde(borrow, default)]
    hashes: Vec<Hash<'t>>,
    #[serde(borrow, default)]
    licenses: Vec<Choice<'t>>,
    #[serde(borrow, default)]
    components: Vec<Part<'t>>,
}

#[derive(Deserialize)]
struct Notes<'t> {
    #[serde(borrow, default)]
    timestamp: Option<Text<'t>>,
}

#[derive(Deserialize)]
struct Hash<'t> {
    #[serde(borrow, default)]
    alg: Text<'t>,
    #[serde(borrow, default)]
    content: Text<'t>,
}

#[derive(Deserialize)]
struct Choice<'t> {
    #[serde(borrow)]
    expression: Option<Text<'t>>,
    #[serde(borrow)]
    license: Option<Named<'t>>,
}

#[derive(Deserialize)]
struct Named<'t> {
    #[serde(borrow)]
    id: Option<Text<'t>>,
    #[serde(borrow)]
    name: Option<Text<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'t> {
    #[serde(borrow, rename = "ref")]
    reference: Text<'t>,
    #[serde(borrow, default)]
    depends_on: Vec<Text<'t>>,
}

impl Alone<'_> {
    /// Looks at everything, so that nothing is left out as unused.
    fn n_bytes(&self) -> usize {
        let heads = [Some(&self.bom_format), Some(&self.spec_version), self.serial_number.as_ref()];
        let about = [self.metadata.timestamp.as_ref()];
        let edges = self.dependencies.iter().map(|one| one.reference.len() + one.depends_on.len());
        heads.into_iter().chain(about).flatten().map(|text| text.len()).sum::<usize>()
            + self
                .components
                .iter()
                .chain(&self.metadata.component)
                .map(Part::n_bytes)
                .sum::<usize>()
            + edges.sum::<usize>()
    }
}

impl Part<'_> {
    fn n_bytes(&self) -> usize {
        let texts = [
            &self.reference,
            &self.group,
            &self.version,
            &self.purl,
            &self.publisher,
            &self.author,
        ];
        let ids = self.licenses.iter().filter_map(|one| {
            let named =
                one.license.as_ref().and_then(|named| named.id.as_ref().or(named.name.as_ref()));
            named.or(one.expression.as_ref())
        });
        let hashes = self.hashes.iter().flat_map(|hash| [&hash.alg, &hash.content]);
        texts
            .into_iter()
            .flatten()
            .chain(ids)
            .chain(hashes)
            .chain([&self.name, &self.kind])
            .chain(self.supplier.as_ref().map(|party| &party.name))
            .chain(self.release_notes.as_ref().and_then(|notes| notes.timestamp.as_ref()))
            .map(|text| text.len())
            .sum::<usize>()
            + self.components.len()
    }
}

/// The fastest of several rounds, taken in turns.
fn reading(text: &str, rounds: usize) {
    let file = SourceFile::new("bom.json", text);
    // The digest of the bytes is taken once for each file, whatever it is.
    black_box(file.digest());
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
