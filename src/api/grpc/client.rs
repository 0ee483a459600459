//! The client of another goldgate's gate: the same question, the same decision, over gRPC.

mod inventory;
mod reader;

use std::time::Duration;

use futures_util::stream;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use super::{convert, status};
use crate::domain::decision::Decision;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::request::Request;
use crate::proto;
use crate::proto::check_stream_request::Part;
use crate::proto::gate_service_client::GateServiceClient;

/// What a server may answer at most.
const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// Larger requests go in pieces.
const MAX_UNARY_BYTES: usize = 3 * 1024 * 1024;

/// The bytes of one piece.
const CHUNK_BYTES: usize = 256 * 1024;

/// A connection to a server.
#[derive(Clone, Debug)]
pub struct Client {
    server: String,
    channel: Channel,
    gate: GateServiceClient<Channel>,
}

impl Client {
    /// Connects to `server`, e.g. `http://127.0.0.1:7117`, or `https://gate.example` for a proxy in front of it.
    ///
    /// Every request may take `deadline`; the server answers a little earlier.
    ///
    /// # Errors
    /// `Invalid` for what is no address, `Unavailable` when nobody answers there.
    pub async fn connect(server: &str, deadline: Duration) -> Result<Self, Error> {
        let whole =
            if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
        let refuse = || {
            Error::invalid(format!("`{server}` is not a server's address"))
                .with_field("server")
                .with_help(
                    "write `http://HOST:PORT` or `https://HOST`, e.g. `http://127.0.0.1:7117`",
                )
        };
        if !whole.starts_with("http://") && !whole.starts_with("https://") {
            return Err(refuse());
        }
        let endpoint = Endpoint::from_shared(whole).map_err(|cause| refuse().with_source(cause))?;
        // Used for `https` only: then a proxy in front of the server shows a certificate that this machine trusts.
        let tls = ClientTlsConfig::new().with_native_roots();
        let endpoint = endpoint
            .tls_config(tls)
            .map_err(|cause| Error::internal_fault("TLS cannot be set up").with_source(cause))?
            .connect_timeout(deadline.min(Duration::from_secs(10)))
            .timeout(deadline)
            .tcp_nodelay(true)
            .initial_stream_window_size(1024 * 1024)
            .initial_connection_window_size(8 * 1024 * 1024);
        let channel = endpoint.connect().await.map_err(|cause| {
            Error::unavailable(format!("no goldgate answers at `{server}`"), "cannot connect")
                .with_help("start one with `goldgate serve`, or leave `--server` out")
                .with_source(cause)
        })?;
        let gate = GateServiceClient::new(channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .max_encoding_message_size(usize::MAX)
            .accept_compressed(CompressionEncoding::Gzip);
        Ok(Self { server: server.to_owned(), channel, gate })
    }

    /// Asks the server and returns its decision, the same as if it had been made here.
    ///
    /// # Errors
    /// The server's, and `Unavailable` when it cannot be understood.
    pub async fn check(&self, request: &Request) -> Result<Decision, Error> {
        let n_bytes: usize = request.artifacts.iter().map(|artifact| artifact.content.len()).sum();
        let mut gate = self.gate.clone();
        let answer = if n_bytes <= MAX_UNARY_BYTES {
            gate.check(convert::check_request(request)).await
        } else {
            gate.check_stream(stream::iter(pieces(request))).await
        };
        let decision = answer.map_err(|status| self.error(&status))?;
        convert::read_decision(decision.into_inner())
    }

    fn error(&self, status: &tonic::Status) -> Error {
        let error = status::read(status);
        match (error.kind(), error.help()) {
            (ErrorKind::Unavailable, None) => Error::unavailable(
                format!("`{}` does not answer: {}", self.server, error.external()),
                error.internal(),
            ),
            _ => error,
        }
    }
}

/// The request as a header and pieces of its artifacts, none of which is copied.
fn pieces(request: &Request) -> Vec<proto::CheckStreamRequest> {
    let head = Request { artifacts: Vec::new(), ..request.clone() };
    let header = Part::Header(convert::check_request(&head));
    let chunks = request.artifacts.iter().flat_map(|artifact| {
        let n_chunks = artifact.content.len().div_ceil(CHUNK_BYTES).max(1);
        let origin = convert::origin(artifact.origin);
        (0..n_chunks).map(move |number| {
            let from = number * CHUNK_BYTES;
            let to = artifact.content.len().min(from + CHUNK_BYTES);
            let path = if number == 0 { artifact.path.clone() } else { String::new() };
            Part::Chunk(proto::ArtifactChunk {
                path,
                content: artifact.content.slice(from..to),
                origin,
            })
        })
    });
    std::iter::once(header)
        .chain(chunks)
        .map(|part| proto::CheckStreamRequest { part: Some(part) })
        .collect()
}
