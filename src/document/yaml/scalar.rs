//! What a scalar means to Kubernetes: YAML 1.1 booleans and integers, YAML's own floats, JSON's limits.
//!
//! Source: go.yaml.in/yaml/v2 2.4, `resolve.go` and `decode.go`; sigs.k8s.io/yaml 1.6, `yaml.go`.

use std::borrow::Cow;

use base64::Engine as _;
use granit_parser::Tag;

use super::super::{Fault, FaultKind};
use crate::domain::place::Span;
use crate::domain::value::Number;

/// Where the tags of YAML itself live: `!!int`.
pub(super) const NAMESPACE: &str = "tag:yaml.org,2002:";

/// The meaning of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Integer(Number),
    Float(f64),
    /// The text itself.
    Text,
    /// The bytes of `!!binary`, which were text.
    Decoded(String),
}

/// Why a scalar has no meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScalarFault {
    kind: FaultKind,
    message: String,
    help: &'static str,
}

impl ScalarFault {
    fn new(kind: FaultKind, message: impl Into<String>, help: &'static str) -> Self {
        Self { kind, message: message.into(), help }
    }

    pub(super) fn at(self, span: Span) -> Fault {
        Fault::new(self.kind, self.message, span).with_help(self.help)
    }
}

/// Resolves a scalar by its text, its style and its tag.
pub(super) fn resolve(
    text: &str,
    is_plain: bool,
    tag: Option<&Tag>,
) -> Result<Scalar, ScalarFault> {
    let Some(tag) = tag else {
        return if is_plain { finite(plain(text)) } else { Ok(Scalar::Text) };
    };
    let Some(name) = tag.suffix_in_namespace(NAMESPACE) else {
        // Tags that nobody knows make a scalar text, whatever it looks like.
        return Ok(Scalar::Text);
    };
    let scalar = match name.as_ref() {
        "binary" => return binary(text),
        "timestamp" => {
            let message = "readers disagree on values with the tag `!!timestamp`";
            let help = "remove the tag and put the time into quotes";
            return Err(ScalarFault::new(FaultKind::Ambiguous, message, help));
        }
        "null" | "bool" | "int" | "float" => finite(plain(text))?,
        // `!!str`, and tags that nobody knows.
        _ => return Ok(Scalar::Text),
    };
    match (name.as_ref(), scalar) {
        ("float", Scalar::Integer(number @ Number::Int(_))) => Ok(Scalar::Float(number.to_f64())),
        ("null", scalar @ Scalar::Null)
        | ("bool", scalar @ Scalar::Bool(_))
        | ("int", scalar @ Scalar::Integer(_))
        | ("float", scalar @ Scalar::Float(_)) => Ok(scalar),
        _ => Err(ScalarFault::new(
            FaultKind::Syntax,
            format!("this value is not what its tag `!!{name}` says"),
            "remove the tag, or write a value of that type",
        )),
    }
}

/// The text of a key. Kubernetes turns keys that are booleans or numbers into text.
pub(super) fn key_text<'t>(scalar: &'t Scalar, text: &'t str) -> Result<Cow<'t, str>, ScalarFault> {
    match scalar {
        Scalar::Text => Ok(Cow::Borrowed(text)),
        Scalar::Decoded(text) => Ok(Cow::Borrowed(text)),
        Scalar::Bool(true) => Ok(Cow::Borrowed("true")),
        Scalar::Bool(false) => Ok(Cow::Borrowed("false")),
        Scalar::Integer(Number::Int(number)) => Ok(Cow::Owned(number.to_string())),
        Scalar::Float(float) => float_key(*float).map(Cow::Owned),
        Scalar::Null => {
            let message = "a key is missing here, or is null";
            let help = "write the key; `null` as text is written `\"null\"`";
            Err(ScalarFault::new(FaultKind::Syntax, message, help))
        }
        Scalar::Integer(_) => {
            let message = "a number beyond 64 bits cannot be a key";
            Err(ScalarFault::new(FaultKind::Syntax, message, "put the key into quotes"))
        }
    }
}

