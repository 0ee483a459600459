//! A server: bound first, so that its addresses are known, then run until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::listener::{Door, serve_connections};
use super::tls::Certificates;
use super::{AdmissionOptions, ServeOptions};
use crate::api::{self, Desk};
use crate::domain::error::Error;
use crate::domain::service::Environment;
use crate::gate::Gate;

/// A server whose ports are bound and which takes no request yet.
#[derive(Debug)]
pub struct Server {
    desk: Arc<Desk>,
    gate: Arc<Gate>,
    main: TcpListener,
    admission: Option<(TcpListener, Arc<Certificates>)>,
    environment: Environment,
    address: SocketAddr,
    admission_address: Option<SocketAddr>,
    max_connections: usize,
    grace: Duration,
}

impl Server {
    /// Binds the ports and reads the certificates.
    ///
    /// # Errors
    /// `Invalid` for an address beyond loopback whose callers would not be authenticated, for a port that is taken, and
    /// for a certificate or key that cannot be used.
    pub async fn bind(gate: Arc<Gate>, options: ServeOptions) -> Result<Self, Error> {
        let ServeOptions { listen, admission, limits, max_connections, grace } = options;
        if !listen.ip().is_loopback() {
            return Err(beyond_loopback(listen, "listen").with_help(
                "listen on `127.0.0.1:7117`, and let a proxy that authenticates speak to the outside",
            ));
        }
        let environment = admission.as_ref().map(|it| it.environment.clone()).unwrap_or_default();
        let admission = match admission {
            Some(options) => Some(bind_admission(options).await?),
            None => None,
        };
        let main = bind(listen, "listen").await?;
        let address = local_address(&main)?;
        let admission_address = match &admission {
            Some((listener, _)) => Some(local_address(listener)?),
            None => None,
        };
        Ok(Self {
            desk: Arc::new(Desk::new(Arc::clone(&gate), limits)),
            gate,
            main,
            admission,
            environment,
            address,
            admission_address,
            max_connections,
            grace,
        })
    }

    /// Where gRPC and HTTP are served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the webhook is served, when it is.
    pub fn admission_address(&self) -> Option<SocketAddr> {
        self.admission_address
    }

    /// Serves until `stop` is done. Then readiness turns false, no connection is accepted any more, requests in flight
    /// are answered within the grace period, and the record is closed.
    ///
    /// # Errors
    /// `Unavailable` when the record cannot be closed.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let closed = CancellationToken::new();
        let main = Door {
            listener: self.main,
            certificates: None,
            router: api::router(&self.desk, &self.environment),
            max_connections: self.max_connections,
            closed: closed.clone(),
            grace: self.grace,
        };
        let admission = self.admission.map(|(listener, certificates)| Door {
            listener,
            certificates: Some(certificates),
            router: api::admission_router(&self.desk, &self.environment),
            max_connections: self.max_connections,
            closed: closed.clone(),
            grace: self.grace,
        });
        info!(revision = %self.gate.revision().reference().id, "Serving gRPC and HTTP on http://{}", self.address);
        if let Some(address) = self.admission_address {
            info!("Serving the admission webhook on https://{address}/admission/v1/validate");
        }
        api::tell_health(&self.desk).await;
        let doors = async {
            match admission {
                Some(admission) => {
                    let (one, other) =
                        tokio::join!(serve_connections(main), serve_connections(admission));
                    one.and(other)
                }
                None => serve_connections(main).await,
            }
        };
        let drain = async {
            stop.await;
            self.desk.drain();
            closed.cancel();
        };
        let (finished, (), ()) = tokio::join!(doors, drain, api::report_health(&self.desk));
        if finished.is_err() {
            warn!("Stopped with requests in flight: the grace period of {:?} is over", self.grace);
        }
        if let Some(store) = self.gate.store() {
            store.close().await?;
        }
        info!("Stopped");
        Ok(())
    }
}

async fn bind_admission(
    options: AdmissionOptions,
) -> Result<(TcpListener, Arc<Certificates>), Error> {
    let AdmissionOptions { listen, tls_cert, tls_key, client_ca, environment: _ } = options;
    if !listen.ip().is_loopback() && client_ca.is_none() {
        return Err(beyond_loopback(listen, "admission_listen").with_help(
            "name the certificates of the cluster's API server with `--tls-client-ca FILE`",
        ));
    }
    let certificates = Certificates::read(tls_cert, tls_key, client_ca)?;
    Ok((bind(listen, "admission_listen").await?, Arc::new(certificates)))
}

fn beyond_loopback(address: SocketAddr, field: &str) -> Error {
    Error::invalid(format!(
        "`{address}` can be reached from other machines, and nothing here authenticates callers"
    ))
    .with_field(field)
}

async fn bind(address: SocketAddr, field: &str) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|cause| {
        let flag = field.replace('_', "-");
        let error = if cause.kind() == std::io::ErrorKind::AddrInUse {
            let next = address.port().checked_add(1).unwrap_or(7117);
            let host = address.ip();
            Error::invalid(format!("`{address}` is taken by another process"))
                .with_help(format!("stop it, or choose another port: `--{flag} {host}:{next}`"))
        } else {
            Error::invalid(format!("cannot listen on `{address}`: {cause}"))
                .with_help(format!("choose an address of this machine: `--{flag} 127.0.0.1:7117`"))
        };
        error.with_field(field).with_source(cause)
    })
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|cause| {
        Error::internal_fault("a bound listener has no address").with_source(cause)
    })
}
