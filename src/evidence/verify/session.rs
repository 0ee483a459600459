//! One image, one rule: every attachment is read, judged, counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::code::{LookCode, RejectionCode};
use crate::domain::evidence::{
    AttestationFacts, AttestedBill, ItemKind, LookFault, RejectedItem, SignatureFacts, Verified,
};
use crate::domain::trust::{
    Authority, Format, LogDemand, Rule, Signer, TimestampDemand, TrustLimits,
};
use crate::domain::value::Value;
use crate::evidence::attachment::{Attachment, Attachments};
use crate::evidence::predicate::slsa;
use crate::evidence::verify::demand::Tally;
use crate::evidence::verify::item::{self, Claim, Item, Refused};
use crate::evidence::verify::keyless::{ProofDemand, Unmatched};
use crate::evidence::verify::rejection::Rejection;
use crate::evidence::verify::root::Root;
use crate::evidence::verify::signer::Accepted;
use crate::evidence::verify::{Answer, ImageVerifier, keyed, keyless};

/// A larger statement is handed on as facts only: each policy would copy it.
const MAX_SHOWN_BYTES: usize = 1 << 20;

/// The work on one image.
pub(super) struct Session<'v> {
    pub(super) verifier: &'v ImageVerifier,
    pub(super) rule: &'v Rule,
    digests: &'v [Digest],
    pub(super) now: Timestamp,
    /// The trust roots that the rule needs, by name.
    pub(super) roots: BTreeMap<&'v str, Result<&'v Root, LookFault>>,
    pub(super) faults: Vec<LookFault>,
    pub(super) signatures: Vec<Verified<SignatureFacts>>,
    pub(super) attestations: Vec<Verified<AttestationFacts>>,
    pub(super) rejected: Vec<RejectedItem>,
    pub(super) bills: Vec<AttestedBill>,
    pub(super) tallies: BTreeMap<Demand, Tally>,
}

/// A demand of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Demand {
    Signatures,
    /// By its position among the rule's attestations.
    Attestation(usize),
}

/// What the proof of an item turned out to be, for each way of asking.
type Proofs<'v> = Vec<((&'v str, ProofDemand), Result<Unmatched, Rejection>)>;

impl<'v> Session<'v> {
    pub(super) fn new(
        verifier: &'v ImageVerifier,
        rule: &'v Rule,
        digests: &'v [Digest],
        now: Timestamp,
    ) -> Self {
        let mut session = Self {
            verifier,
            rule,
            digests,
            now,
            roots: BTreeMap::new(),
            faults: Vec::new(),
            signatures: Vec::new(),
            attestations: Vec::new(),
            rejected: Vec::new(),
            bills: Vec::new(),
            tallies: BTreeMap::new(),
        };
        session.take_roots();
        session
    }

    /// Finds the trust roots that the rule's authorities need; one that cannot be used is a fault.
    fn take_roots(&mut self) {
        let signers = self.rule.signatures.iter().flat_map(|demand| &demand.any_of);
        let attesters = self.rule.attestations.iter().flat_map(|demand| &demand.authorities);
        for name in signers.chain(attesters) {
            let Some(authority) = self.verifier.trust.authorities.get(name) else { continue };
            let Some(root) = needed_root(authority) else { continue };
            self.roots.entry(root).or_insert_with(|| self.verifier.roots.at(root, self.now));
        }
        self.faults.extend(self.roots.values().filter_map(|root| root.as_ref().err()).cloned());
    }

    pub(super) fn answer(mut self, attachments: &Attachments) -> Answer {
        self.faults.extend(attachments.faults.iter().cloned());
        let mut n_verified = 0;
        for attachment in &attachments.items {
            if n_verified == self.limits().signatures_verified {
                self.too_many();
                break;
            }
            n_verified += usize::from(self.look_at(attachment));
        }
        self.conclusion()
    }

