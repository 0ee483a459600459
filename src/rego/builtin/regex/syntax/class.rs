//! Character classes of Go's regular expressions.

use super::{Class, ClassUnicode, ClassUnicodeRange, HirKind, fault, read, split_first};

/// A set of characters.
#[derive(Clone, Default)]
pub(super) struct Set(Vec<(char, char)>);

/// A class that was found: its characters, whether they are excluded, and the text after it.
type Found<'t> = (Set, bool, &'t str);

impl Set {
    pub(super) fn of(low: char, high: char) -> Self {
        Self(vec![(low, high)])
    }

    pub(super) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn into_class(self) -> ClassUnicode {
        ClassUnicode::new(self.0.into_iter().map(|(low, high)| ClassUnicodeRange::new(low, high)))
    }

    fn from_class(class: &ClassUnicode) -> Self {
        Self(class.iter().map(|range| (range.start(), range.end())).collect())
    }

    /// With the other cases of its letters, by simple folding as in Go.
    pub(super) fn folded(self) -> Self {
        let mut class = self.into_class();
        // The tables of cases are compiled in, so this cannot fail; without them nothing would be folded.
        let _ = class.try_case_fold_simple();
        Self::from_class(&class)
    }

    pub(super) fn negated(self) -> Self {
        let mut class = self.into_class();
        class.negate();
        Self::from_class(&class)
    }
}

/// `\d`, `\s`, `\w` and their opposites, which are ASCII in Go.
pub(super) fn perl_class(text: &str) -> Option<Found<'_>> {
    let (letter, rest) = split_first(text.strip_prefix('\\')?)?;
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return None,
    };
    Some((Set(ranges.to_vec()), letter.is_ascii_uppercase(), rest))
}

/// `[:alpha:]` and `[:^alpha:]`.
pub(super) fn posix_class(text: &str) -> Result<Option<Found<'_>>, String> {
    let Some((name, rest)) = text.strip_prefix("[:").and_then(|text| text.split_once(":]")) else {
        return Ok(None);
    };
    let (bare, negated) = name.strip_prefix('^').map_or((name, false), |bare| (bare, true));
    let ranges: &[(char, char)] = match bare {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\u{7f}')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Err(fault("invalid character class range", read(text, rest))),
    };
    Ok(Some((Set(ranges.to_vec()), negated, rest)))
}

/// `\pL`, `\p{Greek}`, `\P{^Greek}`.
pub(super) fn unicode_class(text: &str) -> Result<Option<Found<'_>>, String> {
    let (outside, after) = if let Some(after) = text.strip_prefix("\\p") {
        (false, after)
    } else if let Some(after) = text.strip_prefix("\\P") {
        (true, after)
    } else {
        return Ok(None);
    };
    let invalid = |text| fault("invalid character class range", text);
    let (name, rest) = match after.strip_prefix('{') {
        Some(braced) => braced.split_once('}').ok_or_else(|| invalid(text))?,
        None => match split_first(after) {
            Some((_, rest)) => (read(after, rest), rest),
            None => return Ok(None),
        },
    };
    let (bare, inside_out) = name.strip_prefix('^').map_or((name, false), |bare| (bare, true));
    let set = named_set(bare).ok_or_else(|| invalid(read(text, rest)))?;
    Ok(Some((set, outside != inside_out, rest)))
}

/// The characters of a category or a script; properties, which Go does not know, are refused.
fn named_set(name: &str) -> Option<Set> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte)) {
        return None;
    }
    ["gc", "sc"].iter().find_map(|property| {
        let hir = regex_syntax::Parser::new().parse(&format!("\\p{{{property}={name}}}")).ok()?;
        match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => Some(Set::from_class(class)),
            HirKind::Literal(literal) => {
                let char = str::from_utf8(&literal.0).ok()?.chars().next()?;
                Some(Set::of(char, char))
            }
            _ => None,
        }
    })
}

/// A member of a bracket: a character or an escape.
pub(super) fn member<'t>(text: &'t str, whole: &str) -> Result<(char, &'t str), String> {
    if text.starts_with('\\') {
        return escape(text);
    }
    split_first(text).ok_or_else(|| fault("missing closing ]", whole))
}

/// An escape that stands for one character; `text` begins with the backslash.
pub(super) fn escape(text: &str) -> Result<(char, &str), String> {
    let Some((letter, rest)) = text.strip_prefix('\\').and_then(split_first) else {
        return Err(fault("trailing backslash at end of expression", ""));
    };
    let plain = match letter {
        '0'..='7' => return octal(text, letter, rest),
        'x' => return hexadecimal(text, rest),
        'a' => '\u{7}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => letter,
        _ => return Err(fault("invalid escape sequence", read(text, rest))),
    };
    Ok((plain, rest))
}

fn octal<'t>(text: &'t str, first: char, rest: &'t str) -> Result<(char, &'t str), String> {
    let n_more = rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    if first != '0' && n_more == 0 {
        // A single digit would be a back reference, which no linear engine has.
        return Err(fault("invalid escape sequence", read(text, rest)));
    }
    let (more, rest) = rest.split_at_checked(n_more).unwrap_or((rest, ""));
    let code = u32::from_str_radix(&format!("{first}{more}"), 8).unwrap_or_default();
    Ok((char::from_u32(code).unwrap_or('\u{fffd}'), rest))
}

fn hexadecimal<'t>(text: &'t str, rest: &'t str) -> Result<(char, &'t str), String> {
    let invalid = |rest| fault("invalid escape sequence", read(text, rest));
    let (digits, after) = match rest.strip_prefix('{') {
        Some(braced) => braced.split_once('}').ok_or_else(|| invalid(""))?,
        None => rest.split_at_checked(2).ok_or_else(|| invalid(""))?,
    };
    let is_hexadecimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal);
    let char = code.and_then(char::from_u32).ok_or_else(|| invalid(after))?;
    Ok((char, after))
}
