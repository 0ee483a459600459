//! Go's layouts: an example time (`Mon Jan 2 15:04:05 2006 MST`) says how a time is written. Source: Go's package `time`.

use super::super::format::push_formatted;
use super::Moment;
use super::civil::day_of_year;

/// An element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    MonthNumber {
        padded: bool,
    },
    LongWeekday,
    Weekday,
    Day {
        pad: Pad,
    },
    DayOfYear {
        pad: Pad,
    },
    Hour,
    Hour12 {
        padded: bool,
    },
    Minute {
        padded: bool,
    },
    Second {
        padded: bool,
    },
    LongYear,
    Year,
    Noon {
        upper: bool,
    },
    ZoneName,
    Offset(Offset),
    /// Digits after the second; zeros at the end are left out unless they are wanted.
    Fraction {
        digits: usize,
        fixed: bool,
        comma: bool,
    },
}

/// What stands where a number is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pad {
    Nothing,
    Zero,
    Space,
}

/// How an offset is written.
#[expect(clippy::struct_excessive_bools, reason = "each is one part of the written form")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// `Z` for UTC.
    pub(super) iso: bool,
    pub(super) colon: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const OFFSETS: [(&str, Offset); 10] = [
    ("-070000", Offset { iso: false, colon: false, minutes: true, seconds: true }),
    ("-07:00:00", Offset { iso: false, colon: true, minutes: true, seconds: true }),
    ("-0700", Offset { iso: false, colon: false, minutes: true, seconds: false }),
    ("-07:00", Offset { iso: false, colon: true, minutes: true, seconds: false }),
    ("-07", Offset { iso: false, colon: false, minutes: false, seconds: false }),
    ("Z070000", Offset { iso: true, colon: false, minutes: true, seconds: true }),
    ("Z07:00:00", Offset { iso: true, colon: true, minutes: true, seconds: true }),
    ("Z0700", Offset { iso: true, colon: false, minutes: true, seconds: false }),
    ("Z07:00", Offset { iso: true, colon: true, minutes: true, seconds: false }),
    ("Z07", Offset { iso: true, colon: false, minutes: false, seconds: false }),
];

/// The layouts that have a name.
pub(super) fn named(name: &str) -> &str {
    match name {
        "ANSIC" => "Mon Jan _2 15:04:05 2006",
        "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
        "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
        "RFC822" => "02 Jan 06 15:04 MST",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC3339" => "2006-01-02T15:04:05Z07:00",
        "RFC3339Nano" => RFC3339_NANO,
        other => other,
    }
}

pub(super) const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// The text before the first element, the element as it is written, and the text after it.
pub(super) fn next_element(layout: &str) -> Option<(&str, Element, &str, &str)> {
    layout.char_indices().find_map(|(at, _)| {
        let (before, rest) = layout.split_at_checked(at)?;
        let (element, skipped, length) = element_at(rest)?;
        let (skip, rest) = rest.split_at_checked(skipped)?;
        let (written, after) = rest.split_at_checked(length)?;
        let before = layout.get(..before.len() + skip.len())?;
        Some((before, element, written, after))
    })
}

/// The element that the text begins with: bytes to leave out before it, and its length.
fn element_at(text: &str) -> Option<(Element, usize, usize)> {
    let starts = |prefix: &str| text.starts_with(prefix);
    let is_word = |length: usize| {
        !text
            .get(length..)
            .is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_lowercase()))
    };
    let found = match text.bytes().next()? {
        b'J' if starts("January") => (Element::LongMonth, 7),
        b'J' if starts("Jan") && is_word(3) => (Element::Month, 3),
        b'M' if starts("Monday") => (Element::LongWeekday, 6),
        b'M' if starts("Mon") && is_word(3) => (Element::Weekday, 3),
        b'M' if starts("MST") => (Element::ZoneName, 3),
        b'0' => match text.as_bytes().get(1)? {
            b'1' => (Element::MonthNumber { padded: true }, 2),
            b'2' => (Element::Day { pad: Pad::Zero }, 2),
            b'3' => (Element::Hour12 { padded: true }, 2),
            b'4' => (Element::Minute { padded: true }, 2),
            b'5' => (Element::Second { padded: true }, 2),
            b'6' => (Element::Year, 2),
            b'0' if starts("002") => (Element::DayOfYear { pad: Pad::Zero }, 3),
            _ => return None,
        },
        b'1' if starts("15") => (Element::Hour, 2),
        b'1' => (Element::MonthNumber { padded: false }, 1),
        b'2' if starts("2006") => (Element::LongYear, 4),
        b'2' => (Element::Day { pad: Pad::Nothing }, 1),
        b'_' if starts("_2006") => return Some((Element::LongYear, 1, 4)),
        b'_' if starts("_2") => (Element::Day { pad: Pad::Space }, 2),
        b'_' if starts("__2") => (Element::DayOfYear { pad: Pad::Space }, 3),
        b'3' => (Element::Hour12 { padded: false }, 1),
        b'4' => (Element::Minute { padded: false }, 1),
        b'5' => (Element::Second { padded: false }, 1),
        b'P' if starts("PM") => (Element::Noon { upper: true }, 2),
        b'p' if starts("pm") => (Element::Noon { upper: false }, 2),
        b'-' | b'Z' => {
            let (written, offset) = OFFSETS.iter().find(|(written, _)| starts(written))?;
            (Element::Offset(*offset), written.len())
        }
        mark @ (b'.' | b',') => fraction_at(text, mark == b',')?,
        _ => return None,
    };
    Some((found.0, 0, found.1))
}

