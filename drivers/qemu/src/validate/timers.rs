//! `<clock>`: the timers that QEMU has, and what can be said of each.

use ferrovirt_conf::domain::{ClockOffset, TickPolicy, Timer, TimerName, TimerTrack, VirtType};
use ferrovirt_core::Result;
use ferrovirt_xml::YesNo;

use super::{Subject, refuse};
use crate::machine::Family;

/// The last second of the year 9999, past which nobody counts.
const END_OF_TIME: u64 = 253_402_300_799;

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    let clock = &subject.model.clock;
    clock.timers.iter().try_for_each(|timer| check_timer(subject, timer))?;
    match clock.offset {
        ClockOffset::Absolute { start } if start > END_OF_TIME => {
            refuse(format!("a <clock> can't start later than {END_OF_TIME}"))
        }
        _ => Ok(()),
    }
}

fn check_timer(subject: &Subject<'_>, timer: &Timer) -> Result<()> {
    let name = timer.name;
    let present = timer.present == Some(YesNo::Yes);
    let policy = timer.tick_policy;
    let no_policy = || match policy {
        Some(policy) => refuse(format!("timer '{name}' has no tickpolicy '{policy}' in QEMU")),
        None => Ok(()),
    };
    let elsewhere = || refuse(format!("there is no timer '{name}' in such a guest"));
    match name {
        TimerName::Platform => elsewhere(),
        TimerName::Tsc | TimerName::KvmClock | TimerName::HypervClock | TimerName::Hpet => {
            if present && !subject.arch.is_x86() { elsewhere() } else { Ok(()) }
        }
        TimerName::Rtc => {
            if timer.track == Some(TimerTrack::Boot) {
                return refuse("timer 'rtc' can't track 'boot' in QEMU");
            }
            if matches!(policy, Some(TickPolicy::Merge | TickPolicy::Discard)) { no_policy() } else { Ok(()) }
        }
        TimerName::Pit => match policy {
            Some(TickPolicy::Merge) => no_policy(),
            Some(TickPolicy::CatchUp)
                if !subject.capabilities.device_has_property("kvm-pit", "lost_tick_policy") =>
            {
                no_policy()
            }
            _ => Ok(()),
        },
        TimerName::ArmVtimer => {
            if subject.model.virt_type != VirtType::Kvm || subject.family != Family::ArmVirt {
                return elsewhere();
            }
            if timer.present == Some(YesNo::No) {
                return refuse("timer 'armvtimer' can't be switched off");
            }
            if !subject.any_has(&["max-arm-cpu"], "kvm-no-adjvtime") {
                return refuse("this QEMU can't set up the timer 'armvtimer'");
            }
            match policy {
                Some(TickPolicy::CatchUp | TickPolicy::Merge) => no_policy(),
                _ => Ok(()),
            }
        }
    }
}
