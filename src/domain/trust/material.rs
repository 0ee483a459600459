//! What the reader of `images.yaml` asks of those who know keys and trust roots.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::clock::Timestamp;

/// A mirror of a TUF repository that holds `trusted_root.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TufMirror {
    /// Its address.
    pub url: String,
    /// The first `root.json`, from which the chain of trust begins.
    pub root: Arc<[u8]>,
    /// Where the repository is kept, so that a restart needs no network.
    pub cache: PathBuf,
    /// After this time the mirror is asked again.
    pub refresh: Duration,
}

/// What a mirror, or what is kept of it, answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirroredRoot {
    /// `trusted_root.json`.
    pub json: Arc<[u8]>,
    /// When the mirror last confirmed it.
    pub refreshed_at: Timestamp,
    /// Why the mirror could not be asked now.
    pub trouble: Option<String>,
}

/// Why a trust root cannot be used, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootFault {
    /// It is none.
    Unusable(String),
    /// Every certificate authority in it has expired.
    Expired(String),
}

/// Reads keys and trust roots, so that the reader of the configuration needs no cryptography.
pub trait TrustMaterial: Send + Sync + fmt::Debug {
    /// Reads a public key (PEM) as `SubjectPublicKeyInfo` (DER).
    ///
    /// # Errors
    /// What is wrong with it.
    fn key(&self, pem: &str) -> Result<Arc<[u8]>, String>;

    /// `trusted_root.json` of the public-good Sigstore.
    fn public_good(&self) -> &'static str;

    /// Checks that a trust root can be read and that one of its certificate authorities is still valid.
    ///
    /// # Errors
    /// What is wrong with it.
    fn usable(&self, json: &[u8], now: Timestamp) -> Result<(), RootFault>;

    /// Asks a mirror, or what is kept of it when it was asked lately or cannot be reached. Blocks.
    ///
    /// # Errors
    /// Why there is neither.
    fn mirrored(&self, mirror: &TufMirror, now: Timestamp) -> Result<MirroredRoot, String>;
}
