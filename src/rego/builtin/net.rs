//! Networks of addresses. Source: OPA 1.x, `topdown/cidr.go`.

mod merge;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::domain::value::Value;

use super::operand::{Answer, answer, any, failed, string, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const TWO: &[Type] = &[Type::String, Type::String];
const STRINGS: Type = Type::Set(&Type::String);
const PLACE: Type = Type::OneOf(&[Type::String, Type::Array(&Type::Any)]);
const MATCHED: Type = Type::OneOf(&[
    Type::String,
    Type::Array(&PLACE),
    Type::Object(&Type::String, &PLACE),
    Type::Set(&PLACE),
]);
const PAIRS: Type = Type::Set(&Type::Tuple(&[Type::Any, Type::Any]));
const LISTED: Type =
    Type::OneOf(&[Type::Array(&Type::OneOf(&[Type::String])), Type::Set(&Type::String)]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("net.cidr_contains", TWO, Type::Boolean, contains),
    entry("net.cidr_overlap", TWO, Type::Boolean, contains),
    entry("net.cidr_intersects", TWO, Type::Boolean, intersects),
    entry("net.cidr_contains_matches", &[MATCHED, MATCHED], PAIRS, contains_matches),
    entry("net.cidr_expand", &[Type::String], STRINGS, expand),
    entry("net.cidr_is_valid", &[Type::String], Type::Boolean, is_valid),
    entry("net.cidr_merge", &[LISTED], STRINGS, merge::merge),
];

/// A network; IPv4 counts as the part of IPv6 in which it is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    /// The first address.
    first: u128,
    /// Bits that all addresses share, of 128.
    prefix: u32,
    is_v4: bool,
}

const V4: u128 = 0xffff_0000_0000;

fn number_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => V4 | u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The address as Go writes it: mapped IPv4 as IPv4.
fn address_text(number: u128) -> String {
    match u32::try_from(number ^ V4) {
        Ok(number) => Ipv4Addr::from(number).to_string(),
        Err(_) => Ipv6Addr::from(number).to_string(),
    }
}

fn is_v4(number: u128) -> bool {
    number >> 32 == 0xffff
}

/// The bits after the prefix.
fn host_bits(prefix: u32) -> u128 {
    u128::MAX.checked_shr(prefix).unwrap_or(0)
}

impl Network {
    fn new(address: u128, prefix: u32) -> Self {
        let first = address & !host_bits(prefix);
        Self { first, prefix, is_v4: is_v4(first) && prefix >= 96 }
    }

    fn parse(text: &str) -> Result<Self, BuiltinError> {
        let invalid = || failed(format!("invalid CIDR address: {text}"));
        let (address, length) = text.split_once('/').ok_or_else(invalid)?;
        let address: IpAddr = address.parse().ok().ok_or_else(invalid)?;
        let offset = if address.is_ipv4() { 96 } else { 0 };
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length =
            length.parse::<u32>().ok().filter(|length| is_number && *length + offset <= 128);
        Ok(Self::new(number_of(address), length.ok_or_else(invalid)? + offset))
    }

    fn last(&self) -> u128 {
        self.first | host_bits(self.prefix)
    }

    fn has(&self, address: u128) -> bool {
        // An IPv4 address is never inside of a network of IPv6, however wide.
        self.is_v4 == is_v4(address) && address & !host_bits(self.prefix) == self.first
    }

    fn text(&self) -> String {
        let length = if self.is_v4 { self.prefix - 96 } else { self.prefix };
        format!("{}/{length}", address_text(self.first))
    }
}

fn network(arguments: &[Value], position: usize) -> Result<Network, BuiltinError> {
    let value = any(arguments, position)?;
    let text = value.as_str().ok_or_else(|| type_error(1, value, &["string"]))?;
    Network::parse(text)
}

fn contains(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(is_inside(any(arguments, 1)?, any(arguments, 2)?)?)
}

fn is_inside(network: &Value, inner: &Value) -> Result<bool, BuiltinError> {
    let text = |value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| type_error(1, value, &["string"]))
    };
    let network = Network::parse(&text(network)?)?;
    let inner = text(inner)?;
    if let Ok(address) = inner.parse::<IpAddr>() {
        return Ok(network.has(number_of(address)));
    }
    let invalid =
        |_| failed(format!("not a valid textual representation of an IP address or CIDR: {inner}"));
    let inner = Network::parse(&inner).map_err(invalid)?;
    Ok(network.has(inner.first) && network.has(inner.last()))
}

fn intersects(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = (network(arguments, 1)?, network(arguments, 2)?);
    answer(a.has(b.first) || b.has(a.first))
}

/// The networks of an argument with where each stands: a string stands for itself, an object's by key.
fn places(arguments: &[Value], position: usize) -> Result<Vec<(Value, Value)>, BuiltinError> {
    let value = any(arguments, position)?;
    let network = |item: &Value| match item {
        Value::String(_) => Ok(item.clone()),
        Value::Array(items) if !items.is_empty() => Ok(items.first().cloned().unwrap_or_default()),
        _ => Err(failed(format!("operand {position}: element must be string or non-empty array"))),
    };
    match value {
        Value::String(_) => Ok(vec![(value.clone(), value.clone())]),
        Value::Array(items) => items
            .iter()
            .zip(0_i64..)
            .map(|(item, index)| Ok((network(item)?, Value::from(index))))
            .collect(),
        Value::Set(set) => {
            set.items().iter().map(|item| Ok((network(item)?, item.clone()))).collect()
        }
        _ => value.pairs().map(|(key, item)| Ok((network(item)?, key))).collect(),
    }
}

fn contains_matches(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (outer, inner) = (places(arguments, 1), places(arguments, 2));
    let outer = outer?;
    if outer.is_empty() {
        return Ok(Some(Value::set(Vec::new())));
    }
    let inner = inner?;
    let mut found = Vec::new();
    for (network, place) in &outer {
        for (address, other_place) in &inner {
            context.budget.charge(1)?;
            if is_inside(network, address)? {
                context.budget.charge_memory(4 * size_of::<Value>())?;
                found.push(Value::array(vec![place.clone(), other_place.clone()]));
            }
        }
    }
    Ok(Some(Value::set(found)))
}

/// Addresses that one call may list.
const MAX_ADDRESSES: u128 = 1 << 20;

fn expand(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    string(arguments, 1)?;
    let network = network(arguments, 1)?;
    if network.last() - network.first >= MAX_ADDRESSES {
        return Err(failed("net.cidr_expand: the network has too many addresses to list them"));
    }
    let mut addresses = Vec::new();
    for address in network.first..=network.last() {
        context.budget.charge(1)?;
        context.budget.charge_memory(64)?;
        addresses.push(Value::from(address_text(address)));
    }
    Ok(Some(Value::set(addresses)))
}

fn is_valid(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    super::conversion::is_valid(arguments, |text| Network::parse(text).is_ok())
}
