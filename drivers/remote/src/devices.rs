//! Devices of domains: attaching, detaching, changing; interface parameters and addresses.

use crate::RemoteDriver;
use crate::forward::{forward, text};
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::{DomainDevices, DomainInterface, InterfaceAddress};
use ferrovirt_core::{DomainId, Result, TypedParams, TypedValue};
use ferrovirt_rpc::limits::*;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records;
use std::os::fd::BorrowedFd;

impl DomainDevices for RemoteDriver {
    forward! {
        fn domain_attach_device(domain: &DomainId, xml: &str) -> () =
            DomainAttachDevice { dom: domain.clone(), xml: xml.into() };
        fn domain_announce_interface(domain: &DomainId, device: Option<&str>, params: &TypedParams, flags: u32) -> () =
            DomainAnnounceInterface { dom: domain.clone(), device: text(device), params: params.into(), flags };
        fn domain_attach_device_flags(domain: &DomainId, xml: &str, flags: u32) -> () =
            DomainAttachDeviceFlags { dom: domain.clone(), xml: xml.into(), flags };
        fn domain_detach_device_flags(domain: &DomainId, xml: &str, flags: u32) -> () =
            DomainDetachDeviceFlags { dom: domain.clone(), xml: xml.into(), flags };
        fn domain_update_device_flags(domain: &DomainId, xml: &str, flags: u32) -> () =
            DomainUpdateDeviceFlags { dom: domain.clone(), xml: xml.into(), flags };
        fn domain_detach_device_alias(domain: &DomainId, alias: &str, flags: u32) -> () =
            DomainDetachDeviceAlias { dom: domain.clone(), alias: alias.into(), flags };
        fn domain_set_interface_parameters(
            domain: &DomainId,
            device: &str,
            params: &TypedParams,
            flags: u32,
        ) -> () = DomainSetInterfaceParameters {
            dom: domain.clone(),
            device: device.into(),
            params: params.into(),
            flags,
        };
        fn domain_interface_addresses(domain: &DomainId, source: u32, flags: u32) -> Vec<DomainInterface> =
            DomainInterfaceAddresses { dom: domain.clone(), source, flags }
            => |reply| reply.into_iter().map(interface).collect();
        fn domain_graphics_reload(domain: &DomainId, kind: u32, flags: u32) -> () =
            DomainGraphicsReload { dom: domain.clone(), kind, flags };
    }

    fn domain_get_interface_parameters(
        &self,
        domain: &DomainId,
        device: Option<&str>,
        flags: u32,
    ) -> Result<TypedParams> {
        let reply = self.call(&DomainGetInterfaceParameters {
            dom: domain.clone(),
            device: device.unwrap_or_default().into(),
            nparams: device.map_or(0, |_| DOMAIN_INTERFACE_PARAMETERS_MAX as i32),
            flags: self.with_strings(flags),
        })?;
        match device {
            Some(_) => Ok(reply.params.0),
            // How many there are is told without their names.
            None => Ok(RATES.iter().take(reply.nparams as usize).map(without_value).collect()),
        }
    }

    fn domain_fd_associate(
        &self,
        domain: &DomainId,
        name: &str,
        fds: &[BorrowedFd<'_>],
        flags: u32,
    ) -> Result<()> {
        let call = DomainFdAssociate { dom: domain.clone(), name: name.into(), flags };
        self.call_with_fds(&call, fds).map(|_| ())
    }
}

fn interface(interface: records::DomainInterface) -> DomainInterface {
    let address = |address: records::DomainIpAddr| InterfaceAddress {
        kind: address.kind,
        address: address.addr,
        prefix: address.prefix,
    };
    DomainInterface {
        name: interface.name,
        mac: interface.hwaddr,
        addresses: interface.addrs.into_iter().map(address).collect(),
    }
}

/// What limits an interface.
const RATES: [&str; 7] = [
    VIR_DOMAIN_BANDWIDTH_IN_AVERAGE,
    VIR_DOMAIN_BANDWIDTH_IN_PEAK,
    VIR_DOMAIN_BANDWIDTH_IN_BURST,
    VIR_DOMAIN_BANDWIDTH_IN_FLOOR,
    VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE,
    VIR_DOMAIN_BANDWIDTH_OUT_PEAK,
    VIR_DOMAIN_BANDWIDTH_OUT_BURST,
];

fn without_value(name: &&str) -> (String, TypedValue) {
    ((*name).to_owned(), TypedValue::UInt(0))
}
