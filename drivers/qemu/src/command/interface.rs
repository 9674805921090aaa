//! `<interface>`: network cards, and the host's ends of their cables.

use super::chardev;
use super::context::{Builder, Context, alias};
use super::descriptors::Passed;
use super::line::Parts;
use super::props::Props;
use ferrovirt_conf::domain::{
    ActualConnection, Address, Connection, Interface, InterfaceBackendType, InterfaceDriver, Socket,
    TeamingType, TxMode, VhostUserMode, VhostUserPort, VirtioModel,
};
use ferrovirt_core::{Error, Result};
use serde_json::json;
use std::net::IpAddr;

/// Seconds until QEMU looks for a passt that has gone.
const PASST_RECONNECT: u64 = 5;

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for (at, interface) in b.model().devices.interfaces.iter().enumerate() {
        // A card that is the host's is passed through with the other devices of the host.
        if is_host_device(interface) {
            continue;
        }
        build_one(b, at, interface)?;
    }
    Ok(())
}

/// The interface at a place in the definition: its back end, then the card.
pub fn build_one(b: &mut Builder<'_>, at: usize, interface: &Interface) -> Result<()> {
    let netdev = backend(b, at, interface)?;
    b.line.netdev(&netdev);
    if b.context.is_board_card(interface) {
        let parts = board_card(interface)?;
        b.line.option("-net", parts);
        return Ok(());
    }
    let props = b.context.network_card(interface)?;
    b.device(props)
}

/// Whether the card itself is a device of the host.
pub fn is_host_device(interface: &Interface) -> bool {
    match &interface.actual {
        Some(actual) => matches!(actual.connection, ActualConnection::Hostdev(_)),
        None => matches!(interface.connection, Connection::Hostdev(_)),
    }
}

fn is_passt(interface: &Interface) -> bool {
    interface.backend.kind == Some(InterfaceBackendType::Passt)
}

/// The host's end.
fn backend(b: &mut Builder<'_>, at: usize, interface: &Interface) -> Result<Props> {
    let id = alias(&interface.info)?;
    if interface.script.is_some() && !matches!(interface.connection, Connection::Ethernet(_)) {
        let text = format!("interfaces of type '{}' have no <script>", interface.connection.kind());
        return Err(Error::config_unsupported(text));
    }
    let mut props = Props::new();
    match &interface.connection {
        Connection::Network(_) | Connection::Bridge(_) | Connection::Direct(_) | Connection::Ethernet(_) => {
            tap(b, at, interface, &mut props)?;
        }
        Connection::User { .. } if is_passt(interface) => passt(b, id, &mut props),
        Connection::User { .. } => user(interface, &mut props),
        Connection::Internal { .. } => _ = props.set("type", "user"),
        Connection::Client(socket) => _ = props.set("type", "socket").set("connect", place(socket)),
        Connection::Server(socket) => _ = props.set("type", "socket").set("listen", place(socket)),
        Connection::Multicast(socket) => _ = props.set("type", "socket").set("mcast", place(socket)),
        Connection::Udp(socket) => {
            props.set("type", "socket").set("udp", format!("{}:{}", socket.address, socket.port));
            props.set("localaddr", format!("{}:{}", socket.local_address, socket.local_port));
        }
        Connection::VhostUser(port) => {
            vhost_user(b, id, interface, port)?;
            props.set("type", "vhost-user").set("chardev", format!("char{id}"));
            queues(interface, &mut props);
        }
        Connection::Vdpa { .. } => {
            let path = b.descriptor_path(Passed::NetworkBackend { interface: at }, &format!("{id}-vdpa"))?;
            props.set("type", "vhost-vdpa").set("vhostdev", path);
            queues(interface, &mut props);
        }
        Connection::Hostdev(_) | Connection::Null | Connection::Vds(_) => {
            let text = format!("QEMU has no interfaces of type '{}'", interface.connection.kind());
            return Err(Error::config_unsupported(text));
        }
    }
    props.set("id", format!("host{id}"));
    Ok(props)
}

fn queues(interface: &Interface, props: &mut Props) {
    let queues = interface.driver.as_ref().map_or(0, |driver| driver.queues);
    props.maybe("queues", (queues > 1).then_some(queues));
}

fn place(socket: &Socket) -> String {
    format!("{}:{}", socket.address.as_deref().unwrap_or_default(), socket.port)
}

/// An open tap, one descriptor a queue; and the kernel's own way to serve it, where that is open too.
fn tap(b: &mut Builder<'_>, at: usize, interface: &Interface, props: &mut Props) -> Result<()> {
    props.set("type", "tap");
    let (taps, vhosts) = b.descriptors.queues(at);
    if taps == 0 {
        let name = interface.target.dev.as_deref().unwrap_or("without a name");
        return Err(Error::internal(format!("the tap {name} of an interface has not been opened")));
    }
    let list = |b: &mut Builder<'_>, count: usize, of: fn(usize, usize) -> Passed| -> Result<String> {
        let fds: Result<Vec<String>> = (0..count).map(|queue| b.descriptors.pass(of(at, queue))).collect();
        Ok(fds?.join(":"))
    };
    let fds = list(b, taps, |interface, queue| Passed::Tap { interface, queue })?;
    props.set(if taps > 1 { "fds" } else { "fd" }, fds);
    if vhosts > 0 {
        let fds = list(b, vhosts, |interface, queue| Passed::Vhost { interface, queue })?;
        props.set("vhost", true).set(if vhosts > 1 { "vhostfds" } else { "vhostfd" }, fds);
    }
    props.maybe("sndbuf", interface.send_buffer);
    Ok(())
}

