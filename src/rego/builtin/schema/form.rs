//! The forms of strings that `format` names; a name that is not known allows everything.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::regex::Pattern;
use super::super::time::fits_layout;
use super::super::uri;

const HOSTNAME: &str = r"^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9]))*$";

/// Whether the text has the form.
pub(super) fn fits(form: &str, text: &str) -> bool {
    let matches = |pattern| Pattern::from_go(pattern).is_ok_and(|pattern| pattern.matches(text));
    match form {
        "date" => fits_layout("2006-01-02", text),
        "time" => fits_layout("15:04:05Z07:00", text) || fits_layout("15:04:05", text),
        "date-time" => ["15:04:05", "15:04:05Z07:00", "2006-01-02", "RFC3339"]
            .into_iter()
            .any(|layout| fits_layout(layout, text)),
        "hostname" => text.len() < 256 && matches(HOSTNAME),
        "email" | "idn-email" => is_mail_address(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "uri" | "iri" => {
            !text.contains('\\') && uri::scheme_of(text).is_some_and(|scheme| !scheme.is_empty())
        }
        "uri-reference" | "iri-reference" => !text.contains('\\') && uri::scheme_of(text).is_some(),
        "uri-template" => {
            let closes =
                |text: &str| text.split('{').skip(1).all(|part| part.matches('}').count() >= 1);
            !text.contains('\\') && closes(text)
        }
        "uuid" => matches("^(?i)[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$"),
        "regex" => Pattern::from_go(text).is_ok(),
        "json-pointer" => matches("^(?:/(?:[^~/]|~0|~1)*)*$"),
        "relative-json-pointer" => matches("^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~0|~1)*)*)$"),
        _ => true,
    }
}

/// `name@host`, also with a display name before `<name@host>`.
fn is_mail_address(text: &str) -> bool {
    let address = match text.trim().strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<').map_or("", |(_, address)| address),
        None => text.trim(),
    };
    let is_atom = |char: char| {
        !char.is_ascii() || char.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(char)
    };
    let is_dotted =
        |text: &str| text.split('.').all(|part| !part.is_empty() && part.chars().all(is_atom));
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let is_literal = domain.starts_with('[') && domain.ends_with(']');
    (is_quoted || is_dotted(local)) && (is_literal || is_dotted(domain))
}
