//! The disks' share of the host, as parameters.

use super::text;
use crate::domain::{BlkioDevice, Domain};
use ferrovirt_core::{Error, ErrorDomain, KnownParam, Result, TypedParams, TypedValue, abi};

/// What [`set_blkio`] knows.
pub const BLKIO_PARAMETERS: &[KnownParam] = &[
    KnownParam { name: "weight", kind: abi::VIR_TYPED_PARAM_UINT as i32, multiple: false },
    text("device_weight"),
    text("device_read_iops_sec"),
    text("device_write_iops_sec"),
    text("device_read_bytes_sec"),
    text("device_write_bytes_sec"),
];

/// A setting of one device, by the name of its parameter.
#[derive(Clone, Copy)]
enum Setting {
    Weight,
    ReadIops,
    WriteIops,
    ReadBytes,
    WriteBytes,
}

impl Setting {
    const ALL: [(&'static str, Self); 5] = [
        ("device_weight", Self::Weight),
        ("device_read_iops_sec", Self::ReadIops),
        ("device_write_iops_sec", Self::WriteIops),
        ("device_read_bytes_sec", Self::ReadBytes),
        ("device_write_bytes_sec", Self::WriteBytes),
    ];

    fn get(self, device: &BlkioDevice) -> Option<u64> {
        match self {
            Self::Weight => device.weight.map(u64::from),
            Self::ReadIops => device.read_iops_sec.map(u64::from),
            Self::WriteIops => device.write_iops_sec.map(u64::from),
            Self::ReadBytes => device.read_bytes_sec,
            Self::WriteBytes => device.write_bytes_sec,
        }
    }

    /// Sets it (0: not set); `None` where it can't be so large.
    fn set(self, device: &mut BlkioDevice, value: u64) -> Option<()> {
        let small = || u32::try_from(value).ok();
        let nonzero = |value: u32| Some(value).filter(|value| *value != 0);
        match self {
            Self::Weight => device.weight = nonzero(small()?),
            Self::ReadIops => device.read_iops_sec = nonzero(small()?),
            Self::WriteIops => device.write_iops_sec = nonzero(small()?),
            Self::ReadBytes => device.read_bytes_sec = Some(value).filter(|value| *value != 0),
            Self::WriteBytes => device.write_bytes_sec = Some(value).filter(|value| *value != 0),
        }
        Some(())
    }
}

/// The disks' share of the host.
pub fn blkio(model: &Domain) -> TypedParams {
    let tune = &model.blkiotune;
    let mut params = TypedParams::new();
    params.add("weight", tune.weight.unwrap_or(0));
    for (name, setting) in Setting::ALL {
        let devices = tune.devices.iter();
        let said = devices.filter_map(|device| Some(format!("{},{}", device.path, setting.get(device)?)));
        params.add(name, said.collect::<Vec<_>>().join(","));
    }
    params
}

/// What is right is set even where something else is wrong, of which the last is told.
pub fn set_blkio(model: &mut Domain, params: &TypedParams) -> Result<()> {
    let tune = &mut model.blkiotune;
    let mut outcome = Ok(());
    for (name, value) in params.iter() {
        match value {
            TypedValue::UInt(weight) => tune.weight = Some(*weight).filter(|weight| *weight != 0),
            TypedValue::String(text) => {
                let setting = Setting::ALL.iter().find(|(known, _)| *known == name);
                let (_, setting) = setting.expect("names were checked against the table");
                if let Err(err) = merge(&mut tune.devices, *setting, name, text) {
                    outcome = Err(err);
                }
            }
            _ => {}
        }
    }
    outcome
}

/// Takes in `path,value,path,value,...`.
fn merge(devices: &mut Vec<BlkioDevice>, setting: Setting, name: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let refuse = |what: &str| {
        let text = format!("parameter '{name}' {what}; it is PATH,VALUE,PATH,VALUE,... and not '{text}'");
        Error::invalid_arg(text).domain(ErrorDomain::Domain)
    };
    let fields: Vec<&str> = text.split(',').collect();
    for pair in fields.chunks(2) {
        let [path, value] = pair else { return Err(refuse("lacks a value")) };
        let value: u64 = value.parse().map_err(|_| refuse("has a value that is not a number"))?;
        let place = match devices.iter().position(|device| device.path == *path) {
            Some(place) => place,
            None if value == 0 => continue,
            None => {
                devices.push(BlkioDevice { path: (*path).to_owned(), ..BlkioDevice::default() });
                devices.len() - 1
            }
        };
        setting.set(&mut devices[place], value).ok_or_else(|| refuse("has a value that is too large"))?;
    }
    Ok(())
}