fn user(interface: &Interface, props: &mut Props) {
    props.set("type", "user");
    for ip in &interface.ips {
        match ip.address {
            IpAddr::V4(address) if ip.prefix != 0 => _ = props.set("net", format!("{address}/{}", ip.prefix)),
            IpAddr::V4(address) => _ = props.set("net", address.to_string()),
            IpAddr::V6(address) => {
                props.set("ipv6-prefix", address.to_string()).positive("ipv6-prefixlen", ip.prefix);
            }
        }
    }
}

/// passt listens on a socket of its own.
fn passt_socket(b: &Builder<'_>, id: &str) -> String {
    let host = b.host();
    let name = format!("{}-{id}.socket", host.short_name);
    host.settings.passt_folder.join(name).to_string_lossy().into_owned()
}

fn passt(b: &Builder<'_>, id: &str, props: &mut Props) {
    props.set("type", "stream").set("addr", json!({ "type": "unix", "path": passt_socket(b, id) }));
    props.set("server", false);
    match b.context.capabilities.schema_has("netdev_add/arg-type/+stream/reconnect-ms") {
        true => props.set("reconnect-ms", PASST_RECONNECT * 1000),
        false => props.set("reconnect", PASST_RECONNECT),
    };
}

/// The socket to whoever moves the packets.
fn vhost_user(b: &mut Builder<'_>, id: &str, interface: &Interface, port: &VhostUserPort) -> Result<()> {
    use ferrovirt_conf::domain::Reconnect;
    if is_passt(interface) {
        let path = passt_socket(b, id);
        let again =
            Reconnect { enabled: Some(ferrovirt_xml::YesNo::Yes), timeout: Some(PASST_RECONNECT as u32) };
        return chardev::client_socket(b, &format!("char{id}"), &path, Some(&again));
    }
    let path = port.path.as_deref().unwrap_or_default();
    if port.mode == Some(VhostUserMode::Server) {
        let mut parts = Parts::new(format_args!("socket,id=char{id}"));
        // The guest waits until its network is there.
        parts.set("path", path).add("server=on");
        b.line.option("-chardev", parts);
        return Ok(());
    }
    chardev::client_socket(b, &format!("char{id}"), path, port.reconnect.as_ref())
}

/// A card that is a part of the machine.
fn board_card(interface: &Interface) -> Result<Parts> {
    let id = alias(&interface.info)?;
    let mut parts = Parts::new("nic");
    parts.maybe("macaddr", interface.mac_address()).set("netdev", format_args!("host{id}"));
    parts.maybe("model", interface.model.as_deref()).set("id", id);
    Ok(parts)
}

impl Context<'_> {
    /// Whether a card is a part of the machine: ARM's boards have no place to plug one in.
    fn is_board_card(self, interface: &Interface) -> bool {
        let pluggable = matches!(interface.info.address, Some(Address::Pci(_) | Address::VirtioMmio));
        self.arch().is_arm() && !pluggable
    }

    /// The card that the guest sees.
    pub fn network_card(self, interface: &Interface) -> Result<Props> {
        let id = alias(&interface.info)?;
        let mut props = match interface.is_virtio() {
            true => self.virtio_card(interface)?,
            false => {
                let model = interface.model.as_deref();
                Props::device(model.ok_or_else(|| Error::internal("an interface has no model yet"))?)
            }
        };
        props.set("netdev", format!("host{id}")).set("id", id);
        props.maybe("mac", interface.mac_address().map(|mac| mac.to_string()));
        props.maybe("bootindex", self.boot_index(&interface.info));
        if self.capabilities.device_has_property("virtio-net-ccw", "loadparm") {
            props.text("loadparm", interface.info.load_parm.as_deref());
        }
        self.address(&mut props, &interface.info)?;
        self.rom(&mut props, &interface.info)?;
        Ok(props)
    }

    fn virtio_card(self, interface: &Interface) -> Result<Props> {
        let default = InterfaceDriver::default();
        let driver = interface.driver.as_ref().unwrap_or(&default);
        let model = match interface.model.as_deref() {
            Some("virtio-transitional") => Some(VirtioModel::VirtioTransitional),
            Some("virtio-non-transitional") => Some(VirtioModel::VirtioNonTransitional),
            _ => None,
        };
        let mut props = self.virtio("virtio-net", &interface.info, model, &driver.virtio)?;
        props.text(
            "tx",
            driver.tx_mode.map(|mode| match mode {
                TxMode::IoThread => "bh",
                TxMode::Timer => "timer",
            }),
        );
        props.switch("ioeventfd", driver.ioeventfd).switch("event_idx", driver.event_idx);
        let (host, guest) = (&driver.host, &driver.guest);
        props.switch("csum", host.csum).switch("gso", host.gso).switch("host_tso4", host.tso4);
        props.switch("host_tso6", host.tso6).switch("host_ecn", host.ecn).switch("host_ufo", host.ufo);
        props.switch("mrg_rxbuf", host.mrg_rxbuf).switch("guest_csum", guest.csum);
        props.switch("guest_tso4", guest.tso4).switch("guest_tso6", guest.tso6);
        props.switch("guest_ecn", guest.ecn).switch("guest_ufo", guest.ufo);
        if driver.queues > 1 {
            props.set("mq", true);
            // One for each direction of a queue, one for control, one for the configuration.
            if !matches!(interface.info.address, Some(Address::Ccw(_))) {
                props.set("vectors", 2 * u64::from(driver.queues) + 2);
            }
        }
        props.positive("rx_queue_size", driver.rx_queue_size).positive("tx_queue_size", driver.tx_queue_size);
        props.switch("rss", driver.rss).switch("hash", driver.rss_hash_report);
        props.positive("host_mtu", interface.mtu);
        let persistent = interface.teaming.as_ref().is_some_and(|team| team.kind == TeamingType::Persistent);
        props.switch("failover", persistent.then_some(true));
        Ok(props)
    }
}
