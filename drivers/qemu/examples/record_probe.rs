//! Records what a QEMU answers to a probe: `record_probe [BINARY] > FILE`. With `--cut` the record is cut down to what a
//! test can carry; that is how `tests/data/*.replies` are made.

use std::collections::{HashMap, HashSet};

use ferrovirt_driver_qemu::capabilities::{Answers, ProbeOptions, converse};
use ferrovirt_driver_qemu::reactor::Reactor;
use serde_json::Value;

const DEVICES: &[&str] =
    &["virtio-net-pci", "intel-iommu", "pcie-root-port", "generic-pc-machine", "memory-backend-file"];
const OPTIONS: &[&str] = &["machine", "sandbox", "spice"];
const CPUS: &[&str] = &["host", "max", "base", "qemu64", "qemu64-v1", "EPYC", "Skylake-Server"];
const COMMANDS: &[&str] = &["device_add", "netdev_add", "screendump", "query-status"];

fn main() -> Result<(), ferrovirt_core::Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let binary = arguments.iter().find(|argument| !argument.starts_with("--"));
    let binary = binary.map_or("/usr/bin/qemu-system-x86_64", String::as_str);
    let reactor = Reactor::new("qemu-events");
    let sessions = converse(&reactor, binary.as_ref(), &ProbeOptions::default())?;
    let recording = Answers::to_recording(&sessions);
    if !arguments.iter().any(|argument| argument == "--cut") {
        print!("{recording}");
        return Ok(());
    }
    let mut lines = recording.lines();
    while let (Some(command), Some(reply)) = (lines.next(), lines.next()) {
        let asked: Value = serde_json::from_str(command).expect("it was just written");
        let mut reply: Value = serde_json::from_str(reply).expect("it was just written");
        if let Some(told) = reply.get_mut("return") {
            cut(&asked, told);
        }
        println!("{command}\n{reply}");
    }
    Ok(())
}

fn cut(asked: &Value, told: &mut Value) {
    let Some(told) = told.as_array_mut() else { return };
    let named = |value: &Value, member: &str, names: &[&str]| {
        value[member].as_str().is_some_and(|name| names.contains(&name))
    };
    match asked["execute"].as_str().unwrap_or_default() {
        "qom-list-types" => told.retain(|kind| {
            let name = kind["name"].as_str().unwrap_or_default();
            DEVICES.contains(&name) || name.ends_with("10.0-machine") || name.starts_with("virtio-net")
        }),
        "device-list-properties" | "qom-list-properties"
            if !named(&asked["arguments"], "typename", DEVICES) =>
        {
            told.clear();
        }
        "query-machines" => {
            told.retain(|machine| machine["name"].as_str().is_some_and(|name| name.ends_with("10.0")))
        }
        "query-cpu-definitions" => told.retain(|cpu| named(cpu, "name", CPUS)),
        "query-command-line-options" => told.retain(|option| named(option, "option", OPTIONS)),
        "query-qmp-schema" => cut_schema(told),
        _ => {}
    }
}

/// Keeps some commands and every type that they lead to.
fn cut_schema(entities: &mut Vec<Value>) {
    let by_name: HashMap<String, Value> = entities
        .iter()
        .map(|entity| (entity["name"].as_str().unwrap_or_default().to_string(), entity.clone()))
        .collect();
    let mut wanted: Vec<String> = COMMANDS.iter().map(|name| name.to_string()).collect();
    let mut kept = HashSet::new();
    while let Some(name) = wanted.pop() {
        let Some(entity) = by_name.get(&name) else { continue };
        if kept.insert(name) {
            references(entity, &mut wanted);
        }
    }
    entities.retain(|entity| entity["name"].as_str().is_some_and(|name| kept.contains(name)));
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(text) if name == "type" || name.ends_with("-type") => found.push(text.into()),
                    _ => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
