//! When to ask again.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Attempts of one request, the first included.
pub(super) const MAX_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Whether a registry that answers `status` may answer otherwise a moment later.
pub(super) fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// How long the answer asks to wait: seconds, or a date that is compared with the answer's own date.
///
/// Source: RFC 9110, section 10.2.3.
pub(super) fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let sent = date(headers.get(DATE)?.to_str().ok()?)?;
    Some(date(text)?.duration_since(sent).unwrap_or_default())
}

/// The pause before the attempt after `attempt` (counted from 1): twice as long each time, less up to a half by chance,
/// so that many gates do not come back at one moment.
pub(super) fn own_pause(attempt: u32, chance: u32) -> Duration {
    let whole = FIRST_PAUSE * 2_u32.saturating_pow(attempt.saturating_sub(1).min(10));
    let half = whole / 2;
    half + half.mul_f64(f64::from(chance) / f64::from(u32::MAX))
}

/// A number by chance; when the machine has none, the pause is simply the longest.
pub(super) fn chance() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn seconds_and_dates_are_honoured() {
        let sent = ("date", "Wed, 25 Nov 2026 22:00:00 GMT");
        for (pairs, pause) in [
            (vec![("retry-after", "7")], Some(7)),
            (vec![("retry-after", "Wed, 25 Nov 2026 22:00:09 GMT"), sent], Some(9)),
            (vec![("retry-after", "Wed, 25 Nov 2026 21:00:00 GMT"), sent], Some(0)),
            (vec![("retry-after", "Wed, 25 Nov 2026 22:00:09 GMT")], None),
            (vec![("retry-after", "soon"), sent], None),
            (vec![], None),
        ] {
            assert_eq!(asked_pause(&headers(&pairs)), pause.map(Duration::from_secs), "{pairs:?}");
        }
    }

    #[test]
    fn pauses_double_and_vary_by_half() {
        assert_eq!(own_pause(1, 0), Duration::from_millis(50));
        assert_eq!(own_pause(1, u32::MAX), Duration::from_millis(100));
        assert_eq!(own_pause(3, u32::MAX), Duration::from_millis(400));
        assert!(own_pause(u32::MAX, u32::MAX) < Duration::from_mins(2));
    }

    #[test]
    fn only_faults_that_pass_are_tried_again() {
        for (status, passing) in
            [(429, true), (500, true), (503, true), (501, false), (400, false), (404, false)]
        {
            assert_eq!(is_passing(StatusCode::from_u16(status).unwrap()), passing, "{status}");
        }
    }
}