    fn limits(&self) -> &'v TrustLimits {
        &self.verifier.trust.limits
    }

    fn too_many(&mut self) {
        let limit = self.limits().signatures_verified;
        self.faults.push(LookFault {
            code: LookCode::LimitSignatures,
            stage: "verify".to_owned(),
            message: format!(
                "more than {limit} items hang on the image (`limits.signaturesVerified`)"
            ),
        });
    }

    /// Judges one attachment; says whether there was something to verify.
    fn look_at(&mut self, attachment: &Attachment) -> bool {
        let bytes = match &attachment.content {
            Ok(bytes) => bytes,
            Err(fault) => {
                self.faults.push(fault.clone());
                return false;
            }
        };
        let Some(family) = item::family_of(&attachment.media_type) else {
            let message = format!("nothing is known of the media type `{}`", attachment.media_type);
            let rejection = Rejection::new(RejectionCode::UnknownMediaType, message);
            self.reject(attachment, rejection.into());
            return false;
        };
        if let Some(fault) = self.oversize(attachment, family, bytes.len()) {
            self.faults.push(fault);
            return false;
        }
        if !self.rule.formats.contains(&family) {
            let message = "the rule does not allow this format";
            let rejection = Rejection::new(RejectionCode::FormatNotAllowed, message);
            self.reject(attachment, rejection.into());
            return false;
        }
        match item::read(attachment, bytes, family, self.digests) {
            Ok(item) => self.judge(attachment, &item),
            Err(refused) => self.reject(attachment, refused),
        }
        true
    }

    fn oversize(
        &self,
        attachment: &Attachment,
        family: Format,
        n_bytes: usize,
    ) -> Option<LookFault> {
        let limits = self.limits();
        let (limit, key) = match family {
            Format::SimpleSigning => (limits.payload_bytes, "payloadBytes"),
            Format::Att => (limits.attestation_bytes, "attestationBytes"),
            Format::Bundle => (limits.bundle_bytes, "bundleBytes"),
        };
        (n_bytes > limit).then(|| LookFault {
            code: LookCode::LimitBytes,
            stage: attachment.found.stage().to_owned(),
            message: format!(
                "`{}` has {n_bytes} bytes, and {limit} are allowed (`limits.{key}`)",
                attachment.digest
            ),
        })
    }

    /// Asks every authority that the rule lets speak about the item.
    fn judge(&mut self, attachment: &Attachment, item: &Item<'_>) {
        let mut proofs = Proofs::new();
        let mut accepted = Vec::new();
        let mut reason: Option<Rejection> = None;
        for (demand, authority) in self.authorities(&item.claim) {
            match self.accept(item, authority, &mut proofs) {
                Ok(signer) => accepted.push((demand, authority, signer)),
                Err(rejection) => {
                    reason = Some(match reason {
                        Some(other) => other.closest(rejection),
                        None => rejection,
                    });
                }
            }
        }
        if accepted.is_empty() {
            let rejection = reason.unwrap_or_else(|| no_authority(&item.claim));
            self.reject(attachment, refused(&item.claim, rejection));
        }
        for (demand, authority, signer) in accepted {
            self.tallies.entry(demand).or_default().add(&authority.name, signer.id());
            self.keep(attachment, item, demand, authority, signer);
        }
    }

    /// The authorities that may speak about a claim, each for the demand that it would meet.
    fn authorities(&self, claim: &Claim) -> Vec<(Demand, &'v Authority)> {
        let named = |demand: Demand, names: &'v [String]| {
            let known = &self.verifier.trust.authorities;
            names.iter().filter_map(move |name| Some((demand, known.get(name)?)))
        };
        match claim {
            Claim::Signature { .. } => self
                .rule
                .signatures
                .iter()
                .flat_map(|wanted| named(Demand::Signatures, &wanted.any_of))
                .collect(),
            Claim::Attestation(statement) => self
                .rule
                .attestations
                .iter()
                .enumerate()
                .filter(|(_, wanted)| wanted.predicate_types.contains(&statement.predicate_type))
                .flat_map(|(index, wanted)| named(Demand::Attestation(index), &wanted.authorities))
                .collect(),
        }
    }

    fn accept(
        &self,
        item: &Item<'_>,
        authority: &'v Authority,
        proofs: &mut Proofs<'v>,
    ) -> Result<Accepted, Rejection> {
        let root = needed_root(authority).map(|name| self.root(name)).transpose()?;
        let signer = match &authority.signer {
            Signer::Key(key) => {
                let public = self.verifier.keys.get(&authority.name);
                let public = public.and_then(|key| key.as_ref().ok()).ok_or_else(|| {
                    let message = format!("the key of `{}` cannot be used", authority.name);
                    Rejection::new(RejectionCode::Unsupported, message)
                })?;
                keyed::verify(item, authority, public, key.hash, root, self.now)?
            }
            Signer::Keyless(wanted) => {
                if item.bundle.signing_certificate().is_none() {
                    let message = "it carries no certificate, and the authority is an identity";
                    return Err(Rejection::new(RejectionCode::SignerNotWanted, message));
                }
                let root = root.ok_or_else(|| {
                    let message = format!("`{}` names no trust root", authority.name);
                    Rejection::new(RejectionCode::CertificateInvalid, message)
                })?;
                let demand = ProofDemand::of(authority, wanted);
                let key = (authority.trust_root.as_deref().unwrap_or_default(), demand);
                let known = proofs.iter().position(|(asked, _)| *asked == key);
                let index = known.unwrap_or_else(|| {
                    proofs.push((key, keyless::prove(item, root, demand, self.now)));
                    proofs.len() - 1
                });
                match proofs.get(index) {
                    Some((_, Ok(unmatched))) => unmatched.matched_by(wanted)?,
                    Some((_, Err(rejection))) => return Err(rejection.clone()),
                    None => return Err(no_authority(&item.claim)),
                }
            }
        };
        check_annotations(&item.claim, authority)?;
        Ok(signer)
    }

    fn root(&self, name: &str) -> Result<&'v Root, Rejection> {
        match self.roots.get(name) {
            Some(Ok(root)) => Ok(root),
            Some(Err(fault)) => {
                Err(Rejection::new(RejectionCode::CertificateInvalid, fault.message.clone()))
            }
            None => Err(Rejection::new(
                RejectionCode::CertificateInvalid,
                format!("there is no trust root `{name}`"),
            )),
        }
    }

    fn keep(
        &mut self,
        attachment: &Attachment,
        item: &Item<'_>,
        demand: Demand,
        authority: &Authority,
        signer: Accepted,
    ) {
        match &item.claim {
            Claim::Signature { annotations } => {
                self.signatures.push(Verified::by_the_verifier(SignatureFacts {
                    authority: authority.name.clone(),
                    format: item.format,
                    id: attachment.digest,
                    location: attachment.location.clone(),
                    signed_digest: item.signed_digest,
                    signer: signer.into_facts(),
                    annotations: annotations.clone(),
                }));
            }
            Claim::Attestation(statement) => {
                let name = match demand {
                    Demand::Signatures => None,
                    Demand::Attestation(index) => self.rule.attestations.get(index),
                };
                let subjects = statement.subjects.iter().map(|subject| subject.facts.clone());
                let signer = signer.into_facts();
                let slsa = slsa::level_of(&statement.facts, &signer);
                if let Some(text) = &statement.bill
                    && !self.bills.iter().any(|bill| bill.id == attachment.digest)
                {
                    self.bills.push(AttestedBill { id: attachment.digest, text: Arc::clone(text) });
                }
                let predicate_truncated = statement.size_bytes > MAX_SHOWN_BYTES;
                self.attestations.push(Verified::by_the_verifier(AttestationFacts {
                    authority: authority.name.clone(),
                    name: name.map(|demand| demand.name.clone()),
                    format: item.format,
                    id: attachment.digest,
                    location: attachment.location.clone(),
                    signed_digest: item.signed_digest,
                    predicate_type: statement.predicate_type.clone(),
                    statement_type: statement.statement_type.clone(),
                    subject: subjects.collect(),
                    predicate: if predicate_truncated {
                        Value::Null
                    } else {
                        statement.predicate.clone()
                    },
                    predicate_truncated,
                    facts: statement.facts.clone(),
                    slsa,
                    signer,
                }));
            }
        }
    }

    fn reject(&mut self, attachment: &Attachment, refused: Refused) {
        let Refused { kind, predicate_type, rejection } = refused;
        self.rejected.push(RejectedItem {
            id: Some(attachment.digest),
            kind,
            predicate_type,
            reason: rejection.code,
            message: rejection.message,
        });
    }
}

