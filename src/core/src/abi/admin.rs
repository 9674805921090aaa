//! `libvirt-admin.h`: administration of a daemon.

use std::ffi::{c_int, c_void};

/// A client of a daemon; opaque. Since 2.0.0.
#[repr(C)]
#[derive(Debug)]
pub struct virAdmClient {
    _opaque: [u8; 0],
}

/// Pointer to a `virAdmClient`. Since 2.0.0.
pub type virAdmClientPtr = *mut virAdmClient;

/// An administrative connection to a daemon; opaque. Since 2.0.0.
#[repr(C)]
#[derive(Debug)]
pub struct virAdmConnect {
    _opaque: [u8; 0],
}

/// Pointer to a `virAdmConnect`. Since 2.0.0.
pub type virAdmConnectPtr = *mut virAdmConnect;

/// A server inside a daemon; opaque. Since 2.0.0.
#[repr(C)]
#[derive(Debug)]
pub struct virAdmServer {
    _opaque: [u8; 0],
}

/// Pointer to a `virAdmServer`. Since 2.0.0.
pub type virAdmServerPtr = *mut virAdmServer;

/// Told that a connection to a daemon went away, with a `virConnectCloseReason`. Since 2.0.0.
pub type virAdmConnectCloseFunc =
    Option<unsafe extern "C" fn(conn: virAdmConnectPtr, reason: c_int, opaque: *mut c_void)>;

c_enum! {
    /// How a client is connected. Since 2.0.0.
    pub enum virClientTransport: u32 {
        /// UNIX socket. Since 2.0.0.
        VIR_CLIENT_TRANS_UNIX = 0,
        /// TCP, plain. Since 2.0.0.
        VIR_CLIENT_TRANS_TCP = 1,
        /// TCP with TLS. Since 2.0.0.
        VIR_CLIENT_TRANS_TLS = 2,
    }
    sentinel {
        /// One past the last member. Since 2.0.0.
        VIR_CLIENT_TRANS_LAST = 3,
    }
}

c_enum! {
    /// Flags for stopping a daemon. Since 11.2.0.
    pub enum virAdmConnectDaemonShutdownFlags: u32 {
        /// Keep what is needed to come back, and run guests on. Since 11.2.0.
        VIR_DAEMON_SHUTDOWN_PRESERVE = 1 << 0,
    }
}

/// Whether the client may only read (boolean). Since 2.0.0.
pub const VIR_CLIENT_INFO_READONLY: &str = "readonly";

/// Name that SASL authenticated (string). Since 2.0.0.
pub const VIR_CLIENT_INFO_SASL_USER_NAME: &str = "sasl_user_name";

/// SELinux context (string). Since 2.0.0.
pub const VIR_CLIENT_INFO_SELINUX_CONTEXT: &str = "selinux_context";

/// Address and port of the client (string). Since 2.0.0.
pub const VIR_CLIENT_INFO_SOCKET_ADDR: &str = "sock_addr";

/// Group ID (int). Since 2.0.0.
pub const VIR_CLIENT_INFO_UNIX_GROUP_ID: &str = "unix_group_id";

/// Name of the group (string). Since 2.0.0.
pub const VIR_CLIENT_INFO_UNIX_GROUP_NAME: &str = "unix_group_name";

/// Process ID (int). Since 2.0.0.
pub const VIR_CLIENT_INFO_UNIX_PROCESS_ID: &str = "unix_process_id";

/// User ID (int). Since 2.0.0.
pub const VIR_CLIENT_INFO_UNIX_USER_ID: &str = "unix_user_id";

/// Name of the user (string). Since 2.0.0.
pub const VIR_CLIENT_INFO_UNIX_USER_NAME: &str = "unix_user_name";

/// Distinguished name of the TLS certificate (string). Since 2.0.0.
pub const VIR_CLIENT_INFO_X509_DISTINGUISHED_NAME: &str = "tls_x509_dname";

/// Connected clients (uint, read only). Since 2.0.0.
pub const VIR_SERVER_CLIENTS_CURRENT: &str = "nclients";

/// Most clients at once (uint). Since 2.0.0.
pub const VIR_SERVER_CLIENTS_MAX: &str = "nclients_max";

/// Clients that are not authenticated yet (uint, read only). Since 2.0.0.
pub const VIR_SERVER_CLIENTS_UNAUTH_CURRENT: &str = "nclients_unauth";

/// Most clients that are not authenticated yet (uint). Since 2.0.0.
pub const VIR_SERVER_CLIENTS_UNAUTH_MAX: &str = "nclients_unauth_max";

/// Jobs that wait for a worker (uint, read only). Since 2.0.0.
pub const VIR_THREADPOOL_JOB_QUEUE_DEPTH: &str = "jobQueueDepth";

/// Workers in the pool (uint, read only). Since 2.0.0.
pub const VIR_THREADPOOL_WORKERS_CURRENT: &str = "nWorkers";

/// Workers without a job (uint, read only). Since 2.0.0.
pub const VIR_THREADPOOL_WORKERS_FREE: &str = "freeWorkers";

/// Most workers (uint). Since 2.0.0.
pub const VIR_THREADPOOL_WORKERS_MAX: &str = "maxWorkers";

/// Fewest workers (uint). Since 2.0.0.
pub const VIR_THREADPOOL_WORKERS_MIN: &str = "minWorkers";

/// Workers kept for urgent jobs (uint). Since 2.0.0.
pub const VIR_THREADPOOL_WORKERS_PRIORITY: &str = "prioWorkers";
