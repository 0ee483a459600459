//! What the items of an image together mean for its rule.

use crate::domain::evidence::code::{LookCode, RejectionCode, ShortfallCode};
use crate::domain::evidence::{ItemKind, RejectedItem, Verification, VerificationStatus};
use crate::evidence::verify::Answer;
use crate::evidence::verify::demand::Tally;
use crate::evidence::verify::session::{Demand, Session};

impl Session<'_> {
    /// What all the items together mean.
    pub(super) fn conclusion(self) -> Answer {
        let mut shortfalls = self.shortfalls();
        let is_beyond_limit = self.faults.iter().any(|fault| is_limit(fault.code));
        let status = match (shortfalls.is_empty(), self.faults.is_empty()) {
            _ if is_beyond_limit => VerificationStatus::Error,
            (true, _) if !self.asks_for_something() => VerificationStatus::Skipped,
            (true, _) => VerificationStatus::Verified,
            (false, true) => VerificationStatus::Unverified,
            (false, false) => VerificationStatus::Error,
        };
        if status == VerificationStatus::Error {
            shortfalls.push(ShortfallCode::CouldNotLook);
        }
        let roots = self
            .roots
            .iter()
            .filter_map(|(name, root)| Some(((*name).to_owned(), root.as_ref().ok()?.digest)));
        Answer {
            verification: Verification {
                status,
                shortfalls,
                rule: Some(self.rule.name.clone()),
                config_hash: self.verifier.trust.digest,
                trust_roots: roots.collect(),
                verified_at: self.now,
                cached: false,
                complete: self.faults.is_empty(),
                errors: self.faults,
            },
            signatures: self.signatures,
            attestations: self.attestations,
            rejected: self.rejected,
            bills: self.bills,
        }
    }

    fn asks_for_something(&self) -> bool {
        self.rule.signatures.is_some()
            || self.rule.attestations.iter().any(|wanted| wanted.required)
    }

    fn shortfalls(&self) -> Vec<ShortfallCode> {
        let signatures = self.rule.signatures.iter().filter_map(|wanted| {
            let n_signed = self.count(Demand::Signatures);
            let by_others = || self.rejected.iter().any(|item| is_by_others(item, None));
            (n_signed < wanted.threshold.max(1)).then(|| match n_signed {
                0 if by_others() => ShortfallCode::SignedByOthers,
                0 => ShortfallCode::Unsigned,
                _ => ShortfallCode::ThresholdNotMet,
            })
        });
        let required = self.rule.attestations.iter().enumerate().filter(|(_, it)| it.required);
        let attestations = required.filter_map(|(index, wanted)| {
            let n_attested = self.count(Demand::Attestation(index));
            let types = Some(wanted.predicate_types.as_slice());
            let by_others = || self.rejected.iter().any(|item| is_by_others(item, types));
            (n_attested < wanted.threshold.max(1)).then(|| match n_attested {
                0 if by_others() => ShortfallCode::AttestedByOthers,
                0 => ShortfallCode::AttestationMissing,
                _ => ShortfallCode::ThresholdNotMet,
            })
        });
        signatures.chain(attestations).collect()
    }

    fn count(&self, demand: Demand) -> usize {
        self.tallies.get(&demand).map_or(0, Tally::count)
    }
}

/// Whether a rejected item is about this image and was signed, but not by a trusted signer.
fn is_by_others(item: &RejectedItem, predicate_types: Option<&[String]>) -> bool {
    let is_wanted = match predicate_types {
        None => item.kind == ItemKind::Signature,
        Some(types) => item.predicate_type.as_ref().is_some_and(|it| types.contains(it)),
    };
    is_wanted && item.reason >= RejectionCode::SignerNotWanted
}

/// Whether a fault is a limit, which whoever may push can reach: then nothing that was found counts.
const fn is_limit(code: LookCode) -> bool {
    matches!(
        code,
        LookCode::LimitBytes
            | LookCode::LimitItems
            | LookCode::LimitSignatures
            | LookCode::LimitTime
    )
}
