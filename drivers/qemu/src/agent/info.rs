//! What the agent tells of a guest, as parameters.

use super::files;
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::driver::{DomainInterface, InterfaceAddress};
use ferrovirt_core::{TypedParams, abi};
use serde_json::Value;

fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of[name].as_str()
}

/// `user.…`
pub fn users(params: &mut TypedParams, told: &Value) {
    let users = told.as_array().map(Vec::as_slice).unwrap_or_default();
    params.add("user.count", users.len() as u32);
    for (number, user) in users.iter().enumerate() {
        if let Some(name) = text(user, "user") {
            params.add(format!("user.{number}.name"), name);
        }
        if let Some(domain) = text(user, "domain") {
            params.add(format!("user.{number}.domain"), domain);
        }
        // In milliseconds, as libvirt has it.
        let login = user["login-time"].as_f64().map(|seconds| (seconds * 1000.0) as u64);
        params.add(format!("user.{number}.login-time"), login.unwrap_or(0));
    }
}

/// `os.…`
pub fn system(params: &mut TypedParams, told: &Value) {
    let names = [
        "id",
        "name",
        "pretty-name",
        "version",
        "version-id",
        "machine",
        "variant",
        "variant-id",
        "kernel-release",
        "kernel-version",
    ];
    for name in names {
        if let Some(value) = text(told, name) {
            params.add(format!("os.{name}"), value);
        }
    }
}

/// `timezone.…`
pub fn time_zone(params: &mut TypedParams, told: &Value) {
    if let Some(zone) = text(told, "zone") {
        params.add("timezone.name", zone);
    }
    let offset = told["offset"].as_i64().and_then(|offset| i32::try_from(offset).ok());
    params.add("timezone.offset", offset.unwrap_or(0));
}

/// `fs.…`
pub fn file_systems(params: &mut TypedParams, model: &Domain, told: &Value) {
    let systems = told.as_array().map(Vec::as_slice).unwrap_or_default();
    params.add("fs.count", systems.len() as u32);
    for (number, system) in systems.iter().enumerate() {
        for (name, member) in [("name", "name"), ("mountpoint", "mountpoint"), ("fstype", "type")] {
            params.add(format!("fs.{number}.{name}"), text(system, member).unwrap_or_default());
        }
        for name in ["total-bytes", "used-bytes"] {
            if let Some(bytes) = system[name].as_u64() {
                params.add(format!("fs.{number}.{name}"), bytes);
            }
        }
        let disks = system["disk"].as_array().map(Vec::as_slice).unwrap_or_default();
        params.add(format!("fs.{number}.disk.count"), disks.len() as u32);
        for (place, disk) in disks.iter().enumerate() {
            let name = |what: &str| format!("fs.{number}.disk.{place}.{what}");
            if let Some(target) = files::target(model, disk) {
                params.add(name("alias"), target);
            }
            if let Some(serial) = text(disk, "serial") {
                params.add(name("serial"), serial);
            }
            if let Some(device) = text(disk, "dev") {
                params.add(name("device"), device);
            }
        }
    }
}

/// `if.…`
pub fn interfaces(params: &mut TypedParams, told: &Value) {
    let found = addresses(told);
    params.add("if.count", found.len() as u32);
    for (number, interface) in found.iter().enumerate() {
        params.add(format!("if.{number}.name"), interface.name.clone());
        if let Some(mac) = &interface.mac {
            params.add(format!("if.{number}.hwaddr"), mac.clone());
        }
        params.add(format!("if.{number}.addr.count"), interface.addresses.len() as u32);
        for (place, address) in interface.addresses.iter().enumerate() {
            let name = |what: &str| format!("if.{number}.addr.{place}.{what}");
            let kind = if address.kind == abi::VIR_IP_ADDR_TYPE_IPV6 as i32 { "ipv6" } else { "ipv4" };
            params.add(name("type"), kind);
            params.add(name("addr"), address.address.clone());
            params.add(name("prefix"), address.prefix);
        }
    }
}

/// `load.…`
pub fn load(params: &mut TypedParams, told: &Value) {
    for name in ["1m", "5m", "15m"] {
        if let Some(load) = told[format!("load{name}")].as_f64() {
            params.add(format!("load.{name}"), load);
        }
    }
}

/// The guest's interfaces with their addresses. Old aliases of an interface, such as `eth0:1`, are part of it.
pub fn addresses(told: &Value) -> Vec<DomainInterface> {
    let mut found: Vec<DomainInterface> = Vec::new();
    for interface in told.as_array().into_iter().flatten() {
        let Some(name) = text(interface, "name") else { continue };
        let name = name.split(':').next().unwrap_or_default();
        let at = found.iter().position(|known| known.name == name).unwrap_or_else(|| {
            let mac = text(interface, "hardware-address").map(str::to_owned);
            found.push(DomainInterface { name: name.to_owned(), mac, addresses: Vec::new() });
            found.len() - 1
        });
        for address in interface["ip-addresses"].as_array().into_iter().flatten() {
            let kind = match text(address, "ip-address-type") {
                Some("ipv6") => abi::VIR_IP_ADDR_TYPE_IPV6,
                _ => abi::VIR_IP_ADDR_TYPE_IPV4,
            };
            found[at].addresses.push(InterfaceAddress {
                kind: kind as i32,
                address: text(address, "ip-address").unwrap_or_default().to_owned(),
                prefix: address["prefix"].as_u64().and_then(|prefix| u32::try_from(prefix).ok()).unwrap_or(0),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::TypedValue;
    use serde_json::json;

    #[test]
    fn aliases_of_an_interface_are_part_of_it() {
        let told = json!([
            {"name": "eth0", "hardware-address": "52:54:00:00:00:01",
             "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "10.0.0.2", "prefix": 24}]},
            {"name": "eth0:1", "ip-addresses": [{"ip-address-type": "ipv6", "ip-address": "::1", "prefix": 128}]},
        ]);
        let found = addresses(&told);
        assert_eq!((found.len(), found[0].addresses.len()), (1, 2));
        let mut params = TypedParams::new();
        interfaces(&mut params, &told);
        assert_eq!(params.get("if.0.addr.1.type"), Some(&TypedValue::String("ipv6".into())));
    }
}
