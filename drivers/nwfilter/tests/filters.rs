//! The driver by its public face: what it keeps, where, and what it refuses.

use ferrovirt_core::driver::NwFilterDriver;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{ErrorCode, ErrorDomain, NwFilterId, Result};
use ferrovirt_driver_nwfilter::NwFilterState;
use std::path::Path;
use std::sync::Arc;

const UUID: &str = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f";
const OTHER: &str = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d70";

fn open(root: &Path) -> Arc<NwFilterState> {
    NwFilterState::open(&Layout::embedded(root)).unwrap()
}

fn define(state: &NwFilterState, name: &str, inside: &str) -> Result<NwFilterId> {
    state.nw_filter_define_xml(&format!("<filter name='{name}'>{inside}</filter>"), 0)
}

fn include(name: &str) -> String {
    format!("<filterref filter='{name}'/>")
}

#[track_caller]
fn check_refused<T: std::fmt::Debug>(outcome: Result<T>, code: ErrorCode) {
    let err = outcome.unwrap_err();
    assert_eq!((err.code(), err.error_domain()), (code, ErrorDomain::Nwfilter), "{err}");
}

#[test]
fn a_filter_outlives_the_driver() {
    let root = tempfile::tempdir().unwrap();
    let state = open(root.path());
    let filter = define(&state, "web", &include("base")).unwrap();
    let printed = state.nw_filter_get_xml_desc(&filter, 0).unwrap();
    let file = root.path().join("etc/nwfilter/web.xml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("<!--") && text.ends_with(&printed), "{text}");
    drop(state);
    let state = open(root.path());
    assert_eq!(state.nw_filter_lookup_by_name("web").unwrap(), filter);
    assert_eq!(state.nw_filter_get_xml_desc(&filter, 0).unwrap(), printed);
    state.nw_filter_undefine(&filter).unwrap();
    assert!(!file.exists());
    check_refused(state.nw_filter_lookup_by_uuid(filter.uuid), ErrorCode::NoNwfilter);
    check_refused(state.nw_filter_undefine(&filter), ErrorCode::NoNwfilter);
}

#[test]
fn names_and_uuids_belong_to_one_filter() {
    let root = tempfile::tempdir().unwrap();
    let state = open(root.path());
    let with = |uuid: &str| format!("<uuid>{uuid}</uuid>");
    define(&state, "a", &with(UUID)).unwrap();
    check_refused(define(&state, "b", &with(UUID)), ErrorCode::OperationFailed);
    check_refused(define(&state, "a", &with(OTHER)), ErrorCode::OperationFailed);
    check_refused(define(&state, "a", ""), ErrorCode::OperationFailed);
    check_refused(define(&state, "../a", ""), ErrorCode::InvalidArg);
    define(&state, "a", &(with(UUID) + &include("c"))).unwrap();
    assert_eq!(state.connect_list_all_nw_filters(0).unwrap().len(), 1);
}

#[test]
fn a_filter_can_not_need_itself() {
    let root = tempfile::tempdir().unwrap();
    let state = open(root.path());
    check_refused(define(&state, "a", &include("a")), ErrorCode::OperationFailed);
    define(&state, "a", &include("b")).unwrap();
    define(&state, "b", &include("c")).unwrap();
    check_refused(define(&state, "c", &include("a")), ErrorCode::OperationFailed);
    define(&state, "c", &include("d")).unwrap();
}

const BINDING: &str = "\
<filterbinding>
  <owner>
    <name>guest</name>
    <uuid>0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f</uuid>
  </owner>
  <portdev name='vnet0'/>
  <mac address='52:54:00:7b:35:93'/>
  <filterref filter='outer'/>
</filterbinding>
";

#[test]
fn a_filter_at_work_can_not_be_undefined() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run/nwfilter-binding");
    std::fs::create_dir_all(&folder).unwrap();
    let status = format!("<filterbindingstatus>\n{BINDING}</filterbindingstatus>\n");
    std::fs::write(folder.join("vnet0.xml"), status).unwrap();
    let state = open(root.path());
    let inner = define(&state, "inner", "").unwrap();
    let outer = define(&state, "outer", &include("inner")).unwrap();
    let idle = define(&state, "idle", &include("outer")).unwrap();
    check_refused(state.nw_filter_undefine(&inner), ErrorCode::OperationInvalid);
    check_refused(state.nw_filter_undefine(&outer), ErrorCode::OperationInvalid);
    state.nw_filter_undefine(&idle).unwrap();
    let binding = state.nw_filter_binding_lookup_by_port_dev("vnet0").unwrap();
    assert_eq!(&*binding.filter_name, "outer");
    assert_eq!(state.nw_filter_binding_get_xml_desc(&binding, 0).unwrap(), BINDING);
    assert_eq!(state.connect_list_all_nw_filter_bindings(0).unwrap(), [binding]);
    check_refused(state.nw_filter_binding_lookup_by_port_dev("vnet1"), ErrorCode::NoNwfilterBinding);
    check_refused(state.nw_filter_binding_create_xml(BINDING, 0), ErrorCode::NoSupport);
}

#[test]
fn what_can_not_be_read_is_left_alone_and_a_uuid_stays() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("etc/nwfilter");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("good.xml"), "<filter name='good'/>").unwrap();
    std::fs::write(folder.join("other.xml"), "<filter name='another'/>").unwrap();
    std::fs::write(folder.join("bad.xml"), "<filter").unwrap();
    let state = open(root.path());
    let filters = state.connect_list_all_nw_filters(0).unwrap();
    assert_eq!(filters.len(), 1);
    drop(state);
    assert_eq!(open(root.path()).connect_list_all_nw_filters(0).unwrap(), filters);
}
