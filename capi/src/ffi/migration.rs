//! What the older calls say of a migration, one argument each.

use super::args::opt_text;
use ferrovirt::{MigrationTarget, Result};
use std::ffi::{c_char, c_ulong};

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
