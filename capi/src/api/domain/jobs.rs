//! `libvirt-domain.h`: long work on a domain: save, restore, core dump, backup, job information.

use crate::ffi::{
    any_params, inspect, modify, modify_with, opt_text, params_out, text, write_job_info, write_job_kind,
};
use ferrovirt::{Connection, Domain, rules};
use ferrovirt_core::abi::{
    VIR_DOMAIN_CORE_DUMP_FORMAT_RAW, virConnectPtr, virDomainJobInfoPtr, virDomainPtr, virTypedParameterPtr,
};
use std::ffi::{c_char, c_int, c_uint};

/// Stops a running guest and keeps its memory in a file, from which virDomainRestore() starts it again. A transient
/// domain is gone until then.
///
/// @domain: the domain
/// @to: path of the file
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSave(domain: virDomainPtr, to: *const c_char) -> c_int {
    modify(domain, |dom: &Domain| dom.save(text(to, "to")?, None, 0))
}

/// Stops a running guest and keeps its memory in a file, from which it can be started again.
///
/// @domain: the domain
/// @to: path of the file
/// @dxml: (optional) description to keep with it instead of the present one, NULL for that
/// @flags: virDomainSaveRestoreFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSaveFlags(
    domain: virDomainPtr,
    to: *const c_char,
    dxml: *const c_char,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| dom.save(text(to, "to")?, opt_text(dxml, "dxml")?, flags))
}

/// Stops a running guest and keeps its memory in a file, from which it can be started again.
///
/// @domain: the domain
/// @params: the parameters, named VIR_DOMAIN_SAVE_PARAM_...
/// @nparams: how many there are
/// @flags: virDomainSaveRestoreFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 8.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSaveParams(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| dom.save_params(&any_params(params, nparams)?, flags))
}

/// Starts a guest from a file that virDomainSave() has written.
///
/// @conn: the connection
/// @from: path of the file
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainRestore(conn: virConnectPtr, from: *const c_char) -> c_int {
    modify(conn, |conn: &Connection| conn.restore_domain(text(from, "from")?, None, 0))
}

/// Starts a guest from a file that a save has written.
///
/// @conn: the connection
/// @from: path of the file
/// @dxml: (optional) description to take instead of the one in the file, NULL for that
/// @flags: virDomainSaveRestoreFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainRestoreFlags(
    conn: virConnectPtr,
    from: *const c_char,
    dxml: *const c_char,
    flags: c_uint,
) -> c_int {
    modify(conn, |conn: &Connection| conn.restore_domain(text(from, "from")?, opt_text(dxml, "dxml")?, flags))
}

/// Starts a guest from a file that a save has written.
///
/// @conn: the connection
/// @params: the parameters, named VIR_DOMAIN_SAVE_PARAM_...
/// @nparams: how many there are
/// @flags: virDomainSaveRestoreFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 8.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainRestoreParams(
    conn: virConnectPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(conn, |conn: &Connection| conn.restore_domain_params(&any_params(params, nparams)?, flags))
}

/// Tells the description that is kept in a file of a saved guest.
///
/// @conn: the connection
/// @file: path of the file
/// @flags: virDomainSaveImageXMLFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSaveImageGetXMLDesc(
    conn: virConnectPtr,
    file: *const c_char,
    flags: c_uint,
) -> *mut c_char {
    modify_with(conn, || text(file, "file"), |conn: &Connection, file| conn.save_image_xml_desc(file, flags))
}

/// Replaces the description that is kept in a file of a saved guest, as far as the guest would not notice.
///
/// @conn: the connection
/// @file: path of the file
/// @dxml: the new description
/// @flags: virDomainSaveRestoreFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSaveImageDefineXML(
    conn: virConnectPtr,
    file: *const c_char,
    dxml: *const c_char,
    flags: c_uint,
) -> c_int {
    modify(conn, |conn: &Connection| {
        conn.save_image_define_xml(text(file, "file")?, text(dxml, "dxml")?, flags)
    })
}

/// Stops a running guest and keeps its memory where the next start finds it.
///
/// @dom: the domain
/// @flags: virDomainSaveRestoreFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainManagedSave(dom: virDomainPtr, flags: c_uint) -> c_int {
    modify(dom, |dom: &Domain| dom.managed_save(flags))
}

/// Tells whether the next start takes up kept memory.
///
/// @dom: the domain
/// @flags: must be 0
///
/// Returns 1 if so, 0 if not, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainHasManagedSaveImage(dom: virDomainPtr, flags: c_uint) -> c_int {
    inspect(dom, |dom: &Domain| dom.has_managed_save_image(flags))
}

