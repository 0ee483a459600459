//! A signer that an authority has accepted.

use crate::domain::evidence::{SignerFacts, SignerKind};

/// A signer that an authority has accepted: the proof holds *and* the key or the identity is the wanted one.
#[derive(Clone, Debug)]
pub(super) struct Accepted(
    /// Invariant: made where a key or an identity was compared.
    SignerFacts,
);

impl Accepted {
    /// For `keyless` and `keyed`, behind their comparison.
    pub(super) const fn new(facts: SignerFacts) -> Self {
        Self(facts)
    }

    pub(super) fn into_facts(self) -> SignerFacts {
        self.0
    }

    /// One text for one signer, so that a signer who goes by two authorities is counted once.
    pub(super) fn id(&self) -> String {
        match (self.0.kind, &self.0.key, &self.0.identity) {
            (SignerKind::Key, Some(key), _) => key.fingerprint.to_string(),
            (SignerKind::Keyless, _, Some(identity)) => {
                format!("{}\n{}", identity.issuer, identity.subject)
            }
            (SignerKind::Key | SignerKind::Keyless, _, _) => String::new(),
        }
    }
}
