//! Whole definitions: what is filled in, what is refused and with which code.

use super::{BootDevice, Domain, OsType, ParseFlags, VcpuPlacement};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain};
use ferrovirt_xml::YesNo;

const UUID: &str = "c7a5fdbd-edaf-9455-926a-d65c16db1809";

/// A small definition with something more in it.
fn xml(more: &str) -> String {
    let os = if more.contains("<os") { "" } else { "<os><type arch='x86_64' machine='q35'>hvm</type></os>" };
    let memory = if more.contains("<memory>") { "" } else { "<memory>1024</memory>" };
    format!("<domain type='kvm' id='7'><name>a</name><uuid>{UUID}</uuid>{memory}{os}{more}</domain>")
}

fn define(more: &str) -> Domain {
    Domain::read(&xml(more), ParseFlags::DEFINE).unwrap_or_else(|err| panic!("{err}\nin: {more}"))
}

fn refused(text: &str) -> Error {
    Domain::read(text, ParseFlags::DEFINE).err().unwrap_or_else(|| panic!("accepted: {text}"))
}

#[test]
fn a_small_definition_is_completed() {
    let expected = format!(
        "<domain type='kvm'>
  <name>a</name>
  <uuid>{UUID}</uuid>
  <memory unit='KiB'>1024</memory>
  <currentMemory unit='KiB'>1024</currentMemory>
  <vcpu placement='static'>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <boot dev='hd'/>
  </os>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
  </devices>
</domain>
"
    );
    let domain = define("");
    assert_eq!(domain.format(), expected);
    assert_eq!(domain.os.boot[0].dev, BootDevice::Hd);
    assert_eq!(domain.context().machine, "q35");
}

