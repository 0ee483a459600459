//! The record's contract, and what it promises when things go wrong.

mod contract;
mod draft;
mod faults;

use std::path::Path;
use std::sync::Arc;

use goldgate::record::Store;
use goldgate::record::sqlite::SqliteStore;

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
