//! Network filters, and their bindings to the ports of guests.

use crate::{NwFilterBindingId, NwFilterId};
use uuid::Uuid;

driver_trait! {
    /// Network filters, and their bindings to the ports of guests.
    pub trait NwFilterDriver in Nwfilter {
        fn connect_list_all_nw_filters(&self, flags: u32) -> Vec<NwFilterId> = "virConnectListAllNWFilters";
        fn nw_filter_lookup_by_name(&self, name: &str) -> NwFilterId = "virNWFilterLookupByName";
        fn nw_filter_lookup_by_uuid(&self, uuid: Uuid) -> NwFilterId = "virNWFilterLookupByUUID";
        fn nw_filter_define_xml(&self, xml: &str, flags: u32) -> NwFilterId = "virNWFilterDefineXMLFlags" writes;
        fn nw_filter_undefine(&self, filter: &NwFilterId) -> () = "virNWFilterUndefine" writes;
        fn nw_filter_get_xml_desc(&self, filter: &NwFilterId, flags: u32) -> String = "virNWFilterGetXMLDesc";
        fn connect_list_all_nw_filter_bindings(&self, flags: u32) -> Vec<NwFilterBindingId> = "virConnectListAllNWFilterBindings";
        fn nw_filter_binding_lookup_by_port_dev(&self, port_dev: &str) -> NwFilterBindingId = "virNWFilterBindingLookupByPortDev";
        fn nw_filter_binding_create_xml(&self, xml: &str, flags: u32) -> NwFilterBindingId = "virNWFilterBindingCreateXML" writes;
        fn nw_filter_binding_delete(&self, binding: &NwFilterBindingId) -> () = "virNWFilterBindingDelete" writes;
        fn nw_filter_binding_get_xml_desc(&self, binding: &NwFilterBindingId, flags: u32) -> String = "virNWFilterBindingGetXMLDesc";
    }
}
