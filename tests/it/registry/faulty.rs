//! An in-process registry that answers as it is told, right or wrong, and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use goldgate::domain::digest::Digest;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
pub(crate) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// One answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    fault: Fault,
    /// Answers only who sends this in `Authorization`; others get the reply for 401.
    wants: Option<(String, Box<Reply>)>,
}

/// What is wrong with the way the answer is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The body never ends.
    Endless,
    /// One byte at a time, with this pause before each.
    Drip(Duration),
    /// The whole answer comes this much later.
    Late(Duration),
    /// The connection ends in the middle of a chunk.
    TruncatedChunk,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn media_type(self, value: &str) -> Self {
        self.header("Content-Type", value)
    }

    pub(crate) fn fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    /// Only for who sends `authorization`; everybody else gets `refusal`.
    pub(crate) fn only_with(mut self, authorization: &str, refusal: Reply) -> Self {
        self.wants = Some((authorization.to_owned(), Box::new(refusal)));
        self
    }
}

/// One request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Method and target: `GET /v2/…`.
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

impl Seen {
    fn greeting() -> Self {
        Self { line: "TLS".to_owned(), authorization: None, body: String::new() }
    }
}

#[derive(Debug, Default)]
struct Shelf {
    replies: BTreeMap<String, VecDeque<Reply>>,
    log: Vec<Seen>,
    open: usize,
    most_open: usize,
    latency: Duration,
}

/// The registry; it ends with the test's runtime.
#[derive(Clone, Debug)]
pub(crate) struct FaultyRegistry {
    pub(crate) address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
}

impl FaultyRegistry {
    pub(crate) async fn start() -> Self {
        Self::serve(None).await
    }

    pub(crate) async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::serve(Some(acceptor)).await
    }

    async fn serve(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let registry =
            Self { address: listener.local_addr().unwrap(), shelf: Arc::new(Mutex::default()) };
        let serving = registry.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (registry, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    // A client that goes away is what these tests provoke.
                    let _gone = match tls {
                        None => registry.converse(stream).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => registry.converse(stream).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        registry
    }

    /// `127.0.0.1:port`.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// Every answer comes this much later, as from a registry far away.
    pub(crate) fn set_latency(&self, latency: Duration) {
        self.shelf.lock().unwrap().latency = latency;
    }

    /// Answers `path` (with or without its query) with `reply`; several are given in turn, the last one for ever.
    pub(crate) fn put(&self, path: impl Into<String>, reply: Reply) {
        let mut shelf = self.shelf.lock().unwrap();
        shelf.replies.entry(path.into()).or_default().push_back(reply);
    }

    /// Forgets what it would have answered to `path` and answers this.
    pub(crate) fn replace(&self, path: impl Into<String>, reply: Reply) {
        self.shelf.lock().unwrap().replies.insert(path.into(), VecDeque::from([reply]));
    }

    /// Stores a manifest under its digest and `references`, and returns its digest.
    pub(crate) fn put_manifest(
        &self,
        repository: &str,
        references: &[&str],
        manifest: &Value,
    ) -> Digest {
        let bytes = serde_json::to_vec(manifest).unwrap();
        let digest = Digest::of(&bytes);
        let media_type = manifest["mediaType"].as_str().unwrap_or(MANIFEST).to_owned();
        for reference in references.iter().map(|&r| r.to_owned()).chain([digest.to_string()]) {
            let reply = Reply::new(200, bytes.clone())
                .media_type(&media_type)
                .header("Docker-Content-Digest", digest.to_string());
            self.replace(format!("/v2/{repository}/manifests/{reference}"), reply);
        }
        digest
    }

    /// Stores a blob and returns its descriptor.
    pub(crate) fn put_blob(&self, repository: &str, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        let reply = Reply::new(200, bytes).media_type("application/octet-stream");
        self.replace(format!("/v2/{repository}/blobs/{digest}"), reply);
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    /// Stores an image with a configuration and returns its digest.
    pub(crate) fn put_image(&self, repository: &str, tag: &str) -> Digest {
        let config = json!({"os": "linux", "architecture": "amd64", "created": "2026-01-02T03:04:05Z",
            "config": {"User": "1000", "Labels": {"team": repository}}});
        let config = self.put_blob(
            repository,
            "application/vnd.oci.image.config.v1+json",
            &serde_json::to_vec(&config).unwrap(),
        );
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []});
        self.put_manifest(repository, &[tag], &manifest)
    }

    /// Stores a referrer of `subject` that holds `bundle`, and returns its descriptor.
    pub(crate) fn put_referrer(&self, repository: &str, subject: Digest, bundle: &[u8]) -> Value {
        let empty = self.put_blob(repository, "application/vnd.oci.empty.v1+json", b"{}");
        let layer = self.put_blob(repository, BUNDLE, bundle);
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE, "config": empty,
            "layers": [layer], "subject": {"mediaType": MANIFEST, "digest": subject, "size": 1}});
        let digest = self.put_manifest(repository, &[], &manifest);
        let size = serde_json::to_vec(&manifest).unwrap().len();
        json!({"mediaType": MANIFEST, "digest": digest, "size": size, "artifactType": "application/vnd.oci.empty.v1+json"})
    }

    /// Lists `referrers` of `subject` through the API.
    pub(crate) fn put_referrers(&self, repository: &str, subject: Digest, referrers: &[Value]) {
        let reply = Reply::new(200, index_of(referrers)).media_type(INDEX);
        self.replace(format!("/v2/{repository}/referrers/{subject}"), reply);
    }

    /// Lists a `.sig` or `.att` manifest of `subject` with `layers`.
    pub(crate) fn put_tag(&self, repository: &str, tag: &str, layers: &[Value]) -> Digest {
        let config = self.put_blob(repository, "application/vnd.oci.image.config.v1+json", b"{}");
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        self.put_manifest(repository, &[tag], &manifest)
    }

    /// What was asked, in order.
    pub(crate) fn log(&self) -> Vec<Seen> {
        self.shelf.lock().unwrap().log.clone()
    }

    /// Lines of the log that contain `part`.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.log().iter().filter(|seen| seen.line.contains(part)).count()
    }

    /// The most requests that were answered at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shelf.lock().unwrap().most_open
    }

    fn reply_to(&self, seen: Seen) -> Reply {
        let mut shelf = self.shelf.lock().unwrap();
        let target = seen.line.split_once(' ').map_or("", |(_, target)| target).to_owned();
        let path = target.split('?').next().unwrap_or_default().to_owned();
        let key = if shelf.replies.contains_key(&target) { target } else { path };
        let reply = match shelf.replies.get_mut(&key) {
            Some(replies) if replies.len() > 1 => replies.pop_front().unwrap(),
            Some(replies) => replies[0].clone(),
            None => Reply::new(404, r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#),
        };
        let reply = match reply.wants.clone() {
            Some((wanted, refusal)) if seen.authorization.as_deref() != Some(&wanted) => *refusal,
            _ => reply,
        };
        shelf.log.push(seen);
        shelf.open += 1;
        shelf.most_open = shelf.most_open.max(shelf.open);
        reply
    }

    async fn converse(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let mut stream = BufStream::new(stream);
        while let Some(seen) = read_request(&mut stream).await? {
            let reply = self.reply_to(seen);
            let latency = self.shelf.lock().unwrap().latency;
            tokio::time::sleep(latency).await;
            let sent = send(&mut stream, &reply).await;
            self.shelf.lock().unwrap().open -= 1;
            sent?;
            if reply.fault == Fault::TruncatedChunk {
                return stream.shutdown().await;
            }
        }
        Ok(())
    }
}

