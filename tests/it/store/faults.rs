//! What was answered is on the disk; what could not be written is told and leaves nothing behind.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use goldgate::domain::decision::DecisionId;
use goldgate::domain::error::ErrorKind;
use goldgate::record::sqlite::{Contradiction, SqliteStore};
use goldgate::record::{DecisionFilter, PageRequest, Store};
use rusqlite::Connection;

use super::child::{Task, Writer};
use super::draft::{of, service};
use super::verify;
use crate::component;

async fn assert_there(dir: &Path, answered: &[DecisionId]) {
    let store = SqliteStore::open(dir).unwrap();
    for id in answered {
        assert!(store.decision(*id).await.unwrap().is_some(), "{id} was answered and is not there");
    }
}

fn other_program(dir: &Path) -> Connection {
    Connection::open(SqliteStore::file_in(dir)).unwrap()
}

#[tokio::test]
async fn every_answer_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for n in [1, 200, 700] {
        answered.extend(Writer::start(Task::WriteForever, dir.path()).kill_after(n));
    }
    assert_there(dir.path(), &answered).await;
    let verification = verify(dir.path(), answered.len() as u64).await;
    assert_eq!(verification.n_scorecards, 5);
}

/// The kernel refuses writes beyond a size, as it does on a full disk; needs no privilege.
#[tokio::test]
async fn a_write_that_the_kernel_refuses_is_told_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let answered = Writer::start_limited(Task::FillDisk, dir.path(), 1500).finish();
    assert!(answered.len() > 5, "{}", answered.len());
    assert_there(dir.path(), &answered).await;
    let verification = verify(dir.path(), answered.len() as u64).await;
    assert_eq!(verification.n_decisions, answered.len() as u64);
}

