//! Mediated devices that last: `mdevctl` keeps them, makes them and takes them away.

use crate::describe;
use crate::driver::Known;
use ferrovirt_conf::nodedev::{Capability, CapabilityBuilder, NodeDevice};
use ferrovirt_core::{Error, Result};
use ferrovirt_host::process::{Command, Output};
use serde_json::{Map, Value, json};
use std::time::Duration;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);

/// A mediated device as it is described.
pub struct Mediated {
    /// The kernel's name of the device that it is to be made of.
    pub parent: String,
    pub kind: String,
    pub uuid: Option<Uuid>,
    pub attributes: Vec<(String, String)>,
    pub autostart: bool,
}

impl Mediated {
    /// What a description says.
    pub fn read(capability: &Capability, parent: String) -> Result<Self> {
        let kind = capability.child_attribute("type", "id").unwrap_or_default().to_owned();
        let uuid = capability.text("uuid").and_then(|uuid| Uuid::try_parse(uuid).ok());
        let attributes = capability.children("attr");
        let attributes = attributes.filter_map(|attribute| {
            Some((attribute.attribute("name")?.to_owned(), attribute.attribute("value")?.to_owned()))
        });
        Ok(Self { parent, kind, uuid, attributes: attributes.collect(), autostart: false })
    }

    /// The device, as it is told of while it is only described.
    pub fn device(&self, parent: Option<String>) -> NodeDevice {
        let uuid = self.uuid.unwrap_or_default();
        let attribute = |(name, value): &(String, String)| {
            CapabilityBuilder::element("attr").attribute("name", name).attribute("value", value)
        };
        let capability = CapabilityBuilder::capability("mdev")
            .child(CapabilityBuilder::element("type").attribute("id", &self.kind))
            .text("uuid", uuid)
            .text("parent_addr", &self.parent)
            .child(CapabilityBuilder::element("iommuGroup").attribute("number", 0))
            .children(self.attributes.iter().map(attribute));
        NodeDevice {
            name: describe::name("mdev", &uuid.to_string(), Some(&self.parent)),
            parent: Some(parent.unwrap_or_else(|| describe::ROOT.to_owned())),
            capabilities: vec![capability.finish()],
            ..NodeDevice::default()
        }
    }

    /// As `mdevctl` wants it.
    fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("mdev_type".to_owned(), json!(self.kind));
        object.insert("start".to_owned(), json!(if self.autostart { "auto" } else { "manual" }));
        if !self.attributes.is_empty() {
            let attributes = self.attributes.iter().map(|(name, value)| json!({ name: value }));
            object.insert("attrs".to_owned(), attributes.collect());
        }
        Value::Object(object)
    }
}

fn run(args: &[String], input: Option<&str>) -> Result<Output> {
    let mut command = Command::new("mdevctl");
    command.args(args).env_pass(["PATH"]);
    if let Some(input) = input {
        command.stdin(text_file(input)?);
    }
    command.output(PATIENCE)
}

/// An open file in memory with this content.
fn text_file(text: &str) -> Result<std::fs::File> {
    use std::io::{Seek, Write};
    let failed = |err: std::io::Error| Error::system(err, "cannot hand a description to mdevctl");
    let file = rustix::fs::memfd_create("mdev", rustix::fs::MemfdFlags::CLOEXEC);
    let mut file = std::fs::File::from(file.map_err(|err| failed(err.into()))?);
    file.write_all(text.as_bytes()).and_then(|()| file.rewind()).map_err(failed)?;
    Ok(file)
}

fn check(output: Output, what: &str) -> Result<String> {
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(Error::internal(format!("unable to {what}: {}", output.complaint()))),
    }
}

