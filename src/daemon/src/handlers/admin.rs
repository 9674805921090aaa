//! What administrators may call.

use super::Reply;
use crate::admin as work;
use crate::client::Client;
use ferrovirt_core::{Error, ErrorDomain, Result, abi};
use ferrovirt_rpc::program::admin::*;
use ferrovirt_rpc::records::AdminClient;
use ferrovirt_rpc::server::Dispatch;
use ferrovirt_rpc::values::Params;
use ferrovirt_rpc::xdr::List;

pub(super) fn add(table: &mut Dispatch<Client>) {
    connection(table);
    servers(table);
    logging(table);
}

fn no_flags(flags: u32) -> Result<()> {
    if flags == 0 {
        return Ok(());
    }
    Err(Error::invalid_arg(format!("unsupported flags ({flags:#x})")).domain(ErrorDomain::Admin))
}

fn connection(table: &mut Dispatch<Client>) {
    table.on(|client: &Client, call: AdminConnectOpen| {
        no_flags(call.flags)?;
        client.note_opened();
        Ok(())
    });
    table.on(|client: &Client, _: AdminConnectClose| {
        client.release();
        Ok(())
    });
    table.on(|_: &Client, _: AdminConnectGetLibVersion| Ok(u64::from(abi::LIBVIR_VERSION_NUMBER)));
    table.on(|client: &Client, call: AdminConnectSetDaemonTimeout| {
        no_flags(call.flags)?;
        client.daemon().set_timeout(call.timeout);
        Ok(())
    });
    table.on(|client: &Client, call: AdminConnectDaemonShutdown| {
        if call.flags & !abi::VIR_DAEMON_SHUTDOWN_PRESERVE != 0 {
            no_flags(call.flags & !abi::VIR_DAEMON_SHUTDOWN_PRESERVE)?;
        }
        client.daemon().shut_down("an administrator asked for it");
        Ok(())
    });
}

fn servers(table: &mut Dispatch<Client>) {
    table.on(|client: &Client, call: AdminConnectListServers| {
        no_flags(call.flags)?;
        let names: Vec<_> = client.daemon().servers().iter().map(|server| server.name.to_owned()).collect();
        let ret = names.len().reply();
        Ok(AdminConnectListServersReply {
            servers: if call.need_results != 0 { names.into() } else { List(Vec::new()) },
            ret,
        })
    });
    table.on(|client: &Client, call: AdminConnectLookupServer| {
        no_flags(call.flags)?;
        work::server(client, &call.name).map(|server| server.name.to_owned())
    });
    table.on(|client: &Client, call: AdminServerGetThreadpoolParameters| {
        no_flags(call.flags)?;
        Ok(Params(work::threadpool(&*work::server(client, &call.srv)?)))
    });
    table.on(|client: &Client, call: AdminServerSetThreadpoolParameters| {
        no_flags(call.flags)?;
        work::set_threadpool(&*work::server(client, &call.srv)?, &call.params)
    });
    table.on(|client: &Client, call: AdminServerGetClientLimits| {
        no_flags(call.flags)?;
        Ok(Params(work::client_limits(&*work::server(client, &call.srv)?)))
    });
    table.on(|client: &Client, call: AdminServerSetClientLimits| {
        no_flags(call.flags)?;
        work::set_client_limits(&*work::server(client, &call.srv)?, &call.params)
    });
    table.on(|client: &Client, call: AdminServerUpdateTlsFiles| {
        no_flags(call.flags)?;
        work::server(client, &call.srv)?.update_tls_files()
    });
    clients(table);
}

fn clients(table: &mut Dispatch<Client>) {
    table.on(|client: &Client, call: AdminServerListClients| {
        no_flags(call.flags)?;
        let server = work::server(client, &call.srv)?;
        let all: Vec<_> = server.clients().iter().map(record).collect();
        let ret = all.len().reply();
        let clients = if call.need_results != 0 { all.into() } else { List(Vec::new()) };
        Ok(AdminServerListClientsReply { clients, ret })
    });
    table.on(|client: &Client, call: AdminServerLookupClient| {
        no_flags(call.flags)?;
        work::client(client, &call.srv, call.id).map(|found| record(&found))
    });
    table.on(|client: &Client, call: AdminClientGetInfo| {
        no_flags(call.flags)?;
        let found = work::client(client, &call.clnt.server, call.clnt.id)?;
        Ok(Params(work::client_info(&found)))
    });
    table.on(|client: &Client, call: AdminClientClose| {
        no_flags(call.flags)?;
        work::client(client, &call.clnt.server, call.clnt.id)?.close("an administrator has closed it");
        Ok(())
    });
}

fn record(client: &Client) -> AdminClient {
    AdminClient {
        server: client.server().name.to_owned(),
        id: client.id(),
        timestamp: client.since(),
        transport: client.entrance().transport,
    }
}

fn logging(table: &mut Dispatch<Client>) {
    table.on(|_: &Client, call: AdminConnectGetLoggingOutputs| {
        no_flags(call.flags)?;
        let outputs = ferrovirt_log::outputs();
        Ok(AdminConnectGetLoggingOutputsReply { outputs: joined(&outputs), noutputs: outputs.len().reply() })
    });
    table.on(|_: &Client, call: AdminConnectGetLoggingFilters| {
        no_flags(call.flags)?;
        let filters = ferrovirt_log::filters();
        let text = (!filters.is_empty()).then(|| joined(&filters));
        Ok(AdminConnectGetLoggingFiltersReply { filters: text, nfilters: filters.len().reply() })
    });
    table.on(|client: &Client, call: AdminConnectSetLoggingOutputs| {
        no_flags(call.flags)?;
        client.daemon().set_log_outputs(call.outputs.as_deref().unwrap_or_default())
    });
    table.on(|_: &Client, call: AdminConnectSetLoggingFilters| {
        no_flags(call.flags)?;
        ferrovirt_log::set_filters(call.filters.as_deref().unwrap_or_default())
    });
}

fn joined<T: ToString>(parts: &[T]) -> String {
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
