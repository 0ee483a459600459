//! What the evaluator costs over time and over threads: parsing beside serde, two threads beside one, memory over a
//! million evaluations. Needs no other files: W1 is a part of the repository.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use goldgate::document::{DocumentLimits, json, yaml};
use goldgate::domain::place::SourceFile;
use goldgate::domain::value::Value;
use goldgate::rego::evaluate::{Machine, Program, Settings, Switches, compile};
use goldgate::rego::resolve::{Options, resolve};
use goldgate::rego::syntax::{self, Version};

const MANIFEST: &str = include_str!("../data/w1.yaml");
const RULES: &str = include_str!("../data/w1.rego");
const QUERY: [&str; 2] = ["k8s", "deny"];

/// Evaluations whose memory is looked at, and those before.
const MILLION: usize = 1_000_000;
const WARM: usize = 10_000;

/// Prints all three; `span` is how long each is measured.
pub(crate) fn run(span: Duration) {
    let limits = DocumentLimits::default();
    let document = yaml::read(MANIFEST, &limits).into_iter().next();
    let input = document.expect("a document").expect("YAML").value;
    parsing(&input.to_string(), span);
    let program = program();
    threads(&program, &input, span);
    growth(&program, &input, if span.is_zero() { WARM } else { MILLION });
}

fn program() -> Program {
    let file = Arc::new(SourceFile::new("w1.rego", RULES));
    let module = syntax::parse(&file, Version::V1, &syntax::Limits::default()).expect("Rego");
    let read_yaml = |_: &str| Ok(Value::Null);
    let options = Options { host: BTreeMap::new(), strict: false, read_yaml: &read_yaml };
    let unit = resolve(&[module], &options).expect("a module without fault");
    compile(&unit, Value::object(Vec::new()), Switches::default())
}

fn parsing(text: &str, span: Duration) {
    let limits = DocumentLimits::default();
    let ours = average(span, || json::read(text, &limits).expect("JSON"));
    let serde = average(span, || serde_json::from_str::<serde_json::Value>(text).expect("JSON"));
    let of_yaml = average(span, || yaml::read(MANIFEST, &limits));
    println!(
        "parsing W1 with the place of every value: JSON ({} bytes) {ours:?}, {:.2} of serde's value without places; goal 25 µs",
        text.len(),
        ours.as_secs_f64() / serde.as_secs_f64(),
    );
    println!(
        "parsing W1 as YAML ({} bytes): {of_yaml:?}, {:.2} of serde's value of the JSON; goal 40 µs",
        MANIFEST.len(),
        of_yaml.as_secs_f64() / serde.as_secs_f64(),
    );
}

fn threads(program: &Program, input: &Value, span: Duration) {
    let one = together(program, input, span, 1);
    let two = together(program, input, span, 2);
    println!(
        "two threads on one program: {:.2} of one ({two:.0} and {one:.0} evaluations/s); goal 1.9",
        two / one
    );
}

/// Evaluations a second of so many threads together.
fn together(program: &Program, input: &Value, span: Duration, n_threads: usize) -> f64 {
    let rates: Vec<f64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..n_threads)
            .map(|_| scope.spawn(|| 1.0 / average_of(program, input, span).as_secs_f64()))
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a thread")).collect()
    });
    rates.iter().sum()
}

fn average_of(program: &Program, input: &Value, span: Duration) -> Duration {
    let mut machine = Machine::default();
    // As of a request: each thread has an input of its own.
    let input: Value = serde_json::from_str(&input.to_string()).expect("JSON");
    average(span, || evaluated(&mut machine, program, &input))
}

fn evaluated(machine: &mut Machine, program: &Program, input: &Value) -> Option<Value> {
    let mut evaluation = machine.begin(program, Some(input.clone()), Settings::default());
    evaluation.answer(&QUERY).expect("an answer")
}

fn growth(program: &Program, input: &Value, n_runs: usize) {
    let mut machine = Machine::default();
    for _ in 0..WARM {
        black_box(evaluated(&mut machine, program, input));
    }
    let before = resident_kib();
    for _ in 0..n_runs {
        black_box(evaluated(&mut machine, program, input));
    }
    let after = resident_kib();
    println!(
        "memory over {n_runs} evaluations: {before} KiB before, {after} KiB after; goal: the same"
    );
}

/// Resident memory of this process in KiB.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn average<T>(span: Duration, mut work: impl FnMut() -> T) -> Duration {
    let (mut n_runs, started) = (0, Instant::now());
    loop {
        black_box(work());
        n_runs += 1;
        let took = started.elapsed();
        if took >= span {
            return took / n_runs;
        }
    }
}
