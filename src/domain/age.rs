//! Formats and parses times for the user: `3 d`, `in 5 h`, `2026-11-21 14:03 UTC`.

use jiff::{Timestamp, Unit, tz::TimeZone};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Formats a duration in its largest unit, without its sign: `45 s`, `12 min`, `5 h`, `3 d`.
#[must_use]
pub fn span(seconds: i64) -> String {
    match seconds.abs() {
        s @ 0..MINUTE => format!("{s} s"),
        s @ MINUTE..HOUR => format!("{} min", s / MINUTE),
        s @ HOUR..DAY => format!("{} h", s / HOUR),
        s => format!("{} d", s / DAY),
    }
}

/// Formats a duration in hours and minutes, or in seconds below a minute: `45 s`, `36 h 5 min`.
#[must_use]
pub fn precise(seconds: u64) -> String {
    let (hour, minute) = (HOUR.unsigned_abs(), MINUTE.unsigned_abs());
    match (seconds / hour, seconds % hour / minute) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Formats the time from `then` to `now` like [`span`]: `now` within a minute, `in …` for the
/// future. A future time is rounded to the nearest unit, so that a token with a lifetime of 12 days
/// does not show `in 11 d` a moment later.
#[must_use]
pub fn ago(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    match seconds {
        ..=-60 => {
            let unit = match seconds.abs() {
                ..HOUR => MINUTE,
                HOUR..DAY => HOUR,
                _ => DAY,
            };
            format!("in {}", span((seconds.abs() + unit / 2) / unit * unit))
        }
        -59..60 => "now".to_owned(),
        _ => span(seconds),
    }
}

/// Formats the age of a past time: `3 d ago`, or `now` within a minute. A future time, such as one
/// from a server whose clock is ahead, is formatted like [`ago`].
#[must_use]
pub fn since(now: Timestamp, then: Timestamp) -> String {
    match ago(now, then) {
        ago if ago == "now" || then > now => ago,
        ago => format!("{ago} ago"),
    }
}

/// Formats a time in UTC, to the minute.
#[must_use]
pub fn utc(at: Timestamp) -> String {
    let at = at.round(Unit::Second).unwrap_or(at);
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Length of a date such as `2026-11-30`.
const DATE: usize = 10;

/// Parses a time in the past: a duration before `now`, such as `7d`, an RFC 3339 time, or a date. A
/// date means the end of that day in UTC. `None` for any other text.
#[must_use]
pub fn parse_past(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    // jiff parses a date with a time as a date, too, and drops the time.
    if let Some(date) = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == DATE) {
        let end = date.at(23, 59, 59, 999_999_999);
        return Some(end.to_zoned(TimeZone::UTC).ok()?.timestamp());
    }
    let span = text.parse::<jiff::Span>().ok().filter(|span| !span.is_negative())?;
    Some(now.to_zoned(TimeZone::UTC).checked_sub(span).ok()?.timestamp())
}

/// Reason why a text is not a future expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    /// The text is not a duration, a date or a time.
    #[error("use 90d, 12h or a date such as 2027-01-31")]
    Format,
    /// The date is outside the supported calendar.
    #[error("this date does not exist")]
    NoSuchDate,
    /// The time is later than the last representable time.
    #[error("is too far in the future")]
    TooFar,
    /// The time is not in the future.
    #[error("is in the past")]
    Past,
}

/// Parses an expiry: `90d`, `12h`, a date, or a time. A date means the start of that day in UTC. A
/// time without an offset is in UTC.
///
/// # Errors
/// Returns an error if the text has none of these forms, the date does not exist, or the time is
/// not later than `now` or too far in the future.
pub fn parse_expiry(text: &str, now: Timestamp) -> Result<Timestamp, ExpiryError> {
    let text = text.trim();
    let at = if let Ok(at) = text.parse::<Timestamp>() {
        at
    } else if let Ok(time) = text.parse::<jiff::civil::DateTime>() {
        time.to_zoned(TimeZone::UTC).map_err(|_| ExpiryError::NoSuchDate)?.timestamp()
    } else {
        let span = text.parse::<jiff::Span>().map_err(|_| ExpiryError::Format)?;
        now.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| ExpiryError::TooFar)?.timestamp()
    };
    if at <= now { Err(ExpiryError::Past) } else { Ok(at) }
}

