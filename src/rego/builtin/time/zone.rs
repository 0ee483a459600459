//! Time zones by name, with their history.

use chrono::{DateTime, TimeZone as _};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};

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
        let Some(time) = DateTime::from_timestamp(unix_seconds, 0) else { return utc() };
        let offset = zone.offset_from_utc_datetime(&time.naive_utc());
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

/// What the database calls zones without a name of their own: `+04`, `+0530`.
fn numeric_name(offset: i64) -> String {
    let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    let minutes = size / 60 % 60;
    let minutes = if minutes == 0 { String::new() } else { format!("{minutes:02}") };
    format!("{sign}{:02}{minutes}", size / 3_600)
}
