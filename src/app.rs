//! The composition root: options and a gate in, servers out; signals, drain, telemetry.

mod listener;
pub mod refresh;
pub mod reload;
mod server;
pub mod telemetry;
mod tls;
pub mod watch;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

pub use crate::api::Limits;
pub use server::Server;

use crate::domain::error::Error;
use crate::domain::service::Environment;
use crate::gate::Gate;

/// How the gate is served.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where gRPC and HTTP are served; loopback only, since callers are not authenticated.
    pub listen: SocketAddr,
    /// Where a cluster's webhook is served, when it is.
    pub admission: Option<AdmissionOptions>,
    /// Bounds of what is taken on at a time.
    pub limits: Limits,
    /// Connections of one listener.
    pub max_connections: usize,
    /// How long requests may go on after the server was told to stop.
    pub grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7117)),
            admission: None,
            limits: Limits::default(),
            max_connections: 4096,
            grace: Duration::from_secs(20),
        }
    }
}

/// How the webhook is served.
#[derive(Clone, Debug)]
pub struct AdmissionOptions {
    /// Where; beyond loopback only with `client_ca`.
    pub listen: SocketAddr,
    /// The server's certificate chain, PEM.
    pub tls_cert: PathBuf,
    /// Its private key, PEM.
    pub tls_key: PathBuf,
    /// Certificates that a caller's certificate must lead to, PEM; without it callers are not authenticated.
    pub client_ca: Option<PathBuf>,
    /// Where the cluster's objects go, unless the webhook's address says `?environment=`.
    pub environment: Environment,
}

/// The runtime that every command runs on.
///
/// Policies are evaluated on its threads, where they stand, so the threads have stacks of 16 MiB: a pool of its own
/// costs a hand-over for each decision.
///
/// # Errors
/// `Unavailable` when the machine gives no threads.
pub fn runtime() -> Result<Runtime, Error> {
    Builder::new_multi_thread()
        .enable_all()
        .thread_name("goldgate")
        .thread_stack_size(16 * 1024 * 1024)
        .build()
        .map_err(|cause| {
            Error::unavailable("the machine gives no threads", "cannot build the runtime")
                .with_source(cause)
        })
}

/// Serves `gate` until SIGTERM or SIGINT, then lets what is in flight finish and closes the record.
///
/// # Errors
/// `Invalid` for an address or a certificate that cannot be used, `Unavailable` when the record cannot be closed.
pub async fn serve(gate: Arc<Gate>, options: ServeOptions) -> Result<(), Error> {
    let signals = |kind| {
        signal(kind).map_err(|cause| {
            Error::unavailable("signals cannot be received", "cannot listen for signals")
                .with_source(cause)
        })
    };
    let (mut terminate, mut interrupt) =
        (signals(SignalKind::terminate())?, signals(SignalKind::interrupt())?);
    let server = Server::bind(gate, options).await?;
    server
        .run(async move {
            tokio::select! {
                _ = terminate.recv() => info!("Stopping: SIGTERM"),
                _ = interrupt.recv() => info!("Stopping: SIGINT"),
            }
        })
        .await
}
