//! Signatures by certificate: first the proof, then the signer, and no way around the second.

use sigstore_verify::crypto::{CertificateInfo, SubjectAltName};
use sigstore_verify::{VerificationPolicy, VerificationResult};

use crate::domain::clock::Timestamp;
use crate::domain::evidence::code::RejectionCode;
use crate::domain::evidence::{
    IdentityFacts, LogFacts, SignerFacts, SignerKind, SubjectType, TimeFacts, TimeSource,
};
use crate::domain::trust::{
    Authority, Claim, KeylessAuthority, LogDemand, SctDemand, TimestampDemand,
};
use crate::evidence::verify::item::Item;
use crate::evidence::verify::proof;
use crate::evidence::verify::rejection::Rejection;
use crate::evidence::verify::root::Root;
use crate::evidence::verify::signer::Accepted;

/// What is asked of the proof, whoever signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProofDemand {
    tlog: LogDemand,
    timestamp: TimestampDemand,
    sct: SctDemand,
}

impl ProofDemand {
    pub(super) const fn of(authority: &Authority, keyless: &KeylessAuthority) -> Self {
        Self { tlog: authority.tlog, timestamp: authority.timestamp, sct: keyless.sct }
    }
}

/// A signature whose proof holds, and whose signer nobody has looked at yet.
///
/// Anybody can have one: certificates are given to everybody who can log in somewhere. The only thing to do with it is
/// to ask whether an authority wants its signer.
#[derive(Debug)]
#[must_use]
pub(super) struct Unmatched {
    identity: IdentityFacts,
    tlog: LogFacts,
    timestamps: Vec<TimeFacts>,
    sct: bool,
}

/// Verifies certificate, certificate log, transparency log, times, signature and binding.
pub(super) fn prove(
    item: &Item<'_>,
    root: &Root,
    demand: ProofDemand,
    now: Timestamp,
) -> Result<Unmatched, Rejection> {
    let with_log = check_presence(item, demand)?;
    proof::check_not_in_future(&item.bundle, now)?;
    proof::check_frames(&item.bundle)?;
    let mut policy = VerificationPolicy::any_identity();
    if !with_log {
        policy = policy.skip_tlog_unsafe();
    }
    if demand.sct == SctDemand::Ignored {
        policy = policy.skip_sct();
    }
    let result = root.verifier.verify(item.artifact()?, &item.bundle, &policy)?;
    if with_log {
        proof::check_log_names(&item.bundle, root)?;
    }
    unmatched(item, root, &result, with_log)
}

/// Refuses what lacks a kind of proof that is asked for; says whether log entries are to be verified.
fn check_presence(item: &Item<'_>, demand: ProofDemand) -> Result<bool, Rejection> {
    let has_entries = !proof::entries(&item.bundle).is_empty();
    let with_log = match demand.tlog {
        LogDemand::Required if !has_entries => return Err(proof::no_log_entry()),
        LogDemand::Required => true,
        LogDemand::Optional => has_entries,
        LogDemand::Ignored => false,
    };
    if demand.timestamp == TimestampDemand::Authority && !item.has_timestamp() {
        return Err(proof::no_timestamp());
    }
    Ok(with_log)
}

fn unmatched(
    item: &Item<'_>,
    root: &Root,
    result: &VerificationResult,
    with_log: bool,
) -> Result<Unmatched, Rejection> {
    if !result.certificate_verified() {
        let message = "the certificate was not verified";
        return Err(Rejection::new(RejectionCode::CertificateInvalid, message));
    }
    let tlog = if with_log { proof::log_facts(&item.bundle) } else { LogFacts::default() };
    // The crate gives the times of timestamp authorities first, one for each token.
    let stamped = result.verified_timestamps().iter().take(proof::tokens(&item.bundle).len());
    let mut stamps: Vec<_> =
        stamped.map(|time| Timestamp::from_millis(time.as_millisecond())).collect();
    stamps.extend(proof::envelope_times(item, root)?);
    let stamped = stamps.into_iter().map(|time| TimeFacts { source: TimeSource::Tsa, time });
    let timestamps = stamped.chain(proof::log_times(&tlog)).collect();
    Ok(Unmatched { identity: identity(result)?, tlog, timestamps, sct: result.sct_verified() })
}