/// `.000` or `.999`, if no other digit follows.
fn fraction_at(text: &str, comma: bool) -> Option<(Element, usize)> {
    let digits = text.get(1..)?;
    let digit = digits.bytes().next().filter(|digit| matches!(digit, b'0' | b'9'))?;
    let n_digits = digits.bytes().take_while(|other| *other == digit).count();
    if digits.as_bytes().get(n_digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((Element::Fraction { digits: n_digits, fixed: digit == b'0', comma }, n_digits + 1))
}

fn number(value: i64, width: usize, pad: Pad) -> String {
    match pad {
        Pad::Nothing => value.to_string(),
        Pad::Zero if value < 0 => format!("-{:0>width$}", value.unsigned_abs()),
        Pad::Zero => format!("{value:0>width$}"),
        Pad::Space => format!("{value:>width$}"),
    }
}

fn zero_or_not(padded: bool) -> Pad {
    if padded { Pad::Zero } else { Pad::Nothing }
}

/// The time as the layout says.
pub(super) fn formatted(moment: &Moment, layout: &str) -> String {
    let mut text = String::new();
    let mut rest = layout;
    while let Some((before, element, _, after)) = next_element(rest) {
        text.push_str(before);
        text.push_str(&element_text(moment, element));
        rest = after;
    }
    text + rest
}

fn name<'n>(names: &[&'n str], index: i64) -> &'n str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
}

fn short(name: &str) -> String {
    name.chars().take(3).collect()
}

fn element_text(moment: &Moment, element: Element) -> String {
    let (date, (hour, minute, second)) = (moment.date(), moment.clock());
    let hour12 = (hour + 11) % 12 + 1;
    match element {
        Element::LongMonth => name(&MONTHS, date.month - 1).to_owned(),
        Element::Month => short(name(&MONTHS, date.month - 1)),
        Element::MonthNumber { padded } => number(date.month, 2, zero_or_not(padded)),
        Element::LongWeekday => moment.weekday().to_owned(),
        Element::Weekday => short(moment.weekday()),
        Element::Day { pad } => number(date.day, 2, pad),
        Element::DayOfYear { pad } => number(day_of_year(date), 3, pad),
        Element::Hour => number(hour, 2, Pad::Zero),
        Element::Hour12 { padded } => number(hour12, 2, zero_or_not(padded)),
        Element::Minute { padded } => number(minute, 2, zero_or_not(padded)),
        Element::Second { padded } => number(second, 2, zero_or_not(padded)),
        Element::LongYear => number(date.year, 4, Pad::Zero),
        Element::Year => number(date.year.abs() % 100, 2, Pad::Zero),
        Element::Noon { upper } => {
            let text = if hour >= 12 { "pm" } else { "am" };
            if upper { text.to_uppercase() } else { text.to_owned() }
        }
        Element::ZoneName if !moment.zone_name.is_empty() => moment.zone_name.clone(),
        Element::ZoneName => offset_text(
            moment.offset,
            Offset { iso: false, colon: false, minutes: true, seconds: false },
        ),
        Element::Offset(offset) => offset_text(moment.offset, offset),
        Element::Fraction { digits, fixed, comma } => {
            fraction_text(moment.nanoseconds, digits, fixed, comma)
        }
    }
}

fn offset_text(offset: i64, form: Offset) -> String {
    if form.iso && offset == 0 {
        return "Z".to_owned();
    }
    let size = offset.abs();
    let sign = if offset / 60 < 0 { '-' } else { '+' };
    let colon = if form.colon { ":" } else { "" };
    let mut text = format!("{sign}{:02}", size / 3_600);
    if form.minutes {
        push_formatted(&mut text, format_args!("{colon}{:02}", size / 60 % 60));
    }
    if form.seconds {
        push_formatted(&mut text, format_args!("{colon}{:02}", size % 60));
    }
    text
}

fn fraction_text(nanoseconds: u32, n_digits: usize, fixed: bool, comma: bool) -> String {
    let all = format!("{nanoseconds:09}");
    let mut digits = all.get(..n_digits.min(9)).unwrap_or(&all);
    if !fixed {
        digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            return String::new();
        }
    }
    format!("{}{digits}", if comma { ',' } else { '.' })
}
