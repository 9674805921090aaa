//! Network filters and their bindings.

use crate::limits::*;
use crate::procedure::procedures;
use crate::xdr::List;
use ferrovirt_core::{NwFilterBindingId, NwFilterId};
use uuid::Uuid;

procedures! {
    Remote;
    175 => NwfilterLookupByName { name: String } -> NwFilterId, High, Read, [nwfilter:getattr];
    176 => NwfilterLookupByUuid { uuid: Uuid } -> NwFilterId, High, Read, [nwfilter:getattr];
    177 => NwfilterGetXmlDesc { nwfilter: NwFilterId, flags: u32 } -> String, High, Read, [nwfilter:read];
    178 => ConnectNumOfNwfilters -> i32, High, Read, [connect:search_nwfilters], filter nwfilter:getattr;
    179 => ConnectListNwfilters { maxnames: i32 } -> List<String, NWFILTER_LIST_MAX>,
        High, Read, [connect:search_nwfilters], filter nwfilter:getattr;
    180 => NwfilterDefineXml { xml: String } -> NwFilterId, High, Write, [nwfilter:write, nwfilter:save];
    181 => NwfilterUndefine { nwfilter: NwFilterId } -> (), High, Write, [nwfilter:delete];
    286 => ConnectListAllNwfilters { need_results: i32, flags: u32 }
        -> struct ConnectListAllNwfiltersReply { filters: List<NwFilterId, NWFILTER_LIST_MAX>, ret: u32 },
        High, Read, [connect:search_nwfilters], filter nwfilter:getattr;
    397 => NwfilterBindingLookupByPortDev { name: String } -> NwFilterBindingId,
        High, Read, [nwfilter_binding:getattr];
    398 => NwfilterBindingGetXmlDesc { nwfilter: NwFilterBindingId, flags: u32 } -> String,
        High, Read, [nwfilter_binding:read];
    399 => NwfilterBindingCreateXml { xml: String, flags: u32 } -> NwFilterBindingId,
        High, Write, [nwfilter_binding:create];
    400 => NwfilterBindingDelete { nwfilter: NwFilterBindingId } -> (),
        High, Write, [nwfilter_binding:delete];
    401 => ConnectListAllNwfilterBindings { need_results: i32, flags: u32 }
        -> struct ConnectListAllNwfilterBindingsReply {
        bindings: List<NwFilterBindingId, NWFILTER_BINDING_LIST_MAX>, ret: u32,
    },
        High, Read, [connect:search_nwfilter_bindings], filter nwfilter_binding:getattr;
    431 => NwfilterDefineXmlFlags { xml: String, flags: u32 } -> NwFilterId,
        High, Write, [nwfilter:write, nwfilter:save];
}
