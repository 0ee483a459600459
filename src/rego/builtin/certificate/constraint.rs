//! Name constraints: which names an authority may certify, and which it may not.
//!
//! Source: RFC 5280, section 4.2.1.10; RFC 2821, section 4.1.2 (mailboxes); Go 1.26, `crypto/x509`.

mod mailbox;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::domain::value::Value;

use super::super::der::{Reader, SEQUENCE};
use super::super::encoding::{STANDARD, base64_bytes, hexadecimal};
use super::{Entries, base64_value};
use mailbox::Mailbox;

const SIDES: [&str; 2] = ["Permitted", "Excluded"];
const KINDS: [&str; 4] = ["DNSDomains", "IPRanges", "EmailAddresses", "URIDomains"];

const INVALID: &str = "x509: invalid NameConstraints extension";

/// The names that an extension permits or excludes.
#[derive(Default)]
struct Names {
    dns: Vec<Value>,
    addresses: Vec<Value>,
    mail: Vec<Value>,
    uris: Vec<Value>,
}

/// What the extension says.
#[derive(Default)]
pub(super) struct Constraints {
    permitted: Names,
    excluded: Names,
    is_critical: bool,
    /// Whether it constrains names of other kinds, which nobody here compares.
    pub(super) has_others: bool,
}

impl Constraints {
    /// # Errors
    /// What is wrong with it, in Go's words.
    pub(super) fn read(value: &[u8], is_critical: bool) -> Result<Self, String> {
        let mut reader = Reader::new(value);
        let mut parts = reader.expect(SEQUENCE).ok_or(INVALID)?.inside();
        let (permitted, excluded) = (parts.optional(0xa0), parts.optional(0xa1));
        if !parts.is_empty() || !reader.is_empty() {
            return Err(INVALID.to_owned());
        }
        if [permitted, excluded].iter().flatten().all(|part| part.content.is_empty()) {
            return Err("x509: empty name constraints extension".to_owned());
        }
        let mut constraints = Self { is_critical, ..Self::default() };
        for (part, names) in
            [(permitted, &mut constraints.permitted), (excluded, &mut constraints.excluded)]
        {
            let Some(part) = part else { continue };
            constraints.has_others |= names.read(part.inside())?;
        }
        Ok(constraints)
    }

    /// Its entries of the certificate's object.
    pub(super) fn entries(self) -> Entries {
        let list =
            |items: Vec<Value>| if items.is_empty() { Value::Null } else { Value::array(items) };
        let mut entries: Entries =
            vec![("PermittedDNSDomainsCritical".into(), Value::Bool(self.is_critical))];
        for (side, names) in [("Permitted", self.permitted), ("Excluded", self.excluded)] {
            let Names { dns, addresses, mail, uris } = names;
            for (kind, items) in [
                ("DNSDomains", dns),
                ("IPRanges", addresses),
                ("EmailAddresses", mail),
                ("URIDomains", uris),
            ] {
                entries.push((format!("{side}{kind}").into(), list(items)));
            }
        }
        entries
    }
}

impl Names {
    /// Reads subtrees; whether there are some of other kinds.
    fn read(&mut self, mut subtrees: Reader<'_>) -> Result<bool, String> {
        let mut has_others = false;
        while !subtrees.is_empty() {
            let base = subtrees.expect(SEQUENCE).and_then(|subtree| subtree.inside().next());
            let base = base.ok_or(INVALID)?;
            match base.tag {
                0x81 => {
                    let text = constraint_text(base.content)?;
                    let is_valid = if text.contains('@') {
                        Mailbox::parse(text).is_some()
                    } else {
                        is_domain(text, true)
                    };
                    self.mail.push(checked(text, is_valid, "rfc822Name")?);
                }
                0x82 => {
                    let text = constraint_text(base.content)?;
                    self.dns.push(checked(text, is_domain(text, true), "dnsName")?);
                }
                0x86 => {
                    let text = constraint_text(base.content)?;
                    if text.parse::<IpAddr>().is_ok() {
                        return Err(format!(
                            "x509: failed to parse URI constraint {text:?}: cannot be IP address"
                        ));
                    }
                    self.uris.push(checked(text, is_domain(text, true), "URI")?);
                }
                0x87 => self.addresses.push(range(base.content)?),
                _ => has_others = true,
            }
        }
        Ok(has_others)
    }
}

fn constraint_text(bytes: &[u8]) -> Result<&str, String> {
    let text = str::from_utf8(bytes).ok().filter(|text| text.is_ascii());
    text.ok_or_else(|| {
        let text = String::from_utf8_lossy(bytes);
        format!("x509: invalid constraint value: x509: {text:?} cannot be encoded as an IA5String")
    })
}

