//! Connections: accepted within bounds, served with HTTP/1.1 or HTTP/2, finished gracefully.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::error::Elapsed;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::tls::Certificates;

/// A connection that says nothing for so long is let go.
const FIRST_BYTE_WITHIN: Duration = Duration::from_secs(30);
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// A peer that vanished is noticed, so that its connection does not take a place for ever.
const PING_EVERY: Duration = Duration::from_secs(30);
/// When the process has no file descriptors left, accepting again at once would only burn the processor.
const BREATH: Duration = Duration::from_millis(100);

/// A listener and what is behind it.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) listener: TcpListener,
    /// Plain text without.
    pub(super) certificates: Option<Arc<Certificates>>,
    pub(super) router: Router,
    pub(super) max_connections: usize,
    /// Ends when no connection is accepted any more.
    pub(super) closed: CancellationToken,
    pub(super) grace: Duration,
}

/// Serves until the door is closed and every request in flight is answered.
///
/// # Errors
/// When the grace period ended before.
pub(super) async fn serve_connections(door: Door) -> Result<(), Elapsed> {
    let Door { listener, certificates, router, max_connections, closed, grace } = door;
    let connections = Arc::new(Semaphore::new(max_connections));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = closed.cancelled() => break,
            accepted = accepted => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(cause) => {
                warn!("Cannot accept a connection: {cause}");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let visit = Visit {
            certificates: certificates.clone(),
            router: router.clone(),
            watcher: graceful.watcher(),
        };
        let closed = closed.clone();
        tokio::spawn(async move {
            visit.serve(stream, &closed).await;
            drop(place);
        });
    }
    // Nobody is greeted who will not be served.
    drop(listener);
    tokio::time::timeout(grace, graceful.shutdown()).await
}

struct Visit {
    certificates: Option<Arc<Certificates>>,
    router: Router,
    watcher: Watcher,
}

impl Visit {
    async fn serve(self, stream: TcpStream, closed: &CancellationToken) {
        let mut first = [0];
        let greeted = tokio::select! {
            () = closed.cancelled() => return,
            greeted = tokio::time::timeout(FIRST_BYTE_WITHIN, stream.peek(&mut first)) => greeted,
        };
        if !matches!(greeted, Ok(Ok(1..))) {
            return;
        }
        // Answers are small and waited for.
        if let Err(cause) = stream.set_nodelay(true) {
            debug!("Cannot set TCP_NODELAY: {cause}");
        }
        let Self { certificates, router, watcher } = self;
        let Some(certificates) = certificates else {
            converse(stream, router, watcher).await;
            return;
        };
        let handshake = certificates.acceptor().accept(stream);
        match tokio::time::timeout(HANDSHAKE_WITHIN, handshake).await {
            Ok(Ok(stream)) => converse(stream, router, watcher).await,
            Ok(Err(cause)) => debug!("A TLS handshake failed: {cause}"),
            Err(_) => debug!("A TLS handshake took too long"),
        }
    }
}

async fn converse<S>(stream: S, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(8 * 1024 * 1024)
        .max_concurrent_streams(1024);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    if let Err(cause) = watcher.watch(connection).await {
        debug!("A connection ended early: {cause}");
    }
}
