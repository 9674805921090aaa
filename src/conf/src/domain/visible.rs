//! What a guest sees of its machine. A guest that goes on elsewhere or from a file must find what it had: two definitions
//! are held against each other, fact by fact.

use super::{Address, DeviceInfo, VirtioOptions};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlValue, to_string, value_text};

/// Facts about an element, in a fixed order; each is a name and a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Facts(Vec<(&'static str, Option<String>)>);

impl Facts {
    pub fn is<T: XmlValue>(&mut self, name: &'static str, value: &T) {
        self.0.push((name, Some(value_text(value))));
    }

    pub fn may<T: XmlValue>(&mut self, name: &'static str, value: &Option<T>) {
        self.0.push((name, value.as_ref().map(value_text)));
    }

    /// All of an element, line by line.
    pub fn all_of<T: XmlElement>(&mut self, element: Option<&T>) {
        let text = element.map(to_string).unwrap_or_default();
        self.0.extend(text.lines().map(|line| (T::TAG.name, Some(line.trim().to_owned()))));
    }

    pub fn virtio(&mut self, options: &VirtioOptions) {
        let VirtioOptions { iommu, ats, packed, page_per_vq } = options;
        for (name, option) in
            [("iommu", iommu), ("ats", ats), ("packed", packed), ("page_per_vq", page_per_vq)]
        {
            self.may(name, option);
        }
    }

    /// Where the device sits. The guest sees neither its name on the host nor when it boots from it.
    pub fn place(&mut self, info: &DeviceInfo) {
        let address = info.address.clone().map(|address| match address {
            Address::Pci(place) => {
                Address::Pci(super::PciAddress { multifunction: None, zpci: None, ..place })
            }
            other => other,
        });
        self.0.push(("address", address.as_ref().map(|address| to_string(address).trim().to_owned())));
        self.may("acpi index", &info.acpi_index);
    }

    /// Refuses another set of facts: `what` is the element, `self` what the guest has.
    pub fn check(&self, other: &Self, what: &str) -> Result<()> {
        for at in 0..self.0.len().max(other.0.len()) {
            let (had, gets) = (self.0.get(at), other.0.get(at));
            if had == gets {
                continue;
            }
            let name = had.or(gets).map_or("", |fact| fact.0);
            let said = |fact: Option<&(&str, Option<String>)>| match fact.and_then(|fact| fact.1.clone()) {
                Some(text) => format!("'{text}'"),
                None => "none".to_owned(),
            };
            let text =
                format!("the guest would see another {what}: {name} is {}, was {}", said(gets), said(had));
            return Err(Error::config_unsupported(text));
        }
        Ok(())
    }
}
