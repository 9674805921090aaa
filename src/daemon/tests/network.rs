//! Clients from the network: over TCP, and over TLS with certificates.

mod common;

use common::{Daemon, free_port};
use ferrovirt::{Connection, ErrorCode};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::path::Path;

/// Puts an authority and a certificate for each side into a folder; the client's is for `client`.
fn write_certificates(folder: &Path, client: &str) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let signed = authority.self_signed(&authority_key).unwrap();
    std::fs::write(folder.join("cacert.pem"), signed.pem()).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    for (side, names, common) in
        [("server", vec!["localhost".to_owned()], "localhost"), ("client", vec![], client)]
    {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        std::fs::write(folder.join(format!("{side}cert.pem")), certificate.pem()).unwrap();
        std::fs::write(folder.join(format!("{side}key.pem")), key.serialize_pem()).unwrap();
    }
}

/// A daemon that listens for TLS on a port, and for clients with certificates like these.
fn with_tls(client: &str, settings: &str) -> (Daemon, u16) {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    write_certificates(folder.path(), client);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let settings = format!(
        "listen_addr = \"127.0.0.1\"\ntls_port = \"{port}\"\nca_file = \"{}\"\ncert_file = \"{}\"\nkey_file = \"{}\"\n{settings}",
        path("cacert.pem"),
        path("servercert.pem"),
        path("serverkey.pem")
    );
    (Daemon::in_folder(folder, &settings, &["--listen"]), port)
}

fn tls_uri(daemon: &Daemon, port: u16) -> String {
    format!("test+tls://localhost:{port}/default?pkipath={}", daemon.folder().display())
}

#[test]
fn a_client_with_a_certificate_is_let_in() {
    let (daemon, port) = with_tls("web", "tls_allowed_dn_list = [\"*CN=web*\"]\n");
    let connection = Connection::open(Some(&tls_uri(&daemon, port))).unwrap();
    assert!(connection.is_encrypted().unwrap() && connection.is_secure().unwrap());
    assert_eq!(connection.list_all_domains(0).unwrap().len(), 1);
    let capabilities = connection.capabilities().unwrap();
    assert!(capabilities.contains("</capabilities>"));
}

#[test]
fn one_whose_name_is_not_in_the_list_is_not() {
    let (daemon, port) = with_tls("stranger", "tls_allowed_dn_list = [\"*CN=web*\"]\n");
    let err = Connection::open(Some(&tls_uri(&daemon, port))).err().unwrap();
    assert_eq!(err.code(), ErrorCode::Rpc, "{err}");
    // Nobody else is disturbed, least of all by somebody who does not shake hands.
    let silent = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    daemon.client("test:///default");
    drop(silent);
}

#[test]
fn strangers_certificates_do_not_let_in() {
    let (daemon, port) = with_tls("web", "");
    let others = tempfile::tempdir().unwrap();
    write_certificates(others.path(), "web");
    // The daemon's authority is trusted, the client's certificate is another one's.
    std::fs::copy(daemon.socket("cacert.pem"), others.path().join("cacert.pem")).unwrap();
    let uri = |folder: &Path| format!("test+tls://localhost:{port}/default?pkipath={}", folder.display());
    let err = Connection::open(Some(&uri(others.path()))).err().unwrap();
    assert_eq!(err.code(), ErrorCode::Rpc, "{err}");
    // Nor does a certificate that is not there, unless none is asked for.
    std::fs::remove_file(others.path().join("clientcert.pem")).unwrap();
    std::fs::remove_file(others.path().join("clientkey.pem")).unwrap();
    assert!(Connection::open(Some(&uri(others.path()))).is_err());
    assert!(Connection::open(Some(&tls_uri(&daemon, port))).is_ok());

    let (daemon, port) = with_tls("web", "tls_no_verify_certificate = 1\n");
    std::fs::copy(daemon.socket("cacert.pem"), others.path().join("cacert.pem")).unwrap();
    let uri = format!("test+tls://localhost:{port}/default?pkipath={}", others.path().display());
    let connection = Connection::open(Some(&uri)).unwrap();
    assert!(connection.is_encrypted().unwrap());
    // A daemon that others vouch for is none.
    let elsewhere = tempfile::tempdir().unwrap();
    write_certificates(elsewhere.path(), "web");
    let uri = format!("test+tls://localhost:{port}/default?pkipath={}", elsewhere.path().display());
    assert_eq!(Connection::open(Some(&uri)).err().unwrap().code(), ErrorCode::AuthFailed);
}

#[test]
fn much_goes_over_tls_in_both_directions() {
    let (daemon, port) = with_tls("web", "");
    let connection = Connection::open(Some(&tls_uri(&daemon, port))).unwrap();
    let long = "x".repeat(300_000);
    let xml = format!(
        "<domain type='test'><name>web</name><description>{long}</description><memory>1024</memory>\
         <os><type>hvm</type></os></domain>"
    );
    let domain = connection.define_domain(&xml, 0).unwrap();
    assert!(domain.xml_desc(0).unwrap().contains(&long));
}

#[test]
fn tcp_is_for_whom_it_is_opened() {
    let port = free_port();
    let settings = format!(
        "listen_addr = \"127.0.0.1\"\nlisten_tls = 0\nlisten_tcp = 1\ntcp_port = \"{port}\"\nauth_tcp = \"none\"\n"
    );
    let daemon = Daemon::in_folder(tempfile::tempdir().unwrap(), &settings, &["--listen"]);
    let connection = Connection::open(Some(&format!("test+tcp://127.0.0.1:{port}/default"))).unwrap();
    assert!(!connection.is_secure().unwrap());
    assert_eq!(connection.lookup_domain_by_name("test").unwrap().numeric_id(), 1);
    drop(daemon);
}
