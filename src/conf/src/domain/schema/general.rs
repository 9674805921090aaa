//! The machine as a whole: memory, CPUs, tuning, features, time, labels.

use super::{devices, os};
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

/// What the schema wants of `<domain>` and `<inactiveDomain>`.
pub const DOMAIN: &[Rule] = &[
    Rule::is("@type", Values::one_of(TYPES)),
    Rule::is("@id", UINT),
    Rule::needs("name"),
    Rule::is("name title", LINE),
    Rule::is("uuid", UUID),
    Rule::is("genid", UUID_OR_EMPTY),
    Rule::only("metadata", "*"),
    Rule::any("metadata/*"),
    Rule::part("memory maxMemory currentMemory memtune/*", size),
    Rule::may("memory"),
    Rule::part("", os::boot),
    Rule::part("", resources),
    Rule::part("cputune", cputune),
    Rule::part("numatune", numatune),
    Rule::part("clock", clock),
    Rule::part("features", features),
    Rule::part("sysinfo", sysinfo),
    Rule::part("launchSecurity", launch_security),
    Rule::part("seclabel", label),
    Rule::part("", namespaces),
    Rule::is("idmap/*/@start idmap/*/@target idmap/*/@count", UINT),
    Rule::is("on_poweroff on_reboot", Values::one_of(&["destroy", "restart", "preserve", "rename-restart"])),
    Rule::is(
        "on_crash",
        Values::one_of(&[
            "destroy",
            "restart",
            "preserve",
            "rename-restart",
            "coredump-destroy",
            "coredump-restart",
        ]),
    ),
    Rule::is("on_lockfailure", Values::one_of(&["poweroff", "restart", "pause", "ignore"])),
    Rule::needs("keywrap/cipher perf/event"),
    Rule::uncrossed("", &[RESOURCES, "on_reboot on_poweroff on_crash on_lockfailure"]),
    Rule::part("devices", devices::all),
];

const TYPES: &[&str] = &[
    "qemu", "kqemu", "kvm", "xen", "lxc", "uml", "openvz", "test", "vmware", "hyperv", "vbox", "phyp", "vz",
    "bhyve", "hvf",
];

const RESOURCES: &str = "memory maxMemory currentMemory memoryBacking vcpu vcpus iothreads iothreadids defaultiothread \
    blkiotune memtune cputune numatune resource";
const WEIGHT: Values = Values::named("a weight from 100 to 1000", |text| within(text, 100, 1000));
const PERIOD: Values = Values::named("an integer from 1000 to 1000000", |text| within(text, 1000, 1_000_000));
const QUOTA: Values =
    Values::named("an integer from -1 to 17592186044415", |text| within(text, -1, 17_592_186_044_415));
const DISTANCE_OF_TIME: Values = Values::named("seconds", is_seconds);
const ADJUSTMENT: Values = Values::named("seconds or reset", |text| text == "reset" || is_seconds(text));
const TIME_ZONE: Values = Values::named("a time zone's name", |text| {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+-/".contains(&byte))
});
const MEMORY_MODES: Values = Values::one_of(&["strict", "preferred", "interleave", "restrictive"]);
const POLICIES: Values = Values::one_of(&["default", "allow", "deny"]);
const CAPABILITIES: &str = "@policy audit_control audit_write block_suspend chown dac_override dac_read_search fowner \
    fsetid ipc_lock ipc_owner kill lease linux_immutable mac_admin mac_override mknod net_admin net_bind_service \
    net_broadcast net_raw setgid setfcap setpcap setuid sys_admin sys_boot sys_chroot sys_module sys_nice sys_pacct \
    sys_ptrace sys_rawio sys_resource sys_time sys_tty_config syslog wake_alarm";
const PRINTABLE_128: Values =
    Values::named("up to 128 printable characters", |text| is_printable(text, 1, 128));

fn is_seconds(text: &str) -> bool {
    crate::values::is_digits(text.strip_prefix(['-', '+']).unwrap_or(text))
}

