//! Images that a secret opens, with real QEMU.

use crate::guests::{Host, qemu_img, xml};
use ferrovirt::{Domain, ErrorCode};

const SECRET: &str = "11111111-2222-3333-4444-666666666666";

/// A guest on an image that is encrypted with `sesame`.
fn guest(host: &Host) -> Domain {
    let image = host.path("closed.luks");
    let passphrase = "secret,id=s,data=sesame";
    qemu_img(&[
        "create",
        "-q",
        "--object",
        passphrase,
        "-f",
        "luks",
        "-o",
        "key-secret=s,iter-time=10",
        &image,
        "4M",
    ]);
    let disk = format!(
        "<devices><disk type='file'><driver name='qemu' type='raw'/><source file='{image}'><encryption format='luks'>\
         <secret type='passphrase' uuid='{SECRET}'/></encryption></source><target dev='vdb' bus='virtio'/></disk>"
    );
    let text = xml(&host.guest("closed", "")).replacen("<devices>", &disk, 1);
    host.connection.define_domain(&text, 0).expect("defined")
}

#[test]
fn the_guests_own_qemu_opens_what_is_sealed_for_it() {
    let host = Host::open();
    let domain = guest(&host);
    assert_eq!(domain.create(0).expect_err("there is no secret").code(), ErrorCode::NoSecret);
    let text = domain.xml_desc(0).expect("a description");
    let native = || host.connection.domain_xml_to_native("qemu-argv", &text, 0);
    assert_eq!(native().expect_err("there is no secret").code(), ErrorCode::NoSecret);
    let secret = format!(
        "<secret ephemeral='no' private='yes'><uuid>{SECRET}</uuid><usage type='volume'><volume>v</volume></usage></secret>"
    );
    let secret = host.connection.define_secret(&secret, 0).expect("defined");
    secret.set_value(b"mustard", 0).expect("set");
    domain.create(0).expect_err("it is the wrong one");
    secret.set_value(b"sesame", 0).expect("set");
    let line = native().expect("a command line");
    assert!(line.contains("masterKey0") && !line.contains("sesame"), "{line}");
    domain.create(0).expect("started");
    domain.destroy(0).expect("destroyed");
}
