//! What the gate itself says of images that are not verified, before and beside any policy: without it a set of policies
//! that does not speak of images would let pass what nobody could look at.

use std::collections::{BTreeMap, BTreeSet};

use super::enforcement::{Circumstances, enforcement_of};
use super::place::place;
use super::verdict::Case;
use crate::domain::code::{Code, Severity};
use crate::domain::decision::EVIDENCE;
use crate::domain::evidence::code::ShortfallCode;
use crate::domain::evidence::{ImageFacts, LookFault, VerificationStatus};
use crate::domain::finding::{Enforcement, Finding, FindingState};
use crate::domain::image_code::{IMAGE_PACK, ImageCode};
use crate::domain::input_code;
use crate::domain::place::Location;
use crate::domain::policy::{PolicyResult, Subject};
use crate::domain::release::ImageUse;
use crate::domain::value::Value;

/// The built-in policy about references that are none: where it is loaded, it speaks of them.
const OF_REFERENCES: &str = "K8S-IMAGE-INVALID";

/// Why an image may not pass.
struct Objection {
    code: &'static str,
    pack: &'static str,
    title: &'static str,
    message: String,
    remediation: String,
    facts: Value,
    /// Where it stands in the subject's document; empty for the place of an image.
    path: String,
}

/// The findings about images that are not verified and of which no policy said so under the same code.
pub(super) fn findings(case: &Case<'_>, circumstances: &Circumstances<'_>) -> Vec<Finding> {
    if !case.evidence.images_asked {
        return Vec::new();
    }
    let said: BTreeSet<(&str, Subject)> = case
        .outcomes
        .iter()
        .filter(|outcome| !matches!(outcome.result, PolicyResult::Passed))
        .map(|outcome| (outcome.policy.code.as_str(), outcome.subject))
        .collect();
    let images = case.release.images.iter().enumerate();
    images
        .flat_map(|(index, used)| {
            let subject = Subject::Image(index);
            objections(case, used).into_iter().map(move |objection| (subject, objection))
        })
        .filter(|(subject, objection)| !said.contains(&(objection.code, *subject)))
        .chain(nameless(case))
        .map(|(subject, objection)| finding(objection, subject, case, circumstances))
        .filter(|finding| finding.enforcement != Enforcement::Off)
        .collect()
}

/// Whether a policy is loaded that speaks of references that are none, and of those that are not there.
fn has_policy_of_references(case: &Case<'_>) -> bool {
    case.policies.iter().any(|policy| policy.code.as_str() == OF_REFERENCES)
}

/// The containers and volumes without an image: whatever stands in them later, nobody has looked at it.
fn nameless(case: &Case<'_>) -> Vec<(Subject, Objection)> {
    let is_spoken_for = has_policy_of_references(case);
    let mut found = Vec::new();
    for workload in &case.release.workloads {
        let containers =
            workload.containers.iter().filter(|it| !is_spoken_for && it.image.is_none());
        let containers = containers.map(|container| {
            let what = format!("container \"{}\"", container.name);
            (what, format!("{}/image", container.path))
        });
        let volumes = workload.image_volumes.iter().filter(|volume| volume.image.is_none());
        let volumes =
            volumes.map(|volume| (format!("volume \"{}\"", volume.name), volume.path.clone()));
        let subject = Subject::Resource(workload.resource);
        found
            .extend(containers.chain(volumes).map(|(what, path)| (subject, no_image(&what, path))));
    }
    found
}

fn no_image(what: &str, path: String) -> Objection {
    let input_code::InputCode { code, title, remediation, .. } = input_code::NO_IMAGE;
    Objection {
        code,
        pack: "input",
        title,
        message: format!("{what} names no image"),
        remediation: remediation.to_owned(),
        facts: Value::object(Vec::new()),
        path,
    }
}

fn objections(case: &Case<'_>, used: &ImageUse) -> Vec<Objection> {
    let reference = used.image.reference.as_str();
    if let Err(reason) = &used.image.parts {
        // Of what the caller named, intake has said it; that policy speaks of containers only.
        let of_container = !used.used_by.is_empty() && has_policy_of_references(case);
        let spoken_for = used.is_named() || of_container;
        return if spoken_for { Vec::new() } else { vec![no_reference(reference, reason)] };
    }
    let Some(facts) = case.evidence.image(reference) else {
        let message = format!("{reference} was not looked at");
        let help = ImageCode::UNKNOWN.remediation.to_owned();
        return vec![objection(ImageCode::UNKNOWN, message, help, None)];
    };
    match facts.verification.status {
        VerificationStatus::Verified | VerificationStatus::Skipped => Vec::new(),
        VerificationStatus::Error => of_faults(facts),
        VerificationStatus::Unverified => of_shortfalls(facts),
    }
}

fn no_reference(reference: &str, reason: &str) -> Objection {
    let input_code::InputCode { code, title, remediation, .. } = input_code::IMAGE;
    Objection {
        code,
        pack: "input",
        title,
        message: format!("`{reference}` is no image reference: {reason}"),
        remediation: remediation.to_owned(),
        facts: Value::object(Vec::new()),
        path: String::new(),
    }
}

