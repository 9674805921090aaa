//! `<input>`: keyboards, mice and tablets of the guest.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Node, OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Address, Context, Device, DeviceInfo, Facts, VirtioModel, VirtioOptions};

/// An input device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "input", check = "check_source")]
pub struct Input {
    #[xml(attr = "type", error = "ConfigUnsupported", missing = "Internal")]
    pub kind: InputType,
    #[xml(attr, error = "ConfigUnsupported", skip_if = "is_nowhere")]
    pub bus: Option<InputBus>,
    #[xml(attr, error = "ConfigUnsupported")]
    pub model: Option<VirtioModel>,
    #[xml(flatten = "driver")]
    pub virtio: VirtioOptions,
    #[xml(flatten = "source")]
    pub source: InputSource,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// A device of the host is named, once there is a `<source>` at all.
fn check_source(node: &Node<'_>) -> Result<()> {
    let name = match node.attr("type") {
        Some("passthrough") => "evdev",
        Some("evdev") => "dev",
        _ => return Ok(()),
    };
    match node.child("source").filter(|source| source.attr(name).is_none()) {
        Some(source) => Err(source.missing_attr(name, ErrorCode::XmlError).domain(ErrorDomain::Domain)),
        None => Ok(()),
    }
}

fn is_nowhere(bus: &Option<InputBus>) -> bool {
    *bus == Some(InputBus::None)
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum InputType {
    Mouse,
    Tablet,
    Keyboard,
    /// A device of the host, which the guest drives.
    Passthrough,
    /// A device of the host, whose events go to the guest's keyboard and mouse.
    Evdev,
}

/// What it is plugged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum InputBus {
    Ps2,
    Usb,
    Xen,
    Parallels,
    Virtio,
    /// Of evdev: it is no device of the guest.
    None,
}

/// `<source>`: the device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct InputSource {
    /// Of evdev.
    #[xml(attr)]
    pub dev: Option<String>,
    /// Of passthrough.
    #[xml(attr)]
    pub evdev: Option<String>,
    #[xml(attr)]
    pub grab: Option<InputGrab>,
    /// The keys that give the device to the guest and back.
    #[xml(attr)]
    pub grab_toggle: Option<InputGrabToggle>,
    /// Whether held keys repeat.
    #[xml(attr)]
    pub repeat: Option<OnOff>,
}

/// Which devices are grabbed together with this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum InputGrab {
    All,
}

/// Keys pressed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum InputGrabToggle {
    CtrlCtrl,
    AltAlt,
    ShiftShift,
    MetaMeta,
    #[xml(name = "scrolllock")]
    ScrollLock,
    #[xml(name = "ctrl-scrolllock")]
    CtrlScrollLock,
}

impl Input {
    /// A device without options.
    pub fn new(kind: InputType, bus: InputBus) -> Self {
        Self {
            kind,
            bus: Some(bus),
            model: None,
            virtio: VirtioOptions::default(),
            source: InputSource::default(),
            info: DeviceInfo::default(),
        }
    }

    /// The host's device.
    pub fn host_path(&self) -> Option<&str> {
        self.source.dev.as_deref().or(self.source.evdev.as_deref())
    }

    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }

    fn is_basic(&self) -> bool {
        matches!(self.kind, InputType::Mouse | InputType::Keyboard)
    }

    fn guess_bus(&self, context: &Context) -> Option<InputBus> {
        let arch = context.arch.as_str();
        match context.os_type.as_str() {
            "hvm" if self.is_basic() && matches!(arch, "x86_64" | "i686" | "") => Some(InputBus::Ps2),
            "hvm" if matches!(arch, "s390" | "s390x") || self.kind == InputType::Passthrough => {
                Some(InputBus::Virtio)
            }
            "hvm" if self.kind == InputType::Evdev => Some(InputBus::None),
            "hvm" => Some(InputBus::Usb),
            "xen" | "xenpvh" => Some(InputBus::Xen),
            _ if is_parallels(context) => Some(InputBus::Parallels),
            _ => None,
        }
    }
}

fn is_parallels(context: &Context) -> bool {
    matches!(context.virt_type.as_str(), "vz" | "parallels")
}

impl Device for Input {
    fn visible(&self, facts: &mut Facts) {
        facts.is("type", &self.kind);
        facts.may("bus", &self.bus);
        facts.may("model", &self.model);
        facts.virtio(&self.virtio);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, context: &Context) {
        if self.bus.is_none() {
            self.bus = self.guess_bus(context);
        }
        let source = std::mem::take(&mut self.source);
        match self.kind {
            InputType::Evdev => self.source = InputSource { evdev: None, ..source },
            InputType::Passthrough => self.source.evdev = source.evdev,
            _ => {}
        }
    }

