//! Text formatted by Go's verbs: `%d`, `%-10s`, `%[2]*.[1]*f` and their faults, e.g. `%!d(string=hi)`.
//!
//! Source: package `fmt` of Go, `Sprintf`.

mod float;
mod integer;
mod plain;
mod quote;

use std::fmt::{Arguments, Write as _};

use num_bigint::BigInt;

pub(super) use float::float_text;
pub use plain::PlainFormat;
pub(super) use quote::quoted;

/// Adds formatted text.
pub(super) fn push_formatted(text: &mut String, arguments: Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(arguments);
}

/// What Go would be given for a value.
#[derive(Debug)]
pub(super) enum Argument {
    /// An `int64`.
    Int(i64),
    /// A `*big.Int`.
    Big(BigInt),
    /// A `float64`.
    Float(f64),
    /// A `string`.
    Text(String),
}

impl Argument {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int64",
            Self::Big(_) => "*big.Int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
        }
    }

    /// The value as a width or a precision.
    fn as_size(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number).filter(|number| number.abs() <= MAX_SIZE),
            Self::Big(_) | Self::Float(_) | Self::Text(_) => None,
        }
    }
}

/// Widths and precisions beyond this are not numbers to Go.
const MAX_SIZE: i64 = 1_000_000;

/// The flags, width and precision of one verb.
#[expect(clippy::struct_excessive_bools, reason = "each is one flag character of the format")]
#[derive(Clone, Copy, Debug, Default)]
struct Spec {
    sharp: bool,
    zero: bool,
    plus: bool,
    minus: bool,
    space: bool,
    sharp_v: bool,
    plus_v: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// The text so far, bounded.
struct Output {
    text: String,
    max_bytes: usize,
}

/// The text would be larger than allowed.
#[derive(Debug)]
pub(super) struct TooLarge;

type Written = Result<(), TooLarge>;

impl Output {
    fn push(&mut self, text: &str) -> Written {
        if self.text.len() + text.len() > self.max_bytes {
            return Err(TooLarge);
        }
        self.text.push_str(text);
        Ok(())
    }

    fn fill(&mut self, char: char, count: usize) -> Written {
        if self.text.len() + count > self.max_bytes {
            return Err(TooLarge);
        }
        self.text.extend(std::iter::repeat_n(char, count));
        Ok(())
    }

    /// Writes `text` into the field, padded on the side that the flags say.
    fn pad(&mut self, text: &str, spec: Spec) -> Written {
        let missing = spec.width.unwrap_or(0).saturating_sub(text.chars().count());
        if spec.minus {
            self.push(text)?;
            return self.fill(' ', missing);
        }
        self.fill(if spec.zero { '0' } else { ' ' }, missing)?;
        self.push(text)
    }
}

/// Formats `arguments` as `format` says, at most `max_bytes` long.
///
/// # Errors
/// The text would be longer.
pub(super) fn formatted(
    format: &str,
    arguments: &[Argument],
    max_bytes: usize,
) -> Result<String, TooLarge> {
    let output = Output { text: String::with_capacity(format.len()), max_bytes };
    let mut printer =
        Printer { rest: format, arguments, position: 0, reordered: false, good: true, output };
    printer.run()?;
    Ok(printer.output.text)
}

struct Printer<'a> {
    rest: &'a str,
    arguments: &'a [Argument],
    position: usize,
    reordered: bool,
    /// Whether the last index in brackets was one.
    good: bool,
    output: Output,
}

