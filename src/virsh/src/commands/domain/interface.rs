//! Network interfaces by arguments: attached, detached, their bandwidth.

use super::{CONFIG, LIVE, affected, affected_for_good, live_by_default};
use crate::args::Args;
use crate::command::{Command, arg, flag, text};
use crate::commands::address::{Address, Form};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{extra, say};
use crate::shell::Shell;
use crate::values::number::parse;
use crate::xml::Writer;
use crate::{find, xml};
use ferrovirt::{Domain, TypedParams};
use ferrovirt_core::abi::*;
use roxmltree::Node;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "attach-interface",
        "attach a network interface",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("type", "network, bridge, direct, hostdev, ..."),
            arg("source", "network, bridge or device that it is connected to"),
            text("target", "name of the host's end").also_positional(),
            text("mac", "its MAC address").also_positional(),
            text("script", "script that sets the interface up").also_positional(),
            text("model", "model").also_positional(),
            text("alias", "give the interface this alias").also_positional(),
            text("inbound", "limits of what comes in: average[,peak[,burst[,floor]]]").also_positional(),
            text("outbound", "limits of what goes out: average[,peak[,burst]]").also_positional(),
            flag("persistent", "also for the next starts"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
            flag("print-xml", "only show the XML that would be sent"),
            flag("managed", "the host's driver lets go by itself"),
            text("source-mode", "mode of the source").also_positional(),
        ],
        attach_interface,
    )
    .changing(),
    Command::new(
        "detach-interface",
        "detach a network interface",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("type", "network, bridge, direct, hostdev, ..."),
            text("mac", "its MAC address").also_positional().completed_by(complete::guest_interfaces),
            flag("persistent", "also for the next starts"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
            flag("print-xml", "only show the XML that would be sent"),
        ],
        detach_interface,
    )
    .changing(),
    Command::new(
        "domiftune",
        "show or set the bandwidth of an interface",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("interface", "its name or MAC address").completed_by(complete::guest_interfaces),
            text("inbound", "limits of what comes in: average[,peak[,burst[,floor]]]").also_positional(),
            text("outbound", "limits of what goes out: average[,peak[,burst]]").also_positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        domiftune,
    ),
];

/// A bandwidth such as `1000,2000,512,100`.
#[derive(Default)]
struct Rate {
    average: u64,
    peak: u64,
    burst: u64,
    floor: u64,
}

impl Rate {
    fn parse(text: &str) -> Outcome<Self> {
        let fields: Vec<&str> = text.split(',').collect();
        if fields.len() > 4 {
            fail!("Rate string '{text}' has too many fields")
        }
        let mut numbers = [0; 4];
        for (at, name) in ["average", "peak", "burst", "floor"].iter().enumerate() {
            let field = fields.get(at).copied().unwrap_or_default();
            if !field.is_empty() {
                match parse(field) {
                    Some(number) => numbers[at] = number,
                    None => fail!("field '{name}' is malformed"),
                }
            }
        }
        let [average, peak, burst, floor] = numbers;
        Ok(Self { average, peak, burst, floor })
    }

    fn of(args: &Args, option: &str) -> Outcome<Option<Self>> {
        args.text(option)?.map(Self::parse).transpose()
    }

    fn write(&self, xml: &mut Writer, name: &str) {
        let text = |number: u64| (number > 0).then(|| number.to_string());
        let (average, peak, burst, floor) =
            (text(self.average), text(self.peak), text(self.burst), text(self.floor));
        xml.empty(
            name,
            &[
                ("average", average.as_deref()),
                ("peak", peak.as_deref()),
                ("burst", burst.as_deref()),
                ("floor", floor.as_deref()),
            ],
        );
    }

    /// What the library's parameters can hold.
    fn check_size(&self, name: &str) -> Outcome {
        if [self.average, self.peak, self.burst].iter().any(|number| *number > u32::MAX.into()) {
            fail!("{name} rate larger than maximum {}", u32::MAX)
        }
        Ok(())
    }
}

