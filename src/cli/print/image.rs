//! What is known of an image, for people: a tree of digest, platforms, signatures, attestations, and what was rejected.

mod bundle;

pub use self::bundle::{BundleAnswer, render_bundle};
use super::table::moment;
use super::text::{counted, labelled};
use super::tree::Tree;
use super::{ERROR, GOOD, Look, STRONG, WARNING};
use crate::domain::decision::Decision;
use crate::domain::evidence::code::{LookCode, ShortfallCode};
use crate::domain::evidence::{
    AttestationFacts, ImageConfiguration, ImageFacts, PlatformFacts, RejectedItem, SignatureFacts,
    SignerFacts, TimeSource, VerificationStatus,
};
use crate::domain::image::{ImageStatus, ImageVerification};
use crate::domain::predicate::{Predicate, Provenance, VulnerabilityScan};

/// Rejected items that are listed; the rest is counted.
const MAX_REJECTED: usize = 10;

/// Renders everything that is known of an image.
pub fn render(facts: &ImageFacts, look: Look) -> String {
    let status = facts.verification.status;
    let (word, style) = match status {
        VerificationStatus::Verified => ("verified:", GOOD),
        VerificationStatus::Unverified => ("not verified:", ERROR),
        VerificationStatus::Error => ("could not be looked at:", ERROR),
        VerificationStatus::Skipped => ("not asked for:", WARNING),
    };
    let mut out = Tree::headed(style, word, &facts.requested).with(parts(facts, look)).render(look);
    if let Some(next) = next(facts) {
        out.push_str(&labelled("next:", &next, look.width));
    }
    out
}

fn parts(facts: &ImageFacts, look: Look) -> Vec<Tree> {
    let mut parts = vec![verification(facts)];
    if let Some(resolved) = facts.resolved.as_ref().filter(|it| **it != facts.requested) {
        parts.push(Tree::headed(STRONG, "resolved", resolved));
    }
    if let Some(configuration) = &facts.configuration {
        parts.extend(built(configuration));
    }
    if !facts.platforms.is_empty() {
        let platforms = facts.platforms.iter().map(platform);
        parts.push(Tree::headed(STRONG, "platforms", "").with(platforms));
    }
    if facts.digest.is_some() && facts.verification.status != VerificationStatus::Skipped {
        let signatures = facts.signatures.iter().map(|item| signature(item));
        parts.push(listed("signatures", signatures.collect()));
        let attestations = facts.attestations.iter().map(|item| attestation(item));
        parts.push(listed("attestations", attestations.collect()));
    }
    if !facts.rejected.is_empty() {
        parts.push(rejected(&facts.rejected, look));
    }
    parts
}

fn listed(name: &str, items: Vec<Tree>) -> Tree {
    if items.is_empty() {
        return Tree::headed(STRONG, name, "none that is accepted");
    }
    Tree::headed(STRONG, name, "").with(items)
}

/// By which rule, when, and what is missing.
fn verification(facts: &ImageFacts) -> Tree {
    let verification = &facts.verification;
    let rule = match &verification.rule {
        Some(rule) => format!("`{rule}`"),
        None => "none".to_owned(),
    };
    let kept = if verification.cached { ", kept from then" } else { "" };
    let when = moment(verification.verified_at);
    // That it could not be looked at is said by what could not.
    let is_told = |code: &&ShortfallCode| {
        **code != ShortfallCode::CouldNotLook || verification.errors.is_empty()
    };
    let shortfalls = verification.shortfalls.iter().filter(is_told);
    let missing = shortfalls.map(|code| Tree::headed(ERROR, code.code(), code.meaning()));
    let faults = verification.errors.iter().map(|fault| {
        let said = format!("{} (at {})", fault.message, fault.stage);
        Tree::headed(ERROR, fault.code.code(), said)
    });
    Tree::headed(STRONG, "rule", format!("{rule}, looked at {when}{kept}"))
        .with(missing.chain(faults))
}

fn built(configuration: &ImageConfiguration) -> Option<Tree> {
    let when = configuration.created.map(|created| format!("at {}", moment(created)));
    let base = configuration
        .base_image
        .as_ref()
        .and_then(|base| Some(format!("on {}", base.name.as_deref().or(base.digest.as_deref())?)));
    let user = configuration.user.as_ref().map(|user| format!("as user {user}"));
    let said: Vec<String> = [when, base, user].into_iter().flatten().collect();
    let said = said.join(", ");
    (!said.is_empty()).then(|| Tree::headed(STRONG, "built", format!("{said} (its own account)")))
}

fn platform(platform: &PlatformFacts) -> Tree {
    let PlatformFacts { os, architecture, variant, digest, configuration } = platform;
    let variant = variant.as_ref().map(|variant| format!("/{variant}")).unwrap_or_default();
    Tree::leaf(format!("{os}/{architecture}{variant} {digest}"))
        .with(configuration.as_ref().and_then(built))
}

