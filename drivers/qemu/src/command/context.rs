//! What a builder may look at: the guest, the binary, and the host's settings.

use super::line::CommandLine;
use super::props::Props;
use super::{Descriptors, Surroundings};
use crate::capabilities::{Accel, Capabilities};
use crate::qmp::types::MachineInfo;
use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{
    Controller, ControllerType, DeviceInfo, Domain, Graphics, VirtType, ZpciAddress,
};
use ferrovirt_core::{Error, Result};

/// Everything that the arguments of a device depend on; also used to plug devices into running guests.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub model: &'a Domain,
    pub capabilities: &'a Capabilities,
    pub host: &'a Surroundings<'a>,
}

impl<'a> Context<'a> {
    pub fn arch(self) -> Arch {
        self.model.os.arch.unwrap_or(Arch::X86_64)
    }

    pub fn is_x86(self) -> bool {
        matches!(self.arch(), Arch::X86_64 | Arch::I686)
    }

    pub fn is_s390(self) -> bool {
        matches!(self.arch(), Arch::S390 | Arch::S390x)
    }

    pub fn accel(self) -> Accel {
        match self.model.virt_type {
            VirtType::Kvm => Accel::Kvm,
            _ => Accel::Tcg,
        }
    }

    /// The machine type as the definition has it.
    pub fn machine(self) -> &'a str {
        self.model.os.machine.as_deref().unwrap_or_default()
    }

    /// The machine type behind an alias.
    pub fn canonical_machine(self) -> &'a str {
        self.capabilities.canonical_machine(self.machine())
    }

    /// What the binary tells of the machine type.
    pub fn machine_info(self) -> Option<&'a MachineInfo> {
        self.capabilities
            .machine(self.accel(), self.machine())
            .or_else(|| self.capabilities.machine(Accel::Tcg, self.machine()))
    }

    fn is_machine(self, family: &str) -> bool {
        let machine = self.machine();
        machine == family || machine.strip_prefix(family).is_some_and(|rest| rest.starts_with('-'))
    }

    pub fn is_q35(self) -> bool {
        self.is_x86() && (self.is_machine("q35") || self.is_machine("pc-q35"))
    }

    pub fn is_i440fx(self) -> bool {
        self.is_x86()
            && (self.machine() == "pc"
                || ["pc-0.", "pc-1.", "pc-i440", "rhel"]
                    .iter()
                    .any(|family| self.machine().starts_with(family)))
    }

    pub fn is_pseries(self) -> bool {
        matches!(self.arch(), Arch::Ppc64 | Arch::Ppc64le) && self.is_machine("pseries")
    }

    /// Whether the machine comes with an IDE controller.
    pub fn has_builtin_ide(self) -> bool {
        self.is_i440fx() || ["malta", "sun4u", "g3beige"].contains(&self.machine())
    }

    /// Whether the guest has a display of SPICE.
    pub fn has_spice(self) -> bool {
        self.model.devices.graphics.iter().any(|graphics| matches!(graphics, Graphics::Spice(_)))
    }

    /// A controller of a kind by its number.
    pub fn controller(self, kind: ControllerType, index: u32) -> Option<&'a Controller> {
        let mut all = self.model.devices.controllers.iter();
        all.find(|controller| controller.kind == kind && controller.index == Some(index))
    }

    /// The alias of a controller that something is plugged into.
    pub fn controller_alias(self, kind: ControllerType, index: u32) -> Result<&'a str> {
        let controller = self.controller(kind, index).ok_or_else(|| {
            Error::internal(format!(
                "the guest has no {kind} controller {index}, which a device is plugged into"
            ))
        })?;
        alias(&controller.info)
    }
}

/// A device's name in QEMU. Each has one before the command line is built.
pub fn alias(info: &DeviceInfo) -> Result<&str> {
    info.alias.as_deref().ok_or_else(|| Error::internal("a device has no alias yet"))
}

/// A command line in the making.
pub struct Builder<'a> {
    pub context: Context<'a>,
    pub descriptors: &'a mut dyn Descriptors,
    pub line: CommandLine,
    /// How many sets of descriptors there are so far.
    pub descriptor_sets: u32,
}

impl<'a> Builder<'a> {
    pub fn model(&self) -> &'a Domain {
        self.context.model
    }

    pub fn host(&self) -> &'a Surroundings<'a> {
        self.context.host
    }

    /// Whether nothing shows what the guest's graphics cards draw.
    pub fn has_no_display(&self) -> bool {
        self.model().devices.graphics.is_empty()
    }

    /// Hands over a descriptor that is named by a path. What it is for can be read in the monitor.
    pub fn descriptor_path(&mut self, what: super::Passed, purpose: &str) -> Result<String> {
        let fd = self.descriptors.pass(what)?;
        let set = self.descriptor_sets;
        self.descriptor_sets += 1;
        self.line.option("-add-fd", format_args!("set={set},fd={fd},opaque={purpose}"));
        Ok(format!("/dev/fdset/{set}"))
    }

    /// On s390 a device of its own has the numbers that a PCI device is called by.
    fn zpci(&mut self, device: &Props) {
        let Some(id) = device.get_text("id").filter(|_| self.context.is_s390()) else { return };
        let infos = self.model().devices.infos();
        let info = infos.into_iter().find(|info| info.alias.as_deref() == Some(id));
        let numbers = info.and_then(DeviceInfo::pci).and_then(|address| address.zpci);
        if let Some(ZpciAddress { uid: Some(uid), fid: Some(fid) }) = numbers {
            let mut props = Props::device("zpci");
            props.set("uid", uid.0).set("fid", fid.0).set("target", id).set("id", format!("zpci{}", uid.0));
            self.line.option("-device", props);
        }
    }

    /// Adds a device, as the definition's overrides of QEMU's properties want it.
    pub fn device(&mut self, mut props: Props) -> Result<()> {
        super::overrides::apply(self.context.model, &mut props)?;
        self.zpci(&props);
        self.line.option("-device", props);
        Ok(())
    }
}
