//! `libvirt-secret.h`: secrets.

use crate::ffi::{
    Borrowed, HeapBytes, add_ref, bytes, callback, free, inspect, keep_text, list, modify, opt_object, out,
    room, secret_listener, text, uuid_bytes, uuid_text, write_uuid, write_uuid_text,
};
use ferrovirt::{Connection, Secret};
use ferrovirt_core::abi::{
    virConnectPtr, virConnectSecretEventGenericCallback, virFreeCallback, virSecretPtr,
};
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

/// Counts the secrets.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfSecrets(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_secrets()?.len()))
}

/// Lists the UUIDs of the secrets as text, as many as there is room for.
///
/// @conn: the connection
/// @uuids: the array to fill; the caller frees each string
/// @maxuuids: how many strings it has room for
///
/// Returns how many UUIDs were written, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListSecrets(
    conn: virConnectPtr,
    uuids: *mut *mut c_char,
    maxuuids: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| Ok(room(uuids, maxuuids, "uuids")?.fill_texts(conn.list_secrets()?)))
}

/// Lists the secrets.
///
/// @conn: the connection
/// @secrets: where the NULL-terminated array goes that the caller frees, each secret and the array itself; NULL to have them only counted
/// @flags: virConnectListAllSecretsFlags, 0 for all secrets
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListAllSecrets(
    conn: virConnectPtr,
    secrets: *mut *mut virSecretPtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| list(secrets, || conn.list_all_secrets(flags)))
}

/// Finds a secret by the bytes of its UUID.
///
/// @conn: the connection
/// @uuid: the 16 bytes of the UUID
///
/// Returns a handle that the caller drops with virSecretFree(), or NULL on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretLookupByUUID(conn: virConnectPtr, uuid: *const c_uchar) -> virSecretPtr {
    inspect(conn, |conn: &Connection| conn.lookup_secret_by_uuid(uuid_bytes(uuid, "uuid")?))
}

/// Finds a secret by its UUID as text.
///
/// @conn: the connection
/// @uuidstr: the UUID as text
///
/// Returns a handle that the caller drops with virSecretFree(), or NULL on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretLookupByUUIDString(conn: virConnectPtr, uuidstr: *const c_char) -> virSecretPtr {
    inspect(conn, |conn: &Connection| conn.lookup_secret_by_uuid(uuid_text(uuidstr, "uuidstr")?))
}

/// Finds the secret that is for one use.
///
/// @conn: the connection
/// @usageType: the kind of use, a virSecretUsageType
/// @usageID: who uses it: the path of a volume, the name of a client, a target
///
/// Returns a handle that the caller drops with virSecretFree(), or NULL on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretLookupByUsage(
    conn: virConnectPtr,
    usageType: c_int,
    usageID: *const c_char,
) -> virSecretPtr {
    inspect(conn, |conn: &Connection| conn.lookup_secret_by_usage(usageType, text(usageID, "usageID")?))
}

/// Makes a secret, without a value yet, or changes the one with the same UUID.
///
/// @conn: the connection
/// @xml: the description
/// @flags: virSecretDefineFlags
///
/// Returns a handle that the caller drops with virSecretFree(), or NULL on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretDefineXML(conn: virConnectPtr, xml: *const c_char, flags: c_uint) -> virSecretPtr {
    modify(conn, |conn: &Connection| conn.define_secret(text(xml, "xml")?, flags))
}

/// Tells which connection a secret is on.
///
/// @secret: the secret
///
/// Returns the connection, without a new count of it: the caller does not close it. NULL on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretGetConnect(secret: virSecretPtr) -> virConnectPtr {
    inspect(secret, |secret: &Secret| Ok(Borrowed(secret.connection().clone())))
}

/// Adds a count to the handle of a secret; each needs a virSecretFree() of its own.
///
/// @secret: the secret
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretRef(secret: virSecretPtr) -> c_int {
    inspect(secret, |secret: &Secret| add_ref(secret))
}

/// Drops a count of the handle of a secret; the secret itself stays as it is. After the last count, the handle must
/// not be used any more.
///
/// @secret: the secret
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretFree(secret: virSecretPtr) -> c_int {
    inspect(secret, |secret: &Secret| free(secret))
}

/// Tells the UUID of a secret as bytes.
///
/// @secret: the secret
/// @uuid: room for 16 bytes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretGetUUID(secret: virSecretPtr, uuid: *mut c_uchar) -> c_int {
    inspect(secret, |secret: &Secret| write_uuid(uuid, secret.uuid()))
}

/// Tells the UUID of a secret as text.
///
/// @secret: the secret
/// @buf: room for VIR_UUID_STRING_BUFLEN (37) characters
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretGetUUIDString(secret: virSecretPtr, buf: *mut c_char) -> c_int {
    inspect(secret, |secret: &Secret| write_uuid_text(buf, secret.uuid()))
}

/// Tells what kind of use a secret is for.
///
/// @secret: the secret
///
/// Returns a virSecretUsageType, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretGetUsageType(secret: virSecretPtr) -> c_int {
    inspect(secret, |secret: &Secret| Ok(secret.usage_type()))
}

