//! Moments, told in the host's time zone.

use jiff::{Timestamp, tz::TimeZone};

/// `2026-11-26 23:14:00 +0000` of seconds since 1970, here.
pub fn local_with_offset(seconds: i64) -> String {
    shown(Timestamp::from_second(seconds).ok(), "%Y-%m-%d %H:%M:%S %z")
}

/// `2026-11-26 23:14:00`, here.
pub fn local(seconds: i64) -> String {
    shown(Timestamp::from_second(seconds).ok(), "%Y-%m-%d %H:%M:%S")
}

/// `2026-11-26 23:14:00`, in UTC.
pub fn utc(seconds: i64) -> String {
    let moment = Timestamp::from_second(seconds).map(|at| at.to_zoned(TimeZone::UTC));
    moment.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// `2026-11-26 23:14:00.123+0000`: now, in UTC, as events are stamped.
pub fn stamp() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S.%3f%z").to_string()
}

fn shown(moment: Option<Timestamp>, form: &str) -> String {
    moment.map(|at| at.to_zoned(TimeZone::system()).strftime(form).to_string()).unwrap_or_default()
}

/// Now, as a part of a file's name.
pub fn for_file() -> String {
    shown(Some(Timestamp::now()), "%Y-%m-%d-%H:%M:%S")
}
