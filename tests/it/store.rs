//! The record's contract, and what it promises when things go wrong.

mod child;
mod contract;
mod draft;
mod embedded;
mod faults;
mod inventory;
mod opening;
mod processes;
mod search;

use std::path::Path;
use std::sync::Arc;

use goldgate::record::Store;
use goldgate::record::sqlite::{SqliteStore, Verification};

/// Where the contract's tests get an empty store from.
pub(crate) trait Backend {
    /// Opens the store that lives in `dir`.
    fn open(&self, dir: &Path) -> Arc<dyn Store>;
}

/// The embedded record.
pub(crate) struct Sqlite;

impl Backend for Sqlite {
    fn open(&self, dir: &Path) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(dir).unwrap())
    }
}

/// Reckons every scorecard of the record in `dir` again; it must hold `n` decisions at least and contradict nothing.
pub(crate) async fn verify(dir: &Path, n_at_least: u64) -> Verification {
    let store = SqliteStore::open(dir).unwrap();
    let verification = store.verify_scorecards().await.unwrap();
    assert_eq!(verification.contradictions, []);
    assert!(verification.n_decisions >= n_at_least, "{verification:?}");
    verification
}
