//! Days as years, months and days of the Gregorian calendar, also before it began, as Go counts.

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
}

pub(super) const SECONDS_PER_DAY: i64 = 86_400;

/// Days since 1970-01-01 of a date; months and days may lie outside of their year and month.
pub(super) fn days_of(date: Date) -> i64 {
    let months = date.year * 12 + date.month - 1;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    // Years begin in March here, so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + date.day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day since 1970-01-01.
pub(super) fn date_of(days: i64) -> Date {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Date { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
}

/// Days since the first of January, from 1.
pub(super) fn day_of_year(date: Date) -> i64 {
    days_of(date) - days_of(Date { year: date.year, month: 1, day: 1 }) + 1
}

/// How many days the month has.
pub(super) fn days_in(year: i64, month: i64) -> i64 {
    days_of(Date { year, month: month + 1, day: 1 }) - days_of(Date { year, month, day: 1 })
}
