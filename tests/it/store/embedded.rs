//! What only the embedded record tells.

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::record::Store;
use goldgate::record::sqlite::{SqliteStore, TrendDay};

use rusqlite::Connection;

use super::draft::{environment, of, service};

#[tokio::test]
async fn files_of_a_decision_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let written = store.put_decision(of("a").draft()).await.unwrap();
    let files = store.files(written.id).await.unwrap().unwrap();
    assert_eq!(files[0].path, "deploy/app.yaml");
    assert!(store.blob(files[0].digest).await.unwrap().is_some());
}

#[tokio::test]
async fn a_trend_counts_the_decisions_of_each_day() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let day = 86_400_000;
    let steps = [
        of("a").failing(&["A"]).at(-2 * day),
        of("a").failing(&["A"]),
        of("a").failing(&["B", "C"]).at(1),
        of("a").at(day),
        of("b").at(day),
        of("a").to("staging").at(day),
    ];
    for step in &steps {
        store.put_decision(step.draft()).await.unwrap();
    }
    let first = Timestamp::from_millis(steps[1].millis);
    let days = store.trend(&service("a"), &environment("production"), first).await.unwrap();
    let of_day = |after, n_decisions, n_denied, score| TrendDay {
        day: first.as_days() + after,
        n_decisions,
        n_denied,
        score: Some(score),
    };
    assert_eq!(days, [of_day(0, 2, 2, 33), of_day(1, 1, 0, 100)]);
}

#[tokio::test]
async fn rows_of_a_revision_are_packed_with_what_they_share() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let mut written = Vec::new();
    for n in 0..200 {
        let step = of("a").failing(&["A", "B"]).at(n);
        written.push(store.put_decision(step.draft()).await.unwrap());
    }
    let mut other = of("a").at(200).draft();
    other.decision.revision.digest = Digest::of(b"r2");
    written.push(store.put_decision(other).await.unwrap());
    store.close().await.unwrap();
    // Another process reads them too.
    let store = SqliteStore::open(dir.path()).unwrap();
    for decision in &written {
        assert_eq!(store.decision(decision.id).await.unwrap().as_ref(), Some(decision));
    }
    let rows = Connection::open(store.file()).unwrap();
    let average = |condition: &str| -> (i64, f64) {
        let sql = format!("SELECT count(*), avg(length(body)) FROM decision WHERE {condition}");
        rows.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let (n_alone, alone) = average("dictionary IS NULL");
    let (n_shared, shared) = average("dictionary IS NOT NULL");
    // The first ones of each revision stand alone, as does what was packed while the text was being stored.
    assert!(n_alone > 128 && n_shared >= 50 && n_alone + n_shared == 201, "{n_shared}");
    assert!(shared < alone / 2.0, "{shared} of {alone} bytes");
}