impl Printer<'_> {
    fn run(&mut self) -> Written {
        loop {
            self.good = true;
            let Some((before, rest)) = self.rest.split_once('%') else {
                let rest = self.rest;
                self.output.push(rest)?;
                break;
            };
            self.output.push(before)?;
            self.rest = rest;
            let mut spec = self.flags();
            self.sizes(&mut spec)?;
            let Some(verb) = self.rest.chars().next() else {
                self.output.push("%!(NOVERB)")?;
                break;
            };
            self.skip(verb.len_utf8());
            self.verb(verb, spec)?;
        }
        self.extra()
    }

    fn skip(&mut self, n_bytes: usize) {
        self.rest = self.rest.get(n_bytes..).unwrap_or_default();
    }

    fn flags(&mut self) -> Spec {
        let mut spec = Spec::default();
        while let Some(flag) = self.rest.bytes().next() {
            match flag {
                b'#' => spec.sharp = true,
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b'-' => spec.minus = true,
                b' ' => spec.space = true,
                _ => break,
            }
            self.skip(1);
        }
        spec
    }

    /// The optional index, width, precision and index again.
    fn sizes(&mut self, spec: &mut Spec) -> Written {
        let mut after_index = self.index();
        if self.rest.starts_with('*') {
            self.skip(1);
            match self.size_argument() {
                Some(size) => {
                    spec.width = usize::try_from(size.unsigned_abs()).ok();
                    if size < 0 {
                        spec.minus = true;
                        spec.zero = false;
                    }
                }
                None => self.output.push("%!(BADWIDTH)")?,
            }
            after_index = false;
        } else {
            spec.width = self.number();
            if after_index && spec.width.is_some() {
                self.good = false;
            }
        }
        if self.rest.len() > 1 && self.rest.starts_with('.') {
            self.skip(1);
            if after_index {
                self.good = false;
            }
            after_index = self.index();
            if self.rest.starts_with('*') {
                self.skip(1);
                let size = self.size_argument();
                spec.precision = size.and_then(|size| usize::try_from(size).ok());
                if spec.precision.is_none() {
                    self.output.push("%!(BADPREC)")?;
                }
                after_index = false;
            } else {
                spec.precision = Some(self.number().unwrap_or(0));
            }
        }
        if !after_index {
            self.index();
        }
        Ok(())
    }

    fn size_argument(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.position)?;
        self.position += 1;
        argument.as_size()
    }

    /// A decimal number; one that is too large swallows the rest of the format, as Go's does.
    fn number(&mut self) -> Option<usize> {
        let (mut number, mut n_digits) = (0_usize, 0);
        for digit in self.rest.bytes().take_while(u8::is_ascii_digit) {
            if number > 1_000_000 {
                self.rest = "";
                return None;
            }
            number = number * 10 + usize::from(digit - b'0');
            n_digits += 1;
        }
        self.skip(n_digits);
        (n_digits > 0).then_some(number)
    }

    /// An index in brackets: moves to that argument. Says whether there was one.
    fn index(&mut self) -> bool {
        let Some(inside) = self.rest.strip_prefix('[') else { return false };
        self.reordered = true;
        let Some((number, rest)) = inside.split_once(']') else {
            self.good = false;
            self.skip(1);
            return false;
        };
        self.rest = rest;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number =
            number.parse::<usize>().ok().filter(|number| is_number && *number <= 10_000_000);
        match number {
            Some(number) if number >= 1 && number <= self.arguments.len() => {
                self.position = number - 1;
                true
            }
            other => {
                self.good = false;
                other.is_some()
            }
        }
    }

    fn verb(&mut self, verb: char, mut spec: Spec) -> Written {
        if verb == '%' {
            return self.output.push("%");
        }
        if !self.good {
            return self.output.push(&format!("%!{verb}(BADINDEX)"));
        }
        let Some(argument) = self.arguments.get(self.position) else {
            return self.output.push(&format!("%!{verb}(MISSING)"));
        };
        self.position += 1;
        if matches!(verb, 'v' | 'w') {
            (spec.sharp_v, spec.sharp) = (spec.sharp, false);
            (spec.plus_v, spec.plus) = (spec.plus, false);
        }
        print(&mut self.output, argument, verb, spec)
    }

    /// Arguments that no verb took.
    fn extra(&mut self) -> Written {
        let left = self.arguments.get(self.position..).unwrap_or_default();
        if self.reordered || left.is_empty() {
            return Ok(());
        }
        self.output.push("%!(EXTRA ")?;
        for (position, argument) in left.iter().enumerate() {
            if position > 0 {
                self.output.push(", ")?;
            }
            self.output.push(argument.type_name())?;
            self.output.push("=")?;
            print(&mut self.output, argument, 'v', Spec::default())?;
        }
        self.output.push(")")
    }
}

fn print(output: &mut Output, argument: &Argument, verb: char, spec: Spec) -> Written {
    if verb == 'T' {
        return text(output, argument.type_name(), spec);
    }
    match argument {
        Argument::Int(number) => match integer::printed(output, *number, verb, spec) {
            Some(written) => written,
            None => bad_verb(output, argument, verb, spec),
        },
        Argument::Big(number) => integer::print_big(output, number, verb, spec),
        Argument::Float(number) => match float::printed(output, *number, verb, spec) {
            Some(written) => written,
            None => bad_verb(output, argument, verb, spec),
        },
        Argument::Text(value) => match verb {
            'v' if spec.sharp_v => quote::print(output, value, Spec { sharp: false, ..spec }),
            'v' | 's' => text(output, value, spec),
            'x' | 'X' => hexadecimal(output, value, verb == 'X', spec),
            'q' => quote::print(output, value, spec),
            _ => bad_verb(output, argument, verb, spec),
        },
    }
}

fn bad_verb(output: &mut Output, argument: &Argument, verb: char, spec: Spec) -> Written {
    output.push(&format!("%!{verb}({}=", argument.type_name()))?;
    print(output, argument, 'v', spec)?;
    output.push(")")
}

/// As many characters as the precision allows.
fn truncated(text: &str, spec: Spec) -> &str {
    let end = spec.precision.and_then(|precision| text.char_indices().nth(precision));
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn text(output: &mut Output, text: &str, spec: Spec) -> Written {
    output.pad(truncated(text, spec), spec)
}

/// The bytes of a text as hexadecimal digits.
fn hexadecimal(output: &mut Output, text: &str, upper: bool, spec: Spec) -> Written {
    let n_bytes = spec.precision.unwrap_or(usize::MAX).min(text.len());
    let prefix = if upper { "0X" } else { "0x" };
    let mut digits = String::new();
    if n_bytes * 5 > output.max_bytes {
        return Err(TooLarge);
    }
    for (position, byte) in text.bytes().take(n_bytes).enumerate() {
        if spec.space && position > 0 {
            digits.push(' ');
        }
        if spec.sharp && (position == 0 || spec.space) {
            digits.push_str(prefix);
        }
        if upper {
            push_formatted(&mut digits, format_args!("{byte:02X}"));
        } else {
            push_formatted(&mut digits, format_args!("{byte:02x}"));
        }
    }
    output.pad(&digits, spec)
}
