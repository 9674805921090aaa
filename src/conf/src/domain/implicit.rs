//! Devices that follow from others: the controllers that disks and ports need, and the console that a serial port is.

use super::{
    Address, CcidAddress, ChannelTarget, Console, ConsoleTarget, ConsoleTargetType, Controller,
    ControllerType, Devices, DiskBus, Serial, SerialTargetType, Video, VideoType,
};
use ferrovirt_core::{Error, Result};

/// No machine takes more of a type: an address beyond is refused where addresses are checked.
const MOST_CONTROLLERS: u32 = 1 << 10;

impl Devices {
    /// Adds the controllers that are needed for the addresses of other devices.
    pub fn add_implicit_controllers(&mut self) {
        for (bus, kind) in [
            (DiskBus::Scsi, ControllerType::Scsi),
            (DiskBus::Fdc, ControllerType::Fdc),
            (DiskBus::Ide, ControllerType::Ide),
            (DiskBus::Sata, ControllerType::Sata),
        ] {
            let on_bus = self.disks.iter().filter(|disk| disk.target.bus == Some(bus));
            let highest = on_bus.filter_map(|disk| drive_controller(disk.info.address.as_ref()?)).max();
            for index in 0..highest.map_or(0, |highest| highest.saturating_add(1).min(MOST_CONTROLLERS)) {
                self.ensure_controller(kind, index, None);
            }
        }
        let channels = self
            .channels
            .iter()
            .filter(|channel| matches!(channel.target, ChannelTarget::Virtio { .. }))
            .map(|channel| channel.info.address.as_ref());
        let consoles = self
            .consoles
            .iter()
            .filter(|console| console.target.kind == ConsoleTargetType::Virtio)
            .map(|console| console.info.address.as_ref());
        let needed: Vec<u32> = channels.chain(consoles).map(virtio_serial_controller).collect();
        for index in needed {
            self.ensure_controller(ControllerType::VirtioSerial, index, None);
        }
        for index in self.place_smartcards() {
            self.ensure_controller(ControllerType::Ccid, index, None);
        }
        self.add_hostdev_controllers();
    }

    /// Refuses addresses on controllers that no machine has.
    pub(super) fn check_controller_numbers(&self) -> Result<()> {
        let infos = self.infos();
        let numbers = infos.iter().filter_map(|info| match info.address.as_ref()? {
            Address::Drive(place) => Some(place.controller),
            Address::VirtioSerial(place) => Some(place.controller),
            Address::Ccid(place) => Some(place.controller),
            _ => None,
        });
        match numbers.into_iter().find(|number| *number > MOST_CONTROLLERS) {
            Some(number) => {
                let text =
                    format!("a device has an address on controller {number}: there can't be that many");
                Err(Error::config_unsupported(text))
            }
            None => Ok(()),
        }
    }

    /// Puts smartcards that are nowhere into the slots of the first reader; returns the readers that are needed.
    fn place_smartcards(&mut self) -> Vec<u32> {
        let mut readers = Vec::new();
        for at in 0..self.smartcards.len() {
            let in_first = self.smartcards.iter().filter_map(|card| match &card.info.address {
                Some(Address::Ccid(place)) if place.controller == 0 => Some(place.slot),
                _ => None,
            });
            let free = in_first.max().map_or(0, |slot| slot + 1);
            let nowhere = || Address::Ccid(CcidAddress { controller: 0, slot: free });
            let address = self.smartcards[at].info.address.get_or_insert_with(nowhere);
            readers.push(if let Address::Ccid(place) = address { place.controller } else { 0 });
        }
        readers
    }

    /// SCSI devices of the host are on controllers of the model that the last of them is on already.
    pub(super) fn add_hostdev_controllers(&mut self) {
        let scsi = self.hostdevs.iter().filter(|dev| dev.is_scsi());
        let (mut highest, mut model) = (None, None);
        for index in scsi.map(|dev| dev.info.address.as_ref().and_then(drive_controller).unwrap_or(0)) {
            if highest.is_none_or(|highest| index > highest) {
                highest = Some(index);
                let is_it =
                    |other: &&Controller| other.kind == ControllerType::Scsi && other.index == Some(index);
                model = self.controllers.iter().find(is_it).and_then(|found| found.model).or(model);
            }
        }
        let Some(highest) = highest else { return };
        for index in 0..=highest.min(MOST_CONTROLLERS) {
            self.ensure_controller(ControllerType::Scsi, index, model);
        }
    }

