//! For whom a client acts: for itself, as the kernel knows it, or for the one whom another daemon passes calls on for.

use crate::access::polkit::Subject;
use crate::client::Client;
use ferrovirt_core::abi::{self, VIR_TYPED_PARAM_LLONG, VIR_TYPED_PARAM_STRING, VIR_TYPED_PARAM_ULLONG};
use ferrovirt_core::{KnownParam, Result, TypedParams, TypedValue};

/// What libvirt's daemons show each other beside what applications may say, by which they know their own kind. Nothing
/// here depends on it.
const SYSTEM_TOKEN: &str = "system.token";

const fn known(name: &'static str, kind: u32) -> KnownParam {
    KnownParam { name, kind: kind as i32, multiple: false }
}

const KNOWN: &[KnownParam] = &[
    known(abi::VIR_CONNECT_IDENTITY_USER_NAME, VIR_TYPED_PARAM_STRING),
    known(abi::VIR_CONNECT_IDENTITY_UNIX_USER_ID, VIR_TYPED_PARAM_ULLONG),
    known(abi::VIR_CONNECT_IDENTITY_GROUP_NAME, VIR_TYPED_PARAM_STRING),
    known(abi::VIR_CONNECT_IDENTITY_UNIX_GROUP_ID, VIR_TYPED_PARAM_ULLONG),
    known(abi::VIR_CONNECT_IDENTITY_PROCESS_ID, VIR_TYPED_PARAM_LLONG),
    known(abi::VIR_CONNECT_IDENTITY_PROCESS_TIME, VIR_TYPED_PARAM_ULLONG),
    known(abi::VIR_CONNECT_IDENTITY_SASL_USER_NAME, VIR_TYPED_PARAM_STRING),
    known(abi::VIR_CONNECT_IDENTITY_X509_DISTINGUISHED_NAME, VIR_TYPED_PARAM_STRING),
    known(abi::VIR_CONNECT_IDENTITY_SELINUX_CONTEXT, VIR_TYPED_PARAM_STRING),
    known(SYSTEM_TOKEN, VIR_TYPED_PARAM_STRING),
];

/// Refuses what is no identity.
pub fn check(params: &TypedParams) -> Result<()> {
    params.check(KNOWN)
}

/// A client as the kernel and its login tell of it.
pub fn of_client(client: &Client) -> TypedParams {
    let mut params = TypedParams::new();
    if let Some(peer) = &client.entrance().peer {
        params.add(abi::VIR_CONNECT_IDENTITY_UNIX_USER_ID, u64::from(peer.user));
        if let Some(name) = peer.user_name() {
            params.add(abi::VIR_CONNECT_IDENTITY_USER_NAME, name);
        }
        params.add(abi::VIR_CONNECT_IDENTITY_UNIX_GROUP_ID, u64::from(peer.group));
        if let Some(name) = peer.group_name() {
            params.add(abi::VIR_CONNECT_IDENTITY_GROUP_NAME, name);
        }
        params.add(abi::VIR_CONNECT_IDENTITY_PROCESS_ID, i64::from(peer.process));
        params.add(abi::VIR_CONNECT_IDENTITY_PROCESS_TIME, peer.start);
    }
    if let Some(user) = client.login().user() {
        params.add(abi::VIR_CONNECT_IDENTITY_SASL_USER_NAME, user);
    }
    if let Some(name) = client.login().certificate() {
        params.add(abi::VIR_CONNECT_IDENTITY_X509_DISTINGUISHED_NAME, name);
    }
    params
}

/// The process of an identity, if it has one that can be asked about.
pub fn subject(params: &TypedParams) -> Option<Subject> {
    let TypedValue::LLong(process) = params.get(abi::VIR_CONNECT_IDENTITY_PROCESS_ID)? else { return None };
    let number = |name: &str| params.get_ullong(name).ok().flatten();
    Some(Subject {
        process: u32::try_from(*process).ok()?,
        start: number(abi::VIR_CONNECT_IDENTITY_PROCESS_TIME)?,
        user: u32::try_from(number(abi::VIR_CONNECT_IDENTITY_UNIX_USER_ID)?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_all_of_its_parts() {
        let mut params = TypedParams::new();
        params.add("process-id", 7_i64);
        params.add("unix-user-id", 1000_u64);
        assert_eq!(subject(&params), None);
        params.add("process-time", 99_u64);
        check(&params).unwrap();
        assert_eq!(subject(&params), Some(Subject { process: 7, start: 99, user: 1000 }));
        params.add("hat-size", 4_u64);
        assert!(check(&params).is_err());
    }
}
