//! Administration of a daemon: its servers, their clients and threads, its logging.

use super::CloseNotice;
use crate::TypedParams;

/// A client of a server in a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminClientId {
    pub id: u64,
    /// When it connected, in seconds since 1970.
    pub timestamp: i64,
    /// `virClientTransport`.
    pub transport: i32,
}

driver_trait! {
    /// A daemon, as its administrator reaches it (`libvirt-admin.h`). Servers are known by their names.
    pub trait AdminDriver in Admin {
        fn admin_is_alive(&self) -> bool = "virAdmConnectIsAlive";
        fn admin_get_lib_version(&self) -> u64 = "virAdmConnectGetLibVersion";
        /// Has `notice` told when the connection goes away.
        fn admin_register_close(&self, notice: CloseNotice) -> () = "virAdmConnectRegisterCloseCallback";
        fn admin_list_servers(&self, flags: u32) -> Vec<String> = "virAdmConnectListServers";
        fn admin_lookup_server(&self, name: &str, flags: u32) -> String = "virAdmConnectLookupServer";
        fn admin_get_threadpool_parameters(&self, server: &str, flags: u32) -> TypedParams = "virAdmServerGetThreadPoolParameters";
        fn admin_set_threadpool_parameters(
            &self,
            server: &str,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virAdmServerSetThreadPoolParameters";
        fn admin_list_clients(&self, server: &str, flags: u32) -> Vec<AdminClientId> = "virAdmServerListClients";
        fn admin_lookup_client(&self, server: &str, id: u64, flags: u32) -> AdminClientId = "virAdmServerLookupClient";
        fn admin_client_get_info(&self, server: &str, client: u64, flags: u32) -> TypedParams = "virAdmClientGetInfo";
        fn admin_client_close(&self, server: &str, client: u64, flags: u32) -> () = "virAdmClientClose";
        fn admin_get_client_limits(&self, server: &str, flags: u32) -> TypedParams = "virAdmServerGetClientLimits";
        fn admin_set_client_limits(&self, server: &str, params: &TypedParams, flags: u32) -> () = "virAdmServerSetClientLimits";
        /// Reads certificates and keys again.
        fn admin_update_tls_files(&self, server: &str, flags: u32) -> () = "virAdmServerUpdateTlsFiles";
        /// How many outputs there are, and their definitions.
        fn admin_get_logging_outputs(&self, flags: u32) -> (i32, String) = "virAdmConnectGetLoggingOutputs";
        /// How many filters there are, and their definitions.
        fn admin_get_logging_filters(&self, flags: u32) -> (i32, String) = "virAdmConnectGetLoggingFilters";
        /// `None` goes back to the default.
        fn admin_set_logging_outputs(&self, outputs: Option<&str>, flags: u32) -> () = "virAdmConnectSetLoggingOutputs";
        /// `None` removes all filters.
        fn admin_set_logging_filters(&self, filters: Option<&str>, flags: u32) -> () = "virAdmConnectSetLoggingFilters";
        /// Ends the daemon after so many seconds without clients and guests; 0 for never.
        fn admin_set_daemon_timeout(&self, timeout: u32, flags: u32) -> () = "virAdmConnectSetDaemonTimeout";
        /// `flags` are `VIR_DAEMON_SHUTDOWN_*`.
        fn admin_daemon_shutdown(&self, flags: u32) -> () = "virAdmConnectDaemonShutdown";
    }
}
