//! Tunables that are passed as parameters: the disks' share of the host, and NUMA memory.

use crate::refuse;
use ferrovirt_conf::domain::{BlkioDevice, Domain, NumaMemory, NumaMode, NumaPlacement, VcpuPlacement};
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::{Error, ErrorDomain, KnownParam, Result, TypedParams, TypedValue, abi};

const fn text(name: &'static str) -> KnownParam {
    KnownParam { name, kind: abi::VIR_TYPED_PARAM_STRING as i32, multiple: false }
}

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

/// What [`set_numa`] knows.
pub const NUMA_PARAMETERS: &[KnownParam] = &[
    KnownParam { name: "numa_mode", kind: abi::VIR_TYPED_PARAM_INT as i32, multiple: false },
    text("numa_nodeset"),
];

/// Where memory comes from.
pub fn numa(model: &Domain) -> TypedParams {
    let memory = model.numatune.memory.as_ref();
    let mode = memory.and_then(|memory| memory.mode).unwrap_or_default();
    let nodes = memory.and_then(|memory| memory.nodeset.as_ref());
    let mut params = TypedParams::new();
    params.add("numa_mode", mode_number(mode));
    params.add("numa_nodeset", nodes.map(CpuSet::to_string).unwrap_or_default());
    params
}

/// `virDomainNumatuneMemMode`: the declaration's order.
fn mode_number(mode: NumaMode) -> i32 {
    NumaMode::ALL.iter().position(|known| *known == mode).map_or(0, |place| place as i32)
}

pub fn set_numa(model: &mut Domain, live: bool, params: &TypedParams) -> Result<()> {
    let mut mode = None;
    if let Some(TypedValue::Int(number)) = params.get("numa_mode") {
        let known = usize::try_from(*number).ok().and_then(|number| NumaMode::ALL.get(number));
        let known =
            known.ok_or_else(|| refuse::invalid_arg(format!("there is no NUMA mode number {number}")))?;
        mode = Some(*known);
    }
    let mut nodes = None;
    if let Some(text) = params.get_string("numa_nodeset")? {
        let set: CpuSet = text.parse().map_err(|_| {
            Error::invalid_arg(format!("'{text}' is not a set of NUMA nodes, such as 0-1,3"))
                .domain(ErrorDomain::None)
        })?;
        if set.is_empty() {
            return Err(refuse::operation_invalid("the set of NUMA nodes for memory is empty"));
        }
        nodes = Some(set);
    }
    let configured = model.numatune.memory.as_ref().and_then(|memory| memory.mode);
    if live && configured.is_some() && mode.is_some_and(|mode| configured != Some(mode)) {
        return Err(refuse::operation_invalid("the NUMA mode of a running domain can't change"));
    }
    apply_numa(model, mode, nodes)
}

fn apply_numa(model: &mut Domain, mode: Option<NumaMode>, nodes: Option<CpuSet>) -> Result<()> {
    if mode.is_none() && nodes.is_none() {
        return Ok(());
    }
    let mut memory = model.numatune.memory.clone().unwrap_or_default();
    let is_new = model.numatune.memory.is_none();
    memory.mode = mode.or(memory.mode).or(Some(NumaMode::default()));
    if nodes.is_some() {
        memory.nodeset = nodes;
        memory.placement = None;
    } else if is_new {
        let everywhere = model.vcpu.placement == VcpuPlacement::Static;
        if everywhere {
            let text = "a NUMA mode for static placement needs a set of nodes along";
            return Err(Error::config_unsupported(text).domain(ErrorDomain::Domain));
        }
        memory.placement = Some(NumaPlacement::Auto);
    }
    model.numatune.memory = Some(NumaMemory { ..memory });
    Ok(())
}
