//! Port numbers of serial, parallel and console devices that the user left open.

use ferrovirt_core::{Error, Result};

use super::{Serial, SerialTargetType};

/// How many serial ports an ISA bus has.
pub const ISA_SERIAL_LIMIT: u32 = 4;

/// A device with a number among its like.
pub trait Port {
    fn port_mut(&mut self) -> &mut Option<u32>;
}

/// Gives every device without a number the one after the highest, in their order.
pub fn assign_ports<T: Port>(devices: &mut [T]) {
    let mut highest = devices.iter_mut().filter_map(|device| *device.port_mut()).max();
    for device in devices {
        let port = device.port_mut();
        if port.is_none() {
            let next = highest.map_or(0, |n| n.saturating_add(1));
            *port = Some(next);
            highest = Some(next);
        }
    }
}

/// The same, counting only the devices in front of each.
pub fn assign_ports_so_far<T: Port>(devices: &mut [T]) {
    for at in 0..devices.len() {
        let highest = devices[..at].iter_mut().filter_map(|device| *device.port_mut()).max();
        devices[at].port_mut().get_or_insert(highest.map_or(0, |n| n.saturating_add(1)));
    }
}

/// Gives ISA serial ports without a number the lowest free one; refuses more than the bus has, and equal numbers.
///
/// To be called before [`assign_ports`], and before the driver decides on target types: what becomes a port of the bus
/// by itself may have any number, as with libvirt.
pub fn assign_isa_ports(serials: &mut [Serial]) -> Result<()> {
    let mut used = [false; ISA_SERIAL_LIMIT as usize];
    let full =
        || Error::internal(format!("a machine has at most {ISA_SERIAL_LIMIT} ISA serial ports, 0 to 3"));
    let is_isa = |serial: &&mut Serial| serial.target_type == SerialTargetType::IsaSerial;
    if serials.iter_mut().filter(is_isa).count() > used.len() {
        return Err(full());
    }
    for port in serials.iter_mut().filter(is_isa).filter_map(|serial| serial.port) {
        match used.get_mut(port as usize) {
            None => return Err(full()),
            Some(true) => return Err(Error::internal(format!("two serial ports have target port '{port}'"))),
            Some(free) => *free = true,
        }
    }
    for serial in serials.iter_mut().filter(is_isa).filter(|serial| serial.port.is_none()) {
        let free = used.iter().position(|taken| !taken).ok_or_else(full)?;
        used[free] = true;
        serial.port = Some(free as u32);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    fn isa(ports: &[Option<u32>]) -> Vec<Serial> {
        let target_type = SerialTargetType::IsaSerial;
        ports.iter().map(|port| Serial { target_type, port: *port, ..Serial::default() }).collect()
    }

    fn ports(serials: &[Serial]) -> Vec<Option<u32>> {
        serials.iter().map(|serial| serial.port).collect()
    }

    #[test]
    fn isa_ports_fill_gaps_and_others_follow_the_highest() {
        let mut serials = isa(&[None, Some(0), None]);
        assign_ports(&mut serials.clone());
        assign_isa_ports(&mut serials).unwrap();
        assert_eq!(ports(&serials), [Some(1), Some(0), Some(2)]);
        let mut others = isa(&[Some(3), None, None]);
        assign_ports(&mut others);
        assert_eq!(ports(&others), [Some(3), Some(4), Some(5)]);
    }

    #[test]
    fn the_isa_bus_has_four_ports_of_different_number() {
        // What is said of the bus does not hold for ports that only end there.
        let mut others = vec![Serial { port: Some(0), ..Serial::default() }; 2];
        assign_isa_ports(&mut others).unwrap();
        assert_eq!(ports(&others), [Some(0), Some(0)]);
        for wrong in [&[None; 5][..], &[Some(4)], &[Some(1), Some(1)]] {
            assert_eq!(assign_isa_ports(&mut isa(wrong)).unwrap_err().code(), ErrorCode::Internal);
        }
    }
}
