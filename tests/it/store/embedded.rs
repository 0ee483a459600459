//! What only the embedded record tells.

use goldgate::domain::clock::Timestamp;
use goldgate::record::Store;
use goldgate::record::sqlite::{SqliteStore, TrendDay};

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
