//! A process that logs: one test alone, as the settings are the process's.

use ferrovirt_log as log;
use std::fs;
use tracing::{debug, error, info, info_span, warn};

const MONITOR: &str = "ferrovirt_driver_qemu::monitor";
const TABLE: &str = "ferrovirt_net::mac_table";

#[test]
fn messages_go_by_level_filters_and_outputs_as_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let (all, errors) = (folder.path().join("all.log"), folder.path().join("errors.log"));
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    log::start();
    log::set_outputs(&format!("1:file:{} 4:file:{}", all.display(), errors.display())).unwrap();

    info!(target: MONITOR, "before any setting");
    warn!(target: MONITOR, domain = "web", "guest is slow");
    log::set_filters("1:qemu 4:net").unwrap();
    debug!(target: MONITOR, "a detail");
    warn!(target: TABLE, "not by this filter");
    debug!(target: "another_program", "not ours");
    info_span!(target: MONITOR, "call", domain = "db").in_scope(|| error!(target: TABLE, "lost"));
    log::set_level(log::Level::Info);
    info!(target: "ferrovirt::connection", "opened");

    let text = read(&all);
    let bodies: Vec<_> = text.lines().map(|line| line.split(" : ").nth(2).unwrap_or(line)).collect();
    let wanted = ["guest is slow domain=\"web\"", "a detail", "lost domain=\"db\"", "opened"];
    assert_eq!(bodies[2..], wanted, "{text}");
    assert!(bodies[0].contains("ferrovirt version") || text.contains("ferrovirt version: "), "{text}");
    assert!(text.contains(": warning : qemu.monitor:"), "{text}");
    assert_eq!(read(&errors).lines().filter(|line| line.contains(": error : net.mac_table:")).count(), 1);
    assert_eq!(read(&errors).lines().count(), 3, "two lines of introduction and one message");

    // What is wrong changes nothing.
    log::set_outputs("1:tape").unwrap_err();
    log::set_outputs("1:file:/nowhere/at/all").unwrap_err();
    log::set_filters("9:qemu").unwrap_err();
    assert_eq!(log::outputs().len(), 2);
    assert_eq!(log::filters()[0].to_string(), "1:*qemu*");
}
