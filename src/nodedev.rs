//! The host's devices, as a caller holds them.

use crate::object::object;
use crate::object_events::ObjectEvents;
use crate::{CallbackId, Connection, Listener};
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::{HypervisorDriver, NodeDeviceDriver};
use ferrovirt_core::event::EventObject;
use ferrovirt_core::{Error, ErrorCode, Event, NodeDeviceId, Result};

object! {
    /// A device of the host. Cloning shares the handle.
    NodeDevice keyed NodeDeviceId, served by nodedev: NodeDeviceDriver
}

/// The capabilities by which devices are listed: the name in XML, and the flag.
pub const NODE_DEVICE_CAPABILITIES: &[(&str, virConnectListAllNodeDeviceFlags)] = &[
    ("system", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM),
    ("pci", VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV),
    ("usb_device", VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV),
    ("usb", VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_INTERFACE),
    ("net", VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET),
    ("scsi_host", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_HOST),
    ("scsi_target", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_TARGET),
    ("scsi", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI),
    ("storage", VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE),
    ("fc_host", VIR_CONNECT_LIST_NODE_DEVICES_CAP_FC_HOST),
    ("vports", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPORTS),
    ("scsi_generic", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_GENERIC),
    ("drm", VIR_CONNECT_LIST_NODE_DEVICES_CAP_DRM),
    ("mdev_types", VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES),
    ("mdev", VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV),
    ("ccw", VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCW_DEV),
    ("css", VIR_CONNECT_LIST_NODE_DEVICES_CAP_CSS_DEV),
    ("vdpa", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VDPA),
    ("ap_card", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_CARD),
    ("ap_queue", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_QUEUE),
    ("ap_matrix", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_MATRIX),
    ("vpd", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD),
    ("ccwgroup", VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCWGROUP_DEV),
    ("ccwgroup_member", VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCWGROUP_MEMBER),
];

/// No flag of `virConnectListAllNodeDevices`.
const NO_FLAG: u32 = 1 << 27;

impl Connection {
    /// The devices there are; `flags` are `VIR_CONNECT_LIST_NODE_DEVICES_*`, 0 for all.
    pub fn list_all_node_devices(&self, flags: u32) -> Result<Vec<NodeDevice>> {
        Ok(NodeDevice::all(self, self.drivers().nodedev.connect_list_all_node_devices(flags)?))
    }

    /// The names of the devices with this capability, or of all; nothing has a capability that is not known.
    /// There are no flags yet.
    pub fn list_node_devices(&self, capability: Option<&str>, flags: u32) -> Result<Vec<String>> {
        if flags != 0 {
            // The driver refuses what no driver knows in its own domain.
            let refusal = self.drivers().nodedev.connect_list_all_node_devices(NO_FLAG).err();
            let err = Error::invalid_arg(format!("flags must be 0, not {flags:#x}"));
            return Err(match refusal {
                Some(refusal) if refusal.code() == ErrorCode::NoSupport => refusal,
                Some(refusal) => err.domain(refusal.error_domain()),
                None => err,
            });
        }
        let filter = match capability {
            None => 0,
            Some(wanted) => match NODE_DEVICE_CAPABILITIES.iter().find(|(name, _)| *name == wanted) {
                Some((_, flag)) => *flag,
                None => return Ok(Vec::new()),
            },
        };
        let ids = self.drivers().nodedev.connect_list_all_node_devices(filter)?;
        Ok(ids.iter().map(|id| id.name.to_string()).collect())
    }

    pub fn lookup_node_device_by_name(&self, name: &str) -> Result<NodeDevice> {
        self.drivers().nodedev.node_device_lookup_by_name(name).map(|id| NodeDevice::new(self, id))
    }

    /// The SCSI host with these node and port names, 16 hexadecimal digits each; `flags` must be 0 for now.
    pub fn lookup_scsi_host_by_wwn(&self, wwnn: &str, wwpn: &str, flags: u32) -> Result<NodeDevice> {
        let id = self.drivers().nodedev.node_device_lookup_scsi_host_by_wwn(wwnn, wwpn, flags)?;
        Ok(NodeDevice::new(self, id))
    }

