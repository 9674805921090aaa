//! Secrets: definitions and values.

driver_trait! {
    /// Secrets: definitions and values.
    pub trait SecretDriver in Secret {
    }
}