fn signature(facts: &SignatureFacts) -> Tree {
    let annotations = facts.annotations.iter().map(|(key, value)| format!("{key}={value}"));
    let annotations: Vec<String> = annotations.collect();
    let noted =
        (!annotations.is_empty()).then(|| Tree::headed(STRONG, "says", annotations.join(", ")));
    Tree::headed(GOOD, &facts.authority, format!("({}) {}", word(&facts.format), facts.id))
        .with(signer(&facts.signer))
        .with(noted)
}

fn signer(signer: &SignerFacts) -> Vec<Tree> {
    let mut lines = Vec::new();
    if let Some(identity) = &signer.identity {
        lines.push(Tree::headed(STRONG, "who", &identity.subject));
        lines.push(Tree::headed(STRONG, "issuer", &identity.issuer));
    }
    if let Some(key) = &signer.key {
        let said = format!("{} ({}, {})", key.name, key.algorithm, key.fingerprint);
        lines.push(Tree::headed(STRONG, "key", said));
    }
    for time in &signer.timestamps {
        let source = match time.source {
            TimeSource::Rekor => "by the log",
            TimeSource::Tsa => "by a timestamp authority",
        };
        lines.push(Tree::headed(STRONG, "when", format!("{} ({source})", moment(time.time))));
    }
    for entry in &signer.tlog.entries {
        let proof = match (entry.inclusion_proof, entry.set) {
            (true, true) => "inclusion proof and promise",
            (true, false) => "inclusion proof",
            (false, true) => "promise only",
            (false, false) => "no proof",
        };
        let said = format!("entry {} ({}, {proof})", entry.log_index, entry.kind);
        lines.push(Tree::headed(STRONG, "log", said));
    }
    if signer.tlog.entries.is_empty() {
        lines.push(Tree::headed(STRONG, "log", "no entry"));
    }
    lines
}

fn attestation(facts: &AttestationFacts) -> Tree {
    let kind = if facts.facts == Predicate::Other {
        facts.predicate_type.clone()
    } else {
        facts.facts.kind().replace('_', " ")
    };
    let name = match &facts.name {
        Some(name) if *name != kind => format!("{kind} `{name}`"),
        Some(_) | None => kind,
    };
    let slsa = facts.slsa.as_ref().map(|slsa| {
        Tree::headed(STRONG, &format!("SLSA build level {}:", slsa.level), &slsa.reason)
    });
    Tree::headed(
        GOOD,
        &name,
        format!("by {} ({}) {}", facts.authority, word(&facts.format), facts.id),
    )
    .with(said(&facts.facts))
    .with(slsa)
    .with(signer(&facts.signer))
}

/// What a predicate says, in a line or two.
fn said(predicate: &Predicate) -> Vec<Tree> {
    match predicate {
        Predicate::Provenance(provenance) => provenance_said(provenance),
        Predicate::VerificationSummary(summary) => {
            let passed = if summary.passed { "passed" } else { "failed" };
            let levels = summary.verified_levels.join(", ");
            vec![Tree::leaf(format!("{passed} at {} ({levels})", summary.verifier_id))]
        }
        Predicate::Sbom(sbom) => {
            let components = sbom.n_components.map(|n| format!(", {n} components"));
            let version = if sbom.spec_version.is_empty() { "" } else { " " };
            vec![Tree::leaf(format!(
                "{}{version}{}{}, {}",
                word(&sbom.format),
                sbom.spec_version,
                components.unwrap_or_default(),
                sbom.digest
            ))]
        }
        Predicate::VulnerabilityScan(scan) => scan_said(scan),
        Predicate::Vex(vex) => {
            vec![Tree::leaf(format!(
                "{} by {}",
                counted(vex.statements.len(), "statement"),
                vex.author
            ))]
        }
        Predicate::TestResult(result) => vec![Tree::leaf(format!(
            "{}: {} passed, {} with a warning, {} failed",
            result.result,
            result.passed.len(),
            result.warned.len(),
            result.failed.len()
        ))],
        Predicate::Release(release) => vec![Tree::leaf(release.purl.clone())],
        Predicate::Other => Vec::new(),
    }
}

