//! Times read as a layout says. Source: Go's `time.Parse`.

use super::super::format::quoted;
use super::civil::{Date, SECONDS_PER_DAY, days_in, days_of};
use super::layout::{Element, MONTHS, Offset, Pad, WEEKDAYS, next_element};

/// What was read so far.
#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: i64,
    afternoon: Option<bool>,
    offset: Option<i64>,
}

/// Why an element does not fit.
enum Fault {
    Form,
    Range(&'static str),
}

type Read<'v, T> = Result<(T, &'v str), Fault>;

/// Reads a time in nanoseconds since 1970, beyond what 64 bits hold if need be.
pub(super) fn parse(layout: &str, value: &str) -> Result<i128, String> {
    let fault = |element: &str, rest: &str, more: &str| {
        if more.is_empty() {
            let (value, layout) = (quoted(value), quoted(layout));
            let (rest, element) = (quoted(rest), quoted(element));
            return format!("parsing time {value} as {layout}: cannot parse {rest} as {element}");
        }
        format!("parsing time {}{more}", quoted(value))
    };
    let mut fields = Fields::default();
    let (mut rest_layout, mut rest) = (layout, value);
    while let Some((before, element, written, after)) = next_element(rest_layout) {
        rest = skipped(rest, before).ok_or_else(|| fault(before, rest, ""))?;
        let follows = next_element(after)
            .is_some_and(|(_, next, ..)| matches!(next, Element::Fraction { .. }));
        rest = match fields.take(element, rest, follows) {
            Ok(rest) => rest,
            Err(Fault::Form) => return Err(fault(written, rest, "")),
            Err(Fault::Range(what)) => {
                return Err(fault(written, rest, &format!(": {what} out of range")));
            }
        };
        rest_layout = after;
    }
    rest = skipped(rest, rest_layout).ok_or_else(|| fault(rest_layout, rest, ""))?;
    if !rest.is_empty() {
        return Err(fault("", rest, &format!(": extra text: {}", quoted(rest))));
    }
    fields.nanoseconds_since_1970().map_err(|what| fault("", rest, &format!(": {what}")))
}

/// The value after the text of a layout; a space in it stands for any number of spaces.
fn skipped<'v>(value: &'v str, text: &str) -> Option<&'v str> {
    let (mut value, mut text) = (value, text);
    while let Some(char) = text.chars().next() {
        if char == ' ' {
            if !value.is_empty() && !value.starts_with(' ') {
                return None;
            }
            text = text.trim_start_matches(' ');
            value = value.trim_start_matches(' ');
        } else {
            value = value.strip_prefix(char)?;
            text = text.strip_prefix(char)?;
        }
    }
    Some(value)
}

fn digit(text: &str, position: usize) -> Option<i64> {
    let byte = text.as_bytes().get(position).filter(|byte| byte.is_ascii_digit())?;
    Some(i64::from(byte - b'0'))
}

/// One or two digits, or exactly two.
fn number(text: &str, fixed: bool) -> Read<'_, i64> {
    let first = digit(text, 0).ok_or(Fault::Form)?;
    match digit(text, 1) {
        Some(second) => Ok((first * 10 + second, text.get(2..).unwrap_or_default())),
        None if fixed => Err(Fault::Form),
        None => Ok((first, text.get(1..).unwrap_or_default())),
    }
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Read<'_, i64> {
    let (digits, rest) = text.split_at_checked(count).ok_or(Fault::Form)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number).ok_or(Fault::Form)?;
    Ok((number, rest))
}

fn in_range(number: i64, from: i64, to: i64, what: &'static str) -> Result<i64, Fault> {
    if (from..=to).contains(&number) { Ok(number) } else { Err(Fault::Range(what)) }
}

/// A name of a list in any case, whole or its first three letters, and its place.
fn name<'v>(value: &'v str, names: &[&str], short: bool) -> Read<'v, i64> {
    let fits = |name: &&str| {
        let name = if short { name.get(..3).unwrap_or(name) } else { name };
        let found = value.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        found.then_some(name.len())
    };
    let found =
        names.iter().zip(1..).find_map(|(name, place)| fits(name).map(|length| (place, length)));
    let (place, length) = found.ok_or(Fault::Form)?;
    Ok((place, value.get(length..).unwrap_or_default()))
}