fn checked(text: &str, is_valid: bool, kind: &str) -> Result<Value, String> {
    if is_valid {
        return Ok(Value::from(text));
    }
    Err(format!("x509: failed to parse {kind} constraint {text:?}"))
}

/// An address with its mask.
fn range(bytes: &[u8]) -> Result<Value, String> {
    let (address, mask) = match bytes.len() {
        8 | 32 => bytes.split_at(bytes.len() / 2),
        length => return Err(format!("x509: IP constraint contained value of length {length}")),
    };
    let ones: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let leading: u32 = {
        let full = mask.iter().take_while(|byte| **byte == 0xff).count();
        let partial = mask.get(full).map_or(0, |byte| byte.leading_ones());
        u32::try_from(full).unwrap_or_default() * 8 + partial
    };
    if ones != leading {
        let digits = hexadecimal(mask);
        return Err(format!("x509: IP constraint contained invalid mask {digits}"));
    }
    Ok(Value::object(vec![
        ("IP".into(), Value::from(shown_address(address).unwrap_or_default())),
        ("Mask".into(), base64_value(mask)),
    ]))
}

/// An address of 4 or 16 bytes as Go writes it.
pub(super) fn shown_address(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).to_string());
    }
    let address = Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?);
    Some(address.to_ipv4_mapped().map_or_else(|| address.to_string(), |it| it.to_string()))
}

/// Whether this is a domain name as far as Go asks; a constraint may begin with a dot.
fn is_domain(text: &str, is_constraint: bool) -> bool {
    if text.is_empty() {
        return true;
    }
    let rest = if is_constraint { text.strip_prefix('.').unwrap_or(text) } else { text };
    let labels = rest.split('.');
    labels.into_iter().all(|label| {
        (1..64).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

/// Whether every authority above a certificate of the chain, which begins with the leaf, lets it have its names.
pub(super) fn permit(chain: &[&Value]) -> bool {
    chain.iter().enumerate().all(|(index, certificate)| {
        let mut above = chain.iter().skip(index + 1).filter(|it| has_constraints(it)).peekable();
        above.peek().is_none()
            || Subjects::of(certificate)
                .is_some_and(|subjects| above.all(|authority| subjects.may_be_of(authority)))
    })
}

/// How many pairs of a name and a constraint that may take.
pub(super) fn n_comparisons(chain: &[&Value]) -> u64 {
    let count = |fields: &[&str]| -> u64 {
        let of_field = |certificate: &Value| -> usize {
            fields.iter().map(|field| items(certificate, field).len()).sum()
        };
        let count: usize = chain.iter().map(|certificate| of_field(certificate)).sum();
        u64::try_from(count).unwrap_or(u64::MAX)
    };
    let names = count(&["DNSNames", "IPAddresses", "EmailAddresses", "URIs"]);
    let constraints: u64 = SIDES
        .iter()
        .map(|side| count(&KINDS.map(|kind| field(side, kind)).each_ref().map(String::as_str)))
        .sum();
    names.saturating_mul(constraints)
}

fn has_constraints(certificate: &Value) -> bool {
    let mut fields = SIDES.iter().flat_map(|side| KINDS.map(|kind| field(side, kind)));
    fields.any(|field| !items(certificate, &field).is_empty())
}

/// `PermittedDNSDomains`
fn field(side: &str, kind: &str) -> String {
    format!("{side}{kind}")
}

fn items<'c>(certificate: &'c Value, field: &str) -> &'c [Value] {
    certificate.get(field).and_then(Value::as_array).unwrap_or_default()
}

fn texts<'c>(certificate: &'c Value, field: &str) -> Vec<&'c str> {
    items(certificate, field).iter().filter_map(Value::as_str).collect()
}

/// The names of a certificate, taken apart.
struct Subjects<'c> {
    dns: Vec<&'c str>,
    addresses: Vec<IpAddr>,
    mail: Vec<Mailbox>,
    hosts: Vec<String>,
}

impl<'c> Subjects<'c> {
    /// Nothing for names that cannot be compared.
    fn of(certificate: &'c Value) -> Option<Self> {
        let dns = texts(certificate, "DNSNames");
        let addresses = texts(certificate, "IPAddresses").into_iter();
        let mail = texts(certificate, "EmailAddresses").into_iter().map(Mailbox::parse);
        let subjects = Self {
            addresses: addresses.filter_map(|address| address.parse().ok()).collect(),
            mail: mail.collect::<Option<_>>()?,
            hosts: items(certificate, "URIs").iter().map(host).collect::<Option<_>>()?,
            dns,
        };
        let mut domains = (subjects.dns.iter().copied())
            .chain(subjects.mail.iter().map(|mailbox| mailbox.domain.as_str()))
            .chain(subjects.hosts.iter().map(String::as_str));
        domains.all(|domain| is_domain(domain, false)).then_some(subjects)
    }

