//! Bandwidth: what an interface sends is shaped (HTB with a fair queue below), what it receives beyond its rate is
//! dropped (a policing filter at its entrance).
//!
//! The kernel's traffic control counts time in ticks of 64 ns and takes its parameters as C structures; they are
//! written here as bytes, because the packet crate knows none of these kinds.

use netlink_packet_core::DefaultNla;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage};
use rustix::io::Errno;

use crate::error::{NetError, Refusal, Result};
use crate::link::nested;
use crate::netlink::{Mode, Netlink};

const TCA_OPTIONS: u16 = 2;
const HTB_INIT: u16 = 2;
const HTB_PARMS: u16 = 1;
const HTB_RATE64: u16 = 6;
const HTB_CEIL64: u16 = 7;
const U32_CLASSID: u16 = 1;
const U32_SEL: u16 = 5;
const U32_POLICE: u16 = 6;
const U32_ACT: u16 = 7;
const POLICE_TBF: u16 = 1;
const POLICE_RATE: u16 = 2;
const POLICE_RATE64: u16 = 8;
const ACT_KIND: u16 = 1;
const ACT_OPTIONS: u16 = 2;
const CSUM_PARMS: u16 = 1;

const ETH_P_ALL: u16 = 0x0003;
const ETH_P_IP: u16 = 0x0800;
/// What a burst is where none is named: one frame, rounded up as `tc` does it.
const ONE_FRAME: u64 = 1600;
const FRAME: u64 = 1500;
/// The largest packet that policing lets pass at all: segments are put together before they come here.
const POLICED_MTU: u32 = 64 * 1024;

/// A limit on one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Kilobytes (1000 bytes) per second.
    pub average: u64,
    /// Kilobytes per second that may be borrowed up to; without it, `average`. Policing has none.
    pub peak: Option<u64>,
    /// KiB that may pass at once.
    pub burst: Option<u64>,
}

/// The limits of an interface, as the host sees it: a tap transmits what its guest receives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shaping {
    pub transmit: Option<Rate>,
    pub receive: Option<Rate>,
    /// Classes below a common one, as on a network's bridge, so that guests can have shares of their own.
    pub hierarchical: bool,
}

impl Shaping {
    /// `<bandwidth>` of an interface that is a tap or a veth.
    pub fn of_tap(inbound: Option<Rate>, outbound: Option<Rate>) -> Self {
        Self { transmit: inbound, receive: outbound, hierarchical: false }
    }

    /// `<bandwidth>` of an interface that is a macvtap, whose transmitting is its guest's.
    pub fn of_macvtap(inbound: Option<Rate>, outbound: Option<Rate>) -> Self {
        Self { transmit: outbound, receive: inbound, hierarchical: false }
    }

    /// `<bandwidth>` of a network, for its bridge.
    pub fn of_bridge(inbound: Option<Rate>, outbound: Option<Rate>) -> Self {
        Self { transmit: inbound, receive: outbound, hierarchical: true }
    }
}

fn handle(major: u16, minor: u16) -> TcHandle {
    TcHandle { major, minor }
}

/// Sets the limits of an interface in place of all that it had. If one can't be set, it has none.
pub fn set(netlink: &Netlink, link: u32, shaping: &Shaping) -> Result<()> {
    clear(netlink, link)?;
    let outcome = (|| {
        if let Some(rate) = shaping.transmit {
            shape(netlink, link, rate, shaping.hierarchical)?;
        }
        shaping.receive.map_or(Ok(()), |rate| police(netlink, link, rate))
    })();
    outcome.map_err(|first| match clear(netlink, link) {
        Ok(()) => first,
        Err(undo) => NetError::HalfDone { first: Box::new(first), undo: undo.to_string() },
    })
}

/// Removes all limits of an interface; that there are none is a success.
pub fn clear(netlink: &Netlink, link: u32) -> Result<()> {
    for (parent, handle) in [(TcHandle::ROOT, TcHandle::UNSPEC), (TcHandle::INGRESS, handle(0xffff, 0))] {
        let message = message(link, handle, parent, None, Vec::new());
        match netlink.request(RouteNetlinkMessage::DelQueueDiscipline(message), Mode::Change) {
            // The kernel's own default cannot be removed, nor what is not there.
            Ok(()) | Err(Refusal { errno: Errno::NOENT | Errno::INVAL, .. }) => {}
            Err(refusal) => {
                return Err(refusal.during(format!("remove the bandwidth limits of interface number {link}")));
            }
        }
    }
    Ok(())
}

