//! Loading a thousand modules: read, checked and compiled, and from the compiled cache; time and the peak of memory.
//!
//! `cargo bench --bench bundle`. The modules are generated, the same ones each time. Each figure is measured in a process of its own,
//! since a peak of memory is one of a process.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unreachable,
    reason = "a benchmark prints, and stops when something is wrong"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use goldgate::policy::{BundleSource, LoadOptions, Revision};

/// How many modules there are, and how many of them are libraries.
const MODULES: usize = 1_000;
const LIBRARIES: usize = 40;
/// How often a process loads, of which the middle one counts.
const ROUNDS: usize = 9;
/// The argument by which a process knows that it is to load the folder behind it.
const LOAD: &str = "--load";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == LOAD) {
        let folder = arguments.get(at + 1).expect("a folder");
        return load(Path::new(folder), arguments.get(at + 2).map(Path::new));
    }
    let in_earnest = arguments.iter().any(|argument| argument == "--bench");
    let modules = if in_earnest { MODULES } else { 60 };
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = folder.path().join("bundle");
    let n_bytes = write(&bundle, modules);
    println!("{modules} modules, {n_bytes} bytes");
    let compiled = measure("compiled", &bundle, None);
    let cache = folder.path().join("compiled");
    let kept = measure("compiled the first time, then read back", &bundle, Some(&cache));
    let n_kept: u64 = fs::read_dir(&cache)
        .expect("the cache")
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .map(|metadata| metadata.len())
        .sum();
    println!("the compiled form has {n_kept} bytes");
    let again = measure("read back in a new process", &bundle, Some(&cache));
    println!("read back / compiled: {:.3} and {:.3}", kept / compiled, again / compiled);
}

/// Measures in a process of its own; the middle time in milliseconds.
fn measure(name: &str, bundle: &Path, cache: Option<&Path>) -> f64 {
    let own = std::env::current_exe().expect("this program");
    let mut command = Command::new(own);
    command.arg(LOAD).arg(bundle).args(cache);
    let output = command.output().expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let (milliseconds, shown) = said.split_once(' ').expect("a time and what is shown");
    print!("{name}: {shown}");
    milliseconds.parse().expect("milliseconds")
}

fn load(folder: &Path, cache: Option<&Path>) {
    let options = LoadOptions { cache: cache.map(Path::to_owned), ..LoadOptions::default() };
    let mut times: Vec<Duration> = Vec::new();
    let mut first_peak = 0;
    for round in 0..ROUNDS {
        let sources = [BundleSource::Path(folder.to_owned())];
        let started = Instant::now();
        let revision = Revision::load(&sources, &options);
        times.push(started.elapsed());
        let revision = revision.unwrap_or_else(|faults| {
            let shown: Vec<String> = faults.iter().take(3).map(ToString::to_string).collect();
            unreachable!("{}", shown.join("\n"))
        });
        assert!(!revision.policies().is_empty());
        assert!(cache.is_none() || round == 0 || revision.was_kept(), "it is compiled again");
        if first_peak == 0 {
            first_peak = peak_kib();
        }
    }
    let first = times.first().copied().unwrap_or_default();
    times.sort();
    let middle = times.get(ROUNDS / 2).copied().unwrap_or_default();
    let milliseconds = middle.as_secs_f64() * 1000.0;
    println!(
        "{milliseconds} {middle:?} (the first time {first:?}), peak of memory {} MiB",
        first_peak / 1024
    );
}

/// The most memory that this process has had, in KiB.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Writes the bundle; how many bytes it has.
fn write(folder: &Path, modules: usize) -> usize {
    let mut n_bytes = 0;
    for n in 0..modules {
        let (inner, text) = if n < LIBRARIES { library(n) } else { policy(n) };
        let path = folder.join(inner);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &text).expect("a file");
        n_bytes += text.len();
    }
    n_bytes
}

fn library(n: usize) -> (String, String) {
    let mut text = format!("package acme.lib.l{n}\n\n");
    for k in 0..6 {
        let _ = write!(
            text,
            "# Whether a container lacks its limit number {k}.\nlacks_{k}(container) if {{\n\tnot container.resources.limits.r{k}\n}}\n\n\
             label_{k} := object.get(input.workload.labels, \"acme.example/l{n}-{k}\", \"none\")\n\n"
        );
    }
    text.push_str("title(container) := sprintf(\"container `%s`\", [container.name])\n");
    (format!("lib/l{n}.rego"), text)
}

fn policy(n: usize) -> (String, String) {
    let lib = n % LIBRARIES;
    let (k, j) = (n % 6, (n + 1) % 6);
    let severity = *["low", "medium", "high", "critical"].get(n % 4).unwrap_or(&"low");
    let text = format!(
        r#"# METADATA
# title: Containers keep rule {n}
# description: Rule number {n} of the platform says what a container may ask for, and who answers for it.
# custom:
#   code: ACME-R{n}
#   severity: {severity}
#   scope: workload
#   controls: []
#   remediation: Set `limits.r{k}` of the container, or ask the team that owns `l{lib}`.
package acme.rules.r{n}

import data.acme.lib.l{lib}

allowed := {{"a{n}", "b{n}", "c{n}", "d{n}"}}

deny contains finding if {{
	some index, container in input.workload.containers
	l{lib}.lacks_{k}(container)
	not startswith(container.name, "skip-{n}-")
	finding := {{
		"message": sprintf("%s has no limit r{k} (rule %d)", [l{lib}.title(container), {n}]),
		"path": sprintf("/spec/template/spec/containers/%d", [index]),
	}}
}}

deny contains finding if {{
	some container in input.workload.containers
	every argument in container.args {{
		argument != "--rule-{n}"
		not regex.match(`^--allow-(a|b|c){n}$`, argument)
	}}
	count([name | some name in allowed; name == container.name]) > 0
	finding := {{"message": sprintf("%s may not run", [container.name]), "path": ""}}
}}

deny contains finding if {{
	l{lib}.label_{j} == "none"
	input.workload.kind in {{"Deployment", "StatefulSet"}}
	finding := {{"message": "the label l{lib}-{j} is missing", "path": "/metadata/labels"}}
}}
"#
    );
    (format!("rules/r{n}.rego"), text)
}