fn provenance_said(provenance: &Provenance) -> Vec<Tree> {
    let mut lines = vec![Tree::headed(STRONG, "builder", &provenance.builder_id)];
    if let Some(source) = &provenance.source {
        let parts = [Some(&source.repository), source.reference.as_ref(), source.commit.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        lines.push(Tree::headed(STRONG, "source", parts.join(" ")));
    }
    lines
}

fn scan_said(scan: &VulnerabilityScan) -> Vec<Tree> {
    let when = scan.finished_on.map(|time| format!(", {}", moment(time))).unwrap_or_default();
    let scanner = scan.scanners.iter().map(|scanner| {
        let found = match &scanner.n_by_severity {
            Some(counts) if counts.is_empty() => "nothing found".to_owned(),
            Some(counts) => {
                let counts: Vec<String> =
                    counts.iter().map(|(severity, n)| format!("{n} {severity}")).collect();
                counts.join(", ")
            }
            None => "a result in a form that is not known".to_owned(),
        };
        Tree::leaf(format!("{}{when}: {found}", scanner.uri))
    });
    scanner.collect()
}

fn rejected(items: &[RejectedItem], look: Look) -> Tree {
    let most = if look.everything { usize::MAX } else { MAX_REJECTED };
    let mut lines: Vec<Tree> = items
        .iter()
        .take(most)
        .map(|item| {
            let id = item.id.map(|id| format!(" {id}")).unwrap_or_default();
            let claimed = item.predicate_type.as_ref().map(|claimed| format!(", says `{claimed}`"));
            let text = format!(
                "({}{}){id}: {}",
                word(&item.kind),
                claimed.unwrap_or_default(),
                item.message
            );
            Tree::headed(WARNING, item.reason.code(), text)
        })
        .collect();
    if let Some(left) = items.len().checked_sub(most).filter(|left| *left > 0) {
        lines.push(Tree::leaf(format!("… and {left} more (`-v` or `-o json` shows all)")));
    }
    Tree::headed(STRONG, "rejected", "(nothing in it is to be trusted)").with(lines)
}

/// What to type next, with the names of this image in it.
fn next(facts: &ImageFacts) -> Option<String> {
    let next = advice(facts)?;
    let next = next.replace("REGISTRY", &facts.registry).replace("IMAGE", &facts.requested);
    Some(match &facts.resolved {
        Some(resolved) => next.replace("registry/repository@sha256:…", resolved),
        None => next,
    })
}

fn advice(facts: &ImageFacts) -> Option<String> {
    let shortfalls = &facts.verification.shortfalls;
    let code = shortfalls.first().map(|code| code.code());
    let resolved = facts.resolved.as_deref();
    match facts.verification.status {
        VerificationStatus::Verified if facts.pinned_by_caller => None,
        VerificationStatus::Verified => Some(format!("deploy `{}`", resolved?)),
        VerificationStatus::Unverified if code == Some("UNSIGNED") => {
            Some(format!("sign it in the release job with `cosign sign {}`", resolved?))
        }
        VerificationStatus::Unverified => {
            let help = shortfalls.first().map(|code| code.help());
            Some(help.unwrap_or("docs/images.md has each code and what to do").to_owned())
        }
        VerificationStatus::Error => {
            let fault = facts.verification.errors.first().map(|fault| fault.code);
            if let (Some(LookCode::NotPinned), Some(resolved)) = (fault, resolved) {
                return Some(format!(
                    "ask for it by its digest: `goldgate image verify {resolved}`"
                ));
            }
            let help = fault.map(LookCode::help);
            Some(help.unwrap_or("mend what is named above, and ask again").to_owned())
        }
        VerificationStatus::Skipped => {
            let rule = facts.verification.rule.as_deref().unwrap_or_default();
            Some(format!("nothing, or let rule `{rule}` of `images.yaml` ask for a signature"))
        }
    }
}

/// One line for each image of a decision that was looked at.
pub(super) fn lines(decision: &Decision, look: Look) -> String {
    let looked = decision.images.iter().filter(|image| image.verified_at.is_some());
    looked.map(|image| labelled("image:  ", &line(image), look.width)).collect()
}

/// `registry.example/app:1 is verified: signed by release, provenance (SLSA build level 2)`
fn line(image: &ImageStatus) -> String {
    let mut said = Vec::new();
    if !image.signed_by.is_empty() {
        said.push(format!("signed by {}", image.signed_by.join(", ")));
    }
    for kind in &image.attested {
        let level = image.slsa_level.filter(|_| kind == "provenance");
        let level = level.map(|level| format!(" (SLSA build level {level})")).unwrap_or_default();
        said.push(format!("{}{level}", kind.replace('_', " ")));
    }
    if image.status != ImageVerification::Verified {
        let could_not = ShortfallCode::CouldNotLook.code();
        let told = image.reasons.iter().filter(|it| *it != could_not || image.reasons.len() == 1);
        said.extend(told.cloned());
    }
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) };
    format!("{} {}{said}", image.requested, image.status.phrase())
}

/// The word that a fact is written down as.
fn word(fact: &impl serde::Serialize) -> String {
    match serde_json::to_value(fact) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::print::sample;
    use crate::domain::clock::Timestamp;

    fn status(status: ImageVerification) -> ImageStatus {
        let verified_at = Some(Timestamp::from_millis(0));
        ImageStatus { verified_at, ..ImageStatus::unseen("registry.example/app:1".into(), status) }
    }

    #[test]
    fn a_decision_has_a_line_for_each_image_that_was_looked_at() {
        let verified = ImageStatus {
            signed_by: vec!["release".into()],
            attested: vec!["provenance".into(), "vulnerability_scan".into()],
            slsa_level: Some(2),
            ..status(ImageVerification::Verified)
        };
        let unsigned = ImageStatus {
            reasons: vec!["UNSIGNED".into()],
            ..status(ImageVerification::Unverified)
        };
        let unseen = ImageStatus::unseen("other:1".into(), ImageVerification::NotLookedAt);
        let decision = Decision { images: vec![verified, unsigned, unseen], ..sample::allowed() };
        assert_eq!(
            lines(&decision, Look::PLAIN),
            "image:   registry.example/app:1 verified: signed by release, provenance (SLSA build level 2),\n         \
             vulnerability scan\n\
             image:   registry.example/app:1 not verified: UNSIGNED\n"
        );
    }
}