    fn may_be_of(&self, authority: &Value) -> bool {
        let domains = |side: &str, kind: &str| texts(authority, &format!("{side}{kind}"));
        let may_be = |kind: &str, is_in: &dyn Fn(&[&str], Side) -> bool| {
            let (permitted, excluded) = (domains("Permitted", kind), domains("Excluded", kind));
            (permitted.is_empty() || is_in(&permitted, Side::Permitted))
                && !is_in(&excluded, Side::Excluded)
        };
        self.dns.iter().all(|name| may_be("DNSDomains", &|of, side| is_below(name, of, side)))
            && self
                .hosts
                .iter()
                .all(|host| may_be("URIDomains", &|of, side| is_below(host, of, side)))
            && self
                .mail
                .iter()
                .all(|mailbox| may_be("EmailAddresses", &|of, side| mailbox.is_one_of(of, side)))
            && self.addresses.iter().all(|address| {
                let ranges = |side: &str| items(authority, &format!("{side}IPRanges"));
                let is_in = |ranges: &[Value]| ranges.iter().any(|it| contains(it, *address));
                let permitted = ranges("Permitted");
                (permitted.is_empty() || is_in(permitted)) && !is_in(ranges("Excluded"))
            })
    }
}

/// What a list of constraints does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Permitted,
    Excluded,
}

/// Whether a domain name is one of these domains or below one. An empty constraint is above everything; one that begins
/// with a dot is not above itself.
fn is_below(name: &str, domains: &[&str], side: Side) -> bool {
    domains.iter().any(|domain| {
        if domain.is_empty() {
            return true;
        }
        let start = name.len().checked_sub(domain.len());
        let rest = start.and_then(|start| Some((start, name.get(start..)?)));
        let fits = rest.is_some_and(|(start, rest)| {
            let is_at_label = start == 0
                || domain.starts_with('.')
                || name.get(..start).is_some_and(|before| before.ends_with('.'));
            rest.eq_ignore_ascii_case(domain) && is_at_label
        });
        // `*.example.com` may stand for `a.example.com`, so that excluding that one excludes it too.
        let may_stand_for = || {
            let parent = |name: &str| Some(name.get(name.find('.')?..)?.to_ascii_lowercase());
            side == Side::Excluded
                && name.starts_with('*')
                && parent(name).is_some_and(|it| parent(domain) == Some(it))
        };
        fits || may_stand_for()
    })
}

/// The host of an address that was taken apart; nothing for one without, and for an IP address.
fn host(uri: &Value) -> Option<String> {
    let host = uri.get("Host").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') => {
            let is_plain = !name.contains([':', '[', ']']);
            let is_literal = name.starts_with('[') && name.ends_with(']');
            if !(is_plain || is_literal) || port.contains(['[', ']']) {
                return None;
            }
            name.trim_matches(['[', ']']).to_owned()
        }
        _ => host,
    };
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    (!host.is_empty() && !is_address).then_some(host)
}

/// Whether a range has the address.
fn contains(range: &Value, address: IpAddr) -> bool {
    let text = |field: &str| range.get(field).and_then(Value::as_str).unwrap_or_default();
    let mask = base64_bytes(&STANDARD, text("Mask")).unwrap_or_default();
    let octets = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let Ok(network) = text("IP").parse::<IpAddr>().map(octets) else { return false };
    let address = octets(address);
    address.len() == network.len()
        && mask.len() == network.len()
        && address.iter().zip(&network).zip(&mask).all(|((a, n), mask)| a & mask == n & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_permits_itself_and_what_is_below() {
        let permits = |name: &str, domain: &str| is_below(name, &[domain], Side::Permitted);
        assert!(permits("example.com", "example.com") && permits("a.EXAMPLE.com", "example.com"));
        assert!(!permits("badexample.com", "example.com") && !permits("com", "example.com"));
        assert!(
            permits("a.example.com", ".example.com") && !permits("example.com", ".example.com")
        );
        assert!(permits("anything", "") && !permits("*.example.com", "a.example.com"));
    }

    #[test]
    fn a_wildcard_is_excluded_with_any_name_that_it_may_stand_for() {
        assert!(is_below("*.example.com", &["a.example.com"], Side::Excluded));
        assert!(!is_below("*.example.com", &["a.b.example.com"], Side::Excluded));
    }

    #[test]
    fn an_address_without_a_host_name_cannot_be_compared() {
        let uri = |host: &str| Value::object(vec![("Host".into(), Value::from(host))]);
        assert_eq!(host(&uri("A.example:8443")), Some("a.example".to_owned()));
        for bad in ["", "10.0.0.1", "[::1]", "[::1]:80", "10.0.0.1:80", "a:b:c"] {
            assert_eq!(host(&uri(bad)), None, "{bad}");
        }
    }
}
