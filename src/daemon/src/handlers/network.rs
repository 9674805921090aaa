//! Virtual networks and their ports.

use super::{answers, counted, listed, named};
use crate::client::Client;
use ferrovirt_core::Error;
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_NETWORKS_ACTIVE as ACTIVE, VIR_CONNECT_LIST_NETWORKS_INACTIVE as INACTIVE,
};
use ferrovirt_core::driver::DhcpLease;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::NetworkDhcpLease;
use ferrovirt_rpc::server::Dispatch;
use ferrovirt_rpc::xdr::List;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        ConnectListAllNetworks |on, call| {
            let all = on.drivers().network.connect_list_all_networks(call.flags);
            let all = on.seen_ids("network", "getattr", all)?;
            let (nets, ret) = listed(all, call.need_results);
            Ok::<_, Error>(ConnectListAllNetworksReply { nets, ret })
        };
        ConnectListNetworks |on, call| {
            named(on.names(on.list_networks(), || on.list_all_networks(ACTIVE)), call.maxnames)
        };
        ConnectListDefinedNetworks |on, call| {
            named(on.names(on.list_defined_networks(), || on.list_all_networks(INACTIVE)), call.maxnames)
        };
        ConnectNumOfNetworks |on, _| on.count(on.list_networks(), || on.list_all_networks(ACTIVE));
        ConnectNumOfDefinedNetworks |on, _| {
            on.count(on.list_defined_networks(), || on.list_all_networks(INACTIVE))
        };
        NetworkLookupByName |on, call| on.lookup_network_by_name(&call.name);
        NetworkLookupByUuid |on, call| on.lookup_network_by_uuid(call.uuid);
        NetworkCreate |on, call| on.network(call.net).create();
        NetworkCreateXml |on, call| on.create_network(&call.xml, 0);
        NetworkCreateXmlFlags |on, call| on.create_network(&call.xml, call.flags);
        NetworkDefineXml |on, call| on.define_network(&call.xml, 0);
        NetworkDefineXmlFlags |on, call| on.define_network(&call.xml, call.flags);
        NetworkDestroy |on, call| on.network(call.net).destroy();
        NetworkUndefine |on, call| on.network(call.net).undefine();
        NetworkUpdate |on, call| {
            let net = on.network(call.net);
            net.update(call.command, call.section, call.parent_index, &call.xml, call.flags)
        };
        NetworkGetXmlDesc |on, call| on.network(call.net).xml_desc(call.flags);
        NetworkGetBridgeName |on, call| on.network(call.net).bridge_name();
        NetworkGetAutostart |on, call| on.network(call.net).autostart();
        NetworkSetAutostart |on, call| on.network(call.net).set_autostart(call.autostart != 0);
        NetworkIsActive |on, call| on.network(call.net).is_active();
        NetworkIsPersistent |on, call| on.network(call.net).is_persistent();
        NetworkGetDhcpLeases |on, call| {
            let found = on.network(call.net).dhcp_leases(call.mac.as_deref(), call.flags)?;
            let ret = found.len() as u32;
            let leases = match call.need_results {
                0 => List(Vec::new()),
                _ => found.into_iter().map(lease).collect(),
            };
            Ok::<_, Error>(NetworkGetDhcpLeasesReply { leases, ret })
        };
        NetworkSetMetadata |on, call| on.network(call.network).set_metadata(
            call.kind,
            call.metadata.as_deref(),
            call.key.as_deref(),
            call.uri.as_deref(),
            call.flags,
        );
        NetworkGetMetadata |on, call| {
            on.network(call.network).metadata(call.kind, call.uri.as_deref(), call.flags)
        };
        NetworkListAllPorts |on, call| {
            let (ports, ret) = listed(on.seen(on.network(call.network).list_all_ports(call.flags))?, call.need_results);
            Ok::<_, Error>(NetworkListAllPortsReply { ports, ret })
        };
        NetworkPortLookupByUuid |on, call| on.network(call.network).lookup_port_by_uuid(call.uuid);
        NetworkPortCreateXml |on, call| on.network(call.network).create_port(&call.xml, call.flags);
        NetworkPortGetXmlDesc |on, call| on.port(call.port).xml_desc(call.flags);
        NetworkPortDelete |on, call| on.port(call.port).delete(call.flags);
        NetworkPortSetParameters |on, call| on.port(call.port).set_parameters(&call.params, call.flags);
        NetworkPortGetParameters |on, call| {
            let (params, nparams) =
                counted(on.port(call.port).parameters(call.flags), call.nparams, call.flags)?;
            Ok::<_, Error>(NetworkPortGetParametersReply { params, nparams })
        };
    }
}

fn lease(found: DhcpLease) -> NetworkDhcpLease {
    NetworkDhcpLease {
        iface: found.iface,
        expirytime: found.expiry_time,
        kind: found.kind,
        mac: found.mac,
        iaid: found.iaid,
        ipaddr: found.ip_addr,
        prefix: found.prefix,
        hostname: found.hostname,
        clientid: found.client_id,
    }
}
