//! Extensions of certificates.

use std::sync::Arc;

use crate::domain::value::Value;

use super::super::der::{
    BIT_STRING, BOOLEAN, Element, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE,
};
use super::super::encoding::text_of;
use super::super::uri;
use super::constraint::{Constraints, shown_address};
use super::{Entries, base64_value, numbers_value};

/// What extensions say.
#[derive(Default)]
struct Extensions {
    all: Option<Vec<Value>>,
    key_usage: i64,
    basic_constraints: bool,
    is_ca: bool,
    max_path: i64,
    subject_key: Option<Value>,
    authority_key: Option<Value>,
    purposes: Vec<Value>,
    unknown_purposes: Vec<Value>,
    dns_names: Vec<Value>,
    mail_addresses: Vec<Value>,
    addresses: Vec<Value>,
    uris: Vec<Value>,
    uri_texts: Vec<Value>,
    ocsp: Vec<Value>,
    issuers: Vec<Value>,
    revocation_lists: Vec<Value>,
    policies: Vec<Vec<u64>>,
    policy_mappings: Vec<Value>,
    require_explicit_policy: Option<i64>,
    inhibit_policy_mapping: Option<i64>,
    inhibit_any_policy: Option<i64>,
    constraints: Constraints,
    unhandled: Vec<Value>,
}

/// Purposes of keys in the order of Go's numbers.
const PURPOSES: [&[u64]; 14] = [
    &[2, 5, 29, 37, 0],
    &[1, 3, 6, 1, 5, 5, 7, 3, 1],
    &[1, 3, 6, 1, 5, 5, 7, 3, 2],
    &[1, 3, 6, 1, 5, 5, 7, 3, 3],
    &[1, 3, 6, 1, 5, 5, 7, 3, 4],
    &[1, 3, 6, 1, 5, 5, 7, 3, 5],
    &[1, 3, 6, 1, 5, 5, 7, 3, 6],
    &[1, 3, 6, 1, 5, 5, 7, 3, 7],
    &[1, 3, 6, 1, 5, 5, 7, 3, 8],
    &[1, 3, 6, 1, 5, 5, 7, 3, 9],
    &[1, 3, 6, 1, 4, 1, 311, 10, 3, 3],
    &[2, 16, 840, 1, 113_730, 4, 1],
    &[1, 3, 6, 1, 4, 1, 311, 2, 1, 22],
    &[1, 3, 6, 1, 4, 1, 311, 61, 1, 1],
];

/// The entries of a certificate without extensions.
pub(super) fn none() -> Result<Entries, String> {
    Ok(Extensions::default().entries())
}

/// The entries that a list of extensions makes; an inner fault for one that is not shown here.
pub(super) fn shown(list: Element<'_>) -> Option<Result<Entries, String>> {
    let mut extensions = Extensions::default();
    let mut all = Vec::new();
    let mut reader = list.inside();
    while !reader.is_empty() {
        let mut parts = reader.expect(SEQUENCE)?.inside();
        let id = parts.expect(OID)?.numbers();
        let is_critical = parts.optional(BOOLEAN).is_some_and(|flag| flag.content != [0]);
        let value = parts.expect(OCTET_STRING)?.content;
        all.push(Value::object(vec![
            ("Id".into(), numbers_value(&id)),
            ("Critical".into(), Value::Bool(is_critical)),
            ("Value".into(), base64_value(value)),
        ]));
        match extensions.read(&id, value, is_critical)? {
            Read::Unknown if is_critical => extensions.unhandled.push(numbers_value(&id)),
            Read::Shown | Read::Unknown => {}
            Read::Invalid(fault) => return Some(Err(fault)),
        }
    }
    extensions.all = Some(all);
    Some(Ok(extensions.entries()))
}

enum Read {
    Shown,
    Unknown,
    /// What is wrong with it, in Go's words.
    Invalid(String),
}

fn text(element: Element<'_>) -> Value {
    Value::from(text_of(element.content))
}

