//! The driver by its public face: what it keeps, where, and what it refuses.

use ferrovirt_core::abi::{VIR_CONNECT_LIST_SECRETS_NO_PRIVATE, VIR_CONNECT_LIST_SECRETS_PRIVATE};
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::event::ObjectEventKind;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{ErrorCode, ErrorDomain, Event, Result, SecretId};
use ferrovirt_driver_secret::{Callers, SecretState};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const UUID: &str = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f";
const OTHER: &str = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d70";

fn open(root: &Path, callers: Callers) -> Arc<SecretState> {
    SecretState::open(&Layout::embedded(root), callers).unwrap()
}

fn xml(uuid: &str, flags: &str, volume: &str) -> String {
    let usage = format!("<usage type='volume'><volume>{volume}</volume></usage>");
    format!("<secret {flags}><uuid>{uuid}</uuid>{usage}</secret>")
}

fn define(state: &SecretState, uuid: &str, flags: &str, volume: &str) -> Result<SecretId> {
    state.secret_define_xml(&xml(uuid, flags, volume), 0)
}

fn file(root: &Path, extension: &str) -> PathBuf {
    root.join(format!("etc/secrets/{UUID}.{extension}"))
}

#[test]
fn a_secret_and_its_value_outlive_the_driver() {
    let root = tempfile::tempdir().unwrap();
    let state = open(root.path(), Callers::Program);
    let secret = define(&state, UUID, "", "/disk").unwrap();
    state.secret_set_value(&secret, b"se\0cret", 0).unwrap();
    assert_eq!(std::fs::read_to_string(file(root.path(), "base64")).unwrap(), "c2UAY3JldA==");
    for extension in ["xml", "base64"] {
        let mode = std::fs::metadata(file(root.path(), extension)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let printed = state.secret_get_xml_desc(&secret, 0).unwrap();
    assert_eq!(std::fs::read_to_string(file(root.path(), "xml")).unwrap(), printed);
    drop(state);
    let state = open(root.path(), Callers::Program);
    assert_eq!(state.secret_lookup_by_usage(1, "/disk").unwrap(), secret);
    assert_eq!(state.secret_get_value(&secret, 0).unwrap(), b"se\0cret");
    state.secret_undefine(&secret).unwrap();
    assert!(!file(root.path(), "xml").exists() && !file(root.path(), "base64").exists());
    let gone = state.secret_get_xml_desc(&secret, 0).unwrap_err();
    assert_eq!((gone.code(), gone.error_domain()), (ErrorCode::NoSecret, ErrorDomain::Secret));
}

#[test]
fn an_ephemeral_secret_is_nowhere_on_disk_until_it_is_one_no_longer() {
    let root = tempfile::tempdir().unwrap();
    let state = open(root.path(), Callers::Program);
    let secret = define(&state, UUID, "ephemeral='yes'", "/disk").unwrap();
    state.secret_set_value(&secret, b"value", 0).unwrap();
    assert!(!file(root.path(), "xml").exists() && !file(root.path(), "base64").exists());
    define(&state, UUID, "", "/disk").unwrap();
    assert!(file(root.path(), "xml").exists() && file(root.path(), "base64").exists());
    define(&state, UUID, "ephemeral='yes'", "/disk").unwrap();
    assert!(!file(root.path(), "xml").exists() && !file(root.path(), "base64").exists());
    assert_eq!(state.secret_get_value(&secret, 0).unwrap(), b"value");
}

#[test]
fn a_private_value_is_not_told_and_a_missing_one_is_missed() {
    for (callers, refused) in [
        (Callers::Clients, (ErrorCode::InvalidSecret, ErrorDomain::Secret)),
        (Callers::Program, (ErrorCode::Internal, ErrorDomain::Identity)),
    ] {
        let root = tempfile::tempdir().unwrap();
        let state = open(root.path(), callers);
        let secret = define(&state, UUID, "private='yes'", "/disk").unwrap();
        state.secret_set_value(&secret, b"value", 0).unwrap();
        let err = state.secret_get_value(&secret, 0).unwrap_err();
        assert_eq!((err.code(), err.error_domain()), refused);
        assert!(!err.message().contains("value'"), "{err}");
        let open = define(&state, OTHER, "", "/other").unwrap();
        assert_eq!(state.secret_get_value(&open, 0).unwrap_err().code(), ErrorCode::NoSecret);
        let listed = |flags| state.connect_list_all_secrets(flags).unwrap();
        assert_eq!(listed(VIR_CONNECT_LIST_SECRETS_PRIVATE), [secret]);
        assert_eq!(listed(VIR_CONNECT_LIST_SECRETS_NO_PRIVATE), [open]);
        assert_eq!(listed(0).len(), 2);
    }
}

#[test]
fn a_use_belongs_to_one_secret_and_privacy_stays() {
    let root = tempfile::tempdir().unwrap();
    let state = open(root.path(), Callers::Program);
    define(&state, UUID, "private='yes'", "/disk").unwrap();
    for (uuid, flags, volume) in
        [(OTHER, "", "/disk"), (UUID, "private='yes'", "/other"), (UUID, "private='no'", "/disk")]
    {
        let err = define(&state, uuid, flags, volume).unwrap_err();
        assert_eq!((err.code(), err.error_domain()), (ErrorCode::Internal, ErrorDomain::Secret), "{err}");
    }
    // Of those without a use there may be many.
    for _ in 0..2 {
        state.secret_define_xml("<secret/>", 0).unwrap();
    }
    assert_eq!(state.connect_list_all_secrets(0).unwrap().len(), 3);
}

#[test]
fn changes_are_announced() {
    let root = tempfile::tempdir().unwrap();
    let state = open(root.path(), Callers::Program);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = heard.clone();
    let _subscription = state.secret_events().unwrap().subscribe(move |event| {
        if let Event::Secret { kind, .. } = &**event {
            sink.lock().unwrap().push(kind.clone());
        }
    });
    let secret = define(&state, UUID, "", "/disk").unwrap();
    state.secret_set_value(&secret, b"x", 0).unwrap();
    state.secret_undefine(&secret).unwrap();
    let lifecycle = |event| ObjectEventKind::Lifecycle { event, detail: 0 };
    assert_eq!(*heard.lock().unwrap(), [lifecycle(0), ObjectEventKind::Changed, lifecycle(1)]);
}

#[test]
fn what_can_not_be_read_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("etc/secrets");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(file(root.path(), "xml"), xml(UUID, "", "/disk")).unwrap();
    std::fs::write(folder.join("wrong-name.xml"), xml(OTHER, "", "/other")).unwrap();
    std::fs::write(folder.join(format!("{OTHER}.xml")), "<secret>").unwrap();
    let state = open(root.path(), Callers::Program);
    assert_eq!(state.connect_list_all_secrets(0).unwrap().len(), 1);
    assert!(folder.join("wrong-name.xml").exists());
}