/// Tells who uses a secret.
///
/// @secret: the secret
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretGetUsageID(secret: virSecretPtr) -> *const c_char {
    inspect(secret, |secret: &Secret| keep_text(secret, secret.usage_id()))
}

/// Describes a secret in XML; its value is not shown.
///
/// @secret: the secret
/// @flags: must be 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretGetXMLDesc(secret: virSecretPtr, flags: c_uint) -> *mut c_char {
    inspect(secret, |secret: &Secret| secret.xml_desc(flags))
}

/// Sets the value of a secret.
///
/// @secret: the secret
/// @value: the value, any bytes
/// @value_size: how many they are
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretSetValue(
    secret: virSecretPtr,
    value: *const c_uchar,
    value_size: usize,
    flags: c_uint,
) -> c_int {
    modify(secret, |secret: &Secret| secret.set_value(bytes(value, value_size, "value")?, flags))
}

/// Tells the value of a secret, unless it is private.
///
/// @secret: the secret
/// @value_size: where the number of its bytes goes
/// @flags: must be 0
///
/// Returns the value, which the caller frees, or NULL on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretGetValue(
    secret: virSecretPtr,
    value_size: *mut usize,
    flags: c_uint,
) -> *mut c_uchar {
    modify(secret, |secret: &Secret| {
        out(value_size, "value_size").and_then(|size| Ok(HeapBytes::new(&secret.value(flags)?, &size)))
    })
}

/// Forgets a secret and its value.
///
/// @secret: the secret
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.1
#[unsafe(no_mangle)]
pub extern "C" fn virSecretUndefine(secret: virSecretPtr) -> c_int {
    modify(secret, |secret: &Secret| secret.undefine())
}

/// Registers a function for one kind of event, of one secret or of all. It runs from the event loop, which must
/// have been registered before the connection was opened.
///
/// @conn: the connection
/// @secret: the secret; NULL for all
/// @eventID: the kind, a virSecretEventID
/// @cb: the function, cast from the type that the kind of event has
/// @opaque: what it is called with
/// @freecb: (optional) frees @opaque once the registration has ended; may be NULL
///
/// Returns the id that ends the registration, or -1 on failure; @opaque then stays with the caller.
///
/// Since: 3.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectSecretEventRegisterAny(
    conn: virConnectPtr,
    secret: virSecretPtr,
    eventID: c_int,
    cb: virConnectSecretEventGenericCallback,
    opaque: *mut c_void,
    freecb: virFreeCallback,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let secret = opt_object(secret, "virConnectSecretEventRegisterAny")?;
        callback(cb, opaque, freecb, "cb")?
            .register(|cb| conn.register_secret_event(secret.as_ref(), eventID, secret_listener(conn, cb)))
    })
}

/// Ends a registration that virConnectSecretEventRegisterAny() made.
///
/// @conn: the connection
/// @callbackID: the id that the registration got
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectSecretEventDeregisterAny(conn: virConnectPtr, callbackID: c_int) -> c_int {
    inspect(conn, |conn: &Connection| conn.deregister_secret_event(callbackID))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{FakeConnection, free, last};
    use ferrovirt::{AccessMode, ErrorCode, ErrorDomain};
    use std::ptr;

    fn secret(host: &FakeConnection) -> virSecretPtr {
        virSecretLookupByUUID(host.pointer, [0; 16].as_ptr())
    }

    #[test]
    fn a_value_goes_in_and_out_with_its_length() {
        let host = FakeConnection::read_write();
        let secret = secret(&host);
        let value = b"a\0b";
        assert_eq!(virSecretSetValue(secret, value.as_ptr(), value.len(), 0), 0);
        let mut length = 0;
        let copy = virSecretGetValue(secret, &mut length, 0);
        // SAFETY: as many bytes were stored.
        assert_eq!(unsafe { std::slice::from_raw_parts(copy, length) }, value);
        free(copy);
        assert!(virSecretGetValue(secret, ptr::null_mut(), 0).is_null());
        assert_eq!(last(), (ErrorCode::InvalidArg as i32, ErrorDomain::Secret as i32));
        assert_eq!(virSecretSetValue(secret, ptr::null(), 0, 0), -1);
        assert_eq!(last(), (ErrorCode::InvalidArg as i32, ErrorDomain::Secret as i32));
        assert_eq!((virSecretFree(secret), host.close()), (0, Some(0)));
    }

    #[test]
    fn a_read_only_connection_does_not_tell_values() {
        let host = FakeConnection::open(AccessMode::ReadOnly);
        let secret = secret(&host);
        let mut length = 0;
        assert!(virSecretGetValue(secret, &mut length, 0).is_null());
        assert_eq!(last(), (ErrorCode::OperationDenied as i32, ErrorDomain::Secret as i32));
        assert_eq!(virSecretGetUsageType(secret), 2);
        assert_eq!(virSecretGetUsageType(ptr::null_mut()), -1);
        assert_eq!(last(), (ErrorCode::InvalidSecret as i32, ErrorDomain::Secret as i32));
        assert_eq!((virSecretFree(secret), host.close()), (0, Some(0)));
    }
}
