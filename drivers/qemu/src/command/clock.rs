//! `-rtc`, and the timers that are no part of the CPU or the machine.

use super::context::Builder;
use super::line::Parts;
use crate::capabilities::Fact;
use ferrovirt_conf::domain::{ClockBasis, ClockOffset, TickPolicy, TimerName, TimerTrack};
use ferrovirt_core::{Error, Result};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let clock = &b.model().clock;
    let mut parts = Parts::default();
    match &clock.offset {
        ClockOffset::Utc { .. } => _ = parts.add("base=utc"),
        ClockOffset::LocalTime { .. } | ClockOffset::Timezone { .. } => _ = parts.add("base=localtime"),
        ClockOffset::Variable { adjustment, basis, .. } => {
            let zone = if *basis == ClockBasis::LocalTime { b.host().time_zone } else { 0 };
            parts.set("base", date(b.host().now.saturating_add(*adjustment).saturating_add(zone)));
        }
        ClockOffset::Absolute { start } => _ = parts.set("base", date(*start as i64)),
    }
    if let Some(rtc) = clock.timers.iter().find(|timer| timer.name == TimerName::Rtc) {
        parts.maybe(
            "clock",
            match rtc.track {
                None => None,
                Some(TimerTrack::Guest) => Some("vm"),
                Some(TimerTrack::Wall) => Some("host"),
                Some(TimerTrack::RealTime) => Some("rt"),
                Some(TimerTrack::Boot) => return Err(unsupported("track", "boot", "rtc")),
            },
        );
        match rtc.tick_policy {
            None | Some(TickPolicy::Delay) => {}
            Some(TickPolicy::CatchUp) => _ = parts.add("driftfix=slew"),
            Some(policy) => return Err(unsupported("tickpolicy", policy, "rtc")),
        }
    }
    b.line.option("-rtc", parts);
    if let ClockOffset::Timezone { timezone } = &clock.offset {
        b.line.env("TZ", timezone);
    }
    for pit in clock.timers.iter().filter(|timer| timer.name == TimerName::Pit) {
        let value = match pit.tick_policy {
            None | Some(TickPolicy::Delay) => "delay",
            Some(TickPolicy::Discard) => "discard",
            Some(TickPolicy::CatchUp) => continue,
            Some(policy) => return Err(unsupported("tickpolicy", policy, "pit")),
        };
        if b.context.capabilities.answers(&Fact::Property("kvm-pit", "lost_tick_policy")) {
            b.line.global(format_args!("kvm-pit.lost_tick_policy={value}"));
        }
    }
    Ok(())
}

fn unsupported(attribute: &str, value: impl std::fmt::Display, timer: &str) -> Error {
    Error::config_unsupported(format!("QEMU has no {attribute}='{value}' for the timer '{timer}'"))
}

/// Seconds since 1970 as QEMU reads dates.
fn date(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day, from the days since 1970. Years begin in March, so that the leap day is their last.
fn civil(days: i64) -> (i64, i64, i64) {
    const FOUR_CENTURIES: i64 = 146_097;
    let since_march_of_year_0 = days + 719_468;
    let (era, day) =
        (since_march_of_year_0.div_euclid(FOUR_CENTURIES), since_march_of_year_0.rem_euclid(FOUR_CENTURIES));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_right_around_leap_days_and_before_1970() {
        assert_eq!(date(0), "1970-01-01T00:00:00");
        assert_eq!(date(951_782_399), "2000-02-28T23:59:59");
        assert_eq!(date(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(date(1_709_164_800), "2024-02-29T00:00:00");
        assert_eq!(date(-1), "1969-12-31T23:59:59");
        assert_eq!(date(4_107_542_400), "2100-03-01T00:00:00");
    }
}
