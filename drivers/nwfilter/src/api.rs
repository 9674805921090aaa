//! The driver as connections see it: flags are checked here, the work is done elsewhere.

use crate::bindings;
use crate::driver::NwFilterState;
use ferrovirt_core::abi::VIR_NWFILTER_DEFINE_VALIDATE;
use ferrovirt_core::driver::NwFilterDriver;
use ferrovirt_core::{Error, ErrorDomain, NwFilterBindingId, NwFilterId, Result};
use uuid::Uuid;

/// Runs a call: flags that it does not know are refused, errors that come from below get the driver's domain.
fn call<T>(name: &str, flags: u32, known: u32, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let outcome = match flags & !known {
        0 => work(),
        unknown => Err(Error::invalid_arg(format!("unsupported flags (0x{unknown:x}) in {name}"))),
    };
    outcome.map_err(|err| err.or_domain(ErrorDomain::Nwfilter))
}

impl NwFilterDriver for NwFilterState {
    fn connect_list_all_nw_filters(&self, flags: u32) -> Result<Vec<NwFilterId>> {
        call("virConnectListAllNWFilters", flags, 0, || {
            Ok(self.all().iter().map(|filter| filter.id().clone()).collect())
        })
    }

    fn nw_filter_lookup_by_name(&self, name: &str) -> Result<NwFilterId> {
        call("virNWFilterLookupByName", 0, 0, || Ok(self.find_by_name(name)?.id().clone()))
    }

    fn nw_filter_lookup_by_uuid(&self, uuid: Uuid) -> Result<NwFilterId> {
        call("virNWFilterLookupByUUID", 0, 0, || Ok(self.find(uuid)?.id().clone()))
    }

    fn nw_filter_define_xml(&self, xml: &str, flags: u32) -> Result<NwFilterId> {
        call("virNWFilterDefineXMLFlags", flags, VIR_NWFILTER_DEFINE_VALIDATE, || {
            self.define(xml, flags & VIR_NWFILTER_DEFINE_VALIDATE != 0)
        })
    }

    fn nw_filter_undefine(&self, filter: &NwFilterId) -> Result<()> {
        call("virNWFilterUndefine", 0, 0, || self.undefine(filter))
    }

    fn nw_filter_get_xml_desc(&self, filter: &NwFilterId, flags: u32) -> Result<String> {
        call("virNWFilterGetXMLDesc", flags, 0, || Ok(self.find(filter.uuid)?.model().to_xml()))
    }

    fn connect_list_all_nw_filter_bindings(&self, flags: u32) -> Result<Vec<NwFilterBindingId>> {
        call("virConnectListAllNWFilterBindings", flags, 0, || {
            Ok(self.bindings.all().iter().map(|binding| bindings::id(binding)).collect())
        })
    }

    fn nw_filter_binding_lookup_by_port_dev(&self, port_dev: &str) -> Result<NwFilterBindingId> {
        call("virNWFilterBindingLookupByPortDev", 0, 0, || Ok(bindings::id(&*self.bindings.find(port_dev)?)))
    }

    fn nw_filter_binding_get_xml_desc(&self, binding: &NwFilterBindingId, flags: u32) -> Result<String> {
        call("virNWFilterBindingGetXMLDesc", flags, 0, || Ok(self.bindings.find(&binding.port_dev)?.to_xml()))
    }
}
