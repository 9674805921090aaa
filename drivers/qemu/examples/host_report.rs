//! Prints what this host and its emulators can do: `host_report CACHE [capabilities | domain KEY=VALUE... | models ARCH]`,
//! the keys being `emulator`, `arch`, `machine` and `type`.

use ferrovirt_conf::cpu::{self, Arch};
use ferrovirt_core::driver::HypervisorChoice;
use ferrovirt_driver_qemu::capabilities::{CapabilityCache, ProbeOptions};
use ferrovirt_driver_qemu::host_capabilities::{HostReport, Prober};
use ferrovirt_driver_qemu::reactor::Reactor;

fn main() -> Result<(), ferrovirt_core::Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let cache = arguments.first().map_or("/tmp/host-report", String::as_str);
    let cache = CapabilityCache::new(cache, ProbeOptions::default());
    let reactor = Reactor::new("qemu-events");
    let prober = Prober { cache: &cache, reactor: &reactor };
    let report = HostReport::new((rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw()));
    let value = |key: &str| {
        arguments
            .iter()
            .find_map(|argument| argument.strip_prefix(key)?.strip_prefix('='))
            .filter(|v| !v.is_empty())
    };
    match arguments.get(1).map(String::as_str) {
        Some("domain") => {
            let choice = HypervisorChoice {
                emulator: value("emulator"),
                arch: value("arch"),
                machine: value("machine"),
                virt_type: value("type"),
            };
            print!("{}", report.domain_capabilities(prober, &choice, false)?);
        }
        Some("models") => {
            let arch = arguments.get(2).map_or("x86_64", String::as_str);
            let arch: Arch = arch.parse().unwrap_or(Arch::X86_64);
            println!("{}", cpu::model_names(arch)?.join("\n"));
        }
        _ => print!("{}", report.capabilities(prober)?),
    }
    Ok(())
}
