//! What the kernel says, asked with tools that are not ours: `ip`, `bridge`, `nft`, `ping`, and `/proc`.

use super::screen::Screen;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

fn json(program: &str, arguments: &[&str]) -> Result<Value> {
    let output =
        Command::new(program).args(arguments).output().with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        bail!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    if output.stdout.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Array(Vec::new()));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The bridge is there and up.
pub fn show_bridge(screen: &Screen, bridge: &str) -> Result<()> {
    let links = json("ip", &["-j", "-d", "link", "show", "dev", bridge])?;
    let info = &links[0]["linkinfo"]["info_data"];
    if links[0]["linkinfo"]["info_kind"] != "bridge" {
        bail!("{bridge} is not a bridge: {links}");
    }
    screen.good(&format!("kernel: {bridge} is a bridge, stp_state {}", info["stp_state"]));
    Ok(())
}

/// The guest's port neither learns nor is flooded.
pub fn show_port(screen: &Screen, tap: &str, bridge: &str) -> Result<()> {
    let links = json("ip", &["-j", "-d", "link", "show", "dev", tap])?;
    let (link, port) = (&links[0], &links[0]["linkinfo"]["info_slave_data"]);
    if link["master"] != bridge || port["learning"] != false || port["flood"] != false {
        bail!("{tap} is not a managed port of {bridge}: {link}");
    }
    screen.good(&format!("kernel: {tap} is on {bridge}, learning off, unicast_flood off"));
    Ok(())
}

/// The guest's station is a static entry behind its own tap.
pub fn show_entry(screen: &Screen, tap: &str, bridge: &str, mac: &str) -> Result<()> {
    let entries = json("bridge", &["-j", "fdb", "show", "br", bridge])?;
    let entries = entries.as_array().context("bridge prints a list")?;
    let found = entries.iter().find(|entry| entry["mac"] == mac && entry["ifname"] == tap);
    let found =
        found.with_context(|| format!("{bridge} has no entry for {mac} behind {tap}: {entries:?}"))?;
    screen.good(&format!("kernel: fdb of {bridge}: {mac} is behind {tap}, {}", found["state"]));
    Ok(())
}

/// The guest answers from the host, over the bridge.
pub fn show_answer(screen: &Screen, address: &str) -> Result<()> {
    let output = Command::new("ping").args(["-c", "2", "-i", "0.2", "-W", "5", address]).output()?;
    if !output.status.success() {
        bail!("{address} does not answer: {}", String::from_utf8_lossy(&output.stdout));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let times = text.lines().rfind(|line| line.starts_with("rtt")).unwrap_or("it answers").to_owned();
    screen.good(&format!("kernel: ping {address}: {times}"));
    Ok(())
}

/// What a network or a guest leaves on a host as long as it is there.
pub struct Traces {
    links: BTreeSet<String>,
    tables: BTreeSet<String>,
    processes: BTreeSet<String>,
}

impl Traces {
    pub fn now() -> Result<Self> {
        let names = |list: &Value, key: &str| -> BTreeSet<String> {
            let items = list.as_array().into_iter().flatten();
            items.filter_map(|item| item[key].as_str().map(str::to_owned)).collect()
        };
        let tables = json("nft", &["-j", "list", "tables"])?;
        let tables = tables["nftables"].as_array().into_iter().flatten().filter_map(|item| item.get("table"));
        Ok(Self {
            links: names(&json("ip", &["-j", "link", "show"])?, "ifname"),
            tables: tables.map(|table| format!("{} {}", table["family"], table["name"])).collect(),
            processes: processes()?,
        })
    }

    /// Fails where `later` has something that was not there before.
    pub fn compare(&self, later: &Self) -> Result<()> {
        let pairs = [
            ("link", &self.links, &later.links),
            ("nftables table", &self.tables, &later.tables),
            ("process", &self.processes, &later.processes),
        ];
        for (kind, before, after) in pairs {
            if let Some(left) = after.difference(before).next() {
                bail!("a {kind} of the demo was left: {left}");
            }
        }
        Ok(())
    }
}

/// The processes that could be ours, as number and command.
fn processes() -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc")?.filter_map(|entry| entry.ok()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A process may end between the two looks at it.
        let Ok(command) = fs::read(entry.path().join("cmdline")) else { continue };
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains("qemu-system") || command.contains("dnsmasq") {
            found.insert(format!("{name} {command}"));
        }
    }
    Ok(found)
}
