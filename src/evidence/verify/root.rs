//! Trust roots, read once and ready to verify.

use std::collections::BTreeMap;
use std::fmt;

use sigstore_verify::Verifier;
use sigstore_verify::crypto::Keyring;
use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::TsaAuthority;

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::LookFault;
use crate::domain::evidence::code::LookCode;
use crate::domain::trust::TrustRoot;

/// The trust root of the public-good Sigstore, as the verifying crate carries it.
pub const fn public_good_root() -> &'static str {
    sigstore_verify::trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT
}

/// Checks that `trusted_root.json` can be read and used.
///
/// # Errors
/// What is wrong with it.
pub fn check_trust_root(json: &[u8]) -> Result<(), String> {
    Root::read(json).map(drop)
}

/// A trust root that was read.
pub(super) struct Root {
    pub(super) digest: Digest,
    pub(super) verifier: Verifier,
    pub(super) logs: Keyring,
    pub(super) timestamp_authorities: Vec<TsaAuthority>,
}

impl Root {
    /// Reads `trusted_root.json`.
    pub(super) fn read(json: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(json).map_err(|cause| cause.to_string())?;
        let root = TrustedRoot::from_json(text).map_err(|cause| cause.to_string())?;
        Ok(Self {
            digest: Digest::of(json),
            verifier: Verifier::new(&root).map_err(|cause| cause.to_string())?,
            logs: root.rekor_keys().map_err(|cause| cause.to_string())?,
            timestamp_authorities: root.tsa_authorities(),
        })
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({})", self.digest)
    }
}

/// The trust roots of a configuration by name, or why one cannot be used.
#[derive(Debug)]
pub(super) struct Roots {
    roots: BTreeMap<String, (TrustRoot, Result<Root, String>)>,
}

impl Roots {
    pub(super) fn read(roots: &BTreeMap<String, TrustRoot>) -> Self {
        let read = |(name, root): (&String, &TrustRoot)| {
            (name.clone(), (root.clone(), Root::read(&root.json)))
        };
        Self { roots: roots.iter().map(read).collect() }
    }

    /// The root `name`, when it can be used at `now`.
    pub(super) fn at(&self, name: &str, now: Timestamp) -> Result<&Root, LookFault> {
        let fault = |code: LookCode, message: String| LookFault {
            code,
            stage: "trust-root".to_owned(),
            message,
        };
        let Some((root, read)) = self.roots.get(name) else {
            let message = format!("there is no trust root `{name}`");
            return Err(fault(LookCode::TrustRootMissing, message));
        };
        if is_stale(root, now) {
            let message = format!("the trust root `{name}` was not refreshed for too long");
            return Err(fault(LookCode::TrustRootStale, message));
        }
        read.as_ref().map_err(|cause| {
            let message = format!("cannot read the trust root `{name}`: {cause}");
            fault(LookCode::TrustRootUnreadable, message)
        })
    }
}

fn is_stale(root: &TrustRoot, now: Timestamp) -> bool {
    let (Some(refreshed_at), Some(max_stale)) = (root.refreshed_at, root.max_stale) else {
        return false;
    };
    let age_ms = i128::from(now.as_millis()) - i128::from(refreshed_at.as_millis());
    age_ms > i128::try_from(max_stale.as_millis()).unwrap_or(i128::MAX)
}
