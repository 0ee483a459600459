//! `goldgate.v1` as generated from `proto/`. Only `api` speaks it; it is converted at the edge and never travels inwards.
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    rustdoc::all,
    reason = "generated code"
)]

include!(concat!(env!("OUT_DIR"), "/goldgate.v1.rs"));

/// The encoded descriptors of the package, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/goldgate.v1.bin"));