const NET_TYPES: [&str; 16] = [
    "user",
    "ethernet",
    "vhostuser",
    "server",
    "client",
    "mcast",
    "network",
    "bridge",
    "internal",
    "direct",
    "hostdev",
    "udp",
    "vdpa",
    "null",
    "vds",
    "passt",
];

fn attach_interface(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("persistent", "current")?;
    affected(args)?;
    let text = interface_xml(args)?;
    if args.flag("print-xml") {
        say!(shell, "{text}");
        return Ok(());
    }
    let domain = find::domain(shell, args)?;
    let flags = affected_for_good(args, &domain)?;
    domain.attach_device(&text, live_by_default(args, flags)).or_say(|| "Failed to attach interface")?;
    extra!(shell, "Interface attached successfully\n");
    Ok(())
}

fn interface_xml(args: &Args) -> Outcome<String> {
    let (kind, source) = (args.need("type")?, args.need("source")?);
    let unknown = || format!("No support for {kind} in command 'attach-interface'");
    if !NET_TYPES.contains(&kind) {
        fail!("{}", unknown())
    }
    let mode = args.text("source-mode")?;
    if let Some(mode) = mode
        && !matches!(mode, "server" | "client")
    {
        fail!("Invalid source mode: {mode}")
    }
    let inbound = Rate::of(args, "inbound")?;
    if inbound.as_ref().is_some_and(|rate| rate.average == 0 && rate.floor == 0) {
        fail!("either inbound average or floor is mandatory")
    }
    let outbound = Rate::of(args, "outbound")?;
    if let Some(rate) = &outbound {
        if rate.average == 0 {
            fail!("outbound average is mandatory")
        }
        if rate.floor != 0 {
            fail!("outbound floor is unsupported yet")
        }
    }
    let mut xml = Writer::default();
    xml.open("interface", &[("type", Some(kind)), ("managed", args.flag("managed").then_some("yes"))]);
    match kind {
        "network" | "bridge" => xml.empty("source", &[(kind, Some(source))]),
        "direct" => xml.empty("source", &[("dev", Some(source))]),
        "hostdev" => {
            let text = format!("pci:{source}");
            let address = Address::parse(&text, false).filter(|address| address.form == Form::Pci);
            let Some(address) = address else {
                fail!("cannot parse pci address '{source}' for network interface")
            };
            xml.open("source", &[]);
            address.write(&mut xml);
            xml.close("source");
        }
        "vhostuser" => {
            if mode.is_none() {
                fail!("source-mode is mandatory")
            }
            xml.empty("source", &[("type", Some("unix")), ("path", Some(source)), ("mode", mode)]);
        }
        _ => fail!("{}", unknown()),
    }
    let parts = [
        ("target", "dev", "target"),
        ("mac", "address", "mac"),
        ("script", "path", "script"),
        ("model", "type", "model"),
        ("alias", "name", "alias"),
    ];
    for (element, attribute, option) in parts {
        if let Some(value) = args.text(option)? {
            xml.empty(element, &[(attribute, Some(value))]);
        }
    }
    if inbound.is_some() || outbound.is_some() {
        xml.open("bandwidth", &[]);
        inbound.iter().for_each(|rate| rate.write(&mut xml, "inbound"));
        outbound.iter().for_each(|rate| rate.write(&mut xml, "outbound"));
        xml.close("bandwidth");
    }
    xml.close("interface");
    Ok(xml.finish())
}

fn detach_interface(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("persistent", "current")?;
    affected(args)?;
    let domain = find::domain(shell, args)?;
    let flags = affected_for_good(args, &domain)?;
    let print = args.flag("print-xml");
    if flags & CONFIG != 0 {
        let text = domain.xml_desc(VIR_DOMAIN_XML_INACTIVE)?;
        detach_from(shell, args, &domain, &text, CONFIG)?;
    }
    if flags & LIVE != 0 || flags & CONFIG == 0 {
        let text = domain.xml_desc(0)?;
        detach_from(shell, args, &domain, &text, live_by_default(args, flags & LIVE))?;
    }
    if !print {
        extra!(shell, "Interface detached successfully\n");
    }
    Ok(())
}

