//! Clients and daemons that meet in memory: who is believed, and who is let in.

use ferrovirt_core::ErrorCode;
use ferrovirt_tls::rustls::{ClientConnection, ServerConnection};
use ferrovirt_tls::server::{Acceptor, Rules};
use ferrovirt_tls::{Files, client, distinguished_name};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::fs;
use std::path::Path;

/// A folder with the certificates of both sides.
struct Pki {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Pki {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "the test's own authority");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.path().join("cacert.pem"), certificate.pem()).unwrap();
        Self { folder, issuer: Issuer::new(params, key) }
    }

    /// A certificate for `side` that names these hosts, and has this common name.
    fn sign(&self, side: &str, hosts: &[&str], common_name: &str) -> &Self {
        let mut params =
            CertificateParams::new(hosts.iter().map(|host| host.to_string()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "GB");
        params.distinguished_name.push(DnType::OrganizationName, "Red+Hat, Inc");
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let place = |name: String| self.folder.path().join(name);
        fs::write(place(format!("{side}cert.pem")), certificate.pem()).unwrap();
        fs::write(place(format!("{side}key.pem")), key.serialize_pem()).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn client(&self, host: &str, verify: bool) -> ClientConnection {
        client::connection(&Files::in_folder(self.path(), "client"), host, verify).unwrap()
    }

    fn acceptor(&self, rules: Rules) -> Acceptor {
        Acceptor::new(&Files::in_folder(self.path(), "server"), rules).unwrap()
    }
}

/// Carries bytes to and fro until both are content or one is not.
fn meet(client: &mut ClientConnection, server: &mut ServerConnection) -> Result<(), String> {
    while client.is_handshaking() || server.is_handshaking() || client.wants_write() || server.wants_write() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        let mut rest = &wire[..];
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            server.process_new_packets().map_err(|err| format!("server: {err}"))?;
        }
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        let mut rest = &wire[..];
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets().map_err(|err| format!("client: {err}"))?;
        }
    }
    Ok(())
}

fn try_to_meet(pki: &Pki, host: &str, verify: bool, rules: Rules) -> Result<Option<String>, String> {
    let acceptor = pki.acceptor(rules);
    let (mut client, mut server) = (pki.client(host, verify), acceptor.connection().unwrap());
    meet(&mut client, &mut server)?;
    acceptor.admit(server.peer_certificates()).map_err(|err| {
        assert_eq!(err.code(), ErrorCode::AuthFailed);
        format!("admit: {err}")
    })
}

#[test]
fn those_with_certificates_in_order_meet() {
    let pki = Pki::new();
    pki.sign("server", &["far.example.org"], "whoever").sign("client", &[], "me");
    let name = try_to_meet(&pki, "far.example.org", true, Rules::default()).unwrap();
    assert_eq!(name.as_deref(), Some(r"C=GB,O=Red\+Hat\, Inc,CN=me"));
}

#[test]
fn a_daemon_under_another_name_is_not_believed_unless_the_user_does_not_care() {
    let pki = Pki::new();
    pki.sign("server", &["far.example.org"], "near.example.org").sign("client", &[], "me");
    let err = try_to_meet(&pki, "near.example.org", true, Rules::default()).unwrap_err();
    assert!(err.starts_with("client:"), "{err}");
    assert!(try_to_meet(&pki, "near.example.org", false, Rules::default()).is_ok());
}

#[test]
fn a_certificate_without_other_names_is_for_its_common_name() {
    let pki = Pki::new();
    pki.sign("server", &[], "far.example.org").sign("client", &[], "me");
    assert!(try_to_meet(&pki, "far.example.org", true, Rules::default()).is_ok());
    assert!(try_to_meet(&pki, "near.example.org", true, Rules::default()).is_err());
}

#[test]
fn a_daemon_of_another_authority_is_not_believed() {
    let (pki, other) = (Pki::new(), Pki::new());
    other.sign("server", &["far.example.org"], "x");
    pki.sign("client", &[], "me");
    let mut client = pki.client("far.example.org", true);
    let mut server = other.acceptor(Rules::default()).connection().unwrap();
    assert!(meet(&mut client, &mut server).unwrap_err().starts_with("client:"));
}

#[test]
fn clients_are_let_in_by_rules() {
    let pki = Pki::new();
    pki.sign("server", &["far.example.org"], "x");
    let host = "far.example.org";
    let lenient = || Rules { no_verify: true, allowed_names: None };
    assert!(try_to_meet(&pki, host, true, Rules::default()).is_err(), "without a certificate");
    assert_eq!(try_to_meet(&pki, host, true, lenient()).unwrap(), None);
    pki.sign("client", &[], "me");
    let allowed =
        |name: &str| Rules { no_verify: false, allowed_names: Some(vec!["CN=x".into(), name.into()]) };
    assert!(try_to_meet(&pki, host, true, allowed("C=GB,*,CN=m?")).is_ok());
    assert!(try_to_meet(&pki, host, true, allowed("C=FR,*")).unwrap_err().starts_with("admit:"));
}

#[test]
fn what_is_no_certificate_names_nobody() {
    assert!(distinguished_name(b"nonsense").is_err());
}
