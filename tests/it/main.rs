//! Integration tests: one binary.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "test helpers may panic; clippy exempts only `#[test]` functions"
)]

mod cli;
