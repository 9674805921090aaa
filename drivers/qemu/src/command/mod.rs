use crate::capabilities::Capabilities;
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::Result;
use std::os::fd::OwnedFd;
use std::path::Path;
pub struct Launch<'a> {
    pub model: &'a Domain,
    pub capabilities: &'a Capabilities,
    pub guest_folder: &'a Path,
    pub channel_folder: &'a Path,
    pub monitor: OwnedFd,
    pub taps: Vec<Vec<OwnedFd>>,
}
pub fn build(_: Launch<'_>, _: &mut ferrovirt_host::process::Command) -> Result<()> {
    Ok(())
}
pub fn native(_: &Domain, _: &Capabilities, _: &crate::layout::Paths) -> Result<String> {
    Ok(String::new())
}
