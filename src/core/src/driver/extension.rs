//! Calls outside the common API that one hypervisor has.

driver_trait! {
    /// What only QEMU can do (`libvirt-qemu.h`).
    pub trait QemuExtension in Domain {
    }
}

driver_trait! {
    /// What only LXC can do (`libvirt-lxc.h`).
    pub trait LxcExtension in Domain {
    }
}