/// The name of the trust root that an authority cannot do without.
fn needed_root(authority: &Authority) -> Option<&str> {
    let is_needed = match authority.signer {
        Signer::Keyless(_) => true,
        Signer::Key(_) => {
            authority.tlog != LogDemand::Ignored || authority.timestamp != TimestampDemand::Nothing
        }
    };
    authority.trust_root.as_deref().filter(|_| is_needed)
}

fn check_annotations(claim: &Claim, authority: &Authority) -> Result<(), Rejection> {
    let Claim::Signature { annotations } = claim else { return Ok(()) };
    for (key, wanted) in &authority.annotations {
        let found = annotations.get(key);
        if found != Some(wanted) {
            let shown = found.map_or("absent".to_owned(), |found| format!("`{found}`"));
            let message = format!("the annotation `{key}` is {shown}, not `{wanted}`");
            return Err(Rejection::new(RejectionCode::AnnotationMismatch, message));
        }
    }
    Ok(())
}

/// The reason that stands when no authority is asked.
fn no_authority(claim: &Claim) -> Rejection {
    match claim {
        Claim::Signature { .. } => {
            Rejection::new(RejectionCode::SignerNotWanted, "the rule names no signer")
        }
        Claim::Attestation(statement) => Rejection::new(
            RejectionCode::PredicateNotWanted,
            format!(
                "no demand of the rule is about predicates of type `{}`",
                statement.predicate_type
            ),
        ),
    }
}

/// An item that no authority accepts.
fn refused(claim: &Claim, rejection: Rejection) -> Refused {
    let (kind, predicate_type) = match claim {
        Claim::Signature { .. } => (ItemKind::Signature, None),
        Claim::Attestation(statement) => {
            (ItemKind::Attestation, Some(statement.predicate_type.clone()))
        }
    };
    Refused { kind, predicate_type, rejection }
}
