//! The evaluator alone, over an input that is parsed already, beside `opa bench` in the same run; and what it costs over
//! time and over threads.
//!
//! `GOLDGATE_BENCH_WORKLOADS=FOLDER cargo bench --bench rego`. The folder holds one folder for each workload with `policy/`,
//! `data.json`, `input.json` and `query` (a path below `data`). `GOLDGATE_BENCH_OPA` names an OPA binary, which takes
//! turns with us; the ratios of one run count, absolute times on a shared machine do not.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark prints, reads the environment, and stops when something is wrong"
)]

#[path = "rego/steady.rs"]
mod steady;

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use goldgate::domain::place::SourceFile;
use goldgate::domain::value::Value;
use goldgate::rego::evaluate::{Machine, Program, Settings, Switches, compile};
use goldgate::rego::resolve::{Options, resolve};
use goldgate::rego::syntax::{self, Version};

/// The goals: our time by OPA's.
const GOALS: [(&str, f64); 5] =
    [("w1", 0.05), ("w2_scan", 0.004), ("w2_keyed", 0.1), ("w3", 0.04), ("w4", 0.1)];
/// How often each side is measured, in turns.
const ROUNDS: usize = 3;

fn main() {
    // `cargo test` only looks whether it runs.
    let in_earnest = std::env::args().any(|argument| argument == "--bench");
    let span = if in_earnest { Duration::from_millis(500) } else { Duration::ZERO };
    steady::run(span);
    let Some(folder) = std::env::var_os("GOLDGATE_BENCH_WORKLOADS").map(PathBuf::from) else {
        println!("P1b: not measured: GOLDGATE_BENCH_WORKLOADS does not name the workloads' folder");
        return;
    };
    let opa = std::env::var("GOLDGATE_BENCH_OPA").ok().filter(|_| in_earnest);
    for (name, goal) in GOALS {
        let workload = Workload::read(&folder.join(name));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(workload.time(span));
            theirs.extend(opa.as_deref().map(|opa| workload.opa_time(opa)));
        }
        let ours = middle(ours);
        match opa {
            Some(_) => {
                let ratio = ours.as_secs_f64() / middle(theirs).as_secs_f64();
                println!("P1b {name}: {ours:?}, {ratio:.4} of OPA's; goal {goal}");
            }
            None => println!("P1b {name}: {ours:?}; name OPA's binary in GOLDGATE_BENCH_OPA"),
        }
    }
}

struct Workload {
    folder: PathBuf,
    program: Program,
    input: Value,
    query: String,
}

impl Workload {
    fn read(folder: &Path) -> Self {
        let json = |name: &str| -> Value {
            let text = fs::read_to_string(folder.join(name)).expect("a file");
            serde_json::from_str(&text).expect("JSON")
        };
        let query = fs::read_to_string(folder.join("query")).expect("a query");
        let mut paths: Vec<PathBuf> = fs::read_dir(folder.join("policy"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        let modules: Vec<syntax::Module> = paths
            .iter()
            .map(|path| {
                let text = fs::read_to_string(path).expect("a policy");
                let file = Arc::new(SourceFile::new(path.display().to_string(), text));
                syntax::parse(&file, Version::V1, &syntax::Limits::default()).expect("Rego")
            })
            .collect();
        let read_yaml = |_: &str| Ok(Value::Null);
        let options = Options { host: BTreeMap::new(), strict: false, read_yaml: &read_yaml };
        let unit = resolve(&modules, &options).expect("modules without fault");
        Self {
            folder: folder.to_owned(),
            program: compile(&unit, json("data.json"), Switches::default()),
            input: json("input.json"),
            query: query.trim().to_owned(),
        }
    }

    /// One evaluation, on average over `span`.
    fn time(&self, span: Duration) -> Duration {
        let path: Vec<&str> = self.query.split('.').skip(1).collect();
        let mut machine = Machine::default();
        let (mut n_runs, started) = (0, Instant::now());
        loop {
            let mut evaluation =
                machine.begin(&self.program, Some(self.input.clone()), Settings::default());
            black_box(evaluation.answer(&path).expect("an answer"));
            n_runs += 1;
            if started.elapsed() >= span {
                return started.elapsed() / n_runs;
            }
        }
    }

    /// What `opa bench` says of one evaluation.
    fn opa_time(&self, opa: &str) -> Duration {
        let mut command = Command::new(opa);
        command.args(["bench", "--format", "gobench", "--count", "1", "--metrics=false"]);
        for name in ["policy", "data.json"] {
            command.arg("--data").arg(self.folder.join(name));
        }
        command.arg("--input").arg(self.folder.join("input.json")).arg(&self.query);
        let output = command.stderr(Stdio::inherit()).output().expect("OPA");
        let text = String::from_utf8_lossy(&output.stdout);
        let times = text.lines().filter_map(|line| {
            let before = line.split("ns/op").next().filter(|before| before.len() < line.len())?;
            let nanoseconds: f64 = before.split_whitespace().last()?.parse().ok()?;
            Some(Duration::from_secs_f64(nanoseconds / 1e9))
        });
        middle(times.collect())
    }
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
