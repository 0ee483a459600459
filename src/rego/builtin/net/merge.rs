//! Networks put together: overlapping and adjacent ones become as few as cover the same addresses.

use std::net::IpAddr;

use crate::domain::value::Value;

use super::super::operand::{Answer, any, failed, members};
use super::super::signature::{BuiltinError, CallContext};
use super::{Network, address_text, is_v4, number_of};

/// Addresses from one to another; a network that is still as it was given keeps its text.
struct Range {
    first: u128,
    last: u128,
    text: Option<String>,
}

pub(super) fn merge(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let items = members(any(arguments, 1)?).ok_or_else(|| failed("operand must be an array"))?;
    let mut ranges = items.iter().map(range_of).collect::<Result<Vec<_>, _>>()?;
    context.budget.charge(u64::try_from(ranges.len()).unwrap_or(u64::MAX))?;
    ranges.sort_by_key(|range| (range.last, range.first));
    let mut merged: Vec<Range> = Vec::new();
    for range in ranges.into_iter().rev() {
        match merged.last_mut() {
            Some(above) if previous(above.first) <= range.last => {
                above.first = above.first.min(range.first);
                above.text = None;
            }
            _ => merged.push(range),
        }
    }
    let mut texts = Vec::new();
    for range in merged {
        match range.text {
            Some(text) => texts.push(Value::from(text)),
            None => {
                texts
                    .extend(networks(range.first, range.last).map(|text| Value::from(text.text())));
            }
        }
    }
    Ok(Some(Value::set(texts)))
}

/// The address before; the first one of IPv4 and of IPv6 has none but itself.
fn previous(address: u128) -> u128 {
    if address == 0 || (is_v4(address) && !is_v4(address - 1)) { address } else { address - 1 }
}

fn range_of(value: &Value) -> Result<Range, BuiltinError> {
    let text = value.as_str().ok_or_else(|| failed("element must be string"))?;
    let Ok(address) = text.parse::<IpAddr>() else {
        let network = Network::parse(text)?;
        return Ok(Range {
            first: network.first,
            last: network.last(),
            text: Some(network.text()),
        });
    };
    let number = number_of(address);
    if !is_v4(number) {
        return Err(failed("IPv6 invalid: needs prefix length"));
    }
    // An address without a length belongs to the class that its first byte says.
    let length = match number >> 24 & 0xff {
        0..=127 => 8,
        128..=191 => 16,
        _ => 24,
    };
    let network = Network::new(number, 96 + length);
    let text = format!("{}/{length}", address_text(number));
    Ok(Range { first: network.first, last: network.last(), text: Some(text) })
}

/// The fewest networks that cover a range.
fn networks(first: u128, last: u128) -> impl Iterator<Item = Network> {
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let start = next?;
        let mut prefix = 128;
        while prefix > 0 {
            let wider = Network::new(start, prefix - 1);
            if wider.first != start || wider.last() > last {
                break;
            }
            prefix -= 1;
        }
        let network = Network::new(start, prefix);
        next = network.last().checked_add(1).filter(|next| *next <= last);
        Some(network)
    })
}
