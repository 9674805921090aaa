//! `<rng>`: the device that gives a guest randomness.

use ferrovirt_core::Result;
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

use super::only::Only;
use super::{ChardevSource, Context, Device, DeviceInfo, Facts, VirtioModel, VirtioOptions};

/// A random number generator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "rng")]
pub struct Rng {
    #[xml(attr)]
    pub model: VirtioModel,
    /// How much the guest may take in a period; 0: as much as there is.
    #[xml(attr = "rate/@bytes", default, skip_default)]
    #[serde(default)]
    pub rate_bytes: u32,
    /// In milliseconds; 0: a second.
    #[xml(attr = "rate/@period", default, skip_default)]
    #[serde(default)]
    pub rate_period: u32,
    #[xml(with = "Only::<RngBackend>")]
    pub backend: RngBackend,
    #[xml(flatten = "driver")]
    pub driver: VirtioOptions,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// `<backend>`: where the host takes randomness from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "model", rename_all = "lowercase")]
#[xml(name = "backend", tag = "model")]
pub enum RngBackend {
    /// A device or file.
    Random {
        #[xml(text)]
        path: Option<String>,
    },
    /// A daemon that gathers entropy.
    Egd {
        #[xml(with = "super::chardev::typed_source")]
        source: ChardevSource,
    },
    /// The hypervisor itself.
    Builtin,
}

impl Rng {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
        if let RngBackend::Egd { source } = &mut self.backend {
            source.strip_live();
        }
    }
}

impl Device for Rng {
    fn visible(&self, facts: &mut Facts) {
        facts.is("model", &self.model);
        facts.virtio(&self.driver);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        if self.rate_bytes == 0 {
            self.rate_period = 0;
        }
        match &mut self.backend {
            RngBackend::Random { path } => _ = path.get_or_insert_with(|| "/dev/random".into()),
            RngBackend::Egd { source } => source.fill_defaults(),
            RngBackend::Builtin => {}
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        match &self.backend {
            RngBackend::Egd { source } => source.validate(),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn generators_print_back() {
        for text in [
            "<rng model='virtio'>\n  <rate bytes='123' period='1234'/>\n  <backend model='random'>/dev/urandom</backend>\n  \
             <driver iommu='on'/>\n  <address type='unassigned'/>\n</rng>",
            "<rng model='virtio-transitional'>\n  <backend model='egd' type='tcp'>\n    \
             <source mode='connect' host='1.2.3.4' service='1234'/>\n    <protocol type='raw'/>\n  </backend>\n</rng>",
            "<rng model='virtio'>\n  <backend model='builtin'/>\n</rng>",
        ] {
            check_same::<Rng>(text);
        }
    }

    #[test]
    fn the_device_and_the_rate_are_filled_in() {
        let text = "<rng model='virtio'><rate period='5'/><backend model='random'/></rng>";
        let mut rng = from_str::<Rng>(text, "test").unwrap();
        rng.fill_defaults(&Context::default());
        let filled = "<rng model='virtio'>\n  <backend model='random'>/dev/random</backend>\n</rng>\n";
        assert_eq!(to_string(&rng), filled);
    }

    #[test]
    fn a_generator_has_one_backend_that_says_what_it_is() {
        let backend = "<backend model='builtin'/>";
        for (inside, code) in [
            (String::new(), ErrorCode::XmlError),
            (backend.repeat(2), ErrorCode::XmlError),
            ("<backend/>".into(), ErrorCode::XmlError),
            ("<backend model='dice'/>".into(), ErrorCode::XmlError),
            ("<backend model='egd'/>".into(), ErrorCode::XmlError),
            ("<backend model='egd' type='x'/>".into(), ErrorCode::ConfigUnsupported),
            (format!("<rate bytes='many'/>{backend}"), ErrorCode::XmlError),
        ] {
            check_error::<Rng>(&format!("<rng model='virtio'>{inside}</rng>"), code);
        }
        let egd = "<rng model='virtio'><backend model='egd' type='unix'/></rng>";
        let egd = from_str::<Rng>(egd, "test").unwrap();
        assert_eq!(egd.validate(&Context::default()).unwrap_err().code(), ErrorCode::Internal);
    }
}
