use crate::capabilities::Capabilities;
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::Result;
pub fn emulator(model: &mut Domain) -> Result<String> {
    Ok(model.devices.emulator.clone().unwrap_or_default())
}
pub fn fill(_: &mut Domain, _: &Capabilities, _: ferrovirt_conf::domain::ParseFlags) -> Result<()> {
    Ok(())
}
pub fn validate(_: &Domain, _: &Capabilities) -> Result<()> {
    Ok(())
}
