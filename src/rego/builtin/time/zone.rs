//! Time zones by name, with their history.

use chrono::{DateTime, TimeZone as _};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};

use super::civil::{Date, SECONDS_PER_DAY, date_of, days_of};

/// The last year that the table of the database lists as a whole.
const LAST_LISTED: i64 = 2099;

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Utc,
    Named(Tz),
}

impl Zone {
    /// The zone of a name; `Local` is UTC, since a decision must not depend on where it is made.
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" | "Local" => Some(Self::Utc),
            _ => name.parse().ok().map(Self::Named),
        }
    }

    /// Seconds east of Greenwich at a time, and what the zone is called then.
    pub(super) fn offset(self, unix_seconds: i64) -> (i64, String) {
        let utc = || (0, "UTC".to_owned());
        let Self::Named(zone) = self else { return utc() };
        let listed = within_table(zone, unix_seconds);
        let Some(offset) = listed_offset(zone, listed) else { return utc() };
        let seconds = offset.base_utc_offset() + offset.dst_offset();
        let seconds = seconds.num_seconds();
        (seconds, offset.abbreviation().map_or_else(|| numeric_name(seconds), str::to_owned))
    }

    /// The time at which clocks in the zone show these seconds since 1970.
    pub(super) fn unix_seconds(self, shown: i64) -> i64 {
        let (guess, _) = self.offset(shown);
        let (offset, _) = if guess == 0 { (0, String::new()) } else { self.offset(shown - guess) };
        shown - offset
    }
}

fn listed_offset(zone: Tz, unix_seconds: i64) -> Option<<Tz as chrono::TimeZone>::Offset> {
    let time = DateTime::from_timestamp(unix_seconds, 0)?;
    Some(zone.offset_from_utc_datetime(&time.naive_utc()))
}

/// The same time of a year which the database lists: its rules go on for ever, and its table ends with 2100.
///
/// Rules speak of months and weekdays, and so does any year that is as long and begins on the same weekday. Where clocks
/// do not change at the end of the table they never do again, whatever it lists before.
fn within_table(zone: Tz, unix_seconds: i64) -> i64 {
    let days = unix_seconds.div_euclid(SECONDS_PER_DAY);
    let year = date_of(days).year;
    if year <= LAST_LISTED {
        return unix_seconds;
    }
    let first = |year| days_of(Date { year, month: 1, day: 1 });
    let seconds = |month| days_of(Date { year: LAST_LISTED, month, day: 1 }) * SECONDS_PER_DAY;
    let shift = |month| Some(listed_offset(zone, seconds(month))?.dst_offset());
    if (2..=12).all(|month| shift(month) == shift(1)) {
        return seconds(1);
    }
    let shape = |year| (first(year).rem_euclid(7), first(year + 1) - first(year));
    let like = (LAST_LISTED - 39..=LAST_LISTED).find(|listed| shape(*listed) == shape(year));
    let back = like.map_or(0, |listed| first(year) - first(listed));
    unix_seconds - back * SECONDS_PER_DAY
}

/// What the database calls zones without a name of their own: `+04`, `+0530`.
fn numeric_name(offset: i64) -> String {
    let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    let minutes = size / 60 % 60;
    let minutes = if minutes == 0 { String::new() } else { format!("{minutes:02}") };
    format!("{sign}{:02}{minutes}", size / 3_600)
}
