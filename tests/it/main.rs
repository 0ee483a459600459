//! The one integration binary.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers may panic")]

mod store;