impl Fields {
    fn take<'v>(
        &mut self,
        element: Element,
        value: &'v str,
        fraction_follows: bool,
    ) -> Result<&'v str, Fault> {
        let rest;
        match element {
            Element::Year => {
                let year;
                (year, rest) = digits(value, 2)?;
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
            }
            Element::LongYear => (self.year, rest) = digits(value, 4)?,
            Element::LongMonth | Element::Month => {
                let month;
                (month, rest) = name(value, &MONTHS, element == Element::Month)?;
                self.month = Some(month);
            }
            Element::MonthNumber { padded } => {
                let month;
                (month, rest) = number(value, padded)?;
                self.month = Some(in_range(month, 1, 12, "month")?);
            }
            Element::LongWeekday | Element::Weekday => {
                (_, rest) = name(value, &WEEKDAYS, element == Element::Weekday)?;
            }
            Element::Day { pad } => {
                let day;
                let value = if pad == Pad::Space {
                    value.strip_prefix(' ').unwrap_or(value)
                } else {
                    value
                };
                (day, rest) = number(value, pad == Pad::Zero)?;
                self.day = Some(day);
            }
            Element::DayOfYear { pad } => {
                let day;
                (day, rest) = day_of_year(value, pad)?;
                self.day_of_year = Some(day);
            }
            Element::Hour => {
                let hour;
                (hour, rest) = number(value, false)?;
                self.hour = in_range(hour, 0, 23, "hour")?;
            }
            Element::Hour12 { padded } => {
                let hour;
                (hour, rest) = number(value, padded)?;
                self.hour = in_range(hour, 0, 12, "hour")?;
            }
            Element::Minute { padded } => {
                let minute;
                (minute, rest) = number(value, padded)?;
                self.minute = in_range(minute, 0, 59, "minute")?;
            }
            Element::Second { padded } => {
                let (second, after) = number(value, padded)?;
                self.second = in_range(second, 0, 59, "second")?;
                // A fraction is read even where the layout has none.
                return if fraction_follows { Ok(after) } else { self.fraction(after) };
            }
            Element::Noon { upper } => {
                let (text, after) = value.split_at_checked(2).ok_or(Fault::Form)?;
                self.afternoon = Some(match (text, upper) {
                    ("PM", true) | ("pm", false) => true,
                    ("AM", true) | ("am", false) => false,
                    _ => return Err(Fault::Form),
                });
                rest = after;
            }
            Element::Offset(form) => {
                let offset;
                (offset, rest) = offset_of(value, form)?;
                self.offset = Some(offset);
            }
            Element::ZoneName => {
                ((), rest) = zone_name(value)?;
            }
            Element::Fraction { digits: n_digits, fixed: true, .. } => {
                let is_mark = value.starts_with(['.', ',']);
                let (_, after) =
                    digits(value.get(1..).unwrap_or_default(), n_digits).or(Err(Fault::Form))?;
                if !is_mark {
                    return Err(Fault::Form);
                }
                let all = value.get(1..=n_digits).unwrap_or_default();
                self.nanoseconds = nanoseconds(all);
                rest = after;
            }
            Element::Fraction { .. } => return self.fraction(value),
        }
        Ok(rest)
    }

    /// A fraction of a second of any length, if there is one.
    fn fraction<'v>(&mut self, value: &'v str) -> Result<&'v str, Fault> {
        let Some(after) = value.strip_prefix(['.', ',']).filter(|after| digit(after, 0).is_some())
        else {
            return Ok(value);
        };
        let end = after.find(|char: char| !char.is_ascii_digit()).unwrap_or(after.len());
        let (all, rest) = after.split_at_checked(end).unwrap_or((after, ""));
        self.nanoseconds = nanoseconds(all);
        Ok(rest)
    }

    fn nanoseconds_since_1970(mut self) -> Result<i128, &'static str> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        if let Some(day_of_year) = self.day_of_year {
            self.place(day_of_year)?;
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if day < 1 || day > days_in(self.year, month) {
            return Err("day out of range");
        }
        let days = days_of(Date { year: self.year, month, day });
        let seconds = days * SECONDS_PER_DAY + self.hour * 3_600 + self.minute * 60 + self.second;
        let seconds = seconds - self.offset.unwrap_or(0);
        Ok(i128::from(seconds) * 1_000_000_000 + i128::from(self.nanoseconds))
    }

    /// Month and day of a day of the year, which must agree with those that were given.
    fn place(&mut self, day_of_year: i64) -> Result<(), &'static str> {
        let first = days_of(Date { year: self.year, month: 1, day: 1 });
        let n_days = days_of(Date { year: self.year + 1, month: 1, day: 1 }) - first;
        if !(1..=n_days).contains(&day_of_year) {
            return Err("day-of-year out of range");
        }
        let date = super::civil::date_of(first + day_of_year - 1);
        if self.month.is_some_and(|month| month != date.month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|day| day != date.day) {
            return Err("day-of-year does not match day");
        }
        (self.month, self.day) = (Some(date.month), Some(date.day));
        Ok(())
    }
}

