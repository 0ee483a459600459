//! The webhook's certificate: read at start, and read again when its files change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::aws_lc_rs;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use crate::domain::error::Error;

/// How often the files are looked at, at most: when a connection comes in.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The certificate in force.
#[derive(Debug)]
pub(super) struct Certificates {
    files: Files,
    state: RwLock<State>,
}

#[derive(Debug)]
struct Files {
    chain: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

#[derive(Debug)]
struct State {
    config: Arc<ServerConfig>,
    seen: Vec<Option<SystemTime>>,
    looked: Instant,
}

impl Certificates {
    /// Reads certificate, key and the callers' certificates.
    ///
    /// # Errors
    /// `Invalid` naming the file that cannot be used.
    pub(super) fn read(
        chain: PathBuf,
        key: PathBuf,
        client_ca: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let files = Files { chain, key, client_ca };
        let seen = files.modified();
        let config = files.config()?;
        let state = RwLock::new(State { config, seen, looked: Instant::now() });
        Ok(Self { files, state })
    }

    /// An acceptor with the certificate in force.
    ///
    /// A changed file that cannot be used leaves the old certificate in force: while a tool writes certificate and key
    /// one after the other, they do not fit for a moment.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let read = || self.state.read().unwrap_or_else(PoisonError::into_inner);
        if read().looked.elapsed() >= LOOK_EVERY {
            self.look();
        }
        TlsAcceptor::from(Arc::clone(&read().config))
    }

    fn look(&self) {
        let seen = self.files.modified();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.looked = Instant::now();
        if state.seen == seen {
            return;
        }
        match self.files.config() {
            Ok(config) => {
                info!("Read the webhook's certificate again");
                state.config = config;
                state.seen = seen;
            }
            Err(error) => warn!("Keeping the webhook's old certificate: {}", error.internal()),
        }
    }
}

impl Files {
    fn modified(&self) -> Vec<Option<SystemTime>> {
        [Some(&self.chain), Some(&self.key), self.client_ca.as_ref()]
            .into_iter()
            .flatten()
            .map(|path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok())
            .collect()
    }

    fn config(&self) -> Result<Arc<ServerConfig>, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain = certificates(&self.chain, "tls_cert")?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|cause| unusable(&self.key, "tls_key", "a private key in PEM", cause))?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|cause| Error::internal_fault("no TLS version is left").with_source(cause))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path, "tls_client_ca")? {
                    roots.add(certificate).map_err(|cause| {
                        unusable(path, "tls_client_ca", "certificates of an authority", cause)
                    })?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().map_err(|cause| {
                    unusable(path, "tls_client_ca", "certificates of an authority", cause)
                })?)
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|cause| {
            unusable(&self.key, "tls_key", "the key of the certificate in `tls_cert`", cause)
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn certificates(path: &Path, field: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let expected = "certificates in PEM";
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| unusable(path, field, expected, cause))?;
    if found.is_empty() {
        return Err(unusable(path, field, expected, "there is none in it"));
    }
    Ok(found)
}

fn unusable(
    path: &Path,
    field: &str,
    expected: &str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::invalid(format!("`{}` cannot be used: expected {expected}", path.display()))
        .with_field(field)
        .with_help(format!("name a file that holds {expected}, and that this user may read"))
        .with_source(cause)
}

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;
    use tempfile::TempDir;

    use super::*;

    /// Writes a certificate and its key, as if `minutes` after the epoch.
    fn write(folder: &TempDir, minutes: u64) -> (PathBuf, PathBuf) {
        let identity = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_mins(minutes);
            file.set_modified(time).unwrap();
            path
        };
        let chain = write("tls.crt", identity.cert.pem());
        (chain, write("tls.key", identity.signing_key.serialize_pem()))
    }

    #[tokio::test(start_paused = true)]
    async fn changed_files_are_read_again_and_broken_ones_are_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = write(&folder, 1);
        let certificates = Certificates::read(chain.clone(), key.clone(), None).unwrap();
        let config = || Arc::clone(certificates.acceptor().config());
        let first = config();

        write(&folder, 2);
        assert!(Arc::ptr_eq(&config(), &first), "looked at too often");
        tokio::time::advance(LOOK_EVERY).await;
        let second = config();
        assert!(!Arc::ptr_eq(&second, &first), "not read again");

        fs::write(&key, "no key").unwrap();
        tokio::time::advance(LOOK_EVERY).await;
        assert!(Arc::ptr_eq(&config(), &second), "a broken key was taken");

        write(&folder, 4);
        tokio::time::advance(LOOK_EVERY).await;
        assert!(!Arc::ptr_eq(&config(), &second), "not mended");
    }
}