/// Has a device kept (`define`), changed (`modify`), or made without being kept (`start`); its UUID comes back.
pub fn put(command: &str, device: &Mediated) -> Result<Uuid> {
    let mut args =
        vec![command.to_owned(), format!("--parent={}", device.parent), "--jsonfile=/dev/stdin".to_owned()];
    args.extend(device.uuid.map(|uuid| format!("--uuid={uuid}")));
    let output = run(&args, Some(&device.json().to_string()))?;
    let said = check(output, &format!("{command} the mediated device"))?;
    let uuid = device.uuid.or_else(|| Uuid::try_parse(&said).ok());
    uuid.ok_or_else(|| Error::internal(format!("mdevctl says '{said}' where a UUID should be")))
}

/// Has a device forgotten (`undefine`), made (`start`) or taken away (`stop`).
pub fn act(command: &str, uuid: &str) -> Result<()> {
    let output = run(&[command.to_owned(), format!("--uuid={uuid}")], None)?;
    check(output, &format!("{command} the mediated device {uuid}")).map(|_| ())
}

/// The devices that are kept; none without `mdevctl`.
pub fn defined(name_at: impl Fn(&str) -> Option<String>) -> Result<Vec<Known>> {
    let args = ["list", "--dumpjson", "--defined"].map(str::to_owned);
    let Ok(output) = run(&args, None) else { return Ok(Vec::new()) };
    let text = check(output, "list mediated devices")?;
    let found = parse(&text).ok_or_else(|| Error::internal("mdevctl's list can't be understood"))?;
    let known = found.into_iter().map(|mediated| Known {
        device: mediated.device(name_at(&mediated.parent)),
        active: false,
        persistent: true,
        autostart: mediated.autostart,
    });
    Ok(known.collect())
}

/// `[{"PARENT": [{"UUID": {"mdev_type": …, "start": …, "attrs": [{…}]}}]}]`
fn parse(text: &str) -> Option<Vec<Mediated>> {
    let list: Value = if text.is_empty() { json!([]) } else { serde_json::from_str(text).ok()? };
    let mut found = Vec::new();
    for (parent, children) in list.as_array()?.iter().filter_map(Value::as_object).flatten() {
        for (uuid, device) in children.as_array()?.iter().filter_map(Value::as_object).flatten() {
            let attributes = device.get("attrs").and_then(Value::as_array).into_iter().flatten();
            let attributes = attributes.filter_map(Value::as_object).flatten();
            let attributes =
                attributes.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
            found.push(Mediated {
                parent: parent.clone(),
                kind: device.get("mdev_type")?.as_str()?.to_owned(),
                uuid: Some(Uuid::try_parse(uuid).ok()?),
                attributes: attributes.collect(),
                autostart: device.get("start").and_then(Value::as_str) == Some("auto"),
            });
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[{"0000:00:02.0": [{"200f228a-c80a-4d50-bfb7-f5a0e4e34045": {
        "mdev_type": "i915-GVTg_V5_4", "start": "auto", "attrs": [{"a": "1"}, {"b": "2"}]}}]}]"#;

    #[test]
    fn mdevctls_list_is_read_and_its_devices_written_back() {
        let found = parse(LIST).unwrap();
        let [device] = &found[..] else { panic!("one device") };
        assert!(device.autostart && device.parent == "0000:00:02.0" && device.attributes.len() == 2);
        let told = device.device(None);
        assert_eq!(told.name, "mdev_200f228a_c80a_4d50_bfb7_f5a0e4e34045_0000_00_02_0");
        assert!(told.to_xml().contains("<attr name='b' value='2'/>"));
        let capability = told.capability("mdev").unwrap();
        let again = Mediated::read(capability, device.parent.clone()).unwrap();
        let expected = r#"{"mdev_type":"i915-GVTg_V5_4","start":"manual","attrs":[{"a":"1"},{"b":"2"}]}"#;
        assert_eq!(again.json().to_string(), expected);
        assert!(parse("").unwrap().is_empty() && parse("{}").is_none() && parse("[{\"p\": 1}]").is_none());
    }
}
