//! The list of controllers: their order, their numbers, and those that other devices need.

use ferrovirt_conf::domain::{Controller, ControllerModel, ControllerType, DeviceInfo};

/// Where a controller of that type and number is.
pub fn find(controllers: &[Controller], kind: ControllerType, index: u32) -> Option<&Controller> {
    controllers.iter().find(|c| c.kind == kind && c.index == Some(index))
}

/// The lowest number that no controller of the type has.
pub fn unused_index(controllers: &[Controller], kind: ControllerType) -> u32 {
    (0..)
        .find(|index| find(controllers, kind, *index).is_none())
        .expect("there are fewer controllers than numbers")
}

/// Adds a controller where its number belongs among those of its type: masters stand before their companions,
/// and those without a number behind all others.
pub fn insert(controllers: &mut Vec<Controller>, controller: Controller) {
    let companion = |c: &Controller| c.info.usb_master_port.is_some();
    let mut place = None;
    for (position, other) in controllers.iter().enumerate().rev().filter(|(_, c)| c.kind == controller.kind) {
        if controller.index.is_none() {
            place = Some(position + 1);
            break;
        }
        let before = other.index > controller.index
            || (!companion(&controller) && companion(other) && other.index == controller.index);
        if before {
            place = Some(position);
        } else if place.is_none() {
            place = Some(position + 1);
        }
    }
    controllers.insert(place.unwrap_or(controllers.len()), controller);
}

/// Adds a controller unless there is one of its type and number. Says whether it was added.
pub fn ensure(
    controllers: &mut Vec<Controller>,
    kind: ControllerType,
    index: u32,
    model: Option<ControllerModel>,
) -> bool {
    let missing = find(controllers, kind, index).is_none();
    if missing {
        insert(controllers, Controller { model, ..Controller::new(kind, index) });
    }
    missing
}

/// Adds a USB controller, with its companions if it is of those that have some.
pub fn add_usb(controllers: &mut Vec<Controller>, index: u32, model: Option<ControllerModel>) {
    let usb = |model| Controller { model, ..Controller::new(ControllerType::Usb, index) };
    insert(controllers, usb(model));
    if model != Some(ControllerModel::Ich9Ehci1) {
        return;
    }
    use ControllerModel::{Ich9Uhci1, Ich9Uhci2, Ich9Uhci3};
    for (companion, port) in [(Ich9Uhci1, 0), (Ich9Uhci2, 2), (Ich9Uhci3, 4)] {
        let info = DeviceInfo { usb_master_port: Some(port), ..DeviceInfo::default() };
        insert(controllers, Controller { info, ..usb(Some(companion)) });
    }
}

/// Brings the controllers into the order in which they are kept, whatever their order in the document.
pub fn sort(controllers: &mut Vec<Controller>) {
    for controller in std::mem::take(controllers) {
        insert(controllers, controller);
    }
}

/// Whether the controller is one of ICH9's USB controllers, which go together.
pub fn is_usb2(controller: &Controller) -> bool {
    use ControllerModel::{Ich9Ehci1, Ich9Uhci1, Ich9Uhci2, Ich9Uhci3};
    controller.kind == ControllerType::Usb
        && matches!(controller.model, Some(Ich9Ehci1 | Ich9Uhci1 | Ich9Uhci2 | Ich9Uhci3))
}

/// Numbers the controllers that have no number.
pub fn number(controllers: &mut Vec<Controller>) {
    let mut reorder = false;
    for position in 0..controllers.len() {
        if controllers[position].index.is_some() {
            continue;
        }
        let together = (position > 0 && is_usb2(&controllers[position])).then(|| {
            reorder = true;
            companions_number(controllers, position)
        });
        let kind = controllers[position].kind;
        let index = together.flatten().unwrap_or_else(|| unused_index(controllers, kind));
        controllers[position].index = Some(index);
    }
    if reorder {
        sort(controllers);
    }
}

/// One of ICH9's controllers has the number of those before it, unless its own model is among them.
fn companions_number(controllers: &[Controller], position: usize) -> Option<u32> {
    let before = controllers[..position].iter().rev().find(|c| c.kind == ControllerType::Usb)?;
    let index = Some(before).filter(|before| is_usb2(before))?.index?;
    let model = controllers[position].model;
    let taken = controllers
        .iter()
        .any(|c| c.kind == ControllerType::Usb && c.index == Some(index) && c.model == model);
    (!taken).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::from_str;

    fn list(texts: &[&str]) -> Vec<Controller> {
        texts.iter().map(|text| from_str(&format!("<controller {text}/>"), "test").unwrap()).collect()
    }

    fn shown(controllers: &[Controller]) -> Vec<String> {
        let model = |c: &Controller| c.model.map_or("-".into(), |m| m.to_string());
        controllers.iter().map(|c| format!("{} {} {}", c.kind, c.index.unwrap_or(99), model(c))).collect()
    }

    #[test]
    fn controllers_stand_in_order_of_their_numbers_within_a_type() {
        let mut all = list(&["type='scsi' index='1'", "type='ide' index='0'"]);
        ensure(&mut all, ControllerType::Scsi, 0, None);
        ensure(&mut all, ControllerType::Scsi, 2, None);
        ensure(&mut all, ControllerType::Scsi, 1, None);
        ensure(&mut all, ControllerType::Fdc, 0, None);
        assert_eq!(shown(&all), ["scsi 0 -", "scsi 1 -", "scsi 2 -", "ide 0 -", "fdc 0 -"]);
    }

    #[test]
    fn a_usb2_controller_brings_its_companions_behind_it() {
        let mut all = Vec::new();
        add_usb(&mut all, 0, Some(ControllerModel::Ich9Ehci1));
        let expected = ["usb 0 ich9-ehci1", "usb 0 ich9-uhci1", "usb 0 ich9-uhci2", "usb 0 ich9-uhci3"];
        assert_eq!(shown(&all), expected);
        all.rotate_left(1);
        sort(&mut all);
        assert_eq!(shown(&all), expected);
    }

    #[test]
    fn missing_numbers_are_the_lowest_free_ones_and_companions_share_theirs() {
        let mut all = list(&[
            "type='scsi' index='0'",
            "type='scsi'",
            "type='usb' model='ich9-ehci1'",
            "type='usb' model='ich9-uhci1'",
            "type='usb' model='ich9-uhci1'",
            "type='usb' model='qemu-xhci'",
        ]);
        number(&mut all);
        let expected = [
            "scsi 0 -",
            "scsi 1 -",
            "usb 0 ich9-ehci1",
            "usb 0 ich9-uhci1",
            "usb 1 ich9-uhci1",
            "usb 2 qemu-xhci",
        ];
        assert_eq!(shown(&all), expected);
    }
}
