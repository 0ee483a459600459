//! Policies and inputs that want too much: each is refused or stopped, in a process of its own with little memory and time, since
//! what is tried here could end a process.
//!
//! The cases are `tests/cases/rego/hostile/*.rego`, whose `README.md` says how they are written.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

/// What the program may have: KiB of addresses and seconds of processor time. A build without optimisation is measured as well.
const MEMORY_KIB: u32 = 1_500_000;
const PROCESSOR_SECONDS: u32 = 30;
/// Longer than this takes nothing that is bounded, on a machine that does something else as well.
const AT_MOST: Duration = Duration::from_secs(20);
/// How many processes run at the same time.
const AT_ONCE: usize = 2;

/// How a case ends.
struct Case {
    name: String,
    policy: String,
    input: String,
    /// `refused`, `stopped` or `answered`.
    end: String,
    /// What is said among other things.
    words: String,
}

#[test]
fn hostile_policies_and_inputs_are_refused_or_stopped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rego/hostile");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rego"));
    paths.sort();
    assert!(paths.len() > 80, "{} cases", paths.len());
    let open = Mutex::new(paths);
    let wrong = Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(path) = open.lock().unwrap().pop() else { return };
                    let said = Case::read(&path).fault();
                    wrong.lock().unwrap().push_str(&said);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong}");
}

impl Case {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let first = text.lines().next().unwrap().trim_start_matches("# ");
        let (end, words) = first.split_once(": ").unwrap_or((first, ""));
        let input = fs::read_to_string(path.with_extension("json"));
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            policy: repeated(&text),
            input: input.map_or_else(|_| shared_input(), |text| repeated(&text)),
            end: end.to_owned(),
            words: words.to_owned(),
        }
    }

    /// What is wrong with how it ends.
    fn fault(&self) -> String {
        let started = Instant::now();
        let output = self.run();
        let took = started.elapsed();
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let end = match output.status.code() {
            Some(2) => "refused",
            Some(1) if said.contains("could not be evaluated") => "stopped",
            Some(0 | 1) => "answered",
            _ => "killed",
        };
        let mut fault = String::new();
        if end != self.end || !said.contains(&self.words) || took > AT_MOST {
            let said: String = said.chars().take(600).collect();
            let Self { name, end: wanted, words, .. } = self;
            let _ = writeln!(
                fault,
                "{name}: {end} after {took:?} ({}), wanted {wanted} `{words}`:\n{said}\n",
                output.status
            );
        }
        fault
    }

    fn run(&self) -> Output {
        let place = tempfile::tempdir().unwrap();
        let bundle = place.path().join("bundle");
        fs::create_dir(&bundle).unwrap();
        fs::write(bundle.join("hostile.rego"), &self.policy).unwrap();
        fs::write(place.path().join("input.json"), &self.input).unwrap();
        let script = format!(
            "ulimit -v {MEMORY_KIB} && ulimit -t {PROCESSOR_SECONDS} && exec \"$0\" \"$@\""
        );
        Command::new("/bin/sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_goldgate")])
            .args(["check", "input.json", "--dry-run", "--no-builtin", "--bundle", "bundle"])
            .current_dir(place.path())
            .env_clear()
            .env("HOME", place.path())
            .output()
            .unwrap()
    }
}

/// What all cases read that bring no input of their own.
fn shared_input() -> String {
    let aliases: String = (0..20).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
        format!("{text}a{m}: &a{m} [*a{n}, *a{n}, *a{n}, *a{n}]\n", m = n + 1)
    });
    json!({
        "list": (0..1000).collect::<Vec<u32>>(),
        "large": 3_000_000_000_u32,
        "long": "a".repeat(20_000),
        "digits": "7".repeat(5_000),
        "format": "%1000000000d",
        "network": "10.0.0.0/8",
        "package": "hostile",
        "deep": "[".repeat(100_000),
        "aliases": aliases,
    })
    .to_string()
}

/// `«3×ab»` as `ababab`, with `{n}` and `{n+1}` counting in it.
fn repeated(text: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('«') {
        let (inner, behind) = behind.split_once('»').expect("what is repeated ends");
        let (count, inner) = inner.split_once('×').expect("how often");
        made.push_str(before);
        for n in 0..count.parse::<usize>().expect("a number") {
            let numbered = inner.replace("{n+1}", &(n + 1).to_string());
            made.push_str(&numbered.replace("{n}", &n.to_string()));
        }
        rest = behind;
    }
    made + rest
}
