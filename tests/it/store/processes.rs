//! Several processes write one record at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use goldgate::record::sqlite::SqliteStore;
use goldgate::record::{DecisionFilter, PageRequest, Store};

use super::child::{Task, Writer};
use super::draft::of;
use super::verify;

#[tokio::test]
async fn ten_processes_make_one_record() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let writers: Vec<Writer> = (0..10).map(|_| Writer::start(Task::WriteTen, &data)).collect();
    let answered: BTreeSet<_> = writers.into_iter().flat_map(Writer::finish).collect();
    assert_eq!(answered.len(), 100);
    let store = SqliteStore::open(&data).unwrap();
    let page = PageRequest { size: 500, token: String::new() };
    let listed = store.decisions(DecisionFilter::default(), page).await.unwrap();
    assert_eq!(listed.items.iter().map(|decision| decision.id).collect::<BTreeSet<_>>(), answered);
    assert_eq!(verify(&data, 100).await.n_decisions, 100);
    // Whoever made the record left nothing of the making.
    let names = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| name.to_str().unwrap().starts_with("goldgate.db")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_file_reckon_one_order() {
    let dir = tempfile::tempdir().unwrap();
    let stores: Vec<Arc<SqliteStore>> =
        (0..2).map(|_| Arc::new(SqliteStore::open(dir.path()).unwrap())).collect();
    let tasks: Vec<_> = (0..16_usize)
        .map(|caller| {
            let store = Arc::clone(&stores[caller % 2]);
            tokio::spawn(async move {
                for n in 0..20_usize {
                    let step = of(["a", "b", "c"][(caller + n) % 3]);
                    let step = if (caller + n) % 4 == 0 { step.failing(&["A", "C"]) } else { step };
                    let step =
                        step.at(i64::try_from(n).unwrap()).key(&format!("{} {n}", caller / 4));
                    store.put_decision(step.input(&n.to_string()).draft()).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for store in stores {
        store.close().await.unwrap();
    }
    // Four callers share each key.
    assert_eq!(verify(dir.path(), 80).await.n_decisions, 80);
}

#[tokio::test]
async fn a_kill_harms_no_other_process() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(dir.path()).unwrap());
    let mut survivor = Writer::start(Task::WriteForever, dir.path());
    let mut answered = survivor.wait_for(20);
    for _ in 0..3 {
        answered.extend(Writer::start(Task::WriteForever, dir.path()).kill_after(40));
        answered.extend(survivor.wait_for(20));
    }
    answered.extend(survivor.kill_after(20));
    let store = SqliteStore::open(dir.path()).unwrap();
    for id in &answered {
        assert!(store.decision(*id).await.unwrap().is_some(), "{id}");
    }
    verify(dir.path(), answered.len() as u64).await;
}
