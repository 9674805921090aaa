//! Network filters and their bindings, as a caller holds them.

use crate::Connection;
use crate::object::object;
use ferrovirt_core::driver::NwFilterDriver;
use ferrovirt_core::{NwFilterBindingId, NwFilterId, Result};
use uuid::Uuid;

object! {
    /// A network filter: rules for the traffic of a guest. Cloning shares the handle.
    NwFilter keyed NwFilterId, served by nwfilter: NwFilterDriver
}

object! {
    /// A filter at work on the port device of a guest. Cloning shares the handle.
    NwFilterBinding keyed NwFilterBindingId, served by nwfilter: NwFilterDriver
}

impl Connection {
    /// The filters there are; `flags` must be 0 for now.
    pub fn list_all_nw_filters(&self, flags: u32) -> Result<Vec<NwFilter>> {
        Ok(NwFilter::all(self, self.drivers().nwfilter.connect_list_all_nw_filters(flags)?))
    }

    /// The names of the filters.
    pub fn list_nw_filters(&self) -> Result<Vec<String>> {
        let ids = self.drivers().nwfilter.connect_list_all_nw_filters(0)?;
        Ok(ids.iter().map(|id| id.name.to_string()).collect())
    }

    pub fn lookup_nw_filter_by_name(&self, name: &str) -> Result<NwFilter> {
        self.drivers().nwfilter.nw_filter_lookup_by_name(name).map(|id| NwFilter::new(self, id))
    }

    pub fn lookup_nw_filter_by_uuid(&self, uuid: Uuid) -> Result<NwFilter> {
        self.drivers().nwfilter.nw_filter_lookup_by_uuid(uuid).map(|id| NwFilter::new(self, id))
    }

    /// Makes a filter, or changes the one with the same UUID, also where it is at work.
    pub fn define_nw_filter(&self, xml: &str, flags: u32) -> Result<NwFilter> {
        self.drivers().nwfilter.nw_filter_define_xml(xml, flags).map(|id| NwFilter::new(self, id))
    }

    /// The bindings there are; `flags` must be 0 for now.
    pub fn list_all_nw_filter_bindings(&self, flags: u32) -> Result<Vec<NwFilterBinding>> {
        Ok(NwFilterBinding::all(self, self.drivers().nwfilter.connect_list_all_nw_filter_bindings(flags)?))
    }

    /// The binding of a host's port device, such as `vnet0`.
    pub fn lookup_nw_filter_binding_by_port_dev(&self, port_dev: &str) -> Result<NwFilterBinding> {
        let id = self.drivers().nwfilter.nw_filter_binding_lookup_by_port_dev(port_dev)?;
        Ok(NwFilterBinding::new(self, id))
    }

    /// Puts a filter to work on a port device.
    pub fn create_nw_filter_binding(&self, xml: &str, flags: u32) -> Result<NwFilterBinding> {
        let id = self.drivers().nwfilter.nw_filter_binding_create_xml(xml, flags)?;
        Ok(NwFilterBinding::new(self, id))
    }
}

impl NwFilter {
    pub fn name(&self) -> &str {
        &self.id().name
    }

    pub fn uuid(&self) -> Uuid {
        self.id().uuid
    }

    /// Forgets the filter, unless it is at work.
    pub fn undefine(&self) -> Result<()> {
        self.driver().nw_filter_undefine(self.id())
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().nw_filter_get_xml_desc(self.id(), flags)
    }
}

impl NwFilterBinding {
    pub fn port_dev(&self) -> &str {
        &self.id().port_dev
    }

    pub fn filter_name(&self) -> &str {
        &self.id().filter_name
    }

    /// Takes the filter off the port device.
    pub fn delete(&self) -> Result<()> {
        self.driver().nw_filter_binding_delete(self.id())
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().nw_filter_binding_get_xml_desc(self.id(), flags)
    }
}
