//! The subjects of which this driver does nothing yet.

use crate::driver::QemuDriver;
use ferrovirt_core::driver::{DomainMigration, LxcExtension};

impl DomainMigration for QemuDriver {}
impl LxcExtension for QemuDriver {}