/// A small file system of its own. Only root may make one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1536k", "tmpfs"]).arg(at);
        mount.output().is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_writing_goes_on_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    // Without the privilege the limit of the test above is all that can be shown.
    let Some(_disk) = SmallDisk::mount(dir.path()) else {
        component::skipped("a full disk", "only root may mount a small file system");
        return;
    };
    let filler = dir.path().join("filler");
    std::fs::write(&filler, vec![1; 700 * 1024]).unwrap();
    let data = dir.path().join("data");
    let store = SqliteStore::open(&data).unwrap();
    let mut answered = Vec::new();
    let error = loop {
        let n = i64::try_from(answered.len()).unwrap();
        match store.put_decision(of("a").at(n).input(&n.to_string()).draft()).await {
            Ok(written) => answered.push(written.id),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.external().contains("the disk is full"), "{error:?}");
    assert!(store.health().await.unwrap_err().external().contains("the disk is full"));
    std::fs::remove_file(&filler).unwrap();
    store.health().await.unwrap();
    answered.push(store.put_decision(of("a").at(-1).draft()).await.unwrap().id);
    store.close().await.unwrap();
    assert_there(&data, &answered).await;
    let verification = verify(&data, answered.len() as u64).await;
    assert_eq!(verification.n_decisions, answered.len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_row_takes_no_other_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    let bad = of("a").failing(&["B"]).at(20);
    other_program(dir.path())
        .execute_batch(&format!(
            "CREATE TRIGGER bad BEFORE INSERT ON decision WHEN NEW.time = {} \
             BEGIN SELECT RAISE(ABORT, 'bad row'); END",
            bad.millis
        ))
        .unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let (store, bad) = (Arc::clone(&store), bad.clone());
            tokio::spawn(async move {
                let step = if n == 20 { bad } else { of("a").at(n) };
                (n, store.put_decision(step.draft()).await)
            })
        })
        .collect();
    let mut answered = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            (20, answer) => assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unavailable),
            (_, answer) => answered.push(answer.unwrap().id),
        }
    }
    let next = store.put_decision(of("a").at(50).draft()).await.unwrap();
    assert_eq!(next.scorecard.as_ref().unwrap().before, Some(100));
    answered.push(next.id);
    store.close().await.unwrap();
    assert_there(dir.path(), &answered).await;
    let verification = verify(dir.path(), answered.len() as u64).await;
    assert_eq!(verification.n_decisions, answered.len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_is_held_is_waited_for_and_then_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    store.put_decision(of("a").draft()).await.unwrap();
    let other = other_program(dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Readers do not mind.
    let page = store.decisions(DecisionFilter::default(), PageRequest::default()).await.unwrap();
    assert_eq!(page.items.len(), 1);
    let error = store.put_decision(of("a").failing(&["A"]).at(1).draft()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.external().contains("held by another process"), "{error:?}");
    other.execute_batch("ROLLBACK").unwrap();
    let next = store.put_decision(of("a").at(2).draft()).await.unwrap();
    assert_eq!(next.scorecard.as_ref().unwrap().before, Some(100));
    store.close().await.unwrap();
    assert_eq!(verify(dir.path(), 2).await.n_decisions, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_full_refuses_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    let other = other_program(dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (refused, mut refusals) = tokio::sync::mpsc::channel(16384);
    let tasks: Vec<_> = (0..2 * (4096 + 512))
        .map(|n| {
            let (store, refused) = (Arc::clone(&store), refused.clone());
            tokio::spawn(async move {
                let answer = store.put_decision(of("a").at(n).draft()).await;
                if let Err(error) = &answer {
                    refused.send(error.kind()).await.unwrap();
                }
                answer.is_ok()
            })
        })
        .collect();
    // Refused while nothing can be written at all. On a slow machine the writer gives up waiting for the other program
    // meanwhile.
    while refusals.recv().await.unwrap() != ErrorKind::Exhausted {}
    other.execute_batch("ROLLBACK").unwrap();
    let mut n_written = 0;
    for task in tasks {
        n_written += u64::from(task.await.unwrap());
    }
    assert!(n_written > 0);
    store.close().await.unwrap();
    assert_eq!(verify(dir.path(), n_written).await.n_decisions, n_written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_that_is_too_slow_is_told_how_many_it_missed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    let mut events = store.watch();
    let tasks: Vec<_> = (0..1100)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.put_decision(of("a").at(n).draft()).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let lag = events.recv().await.unwrap_err();
    assert_eq!(lag, tokio::sync::broadcast::error::RecvError::Lagged(1100 - 1024));
}

#[tokio::test]
async fn a_record_that_was_altered_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let first = store.put_decision(of("a").failing(&["A"]).draft()).await.unwrap();
    let second = store.put_decision(of("a").at(1).draft()).await.unwrap();
    store.put_decision(of("b").at(2).draft()).await.unwrap();
    let other = other_program(dir.path());
    let of_b = "(SELECT id FROM subject WHERE service LIKE '%/b')";
    let later = format!("UPDATE decision SET time = time + 1 WHERE subject = {of_b}");
    other.execute_batch(&later).unwrap();
    other
        .execute(
            "UPDATE decision SET delta = replace(delta, '100', '99') WHERE id = ?1",
            [second.id.as_bytes()],
        )
        .unwrap();
    let found = store.verify_scorecards().await.unwrap().contradictions;
    let expected = [
        Contradiction::Decision(second.id),
        Contradiction::Scorecard(service("b"), second.environment.clone()),
    ];
    assert_eq!(found, expected);
    other.execute("UPDATE decision SET prev = NULL WHERE id = ?1", [second.id.as_bytes()]).unwrap();
    let found = store.verify_scorecards().await.unwrap().contradictions;
    assert_eq!(found.first(), Some(&Contradiction::Chain(second.id)));
    other.execute("DELETE FROM decision WHERE id = ?1", [first.id.as_bytes()]).unwrap();
    let found = store.verify_scorecards().await.unwrap().contradictions;
    assert_eq!(found.first(), Some(&Contradiction::Gap(None)));
}

#[tokio::test]
async fn a_damaged_row_is_told_and_others_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let first = store.put_decision(of("a").draft()).await.unwrap();
    let second = store.put_decision(of("a").at(1).draft()).await.unwrap();
    other_program(dir.path())
        .execute("UPDATE decision SET body = zeroblob(10) WHERE id = ?1", [first.id.as_bytes()])
        .unwrap();
    let error = store.decision(first.id).await.unwrap_err();
    assert!(error.external().contains("damaged"), "{error:?}");
    assert_eq!(store.decision(second.id).await.unwrap().unwrap(), second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_does_not_grow_without_bound() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    let tasks: Vec<_> = (0..16)
        .map(|caller| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 0..25 {
                    // Incompressible, so that it fills the log.
                    let mut input = String::new();
                    for part in 0..1000 {
                        let seed = format!("{caller} {n} {part}");
                        let digest = goldgate::domain::digest::Digest::of(seed.as_bytes());
                        input.push_str(&digest.to_hex());
                    }
                    let step = of("a").at(n).input(&input);
                    store.put_decision(step.draft()).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    store.close().await.unwrap();
    let size = |suffix: &str| {
        let file = format!("{}{suffix}", SqliteStore::file_in(dir.path()).display());
        std::fs::metadata(file).unwrap().len()
    };
    assert!(size("") > 10 * 1024 * 1024, "{}", size(""));
    assert!(size("-wal") < size(""), "{} of {}", size("-wal"), size(""));
    verify(dir.path(), 400).await;
}

/// The next process would have to read all of a long log before it could begin.
#[tokio::test]
async fn short_runs_leave_a_short_log() {
    let dir = tempfile::tempdir().unwrap();
    let mut longest = 0;
    for n in 0..60 {
        let store = SqliteStore::open(dir.path()).unwrap();
        store.put_decision(of("a").at(n).input(&n.to_string()).draft()).await.unwrap();
        store.close().await.unwrap();
        let log = format!("{}-wal", store.file().display());
        longest = longest.max(std::fs::metadata(log).unwrap().len());
    }
    assert!((500 * 1024..1200 * 1024).contains(&longest), "{longest}");
    verify(dir.path(), 60).await;
}
