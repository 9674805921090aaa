//! File systems as the agent tells of them, and the disks of the description that they are on.

use ferrovirt_conf::domain::{Address, Controller, Disk, DiskBus, Domain};
use ferrovirt_core::driver::FsInfo;
use serde_json::Value;

/// The mounted file systems.
pub fn infos(model: &Domain, told: &Value) -> Vec<FsInfo> {
    let systems = told.as_array().into_iter().flatten();
    let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    systems
        .map(|system| FsInfo {
            mount_point: text(system, "mountpoint"),
            name: text(system, "name"),
            fs_type: text(system, "type"),
            device_aliases: disks(model, system).map(str::to_owned).collect(),
        })
        .collect()
}

/// The targets of the disks that a file system lies on, as far as they are known.
pub fn disks<'a>(model: &'a Domain, system: &'a Value) -> impl Iterator<Item = &'a str> {
    let disks = system["disk"].as_array().into_iter().flatten();
    disks.filter_map(|told| target(model, told))
}

/// The target of the disk that the agent means by its place.
pub fn target<'a>(model: &'a Domain, told: &Value) -> Option<&'a str> {
    model.devices.disks.iter().find(|disk| is_at(model, disk, told))?.name()
}

fn is_at(model: &Domain, disk: &Disk, told: &Value) -> bool {
    let number = |name: &str| told[name].as_u64();
    match &disk.info.address {
        Some(address @ Address::Pci(_)) if disk.target.bus == Some(DiskBus::Virtio) => {
            same_function(address, &told["pci-controller"])
        }
        Some(Address::Drive(drive)) => {
            let there = [number("bus"), number("target"), number("unit")];
            let own = [drive.bus, drive.target, drive.unit].map(|number| Some(u64::from(number)));
            let is_above = |controller: &&Controller| {
                controller.index == Some(drive.controller)
                    && disk.target.bus.is_some_and(|bus| bus.to_string() == controller.kind.to_string())
            };
            let above = model.devices.controllers.iter().find(is_above);
            let place = above.and_then(|controller| controller.info.address.as_ref());
            there == own && place.is_some_and(|place| same_function(place, &told["pci-controller"]))
        }
        _ => false,
    }
}

fn same_function(address: &Address, told: &Value) -> bool {
    let Address::Pci(pci) = address else { return false };
    let own = [
        ("domain", u64::from(pci.domain.0)),
        ("bus", u64::from(pci.bus.0)),
        ("slot", u64::from(pci.slot.0)),
        ("function", u64::from(pci.function.0)),
    ];
    own.into_iter().all(|(name, value)| told[name].as_u64() == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde_json::json;

    #[test]
    fn file_systems_name_the_disks_that_they_are_on() {
        let disk = "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/>\
                    <address type='pci' domain='0' bus='0' slot='7' function='0'/></disk>";
        let model = sample::define("pc", "", disk).unwrap();
        let place = json!({"domain": 0, "bus": 0, "slot": 7, "function": 0});
        let told = json!([{"name": "vda1", "mountpoint": "/", "type": "ext4",
            "disk": [{"pci-controller": place, "bus": 0, "target": 0, "unit": 0}]}]);
        let infos = infos(&model, &told);
        assert_eq!((infos[0].name.as_str(), infos[0].mount_point.as_str()), ("vda1", "/"));
        assert_eq!(infos[0].device_aliases, ["vda"]);
    }
}
