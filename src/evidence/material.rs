//! Keys and trust roots as the reader of `images.yaml` asks for them.

use std::path::Path;
use std::sync::Arc;

use sigstore_verify::trust_root::{TrustedRoot, TufBootstrap, TufConfig};

use crate::domain::clock::Timestamp;
use crate::domain::trust::{MirroredRoot, RootFault, TrustMaterial, TufMirror};
use crate::evidence::registry::mirror_client;
use crate::evidence::verify::key::PublicKey;
use crate::evidence::verify::{check_trust_root, public_good_root};

/// When the mirror was last asked, kept beside what it answered.
const REFRESHED_FILE: &str = "refreshed_at";

/// Reads keys and trust roots with the verifying crate.
#[derive(Clone, Copy, Debug, Default)]
pub struct SigstoreMaterial;

impl TrustMaterial for SigstoreMaterial {
    fn key(&self, pem: &str) -> Result<Arc<[u8]>, String> {
        PublicKey::from_pem(pem).map(|key| Arc::clone(key.spki()))
    }

    fn public_good(&self) -> &'static str {
        public_good_root()
    }

    fn usable(&self, json: &[u8], now: Timestamp) -> Result<(), RootFault> {
        check_trust_root(json).map_err(RootFault::Unusable)?;
        let root: serde_json::Value =
            serde_json::from_slice(json).map_err(|cause| RootFault::Unusable(cause.to_string()))?;
        let authorities = root.get("certificateAuthorities").and_then(serde_json::Value::as_array);
        let ends: Vec<Option<Timestamp>> = authorities
            .into_iter()
            .flatten()
            .map(|authority| authority.pointer("/validFor/end")?.as_str()?.parse().ok())
            .collect();
        let expired = |end: &Option<Timestamp>| end.is_some_and(|end| end < now);
        if !ends.is_empty() && ends.iter().all(expired) {
            let last = ends.into_iter().flatten().max();
            let last = last.map(|end| end.to_string()).unwrap_or_default();
            return Err(RootFault::Expired(format!(
                "its certificate authorities have all expired, the last one at {last}"
            )));
        }
        Ok(())
    }

    fn mirrored(&self, mirror: &TufMirror, now: Timestamp) -> Result<MirroredRoot, String> {
        let kept = kept_since(&mirror.cache, now);
        let fresh = |at: &Timestamp| {
            let age_ms = now.as_millis().saturating_sub(at.as_millis());
            u128::try_from(age_ms).unwrap_or(0) < mirror.refresh.as_millis()
        };
        if let Some(at) = kept.filter(fresh)
            && let Ok(json) = fetched(mirror, at, Reach::Kept)
        {
            return Ok(MirroredRoot { json, refreshed_at: at, trouble: None });
        }
        match (fetched(mirror, now, Reach::Mirror), kept) {
            (Ok(json), _) => {
                let written = std::fs::write(mirror.cache.join(REFRESHED_FILE), now.to_string());
                let trouble = written.err().map(|cause| {
                    format!("`{}` cannot be written: {cause}", mirror.cache.display())
                });
                Ok(MirroredRoot { json, refreshed_at: now, trouble })
            }
            // What was right when the mirror confirmed it stays right until `maxStale`.
            (Err(trouble), Some(at)) => match fetched(mirror, at, Reach::Kept) {
                Ok(json) => Ok(MirroredRoot { json, refreshed_at: at, trouble: Some(trouble) }),
                Err(kept) => Err(format!("{trouble}; what is kept cannot be used: {kept}")),
            },
            (Err(trouble), None) => Err(trouble),
        }
    }
}

/// Whether a repository may be asked over the network.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Mirror,
    Kept,
}

/// When the mirror was last asked; a time that is still to come counts as never.
fn kept_since(cache: &Path, now: Timestamp) -> Option<Timestamp> {
    let text = std::fs::read_to_string(cache.join(REFRESHED_FILE)).ok()?;
    text.trim().parse().ok().filter(|at| *at <= now)
}

/// Verifies the repository as of `at` and takes `trusted_root.json` from it.
fn fetched(mirror: &TufMirror, at: Timestamp, reach: Reach) -> Result<Arc<[u8]>, String> {
    let bootstrap = TufBootstrap::trusted(&*mirror.root);
    let config = TufConfig::custom(&mirror.url, bootstrap).with_cache_dir(mirror.cache.clone());
    let config = match reach {
        Reach::Kept => config.offline(),
        Reach::Mirror => {
            config.with_http_client(mirror_client().map_err(|cause| cause.external().to_owned())?)
        }
    };
    let work = async move {
        let at = parsed(&at.to_string())?;
        let root = TrustedRoot::from_tuf_at(config, at).await.map_err(|cause| cause.to_string())?;
        serde_json::to_vec(&root).map(Arc::from).map_err(|cause| cause.to_string())
    };
    // The caller may stand on a runtime, which must not be blocked by another one.
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(|cause| cause.to_string())?.block_on(work)
        });
        thread.join().unwrap_or_else(|_panic| Err("reading it ended without an answer".to_owned()))
    })
}

/// A time in the verifying crate's own type.
fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_cause| format!("`{text}` is no time"))
}
