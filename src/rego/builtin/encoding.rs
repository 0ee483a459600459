//! Base64, hexadecimal digits and query strings. Source: OPA 1.x, `topdown/encoding.go`.

mod query;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::domain::value::Value;

use super::conversion::is_valid;
use super::format::push_formatted;
use super::operand::{Answer, answer, failed, string};
use super::signature::{Builtin, CallContext, Type, entry};
use super::text::charge;

const ONE: &[Type] = &[Type::String];

pub(super) const BUILTINS: &[Builtin] = &[
    entry("base64.encode", ONE, Type::String, base64_encode),
    entry("base64.decode", ONE, Type::String, base64_decode),
    entry("base64.is_valid", ONE, Type::Boolean, base64_is_valid),
    entry("base64url.encode", ONE, Type::String, base64url_encode),
    entry("base64url.encode_no_pad", ONE, Type::String, base64url_encode_no_pad),
    entry("base64url.decode", ONE, Type::String, base64url_decode),
    entry("hex.encode", ONE, Type::String, hex_encode),
    entry("hex.decode", ONE, Type::String, hex_decode),
];

pub(super) const QUERIES: &[Builtin] = query::BUILTINS;

pub(super) use query::unescaped;

/// As Go decodes: padding must be there, bits left over may be anything.
const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
pub(super) const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
pub(super) const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);
/// The alphabet of URLs without padding.
pub(super) const URL_BARE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    CONFIG.with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes after leaving out line breaks, as Go does.
pub(super) fn base64_bytes(engine: &GeneralPurpose, text: &str) -> Option<Vec<u8>> {
    if text.contains(['\r', '\n']) {
        return engine.decode(text.replace(['\r', '\n'], "")).ok();
    }
    engine.decode(text).ok()
}

/// The bytes as a text; each byte that is no text is a replacement character, as where Go shows it.
pub(super) fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('\u{fffd}', chunk.invalid().len()));
    }
    text
}

/// The fault of a text that is no base64, with the place where Go stops.
pub(super) fn illegal(text: &str, is_url: bool) -> String {
    let marks: &[u8] = if is_url { b"-_" } else { b"+/" };
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || marks.contains(&byte);
    let is_allowed = |byte: u8| is_digit(byte) || matches!(byte, b'=' | b'\r' | b'\n');
    let place = text.bytes().position(|byte| !is_allowed(byte)).unwrap_or(text.len() / 4 * 4);
    format!("illegal base64 data at input byte {place}")
}

fn base64_encode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() / 3 * 4 + 4, context)?;
    answer(STANDARD.encode(text.as_bytes()))
}

fn base64_decode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    let bytes = base64_bytes(&STANDARD, text).ok_or_else(|| failed(illegal(text, false)))?;
    answer(text_of(&bytes))
}

fn base64_is_valid(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    is_valid(arguments, |text| base64_bytes(&STANDARD, text).is_some())
}

fn base64url_encode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() / 3 * 4 + 4, context)?;
    answer(URL.encode(text.as_bytes()))
}

fn base64url_encode_no_pad(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() / 3 * 4 + 4, context)?;
    answer(URL_BARE.encode(text.as_bytes()))
}

/// Decodes with or without padding.
pub(super) fn base64url_bytes(text: &str) -> Result<Vec<u8>, super::BuiltinError> {
    let padding = match text.len() % 4 {
        _ if text.ends_with('=') => "",
        0 => "",
        2 => "==",
        3 => "=",
        _ => return Err(failed(format!("illegal base64url string: {text}"))),
    };
    let padded = format!("{text}{padding}");
    base64_bytes(&URL, &padded).ok_or_else(|| failed(illegal(&padded, true)))
}

fn base64url_decode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    answer(text_of(&base64url_bytes(text)?))
}

/// Bytes as lower hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        push_formatted(&mut digits, format_args!("{byte:02x}"));
    }
    digits
}

fn hex_encode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() * 2, context)?;
    answer(hexadecimal(text.as_bytes()))
}

fn hex_decode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    let mut bytes = Vec::with_capacity(text.len() / 2);
    if let Some(char) = text.chars().find(|char| !char.is_ascii_hexdigit()) {
        return Err(failed(format!(
            "encoding/hex: invalid byte: U+{:04X} {char:?}",
            u32::from(char)
        )));
    }
    for pair in text.as_bytes().chunks(2) {
        let byte = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2);
        let byte = byte.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(byte.ok_or_else(|| failed("encoding/hex: odd length hex string"))?);
    }
    answer(text_of(&bytes))
}
