//! The limits of a disk, as parameters.

use crate::domain::IoTune;
use ferrovirt_core::{Error, ErrorCode, KnownParam, Result, TypedParams, TypedValue, abi};

/// More a limit can't be.
pub const MOST: u64 = 1_000_000_000_000_000;

type Field = fn(&mut IoTune) -> &mut u64;

/// The limits, by the names of their parameters, before and after the group's name.
const BEFORE_GROUP: [(&str, Field); 13] = [
    ("total_bytes_sec", |tune| &mut tune.total_bytes_sec),
    ("read_bytes_sec", |tune| &mut tune.read_bytes_sec),
    ("write_bytes_sec", |tune| &mut tune.write_bytes_sec),
    ("total_iops_sec", |tune| &mut tune.total_iops_sec),
    ("read_iops_sec", |tune| &mut tune.read_iops_sec),
    ("write_iops_sec", |tune| &mut tune.write_iops_sec),
    ("total_bytes_sec_max", |tune| &mut tune.total_bytes_sec_max),
    ("read_bytes_sec_max", |tune| &mut tune.read_bytes_sec_max),
    ("write_bytes_sec_max", |tune| &mut tune.write_bytes_sec_max),
    ("total_iops_sec_max", |tune| &mut tune.total_iops_sec_max),
    ("read_iops_sec_max", |tune| &mut tune.read_iops_sec_max),
    ("write_iops_sec_max", |tune| &mut tune.write_iops_sec_max),
    ("size_iops_sec", |tune| &mut tune.size_iops_sec),
];
const GROUP: &str = "group_name";
const AFTER_GROUP: [(&str, Field); 6] = [
    ("total_bytes_sec_max_length", |tune| &mut tune.total_bytes_sec_max_length),
    ("read_bytes_sec_max_length", |tune| &mut tune.read_bytes_sec_max_length),
    ("write_bytes_sec_max_length", |tune| &mut tune.write_bytes_sec_max_length),
    ("total_iops_sec_max_length", |tune| &mut tune.total_iops_sec_max_length),
    ("read_iops_sec_max_length", |tune| &mut tune.read_iops_sec_max_length),
    ("write_iops_sec_max_length", |tune| &mut tune.write_iops_sec_max_length),
];

fn limits() -> impl Iterator<Item = &'static (&'static str, Field)> {
    BEFORE_GROUP.iter().chain(&AFTER_GROUP)
}

/// The limit that a parameter is about, which is one of [`table`]'s numbers.
pub fn limit<'a>(tune: &'a mut IoTune, name: &str) -> &'a mut u64 {
    let (_, field) = limits().find(|(known, _)| *known == name).expect("the table has the name");
    field(tune)
}

/// What [`set`] knows.
pub fn table() -> Vec<KnownParam> {
    let row = |name, kind: u32| KnownParam { name, kind: kind as i32, multiple: false };
    let numbers = limits().map(|(name, _)| row(name, abi::VIR_TYPED_PARAM_ULLONG));
    numbers.chain([row(GROUP, abi::VIR_TYPED_PARAM_STRING)]).collect()
}

/// All limits; 0 stands for none.
pub fn params(tune: &IoTune) -> TypedParams {
    let mut tune = tune.clone();
    let mut params = TypedParams::new();
    BEFORE_GROUP.iter().for_each(|(name, field)| params.add(*name, *field(&mut tune)));
    params.add(GROUP, tune.group_name.clone().unwrap_or_default());
    AFTER_GROUP.iter().for_each(|(name, field)| params.add(*name, *field(&mut tune)));
    params
}

/// Takes in what is given.
pub fn set(tune: &mut IoTune, params: &TypedParams) -> Result<()> {
    for (name, value) in params.iter() {
        match value {
            TypedValue::ULLong(value) if *value > MOST => {
                let text = format!("the limit '{name}' can be at most {MOST}, not {value}");
                return Err(Error::new(ErrorCode::ArgumentUnsupported, text));
            }
            TypedValue::ULLong(value) => *limit(tune, name) = *value,
            TypedValue::String(group) => tune.group_name = Some(group.clone()),
            _ => {}
        }
    }
    Ok(())
}

/// A limit that is more than it can be; how long bursts last is not limited.
pub fn above_most(tune: &IoTune) -> Option<u64> {
    let mut tune = tune.clone();
    BEFORE_GROUP.iter().map(|(_, field)| *field(&mut tune)).find(|limit| *limit > MOST)
}

/// A total goes with neither reads nor writes.
pub fn check_totals(tune: &IoTune) -> Result<()> {
    let clashes = [
        ("bytes_sec", tune.total_bytes_sec, tune.read_bytes_sec, tune.write_bytes_sec),
        ("iops_sec", tune.total_iops_sec, tune.read_iops_sec, tune.write_iops_sec),
        ("bytes_sec_max", tune.total_bytes_sec_max, tune.read_bytes_sec_max, tune.write_bytes_sec_max),
        ("iops_sec_max", tune.total_iops_sec_max, tune.read_iops_sec_max, tune.write_iops_sec_max),
    ];
    for (name, total, read, write) in clashes {
        if total != 0 && (read != 0 || write != 0) {
            return Err(Error::invalid_arg(format!("total_{name} does not go with one for reads or writes")));
        }
    }
    Ok(())
}

/// As [`check_totals`], and no limit may be above the one for bursts.
pub fn check(tune: &IoTune) -> Result<()> {
    check_totals(tune)?;
    let bursts = [
        ("total_bytes_sec", tune.total_bytes_sec, tune.total_bytes_sec_max),
        ("read_bytes_sec", tune.read_bytes_sec, tune.read_bytes_sec_max),
        ("write_bytes_sec", tune.write_bytes_sec, tune.write_bytes_sec_max),
        ("total_iops_sec", tune.total_iops_sec, tune.total_iops_sec_max),
        ("read_iops_sec", tune.read_iops_sec, tune.read_iops_sec_max),
        ("write_iops_sec", tune.write_iops_sec, tune.write_iops_sec_max),
    ];
    match bursts.iter().find(|(_, limit, burst)| limit > burst) {
        Some((name, ..)) => Err(Error::invalid_arg(format!("{name} can't be above {name}_max"))),
        None => Ok(()),
    }
}
