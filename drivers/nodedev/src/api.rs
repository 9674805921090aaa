//! The driver as connections see it: flags are checked here, the work is done elsewhere.

use crate::driver::{Known, NodeDeviceState};
use crate::mdev::{self, Mediated};
use ferrovirt_conf::nodedev::{NodeDevice, NodeDeviceListing};
use ferrovirt_core::abi;
use ferrovirt_core::driver::NodeDeviceDriver;
use ferrovirt_core::flags::refuse_unknown;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, EventHub, NodeDeviceId, Result};
use std::sync::Arc;

/// Runs a call: flags that it does not know are refused, errors that come from below get the driver's domain.
fn call<T>(name: &str, flags: u32, known: u32, work: impl FnOnce() -> Result<T>) -> Result<T> {
    refuse_unknown(flags, known, name)
        .and_then(|()| work())
        .map_err(|err| err.or_domain(ErrorDomain::Nodedev))
}

fn unsupported() -> Error {
    let text = "only ports of Fibre Channel cards and mediated devices can be made and taken away";
    Error::config_unsupported(text)
}

impl NodeDeviceState {
    /// Reads the description of a device that is to be made. What one that is mediated is made of must be there.
    fn read(&self, xml: &str, strict: bool) -> Result<(NodeDevice, Option<Mediated>)> {
        let device = NodeDevice::from_xml(xml, true, strict)?;
        let Some(capability) = device.capability("mdev") else { return Ok((device, None)) };
        let Some(parent) = &device.parent else {
            return Err(Error::config_unsupported("a mediated device needs a <parent> that it is made of"));
        };
        let Ok(known) = self.find(parent) else {
            return Err(Error::config_unsupported(format!(
                "invalid parent device '{parent}': there is none"
            )));
        };
        let mediated = Mediated::read(capability, address(&known, parent)?)?;
        Ok((device, Some(mediated)))
    }

    /// Where the card is that a new port is to be on.
    fn port_parent(&self, device: &NodeDevice) -> Result<()> {
        let can_have = |known: &Known| {
            known.device.capability("scsi_host").is_some_and(|host| host.inner("vport_ops").is_some())
        };
        let devices = self.devices();
        let found = match &device.parent {
            Some(parent) => devices.get(parent.as_str()).is_some_and(|known| can_have(known)),
            None => devices.values().any(|known| can_have(known)),
        };
        let on = device.parent.as_deref().unwrap_or("this host");
        match found {
            // Making one takes a card to try it on.
            true => Err(Error::no_support("virNodeDeviceCreateXML: ports of Fibre Channel cards")),
            false => Err(Error::internal(format!("no further ports can be made on '{on}'"))),
        }
    }

    fn mediated(&self, name: &str) -> Result<(Arc<Known>, String)> {
        let known = self.find(name)?;
        let uuid = known.device.capability("mdev").and_then(|mdev| mdev.text("uuid")).map(str::to_owned);
        uuid.map(|uuid| (known, uuid)).ok_or_else(unsupported)
    }
}

/// The kernel's name of a device that mediated ones are made of.
fn address(parent: &Known, name: &str) -> Result<String> {
    let path = parent.device.path.as_deref().filter(|_| {
        let kinds = ["pci", "css", "ap_matrix", "mdev_types", "ccwgroup"];
        parent.device.capabilities.iter().any(|capability| kinds.contains(&&*capability.kind))
    });
    let address = path.and_then(|path| path.rsplit('/').next());
    address.map(str::to_owned).ok_or_else(|| {
        Error::new(ErrorCode::ParseFailed, format!("unable to find address for parent device '{name}'"))
    })
}

impl NodeDeviceDriver for NodeDeviceState {
    fn connect_list_all_node_devices(&self, flags: u32) -> Result<Vec<NodeDeviceId>> {
        call("virConnectListAllNodeDevices", flags, NodeDeviceListing::known(), || {
            let devices = self.devices();
            Ok(devices
                .values()
                .filter(|known| known.listing().passes(flags))
                .map(|known| known.id())
                .collect())
        })
    }

    fn node_device_lookup_by_name(&self, name: &str) -> Result<NodeDeviceId> {
        call("virNodeDeviceLookupByName", 0, 0, || Ok(self.find(name)?.id()))
    }

    fn node_device_lookup_scsi_host_by_wwn(
        &self,
        wwnn: &str,
        wwpn: &str,
        flags: u32,
    ) -> Result<NodeDeviceId> {
        call("virNodeDeviceLookupSCSIHostByWWN", flags, 0, || {
            let names = Some((wwnn.to_owned(), wwpn.to_owned()));
            let devices = self.devices();
            let found = devices.values().find(|known| known.device.world_wide_names() == names);
            found.map(|known| known.id()).ok_or_else(|| {
                let text = format!("no node device with wwnn '{wwnn}' and wwpn '{wwpn}'");
                Error::new(ErrorCode::NoNodeDevice, text)
            })
        })
    }

    fn node_device_get_xml_desc(&self, device: &NodeDeviceId, flags: u32) -> Result<String> {
        call("virNodeDeviceGetXMLDesc", flags, abi::VIR_NODE_DEVICE_XML_INACTIVE, || {
            let known = self.current(&device.name)?;
            if flags & abi::VIR_NODE_DEVICE_XML_INACTIVE != 0 && !known.persistent {
                let text = format!("node device '{}' is not persistent", device.name);
                return Err(Error::operation_invalid(text));
            }
            Ok(known.device.to_xml())
        })
    }

