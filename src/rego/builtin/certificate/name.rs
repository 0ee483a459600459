//! Names and times of certificates.

use std::sync::Arc;

use crate::domain::value::Value;

use super::super::der::{Element, OID, SEQUENCE, SET};
use super::super::encoding::text_of;
use super::numbers_value;

/// The attributes that Go shows under a name, each with the last number of its identifier `2.5.4.x`.
const LISTS: [(&str, u64); 7] = [
    ("Country", 6),
    ("Locality", 7),
    ("Province", 8),
    ("StreetAddress", 9),
    ("Organization", 10),
    ("OrganizationalUnit", 11),
    ("PostalCode", 17),
];
const TEXTS: [(&str, u64); 2] = [("CommonName", 3), ("SerialNumber", 5)];

/// A name as an object.
pub(super) fn shown(name: Element<'_>) -> Option<Value> {
    let mut attributes = Vec::new();
    let mut sets = name.inside();
    while !sets.is_empty() {
        let mut set = sets.expect(SET)?.inside();
        while !set.is_empty() {
            let mut attribute = set.expect(SEQUENCE)?.inside();
            attributes.push((attribute.expect(OID)?.numbers(), string(attribute.next()?)?));
        }
    }
    let of = |number: u64| {
        let found = attributes.iter().filter(move |(id, _)| id.as_slice() == [2, 5, 4, number]);
        found.map(|(_, text)| Value::from(text.as_str())).collect::<Vec<_>>()
    };
    let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
    for (key, number) in LISTS {
        let values = of(number);
        entries
            .push((key.into(), if values.is_empty() { Value::Null } else { Value::array(values) }));
    }
    for (key, number) in TEXTS {
        entries.push((key.into(), of(number).pop().unwrap_or_else(|| Value::from(""))));
    }
    let names = attributes.iter().map(|(id, text)| {
        Value::object(vec![
            ("Type".into(), numbers_value(id)),
            ("Value".into(), Value::from(text.as_str())),
        ])
    });
    let names: Vec<Value> = names.collect();
    entries
        .push(("Names".into(), if names.is_empty() { Value::Null } else { Value::array(names) }));
    entries.push(("ExtraNames".into(), Value::Null));
    Some(Value::object(entries))
}

/// A text in one of the alphabets of ASN.1.
fn string(element: Element<'_>) -> Option<String> {
    match element.tag {
        0x0c | 0x12 | 0x13 | 0x16 => Some(text_of(element.content)),
        0x14 => Some(element.content.iter().map(|byte| char::from(*byte)).collect()),
        0x1e => {
            let (pairs, _) = element.content.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            Some(String::from_utf16_lossy(&units))
        }
        _ => None,
    }
}

/// A time as `2021-07-01T17:41:53Z`.
pub(super) fn time(element: Element<'_>) -> Option<String> {
    let text = str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let (year, rest) = match element.tag {
        0x17 => {
            let (year, rest) = text.split_at_checked(2)?;
            let century = if year.parse::<u32>().ok()? >= 50 { "19" } else { "20" };
            (format!("{century}{year}"), rest)
        }
        0x18 => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    let part = |at: usize| {
        rest.get(at..at + 2).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (month, day, hour, minute) = (part(0)?, part(2)?, part(4)?, part(6)?);
    let second = if rest.len() == 8 { "00" } else { part(8)? };
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}
