//! `libvirt-secret.h`: secrets.

use std::ffi::{c_int, c_void};

use crate::abi::virConnectPtr;

/// A secret value, such as a passphrase; opaque. Since 0.7.1.
#[repr(C)]
#[derive(Debug)]
pub struct virSecret {
    _opaque: [u8; 0],
}

/// Pointer to a `virSecret`. Since 0.7.1.
pub type virSecretPtr = *mut virSecret;

/// A secret event that carries nothing; every other callback is cast to it. Since 3.0.0.
pub type virConnectSecretEventGenericCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, secret: virSecretPtr, opaque: *mut c_void)>;

/// A secret's life cycle; `event` is a `virSecretEventLifecycleType`, `detail` is 0. Since 3.0.0.
pub type virConnectSecretEventLifecycleCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        secret: virSecretPtr,
        event: c_int,
        detail: c_int,
        opaque: *mut c_void,
    ),
>;

c_enum! {
    /// Filters for a list of secrets. Since 0.10.2.
    pub enum virConnectListAllSecretsFlags: u32 {
        /// Secrets kept in memory only. Since 0.10.2.
        VIR_CONNECT_LIST_SECRETS_EPHEMERAL = 1 << 0,
        /// Secrets kept on disk. Since 0.10.2.
        VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL = 1 << 1,
        /// Secrets whose value is never shown. Since 0.10.2.
        VIR_CONNECT_LIST_SECRETS_PRIVATE = 1 << 2,
        /// Secrets whose value can be read. Since 0.10.2.
        VIR_CONNECT_LIST_SECRETS_NO_PRIVATE = 1 << 3,
    }
}

c_enum! {
    /// Flags for a definition. Since 7.7.0.
    pub enum virSecretDefineFlags: u32 {
        /// Check the XML against the schema. Since 7.7.0.
        VIR_SECRET_DEFINE_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// Life cycle events. Since 3.0.0.
    pub enum virSecretEventLifecycleType: u32 {
        /// The secret was defined. Since 3.0.0.
        VIR_SECRET_EVENT_DEFINED = 0,
        /// The secret was removed. Since 3.0.0.
        VIR_SECRET_EVENT_UNDEFINED = 1,
    }
    sentinel {
        /// One past the last member. Since 3.0.0.
        VIR_SECRET_EVENT_LAST = 2,
    }
}

c_enum! {
    /// Kinds of secret events that a callback can be registered for. Since 3.0.0.
    pub enum virSecretEventID: u32 {
        /// Life cycle: `virConnectSecretEventLifecycleCallback`. Since 3.0.0.
        VIR_SECRET_EVENT_ID_LIFECYCLE = 0,
        /// The value changed: `virConnectSecretEventGenericCallback`. Since 3.0.0.
        VIR_SECRET_EVENT_ID_VALUE_CHANGED = 1,
    }
    sentinel {
        /// One past the last member. Since 3.0.0.
        VIR_SECRET_EVENT_ID_LAST = 2,
    }
}

c_enum! {
    /// What a secret is for. Since 0.7.1.
    pub enum virSecretUsageType: u32 {
        /// Nothing in particular. Since 0.7.1.
        VIR_SECRET_USAGE_TYPE_NONE = 0,
        /// An encrypted volume. Since 0.7.1.
        VIR_SECRET_USAGE_TYPE_VOLUME = 1,
        /// A Ceph cluster. Since 0.9.7.
        VIR_SECRET_USAGE_TYPE_CEPH = 2,
        /// An iSCSI target. Since 1.0.4.
        VIR_SECRET_USAGE_TYPE_ISCSI = 3,
        /// A TLS private key. Since 2.3.0.
        VIR_SECRET_USAGE_TYPE_TLS = 4,
        /// An emulated TPM. Since 5.6.0.
        VIR_SECRET_USAGE_TYPE_VTPM = 5,
    }
    sentinel {
        /// One past the last member. Since 0.9.7.
        VIR_SECRET_USAGE_TYPE_LAST = 6,
    }
}
