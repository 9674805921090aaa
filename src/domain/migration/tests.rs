//! Both ends of a migration played by hosts that note what they are told.

use super::*;
use crate::AccessMode;
use crate::connection::test_connection_to;
use ferrovirt_core::abi::{
    VIR_DOMAIN_PAUSED, VIR_MIGRATE_ABORT_ON_ERROR, VIR_MIGRATE_LIVE, VIR_MIGRATE_PAUSED,
    VIR_MIGRATE_TUNNELLED,
};
use ferrovirt_core::driver::*;
use ferrovirt_core::{DomainId, ErrorDomain};
use parking_lot::Mutex;
use std::sync::Arc;
use uuid::Uuid;

type Log = Arc<Mutex<Vec<String>>>;

/// A host that can do what its fields say.
#[derive(Clone)]
struct Host {
    label: &'static str,
    log: Log,
    features: Vec<Feature>,
    state: i32,
    /// Where it listens, as the answer to prepare.
    listens: Option<String>,
    /// The phases that fail.
    fails: Vec<&'static str>,
}

impl Host {
    fn note(&self, phase: &str, step: &MigrationStep<'_>, more: &str) -> Result<()> {
        let cookie = String::from_utf8_lossy(step.cookie);
        self.log.lock().push(format!("{} {phase} <{cookie}>{more}", self.label));
        if self.fails.contains(&phase) {
            return Err(Error::operation_failed(format!("{phase} broke")).domain(ErrorDomain::Qemu));
        }
        Ok(())
    }

    fn cookie(&self, phase: &str) -> Vec<u8> {
        format!("{}-{phase}", self.label).into_bytes()
    }
}

fn id(name: &str) -> DomainId {
    DomainId { name: name.into(), uuid: Uuid::nil(), id: 1 }
}

impl DomainMigration for Host {
    fn connect_supports_feature(&self, feature: Feature) -> Result<bool> {
        Ok(self.features.contains(&feature))
    }

    fn domain_migrate_begin(&self, _domain: &DomainId, step: &MigrationStep<'_>) -> Result<MigrationBegun> {
        self.note("begin", step, if step.flags & VIR_MIGRATE_CHANGE_PROTECTION != 0 { " held" } else { "" })?;
        Ok(MigrationBegun { xml: "<begun/>".into(), cookie: self.cookie("begin") })
    }

    fn domain_migrate_prepare(&self, step: &MigrationStep<'_>) -> Result<MigrationPrepared> {
        assert_eq!(step.flags & VIR_MIGRATE_ABORT_ON_ERROR, 0, "that is for the source");
        let xml = step.params.get_string(VIR_MIGRATE_PARAM_DEST_XML)?.unwrap_or("no XML");
        let paused = if step.flags & VIR_MIGRATE_PAUSED != 0 { " paused" } else { "" };
        self.note("prepare", step, &format!(" {xml}{paused}"))?;
        Ok(MigrationPrepared { cookie: self.cookie("prepare"), uri: self.listens.clone() })
    }

    fn domain_migrate_perform(
        &self,
        _domain: &DomainId,
        connection_uri: Option<&str>,
        step: &MigrationStep<'_>,
    ) -> Result<Vec<u8>> {
        let uri = step.params.get_string(VIR_MIGRATE_PARAM_URI)?.unwrap_or("no URI");
        let via = connection_uri.map(|uri| format!(" via {uri}")).unwrap_or_default();
        self.note("perform", step, &format!(" {:?} {uri}{via}", step.protocol))?;
        Ok(self.cookie("perform"))
    }

    fn domain_migrate_finish(&self, step: &MigrationStep<'_>, cancelled: bool) -> Result<MigrationFinished> {
        if self.fails.contains(&"no finish") {
            return Err(Error::no_support("virDomainMigrateFinish"));
        }
        self.note("finish", step, if cancelled { " cancelled" } else { "" })?;
        let name = step.params.get_string(VIR_MIGRATE_PARAM_DEST_NAME)?.expect("finish is told the name");
        let domain = (!cancelled).then(|| id(name));
        Ok(MigrationFinished { domain, cookie: self.cookie("finish") })
    }

    fn domain_migrate_confirm(
        &self,
        _domain: &DomainId,
        step: &MigrationStep<'_>,
        cancelled: bool,
    ) -> Result<()> {
        self.note("confirm", step, if cancelled { " cancelled" } else { "" })
    }
}

