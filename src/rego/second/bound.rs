//! Calls whose cost grows with a number. Nothing inside a built-in function of the second engine can be interrupted, so
//! that number must be written down; the own built-ins have budgets.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a bound is a number, a text or a count, and no other term"
)]

use crate::rego::syntax::ast::{Term, TermKind};

const MAX_RANGE: i64 = 100_000;
const MAX_SHIFT: i64 = 1_024;
const MAX_WIDTH: usize = 1_000;

/// Why a call of the built-in `name` has no bound, and what to write instead.
pub(super) fn unbounded(name: &str, arguments: &[Term]) -> Option<(String, String)> {
    let argument = |index: usize| arguments.get(index);
    match name {
        "numbers.range" | "numbers.range_step" => {
            let bounded = arguments.iter().take(2).all(is_small);
            (!bounded).then(|| {
                (
                    format!("nothing bounds this `{name}`"),
                    format!("write numbers up to {MAX_RANGE}, or `count(…)`, as its bounds"),
                )
            })
        }
        "net.cidr_expand" => {
            let small = argument(0).and_then(text_of).is_some_and(is_small_network);
            (!small).then(|| {
                (
                    "nothing bounds this `net.cidr_expand`".to_owned(),
                    "write the network as a string of at most a `/20` (IPv6: `/116`), or ask `net.cidr_contains`"
                        .to_owned(),
                )
            })
        }
        "bits.lsh" => {
            let small =
                argument(1).and_then(number).is_some_and(|shift| (0..=MAX_SHIFT).contains(&shift));
            (!small).then(|| {
                (
                    "nothing bounds this `bits.lsh`".to_owned(),
                    format!("write the shift as a number up to {MAX_SHIFT}"),
                )
            })
        }
        "yaml.unmarshal" | "yaml.is_valid" => argument(0).and_then(text_of).is_none().then(|| {
            (
                format!("nothing bounds what `{name}` reads"),
                "hand the document in as a file, or use `json.unmarshal`".to_owned(),
            )
        }),
        "graph.reachable_paths" => Some((
            "it may list more paths than there is memory for".to_owned(),
            "use `graph.reachable`, which lists nodes".to_owned(),
        )),
        "sprintf" => format_fault(argument(0)),
        _ => None,
    }
}

fn format_fault(format: Option<&Term>) -> Option<(String, String)> {
    let Some(format) = format.and_then(text_of) else {
        return Some((
            "the format of `sprintf` is not written here".to_owned(),
            "write the format as a string in the call, and hand in the rest with `%s` or `%v`"
                .to_owned(),
        ));
    };
    let widths = format.split('%').skip(1).filter_map(|verb| {
        let digits = verb.trim_start_matches(['+', '-', '#', ' ', '.', '[']);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let numbers = digits.get(..end).unwrap_or("").split('.');
        numbers
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().unwrap_or(usize::MAX))
            .max()
    });
    if widths.max().is_some_and(|width| width > MAX_WIDTH) {
        return Some((
            format!("this `sprintf` pads beyond {MAX_WIDTH} characters"),
            "write a smaller width".to_owned(),
        ));
    }
    None
}

/// A written number within bounds, a count of something, or sums and differences of these.
fn is_small(term: &Term) -> bool {
    if let Some(number) = number(term) {
        return (-MAX_RANGE..=MAX_RANGE).contains(&number);
    }
    match &term.kind {
        TermKind::Call(function, _) => {
            matches!(&function.kind, TermKind::Name(name) if name.as_ref() == "count")
        }
        TermKind::Operation("plus" | "minus", sides) => sides.iter().all(is_small),
        _ => false,
    }
}

fn number(term: &Term) -> Option<i64> {
    match &term.kind {
        TermKind::Number(text) => text.parse().ok(),
        _ => None,
    }
}

fn text_of(term: &Term) -> Option<&str> {
    match &term.kind {
        TermKind::String(text) => Some(text),
        _ => None,
    }
}

fn is_small_network(cidr: &str) -> bool {
    let Some((address, prefix)) = cidr.split_once('/') else { return true };
    let least = if address.contains(':') { 116 } else { 20 };
    prefix.parse::<u32>().is_ok_and(|prefix| prefix >= least)
}