impl Extensions {
    fn read(&mut self, id: &[u64], value: &[u8], is_critical: bool) -> Option<Read> {
        let mut reader = Reader::new(value);
        match id {
            [2, 5, 29, 14] => {
                self.subject_key = Some(base64_value(reader.expect(OCTET_STRING)?.content));
            }
            [2, 5, 29, 15] => self.key_usage = key_usage(reader.expect(BIT_STRING)?),
            [2, 5, 29, 17] => self.names(reader.expect(SEQUENCE)?)?,
            [2, 5, 29, 19] => {
                let mut parts = reader.expect(SEQUENCE)?.inside();
                self.basic_constraints = true;
                self.is_ca = parts.optional(BOOLEAN).is_some_and(|flag| flag.content != [0]);
                let length = parts.optional(INTEGER).map(|length| length.magnitude());
                self.max_path = length.map_or(-1, |bytes| {
                    bytes
                        .iter()
                        .fold(0, |length: i64, byte| length.wrapping_shl(8) | i64::from(*byte))
                });
            }
            [2, 5, 29, 30] => match Constraints::read(value, is_critical) {
                Ok(constraints) if constraints.has_others => {
                    self.constraints = constraints;
                    return Some(Read::Unknown);
                }
                Ok(constraints) => self.constraints = constraints,
                Err(fault) => return Some(Read::Invalid(fault)),
            },
            [2, 5, 29, 33] => {
                let mut mappings = reader.expect(SEQUENCE)?.inside();
                while !mappings.is_empty() {
                    let mut sides = mappings.expect(SEQUENCE)?.inside();
                    let mut side = || Some(dotted(&sides.expect(OID)?.numbers()));
                    self.policy_mappings.push(Value::object(vec![
                        ("IssuerDomainPolicy".into(), side()?),
                        ("SubjectDomainPolicy".into(), side()?),
                    ]));
                }
            }
            [2, 5, 29, 36] => {
                let mut parts = reader.expect(SEQUENCE)?.inside();
                self.require_explicit_policy = counted(parts.optional(0x80))?;
                self.inhibit_policy_mapping = counted(parts.optional(0x81))?;
            }
            [2, 5, 29, 54] => {
                self.inhibit_any_policy = counted(Some(reader.expect(INTEGER)?))?;
            }
            [2, 5, 29, 31] => self.revocation(reader.expect(SEQUENCE)?),
            [2, 5, 29, 32] => {
                let mut policies = reader.expect(SEQUENCE)?.inside();
                while !policies.is_empty() {
                    self.policies.push(policies.expect(SEQUENCE)?.inside().expect(OID)?.numbers());
                }
            }
            [2, 5, 29, 35] => {
                let key = reader.expect(SEQUENCE)?.inside().optional(0x80);
                self.authority_key = key.map(|key| base64_value(key.content));
            }
            [2, 5, 29, 37] => {
                let mut purposes = reader.expect(SEQUENCE)?.inside();
                while !purposes.is_empty() {
                    self.purpose(&purposes.expect(OID)?.numbers());
                }
            }
            [1, 3, 6, 1, 5, 5, 7, 1, 1] => self.access(reader.expect(SEQUENCE)?)?,
            _ => return Some(Read::Unknown),
        }
        Some(Read::Shown)
    }

    fn names(&mut self, list: Element<'_>) -> Option<()> {
        let mut names = list.inside();
        while !names.is_empty() {
            let name = names.next()?;
            match name.tag {
                0x81 => self.mail_addresses.push(text(name)),
                0x82 => self.dns_names.push(text(name)),
                0x86 => {
                    let uri = text_of(name.content);
                    self.uris.push(uri::shown(&uri)?);
                    self.uri_texts.push(Value::from(uri));
                }
                0x87 => self.addresses.push(Value::from(shown_address(name.content)?)),
                _ => {}
            }
        }
        Some(())
    }

    fn purpose(&mut self, id: &[u64]) {
        match PURPOSES.iter().zip(0_i64..).find(|(known, _)| **known == id) {
            Some((_, number)) => self.purposes.push(Value::from(number)),
            None => self.unknown_purposes.push(numbers_value(id)),
        }
    }

