//! Devices of a running guest, and the addresses of its interfaces.

use crate::driver::QemuDriver;
use crate::hotplug::{self, Scope};
use crate::live::Live;
use crate::model;
use crate::qmp::AnnounceSelf;
use crate::tune;
use crate::vm::Vm;
use ferrovirt_conf::domain::Interface;
use ferrovirt_conf::tuning::bandwidth;
use ferrovirt_core::driver::{DomainDevices, DomainInterface, InterfaceAddress};
use ferrovirt_core::{DomainId, Error, ErrorCode, KnownParam, Result, TypedParams, TypedValue, abi};
use std::sync::Arc;

const SCOPE: u32 = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;

impl DomainDevices for QemuDriver {
    fn domain_attach_device_flags(&self, domain: &DomainId, xml: &str, flags: u32) -> Result<()> {
        super::refuse_flags(flags, SCOPE, "virDomainAttachDeviceFlags")?;
        self.changing_devices(domain, flags, "attach device", |vm, scope| {
            hotplug::attach(&self.shared, vm, xml, scope)
        })
    }

    fn domain_detach_device_flags(&self, domain: &DomainId, xml: &str, flags: u32) -> Result<()> {
        super::refuse_flags(flags, SCOPE, "virDomainDetachDeviceFlags")?;
        self.changing_devices(domain, flags, "detach device", |vm, scope| {
            hotplug::detach(&self.shared, vm, xml, scope)
        })
    }

    fn domain_detach_device_alias(&self, domain: &DomainId, alias: &str, flags: u32) -> Result<()> {
        super::refuse_flags(flags, SCOPE, "virDomainDetachDeviceAlias")?;
        self.changing_devices(domain, flags, "detach device", |vm, scope| {
            hotplug::detach_alias(&self.shared, vm, alias, scope)
        })
    }

    fn domain_update_device_flags(&self, domain: &DomainId, xml: &str, flags: u32) -> Result<()> {
        let force = abi::VIR_DOMAIN_DEVICE_MODIFY_FORCE;
        super::refuse_flags(flags, SCOPE | force, "virDomainUpdateDeviceFlags")?;
        self.changing_devices(domain, flags, "update device", |vm, scope| {
            hotplug::update(&self.shared, vm, xml, scope, flags & force != 0)
        })
    }

    fn domain_get_interface_parameters(
        &self,
        domain: &DomainId,
        device: Option<&str>,
        flags: u32,
    ) -> Result<TypedParams> {
        let chosen = self.chosen(domain, flags, "virDomainGetInterfaceParameters")?;
        let Some(device) = device else { return Ok(bandwidth::params(None)) };
        let model = &chosen.definition.model;
        let found = &model.devices.interfaces[tune::bandwidth::find(model, device)?];
        Ok(bandwidth::params(found.bandwidth.as_ref()))
    }

    fn domain_set_interface_parameters(
        &self,
        domain: &DomainId,
        device: &str,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, SCOPE, "virDomainSetInterfaceParameters")?;
        params.check(&bandwidth::table())?;
        self.tune(
            domain,
            flags,
            "set interface limits",
            |model| tune::bandwidth::set(model, device, params),
            |guest, model| guest.limit_interface(model, device, params),
        )
    }

    fn domain_announce_interface(
        &self,
        domain: &DomainId,
        device: Option<&str>,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, 0, "virDomainAnnounceInterface")?;
        let row = |name| KnownParam { name, kind: abi::VIR_TYPED_PARAM_UINT as i32, multiple: false };
        params.check(&ANNOUNCEMENTS.map(|(name, _)| row(name)))?;
        self.changing(domain, "announce interface", |_, live| {
            let mut properties = crate::qmp::Properties::new();
            for (name, default) in ANNOUNCEMENTS {
                let value = match params.get(name) {
                    Some(TypedValue::UInt(value)) => *value,
                    _ => default,
                };
                properties.insert(name.into(), value.into());
            }
            if let Some(device) = device {
                let definition = live.definition();
                let model = &definition.model;
                let found = &model.devices.interfaces[tune::bandwidth::find(model, device)?];
                let alias = found.info.alias.clone().unwrap_or_default();
                properties.insert("interfaces".into(), vec![format!("host{alias}")].into());
            }
            live.ask(&self.shared.reactor, AnnounceSelf(properties)).map(drop)
        })
    }

    fn domain_interface_addresses(
        &self,
        domain: &DomainId,
        source: u32,
        flags: u32,
    ) -> Result<Vec<DomainInterface>> {
        super::refuse_flags(flags, 0, "virDomainInterfaceAddresses")?;
        let vm = self.shared.find(domain)?;
        let live = vm.live()?;
        match source {
            abi::VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE => self.addresses_by_lease(&live),
            abi::VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT => {
                let asked = self.agent(domain)?;
                let told = asked.ask("guest-network-get-interfaces", serde_json::Value::Null)?;
                Ok(crate::agent::info::addresses(&told))
            }
            abi::VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP => Ok(addresses_by_neighbours(&live)),
            other => Err(Error::new(
                ErrorCode::ArgumentUnsupported,
                format!(
                    "source {other} of interface addresses is not known here; there are 'lease', 'agent' and 'arp'"
                ),
            )),
        }
    }
}

