//! `<crypto>`: ciphers that the host computes.

use super::context::{Builder, Context, alias};
use super::props::Props;
use ferrovirt_conf::domain::{Crypto, CryptoBackendModel};
use ferrovirt_core::Result;

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for crypto in &b.model().devices.cryptos {
        b.line.object(&backend(crypto)?);
        let props = b.context.crypto(crypto)?;
        b.device(props)?;
    }
    Ok(())
}

pub fn backend(crypto: &Crypto) -> Result<Props> {
    let kind = match crypto.backend.model {
        CryptoBackendModel::Builtin => "cryptodev-backend-builtin",
        CryptoBackendModel::Lkcf => "cryptodev-backend-lkcf",
    };
    let mut props = Props::object(kind, format!("obj{}", alias(&crypto.info)?));
    props.positive("queues", crypto.backend.queues);
    Ok(props)
}

impl Context<'_> {
    pub fn crypto(self, crypto: &Crypto) -> Result<Props> {
        let id = alias(&crypto.info)?;
        let mut props = self.virtio("virtio-crypto", &crypto.info, None, &crypto.driver)?;
        props.set("cryptodev", format!("obj{id}")).set("id", id);
        self.address(&mut props, &crypto.info)?;
        Ok(props)
    }
}