    fn access(&mut self, list: Element<'_>) -> Option<()> {
        let mut descriptions = list.inside();
        while !descriptions.is_empty() {
            let mut parts = descriptions.expect(SEQUENCE)?.inside();
            let method = parts.expect(OID)?.numbers();
            let location = parts.next()?;
            match (method.as_slice(), location.tag) {
                ([1, 3, 6, 1, 5, 5, 7, 48, 1], 0x86) => self.ocsp.push(text(location)),
                ([1, 3, 6, 1, 5, 5, 7, 48, 2], 0x86) => self.issuers.push(text(location)),
                _ => {}
            }
        }
        Some(())
    }

    fn revocation(&mut self, list: Element<'_>) {
        let mut points = list.inside();
        while let Some(point) = points.next() {
            let names = || point.inside().optional(0xa0)?.inside().optional(0xa0);
            let Some(names) = names() else { continue };
            let mut names = names.inside();
            while let Some(name) = names.next() {
                if name.tag == 0x86 {
                    self.revocation_lists.push(text(name));
                }
            }
        }
    }

    fn entries(self) -> Entries {
        let list =
            |items: Vec<Value>| if items.is_empty() { Value::Null } else { Value::array(items) };
        let policy_ids = self.policies.iter().map(|id| numbers_value(id)).collect();
        let policies = self.policies.iter().map(|id| dotted(id)).collect();
        let mut entries: Entries = [
            ("Extensions", self.all.map_or(Value::Null, list)),
            ("KeyUsage", Value::from(self.key_usage)),
            ("BasicConstraintsValid", Value::Bool(self.basic_constraints)),
            ("IsCA", Value::Bool(self.is_ca)),
            ("MaxPathLen", Value::from(self.max_path)),
            ("MaxPathLenZero", Value::Bool(self.basic_constraints && self.max_path == 0)),
            ("SubjectKeyId", self.subject_key.unwrap_or_default()),
            ("AuthorityKeyId", self.authority_key.unwrap_or_default()),
            ("ExtKeyUsage", list(self.purposes)),
            ("UnknownExtKeyUsage", list(self.unknown_purposes)),
            ("DNSNames", list(self.dns_names)),
            ("EmailAddresses", list(self.mail_addresses)),
            ("IPAddresses", list(self.addresses)),
            ("URIs", list(self.uris)),
            ("URIStrings", list(self.uri_texts)),
            ("OCSPServer", list(self.ocsp)),
            ("IssuingCertificateURL", list(self.issuers)),
            ("CRLDistributionPoints", list(self.revocation_lists)),
            ("PolicyIdentifiers", list(policy_ids)),
            ("Policies", list(policies)),
            ("UnhandledCriticalExtensions", list(self.unhandled)),
            ("PolicyMappings", list(self.policy_mappings)),
            ("ExtraExtensions", Value::Null),
        ]
        .into_iter()
        .map(|(key, value)| (Arc::from(key), value))
        .collect();
        entries.extend(self.constraints.entries());
        for (policy, count) in [
            ("InhibitAnyPolicy", self.inhibit_any_policy),
            ("InhibitPolicyMapping", self.inhibit_policy_mapping),
            ("RequireExplicitPolicy", self.require_explicit_policy),
        ] {
            entries.push((policy.into(), Value::from(count.unwrap_or(0))));
            entries.push((format!("{policy}Zero").into(), Value::Bool(count == Some(0))));
        }
        entries
    }
}

/// The bits from the first one, which Go counts as 1.
fn key_usage(bits: Element<'_>) -> i64 {
    let bytes = bits.content.iter().skip(1);
    let all = bytes.flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1));
    all.take(9).zip(0_u32..).map(|(bit, position)| i64::from(bit) << position).sum()
}

/// An object identifier as a text.
fn dotted(id: &[u64]) -> Value {
    Value::from(id.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// The count that an optional integer gives; an outer nothing for one that no count is.
#[expect(clippy::option_option, reason = "absent and not readable are two things")]
fn counted(integer: Option<Element<'_>>) -> Option<Option<i64>> {
    let Some(integer) = integer else { return Some(None) };
    let (first, rest) = integer.content.split_first()?;
    // The first byte has the sign.
    let start = i64::from(first.cast_signed());
    (rest.len() < 8)
        .then(|| Some(rest.iter().fold(start, |count, byte| count << 8 | i64::from(*byte))))
}
