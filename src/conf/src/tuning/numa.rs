//! Where memory comes from, as parameters.

use super::text;
use crate::domain::{Domain, NumaMemory, NumaMode, NumaPlacement, VcpuPlacement};
use crate::values::CpuSet;
use ferrovirt_core::{Error, ErrorDomain, KnownParam, Result, TypedParams, TypedValue, abi};

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
    let (mut mode, mut nodes) = (None, None);
    // Of several that are wrong the first is told.
    for (name, value) in params.iter() {
        match value {
            TypedValue::Int(number) if name == "numa_mode" => mode = Some(read_mode(*number)?),
            TypedValue::String(text) if name == "numa_nodeset" => nodes = Some(read_nodes(text)?),
            _ => {}
        }
    }
    let configured = model.numatune.memory.as_ref().and_then(|memory| memory.mode);
    if live && configured.is_some() && mode.is_some_and(|mode| configured != Some(mode)) {
        return Err(Error::operation_invalid("the NUMA mode of a running domain can't change"));
    }
    apply_numa(model, mode, nodes)
}

fn read_mode(number: i32) -> Result<NumaMode> {
    let known = usize::try_from(number).ok().and_then(|number| NumaMode::ALL.get(number));
    known.copied().ok_or_else(|| Error::invalid_arg(format!("there is no NUMA mode number {number}")))
}

fn read_nodes(text: &str) -> Result<CpuSet> {
    let set: CpuSet = text.parse().map_err(|_| {
        let text = format!("'{text}' is not a set of NUMA nodes, such as 0-1,3");
        Error::invalid_arg(text).domain(ErrorDomain::None)
    })?;
    match set.is_empty() {
        true => Err(Error::operation_invalid("the set of NUMA nodes for memory is empty")),
        false => Ok(set),
    }
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