impl DomainLookup for Host {
    fn domain_lookup_by_name(&self, name: &str) -> Result<DomainId> {
        self.log.lock().push(format!("{} lookup {name}", self.label));
        Ok(id(name))
    }
}

impl DomainLifecycle for Host {
    fn domain_get_state(&self, _domain: &DomainId, _flags: u32) -> Result<DomainStateReason> {
        Ok(DomainStateReason { state: self.state, reason: 0 })
    }
}

impl DomainConfig for Host {
    fn domain_get_xml_desc(&self, _domain: &DomainId, _flags: u32) -> Result<String> {
        Ok("<described/>".into())
    }
}

impl HostDriver for Host {}
impl DomainTuning for Host {}
impl DomainStats for Host {}
impl DomainDevices for Host {}
impl DomainBlock for Host {}
impl DomainJobs for Host {}
impl DomainGuest for Host {}
impl DomainConsole for Host {}
impl SnapshotDriver for Host {}
impl CheckpointDriver for Host {}
impl QemuExtension for Host {}
impl LxcExtension for Host {}
impl NodeDeviceAssignment for Host {}

/// Both ends, and what they have noted.
struct Pair {
    source: Host,
    dest: Host,
    log: Log,
}

impl Pair {
    fn new(features: &[Feature]) -> Self {
        let log = Log::default();
        let host = |label| Host {
            label,
            log: log.clone(),
            features: features.to_vec(),
            state: 1,
            listens: Some("tcp:dest:49152".into()),
            fails: vec![],
        };
        Self { source: host("src"), dest: host("dst"), log: log.clone() }
    }

    fn domain(&self) -> Domain {
        let source = test_connection_to(Arc::new(self.source.clone()), AccessMode::ReadWrite);
        Domain::new(&source, id("web"))
    }

    fn dest(&self) -> Connection {
        test_connection_to(Arc::new(self.dest.clone()), AccessMode::ReadWrite)
    }

    /// The name and the number that the domain has afterwards.
    fn migrate3(&self, params: &TypedParams, flags: u32) -> Result<(String, i32)> {
        moved(self.domain().migrate3(&self.dest(), params, flags))
    }

    fn migrate(&self, flags: u32) -> Result<(String, i32)> {
        moved(self.domain().migrate(&self.dest(), &MigrationTarget::default(), flags))
    }

    fn noted(&self) -> Vec<String> {
        self.log.lock().clone()
    }
}

fn moved(result: Result<Domain>) -> Result<(String, i32)> {
    result.map(|domain| (domain.name().to_string(), domain.numeric_id()))
}

const V3: &[Feature] = &[Feature::MigrationParams, Feature::MigrationV3, Feature::MigrateChangeProtection];

#[test]
fn the_phases_run_in_order_and_hand_on_their_cookies() {
    let pair = Pair::new(V3);
    let flags = VIR_MIGRATE_LIVE | VIR_MIGRATE_ABORT_ON_ERROR;
    let moved = pair.migrate3(&TypedParams::new(), flags).unwrap();
    assert_eq!(moved, ("web".to_string(), 1));
    let wanted = [
        "src begin <> held",
        "dst prepare <src-begin> <begun/>",
        "src perform <dst-prepare> V3Params tcp:dest:49152",
        "dst finish <src-perform>",
        "src confirm <dst-finish>",
    ];
    assert_eq!(pair.noted(), wanted);
}

#[test]
fn a_paused_guest_arrives_paused_and_under_its_new_name() {
    let mut pair = Pair::new(V3);
    pair.source.state = VIR_DOMAIN_PAUSED as i32;
    let mut params = TypedParams::new();
    params.add(VIR_MIGRATE_PARAM_DEST_NAME, "db");
    assert_eq!(pair.migrate3(&params, 0).unwrap().0, "db");
    assert_eq!(pair.noted()[1], "dst prepare <src-begin> <begun/> paused");
}

#[test]
fn when_sending_fails_the_destination_cleans_up_and_the_source_is_not_asked() {
    let mut pair = Pair::new(V3);
    pair.source.fails = vec!["perform"];
    let err = pair.migrate3(&TypedParams::new(), 0).unwrap_err();
    assert_eq!(err.detail(), Some("perform broke"));
    assert_eq!(pair.noted()[3..], ["dst finish <> cancelled"]);
}

