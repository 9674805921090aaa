//! What is done once before the first connection: logging, where the environment asks for it.

use ferrovirt::Result;
use std::sync::OnceLock;

/// Fails on every call where the environment's settings are wrong, as nobody would see what was asked for.
pub fn initialize() -> Result<()> {
    static OUTCOME: OnceLock<Result<()>> = OnceLock::new();
    OUTCOME.get_or_init(ferrovirt_log::start_from_environment).clone()
}
