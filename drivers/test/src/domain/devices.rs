//! The devices of a guest: its network interfaces, and changing devices while it runs.

use super::hotplug;
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::domain::{Connection, Domain, Interface};
use ferrovirt_conf::network::Network;
use ferrovirt_conf::tuning::bandwidth;
use ferrovirt_conf::values::Mac;
use ferrovirt_core::driver::{DomainDevices, DomainInterface, InterfaceAddress};
use ferrovirt_core::{
    DomainEventKind, DomainId, Error, ErrorCode, ErrorDomain, KnownParam, Result, TypedParams, abi,
};
use std::net::IpAddr;
use std::sync::Arc;

const IMPACT: u32 = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;

impl DomainDevices for TestDriver {
    fn domain_attach_device(&self, domain: &DomainId, xml: &str) -> Result<()> {
        self.domain_attach_device_flags(domain, xml, 0)
    }

    fn domain_attach_device_flags(&self, domain: &DomainId, xml: &str, flags: u32) -> Result<()> {
        self.host.guest(domain)?.change(&self.host, |guest| {
            check_live(guest.affected(flags)?, flags)?;
            let mut model = guest.definition.model.clone();
            let device = hotplug::parse(xml, &model, false)?;
            let warnings = guest.warnings.with_device(&device);
            let alias = hotplug::attach(&mut model, device)?;
            guest.definition = super::Definition::new(model);
            guest.warnings = Arc::new(warnings);
            if let Some(alias) = alias {
                guest.announce(DomainEventKind::DeviceAdded { alias });
            }
            Ok(())
        })
    }

    fn domain_update_device_flags(&self, domain: &DomainId, xml: &str, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainUpdateDeviceFlags")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            let (live, config) = guest.affected(flags)?;
            guest.edit_both(flags, |model| hotplug::update(model, hotplug::parse(xml, model, live)?))?;
            if config {
                guest
                    .announce_lifecycle(abi::VIR_DOMAIN_EVENT_DEFINED, abi::VIR_DOMAIN_EVENT_DEFINED_UPDATED);
            }
            Ok(())
        })
    }

    fn domain_detach_device_alias(&self, domain: &DomainId, alias: &str, flags: u32) -> Result<()> {
        self.host.guest(domain)?.change(&self.host, |guest| {
            check_live(guest.affected(flags)?, flags)?;
            let mut model = guest.definition.model.clone();
            hotplug::detach(&mut model, alias)?;
            guest.definition = super::Definition::new(model);
            guest.announce(DomainEventKind::DeviceRemoved { alias: alias.to_owned() });
            Ok(())
        })
    }

    fn domain_get_interface_parameters(
        &self,
        domain: &DomainId,
        device: Option<&str>,
        flags: u32,
    ) -> Result<TypedParams> {
        refuse::flags(flags, IMPACT, "virDomainGetInterfaceParameters")?;
        let Some(device) = device else { return Ok(bandwidth::params(None)) };
        let view = self.host.guest(domain)?.view();
        let model = &view.one(flags)?.0.model;
        let found = &model.devices.interfaces[interface(model, device)?];
        Ok(bandwidth::params(found.bandwidth.as_ref()))
    }

    fn domain_announce_interface(
        &self,
        domain: &DomainId,
        device: Option<&str>,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, 0, "virDomainAnnounceInterface")?;
        let row = |name| KnownParam { name, kind: abi::VIR_TYPED_PARAM_UINT as i32, multiple: false };
        params.check(&ANNOUNCEMENTS.map(row))?;
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        // There is no network for anybody to hear it.
        device.map_or(Ok(()), |device| interface(&view.definition.model, device).map(drop))
    }

    fn domain_set_interface_parameters(
        &self,
        domain: &DomainId,
        device: &str,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetInterfaceParameters")?;
        params.check(&bandwidth::table())?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, _| {
                let place = interface(model, device)?;
                let interface = &mut model.devices.interfaces[place];
                let changed = bandwidth::limited(interface.bandwidth.unwrap_or_default(), params);
                interface.bandwidth = Some(changed);
                Ok(())
            })
        })
    }

    fn domain_interface_addresses(
        &self,
        domain: &DomainId,
        source: u32,
        flags: u32,
    ) -> Result<Vec<DomainInterface>> {
        refuse::flags(flags, 0, "virDomainInterfaceAddresses")?;
        if source >= abi::VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LAST {
            let text = format!("there is no source number {source} of interface addresses");
            return Err(refuse::error(ErrorCode::ArgumentUnsupported, text));
        }
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        let interfaces = view.definition.model.devices.interfaces.iter().enumerate();
        let described = interfaces.map(|(index, interface)| {
            let address = match &interface.connection {
                // Other guests and other interfaces have other addresses.
                Connection::Network(port) => {
                    let offset = 20 * (view.id.unsigned_abs() - 1) + index as u32 + 1;
                    address_in(&self.host.networks.find(&port.network)?, offset)
                }
                _ => InterfaceAddress {
                    kind: abi::VIR_IP_ADDR_TYPE_IPV4 as i32,
                    address: format!("192.168.0.{}", index + 1),
                    prefix: 24,
                },
            };
            Ok(DomainInterface {
                name: interface.target.dev.clone().unwrap_or_default(),
                mac: interface.mac_address().map(|mac| mac.to_string()),
                addresses: vec![address],
            })
        });
        described.collect()
    }
}

/// Devices of a running guest change for as long as it runs, and not for longer.
fn check_live((live, config): (bool, bool), flags: u32) -> Result<()> {
    if live && !config && flags & !IMPACT == 0 {
        return Ok(());
    }
    Err(refuse::invalid_arg("devices can be plugged and unplugged here only while the domain is active"))
}

/// The place of the interface with this MAC address, or with this name of its host's end.
pub fn interface(model: &Domain, device: &str) -> Result<usize> {
    let mac: Option<Mac> = device.parse().ok();
    let is_it = |interface: &Interface| match mac {
        Some(mac) => interface.mac_address() == Some(mac),
        None => interface.target.dev.as_deref() == Some(device),
    };
    model.devices.interfaces.iter().position(is_it).ok_or_else(|| {
        let text = format!("the domain has no interface '{device}', by MAC address or name");
        Error::invalid_arg(text).domain(ErrorDomain::Domain)
    })
}

const ANNOUNCEMENTS: [&str; 4] = [
    abi::VIR_DOMAIN_ANNOUNCE_INTERFACE_INITIAL,
    abi::VIR_DOMAIN_ANNOUNCE_INTERFACE_MAX,
    abi::VIR_DOMAIN_ANNOUNCE_INTERFACE_ROUNDS,
    abi::VIR_DOMAIN_ANNOUNCE_INTERFACE_STEP,
];

/// The address so far behind the first that the network gives away.
fn address_in(network: &Network, offset: u32) -> InterfaceAddress {
    let Some(ip) = network.ips.first() else { return InterfaceAddress::default() };
    let first = ip.dhcp().ranges.first().and_then(|range| range.start).unwrap_or(ip.address);
    let (kind, address) = match first {
        IpAddr::V4(first) => {
            (abi::VIR_IP_ADDR_TYPE_IPV4, IpAddr::V4(u32::from(first).wrapping_add(offset).into()))
        }
        IpAddr::V6(first) => {
            (abi::VIR_IP_ADDR_TYPE_IPV6, IpAddr::V6(u128::from(first).wrapping_add(offset.into()).into()))
        }
    };
    InterfaceAddress {
        kind: kind as i32,
        address: address.to_string(),
        prefix: ip.prefix_len().unwrap_or(0).into(),
    }
}
