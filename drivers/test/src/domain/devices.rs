//! Changing the devices of a guest.

use crate::driver::TestDriver;
use ferrovirt_core::driver::DomainDevices;

impl DomainDevices for TestDriver {}
