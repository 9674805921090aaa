//! Administration of a daemon: each method is a call over its socket for administrators.

use crate::closing::Closing;
use crate::dial::dial;
use crate::forward::forward;
use crate::target::Way;
use ferrovirt_core::driver::{AdminClientId, AdminDriver, CloseNotice};
use ferrovirt_core::{Result, TypedParams};
use ferrovirt_rpc::client::{Client, Notice};
use ferrovirt_rpc::procedure::Procedure;
use ferrovirt_rpc::program::admin::*;
use ferrovirt_rpc::records::AdminClient;
use std::path::Path;
use std::sync::Arc;

/// A connection to a daemon's administration.
pub struct RemoteAdmin {
    client: Client,
    closing: Arc<Closing>,
}

impl RemoteAdmin {
    /// Connects to the socket; the daemon lets in whoever the socket's owner and mode let in.
    pub fn open(socket: &Path, flags: u32) -> Result<Self> {
        let transport = dial(&Way::Unix { socket: socket.to_owned(), daemon: None })?;
        let closing = Arc::<Closing>::default();
        let told = closing.clone();
        let sink = move |notice| match notice {
            Notice::Closed(reason) => told.tell(reason as i32),
            Notice::Event(message) => {
                tracing::debug!(number = message.header.procedure, "the administration has no events");
            }
        };
        let client = Client::new(Box::new(transport), Box::new(sink))?;
        client.call(&AdminConnectOpen { flags })?;
        Ok(Self { client, closing })
    }

    fn call<P: Procedure>(&self, call: &P) -> Result<P::Reply> {
        self.client.call(call)
    }
}

/// Daemons look a client up by its server and number; the rest tells what it was when it was listed.
fn client(server: &str, id: u64) -> AdminClient {
    AdminClient { server: server.into(), id, timestamp: 0, transport: 0 }
}

fn client_id(client: AdminClient) -> AdminClientId {
    let transport = client.transport.try_into().unwrap_or(-1);
    AdminClientId { id: client.id, timestamp: client.timestamp, transport }
}

fn counted(count: u32, text: Option<String>) -> (i32, String) {
    (count.try_into().unwrap_or(0), text.unwrap_or_default())
}

impl AdminDriver for RemoteAdmin {
    forward! {
        fn admin_get_lib_version() -> u64 = AdminConnectGetLibVersion {};
        fn admin_list_servers(flags: u32) -> Vec<String> =
            AdminConnectListServers { need_results: 1, flags } => |reply| reply.servers.0;
        fn admin_lookup_server(name: &str, flags: u32) -> String =
            AdminConnectLookupServer { name: name.into(), flags };
        fn admin_get_threadpool_parameters(server: &str, flags: u32) -> TypedParams =
            AdminServerGetThreadpoolParameters { srv: server.into(), flags };
        fn admin_set_threadpool_parameters(server: &str, params: &TypedParams, flags: u32) -> () =
            AdminServerSetThreadpoolParameters { srv: server.into(), params: params.into(), flags };
        fn admin_list_clients(server: &str, flags: u32) -> Vec<AdminClientId> =
            AdminServerListClients { srv: server.into(), need_results: 1, flags }
            => |reply| reply.clients.into_iter().map(client_id).collect();
        fn admin_lookup_client(server: &str, id: u64, flags: u32) -> AdminClientId =
            AdminServerLookupClient { srv: server.into(), id, flags } => client_id;
        fn admin_client_get_info(server: &str, id: u64, flags: u32) -> TypedParams =
            AdminClientGetInfo { clnt: client(server, id), flags };
        fn admin_client_close(server: &str, id: u64, flags: u32) -> () =
            AdminClientClose { clnt: client(server, id), flags };
        fn admin_get_client_limits(server: &str, flags: u32) -> TypedParams =
            AdminServerGetClientLimits { srv: server.into(), flags };
        fn admin_set_client_limits(server: &str, params: &TypedParams, flags: u32) -> () =
            AdminServerSetClientLimits { srv: server.into(), params: params.into(), flags };
        fn admin_update_tls_files(server: &str, flags: u32) -> () =
            AdminServerUpdateTlsFiles { srv: server.into(), flags };
        fn admin_get_logging_outputs(flags: u32) -> (i32, String) =
            AdminConnectGetLoggingOutputs { flags } => |reply| counted(reply.noutputs, Some(reply.outputs));
        fn admin_get_logging_filters(flags: u32) -> (i32, String) =
            AdminConnectGetLoggingFilters { flags } => |reply| counted(reply.nfilters, reply.filters);
        fn admin_set_logging_outputs(outputs: Option<&str>, flags: u32) -> () =
            AdminConnectSetLoggingOutputs { outputs: outputs.map(str::to_owned), flags };
        fn admin_set_logging_filters(filters: Option<&str>, flags: u32) -> () =
            AdminConnectSetLoggingFilters { filters: filters.map(str::to_owned), flags };
        fn admin_set_daemon_timeout(timeout: u32, flags: u32) -> () =
            AdminConnectSetDaemonTimeout { timeout, flags };
        fn admin_daemon_shutdown(flags: u32) -> () = AdminConnectDaemonShutdown { flags };
    }

    fn admin_is_alive(&self) -> Result<bool> {
        Ok(self.client.is_alive())
    }

    fn admin_register_close(&self, notice: CloseNotice) -> Result<()> {
        self.closing.set(notice);
        Ok(())
    }
}

impl Drop for RemoteAdmin {
    fn drop(&mut self) {
        if self.client.is_alive()
            && let Err(err) = self.client.call(&AdminConnectClose {})
        {
            tracing::debug!(%err, "the daemon did not take leave");
        }
    }
}