#[test]
fn both_ends_are_quoted_when_both_have_failed() {
    let mut pair = Pair::new(V3);
    pair.source.fails = vec!["perform"];
    pair.dest.fails = vec!["finish"];
    let err = pair.migrate3(&TypedParams::new(), 0).unwrap_err();
    assert_eq!(err.code(), ErrorCode::OperationFailed);
    let detail = err.detail().unwrap();
    assert!(detail.contains("perform broke") && detail.contains("finish broke"), "{detail}");
}

#[test]
fn a_source_that_holds_the_domain_is_told_when_preparing_fails() {
    let mut pair = Pair::new(V3);
    pair.dest.fails = vec!["prepare"];
    assert_eq!(pair.migrate3(&TypedParams::new(), 0).unwrap_err().detail(), Some("prepare broke"));
    assert_eq!(pair.noted()[2..], ["src confirm <> cancelled"]);

    let mut pair = Pair::new(&[Feature::MigrationParams]);
    pair.dest.fails = vec!["prepare"];
    pair.migrate3(&TypedParams::new(), 0).unwrap_err();
    assert_eq!(pair.noted()[1..], ["dst prepare <src-begin> <begun/>"]);
}

#[test]
fn without_a_place_to_send_to_everything_is_undone() {
    let mut pair = Pair::new(V3);
    pair.dest.listens = None;
    assert_eq!(pair.migrate3(&TypedParams::new(), 0).unwrap_err().code(), ErrorCode::Internal);
    let wanted = ["dst finish <dst-prepare> cancelled", "src confirm <dst-finish> cancelled"];
    assert_eq!(pair.noted()[2..], wanted);
}

#[test]
fn a_failed_finish_lets_the_source_run_on() {
    let mut pair = Pair::new(V3);
    pair.dest.fails = vec!["finish"];
    assert_eq!(pair.migrate3(&TypedParams::new(), 0).unwrap_err().detail(), Some("finish broke"));
    assert_eq!(pair.noted().last().unwrap(), "src confirm <> cancelled");
}

#[test]
fn a_failed_confirm_does_not_undo_what_is_done() {
    let mut pair = Pair::new(V3);
    pair.source.fails = vec!["confirm"];
    pair.migrate3(&TypedParams::new(), 0).unwrap();
}

#[test]
fn a_domain_that_is_shut_off_has_nothing_to_send() {
    let pair = Pair::new(&[V3, &[Feature::MigrationOffline]].concat());
    pair.migrate3(&TypedParams::new(), VIR_MIGRATE_OFFLINE).unwrap();
    assert_eq!(pair.noted()[2..], ["dst finish <>", "src confirm <dst-finish>"]);
    let err = Pair::new(V3).migrate3(&TypedParams::new(), VIR_MIGRATE_OFFLINE).unwrap_err();
    assert_eq!(err.code(), ErrorCode::ArgumentUnsupported);
}

#[test]
fn protocol_2_has_neither_begin_nor_confirm_and_one_cookie() {
    let pair = Pair::new(&[Feature::MigrationV2]);
    pair.migrate(0).unwrap();
    let wanted = [
        "dst prepare <> <described/>",
        "src perform <dst-prepare> V2 tcp:dest:49152",
        "dst finish <dst-prepare>",
    ];
    assert_eq!(pair.noted(), wanted);
}

#[test]
fn protocol_1_looks_for_the_domain_where_there_is_no_finish() {
    let mut pair = Pair::new(&[Feature::MigrationV1]);
    pair.dest.fails = vec!["no finish"];
    pair.migrate(0).unwrap();
    let wanted = ["dst prepare <> no XML", "src perform <dst-prepare> V1 tcp:dest:49152", "dst lookup web"];
    assert_eq!(pair.noted(), wanted);

    pair.source.fails = vec!["perform"];
    pair.log.lock().clear();
    pair.migrate(0).unwrap_err();
    assert_eq!(pair.noted().len(), 2, "a migration that failed is not finished");
}

#[test]
fn the_protocol_is_the_newest_of_both_sides_that_carries_the_parameters() {
    let mut pair = Pair::new(V3);
    pair.dest.features = vec![Feature::MigrationV2];
    pair.source.features.push(Feature::MigrationV2);
    pair.migrate(0).unwrap();
    assert!(pair.noted().iter().any(|line| line.contains(" V2 ")), "{:?}", pair.noted());

    let mut params = TypedParams::new();
    params.add("listen_address", "192.0.2.1");
    assert_eq!(pair.migrate3(&params, 0).unwrap_err().code(), ErrorCode::ArgumentUnsupported);
    let xml = MigrationTarget { xml: Some("<domain/>"), ..MigrationTarget::default() };
    let err = moved(pair.domain().migrate2(&pair.dest(), &xml, 0)).unwrap_err();
    assert_eq!(err.code(), ErrorCode::ArgumentUnsupported);
    assert_eq!(Pair::new(&[]).migrate(0).unwrap_err().code(), ErrorCode::NoSupport);
}

