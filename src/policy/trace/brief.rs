//! Values as a trace shows them: short, and without secrets.

use std::fmt::Write as _;
use std::io;

use crate::domain::secret::Secrets;
use crate::domain::value::Value;

/// A value of so many characters is shown as it is.
const WHOLE: usize = 120;

/// Of a longer one as much as this is shown, with what stands inside its parts left out.
const AT_MOST: usize = 240;

/// Of a text inside a longer value as much as this is shown.
const PART: usize = 60;

/// Nothing larger is looked through for secrets.
const READ: usize = 64 * 1024;

/// The value as JSON where it is short, else its outermost parts. Secrets are replaced before anything is cut: half a
/// secret would not be known as one.
pub(super) fn brief(value: &Value, secrets: &Secrets) -> String {
    if let Some(whole) = json(value) {
        let whole = secrets.redact(&whole);
        if whole.chars().nth(WHOLE).is_none() {
            return whole.into_owned();
        }
    }
    match value {
        Value::Object(_) | Value::Map(_) => {
            let part = |(key, part): (Value, &Value)| {
                format!("{}:{}", scalar(&key, secrets, PART), outermost(part, secrets))
            };
            // What a thing is called says most of it.
            let plain = value.pairs().filter(|(_, part)| part.size().is_none());
            let composed = value.pairs().filter(|(_, part)| part.size().is_some());
            parts("{", plain.chain(composed).map(part), "}")
        }
        Value::Array(items) => parts("[", items.iter().map(|it| outermost(it, secrets)), "]"),
        Value::Set(set) => parts("[", set.items().iter().map(|it| outermost(it, secrets)), "]"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            scalar(value, secrets, WHOLE)
        }
    }
}

/// A part of a value, of which nothing that it holds itself is shown.
fn outermost(value: &Value, secrets: &Secrets) -> String {
    match (value, value.size()) {
        (Value::Object(_) | Value::Map(_), Some(1..)) => "{…}".to_owned(),
        (Value::Array(_) | Value::Set(_), Some(1..)) => "[…]".to_owned(),
        _ => scalar(value, secrets, PART),
    }
}

fn scalar(value: &Value, secrets: &Secrets, at_most: usize) -> String {
    let Some(whole) = json(value) else { return "\"…\"".to_owned() };
    let whole = secrets.redact(&whole);
    match whole.char_indices().nth(at_most) {
        Some((end, _)) => format!("{}…\"", whole.get(..end).unwrap_or_default()),
        None => whole.into_owned(),
    }
}

fn parts(open: &str, parts: impl Iterator<Item = String>, close: &str) -> String {
    let mut out = open.to_owned();
    for (number, part) in parts.enumerate() {
        if out.chars().count() + part.chars().count() > AT_MOST {
            let _infallible = write!(out, ",…");
            break;
        }
        let comma = if number == 0 { "" } else { "," };
        let _infallible = write!(out, "{comma}{part}");
    }
    out + close
}

/// The value as JSON; `None` where that is too long.
fn json(value: &Value) -> Option<String> {
    let mut bounded = Bounded(Vec::new());
    serde_json::to_writer(&mut bounded, value).ok()?;
    String::from_utf8(bounded.0).ok()
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > READ {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str, secrets: &[&str]) -> String {
        let value: Value = serde_json::from_str(json).unwrap();
        let secrets = secrets.iter().map(ToString::to_string).collect();
        let secrets = Secrets::new(secrets, b"salt");
        brief(&value, &secrets)
    }

    #[test]
    fn a_short_value_is_shown_whole_and_a_long_one_by_its_parts() {
        assert_eq!(shown(r#"{"a": [1, {"b": null}]}"#, &[]), r#"{"a":[1,{"b":null}]}"#);
        let long =
            format!(r#"{{"image": {{"tag": "{}"}}, "name": "web", "none": []}}"#, "x".repeat(200));
        assert_eq!(shown(&long, &[]), r#"{"name":"web","image":{…},"none":[]}"#);
        let many = format!("[{}]", vec!["12345"; 1000].join(","));
        let many = shown(&many, &[]);
        assert!(many.chars().count() < 250 && many.ends_with(",…]"), "{many}");
        let text = shown(&format!(r#""{}""#, "y".repeat(70_000)), &[]);
        assert_eq!(text, "\"…\"");
        let text = shown(&format!(r#""{}""#, "y".repeat(7000)), &[]);
        assert!(text.ends_with("y…\"") && text.chars().count() < 125, "{text}");
    }

    #[test]
    fn a_secret_is_replaced_before_the_text_is_cut() {
        let secret = "s3cret-".repeat(20);
        for json in [
            format!(r#"{{"name": "db", "password": "{secret}"}}"#),
            format!(r#""{secret}""#),
            format!(r#"["{secret}", "{}"]"#, "z".repeat(200)),
        ] {
            let shown = shown(&json, &[&secret]);
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
