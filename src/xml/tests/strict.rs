//! The strict check: what it refuses, with place and advice.

use ferrovirt_core::{ErrorCode, ErrorDomain};
use ferrovirt_xml::{Document, RawElement, XmlElement, YesNo, check_strict};

#[derive(Debug, PartialEq, XmlElement)]
#[xml(name = "disk")]
struct Disk {
    #[xml(flatten)]
    source: Source,
    #[xml(attr, default)]
    count: u8,
    #[xml(attr = "target/@dev")]
    target: String,
    #[xml(attr = "driver/@discard")]
    discard: Option<YesNo>,
    #[xml(flatten = "driver")]
    options: Options,
    #[xml(flag)]
    readonly: bool,
    #[xml(value)]
    serial: Option<String>,
    #[xml(value = "alias")]
    aliases: Vec<u8>,
    #[xml(child = "backing")]
    backing: Option<Box<Disk>>,
    #[xml(choice)]
    extra: Option<Extra>,
    #[xml(raw)]
    metadata: Option<RawElement>,
}

#[derive(Debug, PartialEq, XmlElement)]
#[xml(tag = "type")]
enum Source {
    File {
        #[xml(attr = "source/@file")]
        file: Option<String>,
    },
    Block {
        #[xml(attr = "source/@dev")]
        dev: Option<String>,
    },
}

#[derive(Debug, PartialEq, Default, XmlElement)]
struct Options {
    #[xml(attr)]
    iommu: Option<YesNo>,
}

#[derive(Debug, PartialEq, XmlElement)]
#[xml(choice)]
enum Extra {
    Boot {
        #[xml(attr)]
        order: u8,
    },
    #[xml(value)]
    Vendor(String),
}

const GOOD: &str =
    "<disk type='file' count='3'><source file='x'/><target dev='vda'/><driver discard='yes' iommu='no'/>
 <readonly/><serial>x</serial><alias>1</alias><alias>2</alias><boot order='1'/><metadata><x y='1'/></metadata>
 <backing type='block'><target dev='a'/><source dev='/dev/x'/><vendor>v</vendor></backing></disk>";

fn strict(text: &str) -> Result<(), String> {
    check_strict::<Disk>(&Document::parse(text, "t").unwrap()).map_err(|err| {
        assert_eq!((err.code(), err.error_domain()), (ErrorCode::XmlInvalidSchema, ErrorDomain::Xml));
        err.detail().unwrap().to_owned()
    })
}

#[test]
fn what_the_model_knows_passes() {
    assert_eq!(strict(GOOD), Ok(()));
}

#[test]
fn what_it_does_not_know_is_named() {
    for (good, bad, message) in [
        (
            "count='3'",
            "cuont='3'",
            "line 1, column 19: attribute 'cuont' is not known in <disk>; did you mean 'count'?",
        ),
        (
            "count='3'",
            "count='x'",
            "line 1, column 19: invalid value 'x' for attribute 'count' of <disk>: \
            an integer from 0 to 255 is expected",
        ),
        (
            "count='3'",
            "zzzzzz='3'",
            "line 1, column 19: attribute 'zzzzzz' is not known in <disk>; known there: count, type",
        ),
        (
            "type='file'",
            "type='dir'",
            "line 1, column 7: invalid value 'dir' for attribute 'type' of <disk>: \
            one of file, block is expected",
        ),
        ("type='file'", "", "line 1, column 1: attribute 'type' of <disk> is missing"),
        (
            "<source file=",
            "<source dev=",
            "line 1, column 37: attribute 'dev' is not known in <source>; known there: file",
        ),
        (
            "<readonly/>",
            "<readnly/>",
            "line 2, column 2: element <readnly> is not known in <disk>; did you mean 'readonly'?",
        ),
        (
            "<readonly/>",
            "<readonly/><readonly/>",
            "line 2, column 13: element <readonly> may stand only once in <disk>",
        ),
        (
            "<readonly/>",
            "<readonly a=''/>",
            "line 2, column 12: attribute 'a' is not known in <readonly>; none is allowed there",
        ),
        ("<readonly/>", "<readonly>x</readonly>", "line 2, column 2: text 'x' is not allowed in <readonly>"),
        (
            "<alias>2",
            "<alias>b",
            "line 2, column 47: invalid value 'b' in <alias>: an integer from 0 to 255 is expected",
        ),
        ("<target dev='a'/>", "", "line 3, column 2: element <target> is missing in <backing>"),
        ("<target dev='a'/>", "<target/>", "line 3, column 24: attribute 'dev' of <target> is missing"),
        ("<vendor>", "<boot/><vendor>", "line 3, column 63: attribute 'order' of <boot> is missing"),
    ] {
        assert!(GOOD.contains(good), "{good}");
        assert_eq!(strict(&GOOD.replacen(good, bad, 1)), Err(message.into()));
    }
}