#[test]
fn what_can_never_be_right_is_refused_before_a_host_is_asked() {
    let pair = Pair::new(V3);
    let (domain, dest) = (pair.domain(), pair.dest());
    let none = TypedParams::new();
    let target = MigrationTarget::default();
    let code = |result: Result<Domain>| result.err().map(|err| err.code());
    let read_only = test_connection_to(Arc::new(pair.dest.clone()), AccessMode::ReadOnly);
    assert_eq!(code(domain.migrate(&read_only, &target, 0)), Some(ErrorCode::OperationDenied));
    assert_eq!(code(domain.migrate3(&read_only, &none, 0)), Some(ErrorCode::OperationDenied));
    assert_eq!(code(domain.migrate3(&dest, &none, VIR_MIGRATE_PEER2PEER)), Some(ErrorCode::InvalidArg));
    assert_eq!(code(domain.migrate3(&dest, &none, VIR_MIGRATE_TUNNELLED)), Some(ErrorCode::InvalidArg));
    assert_eq!(
        code(domain.migrate(&dest, &target, VIR_MIGRATE_TUNNELLED)),
        Some(ErrorCode::OperationInvalid)
    );
    let both = VIR_MIGRATE_NON_SHARED_DISK | VIR_MIGRATE_NON_SHARED_INC;
    assert_eq!(code(domain.migrate(&dest, &target, both)), Some(ErrorCode::InvalidArg));
    let alone = VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES;
    assert_eq!(code(domain.migrate(&dest, &target, alone)), Some(ErrorCode::InvalidArg));
    let nameless = MigrationTarget { name: Some(""), ..target };
    assert_eq!(code(domain.migrate2(&dest, &nameless, 0)), Some(ErrorCode::InvalidArg));
    assert_eq!(code(domain.migrate(&dest, &target, VIR_MIGRATE_PEER2PEER)), Some(ErrorCode::NoSupport));
    assert!(pair.noted().is_empty());
}

#[test]
fn peer_to_peer_is_one_call_to_the_source() {
    let pair = Pair::new(&[Feature::MigrationP2p, Feature::MigrationParams]);
    let target = MigrationTarget { uri: Some("qemu+ssh://dest/system"), ..MigrationTarget::default() };
    pair.domain().migrate(&pair.dest(), &target, VIR_MIGRATE_PEER2PEER).unwrap();
    let wanted = ["src perform <> V3Params no URI via qemu+ssh://dest/system", "dst lookup web"];
    assert_eq!(pair.noted(), wanted);

    let err = pair.domain().migrate_to_uri3(None, &TypedParams::new(), VIR_MIGRATE_PEER2PEER).unwrap_err();
    assert_eq!(err.code(), ErrorCode::InvalidArg);
    let direct = pair.domain().migrate_to_uri("tcp:dest", &MigrationTarget::default(), 0).unwrap_err();
    assert_eq!(direct.code(), ErrorCode::ArgumentUnsupported);
}

#[test]
fn a_direct_migration_takes_its_uri_for_the_memory() {
    let pair = Pair::new(&[Feature::MigrationDirect, Feature::MigrationV3]);
    pair.domain().migrate_to_uri("xenmigr://dest", &MigrationTarget::default(), 0).unwrap();
    assert_eq!(pair.noted(), ["src perform <> V3 xenmigr://dest"]);
}

#[test]
fn this_host_is_no_destination() {
    for uri in ["qemu:///system", "qemu+ssh://localhost/system", "qemu+tcp://localhost.localdomain/system"] {
        assert_eq!(refuse_local(uri).unwrap_err().code(), ErrorCode::InvalidArg, "{uri}");
    }
    for uri in ["qemu+ssh://dest/system", "qemu+unix:///system?mode=direct&socket=/run/tunnel"] {
        refuse_local(uri).unwrap();
    }
    assert!(refuse_local("qemu+unix:///system").is_err());
    assert_eq!(refuse_local("no URI").unwrap_err().code(), ErrorCode::Internal);
}
