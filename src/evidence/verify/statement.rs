//! In-toto statements: who says what about which digests.
//!
//! Source: github.com/in-toto/attestation, `spec/v1/statement.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::evidence::SubjectFacts;
use crate::domain::evidence::code::RejectionCode;
use crate::domain::predicate::Predicate;
use crate::domain::value::Value;
use crate::evidence::predicate;
use crate::evidence::verify::json;
use crate::evidence::verify::rejection::Rejection;
use crate::evidence::verify::simple::texts_of;

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPES: [&str; 2] =
    ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];
/// What cosign 3 writes when it signs: a signature in the dress of an attestation.
const COSIGN_SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// A statement, read once from the bytes that are signed.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the facts that policies see have these names")]
pub(super) struct Statement {
    pub(super) statement_type: String,
    pub(super) predicate_type: String,
    pub(super) subjects: Vec<Subject>,
    pub(super) predicate: Value,
    /// What the predicate says.
    pub(super) facts: Predicate,
    /// The text of a bill of materials.
    pub(super) bill: Option<Arc<str>>,
    /// Bytes of the whole statement.
    pub(super) size_bytes: usize,
}

/// One of the things that a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) facts: SubjectFacts,
    /// What `cosign sign -a key=value` writes.
    pub(super) annotations: BTreeMap<String, String>,
}

/// Reads a statement from the payload of an envelope.
pub(super) fn read(payload_type: &str, payload: &[u8]) -> Result<Statement, Rejection> {
    if payload_type != PAYLOAD_TYPE {
        return Err(refuse(format!("the payload type is `{payload_type}`, not `{PAYLOAD_TYPE}`")));
    }
    let value = json::read(payload, "the statement")?;
    let statement_type = json::text(&value, &["_type"], "the statement")?;
    if !STATEMENT_TYPES.contains(&statement_type) {
        return Err(refuse(format!("`{statement_type}` is no type of statement that is known")));
    }
    let predicate_type = json::text(&value, &["predicateType"], "the statement")?;
    let subjects = value
        .get("subject")
        .and_then(Value::as_array)
        .ok_or_else(|| refuse("the statement has no list `subject`"))?;
    // The specification lets it be left out, and then it says nothing.
    let predicate = value.get("predicate").cloned().unwrap_or_else(|| Value::object(Vec::new()));
    let text = predicate_text(predicate_type, payload)?;
    let facts = predicate::read(predicate_type, &predicate, text).map_err(|malformed| {
        Rejection::new(RejectionCode::PredicateMalformed, malformed.to_string())
    })?;
    let bill = matches!(facts, Predicate::Sbom(_))
        // XML and tag-value documents are attested as one string.
        .then(|| Arc::from(predicate.as_str().unwrap_or(text)));
    Ok(Statement {
        statement_type: statement_type.to_owned(),
        bill,
        predicate_type: predicate_type.to_owned(),
        subjects: subjects.iter().map(subject).collect::<Result<_, _>>()?,
        predicate,
        facts,
        size_bytes: payload.len(),
    })
}

/// The predicate's bytes as they are signed; empty where nobody asks for them.
fn predicate_text<'p>(predicate_type: &str, payload: &'p [u8]) -> Result<&'p str, Rejection> {
    #[derive(serde::Deserialize)]
    struct Signed<'p> {
        #[serde(borrow)]
        predicate: Option<&'p serde_json::value::RawValue>,
    }
    if !predicate::is_about_bytes(predicate_type) {
        return Ok("");
    }
    let signed: Signed<'p> = serde_json::from_slice(payload)
        .map_err(|cause| Rejection::new(RejectionCode::Unreadable, cause.to_string()))?;
    Ok(signed.predicate.map(serde_json::value::RawValue::get).unwrap_or_default())
}

impl Statement {
    /// Whether it says no more than "this is signed".
    pub(super) fn is_signature(&self) -> bool {
        self.predicate_type == COSIGN_SIGNATURE
    }

    /// The first of `digests` that it is about, with the subject that names it.
    pub(super) fn about(&self, digests: &[Digest]) -> Option<(Digest, &Subject)> {
        digests.iter().find_map(|digest| {
            let hex = digest.to_hex();
            let subject = self
                .subjects
                .iter()
                .find(|subject| subject.facts.digest.get("sha256") == Some(&hex))?;
            Some((*digest, subject))
        })
    }
}

fn subject(value: &Value) -> Result<Subject, Rejection> {
    let digests = value
        .get("digest")
        .and_then(Value::as_object)
        .ok_or_else(|| refuse("a subject of the statement has no `digest`"))?;
    let mut digest = BTreeMap::new();
    for (algorithm, hex) in digests.entries() {
        let hex = hex
            .as_str()
            .ok_or_else(|| refuse("a digest of a subject of the statement is no string"))?;
        digest.insert(algorithm.to_string(), hex.to_owned());
    }
    let name = value.get("name").and_then(Value::as_str).map(str::to_owned);
    let facts = SubjectFacts { name, digest };
    Ok(Subject { facts, annotations: texts_of(value.get("annotations")) })
}

fn refuse(message: impl Into<String>) -> Rejection {
    Rejection::new(RejectionCode::NotInToto, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(subjects: &str) -> String {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{subjects}],"predicateType":"p","predicate":{{}}}}"#
        )
    }

    #[test]
    fn any_of_many_subjects_may_be_the_image() {
        let digest = Digest::of(b"image");
        let text = statement(&format!(
            r#"{{"name":"a","digest":{{"sha256":"00"}}}},{{"name":"b","digest":{{"sha256":"{}"}}}}"#,
            digest.to_hex()
        ));
        let statement = read(PAYLOAD_TYPE, text.as_bytes()).unwrap();
        let (found, subject) = statement.about(&[Digest::of(b"other"), digest]).unwrap();
        assert_eq!((found, subject.facts.name.as_deref()), (digest, Some("b")));
        assert!(statement.about(&[Digest::of(b"other")]).is_none());
    }

    #[test]
    fn a_digest_under_another_algorithm_does_not_count() {
        let hex = Digest::of(b"image").to_hex();
        let text = statement(&format!(r#"{{"digest":{{"sha512":"{hex}","gitCommit":"{hex}"}}}}"#));
        let statement = read(PAYLOAD_TYPE, text.as_bytes()).unwrap();
        assert!(statement.about(&[Digest::of(b"image")]).is_none());
    }

    #[test]
    fn a_duplicate_key_anywhere_is_refused() {
        let text = statement(r#"{"digest":{"sha256":"00","sha256":"11"}}"#);
        let code = read(PAYLOAD_TYPE, text.as_bytes()).unwrap_err().code;
        assert_eq!(code, RejectionCode::DuplicateKey);
    }

    #[test]
    fn other_payload_types_and_statement_types_are_refused() {
        let text = statement("");
        let code =
            |payload_type: &str, text: &str| read(payload_type, text.as_bytes()).unwrap_err().code;
        assert_eq!(code("text/plain", &text), RejectionCode::NotInToto);
        let other = text.replace("Statement/v1", "Statement/v9");
        assert_eq!(code(PAYLOAD_TYPE, &other), RejectionCode::NotInToto);
    }
}
