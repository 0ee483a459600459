//! goldgate: the policy and compliance gate of an internal developer platform.
//!
//! ```text
//!              ┌──────────── edges ────────────┐
//!  gRPC  ──►   │ api/grpc                      │
//!  HTTP  ──►   │ api/http, admission           │──► gate.rs ──► answer
//!  CLI   ──►   │ cli                           │      │
//!              └───────────────────────────────┘      │ names every room, in order:
//!                                                     ▼
//!    intake ──► evidence ──► policy ──► decide ──► record
//!    bytes→     Resources→   Evidence→  Findings→  Decision→
//!    Resources  EvidenceSet  Findings   Decision   rows, scorecard, events
//!                      all speak `domain`, none speaks to another
//! ```

pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod decide;
pub mod document;
pub mod domain;
pub mod evidence;
pub mod gate;
pub mod intake;
pub mod policy;
pub mod proto;
pub mod record;
pub mod rego;

/// Memory for everything that runs from this crate: server, command line, benches and tests (docs/adr/0017-allocator.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