/// Throws away the memory that virDomainManagedSave() has kept, so that the next start is a fresh one.
///
/// @dom: the domain
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainManagedSaveRemove(dom: virDomainPtr, flags: c_uint) -> c_int {
    modify(dom, |dom: &Domain| dom.managed_save_remove(flags))
}

/// Tells the description that is kept with the memory of virDomainManagedSave().
///
/// @domain: the domain
/// @flags: virDomainSaveImageXMLFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 3.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainManagedSaveGetXMLDesc(domain: virDomainPtr, flags: c_uint) -> *mut c_char {
    inspect(domain, |dom: &Domain| dom.managed_save_xml_desc(flags))
}

/// Replaces the description that is kept with the memory of virDomainManagedSave(), as far as the guest would not
/// notice.
///
/// @domain: the domain
/// @dxml: the new description
/// @flags: virDomainSaveRestoreFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainManagedSaveDefineXML(
    domain: virDomainPtr,
    dxml: *const c_char,
    flags: c_uint,
) -> c_int {
    modify_with(
        domain,
        || rules::running_or_paused(flags),
        |dom: &Domain, ()| dom.managed_save_define_xml(opt_text(dxml, "dxml")?, flags),
    )
}

/// Writes the guest's memory to a file for debugging.
///
/// @domain: the domain
/// @to: path of the file
/// @flags: virDomainCoreDumpFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.9
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCoreDump(domain: virDomainPtr, to: *const c_char, flags: c_uint) -> c_int {
    modify(domain, |dom: &Domain| dom.core_dump(text(to, "to")?, VIR_DOMAIN_CORE_DUMP_FORMAT_RAW, flags))
}

/// Writes the guest's memory to a file for debugging, in a format of choice.
///
/// @domain: the domain
/// @to: path of the file
/// @dumpformat: a virDomainCoreDumpFormat
/// @flags: virDomainCoreDumpFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCoreDumpWithFormat(
    domain: virDomainPtr,
    to: *const c_char,
    dumpformat: c_uint,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| dom.core_dump(text(to, "to")?, dumpformat, flags))
}

/// Tells how far the job on a domain has come.
///
/// @domain: the domain
/// @info: where the numbers go
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetJobInfo(domain: virDomainPtr, info: virDomainJobInfoPtr) -> c_int {
    inspect(domain, |dom: &Domain| write_job_info(info, || dom.job_info()))
}

/// Tells all there is to know of the job on a domain, or of the last one that is done.
///
/// @domain: the domain
/// @type: where the virDomainJobType goes
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: virDomainGetJobStatsFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetJobStats(
    domain: virDomainPtr,
    r#type: *mut c_int,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |dom: &Domain| {
        let room = params_out(params, nparams)?;
        room.set(&write_job_kind(r#type, || dom.job_stats(flags))?.params)
    })
}

/// Asks the job on a domain to give up. It may be done before it hears of it.
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAbortJob(domain: virDomainPtr) -> c_int {
    modify(domain, |dom: &Domain| dom.abort_job(0))
}

/// Asks the job on a domain to give up. It may be done before it hears of it.
///
/// @domain: the domain
/// @flags: virDomainAbortJobFlagsValues
///
/// Returns 0, or -1 on failure.
///
/// Since: 8.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAbortJobFlags(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |dom: &Domain| dom.abort_job(flags))
}

/// Starts a backup of the guest's disks as they are now, pushed to files or offered to be pulled.
/// virDomainAbortJob() ends one that is offered.
///
/// @domain: the domain
/// @backupXML: description of the backup
/// @checkpointXML: description of a checkpoint to make at the same instant, NULL for none
/// @flags: virDomainBackupBeginFlags
///
/// Returns 0 when the backup has started, or -1 on failure.
///
/// Since: 6.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBackupBegin(
    domain: virDomainPtr,
    backupXML: *const c_char,
    checkpointXML: *const c_char,
    flags: c_uint,
) -> c_int {
    modify_with(
        domain,
        || text(backupXML, "backupXML"),
        |dom: &Domain, xml| dom.backup_begin(xml, opt_text(checkpointXML, "checkpointXML")?, flags),
    )
}

/// Describes the backup under way, with all that was filled in at its start.
///
/// @domain: the domain
/// @flags: must be 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 6.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBackupGetXMLDesc(domain: virDomainPtr, flags: c_uint) -> *mut c_char {
    inspect(domain, |dom: &Domain| dom.backup_xml_desc(flags))
}
