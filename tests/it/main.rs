//! The one integration binary. Cases are data under `tests/cases/<room>/`; a room's file here only runs them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test helpers may panic; clippy exempts only `#[test]` functions"
)]

mod admission;
mod bills;
mod cli;
mod component;
mod conforma;
mod faces;
mod front;
mod grpc;
mod harness;
mod http;
mod images;
mod intake;
mod inventory;
mod kept;
mod policy;
mod predicate;
mod process;
mod ratchet;
mod registry;
mod rego;
mod secrets;
mod serve;
mod staged;
mod store;
mod supply_chain;
mod tidy;
mod trial;
mod verify;
mod vex;
