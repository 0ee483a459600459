//! Addresses taken apart. Source: OPA 1.x, `topdown/uri.go`, Go's `net/url`.

use std::sync::Arc;

use crate::domain::value::Value;

use super::encoding::{text_of, unescaped};
use super::format::{push_formatted, quoted};
use super::operand::{Answer, answer, failed, string};
use super::signature::{Builtin, CallContext, Type, entry};
use super::text::charge;

pub(super) const BUILTINS: &[Builtin] = &[
    entry("uri.parse", &[Type::String], Type::Object(&Type::String, &Type::String), parse),
    entry("uri.is_valid", &[Type::String], Type::Boolean, is_valid),
];

/// The parts of an address; empty where there is none.
#[derive(Default)]
struct Address {
    scheme: String,
    hostname: String,
    port: String,
    path: String,
    raw_path: String,
    raw_query: String,
    fragment: String,
    opaque: String,
    host: String,
    has_user: bool,
}

fn parse(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() * 2, context)?;
    let fault = |what| failed(format!("parse {}: {what}", quoted(text)));
    let address = address(text).map_err(fault)?;
    let raw_path =
        if address.raw_path.is_empty() { address.path.clone() } else { address.raw_path };
    let parts = [
        ("scheme", address.scheme),
        ("hostname", address.hostname),
        ("port", address.port),
        ("path", address.path),
        ("raw_path", raw_path),
        ("raw_query", address.raw_query),
        ("fragment", address.fragment),
    ];
    let present = parts.into_iter().filter(|(_, part)| !part.is_empty());
    Ok(Some(Value::object(
        present.map(|(key, part)| (Arc::from(key), Value::from(part))).collect(),
    )))
}

fn is_valid(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(string(arguments, 1).is_ok_and(|text| !text.is_empty() && address(text).is_ok()))
}

/// The scheme of an address, which may have none; nothing when it is no address.
pub(super) fn scheme_of(text: &str) -> Option<String> {
    address(text).ok().map(|address| address.scheme)
}

/// The address as Go shows its parts; nothing when it is none, or names a user.
pub(super) fn shown(text: &str) -> Option<Value> {
    let address = address(text).ok().filter(|address| !address.has_user)?;
    let texts = [
        ("Scheme", address.scheme),
        ("Opaque", address.opaque),
        ("Host", address.host),
        ("Path", address.path),
        ("RawPath", address.raw_path),
        ("RawQuery", address.raw_query),
        ("Fragment", address.fragment),
        ("RawFragment", String::new()),
    ];
    let mut entries: Vec<(Arc<str>, Value)> =
        texts.into_iter().map(|(key, text)| (Arc::from(key), Value::from(text))).collect();
    entries.push(("User".into(), Value::Null));
    entries.push(("ForceQuery".into(), Value::Bool(text.ends_with('?'))));
    entries.push(("OmitHost".into(), Value::Bool(false)));
    Some(Value::object(entries))
}

