//! A process of its own that writes: this very binary, told by its environment what to do.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use goldgate::domain::decision::DecisionId;
use goldgate::domain::error::ErrorKind;
use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{DecisionFilter, PageRequest, Store};

use super::draft::of;

const DIR: &str = "GOLDGATE_IT_STORE_DIR";
const TASK: &str = "GOLDGATE_IT_STORE_TASK";

/// What the child does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// 32 callers write until they are killed.
    WriteForever,
    /// Writes ten decisions, one after the other.
    WriteTen,
    /// Writes until the disk refuses, and checks that it is told so.
    FillDisk,
}

/// A running child, and what it says.
pub(crate) struct Writer {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    /// Starts a child that works in `dir`.
    pub(crate) fn start(task: Task, dir: &Path) -> Self {
        Self::spawn(&mut command(std::env::current_exe().unwrap().into(), &[], task, dir))
    }

    /// Starts a child that may write no file beyond `blocks` of 512 bytes.
    pub(crate) fn start_limited(task: Task, dir: &Path, blocks: u32) -> Self {
        // The signal is ignored, so that the write fails as it does on a full disk.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let before = ["-c".into(), script.into(), std::env::current_exe().unwrap().into()];
        Self::spawn(&mut command("/bin/sh".into(), &before, task, dir))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until the child was answered `n` times more; it works on.
    pub(crate) fn wait_for(&mut self, n: usize) -> Vec<DecisionId> {
        let mut answered = Vec::new();
        while answered.len() < n {
            let line = self.lines.next().expect("the child writes on").unwrap();
            answered.extend(answer(&line));
        }
        answered
    }

    /// Kills the child once it was answered `n` times more and tells every answer that it had since.
    pub(crate) fn kill_after(mut self, n: usize) -> Vec<DecisionId> {
        let mut answered = self.wait_for(n);
        self.child.kill().unwrap();
        // A line that the kill cut short was not seen by anybody.
        answered.extend(self.lines.map_while(Result::ok).filter_map(|line| answer(&line)));
        self.child.wait().unwrap();
        answered
    }

    /// Waits for the end of a child that succeeds and tells every answer that it had.
    pub(crate) fn finish(mut self) -> Vec<DecisionId> {
        let answered = self.lines.map_while(Result::ok).filter_map(|line| answer(&line)).collect();
        assert!(self.child.wait().unwrap().success());
        answered
    }
}

/// Ids stand behind a mark, between the lines of the test harness.
fn answer(line: &str) -> Option<DecisionId> {
    line.split_once("answered ").and_then(|(_, id)| id.parse().ok())
}

fn command(program: OsString, before: &[OsString], task: Task, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(before)
        .args(["--exact", "store::child::a_child_does_its_task", "--nocapture"])
        .env(DIR, dir)
        .env(TASK, format!("{task:?}"))
        .stdout(Stdio::piped());
    command
}

fn tell(id: DecisionId) {
    // One write per line: a kill cuts no other line.
    std::io::stdout().lock().write_all(format!("answered {id}\n").as_bytes()).unwrap();
}

/// Does nothing unless this process is a child.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_does_its_task() {
    let (Some(dir), Some(task)) = (std::env::var_os(DIR), std::env::var_os(TASK)) else { return };
    let store = Arc::new(SqliteStore::open(&PathBuf::from(dir)).unwrap());
    match task.to_str().unwrap() {
        "WriteForever" => write_forever(store).await,
        "WriteTen" => write_ten(store).await,
        "FillDisk" => fill_disk(store).await,
        other => panic!("{other}"),
    }
}

async fn write_forever(store: Arc<SqliteStore>) {
    let tasks: Vec<_> = (0..32)
        .map(|caller| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 0.. {
                    let step = of(["a", "b", "c", "d", "e"][caller % 5]).at(n);
                    let step = if n % 3 == 0 { step.failing(&["A"]) } else { step };
                    let held = format!("openssl@0.10.{}", n % 50);
                    let step = step.holding(&[&held, "serde@1.0.0"]);
                    tell(store.put_decision(step.draft()).await.unwrap().id);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn write_ten(store: Arc<SqliteStore>) {
    for n in 0..10 {
        let step = if n % 2 == 0 { of("a").failing(&["A"]) } else { of("a") };
        let written = store.put_decision(step.at(n).draft()).await.unwrap();
        assert_eq!(store.decision(written.id).await.unwrap().as_ref(), Some(&written));
        tell(written.id);
    }
    store.close().await.unwrap();
}

async fn fill_disk(store: Arc<SqliteStore>) {
    let mut refused = 0;
    for n in 0.. {
        let step = of("a").at(n).input(&format!("{n} {}", "filler ".repeat(1000)));
        let step = if n % 2 == 0 { step.failing(&["A"]) } else { step };
        match store.put_decision(step.draft()).await {
            Ok(written) => tell(written.id),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
                assert!(error.external().contains("goldgate.db"), "{error:?}");
                assert!(error.help().unwrap().contains("--data DIR"), "{error:?}");
                refused += 1;
            }
        }
        if refused == 10 {
            break;
        }
    }
    assert!(store.health().await.is_err());
    // What was written can be read all the same.
    store.decisions(DecisionFilter::default(), PageRequest::default()).await.unwrap();
}
