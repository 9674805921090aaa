//! `<nvram>` of `<os>`: where the firmware keeps its variables.

use crate::domain::{FirmwareFormat, StorageSource};
use ferrovirt_core::{ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Fault, Item, Node, Shape, Writer, XmlContent, XmlElement, XmlValue};
use serde::{Deserialize, Serialize};

/// The variables, and what they start as.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FirmwareVars {
    /// The file that they start as a copy of.
    pub template: Option<String>,
    pub template_format: Option<FirmwareFormat>,
    pub format: Option<FirmwareFormat>,
    pub place: VarsPlace,
}

/// Where the variables are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VarsPlace {
    /// Chosen for the user.
    #[default]
    Unset,
    /// The text of the element.
    Path(String),
    /// The `type` attribute and `<source>`.
    Source(Box<StorageSource>),
}

impl FirmwareVars {
    /// The file or device on the host, for what is one.
    pub fn path(&self) -> Option<&str> {
        match &self.place {
            VarsPlace::Unset => None,
            VarsPlace::Path(path) => Some(path),
            VarsPlace::Source(source) => source.path(),
        }
    }

    pub fn fill_defaults(&mut self) {
        if let VarsPlace::Source(source) = &mut self.place {
            source.fill_defaults();
        }
    }

    pub fn strip_live(&mut self) {
        if let VarsPlace::Source(source) = &mut self.place {
            source.strip_live();
        }
    }
}

impl XmlElement for FirmwareVars {
    const TAG: ferrovirt_xml::Tag = ferrovirt_xml::Tag::new("nvram");
}

impl XmlContent for FirmwareVars {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let place = if node.attr("type").is_some() {
            if node.child("source").is_none() {
                // libvirt fails without saying why.
                let fault = Fault::of(ErrorCode::Internal, ErrorDomain::None);
                return Err(node.missing_child("source", fault));
            }
            let mut source = StorageSource::parse(node)?;
            source.options.startup_policy = None;
            VarsPlace::Source(Box::new(source))
        } else {
            let path = node.text();
            if path.is_empty() { VarsPlace::Unset } else { VarsPlace::Path(path.into_owned()) }
        };
        Ok(Self {
            template: node.attr("template").map(str::to_owned),
            template_format: format(node, "templateFormat")?,
            format: format(node, "format")?,
            place,
        })
    }

    fn write_attrs(&self, w: &mut Writer) {
        if let Some(template) = &self.template {
            w.attr_str("template", template);
        }
        if let Some(format) = &self.template_format {
            w.attr("templateFormat", format);
        }
        if let VarsPlace::Source(source) = &self.place {
            source.write_attrs(w);
        }
        if let Some(format) = &self.format {
            w.attr("format", format);
        }
    }

    fn write_children(&self, w: &mut Writer) {
        match &self.place {
            VarsPlace::Unset => {}
            VarsPlace::Path(path) => w.text_str(path),
            VarsPlace::Source(source) => source.write_children(w),
        }
    }

    fn shape() -> &'static Shape {
        const fn attr(name: &'static str) -> Item {
            let valid = |text: &str| FirmwareFormat::from_text(text).is_some();
            Item::Attr { name, kind: FirmwareFormat::KIND, valid, required: false }
        }
        const TEXT: fn(&str) -> bool = |_| true;
        const KIND: ferrovirt_xml::ValueKind = ferrovirt_xml::ValueKind::Text;
        const SHAPE: &Shape = &Shape {
            items: &[
                Item::Attr { name: "template", kind: KIND, valid: TEXT, required: false },
                attr("templateFormat"),
                attr("format"),
                Item::Text { kind: KIND, valid: TEXT, required: false },
                Item::Flatten(StorageSource::shape),
            ],
        };
        SHAPE
    }
}

fn format(node: &Node<'_>, name: &str) -> Result<Option<FirmwareFormat>> {
    let read = |text| {
        FirmwareFormat::from_text(text)
            .ok_or_else(|| node.bad_attr(name, FirmwareFormat::KIND, ErrorCode::XmlError))
    };
    node.attr(name).filter(|text| *text != "none").map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::check_same;

    #[test]
    fn all_spellings_print_back() {
        for text in [
            "<nvram template='/t.fd' templateFormat='raw' format='qcow2'>/v.fd</nvram>",
            "<nvram type='file' format='raw'>\n  <source file='/v.fd'/>\n</nvram>",
        ] {
            check_same::<FirmwareVars>(text);
        }
    }
}
