//! Network filters and their bindings.

use super::{answers, listed, named};
use crate::client::Client;
use ferrovirt_core::Error;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        ConnectNumOfNwfilters |on, _| on.count(on.list_nw_filters(), || on.list_all_nw_filters(0));
        ConnectListNwfilters |on, call| {
            named(on.names(on.list_nw_filters(), || on.list_all_nw_filters(0)), call.maxnames)
        };
        ConnectListAllNwfilters |on, call| {
            let (filters, ret) = listed(on.seen(on.list_all_nw_filters(call.flags))?, call.need_results);
            Ok::<_, Error>(ConnectListAllNwfiltersReply { filters, ret })
        };
        NwfilterLookupByName |on, call| on.lookup_nw_filter_by_name(&call.name);
        NwfilterLookupByUuid |on, call| on.lookup_nw_filter_by_uuid(call.uuid);
        NwfilterGetXmlDesc |on, call| on.filter(call.nwfilter).xml_desc(call.flags);
        NwfilterDefineXml |on, call| on.define_nw_filter(&call.xml, 0);
        NwfilterDefineXmlFlags |on, call| on.define_nw_filter(&call.xml, call.flags);
        NwfilterUndefine |on, call| on.filter(call.nwfilter).undefine();
        ConnectListAllNwfilterBindings |on, call| {
            let (bindings, ret) = listed(on.seen(on.list_all_nw_filter_bindings(call.flags))?, call.need_results);
            Ok::<_, Error>(ConnectListAllNwfilterBindingsReply { bindings, ret })
        };
        NwfilterBindingLookupByPortDev |on, call| on.lookup_nw_filter_binding_by_port_dev(&call.name);
        NwfilterBindingGetXmlDesc |on, call| on.binding(call.nwfilter).xml_desc(call.flags);
        NwfilterBindingCreateXml |on, call| on.create_nw_filter_binding(&call.xml, call.flags);
        NwfilterBindingDelete |on, call| on.binding(call.nwfilter).delete();
    }
}