/// Repairs the checksums of DHCP answers that leave a bridge: guests whose card promises to check in hardware get
/// them unfinished, and old DHCP clients look at them. A kernel without the parts for it is passed over with a
/// warning, since most clients do not mind.
pub fn fix_dhcp_checksums(netlink: &Netlink, bridge: u32) -> Result<()> {
    let outcome = add_htb(netlink, bridge, 2).and_then(|()| {
        // UDP to port 68: the ports stand behind 20 bytes of IP header.
        let selector = selector(0x0000_ffff, 68, 20);
        let parms = ints(&[0, 0, 0, 0, 0, CSUM_IPV4_AND_UDP]);
        let options = nested(ACT_OPTIONS, &[DefaultNla::new(CSUM_PARMS, parms)]);
        let action = nested(1, &[DefaultNla::new(ACT_KIND, b"csum\0".to_vec()), options]);
        let options = vec![nested(U32_ACT, &[action]), DefaultNla::new(U32_SEL, selector)];
        let mut message = message(bridge, TcHandle::UNSPEC, handle(1, 0), Some("u32"), options);
        message.header.info = filter_info(2, ETH_P_IP);
        netlink.request(RouteNetlinkMessage::NewTrafficFilter(message), Mode::CreateNew)
    });
    match outcome {
        Err(Refusal { errno: Errno::NOENT, hint }) => {
            tracing::warn!(bridge, ?hint, "this kernel cannot repair the checksums of DHCP answers");
            clear(netlink, bridge)
        }
        other => other.map_err(|r| r.during(format!("have bridge number {bridge} repair DHCP checksums"))),
    }
}

/// `TCA_CSUM_UPDATE_FLAG_IPV4HDR | …_UDP`.
const CSUM_IPV4_AND_UDP: u32 = 1 | 16;

fn shape(netlink: &Netlink, link: u32, rate: Rate, hierarchical: bool) -> Result<()> {
    let failed = |refusal: Refusal| lacking(refusal, "HTB queueing (sch_htb)", link, "shape what is sent on");
    // Everything that no filter sorts goes to the last class.
    let leaf = if hierarchical { 2 } else { 1 };
    add_htb(netlink, link, leaf).map_err(failed)?;
    if hierarchical {
        let whole = Rate { burst: None, ..rate };
        add_class(netlink, link, handle(1, 0), handle(1, 1), whole).map_err(failed)?;
    }
    let parent = if hierarchical { handle(1, 1) } else { handle(1, 0) };
    add_class(netlink, link, parent, handle(1, leaf.into()), rate).map_err(failed)?;
    add_fair_queue(netlink, link, handle(1, leaf.into())).map_err(failed)
}

fn add_htb(netlink: &Netlink, link: u32, default_class: u8) -> Result<(), Refusal> {
    // Version 3; a class whose quantum is not given gets a tenth of its rate.
    let glob = ints(&[3, 10, default_class.into(), 0, 0]);
    let options = vec![DefaultNla::new(HTB_INIT, glob)];
    let message = message(link, handle(1, 0), TcHandle::ROOT, Some("htb"), options);
    netlink.request(RouteNetlinkMessage::NewQueueDiscipline(message), Mode::CreateNew)
}

fn add_class(
    netlink: &Netlink,
    link: u32,
    parent: TcHandle,
    class: TcHandle,
    rate: Rate,
) -> Result<(), Refusal> {
    let message = message(link, class, parent, Some("htb"), class_options(rate));
    netlink.request(RouteNetlinkMessage::NewTrafficClass(message), Mode::CreateNew)
}

fn class_options(rate: Rate) -> Vec<DefaultNla> {
    let (average, peak) =
        (bytes_per_second(rate.average), bytes_per_second(rate.peak.unwrap_or(rate.average)));
    let burst = rate.burst.map_or(ONE_FRAME, |kib| kib.saturating_mul(1024));
    // Rates that are low get less than a frame by the default rule, and the kernel complains.
    let quantum = (rate.average.saturating_mul(1024) / 8 / FRAME).clamp(1, u32::MAX.into());
    let mut parms = [rate_spec(average, 3), rate_spec(peak, 3)].concat();
    let quantum = u32::try_from(quantum).expect("it was just clamped");
    parms.extend(ints(&[ticks(average, burst), ticks(peak, ONE_FRAME), quantum, 0, 0]));
    let mut options = vec![DefaultNla::new(HTB_PARMS, parms)];
    for (kind, value) in [(HTB_RATE64, average), (HTB_CEIL64, peak)] {
        if value > u32::MAX.into() {
            options.push(DefaultNla::new(kind, value.to_ne_bytes().to_vec()));
        }
    }
    options
}

