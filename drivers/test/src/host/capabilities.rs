//! The host's capabilities, those of its guests, and its firmware's tables, as XML.

use super::{Cell, EMULATOR, HostSetup, SECURITY_MODEL};
use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::VirtType;
use std::fmt::Write as _;

/// Sizes of pages, in KiB. The second is that of small pages on the second node.
const PAGES: [u64; 4] = [4, 8, 2048, 1024 * 1024];

/// The capabilities. Their layout has blank lines, so that they are put together here and not by the models' writer.
pub fn format(setup: &HostSetup) -> String {
    let mut out = String::from("<capabilities>\n\n  <host>\n    <cpu>\n      <arch>i686</arch>\n");
    out.push_str("      <features>\n        <pae/>\n        <nonpae/>\n      </features>\n");
    for size in PAGES {
        line(&mut out, format_args!("      <pages unit='KiB' size='{size}'/>"));
    }
    out.push_str("    </cpu>\n    <power_management/>\n    <iommu support='no'/>\n    <topology>\n");
    line(&mut out, format_args!("      <cells num='{}'>", setup.cells.len()));
    setup.cells.iter().enumerate().for_each(|(number, cell)| format_cell(&mut out, number, cell));
    out.push_str("      </cells>\n    </topology>\n    <secmodel>\n");
    line(&mut out, format_args!("      <model>{SECURITY_MODEL}</model>"));
    out.push_str("      <doi></doi>\n    </secmodel>\n  </host>\n\n");
    ["hvm", "xen"].iter().for_each(|os_type| format_guest(&mut out, os_type));
    out.push_str("</capabilities>\n");
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes everything");
}

fn format_cell(out: &mut String, number: usize, cell: &Cell) {
    line(out, format_args!("        <cell id='{number}'>"));
    line(out, format_args!("          <memory unit='KiB'>{}</memory>", cell.memory));
    let small = if number == 1 { PAGES[1] } else { PAGES[0] };
    for (size, count) in [(small, cell.memory / small), (PAGES[2], 0), (PAGES[3], 0)] {
        line(out, format_args!("          <pages unit='KiB' size='{size}'>{count}</pages>"));
    }
    line(out, format_args!("          <cpus num='{}'>", cell.cpus));
    for core in 0..cell.cpus {
        let id = cell.first_cpu + core;
        line(
            out,
            format_args!(
                "            <cpu id='{id}' socket_id='{number}' die_id='0' cluster_id='0' core_id='{core}' \
                 siblings='{id}'/>"
            ),
        );
    }
    out.push_str("          </cpus>\n        </cell>\n");
}

fn format_guest(out: &mut String, os_type: &str) {
    line(out, format_args!("  <guest>\n    <os_type>{os_type}</os_type>\n    <arch name='i686'>"));
    line(out, format_args!("      <wordsize>32</wordsize>\n      <emulator>{EMULATOR}</emulator>"));
    out.push_str("      <domain type='test'/>\n    </arch>\n");
    out.push_str("    <features>\n      <pae/>\n      <nonpae/>\n    </features>\n  </guest>\n\n");
}

/// What guests of a kind can have: nothing is known of it here.
pub fn format_domain(
    emulator: Option<&str>,
    virt_type: VirtType,
    machine: Option<&str>,
    arch: Arch,
) -> String {
    let mut w = ferrovirt_xml::Writer::new();
    w.open("domainCapabilities");
    let text = |value: &str| value.to_owned();
    if let Some(path) = emulator {
        w.value("path", &text(path));
    }
    w.value("domain", &virt_type);
    if let Some(machine) = machine {
        w.value("machine", &text(machine));
    }
    w.value("arch", &arch);
    w.open("cpu");
    for mode in ["host-passthrough", "maximum", "host-model", "custom"] {
        w.open("mode");
        w.attr_str("name", mode);
        w.attr_str("supported", "no");
        w.close("mode");
    }
    w.close("cpu");
    w.open("devices");
    w.block();
    w.close("devices");
    w.open("features");
    for feature in ["sev", "sgx"] {
        w.open(feature);
        w.attr_str("supported", "no");
        w.close(feature);
    }
    w.close("features");
    w.close("domainCapabilities");
    w.finish()
}

/// The firmware's tables of every host.
pub fn sysinfo() -> String {
    let entries =
        [("vendor", "LENOVO"), ("version", "G4ETA1WW (2.61 )"), ("date", "05/07/2014"), ("release", "2.61")];
    let mut out = String::from("<sysinfo type='smbios'>\n  <bios>\n");
    for (name, value) in entries {
        line(&mut out, format_args!("    <entry name='{name}'>{value}</entry>"));
    }
    out.push_str("  </bios>\n</sysinfo>\n");
    out
}
