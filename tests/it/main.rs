//! The one integration binary. Cases are data under `tests/cases/<room>/`; a room's file here only runs them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers may panic; clippy exempts only `#[test]` functions"
)]

mod policy;
mod tidy;