/// Detaches the interface that the arguments mean from the definition or the guest that `text` describes.
fn detach_from(shell: &mut Shell, args: &Args, domain: &Domain, text: &str, flags: u32) -> Outcome {
    let (kind, mac) = (args.need("type")?, args.text("mac")?);
    let document = xml::parse(text, "domain description xml")?;
    let all = xml::all(document.root_element(), "devices/interface");
    let all: Vec<_> = all.into_iter().filter(|node| node.attribute("type") == Some(kind)).collect();
    let interface = match the_one(&all, kind, mac) {
        Ok(interface) => interface,
        Err(failure) if args.flag("print-xml") => return Err(failure),
        Err(failure) => return Err(failure).or_say(|| "Failed to detach interface"),
    };
    let interface = xml::as_it_is(interface);
    if args.flag("print-xml") {
        say!(shell, "{interface}");
        return Ok(());
    }
    domain.detach_device(&interface, flags).or_say(|| "Failed to detach interface")
}

fn the_one<'a, 'i>(all: &[Node<'a, 'i>], kind: &str, mac: Option<&str>) -> Outcome<Node<'a, 'i>> {
    if all.is_empty() {
        fail!("No interface found whose type is {kind}")
    }
    let Some(mac) = mac else {
        let [interface] = all else {
            fail!("Domain has {} interfaces. Please specify which one to detach using --mac", all.len())
        };
        return Ok(*interface);
    };
    let has_mac = |node: &&Node<'_, '_>| {
        xml::value(**node, "mac/@address").is_some_and(|known| known.eq_ignore_ascii_case(mac))
    };
    let found: Vec<_> = all.iter().filter(has_mac).collect();
    match found[..] {
        [interface] => Ok(*interface),
        [] => fail!("No interface with MAC address {mac} was found"),
        _ => fail!(
            "Domain has multiple interfaces matching MAC address {mac}. You must use detach-device and specify the \
             device pci address to remove it."
        ),
    }
}

fn domiftune(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let device = args.need("interface")?;
    let mut changes = TypedParams::new();
    let mut add = |name: &str, value: u64, always: bool| {
        if always || value != 0 {
            changes.add(name, value as u32);
        }
    };
    if let Some(rate) = Rate::of(args, "inbound")? {
        rate.check_size("inbound")?;
        if rate.average == 0 && (rate.burst != 0 || rate.peak != 0) && rate.floor == 0 {
            fail!("either inbound average or floor is mandatory")
        }
        add(VIR_DOMAIN_BANDWIDTH_IN_AVERAGE, rate.average, true);
        add(VIR_DOMAIN_BANDWIDTH_IN_PEAK, rate.peak, false);
        add(VIR_DOMAIN_BANDWIDTH_IN_BURST, rate.burst, false);
        add(VIR_DOMAIN_BANDWIDTH_IN_FLOOR, rate.floor, false);
    }
    if let Some(rate) = Rate::of(args, "outbound")? {
        rate.check_size("outbound")?;
        if rate.average == 0 && (rate.burst != 0 || rate.peak != 0) {
            fail!("outbound average is mandatory")
        }
        if rate.floor != 0 {
            fail!("outbound floor is unsupported yet")
        }
        add(VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE, rate.average, true);
        add(VIR_DOMAIN_BANDWIDTH_OUT_PEAK, rate.peak, false);
        add(VIR_DOMAIN_BANDWIDTH_OUT_BURST, rate.burst, false);
    }
    if changes.is_empty() {
        let values = domain
            .interface_parameters(Some(device), flags)
            .or_say(|| "Unable to get interface parameters")?;
        shell.out.params(15, ":", &values);
        return Ok(());
    }
    shell.may_change(args)?;
    domain.set_interface_parameters(device, &changes, flags).or_say(|| "Unable to set interface parameters")
}
