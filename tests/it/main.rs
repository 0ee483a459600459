//! Tests with input and output: one binary, so that it links once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers may panic")]

mod intake;
