//! The host's devices.

use super::{On, answers, listed, named};
use crate::client::Client;
use ferrovirt_core::{Error, NodeDeviceId, Result};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        NodeNumOfDevices |on, call| {
            names(on, call.cap.as_deref(), call.flags).map(|names| names.len())
        };
        NodeListDevices |on, call| named(names(on, call.cap.as_deref(), call.flags), call.maxnames);
        ConnectListAllNodeDevices |on, call| {
            let (devices, ret) = listed(on.seen(on.list_all_node_devices(call.flags))?, call.need_results);
            Ok::<_, Error>(ConnectListAllNodeDevicesReply { devices, ret })
        };
        NodeDeviceLookupByName |on, call| on.lookup_node_device_by_name(&call.name);
        NodeDeviceLookupScsiHostByWwn |on, call| on.lookup_scsi_host_by_wwn(&call.wwnn, &call.wwpn, call.flags);
        NodeDeviceGetXmlDesc |on, call| on.device(call.name).xml_desc(call.flags);
        NodeDeviceGetParent |on, call| on.device(call.name).parent();
        NodeDeviceNumOfCaps |on, call| on.device(call.name).list_caps().map(|names| names.len());
        NodeDeviceListCaps |on, call| named(on.device(call.name).list_caps(), call.maxnames);
        NodeDeviceDettach |on, call| on.device(call.name).detach(None, 0);
        NodeDeviceDetachFlags |on, call| on.device(call.name).detach(call.driver_name.as_deref(), call.flags);
        NodeDeviceReAttach |on, call| on.device(call.name).re_attach();
        NodeDeviceReset |on, call| on.device(call.name).reset();
        NodeDeviceCreateXml |on, call| on.create_node_device(&call.xml_desc, call.flags);
        NodeDeviceDestroy |on, call| on.device(call.name).destroy();
        NodeDeviceDefineXml |on, call| on.define_node_device(&call.xml_desc, call.flags);
        NodeDeviceUndefine |on, call| on.device(call.name).undefine(call.flags);
        NodeDeviceCreate |on, call| on.device(call.name).create(call.flags);
        NodeDeviceUpdate |on, call| on.device(call.name).update(&call.xml_desc, call.flags);
        NodeDeviceGetAutostart |on, call| on.device(call.name).autostart();
        NodeDeviceSetAutostart |on, call| on.device(call.name).set_autostart(call.autostart != 0);
        NodeDeviceIsPersistent |on, call| on.device(call.name).is_persistent();
        NodeDeviceIsActive |on, call| on.device(call.name).is_active();
    }
}

/// The names of the devices that the reader may see.
fn names(on: &On, capability: Option<&str>, flags: u32) -> Result<Vec<String>> {
    let id = |name: String| NodeDeviceId { name: name.into(), parent: "".into() };
    let all = on.list_node_devices(capability, flags)?.into_iter().map(id).collect();
    let seen = on.seen_ids("node_device", "getattr", Ok(all))?;
    Ok(seen.iter().map(|id| id.name.to_string()).collect())
}
