//! A description as old versions of libvirt understand it: without what they did not know, and had all the same.

use ferrovirt_conf::cpu::{CpuFeature, CpuMode, FeaturePolicy, GuestCpu};
use ferrovirt_conf::domain::{
    Controller, ControllerModel, ControllerType, Devices, Domain, Graphics, Input, InputBus, InputType,
    ListenType, PanicModel, PciControllerName, SerialModel, SerialTargetType, WatchdogAction, WatchdogModel,
};

use ferrovirt_xml::YesNo;

use crate::defaults;
use crate::layout::Site;
use crate::machine::{self, Family};

/// Turns the description of a guest that is on the move, or in a file, into one for any version of libvirt. All that
/// is taken out here comes back when the description is read and completed.
pub fn make(model: &mut Domain, site: Site<'_>) {
    // What comes from the configuration of this host is not for others.
    model.devices.graphics.iter_mut().for_each(simplify_display);
    model.strip_live();
    // The files that were chosen for the user are said instead.
    model.os.firmware = None;
    model.os.firmware_features.clear();
    let family = Family::of_domain(model);
    let is_x86 = machine::arch(model).is_x86();
    let devices = &mut model.devices;
    drop_controllers(devices, family);
    devices.inputs.retain(|input| !is_own_keyboard(input));
    let firmware = |model| matches!(model, PanicModel::S390 | PanicModel::Pseries);
    if let Some(at) = devices.panics.iter().position(|panic| firmware(panic.model)) {
        devices.panics.remove(at);
    }
    devices.channels.iter_mut().for_each(|channel| defaults::forget_own_path(channel, site.paths));
    for serial in &mut devices.serials {
        if matches!(serial.target_type, SerialTargetType::SpaprVioSerial | SerialTargetType::SystemSerial) {
            (serial.target_type, serial.model) = (SerialTargetType::None, SerialModel::None);
        }
    }
    if family == Family::Q35 {
        drop_watchdog(devices);
    }
    defaults::drop_own_audio(devices, site.settings);
    if let Some(cpu) = &mut model.cpu
        && is_x86
    {
        disable_phantom_feature(cpu);
    }
}

/// The only USB controller of a PC, the only PCI bus of any guest, and the name of pSeries' PCI bridges.
fn drop_controllers(devices: &mut Devices, family: Family) {
    use ControllerModel::{PciRoot, Piix3Uhci};
    let all = &mut devices.controllers;
    let usb = |only: &Controller| matches!(only.model, None | Some(Piix3Uhci));
    if family == Family::I440fx {
        drop_only(all, ControllerType::Usb, usb);
    }
    let is_default_root =
        |only: &Controller| only.model == Some(PciRoot) && only.pci_hole64.is_none_or(|hole| hole.0 == 0);
    drop_only(all, ControllerType::Pci, is_default_root);
    for bridge in all.iter_mut().filter(|controller| controller.model == Some(PciRoot)) {
        bridge.pci_model.take_if(|name| *name == PciControllerName::SpaprPciHostBridge);
    }
}

/// Takes out the controller of a type if it is the first and only one, has no name of the user's, and is `default`.
fn drop_only(all: &mut Vec<Controller>, kind: ControllerType, default: impl Fn(&Controller) -> bool) {
    let mut of_kind = all.iter().enumerate().filter(|(_, controller)| controller.kind == kind);
    if let (Some((at, only)), None) = (of_kind.next(), of_kind.next())
        && only.index == Some(0)
        && only.info.alias.is_none()
        && default(only)
    {
        all.remove(at);
    }
}

/// The keyboard was not spoken of before tablets were.
fn is_own_keyboard(input: &Input) -> bool {
    input.kind == InputType::Keyboard && matches!(input.bus, Some(InputBus::Ps2 | InputBus::Xen))
}

/// The watchdog of the ICH9, unless it does something unusual.
fn drop_watchdog(devices: &mut Devices) {
    let watchdogs = &mut devices.watchdogs;
    let Some(at) = watchdogs.iter().position(|watchdog| watchdog.model == WatchdogModel::Itco) else {
        return;
    };
    if watchdogs[at].action == WatchdogAction::Reset {
        watchdogs.remove(at);
    }
}

