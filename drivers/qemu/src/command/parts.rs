//! The parts of one device, as they are plugged into a running guest: what its command line has, as monitor arguments.

use super::context::{Builder, Context};
use super::descriptors::Descriptors;
use super::line::CommandLine;
use super::{disk, interface, rng};
use crate::qmp::Properties;
use ferrovirt_core::{Error, Result};

/// A device, by its place among those of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plugged {
    Interface(usize),
    Disk(usize),
    /// Only the nodes of a disk: its medium.
    Medium(usize),
    Rng(usize),
}

/// One part. They are added in order, and removed in the opposite one.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Object(Properties),
    Netdev(Properties),
    Blockdev(Properties),
    Device(Properties),
}

/// The parts of a device.
pub fn parts(context: Context<'_>, which: Plugged, descriptors: &mut dyn Descriptors) -> Result<Vec<Part>> {
    let mut builder = Builder { context, descriptors, line: CommandLine::default(), descriptor_sets: 0 };
    let b = &mut builder;
    let devices = &context.model.devices;
    match which {
        Plugged::Interface(at) => interface::build_one(b, at, &devices.interfaces[at])?,
        Plugged::Disk(at) => disk::build_one(b, &devices.disks[at])?,
        Plugged::Medium(at) => disk::source(b, &devices.disks[at])?,
        Plugged::Rng(at) => rng::build_one(b, &devices.rngs[at])?,
    }
    let (pairs, rest) = builder.line.arguments.as_chunks::<2>();
    debug_assert!(rest.is_empty(), "every option of a device has a value");
    pairs.iter().map(|[option, value]| part(option, value)).collect()
}

fn part(option: &str, value: &str) -> Result<Part> {
    let kind = match option {
        "-object" => Part::Object,
        "-netdev" => Part::Netdev,
        "-blockdev" => Part::Blockdev,
        "-device" => Part::Device,
        other => {
            return Err(Error::config_unsupported(format!(
                "a device that needs '{other}' can't be plugged into a running guest yet"
            )));
        }
    };
    // Only options in QEMU's older syntax have other values.
    let properties = serde_json::from_str(value).map_err(|_| {
        Error::config_unsupported(format!("'{option} {value}' can't be plugged into a running guest yet"))
    })?;
    Ok(kind(properties))
}

impl Part {
    /// What it is called in QEMU.
    pub fn name(&self) -> &str {
        let (properties, key) = match self {
            Self::Blockdev(properties) => (properties, "node-name"),
            Self::Object(properties) | Self::Netdev(properties) | Self::Device(properties) => {
                (properties, "id")
            }
        };
        properties.get(key).and_then(|name| name.as_str()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_monitor_arguments_or_are_refused() {
        let netdev = part("-netdev", r#"{"type":"user","id":"hostnet0"}"#).unwrap();
        assert!(matches!(&netdev, Part::Netdev(_)));
        assert_eq!(netdev.name(), "hostnet0");
        assert_eq!(
            part("-blockdev", r#"{"node-name":"libvirt-1-storage"}"#).unwrap().name(),
            "libvirt-1-storage"
        );
        let refused = part("-chardev", "socket,id=charnet0,path=/x").unwrap_err();
        assert_eq!(refused.code(), ferrovirt_core::ErrorCode::ConfigUnsupported);
    }
}