fn address(text: &str) -> Result<Address, String> {
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if rest.is_empty() && text.is_empty() {
        return Ok(Address::default());
    }
    let (scheme, rest) = scheme(rest)?;
    let mut address = Address { scheme: scheme.to_ascii_lowercase(), ..Address::default() };
    address.fragment = text_of(&unescaped(fragment, false)?);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    query.clone_into(&mut address.raw_query);
    if !rest.starts_with('/') {
        if !address.scheme.is_empty() {
            // An opaque address, `mailto:a@b`, has no path.
            rest.clone_into(&mut address.opaque);
            return Ok(address);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut path = rest;
    let has_authority = !address.scheme.is_empty() || !rest.starts_with("///");
    if let Some(after) = rest.strip_prefix("//").filter(|_| has_authority) {
        let end = after.find('/').unwrap_or(after.len());
        let (authority, after) = after.split_at_checked(end).unwrap_or((after, ""));
        path = after;
        host_of(authority, &mut address)?;
        address.has_user = authority.contains('@');
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        host.clone_into(&mut address.host);
    }
    address.path = text_of(&unescaped(path, false)?);
    if escaped_path(&address.path) != path {
        path.clone_into(&mut address.raw_path);
    }
    Ok(address)
}

/// The scheme and what follows it.
fn scheme(text: &str) -> Result<(&str, &str), String> {
    let end = text.find(|char: char| !char.is_ascii_alphanumeric() && !"+-.".contains(char));
    let begins_with_letter = text.starts_with(|char: char| char.is_ascii_alphabetic());
    match end.and_then(|end| text.split_at_checked(end)) {
        Some(("", rest)) if rest.starts_with(':') => Err("missing protocol scheme".to_owned()),
        Some((scheme, rest)) if begins_with_letter && rest.starts_with(':') => {
            Ok((scheme, rest.get(1..).unwrap_or_default()))
        }
        _ => Ok(("", text)),
    }
}

fn host_of(authority: &str, address: &mut Address) -> Result<(), String> {
    let host = match authority.rsplit_once('@') {
        None => authority,
        Some((user, host)) => {
            let is_allowed =
                |char: char| char.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(char);
            if !user.chars().all(is_allowed) {
                return Err("net/url: invalid userinfo".to_owned());
            }
            unescaped(user, false)?;
            host
        }
    };
    if let Some(bracketed) = host.strip_prefix('[') {
        let (inside, port) = bracketed.rsplit_once(']').ok_or("missing ']' in host")?;
        check_port(port)?;
        let inside = text_of(&unescaped(inside, false)?);
        let bare = inside.split('%').next().unwrap_or_default();
        if bare.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(format!("invalid host: invalid IPv6 address {}", quoted(&inside)));
        }
        address.hostname = inside;
        port.strip_prefix(':').unwrap_or_default().clone_into(&mut address.port);
        return Ok(());
    }
    let (name, port) =
        host.rfind(':').and_then(|at| host.split_at_checked(at)).unwrap_or((host, ""));
    check_port(port)?;
    // Go is strict about colons in addresses of the web alone.
    let is_web = matches!(address.scheme.as_str(), "http" | "https");
    if let Some(at) = name.find(':').filter(|_| is_web) {
        let from_first = host.get(at..).unwrap_or_default();
        return Err(format!("invalid port {} after host", quoted(from_first)));
    }
    if let Some(char) = name.chars().find(|char| char.is_ascii() && !is_host_char(*char)) {
        return Err(format!("invalid character {} in host name", quoted(&char.to_string())));
    }
    address.hostname = host_bytes(name)?;
    port.strip_prefix(':').unwrap_or_default().clone_into(&mut address.port);
    Ok(())
}

fn is_host_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:[]<>\"%".contains(char)
}

/// A host may escape only what is not ASCII.
fn host_bytes(name: &str) -> Result<String, String> {
    let bytes = unescaped(name, false)?;
    let n_escapes = name.matches('%').count();
    let ascii_escape = name.match_indices('%').find(|(at, _)| {
        name.get(at + 1..at + 2).is_some_and(|digit| digit.bytes().all(|digit| digit < b'8'))
    });
    if let Some((at, _)) = ascii_escape.filter(|_| n_escapes > 0) {
        return Err(format!(
            "invalid URL escape {}",
            quoted(name.get(at..at + 3).unwrap_or_default())
        ));
    }
    Ok(text_of(&bytes))
}

fn check_port(port: &str) -> Result<(), String> {
    let digits = port.strip_prefix(':').unwrap_or_default();
    if port.is_empty()
        || (port.starts_with(':') && digits.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Ok(());
    }
    Err(format!("invalid port {} after host", quoted(port)))
}

fn escaped_path(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            push_formatted(&mut escaped, format_args!("{byte:02X}"));
        }
    }
    escaped
}