fn day_of_year(value: &str, pad: Pad) -> Read<'_, i64> {
    let mut value = value;
    for _ in 0..2 {
        if pad == Pad::Space {
            value = value.strip_prefix(' ').unwrap_or(value);
        }
    }
    let count = value.bytes().take(3).take_while(u8::is_ascii_digit).count();
    if count == 0 || (pad == Pad::Zero && count != 3) {
        return Err(Fault::Form);
    }
    digits(value, count)
}

/// The first nine digits after the point.
fn nanoseconds(digits: &str) -> i64 {
    let digits = digits.get(..9).unwrap_or(digits);
    format!("{digits:0<9}").parse().unwrap_or_default()
}

fn offset_of(value: &str, form: Offset) -> Read<'_, i64> {
    if let Some(rest) = value.strip_prefix('Z').filter(|_| form.iso) {
        return Ok((0, rest));
    }
    let rest = value.strip_prefix(['+', '-']).ok_or(Fault::Form)?;
    let part = |rest: &'_ str,
                wanted: bool,
                limit: i64,
                what: &'static str|
     -> Result<(i64, usize), Fault> {
        if !wanted {
            return Ok((0, 0));
        }
        let after_colon =
            if form.colon { rest.strip_prefix(':').ok_or(Fault::Form)? } else { rest };
        let (number, after) = number(after_colon, true)?;
        Ok((in_range(number, 0, limit, what)?, rest.len() - after.len()))
    };
    let (hours, mut rest) = number(rest, true)?;
    let hours = in_range(hours, 0, 24, "time zone offset hour")?;
    let (minutes, length) = part(rest, form.minutes, 60, "time zone offset minute")?;
    rest = rest.get(length..).unwrap_or_default();
    let (seconds, length) = part(rest, form.seconds, 60, "time zone offset second")?;
    rest = rest.get(length..).unwrap_or_default();
    let offset = hours * 3_600 + minutes * 60 + seconds;
    Ok((if value.starts_with('-') { -offset } else { offset }, rest))
}

/// An abbreviation of a zone, which says nothing: all count as UTC in Go, where the local zone is not named so.
fn zone_name(value: &str) -> Read<'_, ()> {
    let split = |length: usize| value.split_at_checked(length).ok_or(Fault::Form);
    if let Some(rest) = value.strip_prefix("UTC") {
        return Ok(((), rest));
    }
    if value.starts_with("ChST") || value.starts_with("MeST") {
        return split(4).map(|(_, rest)| ((), rest));
    }
    if let Some(rest) = value.strip_prefix("GMT") {
        return Ok(((), rest.get(signed_hours(rest).unwrap_or(0)..).unwrap_or_default()));
    }
    if value.starts_with(['+', '-']) {
        let length = signed_hours(value).ok_or(Fault::Form)?;
        return split(length).map(|(_, rest)| ((), rest));
    }
    let n_upper = value.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    let fits = match n_upper {
        3 => true,
        4 => value.as_bytes().get(3) == Some(&b'T') || value.starts_with("WITA"),
        5 => value.as_bytes().get(4) == Some(&b'T'),
        _ => false,
    };
    if fits { split(n_upper).map(|(_, rest)| ((), rest)) } else { Err(Fault::Form) }
}

/// How long `+3` is.
fn signed_hours(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['+', '-'])?;
    let n_digits = digits.bytes().take_while(u8::is_ascii_digit).count();
    digits.get(..n_digits)?.parse::<u64>().ok().filter(|hours| *hours <= 23)?;
    Some(n_digits + 1)
}
