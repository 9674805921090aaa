//! What every reader of a guest's description may see: all but its secrets.

use crate::domain::{
    Devices, Disk, Domain, FirmwareVars, Graphics, StorageLocation, StorageSource, VarsPlace,
};

impl Domain {
    /// The XML for readers that may not see secrets.
    pub fn public_xml(&self) -> String {
        // Most guests have none, and the copy costs more than the text.
        if !self.has_secrets() {
            return self.format();
        }
        let mut public = self.clone();
        public.strip_secrets();
        public.format()
    }

    /// Whether [`Self::strip_secrets`] would take out anything.
    pub fn has_secrets(&self) -> bool {
        self.os.nvram.as_ref().is_some_and(FirmwareVars::has_secrets) || self.devices.has_secrets()
    }

    /// Takes out what only privileged readers see.
    pub fn strip_secrets(&mut self) {
        if let Some(vars) = &mut self.os.nvram {
            vars.strip_secrets();
        }
        self.devices.strip_secrets();
    }
}

impl Devices {
    fn has_secrets(&self) -> bool {
        self.disks.iter().any(Disk::has_secrets) || self.graphics.iter().any(Graphics::has_secrets)
    }

    fn strip_secrets(&mut self) {
        self.disks.iter_mut().for_each(Disk::strip_secrets);
        self.graphics.iter_mut().for_each(Graphics::strip_secrets);
    }
}

impl Disk {
    fn has_secrets(&self) -> bool {
        let mut layers = self.backing.iter().flat_map(|backing| backing.layers());
        self.source.has_secrets()
            || layers.any(|layer| layer.source.has_secrets())
            || self.mirror.as_ref().is_some_and(|mirror| mirror.source.has_secrets())
    }

    pub fn strip_secrets(&mut self) {
        self.source.strip_secrets();
        if let Some(backing) = &mut self.backing {
            backing.for_each_layer(|layer| layer.source.strip_secrets());
        }
        if let Some(mirror) = &mut self.mirror {
            mirror.source.strip_secrets();
        }
    }
}

impl StorageSource {
    fn has_secrets(&self) -> bool {
        let cookies = match &self.location {
            StorageLocation::Network(network) => !network.cookies.is_empty(),
            _ => false,
        };
        cookies || self.options.data_store.as_ref().is_some_and(|store| store.source.has_secrets())
    }

    fn strip_secrets(&mut self) {
        if let StorageLocation::Network(network) = &mut self.location {
            network.cookies.clear();
        }
        if let Some(store) = &mut self.options.data_store {
            store.source.strip_secrets();
        }
    }
}

impl FirmwareVars {
    fn has_secrets(&self) -> bool {
        matches!(&self.place, VarsPlace::Source(source) if source.has_secrets())
    }

    fn strip_secrets(&mut self) {
        if let VarsPlace::Source(source) = &mut self.place {
            source.strip_secrets();
        }
    }
}

impl Graphics {
    fn has_secrets(&self) -> bool {
        self.auth().is_some_and(|auth| auth.password.is_some())
    }

    pub fn strip_secrets(&mut self) {
        if let Some(auth) = self.auth_mut() {
            auth.password = None;
        }
    }
}