/// An image index of `manifests`.
pub(crate) fn index_of(manifests: &[Value]) -> Vec<u8> {
    serde_json::to_vec(&json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}))
        .unwrap()
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Seen>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            // A TLS greeting: a server of plain HTTP answers it in its own language.
            Ok(0x16) if head.is_empty() => return Ok(Some(Seen::greeting())),
            Ok(byte) => head.push(byte),
            Err(_) => return Ok(None),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let line = head.lines().next().unwrap_or_default();
    Ok(Some(Seen {
        line: line.strip_suffix(" HTTP/1.1").unwrap_or(line).to_owned(),
        authorization: header("authorization"),
        body: String::from_utf8_lossy(&body).into_owned(),
    }))
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), reply: &Reply) -> std::io::Result<()> {
    let Reply { status, headers, body, fault, wants: _ } = reply;
    let mut head = format!("HTTP/1.1 {status} Said\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let length = format!("Content-Length: {}\r\n\r\n", body.len());
    if let Fault::Late(pause) = fault {
        tokio::time::sleep(*pause).await;
    }
    match fault {
        Fault::Endless => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(b"Transfer-Encoding: chunked\r\n\r\n").await?;
            loop {
                stream.write_all(b"400\r\n").await?;
                stream.write_all(&[b' '; 1024]).await?;
                stream.write_all(b"\r\n").await?;
            }
        }
        Fault::TruncatedChunk => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(b"Transfer-Encoding: chunked\r\n\r\n1000\r\n").await?;
            stream.write_all(body).await?;
        }
        Fault::Drip(pause) => {
            stream.write_all((head + &length).as_bytes()).await?;
            for byte in body {
                tokio::time::sleep(*pause).await;
                stream.write_all(&[*byte]).await?;
                stream.flush().await?;
            }
        }
        Fault::None | Fault::Late(_) => {
            let mut answer = (head + &length).into_bytes();
            answer.extend_from_slice(body);
            stream.write_all(&answer).await?;
        }
    }
    stream.flush().await
}