/// Streams share a class fairly. A kernel without it still shapes: first come, first served.
fn add_fair_queue(netlink: &Netlink, link: u32, parent: TcHandle) -> Result<(), Refusal> {
    // `struct tc_sfq_qopt_v1`, of which only the seconds between reshuffles are set.
    let mut options = vec![0; 72];
    options[4..8].copy_from_slice(&10u32.to_ne_bytes());
    let mut message = message(link, handle(2, 0), parent, Some("sfq"), Vec::new());
    message.attributes.push(TcAttribute::Other(DefaultNla::new(TCA_OPTIONS, options)));
    match netlink.request(RouteNetlinkMessage::NewQueueDiscipline(message), Mode::CreateNew) {
        Err(Refusal { errno: Errno::NOENT, .. }) => {
            tracing::warn!(
                link,
                "this kernel has no fair queueing (sch_sfq); streams share the bandwidth as they come"
            );
            Ok(())
        }
        other => other,
    }
}

fn police(netlink: &Netlink, link: u32, rate: Rate) -> Result<()> {
    let failed = |refusal: Refusal| {
        lacking(refusal, "policing (act_police, cls_u32, sch_ingress)", link, "limit what is received on")
    };
    let entrance = message(link, handle(0xffff, 0), TcHandle::INGRESS, Some("ingress"), Vec::new());
    netlink.request(RouteNetlinkMessage::NewQueueDiscipline(entrance), Mode::CreateNew).map_err(failed)?;
    let mut filter = message(link, TcHandle::UNSPEC, handle(0xffff, 0), Some("u32"), police_options(rate));
    filter.header.info = filter_info(0, ETH_P_ALL);
    netlink.request(RouteNetlinkMessage::NewTrafficFilter(filter), Mode::CreateNew).map_err(failed)
}

fn police_options(rate: Rate) -> Vec<DefaultNla> {
    let average = bytes_per_second(rate.average);
    // Without a burst, one second's worth, as far as the kernel can count it.
    let burst = rate.burst.unwrap_or(rate.average).min(u64::from(u32::MAX) / 1024) * 1024;
    // Cells of 512 bytes, so that 256 of them reach the largest packet.
    const CELL_LOG: u8 = 9;
    const DROP: u32 = 2;
    let mut parms = ints(&[0, DROP, 0, ticks(average, burst), POLICED_MTU]);
    parms.extend(rate_spec(average, CELL_LOG));
    parms.extend([0; 24]); // no peak rate, and counters that are the kernel's
    let table = (1..=256u64).flat_map(|cell| ticks(average, cell << CELL_LOG).to_ne_bytes()).collect();
    let mut police = vec![DefaultNla::new(POLICE_TBF, parms), DefaultNla::new(POLICE_RATE, table)];
    if average > u32::MAX.into() {
        police.push(DefaultNla::new(POLICE_RATE64, average.to_ne_bytes().to_vec()));
    }
    vec![
        nested(U32_POLICE, &police),
        DefaultNla::new(U32_CLASSID, 1u32.to_ne_bytes().to_vec()),
        // All packets: nothing of the first word is compared.
        DefaultNla::new(U32_SEL, selector(0, 0, 0)),
    ]
}

fn message(
    link: u32,
    handle: TcHandle,
    parent: TcHandle,
    kind: Option<&str>,
    options: Vec<DefaultNla>,
) -> TcMessage {
    let mut message =
        TcMessage::with_index(i32::try_from(link).expect("the kernel's interface numbers are positive ints"));
    message.header.handle = handle;
    message.header.parent = parent;
    message.attributes.extend(kind.map(|kind| TcAttribute::Kind(kind.to_owned())));
    if !options.is_empty() {
        message.attributes.push(TcAttribute::Other(nested(TCA_OPTIONS, &options)));
    }
    message
}

