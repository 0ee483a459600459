//! One whole check of a bill, as a command, beside a scanner of somebody else's over the same bill: wall time and memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The scanner's command line, with `{bill}` where the bill belongs; words are parted by spaces.
const SCANNER: &str = "GOLDGATE_BENCH_SCANNER";
/// What `goldgate advisories import` is given: the same advisories as the scanner has.
const ADVISORIES: &str = "GOLDGATE_BENCH_ADVISORIES";
/// The bill or lock file; this repository's own lock file when it is not named.
const BILL: &str = "GOLDGATE_BENCH_BILL";

const GOLDGATE: &str = env!("CARGO_BIN_EXE_goldgate");

/// Compares, or says what to name for it.
pub(crate) fn compared(rounds: usize) {
    let (Ok(scanner), Ok(advisories)) = (std::env::var(SCANNER), std::env::var(ADVISORIES)) else {
        println!(
            "a whole check against a scanner: not measured, since none is named. Give its command line in {SCANNER}, with \
             `{{bill}}` where the bill belongs, e.g. `osv-scanner --offline -L {{bill}}`, the same advisories for goldgate in \
             {ADVISORIES}, and perhaps another bill than our lock file in {BILL}"
        );
        return;
    };
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock").display().to_string();
    let bill = std::env::var(BILL).unwrap_or_else(|_none| own());
    let data = std::env::temp_dir().join(format!("goldgate-bench-scan-{}", std::process::id()));
    let data = Folder(data);
    let imported = goldgate(&data, &["advisories", "import", &advisories]).status();
    assert!(imported.expect("goldgate starts").success(), "{advisories} is imported");
    let theirs = || {
        let mut words = scanner.split_whitespace().map(|word| word.replace("{bill}", &bill));
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words);
        command
    };
    let ours = || goldgate(&data, &["check", &bill, "--service", "bench"]);
    // In turns, so that what else the machine does meets both.
    let (mut our_best, mut their_best) = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds.clamp(2, 10) {
        our_best = our_best.min(wall_time(ours()));
        their_best = their_best.min(wall_time(theirs()));
    }
    let mib = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
    println!(
        "a whole check of {bill}, with its record: {our_best:?}, `{scanner}`: {their_best:?}: {:.4} of its wall time (goal 0.02)",
        our_best.as_secs_f64() / their_best.as_secs_f64()
    );
    println!(
        "  memory at the peak {:.0} and {:.0} MiB",
        mib(peak_bytes(ours())),
        mib(peak_bytes(theirs()))
    );
}

fn goldgate(data: &Folder, words: &[&str]) -> Command {
    let mut command = Command::new(GOLDGATE);
    command.args(words).arg("--data").arg(&data.0).env_remove("GOLDGATE_CONFIG");
    command
}

fn started(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

/// From the start of the process to its end, whatever it found.
fn wall_time(command: Command) -> Duration {
    let start = Instant::now();
    started(command).wait().expect("it ends");
    start.elapsed()
}

/// The highest mark of a process' memory, read until it is gone; nothing where the kernel does not tell.
fn peak_bytes(command: Command) -> u64 {
    let mut child = started(command);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("it ends").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        peak = peak.max(super::high_mark(&text));
    }
    peak
}

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind lies among what is temporary.
        let _left = fs::remove_dir_all(&self.0);
    }
}
