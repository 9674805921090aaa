//! What the older calls say of a migration, one argument each, and the parameters of the newer ones.

use super::args::opt_text;
use super::typed_params::opt_params;
use ferrovirt::{Error, MigrationTarget, Result, TypedParams};
use ferrovirt_core::abi::virTypedParameterPtr;
use std::ffi::{c_char, c_uint, c_ulong};

/// The arguments that the older calls share; each may be NULL.
pub fn migration_target<'a>(
    name: *const c_char,
    uri: *const c_char,
    xml: *const c_char,
    bandwidth: c_ulong,
) -> Result<MigrationTarget<'a>> {
    Ok(MigrationTarget {
        name: opt_text(name, "dname")?,
        uri: opt_text(uri, "uri")?,
        xml: opt_text(xml, "dxml")?,
        bandwidth,
    })
}

/// Parameters that may be none, counted without a sign; without an array there are none, whatever `nparams` says.
pub fn migration_params(params: virTypedParameterPtr, nparams: c_uint) -> Result<TypedParams> {
    if params.is_null() {
        return Ok(TypedParams::new());
    }
    let count = i32::try_from(nparams)
        .map_err(|_| Error::invalid_arg(format!("nparams can't be as many as {nparams}")))?;
    opt_params(params, count)
}
