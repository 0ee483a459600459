//! Whom a policy wants to have signed.

use std::sync::Arc;

use crate::domain::evidence::SignerFacts;
use crate::domain::value::Value;

use super::super::digest::sha256;
use super::super::pem;
use super::super::regex::matches;
use super::super::signature::{BuiltinError, CallContext};

/// The options of `ec.sigstore.…`. What was verified before is compared with them; they accept nothing new.
///
/// `rekor_url` is not looked at: the trust roots of `images.yaml` say which logs count.
pub(super) struct Wanted {
    signer: Signer,
    /// Whether the transparency log must have it.
    log: bool,
}

enum Signer {
    /// The SHA-256 digest of a public key.
    Key([u8; 32]),
    Identity {
        subject: Text,
        issuer: Text,
    },
}

/// A text that must be this one, or match.
enum Text {
    Exact(Arc<str>),
    Pattern(Arc<str>),
}

impl Wanted {
    /// Reads the options.
    ///
    /// # Errors
    /// What is missing or not looked at.
    pub(super) fn of(options: &Value) -> Result<Self, String> {
        let text = |key: &str| match options.get(key) {
            Some(Value::String(text)) if !text.is_empty() => Some(Arc::clone(text)),
            _ => None,
        };
        if text("rekor_public_key").is_some() {
            return Err("`rekor_public_key` is not looked at: the trust roots of `images.yaml` say which logs count".to_owned());
        }
        let either = |exact: &str, pattern: &str| {
            text(exact).map(Text::Exact).or_else(|| text(pattern).map(Text::Pattern))
        };
        let signer = if let Some(key) = text("public_key") {
            let block = pem::next_block(&key).map(|(block, _)| block);
            let block = block.filter(|block| block.label == "PUBLIC KEY");
            let block = block.ok_or("`public_key` is no public key in PEM")?;
            Signer::Key(sha256(&block.bytes))
        } else {
            let subject = either("certificate_identity", "certificate_identity_regexp");
            let issuer = either("certificate_oidc_issuer", "certificate_oidc_issuer_regexp");
            let (Some(subject), Some(issuer)) = (subject, issuer) else {
                return Err("neither a key nor an identity with its issuer is wanted: set `public_key`, or `certificate_identity` and `certificate_oidc_issuer`".to_owned());
            };
            Signer::Identity { subject, issuer }
        };
        Ok(Self { signer, log: options.get("ignore_rekor") != Some(&Value::Bool(true)) })
    }

    /// Whether the signer is who is wanted.
    ///
    /// # Errors
    /// For a pattern that is none.
    pub(super) fn admits(
        &self,
        signer: &SignerFacts,
        context: &mut CallContext<'_>,
    ) -> Result<bool, BuiltinError> {
        if self.log && !signer.tlog.verified {
            return Ok(false);
        }
        match &self.signer {
            Signer::Key(digest) => {
                Ok(signer.key.as_ref().is_some_and(|key| key.fingerprint.as_bytes() == digest))
            }
            Signer::Identity { subject, issuer } => {
                let Some(identity) = &signer.identity else { return Ok(false) };
                Ok(subject.admits(&identity.subject, context)?
                    && issuer.admits(&identity.issuer, context)?)
            }
        }
    }
}

impl Text {
    fn admits(&self, text: &str, context: &mut CallContext<'_>) -> Result<bool, BuiltinError> {
        match self {
            Self::Exact(exact) => Ok(**exact == *text),
            // As the signing tool has it, a pattern may match anywhere.
            Self::Pattern(pattern) => matches(pattern, text, context),
        }
    }
}