/// Parses the last day of a period, in UTC: like [`parse_expiry`], but today is valid too.
///
/// # Errors
/// Returns the errors of [`parse_expiry`].
pub fn parse_last_day(text: &str, now: Timestamp) -> Result<jiff::civil::Date, ExpiryError> {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    match text.trim().parse() {
        Ok(date) if date == day(now) => Ok(date),
        _ => parse_expiry(text, now).map(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn past_times_are_durations_days_and_times() {
        let now = at("2026-11-30T12:00:00Z");
        for (text, time) in [
            ("7d", Some("2026-11-23T12:00:00Z")),
            ("12h", Some("2026-11-30T00:00:00Z")),
            ("2026-11-20", Some("2026-11-20T23:59:59.999999999Z")),
            ("2026-11-20T10:00:00+01:00", Some("2026-11-20T09:00:00Z")),
            ("2026-11-20T10:00", None),
            ("-7d", None),
            ("soon", None),
        ] {
            assert_eq!(parse_past(text, now), time.map(at), "{text}");
        }
    }

    #[test]
    fn ages_use_their_largest_unit() {
        let now = at("2026-11-21T12:00:00Z");
        for (then, shown) in [
            ("2026-11-21T11:59:30Z", "now"),
            ("2026-11-21T11:48:00Z", "12 min"),
            ("2026-11-21T07:00:00Z", "5 h"),
            ("2026-11-18T12:00:00Z", "3 d"),
            ("2025-11-21T12:00:00Z", "365 d"),
            ("2026-11-21T17:00:00Z", "in 5 h"),
            ("2026-11-21T16:59:40Z", "in 5 h"),
            ("2026-11-22T11:59:40Z", "in 1 d"),
            ("2026-12-03T11:59:40Z", "in 12 d"),
        ] {
            assert_eq!(ago(now, at(then)), shown);
        }
    }

    #[test]
    fn time_of_a_clock_that_is_ahead_is_not_past() {
        let now = at("2026-11-21T12:00:00Z");
        assert_eq!(since(now, at("2026-11-21T12:02:00Z")), "in 2 min");
        assert_eq!(since(now, at("2026-11-21T11:59:59Z")), "now");
        assert_eq!(since(now, at("2026-11-18T12:00:00Z")), "3 d ago");
    }

    #[test]
    fn expiries_are_spans_dates_or_times() {
        let now = at("2026-11-21T12:00:00Z");
        for (typed, expected) in [
            ("90d", "2027-02-19T12:00:00Z"),
            ("12h", "2026-11-22T00:00:00Z"),
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("2027-01-31T08:30:00Z", "2027-01-31T08:30:00Z"),
            ("2027-01-31T10:00", "2027-01-31T10:00:00Z"),
        ] {
            assert_eq!(parse_expiry(typed, now), Ok(at(expected)), "{typed}");
        }
        assert_eq!(parse_expiry("2020-01-01", now), Err(ExpiryError::Past));
        assert!(parse_expiry("soon", now).is_err());
        assert!(parse_expiry("-5d", now).is_err());
    }

    #[test]
    fn last_day_may_be_today() {
        let now = at("2026-11-30T12:00:00Z");
        let last = |text| parse_last_day(text, now).map(|date| date.to_string());
        assert_eq!(last("2026-11-30").as_deref(), Ok("2026-11-30"));
        assert_eq!(last("1d").as_deref(), Ok("2026-12-01"));
        assert_eq!(last("2026-11-29"), Err(ExpiryError::Past));
    }
}
