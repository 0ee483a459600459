//! Extensions of certificates.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::domain::value::Value;

use super::super::der::{
    BIT_STRING, BOOLEAN, Element, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE,
};
use super::super::encoding::text_of;
use super::super::uri;
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
        match extensions.read(&id, value)? {
            Read::Unknown if is_critical => extensions.unhandled.push(numbers_value(&id)),
            Read::Shown | Read::Unknown => {}
            Read::Refused(what) => return Some(Err(format!("x509: {what} are not read here"))),
        }
    }
    extensions.all = Some(all);
    Some(Ok(extensions.entries()))
}

enum Read {
    Shown,
    Unknown,
    Refused(&'static str),
}

fn text(element: Element<'_>) -> Value {
    Value::from(text_of(element.content))
}

impl Extensions {
    fn read(&mut self, id: &[u64], value: &[u8]) -> Option<Read> {
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
            [2, 5, 29, 30] => return Some(Read::Refused("name constraints")),
            [2, 5, 29, 33 | 36 | 54] => return Some(Read::Refused("policy constraints")),
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
                0x87 => self.addresses.push(Value::from(address(name.content)?)),
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
        let policies = self
            .policies
            .iter()
            .map(|id| Value::from(id.iter().map(u64::to_string).collect::<Vec<_>>().join(".")));
        let policies = policies.collect();
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
            ("PermittedDNSDomainsCritical", Value::Bool(false)),
        ]
        .into_iter()
        .map(|(key, value)| (Arc::from(key), value))
        .collect();
        let constraints = ["DNSDomains", "IPRanges", "EmailAddresses", "URIDomains"];
        for side in ["Permitted", "Excluded"] {
            entries.extend(
                constraints.iter().map(|kind| (format!("{side}{kind}").into(), Value::Null)),
            );
        }
        for policy in ["InhibitAnyPolicy", "InhibitPolicyMapping", "RequireExplicitPolicy"] {
            entries.push((policy.into(), Value::from(0)));
            entries.push((format!("{policy}Zero").into(), Value::Bool(false)));
        }
        entries.extend(["ExtraExtensions", "PolicyMappings"].map(|key| (key.into(), Value::Null)));
        entries
    }
}

/// The bits from the first one, which Go counts as 1.
fn key_usage(bits: Element<'_>) -> i64 {
    let bytes = bits.content.iter().skip(1);
    let all = bytes.flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1));
    all.take(9).zip(0_u32..).map(|(bit, position)| i64::from(bit) << position).sum()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|bytes| Ipv6Addr::from(bytes).to_string())
}
