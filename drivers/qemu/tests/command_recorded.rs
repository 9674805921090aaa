//! Command lines of recorded definitions: option by option as libvirt's.

#[path = "../examples/argv/compare.rs"]
mod compare;
#[path = "../examples/argv/recorded.rs"]
mod recorded;

use std::path::{Path, PathBuf};

use ferrovirt_core::ErrorCode;
use ferrovirt_driver_qemu::capabilities::{Answers, Capabilities};

/// Definitions that come out otherwise, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("chardev-backends-json", "no QEMU takes -chardev as JSON: the tests pretend one"),
    ("cpu-cache-disable3", "the host is made up, and none of the recorded ones"),
    ("cpu-check-default-partial", "the same"),
    ("cpu-host-model-cmt", "the same"),
    ("cpu-phys-bits-emulate2", "the same"),
    ("cpu-exact2", "features that may lack are decided when the guest's CPU is compared with the host's"),
    ("cpu-exact2-nofallback", "the same"),
    ("cpu-minimum1", "the model is made of the host's CPU"),
    ("disk-device-removable", "the definition as printed has lost an attribute"),
    ("disk-network-source-curl", "secrets are sealed for real, here they are all the same"),
    ("disk-network-source-curl-nbdkit", "nbdkit is not used"),
    ("disk-network-ssh-key", "nbdkit is not used"),
    ("disk-network-ssh-nbdkit", "nbdkit is not used"),
    ("net-virtio-teaming-network", "the network's own port has not been asked for"),
];

/// Definitions that can't be built as they are, because something is decided before: volumes.
const REFUSED: &[(&str, &str)] = &[
    ("disk-network-ssh-password", "nbdkit is needed"),
    ("disk-source-pool", "has not been looked up"),
    ("luks-disks-source", "has not been looked up"),
];

fn fixtures() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let root = std::env::var_os("FERROVIRT_FIXTURES").map_or(default, PathBuf::from);
    if root.join("qemuxmlconfdata").is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED: no fixtures at '{}'; set FERROVIRT_FIXTURES", root.display());
    None
}

fn capabilities(fixtures: &Path) -> Capabilities {
    let file = fixtures.join("qemucapabilitiesdata/caps_10.0.0_x86_64.replies");
    let sessions =
        Answers::from_recording(&std::fs::read_to_string(file).expect("readable")).expect("a recording");
    Capabilities::from_answers(&sessions[0], sessions.get(1)).expect("a usable QEMU")
}

#[test]
fn command_lines_are_those_that_libvirt_builds() {
    let Some(fixtures) = fixtures() else { return };
    let capabilities = capabilities(&fixtures);
    let (mut identical, mut wrong) = (0, Vec::new());
    for name in recorded::names(&fixtures) {
        let base = fixtures.join("qemuxmlconfdata").join(format!("{name}{}", recorded::SUFFIX));
        let expected = compare::read(&recorded::with(&base, "args"));
        let known = DIFFERENT.iter().any(|(known, _)| *known == name);
        match recorded::build(&recorded::with(&base, "xml"), &capabilities) {
            Ok(line) => {
                let difference = compare::difference(&expected, &line);
                identical += usize::from(difference.is_empty());
                if difference.is_empty() == known {
                    wrong.push(format!("{name}: {difference:#?}"));
                }
            }
            Err(err) => {
                let explained = |(prefix, text): &(&str, &str)| {
                    name.starts_with(prefix) && err.to_string().contains(text)
                };
                if !REFUSED.iter().any(explained) {
                    wrong.push(format!("{name}: {err}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(identical > 400, "only {identical} command lines were compared");
}

#[test]
fn what_can_not_be_given_to_qemu_is_refused_by_name() {
    let Some(fixtures) = fixtures() else { return };
    let capabilities = capabilities(&fixtures);
    let path = fixtures.join("qemuxmlconfdata/disk-network-ssh-password.x86_64-latest.xml");
    let err = recorded::build(&path, &capabilities).expect_err("passwords for ssh need nbdkit");
    assert_eq!(err.code(), ErrorCode::ConfigUnsupported);
    assert!(err.to_string().contains("nbdkit"), "{err}");
}
