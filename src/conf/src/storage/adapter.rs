//! `<adapter>`: the SCSI host whose disks a pool is made of.

use crate::domain::PciAddress;
use ferrovirt_core::{ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Node, Shape, Writer, XmlContent, XmlValue, YesNo};
use serde::{Deserialize, Serialize};

/// A SCSI host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PoolAdapter {
    /// By name, or by the place of the card that it is on.
    ScsiHost { name: Option<String>, parent: Option<ParentAddress> },
    /// A port of a Fibre Channel card, made for the pool.
    FcHost {
        parent: Option<String>,
        parent_wwnn: Option<String>,
        parent_wwpn: Option<String>,
        parent_fabric_wwn: Option<String>,
        /// Whether it is taken away with the pool.
        managed: Option<YesNo>,
        wwnn: Option<String>,
        wwpn: Option<String>,
    },
}

/// `<parentaddr>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentAddress {
    pub unique_id: i32,
    pub address: PciAddress,
}

impl XmlContent for PoolAdapter {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let text = |name: &str| node.attr(name).map(str::to_owned);
        match node.attr("type") {
            Some("fc_host") => Ok(Self::FcHost {
                parent: text("parent"),
                parent_wwnn: text("parent_wwnn"),
                parent_wwpn: text("parent_wwpn"),
                parent_fabric_wwn: text("parent_fabric_wwn"),
                managed: match node.attr("managed") {
                    None => None,
                    Some("yes") => Some(YesNo::Yes),
                    Some("no") => Some(YesNo::No),
                    Some(_) => {
                        let err = node.bad_attr("managed", YesNo::KIND, ErrorCode::XmlError);
                        return Err(err.settle(ErrorDomain::Xml));
                    }
                },
                wwnn: text("wwnn"),
                wwpn: text("wwpn"),
            }),
            Some("scsi_host") => {
                let parent = node.child("parentaddr").map(|parent| read_parent(&parent)).transpose()?;
                Ok(Self::ScsiHost { name: text("name"), parent })
            }
            Some(other) => {
                let text = format!("'{other}' is not the type of an adapter; known are scsi_host, fc_host");
                Err(node.error(ErrorCode::XmlError, text).settle(ErrorDomain::Xml))
            }
            None => {
                let other = ["wwnn", "wwpn", "parent"].iter().any(|name| node.attr(name).is_some());
                if other || node.child("parentaddr").is_some() {
                    let text = "an <adapter> with more than a name needs its type";
                    return Err(node.error(ErrorCode::XmlError, text));
                }
                Ok(Self::ScsiHost { name: text("name"), parent: None })
            }
        }
    }

    fn write_attrs(&self, w: &mut Writer) {
        let mut attr = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                w.attr_str(name, value);
            }
        };
        match self {
            Self::ScsiHost { name, .. } => {
                attr("type", &Some("scsi_host".to_owned()));
                attr("name", name);
            }
            Self::FcHost { parent, parent_wwnn, parent_wwpn, parent_fabric_wwn, managed, wwnn, wwpn } => {
                attr("type", &Some("fc_host".to_owned()));
                attr("parent", parent);
                attr("parent_wwnn", parent_wwnn);
                attr("parent_wwpn", parent_wwpn);
                attr("parent_fabric_wwn", parent_fabric_wwn);
                attr("managed", &managed.map(|managed| managed.to_string()));
                attr("wwnn", wwnn);
                attr("wwpn", wwpn);
            }
        }
    }

    fn write_children(&self, w: &mut Writer) {
        if let Self::ScsiHost { parent: Some(parent), .. } = self {
            w.open("parentaddr");
            w.attr("unique_id", &parent.unique_id);
            w.element("address", &parent.address);
            w.close("parentaddr");
        }
    }

    fn shape() -> &'static Shape {
        Shape::ANY
    }
}

fn read_parent(parent: &Node<'_>) -> Result<ParentAddress> {
    let address =
        parent.child("address").ok_or_else(|| parent.missing_child("address", ErrorCode::XmlError))?;
    let unique_id = parent.attr("unique_id").and_then(|text| text.trim().parse().ok()).filter(|id| *id >= 0);
    Ok(ParentAddress {
        unique_id: unique_id.ok_or_else(|| parent.missing_attr("unique_id", ErrorCode::XmlError))?,
        address: PciAddress {
            multifunction: None,
            ..PciAddress::parse(&address).map_err(|err| err.settle(ErrorDomain::Xml))?
        },
    })
}

impl PoolAdapter {
    pub(super) fn validate(&self, node: &Node<'_>) -> Result<()> {
        let refuse = |text: &str| Err(node.error(ErrorCode::XmlError, text));
        match self {
            Self::ScsiHost { name: Some(_), parent: Some(_) }
            | Self::ScsiHost { name: None, parent: None } => {
                refuse("an <adapter> of type scsi_host needs either a name or a <parentaddr>")
            }
            Self::ScsiHost { .. } => Ok(()),
            Self::FcHost { parent_wwnn, parent_wwpn, parent_fabric_wwn, wwnn, wwpn, .. } => {
                if wwnn.is_none() || wwpn.is_none() {
                    return refuse("an <adapter> of type fc_host needs its wwnn and wwpn");
                }
                if parent_wwnn.is_some() != parent_wwpn.is_some() {
                    return refuse("parent_wwnn and parent_wwpn of an <adapter> go together");
                }
                let names = [wwnn, wwpn, parent_wwnn, parent_wwpn, parent_fabric_wwn];
                match names.into_iter().flatten().find(|name| !is_world_wide_name(name)) {
                    Some(name) => {
                        let text = format!("'{name}' is not a world wide name of 16 hexadecimal digits");
                        Err(node.error(ErrorCode::Internal, text).domain(ErrorDomain::None))
                    }
                    None => Ok(()),
                }
            }
        }
    }
}

/// Sixteen hexadecimal digits, `0x` before them or not.
fn is_world_wide_name(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
