//! Devices of a running guest, and the addresses of its interfaces.

use crate::driver::QemuDriver;
use crate::hotplug::{self, Scope};
use crate::live::Live;
use crate::model;
use crate::vm::Vm;
use ferrovirt_conf::domain::Interface;
use ferrovirt_core::driver::{DomainDevices, DomainInterface, InterfaceAddress};
use ferrovirt_core::{DomainId, Error, ErrorCode, Result, abi};
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
            abi::VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT => Err(Error::new(
                ErrorCode::ArgumentUnsupported,
                "this driver does not talk to guest agents; ask for the source 'lease'",
            )),
            other => Err(Error::new(
                ErrorCode::ArgumentUnsupported,
                format!("source {other} of interface addresses is not known here; there is 'lease'"),
            )),
        }
    }
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
