//! Command lines that this machine's QEMU is really started with.

mod common;
#[path = "common/reaped.rs"]
mod reaped;

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use ferrovirt_conf::domain::{Domain, ParseFlags, SecretReference};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, Result};
use ferrovirt_driver_qemu::capabilities::{Capabilities, ProbeOptions, probe};
use ferrovirt_driver_qemu::command::{
    Launch, Passed, Sealed, SecretUse, Secrets, Settings, Surroundings, build, prepare,
};
use ferrovirt_driver_qemu::layout::{Paths, Site};
use ferrovirt_driver_qemu::qmp::{Client, Options, QueryStatus};
use ferrovirt_driver_qemu::reactor::Reactor;
use ferrovirt_driver_qemu::{aliases, defaults};
use ferrovirt_host::process::{Command, Stdio};
use reaped::Reaped;

#[derive(Debug)]
struct NoSecrets;

impl Secrets for NoSecrets {
    fn seal(&self, _usage: SecretUse, _secret: &SecretReference) -> Result<Sealed> {
        Err(Error::internal("the test has no secrets"))
    }

    fn seal_text(&self, _text: &str) -> Result<Sealed> {
        Err(Error::internal("the test has no secrets"))
    }
}

/// A definition with defaults, as a start has it.
fn model(xml: &str, capabilities: &Capabilities, folder: &Path) -> Domain {
    let flags = ParseFlags { inactive: true, ..ParseFlags::default() };
    let mut model = Domain::parse(xml, flags).expect("a definition");
    let paths = Paths::new(Layout::embedded(folder));
    let site = Site { paths: &paths, settings: &Settings::default(), secrets: None };
    defaults::fill(&mut model, capabilities, site, flags).expect("defaults");
    aliases::assign(&mut model);
    model
}

/// Starts the guest and asks its monitor; what QEMU complains of comes back if it does not come up.
fn boots(xml: &str) {
    let Some(qemu) = common::qemu() else { return };
    let reactor = Reactor::new("qemu-events");
    let options = ProbeOptions { with_kvm: false, ..ProbeOptions::default() };
    let capabilities = probe(&reactor, &qemu, &options).expect("probed");
    let folder = tempfile::tempdir().expect("a folder");
    let xml = xml
        .replace("QEMU", &qemu.display().to_string())
        .replace("FOLDER", &folder.path().display().to_string());
    let mut model = model(&xml, &capabilities, folder.path());
    std::fs::write(folder.path().join("master-key.aes"), [7; 32]).expect("a key");
    std::fs::write(folder.path().join("disk.img"), vec![0; 1 << 20]).expect("an image");
    let settings = Settings { memory_folder: folder.path().join("ram"), ..Settings::default() };
    let host = Surroundings {
        short_name: "1-guest",
        guest_folder: folder.path(),
        channel_folder: folder.path(),
        settings: &settings,
        secrets: &NoSecrets,
        now: 0,
        environment: &[],
        smbios: None,
        cdroms: &[],
        scsi_devices: &[],
        tpm_socket: None,
        incoming: None,
        nodes: None,
        auto_nodes: None,
        time_zone: 0,
    };
    prepare(&mut model, &host);
    let socket = folder.path().join("monitor.sock");
    let listen = |path: &Path| OwnedFd::from(UnixListener::bind(path).expect("a socket"));
    let file = |name: &str| OwnedFd::from(std::fs::File::create(folder.path().join(name)).expect("a file"));
    let mut files = HashMap::from([(Passed::Monitor, listen(&socket))]);
    files.insert(Passed::Socket { alias: "channel0".into() }, listen(&folder.path().join("agent.sock")));
    files.insert(Passed::File { alias: "serial1".into() }, file("serial.txt"));
    let mut command = Command::new(&qemu);
    let launch = Launch { model: &model, capabilities: &capabilities, surroundings: &host, files };
    build(launch, &mut command).expect("a command line");
    let log = folder.path().join("log");
    command.stdin(Stdio::Null).stderr(Stdio::append(&log).expect("a log"));
    let arguments: Vec<String> =
        command.arguments().iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let process = Reaped(command.spawn().expect("QEMU starts"));
    drop(command);
    let options = Options { deadline: Duration::from_secs(60), ..Options::default() };
    let status = reactor.call(async move {
        let (client, _events) = Client::connect(&socket, options).await?;
        Ok(client.execute(&QueryStatus {}).await?)
    });
    drop(process);
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    let status = status.unwrap_or_else(|err| panic!("{err}: {said}\n{}", arguments.join("\n")));
    assert!(!status.running, "-S holds the guest");
    assert_eq!(said, "", "QEMU complains");
}

#[test]
fn a_typical_guest_on_q35_boots() {
    boots(
        "<domain type='qemu'>
           <name>guest, with a comma</name><memory unit='MiB'>64</memory><vcpu>2</vcpu>
           <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/><bootmenu enable='yes'/></os>
           <features><acpi/><apic/></features>
           <cpu mode='custom' match='exact'><model>qemu64</model><topology sockets='2' cores='1' threads='1'/></cpu>
           <clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='hpet' present='no'/></clock>
           <pm><suspend-to-mem enabled='no'/></pm>
           <devices>
             <emulator>QEMU</emulator>
             <disk type='file' device='disk'>
               <driver name='qemu' type='raw' cache='none' io='threads' discard='unmap'/>
               <source file='FOLDER/disk.img'/><target dev='vda' bus='virtio'/><serial>a serial</serial>
             </disk>
             <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
             <controller type='scsi' model='virtio-scsi'/>
             <controller type='usb' model='qemu-xhci'/>
             <interface type='user'><model type='virtio'/></interface>
             <serial type='pty'/>
             <serial type='file'><source path='FOLDER/serial.txt'/></serial>
             <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
             <input type='tablet' bus='usb'/>
             <graphics type='vnc'><listen type='socket'/></graphics>
             <video><model type='virtio'/></video>
             <sound model='ich9'/>
             <watchdog model='itco' action='reset'/>
             <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
             <panic model='pvpanic'/>
           </devices>
         </domain>",
    );
}

#[test]
fn a_guest_with_numa_cells_and_memory_devices_on_i440fx_boots() {
    boots(
        "<domain type='qemu'>
           <name>guest</name><maxMemory slots='4' unit='MiB'>1024</maxMemory><memory unit='MiB'>192</memory>
           <vcpu current='1'>2</vcpu><iothreads>2</iothreads>
           <os><type arch='x86_64' machine='pc'>hvm</type></os>
           <features><acpi/></features>
           <cpu mode='custom' match='exact'><model>qemu64</model><numa>
             <cell id='0' cpus='0' memory='64' unit='MiB'/><cell id='1' cpus='1' memory='64' unit='MiB'/>
           </numa></cpu>
           <clock offset='variable' adjustment='3600'/>
           <devices>
             <emulator>QEMU</emulator>
             <disk type='file' device='disk'>
               <driver name='qemu' type='raw' iothread='1' copy_on_read='on'/>
               <source file='FOLDER/disk.img'/><target dev='vda' bus='virtio'/>
             </disk>
             <disk type='file' device='floppy'><target dev='fda'/></disk>
             <controller type='usb' model='ich9-ehci1'/>
             <interface type='user'><mac address='52:54:00:00:00:01'/><model type='e1000'/></interface>
             <redirdev bus='usb' type='tcp'><source mode='bind' host='127.0.0.1' service='0'/></redirdev>
             <video><model type='cirrus'/></video>
             <memory model='dimm'><target><size unit='MiB'>64</size><node>0</node></target></memory>
           </devices>
         </domain>",
    );
}