/// What an announcement can be told, by QEMU's names, with what it has of its own: milliseconds, and how often.
const ANNOUNCEMENTS: [(&str, u32); 4] = [
    (abi::VIR_DOMAIN_ANNOUNCE_INTERFACE_INITIAL, 50),
    (abi::VIR_DOMAIN_ANNOUNCE_INTERFACE_MAX, 550),
    (abi::VIR_DOMAIN_ANNOUNCE_INTERFACE_ROUNDS, 5),
    (abi::VIR_DOMAIN_ANNOUNCE_INTERFACE_STEP, 100),
];

/// What the host's table of neighbours has of a guest's interfaces.
fn addresses_by_neighbours(live: &Live) -> Vec<DomainInterface> {
    let table = std::fs::read_to_string("/proc/net/arp").unwrap_or_default();
    let definition = live.definition();
    let mut found = Vec::new();
    for interface in &definition.model.devices.interfaces {
        let Some(mac) = interface.mac_address().map(|mac| mac.to_string()) else { continue };
        let addresses: Vec<_> = table
            .lines()
            .skip(1)
            .filter_map(|line| {
                let mut fields = line.split_ascii_whitespace();
                let address = fields.next()?;
                fields.nth(2)?.eq_ignore_ascii_case(&mac).then(|| InterfaceAddress {
                    kind: abi::VIR_IP_ADDR_TYPE_IPV4 as i32,
                    address: address.to_owned(),
                    prefix: 0,
                })
            })
            .collect();
        if !addresses.is_empty() {
            let name = interface.target.dev.clone().unwrap_or_default();
            found.push(DomainInterface { name, mac: Some(mac), addresses });
        }
    }
    found
}

impl QemuDriver {
    /// Runs a change to devices as the guest's job.
    fn changing_devices(
        &self,
        domain: &DomainId,
        flags: u32,
        job: &'static str,
        change: impl FnOnce(&Arc<Vm>, Scope) -> Result<()>,
    ) -> Result<()> {
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin(job)?;
        let (live, config) = super::affected(&vm, &vm.view(), flags)?;
        change(&vm, Scope { live, config })
    }

    /// What the DHCP servers of the guest's networks gave to its interfaces. An interface on a network whose server
    /// can't be asked is left out, as one without a lease is.
    fn addresses_by_lease(&self, live: &Live) -> Result<Vec<DomainInterface>> {
        let definition = live.definition();
        let interfaces = definition.model.devices.interfaces.iter();
        let mut found = Vec::new();
        for interface in interfaces {
            if let Some(described) = self.leased(interface)? {
                found.push(described);
            }
        }
        Ok(found)
    }

    fn leased(&self, interface: &Interface) -> Result<Option<DomainInterface>> {
        let (Some(network), Some(mac)) = (model::network_of(&interface.connection), interface.mac_address())
        else {
            return Ok(None);
        };
        let mac = mac.to_string();
        let id = self.shared.network.network_lookup_by_name(network)?;
        let leases = self.shared.network.network_get_dhcp_leases(&id, Some(&mac), 0)?;
        if leases.is_empty() {
            return Ok(None);
        }
        let addresses = leases.into_iter().map(|lease| InterfaceAddress {
            kind: lease.kind,
            address: lease.ip_addr,
            prefix: lease.prefix,
        });
        Ok(Some(DomainInterface {
            name: interface.target.dev.clone().unwrap_or_default(),
            mac: Some(mac),
            addresses: addresses.collect(),
        }))
    }
}
