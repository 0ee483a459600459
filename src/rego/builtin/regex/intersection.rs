//! Whether two simple globs (`.`, `[…]`, `*`, `+`) match a common text, as OPA's library decides it.
//!
//! Source: OPA 1.x, `regex.globs_match` by the library `glob-intersection`, whose answers this repeats.

use std::collections::BTreeSet;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    None,
    Plus,
    Star,
}

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Character(char),
    Dot,
    Set(BTreeSet<char>),
}

#[derive(Clone, PartialEq, Eq)]
struct Token {
    kind: Kind,
    flag: Flag,
}

/// Characters that one set may list.
const MAX_SET: usize = 10_000;
/// Comparisons of tokens.
const MAX_STEPS: u32 = 100_000;

pub(super) fn is_not_empty(a: &str, b: &str) -> Result<bool, String> {
    let (a, b) = (tokens(a)?, tokens(b)?);
    let Some((a, b)) = trimmed(&a, &b) else { return Ok(false) };
    let mut steps = MAX_STEPS;
    meet(a, b, &mut steps).ok_or_else(|| "the patterns take too many steps".to_owned())
}

/// A character and whether it was escaped.
fn next_char(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result<Option<(char, bool)>, String> {
    match chars.next() {
        Some('\\') => match chars.next() {
            Some(char) => Ok(Some((char, true))),
            None => Err(invalid("input ends with a \\ (escape) character")),
        },
        other => Ok(other.map(|char| (char, false))),
    }
}

fn invalid(text: &str) -> String {
    format!("{text}: the input provided is invalid")
}

fn tokens(input: &str) -> Result<Vec<Token>, String> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = input.chars().peekable();
    while let Some((char, escaped)) = next_char(&mut chars)? {
        let kind = match char {
            _ if escaped => Kind::Character(char),
            '.' => Kind::Dot,
            '[' => Kind::Set(set(&mut chars)?),
            ']' => return Err(invalid("set-close ']' with no preceding '['")),
            '+' | '*' => {
                return Err(invalid(&format!("flag '{char}' must be preceded by a non-flag")));
            }
            _ => Kind::Character(char),
        };
        let flag = match chars.peek() {
            Some('+') => Flag::Plus,
            Some('*') => Flag::Star,
            _ => Flag::None,
        };
        if flag != Flag::None {
            chars.next();
        }
        push(&mut tokens, Token { kind, flag });
    }
    Ok(tokens)
}

/// Equal repeated tokens that follow each other are one.
fn push(tokens: &mut Vec<Token>, token: Token) {
    match tokens.last_mut() {
        Some(last) if *last == token && token.flag != Flag::None => {}
        _ => tokens.push(token),
    }
}

fn set(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<BTreeSet<char>, String> {
    let (mut set, mut previous) = (BTreeSet::new(), None);
    while let Some((char, escaped)) = next_char(chars)? {
        if set.len() > MAX_SET {
            return Err(invalid("the set is too large"));
        }
        match char {
            ']' if !escaped => return Ok(set),
            '-' if !escaped => {
                let low: char = previous.ok_or_else(|| {
                    invalid("range character '-' must be preceded by a Unicode character")
                })?;
                let after =
                    || invalid("range character '-' must be followed by a Unicode character");
                let (high, escaped) = next_char(chars)?.ok_or_else(after)?;
                if chars.peek().is_none() {
                    return Err(after());
                }
                if !escaped && matches!(high, ']' | '-') {
                    return Err(invalid(
                        "range character '-' cannot be followed by a special symbol",
                    ));
                }
                if high < low {
                    return Err(invalid("range is out of order"));
                }
                set.extend((low..=high).take(MAX_SET + 2));
                previous = None;
            }
            _ => {
                set.insert(char);
                previous = Some(char);
            }
        }
    }
    Err(invalid("found [ without matching ]"))
}

fn overlap(a: &Token, b: &Token) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Character(a), Kind::Character(b)) => a == b,
        (Kind::Character(char), Kind::Set(set)) | (Kind::Set(set), Kind::Character(char)) => {
            set.contains(char)
        }
        (Kind::Set(a), Kind::Set(b)) => !a.is_disjoint(b),
        (Kind::Dot, _) | (_, Kind::Dot) => true,
    }
}

/// Cuts off what is not repeated at both ends but one token each; nothing when it differs.
fn trimmed<'t>(a: &'t [Token], b: &'t [Token]) -> Option<(&'t [Token], &'t [Token])> {
    let is_single = |(a, b): &(&Token, &Token)| a.flag == Flag::None && b.flag == Flag::None;
    let n_left = a.iter().zip(b).take_while(is_single).count();
    if !a.iter().zip(b).take(n_left).all(|(a, b)| overlap(a, b)) {
        return None;
    }
    let left = n_left.saturating_sub(1);
    let (a, b) = (a.get(left..)?, b.get(left..)?);
    let n_right = a.iter().rev().zip(b.iter().rev()).take_while(is_single).count();
    if !a.iter().rev().zip(b.iter().rev()).take(n_right).all(|(a, b)| overlap(a, b)) {
        return None;
    }
    let right = n_right.saturating_sub(1);
    Some((a.get(..a.len() - right)?, b.get(..b.len() - right)?))
}

/// Nothing when the steps are used up.
fn meet(a: &[Token], b: &[Token], steps: &mut u32) -> Option<bool> {
    let (mut a, mut b) = (a, b);
    loop {
        *steps = steps.checked_sub(1)?;
        match (a.split_first(), b.split_first()) {
            (None, None) => return Some(true),
            (None, _) | (_, None) => return Some(false),
            (Some((first, rest_a)), Some((second, rest_b))) => {
                if first.flag != Flag::None || second.flag != Flag::None {
                    return meet_repeated(a, b, steps);
                }
                if !overlap(first, second) {
                    return Some(false);
                }
                (a, b) = (rest_a, rest_b);
            }
        }
    }
}

fn meet_repeated(a: &[Token], b: &[Token], steps: &mut u32) -> Option<bool> {
    let flag_of = |tokens: &[Token]| tokens.first().map_or(Flag::None, |token| token.flag);
    let (repeated, other) = if flag_of(a) == Flag::None { (b, a) } else { (a, b) };
    if flag_of(repeated) == Flag::Star {
        return meet_star(repeated, other, steps);
    }
    let (Some((first, rest)), Some((second, rest_other))) =
        (repeated.split_first(), other.split_first())
    else {
        return Some(false);
    };
    if !overlap(first, second) {
        return Some(false);
    }
    if meet_star(repeated, rest_other, steps)? {
        return Some(true);
    }
    if second.flag == Flag::None { Some(false) } else { meet(rest, other, steps) }
}

fn meet_star(starred: &[Token], other: &[Token], steps: &mut u32) -> Option<bool> {
    let Some((star, rest)) = starred.split_first() else { return Some(false) };
    for (position, token) in other.iter().enumerate() {
        *steps = steps.checked_sub(1)?;
        let goes_on = rest.first().is_some_and(|next| overlap(token, next));
        if goes_on && meet(rest, other.get(position..)?, steps)? {
            return Some(true);
        }
        if !overlap(token, star) {
            return Some(false);
        }
    }
    Some(rest.is_empty())
}
