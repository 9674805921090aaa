//! The devices of the host. Only ports of Fibre Channel cards can be made, and those are copies of one that there is.

use crate::driver::{Host, TestDriver};
use crate::refuse;
use ferrovirt_conf::nodedev::{NodeDevice, NodeDeviceListing};
use ferrovirt_core::driver::NodeDeviceDriver;
use ferrovirt_core::event::ObjectEventKind;
use ferrovirt_core::held::Held;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Event, EventHub, NodeDeviceId, Result, abi};
use ferrovirt_xml::Node;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The devices of a host, by name.
pub struct NodeDevices(Held<BTreeMap<Arc<str>, Arc<NodeDevice>>>);

/// Devices that the host's description has are there for good. A port that was made is neither permanent nor, as far as
/// libvirt's test driver says, active.
fn is_for_good(name: &str) -> bool {
    name != NEW_PORT
}

/// The port that new ones are copies of, and the name of the copy.
const MODEL_PORT: &str = "scsi_host11";
const NEW_PORT: &str = "scsi_host12";

impl Default for NodeDevices {
    fn default() -> Self {
        Self(Held::new(BTreeMap::new()))
    }
}

impl NodeDevices {
    /// Takes in a device of the host's own description.
    pub fn install(&self, element: &Node<'_>) -> Result<()> {
        // Which driver a device has is not for a description to say.
        let device = NodeDevice { driver: None, ..NodeDevice::from_node(element)? };
        if device.capability("vdpa").is_some() {
            let text = format!("device '{}' of type 'vdpa' can only be found, not described", device.name);
            return Err(Error::internal(text).domain(ErrorDomain::Nodedev));
        }
        self.put(device);
        Ok(())
    }

    fn put(&self, device: NodeDevice) {
        let outcome = self.0.change(|devices| {
            devices.insert(device.name.as_str().into(), Arc::new(device));
            Ok(())
        });
        debug_assert!(outcome.is_ok(), "the change can't fail");
    }

    fn find(&self, name: &str) -> Result<Arc<NodeDevice>> {
        self.0.get().get(name).cloned().ok_or_else(|| missing(name))
    }

    /// The card that a new port is to be on: the one that is named, or any that can have ports.
    fn parent_of(&self, device: &NodeDevice) -> Result<()> {
        match &device.parent {
            Some(parent) => {
                let parent = self.0.get().get(parent.as_str()).cloned().ok_or_else(|| {
                    let text = format!("there is no device '{parent}' that the new one could be on");
                    Error::internal(text).domain(ErrorDomain::Nodedev)
                })?;
                if can_have_ports(&parent) { Ok(()) } else { Err(no_ports(&parent.name)) }
            }
            None if self.0.get().values().any(|device| can_have_ports(device)) => Ok(()),
            None => Err(no_ports("of this host")),
        }
    }
}

fn can_have_ports(device: &NodeDevice) -> bool {
    device.capability("scsi_host").is_some_and(|host| host.inner("vport_ops").is_some())
}

fn no_ports(name: &str) -> Error {
    Error::internal(format!("no further ports can be made on '{name}'")).domain(ErrorDomain::Nodedev)
}

fn missing(name: &str) -> Error {
    refuse::error(ErrorCode::NoNodeDevice, format!("no node device with matching name '{name}'"))
}

fn id(device: &NodeDevice) -> NodeDeviceId {
    NodeDeviceId {
        name: device.name.as_str().into(),
        parent: device.parent.as_deref().unwrap_or_default().into(),
    }
}

impl Host {
    /// Makes a port with these names, as the kernel would.
    pub fn create_port(&self, node_name: &str, port_name: &str) -> Result<NodeDeviceId> {
        let model = self.devices.find(MODEL_PORT).map_err(|_| {
            let text = format!("new ports are made like '{MODEL_PORT}', which is not there any more");
            Error::internal(text).domain(ErrorDomain::None)
        })?;
        let mut device = NodeDevice::clone(&model);
        device.name = NEW_PORT.to_owned();
        for host in device.capabilities.iter_mut().filter(|capability| capability.kind == "scsi_host") {
            host.change_inner("fc_host", |port| {
                port.set_text("wwnn", node_name);
                port.set_text("wwpn", port_name);
            });
        }
        let id = id(&device);
        self.devices.put(device);
        self.announce_device(&id, abi::VIR_NODE_DEVICE_EVENT_CREATED);
        Ok(id)
    }