fn of_faults(facts: &ImageFacts) -> Vec<Objection> {
    let errors = &facts.verification.errors;
    let mut by_code: BTreeMap<&str, (ImageCode, Vec<&LookFault>)> = BTreeMap::new();
    for fault in errors {
        let code = ImageCode::of_fault(fault.code);
        by_code.entry(code.code).or_insert_with(|| (code, Vec::new())).1.push(fault);
    }
    if by_code.is_empty() {
        by_code.insert(ImageCode::UNKNOWN.code, (ImageCode::UNKNOWN, Vec::new()));
    }
    let of_code = |(code, faults): (ImageCode, Vec<&LookFault>)| {
        let said: Vec<String> =
            faults.iter().map(|fault| format!("{} ({})", fault.message, fault.code)).collect();
        let because =
            if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
        let message = format!("{} could not be looked at{because}", facts.requested);
        let help = match faults.as_slice() {
            [only] => sentence(&only.code.help().replace("REGISTRY", &facts.registry)),
            _ => code.remediation.to_owned(),
        };
        objection(code, message, help, Some(facts))
    };
    by_code.into_values().map(of_code).collect()
}

fn of_shortfalls(facts: &ImageFacts) -> Vec<Objection> {
    let shortfalls = &facts.verification.shortfalls;
    let mut by_code: BTreeMap<&str, (ImageCode, Vec<ShortfallCode>)> = BTreeMap::new();
    for shortfall in shortfalls {
        let code = ImageCode::of_shortfall(*shortfall);
        by_code.entry(code.code).or_insert_with(|| (code, Vec::new())).1.push(*shortfall);
    }
    if by_code.is_empty() {
        by_code.insert(ImageCode::UNKNOWN.code, (ImageCode::UNKNOWN, Vec::new()));
    }
    let of_code = |(code, shortfalls): (ImageCode, Vec<ShortfallCode>)| {
        let said: Vec<String> = shortfalls
            .iter()
            .map(|shortfall| format!("{} ({shortfall})", shortfall.meaning()))
            .collect();
        let because = if said.is_empty() { "nobody knows why".to_owned() } else { said.join("; ") };
        let message = format!("{} is not verified: {because}", facts.requested);
        objection(code, message, code.remediation.to_owned(), Some(facts))
    };
    by_code.into_values().map(of_code).collect()
}

fn objection(
    code: ImageCode,
    message: String,
    remediation: String,
    facts: Option<&ImageFacts>,
) -> Objection {
    let ImageCode { code, title, .. } = code;
    let facts = Value::object(facts.map(shown).unwrap_or_default());
    let (pack, path) = (IMAGE_PACK, String::new());
    Objection { code, pack, title, message, remediation, facts, path }
}

/// A help of a code as remediations are written.
fn sentence(help: &str) -> String {
    let mut rest = help.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", rest.as_str())
}

/// What machines want to know of an image that is not verified.
fn shown(facts: &ImageFacts) -> Vec<(std::sync::Arc<str>, Value)> {
    let verification = &facts.verification;
    let text = |text: &str| Value::from(text);
    let errors = verification.errors.iter().map(|fault| {
        Value::object(vec![
            ("code".into(), text(fault.code.code())),
            ("stage".into(), text(&fault.stage)),
            ("message".into(), text(&fault.message)),
            ("help".into(), text(fault.code.help())),
        ])
    });
    let shortfalls = verification.shortfalls.iter().map(|shortfall| text(shortfall.code()));
    let rejected = facts.rejected.iter().map(|item| item.reason.code());
    let rejected: BTreeSet<&str> = rejected.collect();
    vec![
        ("errors".into(), Value::array(errors.collect())),
        ("image".into(), text(facts.resolved.as_deref().unwrap_or(&facts.requested))),
        ("rejected".into(), Value::array(rejected.into_iter().map(text).collect())),
        ("rule".into(), text(verification.rule.as_deref().unwrap_or_default())),
        ("shortfalls".into(), Value::array(shortfalls.collect())),
    ]
}

fn finding(
    objection: Objection,
    subject: Subject,
    case: &Case<'_>,
    circumstances: &Circumstances<'_>,
) -> Finding {
    let Objection { code, pack, title, message, remediation, facts, path } = objection;
    let (code, severity) = (Code::from_source(code), Severity::High);
    let secrets = &case.release.secrets;
    let (resource, location) = place(case.release, subject, &path);
    Finding {
        fingerprint: Finding::fingerprint_of(
            &code,
            &resource,
            &location.file,
            &secrets.mask(&location.path),
            &secrets.mask(&message),
        ),
        severity,
        enforcement: enforcement_of(case.rules, &code, pack, severity, circumstances),
        state: FindingState::Open,
        title: title.to_owned(),
        message: secrets.redact(&message).into_owned(),
        remediation,
        controls: Vec::new(),
        resource,
        location: Location { path: secrets.redact(&location.path).into_owned(), ..location },
        policy: EVIDENCE.to_owned(),
        facts: super::verdict::redact_value(case.release, &facts),
        code,
    }
}
