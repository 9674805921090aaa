//! Clients from the network: over TCP, and over TLS with certificates.

mod common;
#[path = "../../../tests/support/port.rs"]
mod port;

use common::Daemon;
use ferrovirt::{Connection, ErrorCode};
use port::Port;
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
fn with_tls(client: &str, settings: &str) -> (Daemon, Port) {
    let (folder, port) = (tempfile::tempdir().unwrap(), Port::reserve());
    write_certificates(folder.path(), client);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let settings = format!(
        "listen_addr = \"127.0.0.1\"\ntls_port = \"{}\"\nca_file = \"{}\"\ncert_file = \"{}\"\nkey_file = \"{}\"\n{settings}",
        port.number,
        path("cacert.pem"),
        path("servercert.pem"),
        path("serverkey.pem")
    );
    (Daemon::in_folder(folder, &settings, &["--listen"]), port)
}

/// The URI for a client with the certificates of a folder.
fn tls_uri(folder: &Path, port: &Port) -> String {
    format!("test+tls://localhost:{}/default?pkipath={}", port.number, folder.display())
}

#[test]
fn a_client_with_a_certificate_is_let_in() {
    let (daemon, port) = with_tls("web", "tls_allowed_dn_list = [\"*CN=web*\"]\n");
    let connection = Connection::open(Some(&tls_uri(&daemon.folder(), &port))).unwrap();
    assert!(connection.is_encrypted().unwrap() && connection.is_secure().unwrap());
    assert_eq!(connection.list_all_domains(0).unwrap().len(), 1);
    let capabilities = connection.capabilities().unwrap();
    assert!(capabilities.contains("</capabilities>"));
}

#[test]
fn one_whose_name_is_not_in_the_list_is_not() {
    let (daemon, port) = with_tls("stranger", "tls_allowed_dn_list = [\"*CN=web*\"]\n");
    let err = Connection::open(Some(&tls_uri(&daemon.folder(), &port))).err().unwrap();
    assert_eq!(err.code(), ErrorCode::Rpc, "{err}");
    // Nobody else is disturbed, least of all by somebody who does not shake hands.
    let silent = std::net::TcpStream::connect(("127.0.0.1", port.number)).unwrap();
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
    let err = Connection::open(Some(&tls_uri(others.path(), &port))).err().unwrap();
    assert_eq!(err.code(), ErrorCode::Rpc, "{err}");
    // Nor does a certificate that is not there, unless none is asked for.
    std::fs::remove_file(others.path().join("clientcert.pem")).unwrap();
    std::fs::remove_file(others.path().join("clientkey.pem")).unwrap();
    assert!(Connection::open(Some(&tls_uri(others.path(), &port))).is_err());
    assert!(Connection::open(Some(&tls_uri(&daemon.folder(), &port))).is_ok());

    let (daemon, port) = with_tls("web", "tls_no_verify_certificate = 1\n");
    std::fs::copy(daemon.socket("cacert.pem"), others.path().join("cacert.pem")).unwrap();
    let connection = Connection::open(Some(&tls_uri(others.path(), &port))).unwrap();
    assert!(connection.is_encrypted().unwrap());
    // A daemon that others vouch for is none.
    let elsewhere = tempfile::tempdir().unwrap();
    write_certificates(elsewhere.path(), "web");
    assert_eq!(
        Connection::open(Some(&tls_uri(elsewhere.path(), &port))).err().unwrap().code(),
        ErrorCode::AuthFailed
    );
}

#[test]
fn much_goes_over_tls_in_both_directions() {
    let (daemon, port) = with_tls("web", "");
    let connection = Connection::open(Some(&tls_uri(&daemon.folder(), &port))).unwrap();
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
    let reserved = Port::reserve();
    let port = reserved.number;
    let settings = format!(
        "listen_addr = \"127.0.0.1\"\nlisten_tls = 0\nlisten_tcp = 1\ntcp_port = \"{port}\"\nauth_tcp = \"none\"\n"
    );
    let daemon = Daemon::in_folder(tempfile::tempdir().unwrap(), &settings, &["--listen"]);
    let connection = Connection::open(Some(&format!("test+tcp://127.0.0.1:{port}/default"))).unwrap();
    assert!(!connection.is_secure().unwrap());
    assert_eq!(connection.lookup_domain_by_name("test").unwrap().numeric_id(), 1);
    drop(daemon);
}
