//! `libvirt-domain.h`: moving a domain to another host.

use crate::ffi::{
    inspect, long_flags, migration_params, migration_target, modify, modify_with, object, opt_text, out,
    store, text, unsigned_long,
};
use ferrovirt::Domain;
use ferrovirt_core::abi::{virConnectPtr, virDomainPtr, virTypedParameterPtr};
use std::ffi::{c_char, c_int, c_uint, c_ulong, c_ulonglong};
use std::ptr::null;

/// Moves a domain to another host.
///
/// @domain: the domain
/// @dconn: the connection to the destination
/// @flags: virDomainMigrateFlags
/// @dname: (optional) new name of the domain at the destination; NULL to keep it
/// @uri: (optional) where the memory goes, NULL to leave that to the destination; with VIR_MIGRATE_PEER2PEER, the destination's connection URI as the source sees it
/// @bandwidth: (optional) limit in MiB/s; 0 for none
///
/// Returns a handle of the domain at the destination that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.3.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrate(
    domain: virDomainPtr,
    dconn: virConnectPtr,
    flags: c_ulong,
    dname: *const c_char,
    uri: *const c_char,
    bandwidth: c_ulong,
) -> virDomainPtr {
    modify(domain, |dom: &Domain| {
        let target = migration_target(dname, uri, null(), bandwidth)?;
        dom.migrate(&object(dconn, "virDomainMigrate")?, &target, long_flags(flags)?)
    })
}

/// Moves a domain to another host, where it may have another description.
///
/// @domain: the domain
/// @dconn: the connection to the destination
/// @dxml: (optional) description to start from at the destination; NULL for the present one
/// @flags: virDomainMigrateFlags
/// @dname: (optional) new name of the domain at the destination; NULL to keep it
/// @uri: (optional) where the memory goes; NULL to leave that to the destination
/// @bandwidth: (optional) limit in MiB/s; 0 for none
///
/// Returns a handle of the domain at the destination that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrate2(
    domain: virDomainPtr,
    dconn: virConnectPtr,
    dxml: *const c_char,
    flags: c_ulong,
    dname: *const c_char,
    uri: *const c_char,
    bandwidth: c_ulong,
) -> virDomainPtr {
    modify(domain, |dom: &Domain| {
        let target = migration_target(dname, uri, dxml, bandwidth)?;
        dom.migrate2(&object(dconn, "virDomainMigrate2")?, &target, long_flags(flags)?)
    })
}

/// Moves a domain to another host, with any parameters that both hosts know. The flag VIR_MIGRATE_PEER2PEER belongs
/// to virDomainMigrateToURI3().
///
/// @domain: the domain
/// @dconn: the connection to the destination
/// @params: (optional) the parameters, named VIR_MIGRATE_PARAM_...
/// @nparams: (optional) how many there are
/// @flags: virDomainMigrateFlags
///
/// Returns a handle of the domain at the destination that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 1.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrate3(
    domain: virDomainPtr,
    dconn: virConnectPtr,
    params: virTypedParameterPtr,
    nparams: c_uint,
    flags: c_uint,
) -> virDomainPtr {
    modify(domain, |dom: &Domain| {
        dom.migrate3(&object(dconn, "virDomainMigrate3")?, &migration_params(params, nparams)?, flags)
    })
}

/// Moves a domain to another host that only the source talks to.
///
/// @domain: the domain
/// @duri: the destination's connection URI with VIR_MIGRATE_PEER2PEER, otherwise where the memory goes
/// @flags: virDomainMigrateFlags
/// @dname: (optional) new name of the domain at the destination; NULL to keep it
/// @bandwidth: (optional) limit in MiB/s; 0 for none
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateToURI(
    domain: virDomainPtr,
    duri: *const c_char,
    flags: c_ulong,
    dname: *const c_char,
    bandwidth: c_ulong,
) -> c_int {
    modify(domain, |dom: &Domain| {
        let target = migration_target(dname, null(), null(), bandwidth)?;
        dom.migrate_to_uri(text(duri, "duri")?, &target, long_flags(flags)?)
    })
}

