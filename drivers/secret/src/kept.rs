//! A secret as the driver keeps it.

use ferrovirt_conf::secret::Secret;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A value; what it took of memory is overwritten when the last holder is done with it.
pub type Value = Arc<Zeroizing<Vec<u8>>>;

/// A secret at one moment.
#[derive(Clone)]
pub struct Kept {
    pub model: Arc<Secret>,
    pub value: Option<Value>,
}
