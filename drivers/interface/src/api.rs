//! The driver as connections see it.

use crate::kernel::{Interface, InterfaceState};
use ferrovirt_core::abi;
use ferrovirt_core::driver::InterfaceDriver;
use ferrovirt_core::flags::{either, matches, refuse_unknown};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, InterfaceId, Result};

/// Runs a call: flags that it does not know are refused, errors that come from below get the driver's domain.
fn call<T>(name: &str, flags: u32, known: u32, work: impl FnOnce() -> Result<T>) -> Result<T> {
    refuse_unknown(flags, known, name)
        .and_then(|()| work())
        .map_err(|err| err.or_domain(ErrorDomain::Interface))
}

impl InterfaceDriver for InterfaceState {
    fn connect_list_all_interfaces(&self, flags: u32) -> Result<Vec<InterfaceId>> {
        let (yes, no) = (abi::VIR_CONNECT_LIST_INTERFACES_ACTIVE, abi::VIR_CONNECT_LIST_INTERFACES_INACTIVE);
        call("virConnectListAllInterfaces", flags, yes | no, || {
            // What a bridge has is told of with the bridge.
            let wanted = |interface: &&Interface| {
                !interface.is_port() && matches(flags, &either(yes, no, interface.is_active()))
            };
            Ok(self.all()?.iter().filter(wanted).map(Interface::id).collect())
        })
    }

    fn interface_lookup_by_name(&self, name: &str) -> Result<InterfaceId> {
        call("virInterfaceLookupByName", 0, 0, || Ok(self.find(name)?.id()))
    }

    fn interface_lookup_by_mac_string(&self, mac: &str) -> Result<InterfaceId> {
        call("virInterfaceLookupByMACString", 0, 0, || {
            let all = self.all()?;
            let mut found = all.iter().map(Interface::id).filter(|id| id.mac.eq_ignore_ascii_case(mac));
            match (found.next(), found.next()) {
                (Some(id), None) => Ok(id),
                (Some(_), Some(_)) => {
                    let text = format!("the MAC address '{mac}' matches multiple interfaces");
                    Err(Error::new(ErrorCode::MultipleInterfaces, text))
                }
                (None, _) => {
                    let text = format!("couldn't find interface with MAC address '{mac}'");
                    Err(Error::new(ErrorCode::NoInterface, text))
                }
            }
        })
    }

    fn interface_get_xml_desc(&self, interface: &InterfaceId, flags: u32) -> Result<String> {
        call("virInterfaceGetXMLDesc", flags, abi::VIR_INTERFACE_XML_INACTIVE, || {
            Ok(self.describe(&interface.name)?.to_xml())
        })
    }

    fn interface_is_active(&self, interface: &InterfaceId) -> Result<bool> {
        call("virInterfaceIsActive", 0, 0, || Ok(self.find(&interface.name)?.is_active()))
    }
}
