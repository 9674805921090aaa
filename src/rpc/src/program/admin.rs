//! The daemon's administration.

use crate::limits::*;
use crate::procedure::procedures;
use crate::records::AdminClient;
use crate::values::Params;
use crate::xdr::List;

procedures! {
    Admin;
    1 => AdminConnectOpen { flags: u32 } -> (), Normal, Read, [];
    2 => AdminConnectClose -> (), Normal, Read, [];
    3 => AdminConnectGetLibVersion -> u64, Normal, Read, [];
    4 => AdminConnectListServers { need_results: u32, flags: u32 }
        -> struct AdminConnectListServersReply { servers: List<String, SERVER_LIST_MAX>, ret: u32 },
        Normal, Read, [];
    5 => AdminConnectLookupServer { name: String, flags: u32 } -> String, Normal, Read, [];
    6 => AdminServerGetThreadpoolParameters { srv: String, flags: u32 }
        -> Params<SERVER_THREADPOOL_PARAMETERS_MAX>,
        Normal, Read, [];
    7 => AdminServerSetThreadpoolParameters {
        srv: String, params: Params<SERVER_THREADPOOL_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Read, [];
    8 => AdminServerListClients { srv: String, need_results: u32, flags: u32 }
        -> struct AdminServerListClientsReply { clients: List<AdminClient, CLIENT_LIST_MAX>, ret: u32 },
        Normal, Read, [];
    9 => AdminServerLookupClient { srv: String, id: u64, flags: u32 } -> AdminClient, Normal, Read, [];
    10 => AdminClientGetInfo { clnt: AdminClient, flags: u32 } -> Params<CLIENT_INFO_PARAMETERS_MAX>,
        Normal, Read, [];
    11 => AdminClientClose { clnt: AdminClient, flags: u32 } -> (), Normal, Read, [];
    12 => AdminServerGetClientLimits { srv: String, flags: u32 } -> Params<SERVER_CLIENT_LIMITS_MAX>,
        Normal, Read, [];
    13 => AdminServerSetClientLimits { srv: String, params: Params<SERVER_CLIENT_LIMITS_MAX>, flags: u32 }
        -> (),
        Normal, Read, [];
    14 => AdminConnectGetLoggingOutputs { flags: u32 }
        -> struct AdminConnectGetLoggingOutputsReply { outputs: String, noutputs: u32 },
        Normal, Read, [];
    15 => AdminConnectGetLoggingFilters { flags: u32 }
        -> struct AdminConnectGetLoggingFiltersReply { filters: Option<String>, nfilters: u32 },
        Normal, Read, [];
    16 => AdminConnectSetLoggingOutputs { outputs: Option<String>, flags: u32 } -> (), Normal, Read, [];
    17 => AdminConnectSetLoggingFilters { filters: Option<String>, flags: u32 } -> (), Normal, Read, [];
    18 => AdminServerUpdateTlsFiles { srv: String, flags: u32 } -> (), Normal, Read, [];
    19 => AdminConnectSetDaemonTimeout { timeout: u32, flags: u32 } -> (), Normal, Read, [];
    20 => AdminConnectDaemonShutdown { flags: u32 } -> (), Normal, Read, [];
}
