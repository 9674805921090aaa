//! `<nvram>` of pSeries and `<pstore>`: small memory that outlives a guest's run.

use super::context::{Builder, alias};
use super::props::Props;
use ferrovirt_conf::domain::Address;
use ferrovirt_core::Result;

pub fn nvram(b: &mut Builder<'_>) {
    let Some(nvram) = &b.model().devices.nvram else { return };
    let reg = match &nvram.info.address {
        Some(Address::SpaprVio(address)) => address.reg.map_or(0, |reg| reg.0),
        _ => 0,
    };
    b.line.global(format_args!("spapr-nvram.reg=0x{reg:x}"));
}

/// Where a guest's kernel leaves its last words.
pub fn pstore(b: &mut Builder<'_>) -> Result<()> {
    let Some(pstore) = &b.model().devices.pstore else { return Ok(()) };
    let id = alias(&pstore.info)?;
    let mut memory = Props::object("memory-backend-file", format!("mem{id}"));
    memory.text("mem-path", pstore.path.as_deref()).set("size", pstore.size.bytes()).set("share", true);
    b.line.object(&memory);
    let mut props = Props::device("acpi-erst");
    props.set("id", id).set("memdev", format!("mem{id}"));
    b.context.address(&mut props, &pstore.info)?;
    b.device(props)
}