    /// Makes a device that is gone once it is destroyed: a virtual HBA or a mediated device.
    pub fn create_node_device(&self, xml: &str, flags: u32) -> Result<NodeDevice> {
        self.drivers().nodedev.node_device_create_xml(xml, flags).map(|id| NodeDevice::new(self, id))
    }

    /// Makes the definition of a mediated device permanent, without starting it.
    pub fn define_node_device(&self, xml: &str, flags: u32) -> Result<NodeDevice> {
        self.drivers().nodedev.node_device_define_xml(xml, flags).map(|id| NodeDevice::new(self, id))
    }

    /// Tells `listener` of every event of one kind (`virNodeDeviceEventID`), of all devices or of one.
    pub fn register_node_device_event(
        &self,
        device: Option<&NodeDevice>,
        event_id: i32,
        listener: Listener,
    ) -> Result<CallbackId> {
        let events = ObjectEvents {
            family: "node device",
            event_id,
            end: VIR_NODE_DEVICE_EVENT_ID_LAST,
            object: device.map(|device| (device.connection(), EventObject::NodeDevice(device.id().clone()))),
            hub: || self.drivers().nodedev.node_device_events(),
        };
        let wanted = device.map(|device| device.id().name.clone());
        let filter = move |event: &Event| match event {
            Event::NodeDevice { device, kind } => {
                kind.id() == event_id && wanted.as_ref().is_none_or(|wanted| *wanted == device.name)
            }
            _ => false,
        };
        events.register(self, Box::new(filter), listener)
    }
}

impl NodeDevice {
    pub fn name(&self) -> &str {
        &self.id().name
    }

    /// The parent's name, `None` for the root of the tree.
    pub fn parent(&self) -> Result<Option<String>> {
        match &*self.id().parent {
            "" => self.driver().node_device_get_parent(self.id()),
            known => Ok(Some(known.to_owned())),
        }
    }

    /// The names of the device's capabilities.
    pub fn list_caps(&self) -> Result<Vec<String>> {
        self.driver().node_device_list_caps(self.id())
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().node_device_get_xml_desc(self.id(), flags)
    }

    /// Takes the device from the host, so that a guest can have it; `driver` is the one that is to hold it (`vfio`),
    /// `None` for the hypervisor's choice.
    pub fn detach(&self, driver: Option<&str>, flags: u32) -> Result<()> {
        self.hypervisor().node_device_detach_flags(self.id(), driver, flags)
    }

    /// Gives the device back to the host.
    pub fn re_attach(&self) -> Result<()> {
        self.hypervisor().node_device_re_attach(self.id())
    }

    /// Resets the device, as before and after a guest has it.
    pub fn reset(&self) -> Result<()> {
        self.hypervisor().node_device_reset(self.id())
    }

    /// Removes a device that was made by description; a defined one stays defined.
    pub fn destroy(&self) -> Result<()> {
        self.driver().node_device_destroy(self.id())
    }

    /// Forgets the definition.
    pub fn undefine(&self, flags: u32) -> Result<()> {
        self.driver().node_device_undefine(self.id(), flags)
    }

    /// Starts a defined device.
    pub fn create(&self, flags: u32) -> Result<()> {
        self.driver().node_device_create(self.id(), flags)
    }

    /// Changes the definition, the running device, or both; `flags` are `virNodeDeviceUpdateFlags`.
    pub fn update(&self, xml: &str, flags: u32) -> Result<()> {
        self.driver().node_device_update(self.id(), xml, flags)
    }

    /// Whether the device starts with the host, or with its parent.
    pub fn autostart(&self) -> Result<bool> {
        self.driver().node_device_get_autostart(self.id())
    }

    pub fn set_autostart(&self, autostart: bool) -> Result<()> {
        self.driver().node_device_set_autostart(self.id(), autostart)
    }

    pub fn is_active(&self) -> Result<bool> {
        self.driver().node_device_is_active(self.id())
    }

    pub fn is_persistent(&self) -> Result<bool> {
        self.driver().node_device_is_persistent(self.id())
    }

    fn hypervisor(&self) -> &dyn HypervisorDriver {
        &*self.connection().drivers().hypervisor
    }
}
