//! Where secrets stand, so that nothing of them leaves the gate.

mod credential;
mod text;

use base64::Engine as _;

use self::credential::{holds_credential, is_literal, mentions_credential, names_credential};
use crate::document::{self, Document, DocumentLimits};
use crate::domain::place::{Place, Places, SourceFile, Span};
use crate::domain::secret::Secrets;
use crate::domain::value::{Object, Value};

pub(super) use self::text::{in_comments, in_text};

/// What `kubectl apply` keeps of the object as it was applied last.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Lines of a secret that are at least this long are secrets of their own: a file may show one of them alone.
const MIN_LINE_CHARS: usize = 16;

/// Adds the places and values of the secrets of a document that stands in `text`.
pub(super) fn in_document(
    document: &Document,
    text: &str,
    spans: &mut Vec<Span>,
    values: &mut Vec<String>,
) {
    let mut finder = Finder { source: Some((text, document.places.as_ref())), spans, values };
    finder.value(&document.value, document.root);
}

/// Adds the password of an image reference that is written like an address: `user:password@registry/name`.
pub(super) fn in_image(reference: &str, values: &mut Vec<String>) {
    let Some((user, behind)) = reference.rsplit_once('@') else { return };
    let is_digest = behind.split_once(':').is_some_and(|(algorithm, _)| !algorithm.contains('/'));
    let (_, user) = user.split_once("://").unwrap_or(("", user));
    if !is_digest && let Some((_, password)) = user.split_once(':') {
        keep(password, values);
    }
}

/// A line that is no document, such as an address, with its secrets replaced.
pub fn hidden(line: &str, salt: &[u8]) -> String {
    if line.is_empty() {
        return String::new();
    }
    let (mut spans, mut values) = (Vec::new(), Vec::new());
    in_text(line, &mut spans, &mut values);
    Secrets::new(values, salt).redact_file(&SourceFile::new("", line), &merged(spans))
}

/// Spans in ascending order, those that touch made one: a span inside another would else leave the rest behind.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable();
    spans.dedup_by(|next, last| {
        let overlaps = next.start <= last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    spans
}

/// Keeps the text of a secret, unless it is a word that everyone uses.
fn keep(secret: &str, values: &mut Vec<String>) {
    let secret = secret.trim();
    let is_small_number = secret.len() < 6 && secret.bytes().all(|byte| byte.is_ascii_digit());
    if !is_literal(secret) || is_small_number {
        return;
    }
    if secret.contains('\n') {
        let lines = secret.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE_CHARS);
        values.extend(lines.map(str::to_owned));
    }
    values.push(secret.to_owned());
}

/// Longer texts are not known by their base64.
const MAX_PACKED_BYTES: usize = 4096;

struct Finder<'d, 'o> {
    /// The text and the places in it; `None` while looking at a copy that is embedded in a string.
    source: Option<(&'d str, &'d Places)>,
    spans: &'o mut Vec<Span>,
    values: &'o mut Vec<String>,
}

