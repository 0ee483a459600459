//! Brackets and the escapes that stand for classes.

use super::class::{self, Set, perl_class, posix_class, unicode_class};
use super::{Parser, class_of, fault, read};

impl Parser<'_> {
    /// `\d`, `\pL` and their like at the start of `text`.
    pub(super) fn class_escape<'t>(&self, text: &'t str) -> Result<Option<(Set, &'t str)>, String> {
        let found = match unicode_class(text)? {
            Some((set, negated, rest)) => Some((set, negated, rest)),
            None => perl_class(text),
        };
        Ok(found.map(|(set, negated, rest)| (self.fitted(set, negated), rest)))
    }

    fn fitted(&self, set: Set, negated: bool) -> Set {
        let set = if self.flags.fold_case { set.folded() } else { set };
        if negated { set.negated() } else { set }
    }

    pub(super) fn bracket(&mut self) -> Result<(), String> {
        let start = self.rest;
        let mut text = start.strip_prefix('[').unwrap_or_default();
        let negated = text.strip_prefix('^');
        text = negated.unwrap_or(text);
        let mut set = Set::default();
        let mut is_first = true;
        while is_first || !text.starts_with(']') {
            is_first = false;
            if let Some((named, negated, rest)) = posix_class(text)? {
                set.add(self.fitted(named, negated));
                text = rest;
                continue;
            }
            if let Some((named, rest)) = self.class_escape(text)? {
                set.add(named);
                text = rest;
                continue;
            }
            let range_start = text;
            let (low, rest) = class::member(text, start)?;
            let mut high = low;
            text = rest;
            if let Some(rest) =
                text.strip_prefix('-').filter(|rest| !rest.is_empty() && !rest.starts_with(']'))
            {
                (high, text) = class::member(rest, start)?;
                if high < low {
                    return Err(fault("invalid character class range", read(range_start, text)));
                }
            }
            set.add(self.fitted(Set::of(low, high), false));
        }
        self.rest = text.strip_prefix(']').unwrap_or_default();
        self.push(class_of(if negated.is_some() { set.negated() } else { set }));
        Ok(())
    }
}