/// Printable ASCII, so many characters.
pub(super) fn is_printable(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

tables! {
    /// A number with a unit.
    fn size [Rule::only("", "@unit @dumpCore @slots"), Rule::is("@unit", UNIT), Rule::is("", ULONG)]

    /// The same, and nothing else.
    fn plain_size [Rule::only("", "@unit"), Rule::is("@unit", UNIT), Rule::is("", ULONG)]

    fn resources [
        Rule::is("vcpu/@current vcpu", COUNT),
        Rule::is("vcpu/@cpuset", CPUS),
        Rule::needs("vcpus/vcpu/@id vcpus/vcpu/@enabled"),
        Rule::is("vcpus/vcpu/@id vcpus/vcpu/@order iothreads iothreadids/iothread/@id", UINT),
        Rule::is("iothreadids/iothread/poll/@max iothreadids/iothread/poll/@grow iothreadids/iothread/poll/@shrink", ULONG),
        Rule::is("iothreadids/iothread/@thread_pool_min iothreadids/iothread/@thread_pool_max", UINT),
        Rule::is("defaultiothread/@thread_pool_min defaultiothread/@thread_pool_max", UINT),
        Rule::needs("memoryBacking/source/@type memoryBacking/access/@mode memoryBacking/hugepages/page/@size"),
        Rule::is("memoryBacking/hugepages/page/@size", ULONG),
        Rule::is("memoryBacking/hugepages/page/@unit", UNIT),
        Rule::is("memoryBacking/hugepages/page/@nodeset", CPUS),
        Rule::is("memoryBacking/allocation/@threads", UINT),
        Rule::is("blkiotune/weight blkiotune/device/weight", WEIGHT),
        Rule::needs("blkiotune/device/path"),
        Rule::is("blkiotune/device/path", PATH),
        Rule::is("blkiotune/device/read_iops_sec blkiotune/device/write_iops_sec", SIGNED_UINT),
        Rule::is("blkiotune/device/read_bytes_sec blkiotune/device/write_bytes_sec", SIGNED_ULONG),
        Rule::is("resource/partition", PATH),
        Rule::order("resource", "partition fibrechannel"),
        Rule::needs("resource/fibrechannel/@appid"),
        Rule::is("resource/fibrechannel/@appid", PRINTABLE_128),
        Rule::may("throttlegroups/throttlegroup/group_name"),
        Rule::part("throttlegroups/throttlegroup", limits),
    ]

    /// Of disks and of groups of them: a limit for both directions, or one for each.
    fn limits [
        Rule::forms("", &["total_bytes_sec", "read_bytes_sec? write_bytes_sec?"]),
        Rule::forms("", &["total_iops_sec", "read_iops_sec? write_iops_sec?"]),
        Rule::forms("", &["total_bytes_sec_max", "read_bytes_sec_max? write_bytes_sec_max?"]),
        Rule::forms("", &["total_iops_sec_max", "read_iops_sec_max? write_iops_sec_max?"]),
        Rule::forms("", &["total_bytes_sec_max_length", "read_bytes_sec_max_length? write_bytes_sec_max_length?"]),
        Rule::forms("", &["total_iops_sec_max_length", "read_iops_sec_max_length? write_iops_sec_max_length?"]),
        Rule::uncrossed("", &[
            "read_bytes_sec write_bytes_sec",
            "read_iops_sec write_iops_sec",
            "read_bytes_sec_max write_bytes_sec_max",
            "read_iops_sec_max write_iops_sec_max",
            "read_bytes_sec_max_length write_bytes_sec_max_length",
            "read_iops_sec_max_length write_iops_sec_max_length",
        ]),
        Rule::is("*", SIGNED_ULONG),
        Rule::is("group_name", TEXT),
    ]

    fn cputune [
        Rule::is("shares", UINT),
        Rule::is("period global_period emulator_period iothread_period", PERIOD),
        Rule::is("quota global_quota emulator_quota iothread_quota", QUOTA),
        Rule::needs("vcpupin/@vcpu vcpupin/@cpuset emulatorpin/@cpuset iothreadpin/@iothread iothreadpin/@cpuset"),
        Rule::is("vcpupin/@vcpu", PLAIN_USHORT),
        Rule::is("iothreadpin/@iothread", UINT),
        Rule::is("vcpupin/@cpuset emulatorpin/@cpuset iothreadpin/@cpuset vcpusched/@vcpus iothreadsched/@iothreads", CPUS),
        Rule::may("vcpusched/@vcpus iothreadsched/@iothreads"),
        Rule::part("vcpusched iothreadsched emulatorsched", scheduler),
        Rule::needs("cachetune/@vcpus memorytune/@vcpus"),
        Rule::is("cachetune/@vcpus memorytune/@vcpus cachetune/monitor/@vcpus memorytune/monitor/@vcpus", CPUS),
        Rule::forms("cachetune", &["cache+ monitor*", "monitor+"]),
        Rule::forms("memorytune", &["node+ monitor*", "monitor+"]),
        Rule::needs("cachetune/cache/@id cachetune/cache/@level cachetune/cache/@type cachetune/cache/@size"),
        Rule::only("cachetune/cache", "@id @level @type @size @unit"),
        Rule::is("cachetune/cache/@id cachetune/cache/@level cachetune/monitor/@level", UINT),
        Rule::is("cachetune/cache/@type", Values::one_of(&["both", "code", "data"])),
        Rule::is("cachetune/cache/@size", ULONG),
        Rule::is("cachetune/cache/@unit", UNIT),
        Rule::needs("cachetune/monitor/@level cachetune/monitor/@vcpus memorytune/monitor/@vcpus"),
        Rule::needs("memorytune/node/@id memorytune/node/@bandwidth"),
        Rule::is("memorytune/node/@id memorytune/node/@bandwidth", UINT),
    ]

    fn scheduler [
        Rule::forms("", &["@scheduler=fifo|rr @priority", "@scheduler=batch|idle"]),
        Rule::is("@priority", USHORT),
    ]

    fn numatune [
        Rule::is("memory/@mode memnode/@mode", MEMORY_MODES),
        Rule::is("memory/@nodeset memnode/@nodeset", CPUS),
        Rule::forms("memory", &["@placement=static @nodeset?", "@nodeset?", "@placement=auto"]),
        Rule::needs("memnode/@cellid memnode/@mode memnode/@nodeset"),
        Rule::is("memnode/@cellid", UINT),
    ]

    fn clock [
        Rule::forms("", &[
            "@offset=localtime|utc @adjustment?",
            "@offset=timezone @timezone?",
            "@offset=variable @adjustment? @basis?",
            "@offset=absolute @start",
        ]),
        Rule::is("@adjustment", ADJUSTMENT),
        Rule::when("", "@offset", &["variable"], &[Rule::is("@adjustment", DISTANCE_OF_TIME)]),
        Rule::is("@timezone", TIME_ZONE),
        Rule::is("@start", ULONG),
        Rule::forms("timer", &[
            "@name=platform|rtc @track? @tickpolicy=delay|merge|discard",
            "@name=platform|rtc @track? @tickpolicy=catchup catchup?",
            "@name=platform|rtc @track?",
            "@name=tsc @tickpolicy=delay|merge|discard @frequency? @mode?",
            "@name=tsc @tickpolicy=catchup catchup? @frequency? @mode?",
            "@name=tsc @frequency? @mode?",
            "@name=hpet|pit|armvtimer @tickpolicy=delay|merge|discard",
            "@name=hpet|pit|armvtimer @tickpolicy=catchup catchup?",
            "@name=hpet|pit|armvtimer",
            "@name=kvmclock|hypervclock",
        ]),
        Rule::is("timer/catchup/@threshold timer/catchup/@slew timer/catchup/@limit", UINT),
        Rule::is("timer/@frequency", ULONG),
    ]

    fn features [
        Rule::part("hyperv", hyperv),
        Rule::part("smm/tseg hpt/maxpagesize tcg/tb-cache", plain_size),
        Rule::forms("smm", &["@state tseg?", ""]),
        Rule::needs("ioapic/@driver msrs/@unknown cfpc/@value sbbc/@value ibs/@value aia/@value"),
        Rule::needs("htm/@state nested-hv/@state ccf-assist/@state ras/@state ps2/@state"),
        Rule::needs("kvm/*/@state xen/*/@state"),
        Rule::is("kvm/dirty-ring/@size", SIGNED_UINT),
        Rule::only("capabilities", CAPABILITIES),
        Rule::needs("capabilities/@policy capabilities/*/@state"),
        Rule::is("capabilities/@policy", POLICIES),
        Rule::once("capabilities/*"),
        Rule::only("capabilities/*", "@state"),
        Rule::is("capabilities/*/@state", ON_OFF),
    ]

    fn hyperv [
        Rule::forms("", &[
            "@mode=passthrough",
            "@mode=custom relaxed? vapic? spinlocks? vpindex? runtime? synic? stimer? reset? vendor_id? frequencies? \
             reenlightenment? tlbflush? ipi? evmcs? avic? emsr_bitmap? xmm_input?",
            "relaxed? vapic? spinlocks? vpindex? runtime? synic? stimer? reset? vendor_id? frequencies? \
             reenlightenment? tlbflush? ipi? evmcs? avic? emsr_bitmap? xmm_input?",
        ]),
        Rule::needs("*/@state"),
        Rule::may("stimer/@state tlbflush/@state"),
        Rule::needs("*/direct/@state */extended/@state"),
        Rule::is("spinlocks/@retries", SIGNED_UINT),
        Rule::is("vendor_id/@value", Values::named("up to 12 characters without ','", |text| {
            text.chars().count() <= 12 && !text.contains([',', '\n'])
        })),
    ]

    fn sysinfo [
        Rule::when("", "@type", &["smbios"], &[
            Rule::only("", "@type bios system baseBoard chassis oemStrings"),
            Rule::once("bios system chassis oemStrings"),
            Rule::many("baseBoard"),
            Rule::only("bios system baseBoard chassis oemStrings", "entry"),
            Rule::many("bios/entry system/entry baseBoard/entry chassis/entry oemStrings/entry"),
            Rule::needs("bios/entry system/entry baseBoard/entry chassis/entry oemStrings/entry"),
            Rule::only("bios/entry system/entry baseBoard/entry chassis/entry", "@name"),
            Rule::needs("bios/entry/@name system/entry/@name baseBoard/entry/@name chassis/entry/@name"),
            Rule::is("bios/entry system/entry baseBoard/entry chassis/entry oemStrings/entry", TEXT),
            Rule::is("bios/entry/@name", Values::one_of(&["vendor", "version", "date", "release"])),
            Rule::is("system/entry/@name", Values::one_of(&[
                "manufacturer", "product", "version", "serial", "uuid", "sku", "family",
            ])),
            Rule::is("baseBoard/entry/@name", Values::one_of(&[
                "manufacturer", "product", "version", "serial", "asset", "location",
            ])),
            Rule::is("chassis/entry/@name", Values::one_of(&[
                "manufacturer", "version", "serial", "asset", "sku",
            ])),
        ]),
        Rule::when("", "@type", &["fwcfg"], &[
            Rule::only("", "@type entry"),
            Rule::needs("entry/@name"),
            Rule::only("entry", "@name @file"),
            Rule::forms("entry", &["@file", "#?"]),
        ]),
    ]

    fn launch_security [
        Rule::needs("@type"),
        Rule::is("cbitpos reducedPhysBits", SIGNED_UINT),
        Rule::order("", "cbitpos reducedPhysBits"),
        Rule::when("", "@type", &["sev"], &[Rule::may("handle"), Rule::is("handle", UINT)]),
        Rule::when("", "@type", &["sev", "sev-snp"], &[Rule::needs("policy"), Rule::is("policy", HEX)]),
    ]

    /// The guest's own label.
    fn label [
        Rule::forms("", &[
            "@type=dynamic @relabel=yes label? imagelabel? baselabel?",
            "@type=dynamic label? imagelabel? baselabel?",
            "@relabel=yes label? imagelabel? baselabel?",
            "label? imagelabel? baselabel?",
            "@type=static @relabel=yes|no label imagelabel?",
            "@type=static label imagelabel?",
            "@type=none @relabel=no",
            "@type=none",
        ]),
    ]

    fn namespaces [
        Rule::is("commandline/env/@name", WORD),
        Rule::is("deprecation/@behavior", Values::one_of(&["none", "omit", "reject", "crash"])),
        Rule::needs("commandline/env/@name commandline/arg/@value deprecation/@behavior"),
        Rule::is("namespace/sharenet/@type", Values::one_of(&["netns", "name", "pid"])),
        Rule::is("namespace/shareipc/@type namespace/shareuts/@type", Values::one_of(&["name", "pid"])),
        Rule::is("datacenterpath", TEXT),
        Rule::needs("namespace/*/@type namespace/*/@value"),
    ]
}