impl Finder<'_, '_> {
    fn value(&mut self, value: &Value, place: Place) {
        match value {
            // Documents have neither maps with other keys nor sets.
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_) | Value::Set(_) => {}
            Value::String(text) => self.string(text, place),
            Value::Array(items) => self.array(items, place),
            Value::Object(object) => self.object(object, place),
        }
    }

    /// Items in order: behind a flag that names a credential stands the credential.
    fn array(&mut self, items: &[Value], place: Place) {
        let mut flag = false;
        for (index, item) in items.iter().enumerate() {
            let place = self.child(place, index);
            let text = item.as_str().unwrap_or_default();
            if flag && !text.starts_with('-') {
                self.credential(item, place);
            } else {
                self.value(item, place);
            }
            flag = text::is_flag_of_credential(text);
        }
    }

    fn child(&self, place: Place, index: usize) -> Place {
        self.source.and_then(|(_, places)| places.child(place, index)).unwrap_or(place)
    }

    fn object(&mut self, object: &Object, place: Place) {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let kind = text("kind");
        let variable = text("name").is_some_and(names_credential);
        for (index, (key, value)) in object.entries().iter().enumerate() {
            let place = self.child(place, index);
            match (key.as_ref(), kind) {
                ("data" | "stringData", Some("Secret")) => self.secret_data(key, value, place),
                ("data", Some("ConfigMap")) => self.settings(value, place),
                ("value", _) if variable => self.credential(value, place),
                ("secretGenerator", Some("Kustomization") | None) => self.literals(value, place),
                (LAST_APPLIED, _) => self.last_applied(value, place),
                (key, _) if value.as_str().is_some() && holds_credential(key) => {
                    self.credential(value, place);
                }
                _ => self.value(value, place),
            }
        }
    }

    /// Everything below `data` and `stringData` of a Secret.
    fn secret_data(&mut self, field: &str, data: &Value, place: Place) {
        let Value::Object(entries) = data else {
            self.whole(data, place);
            return;
        };
        for (index, (_, value)) in entries.entries().iter().enumerate() {
            self.whole(value, self.child(place, index));
            let decoded = value.as_str().filter(|_| field == "data").and_then(decoded);
            if let Some(decoded) = decoded {
                keep(&decoded, self.values);
            }
        }
    }

    /// The entries of a `ConfigMap`, whose keys may name credentials as variables do.
    fn settings(&mut self, data: &Value, place: Place) {
        let Value::Object(entries) = data else {
            self.value(data, place);
            return;
        };
        for (index, (key, value)) in entries.entries().iter().enumerate() {
            let place = self.child(place, index);
            if names_credential(key) {
                self.credential(value, place);
            } else {
                self.value(value, place);
            }
        }
    }

    /// A value under a name that names a credential.
    fn credential(&mut self, value: &Value, place: Place) {
        if value.as_str().is_none_or(is_literal) {
            self.whole(value, place);
        }
    }

    /// The values of `name=value` in what a Secret is generated from.
    fn literals(&mut self, value: &Value, place: Place) {
        match value {
            // Documents have neither maps with other keys nor sets.
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_) | Value::Set(_) => {}
            Value::String(text) => {
                if let Some((_, secret)) = text.split_once('=') {
                    keep(secret.trim_matches(['"', '\'']), self.values);
                    self.mark(place.value);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.literals(item, self.child(place, index));
                }
            }
            Value::Object(object) => {
                for (index, (_, value)) in object.entries().iter().enumerate() {
                    self.literals(value, self.child(place, index));
                }
            }
        }
    }

    /// The copy of the whole object: it is a secret as a whole once there is one in it.
    fn last_applied(&mut self, value: &Value, place: Place) {
        let Some(text) = value.as_str() else { return };
        if self.embedded(text) || text.contains("\"kind\":\"Secret\"") {
            self.mark(place.value);
        }
    }

    /// Keeps the secrets of a document that is written into a string; whether it has any.
    fn embedded(&mut self, text: &str) -> bool {
        let n_before = self.values.len();
        let mut spans = Vec::new();
        match document::json::read(text, &DocumentLimits::default()) {
            Ok(copy) => {
                let mut finder = Finder { source: None, spans: &mut spans, values: self.values };
                finder.value(&copy.value, copy.root);
            }
            Err(_) => in_text(text, &mut spans, self.values),
        }
        self.values.len() > n_before || !spans.is_empty()
    }

    /// A value that is secret as a whole.
    fn whole(&mut self, value: &Value, place: Place) {
        self.mark(place.value);
        match value {
            Value::String(text) => keep(text, self.values),
            Value::Number(number) => keep(&number.to_string(), self.values),
            Value::Null | Value::Bool(_) | Value::Map(_) | Value::Set(_) => {}
            Value::Array(items) => items.iter().for_each(|item| self.whole(item, place)),
            Value::Object(object) => {
                object.entries().iter().for_each(|(_, value)| self.whole(value, place));
            }
        }
    }

    /// A text that may hold well-known credentials.
    fn string(&mut self, text: &str, place: Place) {
        let n_before = self.values.len();
        let mut found: Vec<&str> = Vec::new();
        credential::shapes(text, &mut |range| found.extend(text.get(range)));
        let n_shapes = found.len();
        for secret in found {
            keep(secret, self.values);
            self.mark_within(secret, place.value);
        }
        let is_document = text.trim_start().starts_with(['{', '[']);
        let may_assign = is_document || text.contains(['\n', '=']);
        if may_assign && mentions_credential(text) {
            if is_document {
                if self.embedded(text) {
                    self.mark(place.value);
                }
                return;
            }
            let mut spans = Vec::new();
            in_text(text, &mut spans, self.values);
            for span in merged(spans) {
                self.mark_within(text.get(span.range()).unwrap_or_default(), place.value);
            }
        } else if n_shapes == 0 {
            return;
        }
        // A policy may encode the text as a whole.
        if text.len() <= MAX_PACKED_BYTES && self.values.len() > n_before {
            self.values.push(base64::engine::general_purpose::STANDARD.encode(text));
        }
    }

    /// Marks a secret where it stands in the text of a value; the whole value when it is written in another way.
    fn mark_within(&mut self, secret: &str, span: Span) {
        let Some((text, _)) = self.source else { return };
        let written = text.get(span.range()).unwrap_or_default();
        let mut n_found = 0;
        for (at, _) in written.match_indices(secret) {
            let start = span.start as usize + at;
            self.mark(Span::new(start, start + secret.len()));
            n_found += 1;
        }
        if n_found == 0 {
            self.mark(span);
        }
    }

    fn mark(&mut self, span: Span) {
        if self.source.is_some() {
            self.spans.push(span);
        }
    }
}