fn identity(result: &VerificationResult) -> Result<IdentityFacts, Rejection> {
    let missing = |what: &str| {
        let message = format!("the certificate names no {what} that can be compared");
        Rejection::new(RejectionCode::IdentityMissing, message)
    };
    let (subject, subject_type) = match result.identity() {
        Some(SubjectAltName::Email(subject)) => (subject, SubjectType::Email),
        Some(SubjectAltName::Uri(subject)) => (subject, SubjectType::Uri),
        Some(_) | None => return Err(missing("subject")),
    };
    let issuer = result.issuer().ok_or_else(|| missing("issuer"))?;
    let claims = Claim::ALL.iter().filter_map(|claim| {
        let value = claim_of(result.certificate()?, *claim)?;
        Some((claim.name().to_owned(), value.to_owned()))
    });
    Ok(IdentityFacts {
        issuer: issuer.to_owned(),
        subject: subject.clone(),
        subject_type,
        claims: claims.collect(),
    })
}

fn claim_of(certificate: &CertificateInfo, claim: Claim) -> Option<&str> {
    let claims = &certificate.ci_claims;
    let github = &claims.deprecated_github;
    let value = match claim {
        Claim::GithubWorkflowTrigger => &github.workflow_trigger,
        Claim::GithubWorkflowSha => &github.workflow_sha,
        Claim::GithubWorkflowName => &github.workflow_name,
        Claim::GithubWorkflowRepository => &github.workflow_repository,
        Claim::GithubWorkflowRef => &github.workflow_ref,
        Claim::BuildSignerUri => &claims.build_signer_uri,
        Claim::BuildSignerDigest => &claims.build_signer_digest,
        Claim::RunnerEnvironment => &claims.runner_environment,
        Claim::SourceRepositoryUri => &claims.source_repository_uri,
        Claim::SourceRepositoryDigest => &claims.source_repository_digest,
        Claim::SourceRepositoryRef => &claims.source_repository_ref,
        Claim::SourceRepositoryIdentifier => &claims.source_repository_identifier,
        Claim::SourceRepositoryOwnerUri => &claims.source_repository_owner_uri,
        Claim::SourceRepositoryOwnerIdentifier => &claims.source_repository_owner_identifier,
        Claim::BuildConfigUri => &claims.build_config_uri,
        Claim::BuildConfigDigest => &claims.build_config_digest,
        Claim::BuildTrigger => &claims.build_trigger,
        Claim::RunInvocationUri => &claims.run_invocation_uri,
        Claim::SourceRepositoryVisibility => &claims.source_repository_visibility_at_signing,
        Claim::DeploymentEnvironment => &claims.deployment_environment,
        Claim::TokenSubject => &claims.token_subject,
    };
    value.as_deref()
}

impl Unmatched {
    /// The signer, if `authority` wants it.
    pub(super) fn matched_by(&self, authority: &KeylessAuthority) -> Result<Accepted, Rejection> {
        self.check_identity(authority)?;
        self.check_claims(authority)?;
        Ok(Accepted::new(SignerFacts {
            kind: SignerKind::Keyless,
            key: None,
            identity: Some(self.identity.clone()),
            tlog: self.tlog.clone(),
            timestamps: self.timestamps.clone(),
            sct: self.sct,
        }))
    }

    fn check_identity(&self, authority: &KeylessAuthority) -> Result<(), Rejection> {
        let IdentityFacts { issuer, subject, .. } = &self.identity;
        let mut same_issuer =
            authority.identities.iter().filter(|wanted| wanted.issuer.matches(issuer)).peekable();
        if same_issuer.peek().is_none() {
            let message = format!("the issuer is `{issuer}`, which is not a trusted one");
            return Err(Rejection::new(RejectionCode::IssuerMismatch, message));
        }
        if same_issuer.any(|wanted| wanted.subject.matches(subject)) {
            return Ok(());
        }
        let message = format!("the subject is `{subject}`, which is not a trusted one");
        Err(Rejection::new(RejectionCode::SubjectMismatch, message))
    }

    fn check_claims(&self, authority: &KeylessAuthority) -> Result<(), Rejection> {
        for (claim, wanted) in &authority.claims {
            let found = self.identity.claims.get(claim.name());
            if found.is_none_or(|found| !wanted.contains(found)) {
                let shown = found.map_or("absent".to_owned(), |found| format!("`{found}`"));
                let message = format!("the claim `{}` is {shown}", claim.name());
                return Err(Rejection::new(RejectionCode::ClaimMismatch, message));
            }
        }
        Ok(())
    }
}