    /// Takes away the port that was made.
    pub fn destroy_port(&self) -> Result<()> {
        self.remove_device(&*self.devices.find(NEW_PORT)?)
    }

    fn remove_device(&self, device: &NodeDevice) -> Result<()> {
        self.devices.0.change_and(
            |devices| devices.remove(device.name.as_str()).map(|_| ()).ok_or_else(|| missing(&device.name)),
            |_, _, ()| self.announce_device(&id(device), abi::VIR_NODE_DEVICE_EVENT_DELETED),
        )
    }

    fn announce_device(&self, device: &NodeDeviceId, event: u32) {
        let kind = ObjectEventKind::Lifecycle { event: event as i32, detail: 0 };
        self.events.publish(Event::NodeDevice { device: device.clone(), kind });
    }
}

/// What a list looks at.
fn listing(device: &NodeDevice) -> NodeDeviceListing<'_> {
    let for_good = is_for_good(&device.name);
    NodeDeviceListing { device, active: for_good, persistent: for_good }
}

impl NodeDeviceDriver for TestDriver {
    fn connect_list_all_node_devices(&self, flags: u32) -> Result<Vec<NodeDeviceId>> {
        refuse::flags(flags, NodeDeviceListing::known(), "virConnectListAllNodeDevices")?;
        let devices = self.host.devices.0.get();
        Ok(devices.values().filter(|device| listing(device).passes(flags)).map(|device| id(device)).collect())
    }

    fn node_device_lookup_by_name(&self, name: &str) -> Result<NodeDeviceId> {
        Ok(id(&*self.host.devices.find(name)?))
    }

    fn node_device_get_xml_desc(&self, device: &NodeDeviceId, flags: u32) -> Result<String> {
        refuse::flags(flags, abi::VIR_NODE_DEVICE_XML_INACTIVE, "virNodeDeviceGetXMLDesc")?;
        Ok(self.host.devices.find(&device.name)?.to_xml())
    }

    fn node_device_get_parent(&self, device: &NodeDeviceId) -> Result<Option<String>> {
        let found = self.host.devices.find(&device.name)?;
        let none = || refuse::internal(format!("device '{}' is on no other", device.name));
        found.parent.clone().map(Some).ok_or_else(none)
    }

    fn node_device_list_caps(&self, device: &NodeDeviceId) -> Result<Vec<String>> {
        let found = self.host.devices.find(&device.name)?;
        Ok(found.capabilities.iter().map(|capability| capability.kind.clone()).collect())
    }

    fn node_device_create_xml(&self, xml: &str, flags: u32) -> Result<NodeDeviceId> {
        refuse::flags(flags, abi::VIR_NODE_DEVICE_CREATE_XML_VALIDATE, "virNodeDeviceCreateXML")?;
        let strict = flags & abi::VIR_NODE_DEVICE_CREATE_XML_VALIDATE != 0;
        let device = NodeDevice::from_xml(xml, true, strict)?;
        let names = device.world_wide_names().ok_or_else(|| {
            let text = "only ports of Fibre Channel cards can be made here: <capability type='fc_host'> with its names";
            Error::internal(text).domain(ErrorDomain::Nodedev)
        });
        let (node_name, port_name) = names?;
        self.host.devices.parent_of(&device)?;
        let made = self.host.create_port(&node_name, &port_name)?;
        Ok(NodeDeviceId { parent: device.parent.as_deref().unwrap_or_default().into(), ..made })
    }

    fn node_device_destroy(&self, device: &NodeDeviceId) -> Result<()> {
        let found = self.host.devices.find(&device.name)?;
        if found.world_wide_names().is_none() {
            // Only ports come and go here. Asked to take away anything else, libvirt's test driver says yes and does nothing.
            return Ok(());
        }
        let parent = found.parent.as_deref().unwrap_or_default();
        match self.host.devices.find(parent) {
            Ok(_) => self.host.remove_device(&found),
            // A port without a card stays, and that is no error either.
            Err(_) => Ok(()),
        }
    }

    fn node_device_is_persistent(&self, device: &NodeDeviceId) -> Result<bool> {
        self.host.devices.find(&device.name).map(|found| is_for_good(&found.name))
    }

    fn node_device_is_active(&self, device: &NodeDeviceId) -> Result<bool> {
        self.host.devices.find(&device.name).map(|found| is_for_good(&found.name))
    }

    fn node_device_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.host.events.clone())
    }
}
