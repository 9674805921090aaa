//! `libvirt-nodedev.h`: devices of the host.

use std::ffi::{c_int, c_void};

use crate::abi::virConnectPtr;

/// A device of a host; opaque. Since 0.5.0.
#[repr(C)]
#[derive(Debug)]
pub struct virNodeDevice {
    _opaque: [u8; 0],
}

/// Pointer to a `virNodeDevice`. Since 0.5.0.
pub type virNodeDevicePtr = *mut virNodeDevice;

/// A node device event that carries nothing; every other callback is cast to it. Since 2.2.0.
pub type virConnectNodeDeviceEventGenericCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, dev: virNodeDevicePtr, opaque: *mut c_void)>;

/// A device's life cycle; `event` is a `virNodeDeviceEventLifecycleType`, `detail` is 0. Since 2.2.0.
pub type virConnectNodeDeviceEventLifecycleCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dev: virNodeDevicePtr,
        event: c_int,
        detail: c_int,
        opaque: *mut c_void,
    ),
>;

c_enum! {
    /// Filters for a list of node devices. Since 0.10.2.
    pub enum virConnectListAllNodeDeviceFlags: u32 {
        /// The computer. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM = 1 << 0,
        /// PCI devices. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV = 1 << 1,
        /// USB devices. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV = 1 << 2,
        /// USB interfaces. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_INTERFACE = 1 << 3,
        /// Network devices. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET = 1 << 4,
        /// SCSI host adapters. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_HOST = 1 << 5,
        /// SCSI targets. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_TARGET = 1 << 6,
        /// SCSI devices. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI = 1 << 7,
        /// Storage devices. Since 0.10.2.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE = 1 << 8,
        /// Fibre Channel adapters. Since 1.0.4.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_FC_HOST = 1 << 9,
        /// Adapters with virtual ports. Since 1.0.4.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPORTS = 1 << 10,
        /// Generic SCSI devices. Since 1.1.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_GENERIC = 1 << 11,
        /// DRM devices. Since 3.1.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_DRM = 1 << 12,
        /// Devices that can be split into mediated ones. Since 3.4.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES = 1 << 13,
        /// Mediated devices. Since 3.4.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV = 1 << 14,
        /// s390 CCW devices. Since 3.4.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCW_DEV = 1 << 15,
        /// s390 channel subsystem devices. Since 6.8.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_CSS_DEV = 1 << 16,
        /// vDPA devices. Since 6.9.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_VDPA = 1 << 17,
        /// s390 crypto cards. Since 7.0.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_CARD = 1 << 18,
        /// s390 crypto queues. Since 7.0.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_QUEUE = 1 << 19,
        /// s390 crypto matrix. Since 7.0.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_MATRIX = 1 << 20,
        /// Devices with vital product data. Since 7.9.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD = 1 << 21,
        /// s390 CCW group devices. Since 11.1.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCWGROUP_DEV = 1 << 22,
        /// Members of an s390 CCW group. Since 11.1.0.
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCWGROUP_MEMBER = 1 << 23,
        /// Devices with a stored definition. Since 10.1.0.
        VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT = 1 << 28,
        /// Devices without one. Since 10.1.0.
        VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT = 1 << 29,
        /// Devices that are not active. Since 7.3.0.
        VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE = 1 << 30,
        /// Active devices. Since 7.3.0.
        VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE = 1 << 31,
    }
}

c_enum! {
    /// Flags for creating a device. Since 8.10.0.
    pub enum virNodeDeviceCreateXMLFlags: u32 {
        /// Check the XML against the schema. Since 8.10.0.
        VIR_NODE_DEVICE_CREATE_XML_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// Flags for a definition. Since 8.10.0.
    pub enum virNodeDeviceDefineXMLFlags: u32 {
        /// Check the XML against the schema. Since 8.10.0.
        VIR_NODE_DEVICE_DEFINE_XML_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// Life cycle events. Since 2.2.0.
    pub enum virNodeDeviceEventLifecycleType: u32 {
        /// The device appeared. Since 2.2.0.
        VIR_NODE_DEVICE_EVENT_CREATED = 0,
        /// The device is gone. Since 2.2.0.
        VIR_NODE_DEVICE_EVENT_DELETED = 1,
        /// A definition was stored. Since 7.3.0.
        VIR_NODE_DEVICE_EVENT_DEFINED = 2,
        /// A definition was removed. Since 7.3.0.
        VIR_NODE_DEVICE_EVENT_UNDEFINED = 3,
    }
    sentinel {
        /// One past the last member. Since 2.2.0.
        VIR_NODE_DEVICE_EVENT_LAST = 4,
    }
}

c_enum! {
    /// Kinds of node device events that a callback can be registered for. Since 2.2.0.
    pub enum virNodeDeviceEventID: u32 {
        /// Life cycle: `virConnectNodeDeviceEventLifecycleCallback`. Since 2.2.0.
        VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE = 0,
        /// A device changed: `virConnectNodeDeviceEventGenericCallback`. Since 2.2.0.
        VIR_NODE_DEVICE_EVENT_ID_UPDATE = 1,
    }
    sentinel {
        /// One past the last member. Since 2.2.0.
        VIR_NODE_DEVICE_EVENT_ID_LAST = 2,
    }
}

c_enum! {
    /// What a change of a device applies to. Since 10.1.0.
    pub enum virNodeDeviceUpdateFlags: u32 {
        /// The state that the device is in. Since 10.1.0.
        VIR_NODE_DEVICE_UPDATE_AFFECT_CURRENT = 0,
        /// The active device. Since 10.1.0.
        VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE = 1 << 0,
        /// The stored definition. Since 10.1.0.
        VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG = 1 << 1,
    }
}

c_enum! {
    /// What the XML of a device shows. Since 10.1.0.
    pub enum virNodeDeviceXMLFlags: u32 {
        /// The stored definition, even while it is active. Since 10.1.0.
        VIR_NODE_DEVICE_XML_INACTIVE = 1 << 0,
    }
}
