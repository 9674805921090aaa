//! Which devices a list is to hold.

use super::NodeDevice;
use ferrovirt_core::abi;
use ferrovirt_core::flags::{either, matches};

/// What a list looks at.
pub struct NodeDeviceListing<'d> {
    pub device: &'d NodeDevice,
    pub active: bool,
    pub persistent: bool,
}

/// The flag of a list for each type of capability, and how it is told.
const FILTERS: &[(u32, &str)] = &[
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM, "system"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV, "pci"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV, "usb_device"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_INTERFACE, "usb"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET, "net"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_HOST, "scsi_host"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_TARGET, "scsi_target"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI, "scsi"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE, "storage"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_FC_HOST, "fc_host"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPORTS, "vport_ops"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_GENERIC, "scsi_generic"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_DRM, "drm"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES, "mdev_types"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV, "mdev"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCW_DEV, "ccw"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_CSS_DEV, "css"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_VDPA, "vdpa"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_CARD, "ap_card"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_QUEUE, "ap_queue"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_MATRIX, "ap_matrix"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD, "vpd"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCWGROUP_DEV, "ccwgroup"),
    (abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCWGROUP_MEMBER, "ccwgroup_member"),
];

const STATES: [u32; 4] = [
    abi::VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE,
    abi::VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE,
    abi::VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT,
    abi::VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT,
];

impl NodeDeviceListing<'_> {
    /// All flags that a list can be asked for with.
    pub fn known() -> u32 {
        STATES.into_iter().chain(FILTERS.iter().map(|(flag, _)| *flag)).fold(0, |known, flag| known | flag)
    }

    /// Whether the device is among those that `VIR_CONNECT_LIST_NODE_DEVICES_*` ask for.
    pub fn passes(&self, flags: u32) -> bool {
        let [active, inactive, persistent, transient] = STATES;
        let kinds: Vec<_> = FILTERS
            .iter()
            .filter(|(flag, _)| flags & flag != 0)
            .map(|(flag, kind)| (*flag, self.is(kind)))
            .collect();
        matches(flags, &either(active, inactive, self.active))
            && matches(flags, &either(persistent, transient, self.persistent))
            && matches(flags, &kinds)
    }

    fn is(&self, kind: &str) -> bool {
        let mut capabilities = self.device.capabilities.iter();
        capabilities
            .any(|capability| capability.kind == kind || capability.inner_kinds().any(|inner| inner == kind))
    }
}
