//! `<network>` and `<networkport>`.
