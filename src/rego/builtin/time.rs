//! Times in nanoseconds since 1970. Source: OPA 1.x, `topdown/time.go`.

mod civil;
mod duration;
mod layout;
mod parse;
mod zone;

use crate::domain::value::Value;

use super::arithmetic::float_of;
use super::operand::{Answer, answer, any, failed, int, string, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

use civil::{Date, SECONDS_PER_DAY, date_of, days_of};
use zone::Zone;

const IN_ZONE: Type = Type::OneOf(&[Type::Number, Type::Tuple(&[Type::Number, Type::String])]);
const FORMATTED: Type = Type::OneOf(&[
    Type::Number,
    Type::Tuple(&[Type::Number, Type::String]),
    Type::Tuple(&[Type::Number, Type::String, Type::String]),
]);
const THREE: Type = Type::Tuple(&[Type::Number, Type::Number, Type::Number]);
const SIX: Type = Type::Tuple(&[
    Type::Number,
    Type::Number,
    Type::Number,
    Type::Number,
    Type::Number,
    Type::Number,
]);
const ADD: &[Type] = &[Type::Number, Type::Number, Type::Number, Type::Number];

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin { deterministic: false, ..entry("time.now_ns", &[], Type::Number, now) },
    entry("time.parse_ns", &[Type::String, Type::String], Type::Number, parse_ns),
    entry("time.parse_rfc3339_ns", &[Type::String], Type::Number, parse_rfc3339),
    entry("time.parse_duration_ns", &[Type::String], Type::Number, parse_duration),
    entry("time.format", &[FORMATTED], Type::String, format),
    entry("time.date", &[IN_ZONE], THREE, date),
    entry("time.clock", &[IN_ZONE], THREE, clock),
    entry("time.weekday", &[IN_ZONE], Type::String, weekday),
    entry("time.add_date", ADD, Type::Number, add_date),
    entry("time.diff", &[IN_ZONE, IN_ZONE], SIX, diff),
];

/// A time as clocks in a zone show it.
#[derive(Clone, Debug)]
struct Moment {
    unix_seconds: i64,
    nanoseconds: u32,
    zone: Zone,
    /// Seconds east of Greenwich.
    offset: i64,
    zone_name: String,
}

impl Moment {
    fn new(nanoseconds: i64, zone: Zone) -> Self {
        let unix_seconds = nanoseconds.div_euclid(1_000_000_000);
        let (offset, zone_name) = zone.offset(unix_seconds);
        let nanoseconds = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).unwrap_or_default();
        Self { unix_seconds, nanoseconds, zone, offset, zone_name }
    }

    fn shown(&self) -> i64 {
        self.unix_seconds + self.offset
    }

    fn date(&self) -> Date {
        date_of(self.shown().div_euclid(SECONDS_PER_DAY))
    }

    fn clock(&self) -> (i64, i64, i64) {
        let seconds = self.shown().rem_euclid(SECONDS_PER_DAY);
        (seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }

    fn weekday(&self) -> &'static str {
        let day = (self.shown().div_euclid(SECONDS_PER_DAY) + 4).rem_euclid(7);
        let names = layout::WEEKDAYS;
        usize::try_from(day).ok().and_then(|day| names.get(day)).copied().unwrap_or_default()
    }
}

/// A time, or an array of a time, a zone and a layout.
fn moment(arguments: &[Value], position: usize) -> Result<(Moment, String), BuiltinError> {
    let value = any(arguments, position)?;
    let wanted = "either number (ns) or [number (ns), string (tz)]";
    let (time, zone, layout) = match value {
        Value::Number(_) => (value, None, None),
        Value::Array(items) => match items.as_slice() {
            [] => return Err(type_error(1, value, &[wanted])),
            [time, rest @ ..] => (time, rest.first(), rest.get(1)),
        },
        _ => return Err(type_error(1, value, &[wanted])),
    };
    let Value::Number(time) = time else { return Err(type_error(1, time, &["number"])) };
    let text = |value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| type_error(1, value, &["string"]))
    };
    let zone = zone.map(text).transpose()?.unwrap_or_default();
    let zone = Zone::parse(&zone).ok_or_else(|| failed(format!("unknown time zone {zone}")))?;
    let layout = layout.map(text).transpose()?.unwrap_or_default();
    let too_big = || failed("timestamp too big");
    let float = float_of(time)?;
    let nanoseconds =
        float.exact_integer().and_then(|exact| i64::try_from(exact).ok()).ok_or_else(too_big)?;
    Ok((Moment::new(nanoseconds, zone), layout))
}

fn nanoseconds(nanoseconds: i128) -> Answer {
    answer(i64::try_from(nanoseconds).or(Err(failed("time outside of valid range")))?)
}

