//! A real server on a port of its own: real record in a folder of its own, real policies, a clock that stands still.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use goldgate::app::{AdmissionOptions, Limits, ServeOptions, Server};
use goldgate::domain::clock::FixedClock;
use goldgate::domain::error::Error;
use goldgate::evidence::Source;
use goldgate::gate::Gate;
use goldgate::policy::{BundleSource, LoadOptions, Revision};
use goldgate::record::Store;
use goldgate::record::sqlite::SqliteStore;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

/// When everything in these tests happens.
pub(crate) const NOW: &str = "2026-11-22T06:02:06.123Z";

/// A manifest that the bundle of these tests denies, and one that it allows.
pub(crate) const DENIED: &str = include_str!("../cases/api/denied.yaml");
pub(crate) const ALLOWED: &str = include_str!("../cases/api/allowed.yaml");

/// The runtime of a real server: policies need its large stacks.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| goldgate::app::runtime().unwrap());

/// Runs something where a server would.
pub(crate) async fn on_runtime<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    RUNTIME.spawn(work).await.unwrap()
}

/// How a server is to be started.
pub(crate) struct Start {
    options: ServeOptions,
    staged: Option<Stager>,
    sources: Vec<Box<dyn Source>>,
}

/// Puts something in front of a record.
type Stager = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store>>;

/// A server that runs.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) admission: Option<SocketAddr>,
    pub(crate) gate: Arc<Gate>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), Error>>,
    folder: TempDir,
}

pub(crate) fn start() -> Start {
    let options =
        ServeOptions { listen: "127.0.0.1:0".parse().unwrap(), ..ServeOptions::default() };
    Start { options, staged: None, sources: Vec::new() }
}

/// A gate over the bundle of these tests and a record in `folder`.
pub(crate) fn gate_in(
    folder: &Path,
    staged: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
) -> Arc<Gate> {
    gate_with(folder, staged, Vec::new())
}

fn gate_with(
    folder: &Path,
    staged: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    sources: Vec<Box<dyn Source>>,
) -> Arc<Gate> {
    let store = staged(Arc::new(SqliteStore::open(folder).unwrap()));
    let clock = Arc::new(FixedClock(NOW.parse().unwrap()));
    let (limits, salt) = (goldgate::intake::Limits::default(), b"salt".to_vec());
    Arc::new(Gate::new(limits, sources, revision(), Some(store), clock, salt))
}

fn revision() -> Arc<Revision> {
    let bundle = BundleSource::Path("tests/cases/api/bundle".into());
    Arc::new(Revision::load(&[bundle], &LoadOptions::default()).unwrap())
}

impl Start {
    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.options.limits);
        self
    }

    pub(crate) fn admission(mut self, admission: AdmissionOptions) -> Self {
        self.options.admission = Some(admission);
        self
    }

    pub(crate) fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = grace;
        self
    }

    /// Asks these for evidence.
    pub(crate) fn sources(mut self, sources: Vec<Box<dyn Source>>) -> Self {
        self.sources = sources;
        self
    }

    /// Puts something in front of the record.
    pub(crate) fn staged(
        mut self,
        staged: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + 'static,
    ) -> Self {
        self.staged = Some(Box::new(staged));
        self
    }

    pub(crate) async fn run(self) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let staged = self.staged.unwrap_or_else(|| Box::new(|store| store));
        let gate = gate_with(folder.path(), staged, self.sources);
        let (bound, options) = (Arc::clone(&gate), self.options);
        let server = on_runtime(Server::bind(bound, options)).await.unwrap();
        let (address, admission) = (server.address(), server.admission_address());
        let (stop, stopped) = oneshot::channel();
        let task = RUNTIME.spawn(server.run(async move {
            let _: Result<(), _> = stopped.await;
        }));
        Running { address, admission, gate, stop: Some(stop), task, folder }
    }
}

impl Running {
    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    /// Tells the server to stop; it goes on with what is in flight.
    pub(crate) fn tell_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until the server has stopped and returns the folder of its record.
    pub(crate) async fn stopped(self) -> TempDir {
        self.task.await.unwrap().unwrap();
        self.folder
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, "")).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.send(request(Method::POST, path, body)).await
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        Answer::of(self.open(request).await).await
    }

    /// Sends a request and leaves the body of the answer unread.
    pub(crate) async fn open(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        exchange(TokioIo::new(stream), request).await
    }
}

/// One request over one connection.
pub(crate) async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Response<Incoming>
where
    S: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

/// A request with a JSON body, from this machine.
pub(crate) fn request(method: Method, path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1")
        .header("content-type", "application/json")
        .body(Full::new(body.into()))
        .unwrap()
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn of(response: Response<Incoming>) -> Self {
        Self::whole(response).await.expect("the body does not break off")
    }

    /// The answer, unless its body broke off.
    pub(crate) async fn whole(response: Response<Incoming>) -> Option<Self> {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Self { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no `{name}`: {self:?}")).to_str().unwrap()
    }

    /// Status, kind and field of an error, which must have its whole shape.
    pub(crate) fn error(&self) -> (u16, String, String) {
        assert_eq!(self.header("content-type"), "application/json");
        let error = &self.json()["error"];
        let text = |name: &str| {
            error[name].as_str().unwrap_or_else(|| panic!("no `{name}`: {self:?}")).to_owned()
        };
        assert_eq!(text("requestId"), self.header("x-request-id"));
        assert!(!text("message").is_empty());
        text("help");
        (self.status, text("kind"), text("field"))
    }
}

/// The JSON of a check on `text`.
pub(crate) fn check_body(text: &str) -> Value {
    serde_json::json!({
        "service": "checkout",
        "environment": "production",
        "trigger": {"actor": "ci"},
        "artifacts": [{"path": "deploy/app.yaml", "text": text}],
    })
}