    /// Whether PS/2 is there at all is for the domain to see.
    fn validate(&self, context: &Context) -> Result<()> {
        let (kind, bus) = (self.kind, self.bus);
        let named = bus.map_or("default", ferrovirt_xml::XmlEnum::as_str);
        let wrong = |text: String| Err(Error::internal(text));
        let only_basic = |bus: &str| wrong(format!("bus '{bus}' has no input device of type '{kind}'"));
        match context.os_type.as_str() {
            "hvm" if bus == Some(InputBus::Ps2) && !self.is_basic() => return only_basic("ps2"),
            "hvm" if bus == Some(InputBus::Xen) => return wrong("bus 'xen' is for Xen's own guests".into()),
            "hvm" => {}
            "xen" | "xenpvh" if bus != Some(InputBus::Xen) => {
                return wrong(format!("Xen's own guests have no input bus '{named}', only 'xen'"));
            }
            "xen" | "xenpvh" if !self.is_basic() => return only_basic("xen"),
            "xen" | "xenpvh" => {}
            _ if !is_parallels(context) => return wrong("such guests have no input devices".into()),
            _ if bus != Some(InputBus::Parallels) => {
                return wrong(format!("such containers have no input bus '{named}', only 'parallels'"));
            }
            _ if !self.is_basic() => return only_basic("parallels"),
            _ => {}
        }
        self.validate_options()
    }
}

impl Input {
    fn validate_options(&self) -> Result<()> {
        let unsupported = |text: String| Err(Error::config_unsupported(text));
        match (self.kind, self.bus) {
            (InputType::Passthrough, bus) if bus != Some(InputBus::Virtio) => {
                return unsupported("an input device of type 'passthrough' needs bus='virtio'".into());
            }
            (InputType::Evdev, bus) if bus != Some(InputBus::None) => {
                return unsupported("an input device of type 'evdev' is on no bus".into());
            }
            _ => {}
        }
        if let Some(model) = self.model.filter(|_| self.bus != Some(InputBus::Virtio)) {
            return unsupported(format!("input model '{model}' needs bus='virtio'"));
        }
        match &self.info.address {
            None | Some(Address::Usb(_)) => Ok(()),
            Some(_) if self.bus == Some(InputBus::Usb) => {
                Err(Error::xml("an input device on bus 'usb' needs an address of type 'usb'"))
            }
            // No bus is not written, and read again it would be USB.
            Some(_) if self.bus == Some(InputBus::None) && self.kind != InputType::Evdev => Err(Error::xml(
                "an input device on no bus has no address there: leave out <address>, or bus='none'",
            )),
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::{self, ConfigUnsupported, Internal, XmlError};
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    fn pc() -> Context {
        Context { os_type: "hvm".into(), arch: "x86_64".into(), ..Context::default() }
    }

    fn filled(text: &str) -> Input {
        let mut input: Input = from_str(text, "test").unwrap();
        input.fill_defaults(&pc());
        input
    }

    #[test]
    fn inputs_print_back() {
        check_same::<Input>(
            "<input type='tablet' bus='usb'>\n  <address type='usb' bus='0' port='1'/>\n</input>",
        );
        check_same::<Input>(
            "<input type='passthrough' bus='virtio' model='virtio'>
  <driver iommu='on'/>
  <source evdev='/dev/input/event1'/>
</input>",
        );
        check_same::<Input>(
            "<input type='evdev'>
  <source dev='/dev/input/event2' grab='all' grabToggle='ctrl-scrolllock' repeat='on'/>
</input>",
        );
    }

    #[test]
    fn a_bus_is_found() {
        for (kind, line) in [
            ("mouse", "<input type='mouse' bus='ps2'/>\n"),
            ("tablet", "<input type='tablet' bus='usb'/>\n"),
            ("evdev", "<input type='evdev'/>\n"),
        ] {
            assert_eq!(to_string(&filled(&format!("<input type='{kind}'/>"))), line);
        }
    }

    #[test]
    fn contradictions_are_refused_with_libvirts_codes() {
        let code = |text: &str| -> ErrorCode { filled(text).validate(&pc()).expect_err(text).code() };
        assert_eq!(code("<input type='tablet' bus='ps2'/>"), Internal);
        assert_eq!(code("<input type='mouse' bus='xen'/>"), Internal);
        assert_eq!(code("<input type='passthrough' bus='usb'/>"), ConfigUnsupported);
        assert_eq!(code("<input type='mouse' bus='usb' model='virtio'/>"), ConfigUnsupported);
        assert_eq!(code("<input type='mouse' bus='usb'><address type='pci'/></input>"), XmlError);
        assert_eq!(
            code("<input type='tablet' bus='none'><address type='ccid' controller='0'/></input>"),
            XmlError
        );
        check_error::<Input>("<input type='joystick'/>", ConfigUnsupported);
        check_error::<Input>("<input type='passthrough'><source dev='/dev/input/event0'/></input>", XmlError);
        check_error::<Input>("<input type='evdev'><source/></input>", XmlError);
    }

    #[test]
    fn a_device_of_the_host_may_be_named_later() {
        let input = filled("<input type='passthrough' bus='virtio'/>");
        input.validate(&pc()).unwrap();
        assert_eq!(to_string(&input), "<input type='passthrough' bus='virtio'/>\n");
    }
}
