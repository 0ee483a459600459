//! Advisories: what is known to be bad about the components of a release, offline.

mod database;
mod import;
mod lookup;
mod osv;
mod packed;
pub mod refresh;
mod rustsec;
mod score;
pub mod snapshot;
mod source;
pub mod version;

pub use database::{Database, Records};
pub use import::{ImportLimits, ImportReport, import};
pub use source::AdvisorySource;
pub(super) use source::edition_of;