/// The text that a base64 value stands for, when it stands for one.
fn decoded(text: &str) -> Option<String> {
    let packed: String = text.split_ascii_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed).ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::yaml;
    use crate::domain::place::SourceFile;
    use crate::domain::secret::Secrets;

    /// The text as the record keeps it, digests shortened.
    fn redacted(text: &str) -> String {
        let (mut spans, mut values) = (Vec::new(), Vec::new());
        for document in yaml::read(text, &DocumentLimits::default()) {
            match document {
                Ok(document) => in_document(&document, text, &mut spans, &mut values),
                Err(_) => in_text(text, &mut spans, &mut values),
            }
        }
        let file = SourceFile::new("a.yaml", text);
        let shown = Secrets::new(values, b"salt").redact_file(&file, &merged(spans));
        let mut out = String::new();
        for (index, part) in shown.split("<redacted:").enumerate() {
            out.push_str(if index == 0 { part } else { part.get(13..).unwrap_or_default() });
            out.push_str(if index + 1 == shown.split("<redacted:").count() { "" } else { "***" });
        }
        out
    }

    #[test]
    fn data_of_a_secret_is_hidden_in_both_spellings() {
        let text = "kind: Secret\napiVersion: v1\ndata: {password: aHVudGVyMjI=, n: }\nstringData:\n  a: |\n    line one is long\n    two\n  b: 12\n";
        assert_eq!(
            redacted(&format!("{text}---\nx: hunter22\n")),
            "kind: Secret\napiVersion: v1\ndata: {password: ***, n: }\nstringData:\n  a: |\n    ***\n  b: ***\n---\nx: ***\n"
        );
    }

    #[test]
    fn variables_that_name_a_credential_are_hidden_and_others_are_not() {
        let text = "env:\n- {name: DB_PASSWORD, value: hunter22}\n- {name: githubToken, value: 'abcdefgh'}\n- {name: PASSWORD_FILE, value: /run/x}\n- {name: TOKEN_TTL, value: 30s}\n- {name: DB_PASSWORD, value: $(OTHER)}\n- {name: PORT, value: '80'}\n";
        assert_eq!(
            redacted(text),
            "env:\n- {name: DB_PASSWORD, value: ***}\n- {name: githubToken, value: ***}\n- {name: PASSWORD_FILE, value: /run/x}\n- {name: TOKEN_TTL, value: 30s}\n- {name: DB_PASSWORD, value: $(OTHER)}\n- {name: PORT, value: '80'}\n"
        );
    }

    #[test]
    fn well_known_shapes_are_hidden_wherever_they_stand() {
        let text = "a: postgres://app:s3cr3t@db/x\nb: [--token=ghp_0123456789abcdefghijABCDEFGHIJ012345]\nc: 'Authorization: Bearer abcdefgh12345678'\nd: AKIAIOSFODNN7EXAMPLE\ne: http://x/y\nf: postgres://app:$(PW)@db\n";
        assert_eq!(
            redacted(text),
            "a: postgres://app:***@db/x\nb: [--token=***]\nc: 'Authorization: Bearer ***'\nd: ***\ne: http://x/y\nf: postgres://app:$(PW)@db\n"
        );
        let key = "kind: ConfigMap\ndata:\n  k: |\n    -----BEGIN RSA PRIVATE KEY-----\n    MIIEpAIBAAKCAQEA\n    -----END RSA PRIVATE KEY-----\n  API_KEY: zyxwvuts\n";
        assert_eq!(redacted(key), "kind: ConfigMap\ndata:\n  k: |\n    ***\n  API_KEY: ***\n");
    }

    #[test]
    fn the_copy_of_the_last_apply_is_hidden_when_it_holds_a_secret() {
        let text = r#"metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"env":[{"name":"PASSWORD","value":"hunter22"}]}
    other: x
"#;
        assert!(!redacted(text).contains("hunter22"));
        assert!(redacted(text).contains("other: x"));
    }

    #[test]
    fn spans_that_touch_are_one() {
        let spans = vec![Span::new(5, 9), Span::new(0, 3), Span::new(1, 7), Span::new(9, 9)];
        assert_eq!(merged(spans), [Span::new(0, 9)]);
    }
}
