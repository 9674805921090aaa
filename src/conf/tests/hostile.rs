//! Whatever the text, reading a domain ends soon, with a model or an error, and takes no more memory than it deserves.

use ferrovirt_conf::backup::DomainBackup;
use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_core::ErrorCode;
use ferrovirt_xml::Document;

const FLAGS: [ParseFlags; 2] = [ParseFlags::DEFINE, ParseFlags { schema: true, ..ParseFlags::LOAD }];

fn domain(more: &str) -> String {
    format!(
        "<domain type='kvm'><name>a</name><memory>1024</memory><os><type arch='x86_64'>hvm</type></os>{more}</domain>"
    )
}

fn code(text: &str) -> Option<ErrorCode> {
    let [outcome, _] = FLAGS.map(|flags| Domain::read(text, flags).map_err(|err| err.code()).err());
    outcome
}

#[test]
fn nesting_without_end_is_refused() {
    for depth in [300, 200_000] {
        let text = domain(&format!("<metadata>{}{}</metadata>", "<a>".repeat(depth), "</a>".repeat(depth)));
        assert!(code(&text).is_some(), "{depth}");
        assert!(code(&"<domain>".repeat(depth)).is_some(), "{depth}");
        let chain = format!(
            "<devices><disk><source file='/a'/>{}{}<target dev='vda'/></disk></devices>",
            "<backingStore type='file'><format type='raw'/><source file='/b'/>".repeat(depth),
            "</backingStore>".repeat(depth)
        );
        assert!(code(&domain(&chain)).is_some(), "{depth}");
    }
}

#[test]
fn entities_that_grow_beyond_measure_are_refused() {
    let mut text = String::from("<!DOCTYPE domain [<!ENTITY a0 'aaaaaaaaaa'>");
    for n in 1..20 {
        let inner = format!("&a{};", n - 1).repeat(10);
        text.push_str(&format!("<!ENTITY a{n} '{inner}'>"));
    }
    text.push_str("]><domain type='kvm'><name>&a19;</name></domain>");
    assert!(code(&text).is_some());
    let outside = "<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain type='kvm'><name>&x;</name></domain>";
    assert!(code(outside).is_some());
}

#[test]
fn texts_that_are_none_are_refused() {
    for text in
        ["", "\0", "<domain", "<domain type='kvm'><name>a\0b</name></domain>", "\u{feff}", "&lt;domain/>"]
    {
        assert!(code(text).is_some(), "{text:?}");
        assert!(DomainBackup::from_xml(text).is_err(), "{text:?}");
    }
    let bytes = b"<domain type='kvm'><name>\xff\xfe</name></domain>";
    assert!(Document::parse_bytes(bytes, "domain_definition").is_err());
}

#[test]
fn numbers_past_their_range_are_refused() {
    const NUMBERS: [&str; 6] = [
        "-1",
        "99999999999999999999999",
        "18446744073709551616",
        "4294967296",
        "1e9",
        "0x7fffffffffffffffffff",
    ];
    for number in NUMBERS {
        for element in [
            format!("<vcpu>{number}</vcpu>"),
            format!("<vcpu current='{number}'>1</vcpu>"),
            format!("<vcpu cpuset='0-{number}'>1</vcpu>"),
            format!("<iothreads>{number}</iothreads>"),
            format!("<currentMemory unit='EiB'>{number}</currentMemory>"),
            format!("<devices><controller type='scsi' index='{number}'/></devices>"),
            format!("<cpu><numa><cell id='{number}' memory='1'/></numa></cpu>"),
        ] {
            assert!(code(&domain(&element)).is_some(), "{element}");
        }
    }
    for huge in ["<vcpu>4294967295</vcpu>", "<iothreads>4294967295</iothreads>"] {
        assert_eq!(code(&domain(huge)), Some(ErrorCode::XmlError), "{huge}");
    }
    let indexes = "<devices><disk type='file'><source file='/a'/><target dev='sda' bus='scsi'/>\
        <address type='drive' controller='4294967295'/></disk></devices>";
    assert!(code(&domain(indexes)).is_some());
}

#[test]
fn lists_without_end_are_refused() {
    let many = |element: &str| element.repeat(20_000);
    for element in [
        "<serial type='null'/>",
        "<disk type='file'><source file='/a'/><target dev='vda'/></disk>",
        "<controller type='usb'/>",
        "<hostdev mode='subsystem' type='usb'><source><vendor id='1'/><product id='1'/></source></hostdev>",
    ] {
        let text = domain(&format!("<devices>{}</devices>", many(element)));
        assert_eq!(code(&text), Some(ErrorCode::XmlError), "{element}");
    }
    let cells = domain(&format!("<cpu><numa>{}</numa></cpu>", many("<cell memory='1'/>")));
    assert_eq!(code(&cells), Some(ErrorCode::XmlError));
    let name = domain(&format!("<title>{}</title>", "x".repeat(5 << 20)));
    assert_eq!(code(&name), None);
    let attributes: String = (0..5000).map(|n| format!(" a{n}='1'")).collect();
    assert!(code(&domain(&format!("<clock{attributes}/>"))).is_some());
}
