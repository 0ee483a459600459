//! The verification of images: facts from attachments, by a rule. Pure: no network, no clock of its own.

mod conclusion;
mod demand;
mod entry;
mod item;
mod json;
pub mod key;
mod keyed;
mod keyless;
mod legacy;
mod proof;
mod rejection;
mod root;
mod session;
mod signer;
mod simple;
mod single;
mod statement;
mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use rejection::Rejection;
pub use root::{check_trust_root, public_good_root};
pub use single::{BundleArtifact, BundleFacts, BundleQuestion, BundleSigner, verify_bundle};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::code::ShortfallCode;
use crate::domain::evidence::{
    AttestationFacts, AttestedBill, RejectedItem, SignatureFacts, Verification, VerificationStatus,
    Verified,
};
use crate::domain::trust::{Rule, RuleAction, Signer, TrustConfiguration};
use crate::evidence::attachment::Attachments;
use crate::evidence::verify::key::PublicKey;
use crate::evidence::verify::root::Roots;
use crate::evidence::verify::session::Session;

/// A trust configuration, ready to verify: keys and trust roots are read once.
#[derive(Debug)]
pub struct ImageVerifier {
    trust: Arc<TrustConfiguration>,
    roots: Roots,
    /// The keys of the authorities that are keys, or why one cannot be used.
    keys: BTreeMap<String, Result<PublicKey, String>>,
}

/// What came out of the verification of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// How it went.
    pub verification: Verification,
    /// The accepted signatures, one for each authority that accepts one.
    pub signatures: Vec<Verified<SignatureFacts>>,
    /// The accepted attestations, one for each demand and authority that accepts one.
    pub attestations: Vec<Verified<AttestationFacts>>,
    /// What was not accepted.
    pub rejected: Vec<RejectedItem>,
    /// The bills of materials among the accepted attestations.
    pub bills: Vec<AttestedBill>,
}

impl ImageVerifier {
    /// Reads the keys and trust roots of `trust`. One that cannot be used accepts nothing.
    pub fn new(trust: Arc<TrustConfiguration>) -> Self {
        let keys = trust.authorities.iter().filter_map(|(name, authority)| {
            let Signer::Key(key) = &authority.signer else { return None };
            Some((name.clone(), PublicKey::from_spki(&key.spki)))
        });
        Self { keys: keys.collect(), roots: Roots::read(&trust.roots), trust }
    }

    /// The configuration.
    pub const fn trust(&self) -> &Arc<TrustConfiguration> {
        &self.trust
    }

    /// Verifies what hangs on an image.
    ///
    /// `digests` are those that a signature may be about: the image's, and behind it those of indexes that hold the
    /// image. A signature on an index covers its children; one on a child does not cover the index.
    pub fn verify(
        &self,
        rule: &Rule,
        digests: &[Digest],
        attachments: &Attachments,
        now: Timestamp,
    ) -> Answer {
        match rule.action {
            RuleAction::Verify => Session::new(self, rule, digests, now).answer(attachments),
            RuleAction::Deny => self.unseen(
                rule,
                now,
                VerificationStatus::Unverified,
                vec![ShortfallCode::DeniedByRule],
            ),
            RuleAction::Skip => self.unseen(rule, now, VerificationStatus::Skipped, Vec::new()),
        }
    }

    /// The answer where nothing is looked at.
    fn unseen(
        &self,
        rule: &Rule,
        now: Timestamp,
        status: VerificationStatus,
        shortfalls: Vec<ShortfallCode>,
    ) -> Answer {
        Answer {
            verification: Verification {
                status,
                shortfalls,
                rule: Some(rule.name.clone()),
                config_hash: self.trust.digest,
                trust_roots: BTreeMap::new(),
                verified_at: now,
                cached: false,
                complete: true,
                errors: Vec::new(),
            },
            signatures: Vec::new(),
            attestations: Vec::new(),
            rejected: Vec::new(),
            bills: Vec::new(),
        }
    }
}
