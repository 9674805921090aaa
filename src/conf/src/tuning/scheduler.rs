//! How much of the host's CPUs a guest's threads get, as parameters.

use crate::domain::CpuTune;
use ferrovirt_core::{Error, KnownParam, Result, TypedParams, TypedValue, abi};

/// Which threads a period and a quota are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// Each vCPU's.
    Vcpu,
    /// The emulator's own.
    Emulator,
    /// All of the guest together.
    Global,
    /// Each I/O thread.
    IoThread,
}

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    Shares(u64),
    /// In microseconds, both.
    Period(Threads, u64),
    Quota(Threads, i64),
}

/// The periods and quotas by the names of their parameters, in the order in which they are told.
const BANDWIDTH: [(Threads, &str, &str); 4] = [
    (Threads::Vcpu, abi::VIR_DOMAIN_SCHEDULER_VCPU_PERIOD, abi::VIR_DOMAIN_SCHEDULER_VCPU_QUOTA),
    (Threads::Emulator, abi::VIR_DOMAIN_SCHEDULER_EMULATOR_PERIOD, abi::VIR_DOMAIN_SCHEDULER_EMULATOR_QUOTA),
    (Threads::Global, abi::VIR_DOMAIN_SCHEDULER_GLOBAL_PERIOD, abi::VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA),
    (Threads::IoThread, abi::VIR_DOMAIN_SCHEDULER_IOTHREAD_PERIOD, abi::VIR_DOMAIN_SCHEDULER_IOTHREAD_QUOTA),
];

/// How many parameters there are.
pub const COUNT: i32 = 1 + 2 * BANDWIDTH.len() as i32;

/// What the kernel takes, in microseconds.
const PERIODS: std::ops::RangeInclusive<u64> = 1_000..=1_000_000;
const QUOTAS: std::ops::RangeInclusive<i64> = 1_000..=17_592_186_044_415;

/// What [`settings`] knows.
pub fn table() -> Vec<KnownParam> {
    let row = |name, kind: u32| KnownParam { name, kind: kind as i32, multiple: false };
    let mut table = vec![row(abi::VIR_DOMAIN_SCHEDULER_CPU_SHARES, abi::VIR_TYPED_PARAM_ULLONG)];
    for (_, period, quota) in BANDWIDTH {
        table.push(row(period, abi::VIR_TYPED_PARAM_ULLONG));
        table.push(row(quota, abi::VIR_TYPED_PARAM_LLONG));
    }
    table
}

/// What the parameters ask for, checked against what the kernel takes; 0 stands for nothing in particular.
pub fn settings(params: &TypedParams) -> Result<Vec<Setting>> {
    params.check(&table())?;
    let of = |name: &str| BANDWIDTH.into_iter().find(|(_, period, quota)| *period == name || *quota == name);
    let mut settings = Vec::new();
    for (name, value) in params.iter() {
        let refuse = |least: i64, most: i64| {
            Err(Error::invalid_arg(format!("'{name}' must be from {least} to {most} microseconds")))
        };
        settings.push(match (of(name), value) {
            (None, TypedValue::ULLong(shares)) => Setting::Shares(*shares),
            (Some((threads, ..)), TypedValue::ULLong(period)) => {
                if *period != 0 && !PERIODS.contains(period) {
                    return refuse(*PERIODS.start() as i64, *PERIODS.end() as i64);
                }
                Setting::Period(threads, *period)
            }
            (Some((threads, ..)), TypedValue::LLong(quota)) => {
                if *quota > 0 && !QUOTAS.contains(quota) {
                    return refuse(*QUOTAS.start(), *QUOTAS.end());
                }
                Setting::Quota(threads, *quota)
            }
            _ => continue,
        });
    }
    Ok(settings)
}

impl Setting {
    /// The value that other parts are told of the change.
    pub fn value(self) -> TypedValue {
        match self {
            Self::Shares(value) | Self::Period(_, value) => value.into(),
            Self::Quota(_, value) => value.into(),
        }
    }

    /// The name of the parameter.
    pub fn name(self) -> &'static str {
        let of = |threads| BANDWIDTH.into_iter().find(|(known, ..)| *known == threads);
        match self {
            Self::Shares(_) => abi::VIR_DOMAIN_SCHEDULER_CPU_SHARES,
            Self::Period(threads, _) => of(threads).map_or("", |(_, period, _)| period),
            Self::Quota(threads, _) => of(threads).map_or("", |(_, _, quota)| quota),
        }
    }

    /// Puts it into a description.
    pub fn put(self, tune: &mut CpuTune) {
        match self {
            Self::Shares(shares) => tune.shares = Some(shares),
            Self::Period(threads, value) => *period(tune, threads) = Some(value).filter(|value| *value != 0),
            Self::Quota(threads, value) => *quota(tune, threads) = Some(value).filter(|value| *value != 0),
        }
    }
}

fn period(tune: &mut CpuTune, threads: Threads) -> &mut Option<u64> {
    match threads {
        Threads::Vcpu => &mut tune.period,
        Threads::Emulator => &mut tune.emulator_period,
        Threads::Global => &mut tune.global_period,
        Threads::IoThread => &mut tune.iothread_period,
    }
}

fn quota(tune: &mut CpuTune, threads: Threads) -> &mut Option<i64> {
    match threads {
        Threads::Vcpu => &mut tune.quota,
        Threads::Emulator => &mut tune.emulator_quota,
        Threads::Global => &mut tune.global_quota,
        Threads::IoThread => &mut tune.iothread_quota,
    }
}

/// All parameters; 0 stands for nothing in particular.
pub fn params(tune: &CpuTune) -> TypedParams {
    let mut tune = tune.clone();
    let mut params = TypedParams::new();
    params.add(abi::VIR_DOMAIN_SCHEDULER_CPU_SHARES, tune.shares.unwrap_or(0));
    for (threads, period_name, quota_name) in BANDWIDTH {
        params.add(period_name, period(&mut tune, threads).unwrap_or(0));
        params.add(quota_name, quota(&mut tune, threads).unwrap_or(0));
    }
    params
}

/// The settings of a description that say something.
pub fn said(tune: &CpuTune) -> Vec<Setting> {
    let mut tune = tune.clone();
    let mut said: Vec<_> = tune.shares.map(Setting::Shares).into_iter().collect();
    for (threads, ..) in BANDWIDTH {
        said.extend(period(&mut tune, threads).map(|value| Setting::Period(threads, value)));
        said.extend(quota(&mut tune, threads).map(|value| Setting::Quota(threads, value)));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn what_is_set_is_told_again() {
        let mut params_in = TypedParams::new();
        params_in.add("cpu_shares", 512u64);
        params_in.add("emulator_period", 50_000u64);
        params_in.add("vcpu_quota", -1i64);
        let mut tune = CpuTune::default();
        settings(&params_in).unwrap().into_iter().for_each(|setting| setting.put(&mut tune));
        let told = params(&tune);
        assert_eq!(told.len(), COUNT as usize);
        assert_eq!(told.get("emulator_period"), Some(&TypedValue::ULLong(50_000)));
        assert_eq!(told.get("vcpu_quota"), Some(&TypedValue::LLong(-1)));
        assert_eq!(said(&tune).len(), 3);
    }

    #[test]
    fn periods_have_limits() {
        let mut params = TypedParams::new();
        params.add("vcpu_period", 999u64);
        assert_eq!(settings(&params).unwrap_err().code(), ErrorCode::InvalidArg);
    }
}
