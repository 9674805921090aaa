//! Whatever a model holds, what is written is read back as the same.

mod sample;

use ferrovirt_xml::check::check_same;
use ferrovirt_xml::{Document, Hex, RawElement, check_strict, from_str, to_string};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use sample::*;
use uuid::Uuid;

/// Texts with all that has to be escaped. Line ends and tabs are left out: libvirt writes them as they are, and XML
/// reads them in attributes as blanks. Empty texts count as absent.
fn text() -> impl Strategy<Value = String> {
    "[ -~äß€😀]{1,12}"
}

fn pci() -> impl Strategy<Value = PciAddress> {
    (any::<u32>(), any::<[u8; 3]>(), of(any::<bool>())).prop_map(|(domain, [bus, slot, function], multi)| {
        PciAddress {
            domain: Hex(domain),
            bus: Hex(bus),
            slot: Hex(slot),
            function: Hex(function),
            multifunction: multi.map(Into::into),
        }
    })
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        pci().prop_map(Address::Pci),
        any::<(u32, u32)>().prop_map(|(controller, unit)| Address::Drive { controller, unit }),
    ]
}

fn disk() -> impl Strategy<Value = Disk> {
    let source = prop_oneof![
        of(text()).prop_map(|file| DiskSource::File { file }),
        of(text()).prop_map(|dev| DiskSource::Block { dev })
    ];
    (source, text(), of(text()), of(text()), text(), of(text()), any::<bool>(), of(address())).prop_map(
        |(source, device, driver, format, target, bus, readonly, address)| Disk {
            source,
            device,
            driver,
            format,
            target,
            bus,
            readonly,
            address,
        },
    )
}

fn interface() -> impl Strategy<Value = Interface> {
    (text(), text(), of(text()), of(any::<bool>()), of(address())).prop_map(
        |(r#type, mac, network, up, address)| Interface {
            r#type,
            mac,
            network,
            model: None,
            up: up.map(Into::into),
            address,
        },
    )
}

fn other() -> impl Strategy<Value = Other> {
    prop_oneof![
        Just(Other::Panic),
        text().prop_map(Other::Note),
        (text(), of(text())).prop_map(|(model, backend)| Other::Rng { model, backend }),
    ]
}

fn devices() -> impl Strategy<Value = Devices> {
    (of(text()), vec(disk(), 0..3), vec(interface(), 0..3), vec(other(), 0..4)).prop_map(
        |(emulator, disks, interfaces, others)| Devices {
            emulator,
            disks,
            controllers: vec![],
            interfaces,
            others,
        },
    )
}

fn domain() -> impl Strategy<Value = Domain> {
    let numbers = (any::<u128>(), any::<u64>(), any::<u32>());
    let flags = (any::<bool>(), any::<bool>());
    let texts = (text(), text(), of(text()), of(text()), of(text()));
    let os = (text(), of(text()), vec(text().prop_map(|dev| Boot { dev }), 0..3));
    (texts, numbers, flags, os, devices(), of(Just(Action::RenameRestart))).prop_map(
        |(texts, numbers, flags, os, devices, on_poweroff)| Domain {
            r#type: texts.0,
            name: texts.1,
            uuid: Uuid::from_u128(numbers.0),
            metadata: None,
            memory: numbers.1,
            memory_unit: texts.2,
            vcpu: numbers.2,
            placement: texts.3,
            os: Os { kind: os.0, arch: os.1, machine: None, boot: os.2 },
            acpi: flags.0,
            apic: flags.1,
            clock: texts.4,
            on_poweroff,
            devices,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_undoes_formatting(domain in domain()) {
        let text = to_string(&domain);
        prop_assert!(check_strict::<Domain>(&Document::parse(&text, "t").unwrap()).is_ok());
        let again: Domain = from_str(&text, "t").unwrap();
        prop_assert_eq!(&again, &domain);
        prop_assert_eq!(to_string(&again), text);
    }

    #[test]
    fn raw_subtrees_survive(text in text(), attribute in "[ -~\t\nä]{0,9}") {
        let mut element = RawElement { name: "a".into(), ..RawElement::default() };
        element.attributes.push(ferrovirt_xml::RawAttribute { name: "b".into(), value: attribute });
        element.children.push(ferrovirt_xml::RawNode::Text(text));
        prop_assert_eq!(RawElement::parse(&element.to_xml(), "t").unwrap(), element);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[<>/!&;'\"=a-c \\[\\]?-]{0,60}|\\PC{0,40}") {
        let _ = from_str::<Domain>(&text, "t");
        let _ = RawElement::parse(&text, "t");
    }
}

#[test]
fn the_sample_document_comes_back_unchanged() {
    check_same::<Domain>(include_str!("sample/domain.xml"));
}