    /// A display needs a video card.
    pub fn add_implicit_video(&mut self) {
        if !self.graphics.is_empty() && self.videos.is_empty() {
            self.videos.push(Video::new(VideoType::Default));
        }
    }

    /// In machines (not containers), the first console is the first serial port: one without the other gets it, and
    /// where both are there the serial port wins.
    pub fn alias_first_console(&mut self) -> Result<()> {
        let is_serial = |console: &Console| console.target.kind == ConsoleTargetType::Serial;
        if self.consoles.iter().skip(1).any(is_serial) {
            return Err(Error::config_unsupported("only the first <console> can be a serial port"));
        }
        let stands_for_serial = |console: &Console| {
            matches!(console.target.kind, ConsoleTargetType::Serial | ConsoleTargetType::None)
        };
        match (self.consoles.first(), self.serials.is_empty()) {
            (Some(console), true) if stands_for_serial(console) => {
                let console = console.clone();
                self.serials.push(Serial {
                    source: console.source,
                    port: Some(0),
                    info: console.info,
                    ..Serial::default()
                });
            }
            (Some(console), false) if stands_for_serial(console) => {}
            (_, false) if has_console(self.serials[0].target_type) => {
                self.consoles.insert(0, Console::default());
                for (port, console) in (0..).zip(&mut self.consoles) {
                    console.target.port = Some(port);
                }
            }
            _ => return Ok(()),
        }
        self.refresh_first_console();
        Ok(())
    }

    /// Makes the first console, where it stands for the first serial port, say what that says.
    pub fn refresh_first_console(&mut self) {
        if let (Some(console), Some(serial)) = (self.consoles.first_mut(), self.serials.first()) {
            let kinds = [ConsoleTargetType::Serial, ConsoleTargetType::None];
            if kinds.contains(&console.target.kind) {
                *console = Console::of_serial(serial);
                console.target =
                    ConsoleTarget { kind: ConsoleTargetType::Serial, port: Some(serial.port.unwrap_or(0)) };
            }
        }
    }
}

/// Whether the guest's console can be on such a serial port.
fn has_console(kind: SerialTargetType) -> bool {
    use SerialTargetType::{IsaSerial, None, SclpSerial, SpaprVioSerial, SystemSerial};
    matches!(kind, IsaSerial | None | SclpSerial | SpaprVioSerial | SystemSerial)
}

fn drive_controller(address: &Address) -> Option<u32> {
    match address {
        Address::Drive(drive) => Some(drive.controller),
        _ => None,
    }
}

fn virtio_serial_controller(address: Option<&Address>) -> u32 {
    match address {
        Some(Address::VirtioSerial(address)) => address.controller,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::from_str;

    fn devices(inside: &str) -> Devices {
        from_str::<Devices>(&format!("<devices>{inside}</devices>"), "test").unwrap()
    }

    #[test]
    fn a_console_makes_a_serial_port_and_the_other_way_round() {
        for text in ["<console type='null'/>", "<serial type='null'><target port='0'/></serial>"] {
            let mut devices = devices(text);
            devices.alias_first_console().unwrap();
            assert_eq!((devices.serials.len(), devices.consoles.len()), (1, 1), "{text}");
            assert_eq!(devices.consoles[0].target.kind, ConsoleTargetType::Serial);
            assert_eq!(devices.consoles[0].source, devices.serials[0].source);
        }
    }

    #[test]
    fn a_virtio_console_is_its_own() {
        let mut devices = devices("<console type='pty'><target type='virtio' port='0'/></console>");
        devices.alias_first_console().unwrap();
        devices.add_implicit_controllers();
        assert!(devices.serials.is_empty());
        assert_eq!(devices.controllers[0].kind, ControllerType::VirtioSerial);
        let mut wrong = self::devices("<console/><console><target type='serial'/></console>");
        assert_eq!(wrong.alias_first_console().unwrap_err().code(), ErrorCode::ConfigUnsupported);
    }

    #[test]
    fn disks_bring_their_controllers() {
        let text = "<disk><target dev='sda' bus='scsi'/><address type='drive' controller='1'/></disk>";
        let mut devices = devices(text);
        devices.add_implicit_controllers();
        assert_eq!(devices.controllers.len(), 2);
    }
}