/// Moves a domain to another host that only the source talks to, with another description if wanted.
///
/// @domain: the domain
/// @dconnuri: (optional) the destination's connection URI as the source sees it; NULL without VIR_MIGRATE_PEER2PEER
/// @miguri: (optional) where the memory goes; NULL to leave that to the destination
/// @dxml: (optional) description to start from at the destination; NULL for the present one
/// @flags: virDomainMigrateFlags
/// @dname: (optional) new name of the domain at the destination; NULL to keep it
/// @bandwidth: (optional) limit in MiB/s; 0 for none
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateToURI2(
    domain: virDomainPtr,
    dconnuri: *const c_char,
    miguri: *const c_char,
    dxml: *const c_char,
    flags: c_ulong,
    dname: *const c_char,
    bandwidth: c_ulong,
) -> c_int {
    modify(domain, |dom: &Domain| {
        let target = migration_target(dname, miguri, dxml, bandwidth)?;
        dom.migrate_to_uri2(opt_text(dconnuri, "dconnuri")?, &target, long_flags(flags)?)
    })
}

/// Moves a domain to another host that only the source talks to, with any parameters that both hosts know.
///
/// @domain: the domain
/// @dconnuri: (optional) the destination's connection URI as the source sees it; NULL without VIR_MIGRATE_PEER2PEER
/// @params: (optional) the parameters, named VIR_MIGRATE_PARAM_...
/// @nparams: (optional) how many there are
/// @flags: virDomainMigrateFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateToURI3(
    domain: virDomainPtr,
    dconnuri: *const c_char,
    params: virTypedParameterPtr,
    nparams: c_uint,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| {
        dom.migrate_to_uri3(opt_text(dconnuri, "dconnuri")?, &migration_params(params, nparams)?, flags)
    })
}

/// Sets how long the guest may stand still at the end of a live migration.
///
/// @domain: the domain
/// @downtime: milliseconds
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateSetMaxDowntime(
    domain: virDomainPtr,
    downtime: c_ulonglong,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| dom.migrate_set_max_downtime(downtime, flags))
}

/// Tells how long the guest may stand still at the end of a live migration.
///
/// @domain: the domain
/// @downtime: where the milliseconds go
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateGetMaxDowntime(
    domain: virDomainPtr,
    downtime: *mut c_ulonglong,
    flags: c_uint,
) -> c_int {
    inspect(domain, |dom: &Domain| store(downtime, "downtime", || dom.migrate_max_downtime(flags)))
}

/// Tells the size of the cache by which a migration compresses pages that it sends again.
///
/// @domain: the domain
/// @cacheSize: where the bytes go
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateGetCompressionCache(
    domain: virDomainPtr,
    cacheSize: *mut c_ulonglong,
    flags: c_uint,
) -> c_int {
    inspect(domain, |dom: &Domain| store(cacheSize, "cacheSize", || dom.migrate_compression_cache(flags)))
}

/// Sets the size of the cache by which a migration compresses pages that it sends again; also while it is under
/// way.
///
/// @domain: the domain
/// @cacheSize: bytes; the hypervisor may round them
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateSetCompressionCache(
    domain: virDomainPtr,
    cacheSize: c_ulonglong,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| dom.migrate_set_compression_cache(cacheSize, flags))
}

/// Limits the bandwidth of migrations of a domain, of one under way too.
///
/// @domain: the domain
/// @bandwidth: MiB/s
/// @flags: virDomainMigrateMaxSpeedFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateSetMaxSpeed(
    domain: virDomainPtr,
    bandwidth: c_ulong,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| dom.migrate_set_max_speed(bandwidth, flags))
}

/// Tells the limit on the bandwidth of migrations of a domain.
///
/// @domain: the domain
/// @bandwidth: where the MiB/s go
/// @flags: virDomainMigrateMaxSpeedFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateGetMaxSpeed(
    domain: virDomainPtr,
    bandwidth: *mut c_ulong,
    flags: c_uint,
) -> c_int {
    modify_with(
        domain,
        || out(bandwidth, "bandwidth"),
        |dom: &Domain, bandwidth| {
            bandwidth.set(unsigned_long(dom.migrate_max_speed(flags)?)?);
            Ok(())
        },
    )
}

/// Lets the guest run at its destination from now on, while the rest of its memory follows. The migration must have
/// been started with VIR_MIGRATE_POSTCOPY.
///
/// @domain: the domain
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.3.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMigrateStartPostCopy(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |dom: &Domain| dom.migrate_start_post_copy(flags))
}
