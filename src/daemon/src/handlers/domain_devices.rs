//! Interfaces of domains, their screens' reload, and descriptors that are lent to them.

use super::domain_lifecycle::lent;
use super::{On, answers, counted};
use crate::client::Client;
use ferrovirt_core::driver::DomainInterface as Found;
use ferrovirt_core::{Error, Result};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::{DomainInterface, DomainIpAddr};
use ferrovirt_rpc::server::{Call, Dispatch};
use std::os::fd::OwnedFd;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainSetInterfaceParameters |on, call| {
            on.domain(call.dom).set_interface_parameters(&call.device, &call.params, call.flags)
        };
        DomainGetInterfaceParameters |on, call| {
            // Nobody who asks only how many there are need name an interface.
            let device = (call.nparams != 0).then_some(&*call.device);
            let answer = on.domain(call.dom).interface_parameters(device, call.flags);
            let (params, nparams) = counted(answer, call.nparams, call.flags)?;
            Ok::<_, Error>(DomainGetInterfaceParametersReply { params, nparams })
        };
        DomainInterfaceAddresses |on, call| {
            let found = on.domain(call.dom).interface_addresses(call.source, call.flags);
            found.map(|found| found.into_iter().map(interface).collect::<Vec<_>>())
        };
        DomainAnnounceInterface |on, call| {
            on.domain(call.dom).announce_interface(call.device.as_deref(), &call.params, call.flags)
        };
        DomainGraphicsReload |on, call| on.domain(call.dom).graphics_reload(call.kind, call.flags);
    }
    table.on_call(fd_associate);
}

fn interface(found: Found) -> DomainInterface {
    let address = |one: ferrovirt_core::driver::InterfaceAddress| DomainIpAddr {
        kind: one.kind,
        addr: one.address,
        prefix: one.prefix,
    };
    let addrs = found.addresses.into_iter().map(address).collect();
    DomainInterface { name: found.name, hwaddr: found.mac, addrs }
}

fn fd_associate(call: Call<'_, Client>, arguments: DomainFdAssociate) -> Result<((), Vec<OwnedFd>)> {
    let domain = On::the(call.caller)?.domain(arguments.dom);
    domain.fd_associate(&arguments.name, &lent(&call.fds), arguments.flags)?;
    Ok(((), Vec::new()))
}