/// A kernel without a part says that it does not know its name.
fn lacking(refusal: Refusal, what: &'static str, link: u32, purpose: &str) -> NetError {
    if refusal.errno == Errno::NOENT {
        return NetError::KernelLacks {
            what,
            purpose: format!("the bandwidth limit of interface number {link}"),
        };
    }
    refusal.during(format!("{purpose} interface number {link}"))
}

fn filter_info(priority: u16, protocol: u16) -> u32 {
    u32::from(priority) << 16 | u32::from(protocol.to_be())
}

fn bytes_per_second(kilobytes: u64) -> u64 {
    kilobytes.saturating_mul(1000)
}

/// How long `size` bytes take, in ticks of 64 ns, as far as 32 bits reach.
fn ticks(bytes_per_second: u64, size: u64) -> u32 {
    let ticks = u128::from(size) * 1_000_000_000 / 64 / u128::from(bytes_per_second.max(1));
    u32::try_from(ticks).unwrap_or(u32::MAX)
}

/// `struct tc_ratespec` for Ethernet. Told the link layer, HTB needs no table of times beside it.
fn rate_spec(bytes_per_second: u64, cell_log: u8) -> Vec<u8> {
    const ETHERNET: u8 = 1;
    let rate = u32::try_from(bytes_per_second).unwrap_or(u32::MAX);
    let mut bytes = vec![cell_log, ETHERNET, 0, 0];
    bytes.extend((-1i16).to_ne_bytes()); // how sizes are rounded to cells
    bytes.extend([0, 0]);
    bytes.extend(rate.to_ne_bytes());
    bytes
}

/// `struct tc_u32_sel` with one key: the word at `offset`, under `mask`, is `value`.
fn selector(mask: u32, value: u32, offset: u32) -> Vec<u8> {
    const TERMINAL: u8 = 1;
    let mut bytes = vec![TERMINAL, 0, 1, 0];
    bytes.extend([0; 12]);
    bytes.extend(mask.to_be_bytes());
    bytes.extend(value.to_be_bytes());
    bytes.extend(offset.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes
}

fn ints(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::{Emitable, Nla};

    use super::*;

    fn value(attribute: &DefaultNla) -> Vec<u8> {
        let mut bytes = vec![0; attribute.value_len()];
        attribute.emit_value(&mut bytes);
        bytes
    }

    /// What iproute2 sends for `rate 1000kbps ceil 2000kbps burst 512kb quantum 87`.
    #[test]
    #[cfg(target_endian = "little")]
    fn a_class_is_as_tc_writes_it() {
        let options = class_options(Rate { average: 1000, peak: Some(2000), burst: Some(512) });
        let quantum = (1000 * 1024 / 8 / 1500u32).to_le_bytes();
        let mut expected = vec![3, 1, 0, 0, 0xff, 0xff, 0, 0, 0x40, 0x42, 0x0f, 0];
        expected.extend([3, 1, 0, 0, 0xff, 0xff, 0, 0, 0x80, 0x84, 0x1e, 0]);
        expected.extend([0, 0, 0x7d, 0, 0xd4, 0x30, 0, 0]);
        expected.extend(quantum);
        expected.extend([0; 8]);
        assert_eq!(value(&options[0]), expected);
        assert_eq!(options.len(), 1);
    }

    /// What iproute2 sends for `police rate 1000kbps burst 1000kb mtu 64kb drop flowid :1`.
    #[test]
    #[cfg(target_endian = "little")]
    fn policing_is_as_tc_writes_it() {
        let options = police_options(Rate { average: 1000, peak: None, burst: Some(1000) });
        let police = value(&options[0]);
        let expected = [
            0x3c, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x24, 0xf4, 0, 0, 0, 1, 0, 9, 1, 0, 0,
            0xff, 0xff, 0, 0, 0x40, 0x42, 0x0f, 0,
        ];
        assert_eq!(police[..36], expected);
        assert_eq!(police[36..60], [0; 24]);
        assert_eq!(police[60..72], [4, 4, 2, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0]);
        assert_eq!(options.as_slice().buffer_len(), 1140 - 4);
    }

    #[test]
    fn rates_beyond_four_gigabytes_are_given_in_64_bits() {
        let options = class_options(Rate { average: 5_000_000, peak: None, burst: None });
        assert_eq!(options.len(), 3);
        assert_eq!(value(&options[1]), 5_000_000_000u64.to_ne_bytes());
        assert_eq!(ticks(1, u64::MAX), u32::MAX);
        assert_eq!(ticks(0, 1), 15_625_000);
    }
}