/// A float as Go's `strconv.FormatFloat(key, 'g', -1, 32)` writes it.
fn float_key(float: f64) -> Result<String, ScalarFault> {
    #[expect(clippy::cast_possible_truncation, reason = "Kubernetes shortens keys to 32 bits")]
    let short = float as f32;
    let written = format!("{short:e}");
    let Some((digits, exponent)) = written.split_once('e') else {
        let message = "a number beyond 32-bit floats cannot be a key";
        return Err(ScalarFault::new(FaultKind::Ambiguous, message, "put the key into quotes"));
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return Ok(format!("{digits}e{sign}{:02}", exponent.abs()));
    }
    Ok(format!("{short}"))
}

fn finite(scalar: Scalar) -> Result<Scalar, ScalarFault> {
    if !matches!(scalar, Scalar::Float(float) if !float.is_finite()) {
        return Ok(scalar);
    }
    let message = "Kubernetes has no infinity and no value that is not a number";
    let help = "write a finite number, or put the text into quotes";
    Err(ScalarFault::new(FaultKind::Syntax, message, help))
}

fn binary(text: &str) -> Result<Scalar, ScalarFault> {
    let packed: String = text.chars().filter(|char| !matches!(char, '\n' | '\r')).collect();
    let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(packed) else {
        let message = "this value is not base64, as its tag `!!binary` says";
        let help = "remove the tag, or encode the value";
        return Err(ScalarFault::new(FaultKind::Syntax, message, help));
    };
    let Ok(text) = String::from_utf8(bytes) else {
        let message =
            "the bytes of this `!!binary` are not text, and would be changed on their way";
        let help = "use `binaryData` of a ConfigMap instead";
        return Err(ScalarFault::new(FaultKind::Ambiguous, message, help));
    };
    Ok(Scalar::Decoded(text))
}

/// The meaning of a plain scalar without a tag.
pub(super) fn plain(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'+' | b'-' | b'0'..=b'9') => number(text).unwrap_or(Scalar::Text),
        Some(b'.') => point(text),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            word(text)
        }
        Some(_) => Scalar::Text,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::Text,
    }
}

/// What begins with a point: underscores stand only between digits here, as in Go.
fn point(text: &str) -> Scalar {
    match text {
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
        _ => separated(text).and_then(|text| float(&text)).map_or(Scalar::Text, Scalar::Float),
    }
}

/// The text without underscores, if each of them stands between two digits.
fn separated(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(text.into());
    }
    let between = |triple: &[u8]| match triple {
        [before, b'_', behind] => before.is_ascii_digit() && behind.is_ascii_digit(),
        _ => true,
    };
    let apart = text.as_bytes().windows(3).all(between) && !text.ends_with('_');
    apart.then(|| text.replace('_', "").into())
}

/// What begins with a digit or a sign: underscores may stand anywhere behind it.
fn number(text: &str) -> Option<Scalar> {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Some(Scalar::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Scalar::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    let plain: Cow<'_, str> =
        if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    integer(&plain).or_else(|| float(&plain).map(Scalar::Float)).or_else(|| signed_binary(&plain))
}

/// An integer in decimal, or in octal (`0644`, `0o644`), hexadecimal or binary digits, that fits into 64 bits.
fn integer(text: &str) -> Option<Scalar> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (Some('-'), text.get(1..)?),
        b'+' => (Some('+'), text.get(1..)?),
        _ => (None, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, digits.get(2..)?),
        [b'0', b'b' | b'B', _, ..] => (2, digits.get(2..)?),
        [b'0', b'o' | b'O', _, ..] => (8, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    let number = match sign {
        // Go reads 2^63 and beyond as an integer only without a sign.
        None => Number::from(magnitude),
        Some('-') => Number::Int(0_i64.checked_sub_unsigned(magnitude)?),
        Some(_) => Number::Int(i64::try_from(magnitude).ok()?),
    };
    Some(Scalar::Integer(number))
}

/// `0b-11`: Go takes the prefix off before it looks for a sign.
fn signed_binary(text: &str) -> Option<Scalar> {
    let digits = text.strip_prefix("0b")?;
    let magnitude = digits.strip_prefix(['+', '-'])?;
    if !magnitude.bytes().all(|byte| matches!(byte, b'0' | b'1')) {
        return None;
    }
    i64::from_str_radix(digits, 2).ok().map(|number| Scalar::Integer(Number::Int(number)))
}

/// A decimal float that is finite: beyond the range it is text.
fn float(text: &str) -> Option<f64> {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !is_digits(whole) || !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !is_digits(digits) {
            return None;
        }
    }
    text.parse().ok().filter(|float: &f64| float.is_finite())
}
