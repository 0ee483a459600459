//! Simple signing: the payload of cosign's `.sig` tags.
//!
//! Source: github.com/sigstore/cosign, `specs/SIGNATURE_SPEC.md`.

use std::collections::BTreeMap;

use crate::domain::digest::Digest;
use crate::domain::evidence::code::RejectionCode;
use crate::domain::value::Value;
use crate::evidence::verify::json;
use crate::evidence::verify::rejection::Rejection;

const PAYLOAD_TYPE: &str = "cosign container image signature";

/// What a simple signing payload says.
///
/// Its `docker-reference` is left out on purpose: it proves nothing, the digest does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SimpleSigning {
    pub(super) digest: Digest,
    pub(super) annotations: BTreeMap<String, String>,
}

/// Reads a payload.
pub(super) fn read(payload: &[u8]) -> Result<SimpleSigning, Rejection> {
    let value = json::read(payload, "the payload")?;
    let refuse = |message: &str| Rejection::new(RejectionCode::NotASignature, message);
    if value.at(&["critical", "type"]).and_then(Value::as_str) != Some(PAYLOAD_TYPE) {
        return Err(refuse(
            "`critical.type` of the payload is not `cosign container image signature`",
        ));
    }
    let digest = value
        .at(&["critical", "image", "docker-manifest-digest"])
        .and_then(Value::as_str)
        .and_then(|digest| digest.parse().ok())
        .ok_or_else(|| {
            refuse("`critical.image.docker-manifest-digest` of the payload is no SHA-256 digest")
        })?;
    Ok(SimpleSigning { digest, annotations: texts_of(value.get("optional")) })
}

/// The entries of an object that are strings.
pub(super) fn texts_of(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).map_or(&[][..], |object| object.entries());
    entries
        .iter()
        .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "4b8d0000000000000000000000000000000000000000000000000000000000ff";

    fn code_of(payload: &str) -> RejectionCode {
        read(payload.as_bytes()).unwrap_err().code
    }

    #[test]
    fn a_payload_says_its_digest_and_its_annotations() {
        let payload = format!(
            r#"{{"critical":{{"identity":{{"docker-reference":"x"}},"image":{{"docker-manifest-digest":"sha256:{HEX}"}},
               "type":"cosign container image signature"}},"optional":{{"env":"prod","n":1}}}}"#
        );
        let read = read(payload.as_bytes()).unwrap();
        assert_eq!(read.digest.to_hex(), HEX);
        assert_eq!(read.annotations, BTreeMap::from([("env".to_owned(), "prod".to_owned())]));
    }

    #[test]
    fn two_digests_in_one_payload_are_refused() {
        let payload = format!(
            r#"{{"critical":{{"image":{{"docker-manifest-digest":"sha256:{HEX}","docker-manifest-digest":"sha256:{HEX}"}},
               "type":"cosign container image signature"}}}}"#
        );
        assert_eq!(code_of(&payload), RejectionCode::DuplicateKey);
    }

    #[test]
    fn another_type_another_algorithm_and_no_json_are_refused() {
        assert_eq!(code_of("{}"), RejectionCode::NotASignature);
        assert_eq!(
            code_of(r#"{"critical":{"type":"atomic container signature"}}"#),
            RejectionCode::NotASignature
        );
        assert_eq!(
            code_of(
                r#"{"critical":{"type":"cosign container image signature","image":{"docker-manifest-digest":"sha512:00"}}}"#
            ),
            RejectionCode::NotASignature
        );
        assert_eq!(code_of("<html>"), RejectionCode::Unreadable);
    }
}
