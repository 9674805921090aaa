//! What administrators see and change of the servers.

use crate::client::Client;
use crate::server::Server;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, KnownParam, Result, TypedParams, TypedValue, abi};
use std::sync::Arc;

/// `virTypedParameterType`
const UINT: i32 = 2;

fn refused(detail: String) -> Error {
    Error::invalid_arg(detail).domain(ErrorDomain::Admin)
}

/// The server of this name.
pub fn server(client: &Client, name: &str) -> Result<Arc<Server>> {
    let found = client.daemon().servers().iter().find(|server| server.name == name).cloned();
    found.ok_or_else(|| {
        Error::new(ErrorCode::NoServer, format!("no server with matching name '{name}'"))
            .domain(ErrorDomain::Admin)
    })
}

/// The client of this number, of the server of this name.
pub fn client(asking: &Client, name: &str, id: u64) -> Result<Client> {
    server(asking, name)?.client(id).ok_or_else(|| {
        Error::new(ErrorCode::NoClient, format!("no client with matching id '{id}'"))
            .domain(ErrorDomain::Admin)
    })
}

pub fn threadpool(server: &Server) -> TypedParams {
    let load = server.workers.load();
    let mut params = TypedParams::new();
    params.add(abi::VIR_THREADPOOL_WORKERS_MIN, load.limits.min);
    params.add(abi::VIR_THREADPOOL_WORKERS_MAX, load.limits.max);
    params.add(abi::VIR_THREADPOOL_WORKERS_CURRENT, load.running);
    params.add(abi::VIR_THREADPOOL_WORKERS_FREE, load.idle);
    params.add(abi::VIR_THREADPOOL_WORKERS_PRIORITY, load.limits.priority);
    params.add(abi::VIR_THREADPOOL_JOB_QUEUE_DEPTH, load.queued as u32);
    params
}

/// The unsigned numbers among `names` that are to be set; whatever else is there is refused.
fn numbers<const N: usize>(params: &TypedParams, names: [&'static str; N]) -> Result<[Option<u32>; N]> {
    let known = names.map(|name| KnownParam { name, kind: UINT, multiple: false });
    params.check(&known).map_err(|err| err.domain(ErrorDomain::Admin))?;
    Ok(names.map(|name| match params.get(name) {
        Some(TypedValue::UInt(value)) => Some(*value),
        _ => None,
    }))
}

pub fn set_threadpool(server: &Server, params: &TypedParams) -> Result<()> {
    let names = [
        abi::VIR_THREADPOOL_WORKERS_MIN,
        abi::VIR_THREADPOOL_WORKERS_MAX,
        abi::VIR_THREADPOOL_WORKERS_PRIORITY,
    ];
    let [min, max, priority] = numbers(params, names)?;
    let mut limits = server.workers.load().limits;
    limits.min = min.unwrap_or(limits.min);
    limits.max = max.unwrap_or(limits.max);
    limits.priority = priority.unwrap_or(limits.priority);
    if limits.max == 0 || limits.min > limits.max {
        let (min, max) = (limits.min, limits.max);
        return Err(refused(format!("{min} workers at least and {max} at most are no limits")));
    }
    server.workers.set_limits(limits);
    Ok(())
}

pub fn client_limits(server: &Server) -> TypedParams {
    let (limits, (clients, anonymous)) = (server.limits(), server.count());
    let mut params = TypedParams::new();
    params.add(abi::VIR_SERVER_CLIENTS_MAX, limits.max);
    params.add(abi::VIR_SERVER_CLIENTS_CURRENT, clients as u32);
    params.add(abi::VIR_SERVER_CLIENTS_UNAUTH_MAX, limits.max_anonymous);
    params.add(abi::VIR_SERVER_CLIENTS_UNAUTH_CURRENT, anonymous as u32);
    params
}

pub fn set_client_limits(server: &Server, params: &TypedParams) -> Result<()> {
    let names = [abi::VIR_SERVER_CLIENTS_MAX, abi::VIR_SERVER_CLIENTS_UNAUTH_MAX];
    let [max, anonymous] = numbers(params, names)?;
    let mut limits = server.limits();
    limits.max = max.unwrap_or(limits.max);
    limits.max_anonymous = anonymous.unwrap_or(limits.max_anonymous);
    if limits.max_anonymous > limits.max {
        let (max, anonymous) = (limits.max, limits.max_anonymous);
        return Err(refused(format!("of {max} clients, {anonymous} can't be without a login")));
    }
    server.set_limits(limits);
    Ok(())
}

/// Who a client is.
pub fn client_info(client: &Client) -> TypedParams {
    let entrance = client.entrance();
    let mut params = TypedParams::new();
    params.add(abi::VIR_CLIENT_INFO_READONLY, entrance.read_only);
    if let Some(address) = &entrance.address {
        params.add(abi::VIR_CLIENT_INFO_SOCKET_ADDR, address.to_string());
    }
    if let Some(name) = client.login().certificate() {
        params.add(abi::VIR_CLIENT_INFO_X509_DISTINGUISHED_NAME, name);
    }
    if let Some(user) = client.login().user() {
        params.add(abi::VIR_CLIENT_INFO_SASL_USER_NAME, user);
    }
    if let Some(peer) = &entrance.peer {
        params.add(abi::VIR_CLIENT_INFO_UNIX_USER_ID, peer.user as i32);
        if let Some(name) = peer.user_name() {
            params.add(abi::VIR_CLIENT_INFO_UNIX_USER_NAME, name);
        }
        params.add(abi::VIR_CLIENT_INFO_UNIX_GROUP_ID, peer.group as i32);
        if let Some(name) = peer.group_name() {
            params.add(abi::VIR_CLIENT_INFO_UNIX_GROUP_NAME, name);
        }
        params.add(abi::VIR_CLIENT_INFO_UNIX_PROCESS_ID, peer.process);
    }
    params
}