/// Whether a text is a time that is written as the layout says.
pub(super) fn fits_layout(layout: &str, text: &str) -> bool {
    parse::parse(layout::named(layout), text).is_ok()
}

/// Whether YAML 1.1 would read the text as a time.
pub(super) fn is_timestamp(text: &str) -> bool {
    const LAYOUTS: [&str; 4] = [
        "2006-1-2T15:4:5.999999999Z07:00",
        "2006-1-2t15:4:5.999999999Z07:00",
        "2006-1-2 15:4:5.999999999",
        "2006-1-2",
    ];
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let begins_with_year = n_digits == 4 && text.as_bytes().get(4) == Some(&b'-');
    begins_with_year && LAYOUTS.iter().any(|layout| parse::parse(layout, text).is_ok())
}

fn now(_: &[Value], context: &mut CallContext<'_>) -> Answer {
    answer(context.now_ns)
}

fn parse_ns(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (layout, value) = (string(arguments, 1)?, string(arguments, 2)?);
    super::text::charge(layout.len() + value.len(), context)?;
    nanoseconds(parse::parse(layout::named(layout), value).map_err(failed)?)
}

fn parse_rfc3339(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let value = string(arguments, 1)?;
    nanoseconds(parse::parse(layout::named("RFC3339"), value).map_err(failed)?)
}

fn parse_duration(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(duration::parse(string(arguments, 1)?).map_err(failed)?)
}

fn format(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (moment, layout) = moment(arguments, 1)?;
    super::text::charge(layout.len() * 4, context)?;
    let layout = if layout.is_empty() { layout::RFC3339_NANO } else { layout::named(&layout) };
    answer(layout::formatted(&moment, layout))
}

fn numbers<const N: usize>(numbers: [i64; N]) -> Answer {
    Ok(Some(Value::array(numbers.into_iter().map(Value::from).collect())))
}

fn date(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let Date { year, month, day } = moment(arguments, 1)?.0.date();
    numbers([year, month, day])
}

fn clock(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (hour, minute, second) = moment(arguments, 1)?.0.clock();
    numbers([hour, minute, second])
}

fn weekday(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(moment(arguments, 1)?.0.weekday())
}

/// Years, months and days beyond any date that fits.
const MAX_ADDED: i64 = 1_000_000_000;

fn add_date(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (moment, _) = moment(arguments, 1)?;
    let (years, months, days) = (int(arguments, 2)?, int(arguments, 3)?, int(arguments, 4)?);
    if [years, months, days].iter().any(|added| added.abs() > MAX_ADDED) {
        return Err(failed("time outside of valid range"));
    }
    let date = moment.date();
    let days =
        days_of(Date { year: date.year + years, month: date.month + months, day: date.day + days });
    let shown = days * SECONDS_PER_DAY + moment.shown().rem_euclid(SECONDS_PER_DAY);
    let seconds = moment.zone.unix_seconds(shown);
    nanoseconds(i128::from(seconds) * 1_000_000_000 + i128::from(moment.nanoseconds))
}

fn diff(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (first, second) = (moment(arguments, 1)?.0, moment(arguments, 2)?.0);
    let at = |moment: &Moment| moment.unix_seconds * 1_000_000_000 + i64::from(moment.nanoseconds);
    // Both are taken as clocks in the first one's zone show them.
    let second = Moment::new(at(&second), first.zone);
    let (early, late) = if at(&first) > at(&second) { (second, first) } else { (first, second) };
    let (date1, date2) = (early.date(), late.date());
    let ((hour1, minute1, second1), (hour2, minute2, second2)) = (early.clock(), late.clock());
    let (mut years, mut months, mut days) =
        (date2.year - date1.year, date2.month - date1.month, date2.day - date1.day);
    let (mut hours, mut minutes, mut seconds) =
        (hour2 - hour1, minute2 - minute1, second2 - second1);
    borrow(&mut seconds, &mut minutes, 60);
    borrow(&mut minutes, &mut hours, 60);
    borrow(&mut hours, &mut days, 24);
    borrow(&mut days, &mut months, civil::days_in(date1.year, date1.month));
    borrow(&mut months, &mut years, 12);
    numbers([years, months, days, hours, minutes, seconds])
}

fn borrow(part: &mut i64, from: &mut i64, size: i64) {
    if *part < 0 {
        *part += size;
        *from -= 1;
    }
}

/// The second in UTC as certificates show times, and whether a part of the next one has passed.
pub(super) fn second_of(at_ns: i64) -> (String, bool) {
    let at = chrono::DateTime::from_timestamp_nanos(at_ns);
    (at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), at.timestamp_subsec_nanos() > 0)
}
