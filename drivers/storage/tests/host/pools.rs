//! Pools come, run and go, and are found again.

use crate::support::{Host, refused};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, VIR_CONNECT_LIST_STORAGE_POOLS_FS,
    VIR_STORAGE_POOL_CREATE_WITH_BUILD, VIR_STORAGE_XML_INACTIVE,
};
use ferrovirt_core::driver::StorageDriver;

#[test]
fn a_pool_lives_and_each_step_is_told() {
    let host = Host::new();
    let driver = host.driver();
    let (_subscription, told) = host.events();
    let pool = host.define("images");
    assert_eq!(refused(driver.storage_pool_create(&pool, 0)), ErrorCode::SystemError);
    driver.storage_pool_create(&pool, VIR_STORAGE_POOL_CREATE_WITH_BUILD).unwrap();
    assert!(driver.storage_pool_is_active(&pool).unwrap() && host.path("images").is_dir());
    assert!(driver.storage_pool_get_info(&pool).unwrap().capacity > 0);
    assert_eq!(refused(driver.storage_pool_create(&pool, 0)), ErrorCode::OperationInvalid);
    assert_eq!(refused(driver.storage_pool_undefine(&pool)), ErrorCode::OperationInvalid);
    assert_eq!(refused(driver.storage_pool_delete(&pool, 0)), ErrorCode::OperationInvalid);
    std::fs::write(host.path("images").join("found"), b"x").unwrap();
    driver.storage_pool_refresh(&pool, 0).unwrap();
    assert_eq!(&*driver.storage_pool_list_all_volumes(&pool, 0).unwrap()[0].name, "found");
    driver.storage_pool_destroy(&pool).unwrap();
    assert_eq!(refused(driver.storage_pool_list_all_volumes(&pool, 0)), ErrorCode::OperationInvalid);
    assert_eq!(refused(driver.storage_pool_delete(&pool, 0)), ErrorCode::SystemError);
    std::fs::remove_file(host.path("images").join("found")).unwrap();
    driver.storage_pool_delete(&pool, 0).unwrap();
    assert!(!host.path("images").exists());
    driver.storage_pool_undefine(&pool).unwrap();
    assert_eq!(refused(driver.storage_pool_lookup_by_name("images")), ErrorCode::NoStoragePool);
    let told = told.lock().unwrap();
    let kinds: Vec<_> =
        told.iter().map(|line| line.split("event: ").nth(1).map_or("changed", |n| &n[..1])).collect();
    // Defined, started, refreshed, stopped, deleted, undefined.
    assert_eq!(kinds, ["0", "2", "changed", "3", "5", "1"], "{told:?}");
}

#[test]
fn what_runs_is_found_again_after_a_crash_and_what_is_marked_after_a_reboot() {
    let mut host = Host::new();
    let marked = host.pool("marked");
    host.driver().storage_pool_set_autostart(&marked, true).unwrap();
    let transient = host.driver();
    let transient =
        transient.storage_pool_create_xml(&host.xml("short"), VIR_STORAGE_POOL_CREATE_WITH_BUILD).unwrap();
    assert!(!host.driver().storage_pool_is_persistent(&transient).unwrap());
    let volume = host.volume(&marked, "<volume><name>v</name><capacity>4096</capacity></volume>");
    host.reopen();
    assert!(host.driver().storage_pool_is_active(&marked).unwrap());
    assert!(host.driver().storage_pool_is_active(&transient).unwrap());
    assert_eq!(host.driver().storage_vol_lookup_by_key(&volume.key).unwrap(), volume);
    host.reboot();
    assert!(host.driver().storage_pool_is_active(&marked).unwrap());
    assert!(host.driver().storage_pool_get_autostart(&marked).unwrap());
    assert_eq!(refused(host.driver().storage_pool_lookup_by_name("short")), ErrorCode::NoStoragePool);
    host.driver().storage_pool_destroy(&marked).unwrap();
    host.driver().storage_pool_undefine(&marked).unwrap();
    assert!(!host.path("etc/storage/autostart/marked.xml").is_symlink());
}

#[test]
fn another_definition_comes_into_force_when_the_pool_is_stopped() {
    let mut host = Host::new();
    let pool = host.pool("p");
    let xml = host.driver().storage_pool_get_xml_desc(&pool, 0).unwrap();
    let other = xml.replace("/p</path>", "/q</path>");
    assert_eq!(host.driver().storage_pool_define_xml(&other, 0).unwrap(), pool);
    host.reopen();
    let target = |flags| host.driver().storage_pool_get_xml_desc(&pool, flags).unwrap().contains("/q</path>");
    assert!(!target(0) && target(VIR_STORAGE_XML_INACTIVE));
    host.driver().storage_pool_destroy(&pool).unwrap();
    assert!(target(0));
}

#[test]
fn names_uuids_and_sources_belong_to_one_pool() {
    let host = Host::new();
    let pool = host.define("a");
    let define = |xml: &str| refused(host.driver().storage_pool_define_xml(xml, 0));
    assert_eq!(define(&host.xml("a")), ErrorCode::OperationFailed);
    let named = |name: &str| host.xml(name).replace("</name>", &format!("</name><uuid>{}</uuid>", pool.uuid));
    assert_eq!(define(&named("b")), ErrorCode::OperationFailed);
    assert_eq!(define(&host.xml("b").replace("/b</path>", "/a</path>")), ErrorCode::OperationFailed);
    assert_eq!(host.driver().storage_pool_define_xml(&named("a"), 0).unwrap(), pool);
    assert_eq!(define("<pool type='zfs'><name>z</name></pool>"), ErrorCode::Internal);
}

#[test]
fn lists_and_look_ups_find_what_they_are_asked_for() {
    let host = Host::new();
    let (pool, _off) = (host.pool("on"), host.define("off"));
    let list = |flags| host.driver().connect_list_all_storage_pools(flags).unwrap();
    assert_eq!(list(0).len(), 2);
    assert_eq!(list(VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE), std::slice::from_ref(&pool));
    assert!(list(VIR_CONNECT_LIST_STORAGE_POOLS_FS).is_empty());
    assert_eq!(refused(host.driver().connect_list_all_storage_pools(1 << 30)), ErrorCode::InvalidArg);
    let target = format!("{}/", host.path("on").display());
    assert_eq!(host.driver().storage_pool_lookup_by_target_path(&target).unwrap(), pool);
    assert!(
        host.driver()
            .connect_get_storage_pool_capabilities(0)
            .unwrap()
            .contains("type='dir' supported='yes'")
    );
}