#[test]
fn a_completed_definition_stays_as_it_is() {
    let domain = define(
        "<vcpu current='2'>4</vcpu><iothreads>2</iothreads><cputune><vcpusched vcpus='1,3' scheduler='fifo' \
         priority='1'/><vcpupin vcpu='2' cpuset='0-1'/><vcpupin vcpu='0' cpuset='1'/></cputune>\
         <cpu><model>Nehalem</model><numa><cell cpus='0-1' memory='512'/><cell cpus='2-3' memory='512'>\
         <distances><sibling id='0' value='21'/></distances></cell></numa></cpu>",
    );
    let text = domain.format();
    assert_eq!(Domain::read(&text, ParseFlags::DEFINE).unwrap(), domain);
    for line in [
        "<vcpupin vcpu='0' cpuset='1'/>\n    <vcpupin vcpu='2' cpuset='0-1'/>",
        "<vcpusched vcpus='1' scheduler='fifo' priority='1'/>\n    <vcpusched vcpus='3' scheduler='fifo' priority='1'/>",
        "<cpu mode='custom' match='exact'>\n    <model fallback='allow'>Nehalem</model>",
        "<sibling id='0' value='10'/>\n          <sibling id='1' value='21'/>",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn an_id_is_for_running_guests() {
    assert_eq!(define("").id, None);
    let running = Domain::parse(&xml(""), ParseFlags::STATUS).unwrap();
    assert_eq!(running.id, Some(7));
    assert!(running.format().starts_with("<domain type='kvm' id='7'>\n"));
}

#[test]
fn memory_follows_from_the_numa_cells() {
    let cells = "<vcpu>2</vcpu><cpu><numa><cell cpus='0' memory='3' unit='MiB'/><cell cpus='1' memory='1024'/>\
                 </numa></cpu>";
    let domain = define(cells);
    assert_eq!((domain.memory.size.0, domain.current_memory.0), (4096, 4096));
}

#[test]
fn cpus_one_by_one_are_completed() {
    let domain = define("<vcpu>3</vcpu><vcpus><vcpu id='1' enabled='yes' order='1'/></vcpus>");
    assert_eq!(domain.vcpu.current, Some(1));
    let states: Vec<_> = domain.vcpus.iter().map(|cpu| (cpu.id, cpu.enabled, cpu.hotpluggable)).collect();
    let off = |id| (id, YesNo::No, Some(YesNo::Yes));
    assert_eq!(states, [off(0), (1, YesNo::Yes, Some(YesNo::No)), off(2)]);
}

#[test]
fn automatic_numa_placement_places_cpus_too() {
    let domain = define("<numatune><memory placement='auto'/></numatune>");
    assert_eq!(domain.vcpu.placement, VcpuPlacement::Auto);
    assert!(domain.format().contains("<memory mode='strict' placement='auto'/>"));
}

#[test]
fn a_paravirtualized_xen_guest_keeps_its_old_name() {
    let text = "<domain type='xen'><name>a</name><memory>1024</memory><bootloader>/usr/bin/pygrub</bootloader></domain>";
    let domain = Domain::read(text, ParseFlags::DEFINE).unwrap();
    assert_eq!(domain.os.os_type, OsType::Linux);
    assert_eq!(domain.context().os_type, "xen");
}

#[test]
fn a_missing_uuid_is_that_of_the_tables_or_new() {
    let text = |tables: &str| {
        let head = "<domain type='kvm'><name>a</name><genid/><memory>1024</memory><os><type>hvm</type></os>";
        format!("{head}{tables}</domain>")
    };
    let fresh = Domain::read(&text(""), ParseFlags::DEFINE).unwrap();
    assert!(fresh.uuid.is_some() && fresh.genid.is_some());
    let tables =
        format!("<sysinfo type='smbios'><system><entry name='uuid'>{UUID}</entry></system></sysinfo>");
    let known = Domain::read(&text(&tables), ParseFlags::DEFINE).unwrap();
    assert_eq!(known.uuid.map(|uuid| uuid.to_string()).as_deref(), Some(UUID));
    assert_eq!(refused(&xml(&tables.replace("c7a5", "c7a6"))).code(), ErrorCode::XmlDetail);
}

#[test]
fn what_belongs_to_other_hypervisors_is_dropped() {
    let text = xml("").replace(
        "<domain ",
        "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' \
         xmlns:xen='http://libvirt.org/schemas/domain/xen/1.0' ",
    );
    let text = text.replace(
        "</domain>",
        "<xen:commandline><xen:arg value='-x'/></xen:commandline>\
         <qemu:commandline><qemu:arg value='-S'/><qemu:env name='A' value='b'/></qemu:commandline></domain>",
    );
    let domain = Domain::read(&text, ParseFlags::DEFINE).unwrap();
    assert!(domain.namespaces.xen_commandline.is_none());
    let out = domain.format();
    assert!(out.starts_with("<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"));
    assert!(out.ends_with("    <qemu:env name='A' value='b'/>\n  </qemu:commandline>\n</domain>\n"));
}

#[test]
fn refusals_have_the_codes_that_clients_know() {
    for (text, code) in [
        ("<domain type='kvm'/>".to_owned(), ErrorCode::NoName),
        ("<domain><name>a</name></domain>".to_owned(), ErrorCode::Internal),
        ("<domain type='kvm'><name>a</name></domain>".to_owned(), ErrorCode::XmlError),
        ("<network/>".to_owned(), ErrorCode::XmlError),
        ("<domain>".to_owned(), ErrorCode::XmlDetail),
        (xml("").replace("kvm", "zvm"), ErrorCode::ConfigUnsupported),
        (xml("<title>a\nb</title>"), ErrorCode::XmlError),
        (xml("<memory>0</memory>"), ErrorCode::XmlError),
        (xml("<maxMemory>512</maxMemory>"), ErrorCode::XmlError),
        (xml("<vcpu current='2'>1</vcpu>"), ErrorCode::ConfigUnsupported),
        (xml("<features><magic/></features>"), ErrorCode::ConfigUnsupported),
        (xml("<features><kvm><magic state='on'/></kvm></features>"), ErrorCode::ConfigUnsupported),
        (
            xml("<features><hyperv><spinlocks state='on' retries='1'/></hyperv></features>"),
            ErrorCode::XmlError,
        ),
        (xml("<on_reboot>coredump-destroy</on_reboot>"), ErrorCode::ConfigUnsupported),
        (xml("<on_reboot>dance</on_reboot>"), ErrorCode::ConfigUnsupported),
        (xml("<os><type>hvm</type><nvram>/v</nvram></os>"), ErrorCode::XmlDetail),
        (xml("<os><type>exe</type></os>"), ErrorCode::XmlError),
        (xml("<clock offset='utc'><timer name='rtc' frequency='1'/></clock>"), ErrorCode::ConfigUnsupported),
        (xml("<cputune><period>1</period></cputune>"), ErrorCode::ConfigUnsupported),
        (xml("<cputune><iothreadpin iothread='1' cpuset='0'/></cputune>"), ErrorCode::ConfigUnsupported),
        (xml("<idmap><uid start='1' target='0' count='1'/></idmap>"), ErrorCode::ConfigUnsupported),
        (xml("<numatune/><numatune/>"), ErrorCode::XmlError),
        (xml("<numatune><memnode cellid='0' nodeset='0'/></numatune>"), ErrorCode::XmlError),
        (xml("<seclabel model='a'/><seclabel model='a'/>"), ErrorCode::XmlDetail),
        (xml("<cpu mode='custom'><feature name='vmx'/></cpu>"), ErrorCode::XmlError),
    ] {
        let err = refused(&text);
        assert_eq!(err.code(), code, "{err}\nin: {text}");
        assert_ne!(err.error_domain(), ErrorDomain::None, "{err}");
    }
}

#[test]
fn only_what_is_wrong_as_xml_is_of_the_xml_domain() {
    let clash = "<cachetune vcpus='0'><cache id='0' level='3' type='both' size='1'/><cache id='0' level='3' type='code' size='1'/></cachetune>";
    let cell = "<cell id='1' cpus='0' memory='1'/>";
    for (more, code, domain) in [
        ("<on_reboot>dance</on_reboot>".into(), ErrorCode::ConfigUnsupported, ErrorDomain::Domain),
        ("<vcpu current='x'>1</vcpu>".into(), ErrorCode::XmlError, ErrorDomain::Xml),
        ("<vcpu>x</vcpu>".into(), ErrorCode::XmlError, ErrorDomain::Domain),
        (format!("<cputune>{clash}</cputune>"), ErrorCode::XmlError, ErrorDomain::Resctrl),
        (format!("<cpu><numa>{cell}</numa></cpu>"), ErrorCode::XmlError, ErrorDomain::Domain),
        (
            "<devices><serial type='tcp'><source/><source/></serial></devices>".into(),
            ErrorCode::XmlError,
            ErrorDomain::Domain,
        ),
        (
            "<devices><memballoon model='none'/></devices><devices><memballoon model='none'/></devices>"
                .into(),
            ErrorCode::Internal,
            ErrorDomain::Domain,
        ),
    ] {
        let err = refused(&xml(&more));
        assert_eq!((err.code(), err.error_domain()), (code, domain), "{err}\nin: {more}");
    }
}

#[test]
fn a_wrong_uuid_comes_before_what_is_missing() {
    let err = refused("<domain><name>a</name><uuid>x</uuid></domain>");
    assert_eq!((err.code(), err.error_domain()), (ErrorCode::Internal, ErrorDomain::Domain), "{err}");
    assert!(err.message().contains("uuid"), "{err}");
}

#[test]
fn a_panic_notifier_that_nothing_is_known_of_is_not_printed() {
    let printed = |more: &str| Domain::read(&xml(more), ParseFlags::DEFINE).unwrap().format();
    assert!(!printed("<devices><panic/></devices>").contains("<panic"));
    assert!(printed("<devices><panic model='isa'/></devices>").contains("<panic model='isa'/>"));
}

#[test]
fn usb_devices_need_usb() {
    let off = "<controller type='usb' model='none'/>";
    for device in
        ["<input type='mouse' bus='usb'/>", "<hub type='usb'/>", "<redirdev bus='usb' type='spicevmc'/>"]
    {
        let err = refused(&xml(&format!("<devices>{off}{device}</devices>")));
        assert_eq!(err.code(), ErrorCode::ConfigUnsupported, "{err}");
    }
    let other = xml(&format!("<devices>{off}<input type='mouse' bus='ps2'/></devices>"));
    assert!(Domain::read(&other, ParseFlags::DEFINE).is_ok());
}

#[test]
fn load_parameters_and_missing_screens_are_checked() {
    let disk = |parm| {
        format!(
            "<devices><disk type='file'><source file='/a'/><target dev='sda' bus='scsi'/><boot order='1' loadparm='{parm}'/></disk></devices>"
        )
    };
    let err = refused(&xml(&disk("SYS1?")));
    assert_eq!((err.code(), err.error_domain()), (ErrorCode::Internal, ErrorDomain::Domain), "{err}");
    assert!(Domain::read(&xml(&disk("SYS 1.")), ParseFlags::DEFINE).is_ok());
    let videos = "<devices><video><model type='none'/></video><video><model type='vga'/></video></devices>";
    assert_eq!(refused(&xml(videos)).code(), ErrorCode::ConfigUnsupported);
}

#[test]
fn strict_reading_refuses_strangers() {
    let strict = ParseFlags { schema: true, ..ParseFlags::DEFINE };
    assert!(Domain::parse(&xml(""), strict).is_ok());
    for more in ["<magic/>", "<vcpu magic='1'>1</vcpu>", "<clock offset='utc' magic='1'/>"] {
        let err = Domain::parse(&xml(more), strict).unwrap_err();
        assert_eq!(err.code(), ErrorCode::XmlInvalidSchema, "{err}");
    }
}

#[test]
fn invalid_definitions_can_be_loaded_but_not_defined() {
    let text = xml("<on_reboot>coredump-destroy</on_reboot>");
    assert!(Domain::read(&text, ParseFlags::LOAD).is_ok());
    assert_eq!(refused(&text).code(), ErrorCode::ConfigUnsupported);
}

#[test]
fn a_device_of_the_host_is_given_to_a_guest_once_as_a_card_or_as_it_is() {
    let place = "domain='0x0000' bus='0x21' slot='0x1c' function='0x6'";
    let plain = format!("<hostdev type='pci'><source><address {place}/></source></hostdev>");
    let card = |place: &str| {
        format!("<interface type='hostdev'><source><address type='pci' {place}/></source></interface>")
    };
    let other = "domain='0x0000' bus='0x21' slot='0x1c' function='0x5'";
    let devices = |text: &str| xml(&format!("<devices>{text}</devices>"));
    assert!(Domain::read(&devices(&(card(place) + &card(other))), ParseFlags::DEFINE).is_ok());
    for twice in [card(place) + &card(place), card(place) + &plain, plain.repeat(2)] {
        assert_eq!(refused(&devices(&twice)).code(), ErrorCode::XmlError, "{twice}");
    }
}

#[test]
fn huge_pages_of_all_elements_count_and_node_0_is_the_guest_where_there_are_no_cells() {
    let backing =
        |pages: &str| xml(&format!("<memoryBacking><hugepages>{pages}</hugepages></memoryBacking>"));
    let only = Domain::read(&backing("<page size='2048' nodeset='0'/>"), ParseFlags::DEFINE).unwrap();
    assert!(only.format().contains("<page size='2048' unit='KiB'/>"), "{}", only.format());
    let other = "<memoryBacking><hugepages><page size='1048576' nodeset='0'/></hugepages></memoryBacking>";
    let both = backing("<page size='2048' nodeset='0'/>").replace("</domain>", &format!("{other}</domain>"));
    assert_eq!(refused(&both).code(), ErrorCode::XmlDetail);
    assert_eq!(refused(&backing("<page size='2048' nodeset='1'/>")).code(), ErrorCode::XmlDetail);
}

#[test]
fn groups_of_cpus_contradict_each_other_also_where_they_say_nothing() {
    let read = |tunes: &str| {
        let text = xml(&format!("<vcpu>4</vcpu><cputune>{tunes}</cputune>"));
        Domain::read(&text, ParseFlags::DEFINE).map(|domain| domain.format().contains("tune vcpus"))
    };
    let full = "<cachetune vcpus='0'><cache id='0' level='3' type='code' size='12'/></cachetune>";
    for (empty, kept) in [
        ("<cachetune vcpus='1'/>", true),
        ("<cachetune vcpus='0'/>", false),
        ("<cachetune vcpus='0-1'/>", false),
        ("<memorytune vcpus='0'/>", true),
        ("<memorytune vcpus='0-1'/>", false),
    ] {
        let whole = read(&format!("{full}{empty}"));
        assert_eq!(whole.is_ok(), kept, "{empty}");
        assert_eq!(whole.err().map_or(ErrorCode::XmlError, |err| err.code()), ErrorCode::XmlError);
        if empty.starts_with("<cache") {
            assert!(read(&format!("{empty}{full}")).expect("nothing is before it"), "{empty}");
        }
    }
    assert!(!read(&full.replace("'0'><", "'9'><")).unwrap(), "there is no such CPU");
}
