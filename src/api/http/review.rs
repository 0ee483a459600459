//! `AdmissionReview`: what a Kubernetes API server asks, and what it is answered. Pure.
//!
//! Source: Kubernetes, `admission.k8s.io/v1`; real reviews of kube-apiserver v1.34.2 are under tests/cases/admission.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::decision::{Decision, Verdict};
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::finding::{Enforcement, Finding, FindingState};

/// `kubectl` shows about this much of a warning; the API server may cut what is longer than 256.
const MAX_WARNING_CHARS: usize = 120;
/// The API server drops warnings when they have more than 4 KiB in all.
const MAX_WARNINGS: usize = 20;
const MAX_REASONS: usize = 20;
const MAX_REASON_CHARS: usize = 300;
const MAX_ANNOTATION_CHARS: usize = 1024;

/// Subresources whose object is no manifest, or of which only the status counts: a cluster lives by writing them.
const WITHOUT_MANIFEST: [&str; 12] = [
    "approval",
    "attach",
    "binding",
    "eviction",
    "exec",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "status",
    "token",
    "rollback",
];

/// A review as it is sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Review<'a> {
    pub(super) api_version: String,
    pub(super) kind: String,
    #[serde(borrow)]
    pub(super) request: Option<Asked<'a>>,
}

/// What is asked. Fields that the gate does not need are left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked<'a> {
    pub(super) uid: String,
    #[serde(default)]
    kind: KindName,
    #[serde(default)]
    resource: ResourceName,
    #[serde(default)]
    sub_resource: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    operation: String,
    #[serde(default)]
    user_info: UserInfo,
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
    #[serde(default)]
    dry_run: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KindName {
    kind: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResourceName {
    resource: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UserInfo {
    username: String,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    generate_name: Option<String>,
    deletion_timestamp: Option<String>,
    annotations: Option<Annotations>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Annotations {
    #[serde(rename = "goldgate.dev/sbom")]
    bills: Option<serde_json::Value>,
}

/// The annotation that names bills of materials which the record keeps, by digests with commas between them.
const BILLS: &str = "goldgate.dev/sbom";
const MAX_BILLS: usize = 16;

/// Why a deletion is let pass.
pub(super) const DELETION: &str = "a deletion brings nothing in";

/// What is to be done with a review.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task<'a> {
    /// Evaluate this object, known by this path.
    Judge {
        object: &'a str,
        path: String,
        /// The bills that it names.
        bills: Vec<Digest>,
    },
    /// Let it pass without looking, for this reason.
    Pass(&'static str),
    /// Let it pass: this object is to be deleted, in the words of the inventory (`Deployment/shop/web`).
    Delete { part: String },
}

impl<'a> Asked<'a> {
    /// What is to be done.
    ///
    /// # Errors
    /// `Invalid` when the object is missing or has no head that can be read.
    pub(super) fn task(&self) -> Result<Task<'a>, Error> {
        match self.operation.as_str() {
            "DELETE" if self.sub_resource.is_empty() && !self.name.is_empty() => {
                let Self { kind, namespace, name, .. } = self;
                return Ok(Task::Delete { part: format!("{}/{namespace}/{name}", kind.kind) });
            }
            "DELETE" => return Ok(Task::Pass(DELETION)),
            "CONNECT" => return Ok(Task::Pass("a connection carries no manifest")),
            _ => {}
        }
        if WITHOUT_MANIFEST.contains(&self.sub_resource.as_str()) {
            return Ok(Task::Pass("the subresource carries no manifest"));
        }
        let object = self.object.ok_or_else(|| {
            Error::invalid(format!("the review of operation `{}` has no object", self.operation))
                .with_field("request.object")
        })?;
        let head: Head = serde_json::from_str(object.get()).map_err(|cause| {
            Error::invalid("the review's object is no Kubernetes object")
                .with_field("request.object")
                .with_source(cause)
        })?;
        let metadata = head.metadata.unwrap_or_default();
        if self.operation == "UPDATE" && metadata.deletion_timestamp.is_some() {
            // Its finalizers must be able to go, whatever the policies say by now.
            return Ok(Task::Pass("the object is being deleted"));
        }
        let generated = || format!("{}*", metadata.generate_name.as_deref().unwrap_or_default());
        let name = if self.name.is_empty() { generated() } else { self.name.clone() };
        let parts = [&self.namespace, &self.resource.resource, &self.sub_resource, &name];
        let parts: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let path = format!("{}.json", parts.join("/"));
        let bills = bills(metadata.annotations.unwrap_or_default())?;
        Ok(Task::Judge { object: object.get(), path, bills })
    }

    /// Whether nothing may be written down.
    pub(super) fn dry_run(&self) -> bool {
        self.dry_run.unwrap_or(false)
    }

    /// Who asks.
    pub(super) fn actor(&self) -> &str {
        &self.user_info.username
    }
}

/// What an object names by [`BILLS`]. What cannot be read is not passed by: a bill that was meant would go unjudged.
fn bills(annotations: Annotations) -> Result<Vec<Digest>, Error> {
    let Some(written) = annotations.bills.filter(|written| !written.is_null()) else {
        return Ok(Vec::new());
    };
    let wrong = |message: String| {
        Error::invalid(message)
            .with_field(format!("request.object.metadata.annotations[{BILLS}]"))
            .with_help("write `sha256:…`, several with commas between them")
    };
    let text = written.as_str().ok_or_else(|| wrong(format!("`{written}` is no text")))?;
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let digest = |part: &str| {
        part.parse::<Digest>().map_err(|_wrong| wrong(format!("`{part}` is no digest of a bill")))
    };
    let bills = parts.map(digest).collect::<Result<Vec<Digest>, Error>>()?;
    if bills.len() > MAX_BILLS {
        return Err(wrong(format!(
            "{} bills are named, {MAX_BILLS} at most are read",
            bills.len()
        )));
    }
    Ok(bills)
}

/// The path of the object that a review brings; none when the review cannot be read, or is passed by. Public for the fuzz
/// target alone, which has no server.
pub fn path_of(body: &[u8]) -> Option<String> {
    let review: Review<'_> = serde_json::from_slice(body).ok()?;
    match review.request?.task().ok()? {
        Task::Judge { path, .. } => Some(path),
        Task::Pass(_) | Task::Delete { .. } => None,
    }
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    api_version: String,
    kind: String,
    response: Response,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    uid: String,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
struct Status {
    code: u16,
    message: String,
}

impl Answer {
    fn new(review: &Review<'_>, uid: &str, allowed: bool) -> Self {
        Self {
            api_version: review.api_version.clone(),
            kind: review.kind.clone(),
            response: Response {
                uid: uid.to_owned(),
                allowed,
                status: None,
                warnings: Vec::new(),
                audit_annotations: BTreeMap::new(),
            },
        }
    }

    /// It passes without having been looked at.
    pub(super) fn passed(review: &Review<'_>, uid: &str, reason: &str) -> Self {
        let mut answer = Self::new(review, uid, true);
        answer.response.audit_annotations.insert("not-evaluated", reason.to_owned());
        answer
    }

    /// It was decided.
    pub(super) fn decided(review: &Review<'_>, uid: &str, decision: &Decision) -> Self {
        let allowed = decision.verdict == Verdict::Allow;
        let mut answer = Self::new(review, uid, allowed);
        if !allowed {
            answer.response.status = Some(Status { code: 403, message: reasons(decision) });
        }
        answer.response.warnings = warnings(decision);
        let codes: Vec<&str> = open(decision).map(|finding| finding.code.as_str()).collect();
        answer.response.audit_annotations.extend([
            ("decision-id", decision.id.to_string()),
            ("verdict", decision.verdict.to_string()),
            ("revision", shortened(&decision.revision.id, MAX_ANNOTATION_CHARS)),
            ("codes", shortened(&unique(codes).join(","), MAX_ANNOTATION_CHARS)),
        ]);
        answer
    }

    /// It could not be decided, so it does not pass. Whether the cluster lets it pass when the gate is away is the
    /// cluster's `failurePolicy`.
    pub(super) fn undecided(review: &Review<'_>, uid: &str, code: u16, error: &Error) -> Self {
        let mut answer = Self::new(review, uid, false);
        let help = error.help().map(|help| format!(" ({help})")).unwrap_or_default();
        let message = format!("goldgate could not decide: {}{help}", error.external());
        let message = shortened(&message, MAX_REASON_CHARS);
        answer.response.status = Some(Status { code, message });
        answer.response.audit_annotations.insert("not-evaluated", error.kind().as_str().to_owned());
        answer
    }
}

fn open(decision: &Decision) -> impl Iterator<Item = &Finding> {
    decision.findings.iter().filter(|finding| finding.state == FindingState::Open)
}

fn with_enforcement(decision: &Decision, enforcement: Enforcement) -> Vec<&Finding> {
    open(decision).filter(|finding| finding.enforcement == enforcement).collect()
}

fn unique(mut codes: Vec<&str>) -> Vec<&str> {
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// One line per reason, so that it reads well wherever it is shown.
fn reasons(decision: &Decision) -> String {
    let denying = with_enforcement(decision, Enforcement::Deny);
    let mut lines = vec![format!("denied by goldgate, decision {}", decision.id)];
    lines.extend(denying.iter().take(MAX_REASONS).map(|finding| {
        let remedy = match finding.remediation.as_str() {
            "" => String::new(),
            remedy => format!(" ({remedy})"),
        };
        shortened(&format!("{}: {}{remedy}", finding.code, finding.message), MAX_REASON_CHARS)
    }));
    if let Some(more @ 1..) = denying.len().checked_sub(MAX_REASONS) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

fn warnings(decision: &Decision) -> Vec<String> {
    let warning = with_enforcement(decision, Enforcement::Warn);
    let mut lines: Vec<String> = warning
        .iter()
        .take(MAX_WARNINGS)
        .map(|finding| {
            shortened(&format!("{}: {}", finding.code, finding.message), MAX_WARNING_CHARS)
        })
        .collect();
    if let Some(more @ 1..) = warning.len().checked_sub(MAX_WARNINGS) {
        lines.push(format!("goldgate has {more} more warnings: see decision {}", decision.id));
    }
    lines
}

/// One line of at most `max_chars` characters, an ellipsis at its end when something is missing.
fn shortened(text: &str, max_chars: usize) -> String {
    let line: String =
        text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    if line.chars().count() <= max_chars {
        return line;
    }
    line.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect()
}

/// A duration as Go writes it: `5s`, `1m30s`, `500ms`, `2.5s`.
///
/// Source: Go, `time.Duration.String`.
pub(crate) fn read_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let number_len = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let (number, behind) = rest.split_at_checked(number_len)?;
        let unit_len = behind.find(|char: char| char.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, next) = behind.split_at_checked(unit_len)?;
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        let amount: f64 = number.parse().ok()?;
        total = total.checked_add(Duration::try_from_secs_f64(amount * seconds).ok()?)?;
        rest = next;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(operation: &str, sub_resource: &str, object: &str) -> String {
        format!(
            r#"{{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {{
                "uid": "u1", "operation": "{operation}", "subResource": "{sub_resource}", "name": "a",
                "namespace": "shop", "kind": {{"kind": "Pod"}}, "resource": {{"resource": "pods"}}, "object": {object}}}}}"#
        )
    }

    fn path_or_reason(text: &str) -> String {
        let review: Review<'_> = serde_json::from_str(text).unwrap();
        match review.request.unwrap().task().unwrap() {
            Task::Judge { path, .. } => path,
            Task::Pass(reason) => format!("pass: {reason}"),
            Task::Delete { part } => format!("delete: {part}"),
        }
    }

    fn named(annotation: &str) -> Result<Vec<String>, String> {
        let metadata = format!(r#"{{"metadata": {{"annotations": {{"a": 1, {annotation}}}}}}}"#);
        let text = asked("CREATE", "", &metadata);
        let review: Review<'_> = serde_json::from_str(&text).unwrap();
        match review.request.unwrap().task() {
            Ok(Task::Judge { bills, .. }) => Ok(bills.iter().map(ToString::to_string).collect()),
            Ok(Task::Pass(_) | Task::Delete { .. }) => panic!("it is judged"),
            Err(error) => Err(error.external().to_owned()),
        }
    }

    #[test]
    fn bills_are_named_by_digests_and_nothing_else() {
        let digest = Digest::of(b"").to_string();
        let two = format!(r#""goldgate.dev/sbom": "{digest}, {digest},""#);
        assert_eq!(named(&two), Ok(vec![digest.clone(), digest]));
        assert_eq!(named(r#""b": "c""#), Ok(Vec::new()));
        assert_eq!(named(r#""goldgate.dev/sbom": null"#), Ok(Vec::new()));
        let many =
            format!(r#""goldgate.dev/sbom": "{}""#, format!("{},", Digest::of(b"")).repeat(17));
        for (wrong, told) in [
            (r#""goldgate.dev/sbom": "bom.json""#, "`bom.json` is no digest of a bill"),
            (r#""goldgate.dev/sbom": ["a"]"#, "`[\"a\"]` is no text"),
            (many.as_str(), "17 bills are named, 16 at most are read"),
        ] {
            assert_eq!(named(wrong), Err(told.to_owned()));
        }
    }

    #[test]
    fn only_what_brings_a_manifest_is_judged() {
        for (operation, sub_resource, object, expected) in [
            ("CREATE", "", r#"{"metadata": {}}"#, "shop/pods/a.json"),
            ("UPDATE", "scale", r#"{"metadata": {}}"#, "shop/pods/scale/a.json"),
            ("UPDATE", "ephemeralcontainers", "{}", "shop/pods/ephemeralcontainers/a.json"),
            ("UPDATE", "status", "{}", "pass: the subresource carries no manifest"),
            ("CONNECT", "exec", "{}", "pass: a connection carries no manifest"),
            ("DELETE", "", "null", "delete: Pod/shop/a"),
            ("DELETE", "status", "null", "pass: a deletion brings nothing in"),
            (
                "UPDATE",
                "",
                r#"{"metadata": {"deletionTimestamp": "2026-11-22T10:18:05Z"}}"#,
                "pass: the object is being deleted",
            ),
            (
                "CREATE",
                "",
                r#"{"metadata": {"deletionTimestamp": "2026-11-22T10:18:05Z"}}"#,
                "shop/pods/a.json",
            ),
        ] {
            assert_eq!(path_or_reason(&asked(operation, sub_resource, object)), expected);
        }
    }

    #[test]
    fn a_creation_without_an_object_is_no_allow() {
        let text = asked("CREATE", "", "null");
        let review: Review<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(review.request.unwrap().task().unwrap_err().field(), Some("request.object"));
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, expected) in [
            ("5s", Some(5_000)),
            ("1m30s", Some(90_000)),
            ("500ms", Some(500)),
            ("2.5s", Some(2_500)),
            ("", None),
            ("5", None),
            ("s", None),
            ("5x", None),
            ("1.2.3s", None),
            ("-5s", None),
        ] {
            assert_eq!(read_duration(text), expected.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn a_long_line_is_cut_by_characters() {
        assert_eq!(shortened("größer\nals", 7), "größer…");
        assert_eq!(shortened("größer", 6), "größer");
    }
}
