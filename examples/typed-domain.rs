//! Builds a guest without writing XML: `cargo run --example typed-domain -- test:///default`.
//!
//! The same values come from and go to JSON, so that a program can keep its guests in its own files.

use ferrovirt::conf::cpu::Arch;
use ferrovirt::conf::domain::{
    Boot, BootDevice, Connection as CardConnection, Disk, DiskBus, DiskDriver, DiskTarget, Domain,
    FileSource, Interface, MemoryAmount, NetworkPort, OsType, ParseFlags, StorageFormat, StorageLocation,
    StorageSource, Vcpu, VirtType,
};
use ferrovirt::conf::values::ScaledSize;
use ferrovirt::{Connection, Error, Result};

const MIB: u64 = 1024;

/// What the user says. All else is filled in.
fn web_server() -> Domain {
    let mut guest = Domain {
        virt_type: VirtType::Test,
        name: "web".into(),
        title: Some("Built from values".into()),
        memory: MemoryAmount { size: ScaledSize(512 * MIB), ..MemoryAmount::default() },
        vcpu: Vcpu { max: 2, ..Vcpu::default() },
        ..Domain::default()
    };
    guest.os.os_type = OsType::Hvm;
    guest.os.arch = Some(Arch::X86_64);
    guest.os.boot = vec![Boot { dev: BootDevice::Hd }];
    guest.devices.disks.push(root_disk("/var/lib/images/web.qcow2"));
    guest.devices.interfaces.push(card("default"));
    guest
}

fn root_disk(path: &str) -> Disk {
    let file = FileSource { path: Some(path.into()), ..FileSource::default() };
    Disk {
        driver: Some(DiskDriver { format: Some(StorageFormat::Qcow2), ..DiskDriver::default() }),
        source: StorageSource { location: StorageLocation::File(file), ..StorageSource::default() },
        target: DiskTarget { dev: Some("vda".into()), bus: Some(DiskBus::Virtio), ..DiskTarget::default() },
        ..Disk::default()
    }
}

fn card(network: &str) -> Interface {
    let port = NetworkPort { network: network.into(), ..NetworkPort::default() };
    Interface {
        connection: CardConnection::Network(port),
        model: Some("virtio".into()),
        ..Interface::default()
    }
}

fn run(uri: Option<&str>) -> Result<()> {
    let guest = web_server();
    // A contradiction is found before anything is sent to a host.
    let mut complete = guest.clone();
    complete.fill_defaults(ParseFlags::DEFINE)?;
    complete.validate(ParseFlags::DEFINE)?;

    let json = serde_json::to_string_pretty(&guest).map_err(|err| Error::internal(err.to_string()))?;
    let again: Domain = serde_json::from_str(&json).map_err(|err| Error::internal(err.to_string()))?;
    assert_eq!(again, guest);
    println!("{json}");

    let connection = Connection::open(uri)?;
    let domain = connection.define_domain(&guest.format(), 0)?;
    println!("{}", domain.xml_desc(0)?);
    domain.undefine(0)
}

fn main() {
    if let Err(err) = run(std::env::args().nth(1).as_deref()) {
        eprintln!("error: {err}");
        std::process::exit(1);
    }
}
