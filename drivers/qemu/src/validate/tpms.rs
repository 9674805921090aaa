//! TPMs: models and backends that are there, and versions that go with them.

use ferrovirt_conf::domain::{Tpm, TpmBackend, TpmModel, TpmVersion};
use ferrovirt_core::Result;

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>, tpm: &Tpm) -> Result<()> {
    if let TpmBackend::Emulator(emulator) = &tpm.backend
        && emulator.version == Some(TpmVersion::V1_2)
    {
        check_old(subject, tpm.model)?;
    }
    let backend = match &tpm.backend {
        TpmBackend::Passthrough { .. } => "passthrough",
        TpmBackend::Emulator(_) | TpmBackend::External { .. } => "emulator",
    };
    if !subject.capabilities.tpm_types.iter().any(|known| known == backend) {
        return refuse(format!("this QEMU has no TPM with such a backend, which needs '{backend}'"));
    }
    let passed = matches!(tpm.backend, TpmBackend::Passthrough { .. });
    if subject.arch.is_ppc64() && tpm.model == Some(TpmModel::SpaprTpmProxy) && !passed {
        return refuse("a TPM of model 'spapr-tpm-proxy' needs the backend 'passthrough'");
    }
    match tpm.model.map(|model| model.to_string()) {
        Some(model) if !subject.has_device(&model) && !subject.capabilities.tpm_models.contains(&model) => {
            refuse(format!("this QEMU has no TPM of model '{model}'"))
        }
        _ => Ok(()),
    }
}

/// Version 1.2 is what old PCs have.
fn check_old(subject: &Subject<'_>, model: Option<TpmModel>) -> Result<()> {
    match model {
        Some(TpmModel::TpmTis) if subject.arch.is_x86() => Ok(()),
        Some(TpmModel::TpmTis) => refuse(format!("there is no TPM of version 1.2 for '{}'", subject.arch)),
        model => {
            let model = model.map(|model| model.to_string()).unwrap_or_default();
            refuse(format!("a TPM of model '{model}' can't be of version 1.2"))
        }
    }
}
