//! `<tpm>`: the chip that keeps keys.

use super::chardev;
use super::context::{Builder, Context, alias};
use super::descriptors::Passed;
use super::line::Parts;
use super::props::Props;
use ferrovirt_conf::domain::{ExternalTpm, Tpm, TpmBackend, TpmModel};
use ferrovirt_core::{Error, Result};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for tpm in &b.model().devices.tpms {
        let id = alias(&tpm.info)?;
        if tpm.model == Some(TpmModel::SpaprTpmProxy) {
            let mut props = Props::device("spapr-tpm-proxy");
            props.set("id", id);
            if let TpmBackend::Passthrough { device } = &tpm.backend {
                props.set("host-path", device.as_str());
            }
            b.device(props)?;
            continue;
        }
        let parts = backend(b, tpm, id)?;
        b.line.option("-tpmdev", parts);
        let props = b.context.tpm(tpm)?;
        b.device(props)?;
    }
    Ok(())
}

fn backend(b: &mut Builder<'_>, tpm: &Tpm, id: &str) -> Result<Parts> {
    let start = |kind: &str| Parts::new(format_args!("{kind},id=tpm-{id}"));
    let socket = match &tpm.backend {
        TpmBackend::Passthrough { .. } => {
            let device = Passed::File { alias: id.to_owned() };
            let cancel = Passed::Device { alias: id.to_owned() };
            let device = b.descriptor_path(device, &format!("{id}-tpm"))?;
            let cancel = b.descriptor_path(cancel, &format!("{id}-cancel"))?;
            let mut parts = start("passthrough");
            parts.set("path", device).set("cancel-path", cancel);
            return Ok(parts);
        }
        TpmBackend::Emulator(_) => b.host().tpm_socket.map(|path| path.to_string_lossy().into_owned()),
        TpmBackend::External { source: ExternalTpm::Unix(socket) } => socket.path.clone(),
    };
    let listens = Passed::Socket { alias: id.to_owned() };
    if socket.is_none() && !b.descriptors.opens(&listens) {
        // Its emulator is started together with the guest.
        b.line.option("-chardev", "null,id=chrtpm");
        let mut parts = start("emulator");
        parts.add("chardev=chrtpm");
        return Ok(parts);
    }
    let socket = socket.ok_or_else(|| Error::internal("the TPM's emulator has no socket yet"))?;
    chardev::client_socket(b, "chrtpm", &socket, None)?;
    let mut parts = start("emulator");
    parts.add("chardev=chrtpm");
    Ok(parts)
}

impl Context<'_> {
    pub fn tpm(self, tpm: &Tpm) -> Result<Props> {
        let id = alias(&tpm.info)?;
        let model = match tpm.model {
            Some(TpmModel::TpmTis) if !self.is_x86() => "tpm-tis-device".to_owned(),
            Some(model) => model.to_string(),
            None => return Err(Error::internal("a TPM has no model yet")),
        };
        let mut props = Props::device(&model);
        props.set("tpmdev", format!("tpm-{id}")).set("id", id);
        self.address(&mut props, &tpm.info)?;
        Ok(props)
    }
}