    fn node_device_get_parent(&self, device: &NodeDeviceId) -> Result<Option<String>> {
        call("virNodeDeviceGetParent", 0, 0, || {
            let none = || Error::internal(format!("device '{}' is on no other", device.name));
            self.find(&device.name)?.device.parent.clone().map(Some).ok_or_else(none)
        })
    }

    fn node_device_list_caps(&self, device: &NodeDeviceId) -> Result<Vec<String>> {
        call("virNodeDeviceListCaps", 0, 0, || {
            let known = self.current(&device.name)?;
            let mut kinds = Vec::new();
            for capability in &known.device.capabilities {
                kinds.push(capability.kind.clone());
                // Of what stands inside only some are capabilities of their own.
                let inner = capability.inner_kinds();
                let own = ["fc_host", "mdev_types", "vpd", "ccwgroup_member"];
                kinds.extend(inner.filter_map(|kind| match kind {
                    "vport_ops" => Some("vports".to_owned()),
                    kind => own.contains(&kind).then(|| kind.to_owned()),
                }));
            }
            Ok(kinds)
        })
    }

    fn node_device_create_xml(&self, xml: &str, flags: u32) -> Result<NodeDeviceId> {
        call("virNodeDeviceCreateXML", flags, abi::VIR_NODE_DEVICE_CREATE_XML_VALIDATE, || {
            match self.read(xml, flags & abi::VIR_NODE_DEVICE_CREATE_XML_VALIDATE != 0)? {
                (device, Some(mediated)) => {
                    let uuid = mdev::put("start", &mediated)?;
                    let made = Mediated { uuid: Some(uuid), ..mediated }.device(device.parent);
                    Ok(crate::driver::id(&made))
                }
                (device, None) if device.capability("scsi_host").is_some() => {
                    if device.world_wide_names().is_none() {
                        let text =
                            "a port of a Fibre Channel card needs <capability type='fc_host'> with its names";
                        return Err(Error::internal(text));
                    }
                    self.port_parent(&device).map(|()| crate::driver::id(&device))
                }
                _ => Err(unsupported()),
            }
        })
    }

    fn node_device_destroy(&self, device: &NodeDeviceId) -> Result<()> {
        call("virNodeDeviceDestroy", 0, 0, || {
            let known = self.find(&device.name)?;
            if known.device.capability("scsi_host").is_some() {
                return match known.device.world_wide_names() {
                    None => Err(Error::internal(format!("'{}' is no port that was made", device.name))),
                    Some(_) => Err(Error::no_support("virNodeDeviceDestroy: ports of Fibre Channel cards")),
                };
            }
            let (known, uuid) = self.mediated(&device.name)?;
            match known.active {
                true => mdev::act("stop", &uuid),
                false => Err(Error::operation_invalid(format!("device '{}' is not active", device.name))),
            }
        })
    }

    fn node_device_define_xml(&self, xml: &str, flags: u32) -> Result<NodeDeviceId> {
        call("virNodeDeviceDefineXML", flags, abi::VIR_NODE_DEVICE_DEFINE_XML_VALIDATE, || {
            let strict = flags & abi::VIR_NODE_DEVICE_DEFINE_XML_VALIDATE != 0;
            let (device, mediated) = self.read(xml, strict)?;
            let mediated = mediated.ok_or_else(unsupported)?;
            let known = self.find(&mediated.device(None).name).ok().filter(|known| known.persistent);
            let command = if known.is_some() { "modify" } else { "define" };
            let uuid = mdev::put(command, &mediated)?;
            let mediated = Mediated { uuid: Some(uuid), ..mediated };
            let device = mediated.device(device.parent);
            let id = crate::driver::id(&device);
            self.put_defined(Known {
                device,
                active: false,
                persistent: true,
                autostart: mediated.autostart,
            });
            Ok(id)
        })
    }

    fn node_device_undefine(&self, device: &NodeDeviceId, flags: u32) -> Result<()> {
        call("virNodeDeviceUndefine", flags, 0, || {
            let known = self.find(&device.name)?;
            if !known.persistent {
                return Err(Error::operation_invalid(format!(
                    "node device '{}' is not defined",
                    device.name
                )));
            }
            let (_, uuid) = self.mediated(&device.name)?;
            mdev::act("undefine", &uuid)?;
            self.forget_definition(&known.id());
            Ok(())
        })
    }

    fn node_device_create(&self, device: &NodeDeviceId, flags: u32) -> Result<()> {
        call("virNodeDeviceCreate", flags, 0, || {
            if self.find(&device.name)?.active {
                return Err(Error::operation_invalid(format!("device '{}' is active already", device.name)));
            }
            mdev::act("start", &self.mediated(&device.name)?.1)
        })
    }

    fn node_device_get_autostart(&self, device: &NodeDeviceId) -> Result<bool> {
        call("virNodeDeviceGetAutostart", 0, 0, || Ok(self.find(&device.name)?.autostart))
    }

    fn node_device_is_persistent(&self, device: &NodeDeviceId) -> Result<bool> {
        call("virNodeDeviceIsPersistent", 0, 0, || Ok(self.find(&device.name)?.persistent))
    }

    fn node_device_is_active(&self, device: &NodeDeviceId) -> Result<bool> {
        call("virNodeDeviceIsActive", 0, 0, || Ok(self.find(&device.name)?.active))
    }

    fn node_device_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.events())
    }
}