/// Leaves out of a display what came from this host's configuration, and says the rest in attributes: there was no
/// `<listen>` of these types.
fn simplify_display(graphics: &mut Graphics) {
    let first_from_config = graphics.listens().first().is_some_and(|listen| listen.from_config == Some(1));
    match graphics {
        Graphics::Spice(spice) => match spice.listens.first().map(|first| first.kind) {
            Some(ListenType::None) => spice.autoport = Some(YesNo::No),
            Some(ListenType::Socket) if first_from_config => spice.autoport = Some(YesNo::Yes),
            _ if first_from_config => spice.listen = None,
            _ => {}
        },
        Graphics::Vnc(vnc) if first_from_config => (vnc.listen, vnc.socket) = (None, None),
        _ => {}
    }
    let (is_vnc, is_spice) = (matches!(graphics, Graphics::Vnc(_)), matches!(graphics, Graphics::Spice(_)));
    let Some(listens) = graphics.listens_mut() else { return };
    for listen in listens.iter_mut().filter(|listen| listen.auto_generated == Some(YesNo::Yes)) {
        listen.socket = None;
    }
    listens.retain(|listen| {
        let said = match listen.kind {
            ListenType::Socket => is_vnc && listen.socket.is_some(),
            ListenType::None => is_spice,
            _ => false,
        };
        listen.from_config != Some(1) && !said
    });
}

/// Old versions took `pconfig` for a part of this model, which QEMU never gave to a guest.
fn disable_phantom_feature(cpu: &mut GuestCpu) {
    const FEATURE: &str = "pconfig";
    if cpu.mode() != CpuMode::Custom || cpu.model_name() != Some("Icelake-Server") {
        return;
    }
    match cpu.features.iter_mut().find(|feature| feature.name == FEATURE) {
        Some(feature) => feature.policy = FeaturePolicy::Disable,
        None => cpu.features.push(CpuFeature { policy: FeaturePolicy::Disable, name: FEATURE.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Settings;
    use crate::layout::Paths;
    use crate::sample;
    use ferrovirt_core::layout::Layout;

    fn migratable(machine: &str, inside: &str, devices: &str) -> String {
        let mut model = sample::fill(machine, inside, devices).unwrap();
        make(&mut model, Site::new(&Paths::new(Layout::system()), &Settings::default()));
        model.format()
    }

    #[test]
    fn what_every_pc_has_goes_without_saying() {
        let text = migratable("pc", "", "");
        for gone in ["type='usb'", "type='pci' index='0'", "type='keyboard'", "<audio"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        assert!(text.contains("<input type='mouse' bus='ps2'/>"), "{text}");
        assert!(!migratable("q35", "", "").contains("<watchdog"));
    }

    #[test]
    fn displays_are_told_in_the_old_words() {
        let text = migratable("pc", "", "<graphics type='spice'><listen type='none'/></graphics>");
        assert!(text.contains("<graphics type='spice' autoport='no'/>"), "{text}");
        let text =
            migratable("pc", "", "<graphics type='vnc'><listen type='socket' socket='/a'/></graphics>");
        assert!(text.contains("<graphics type='vnc' socket='/a'/>"), "{text}");
    }

    #[test]
    fn what_is_not_the_default_stays() {
        let text = migratable("pc", "", "<controller type='usb' index='0' model='piix4-uhci'/>");
        assert!(text.contains("piix4-uhci"), "{text}");
        let text = migratable("pc", "", "<controller type='pci' index='1' model='pci-bridge'/>");
        assert!(text.contains("pci-root"), "{text}");
        let text = migratable("q35", "", "<watchdog model='itco' action='pause'/>");
        assert!(text.contains("<watchdog") && text.contains("pcie-root"), "{text}");
        let text = migratable(
            "pc",
            "",
            "<controller type='pci' index='0' model='pci-root'><alias name='ua-bus'/></controller>",
        );
        assert!(text.contains("ua-bus"), "{text}");
    }

    #[test]
    fn a_phantom_feature_is_ruled_out() {
        let text = migratable("pc", "<cpu><model>Icelake-Server</model></cpu>", "");
        assert!(text.contains("<feature policy='disable' name='pconfig'/>"), "{text}");
    }
}
