//! Documents that say whether vulnerabilities matter: known by their own words, read with the evidence.

use crate::document::text::holds;
use crate::domain::place::SourceFile;

/// Whether a file is an `OpenVEX`, CSAF or CycloneDX document with words about vulnerabilities.
pub(super) fn is_document(file: &SourceFile) -> bool {
    let text = file.text.trim_start_matches('\u{feff}').trim_start();
    let has = |word: &str| holds(text, word);
    text.starts_with('{')
        && (has("openvex.dev/ns") && has("\"statements\"")
            || has("\"csaf_version\"")
            || has("\"CycloneDX\"") && has("\"vulnerabilities\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_its_words() {
        for (text, expected) in [
            (r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": []}"#, true),
            (r#"{"document": {"csaf_version": "2.0"}}"#, true),
            (r#"{"bomFormat": "CycloneDX", "vulnerabilities": []}"#, true),
            (r#"{"bomFormat": "CycloneDX", "components": []}"#, false),
            ("apiVersion: v1 # openvex.dev/ns \"statements\"", false),
        ] {
            assert_eq!(
                is_document(&SourceFile::new("a.json", text.to_owned())),
                expected,
                "{text}"
            );
        }
    }
}
