//! Volumes of a folder: every way to make them, and what they hold.

use crate::support::{Host, SECRET, has, image, refused, send};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::abi;
use ferrovirt_core::driver::{Received, StorageDriver};
use std::os::unix::fs::MetadataExt;

const MIB: u64 = 1 << 20;

fn raw(name: &str, allocation: u64) -> String {
    format!(
        "<volume><name>{name}</name><capacity unit='MiB'>4</capacity><allocation>{allocation}</allocation>\
         <target><permissions><mode>0640</mode></permissions></target></volume>"
    )
}

fn qcow2(name: &str, rest: &str) -> String {
    format!(
        "<volume><name>{name}</name><capacity unit='MiB'>8</capacity>\
         <target><format type='qcow2'/>{rest}</target></volume>"
    )
}

#[test]
fn raw_volumes_take_what_they_are_to_take() {
    let host = Host::new();
    let pool = host.pool("p");
    let before = host.driver().storage_pool_get_info(&pool).unwrap().allocation;
    let sparse = host.volume(&pool, &raw("sparse", 0));
    let full = host.volume(&pool, &raw("full", 4 * MIB));
    let metadata = |volume| std::fs::metadata(host.volume_path(volume)).unwrap();
    assert_eq!((metadata(&sparse).len(), metadata(&sparse).blocks()), (4 * MIB, 0));
    assert!(metadata(&full).blocks() * 512 >= 4 * MIB && metadata(&full).mode() & 0o777 == 0o640);
    assert!(host.driver().storage_pool_get_info(&pool).unwrap().allocation >= before + 4 * MIB);
    let info = host.driver().storage_vol_get_info(&sparse).unwrap();
    assert_eq!((info.kind, info.capacity, info.allocation), (0, 4 * MIB, 0));
    let physical =
        host.driver().storage_vol_get_info_flags(&sparse, abi::VIR_STORAGE_VOL_GET_PHYSICAL).unwrap();
    assert_eq!(physical.allocation, 4 * MIB);
    let again = host.driver().storage_vol_create_xml(&pool, &raw("full", 0), 0);
    assert_eq!(refused(again), ErrorCode::StorageVolExist);
    std::fs::write(host.path("p").join("unknown"), b"").unwrap();
    let taken = host.driver().storage_vol_create_xml(&pool, &raw("unknown", 0), 0);
    assert_eq!(refused(taken), ErrorCode::OperationInvalid);
    host.driver().storage_vol_delete(&full, 0).unwrap();
    assert!(!host.path("p").join("full").exists());
    assert_eq!(refused(host.driver().storage_vol_get_path(&full)), ErrorCode::NoStorageVol);
}

#[test]
fn images_are_made_as_described_and_described_as_found() {
    if !has("qemu-img") {
        return;
    }
    let host = Host::new();
    let pool = host.pool("p");
    let features =
        "<compat>1.1</compat><clusterSize unit='KiB'>128</clusterSize><features><lazy_refcounts/></features>";
    let base = host.volume(&pool, &qcow2("base", features));
    let base_path = host.volume_path(&base);
    let info = image(&base_path);
    assert_eq!(info["virtual-size"], 8 * MIB);
    assert_eq!(info["cluster-size"], 128 << 10);
    assert_eq!(info["format-specific"]["data"]["lazy-refcounts"], true);
    let backing = format!(
        "<volume><name>top</name><capacity>0</capacity><target><format type='qcow2'/></target>\
         <backingStore><path>{}</path><format type='qcow2'/></backingStore></volume>",
        base_path.display()
    );
    let top = host.volume(&pool, &backing);
    assert_eq!(image(&host.volume_path(&top))["full-backing-filename"], base_path.to_str().unwrap());
    host.driver().storage_pool_refresh(&pool, 0).unwrap();
    let xml = |volume| host.driver().storage_vol_get_xml_desc(volume, 0).unwrap();
    for part in ["<clusterSize unit='B'>131072</clusterSize>", "<lazy_refcounts/>", "<compat>1.1</compat>"] {
        assert!(xml(&base).contains(part), "{part}: {}", xml(&base));
    }
    let found = xml(&top);
    let capacity = format!("<capacity unit='bytes'>{}</capacity>", 8 * MIB);
    let path = format!("<path>{}</path>\n    <format type='qcow2'/>", base_path.display());
    assert!(found.contains(&capacity) && found.contains("<timestamps>") && found.contains(&path), "{found}");
}

#[test]
fn an_encrypted_image_needs_its_passphrase() {
    if !has("qemu-img") {
        return;
    }
    let host = Host::new();
    let pool = host.pool("p");
    let encryption =
        format!("<encryption format='luks'><secret type='passphrase' uuid='{SECRET}'/></encryption>");
    let luks = host.volume(&pool, &qcow2("luks", &encryption).replace("qcow2", "raw"));
    assert_eq!(image(&host.volume_path(&luks))["format"], "luks");
    let left = std::fs::read_dir(host.path("run/storage")).unwrap().filter_map(Result::ok);
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("passphrase")));
    host.driver().storage_vol_resize(&luks, 16 * MIB, 0).unwrap();
    host.driver().storage_pool_refresh(&pool, 0).unwrap();
    assert_eq!(host.driver().storage_vol_get_info(&luks).unwrap().capacity, 16 * MIB);
    let none = host.driver().storage_vol_create_xml(&pool, &qcow2("none", "<encryption format='luks'/>"), 0);
    assert_eq!(refused(none), ErrorCode::InvalidArg);
    assert!(!host.path("p").join("none").exists());
}

#[test]
fn copies_hold_what_the_original_holds_in_whichever_format() {
    if !has("qemu-img") {
        return;
    }
    let host = Host::new();
    let (pool, other) = (host.pool("p"), host.pool("q"));
    let original = host.volume(&pool, &raw("original", 0));
    let mut content = vec![0; 4 * MIB as usize];
    content[MIB as usize..][..5].copy_from_slice(b"hello");
    std::fs::write(host.volume_path(&original), &content).unwrap();
    let copy = |xml: &str| host.driver().storage_vol_create_xml_from(&other, xml, &original, 0).unwrap();
    let sparse = copy(&raw("sparse", 0));
    assert_eq!(std::fs::read(host.volume_path(&sparse)).unwrap(), content);
    assert!(std::fs::metadata(host.volume_path(&sparse)).unwrap().blocks() * 512 < 4 * MIB);
    let full = copy("<volume><name>full</name></volume>");
    assert!(std::fs::metadata(host.volume_path(&full)).unwrap().blocks() * 512 >= 4 * MIB);
    let image_copy = copy("<volume><name>image</name><target><format type='qcow2'/></target></volume>");
    let path = host.volume_path(&image_copy);
    assert_eq!(image(&path)["format"], "qcow2");
    let (one, two) = (host.volume_path(&original), path);
    crate::support::run("qemu-img", &["compare", one.to_str().unwrap(), two.to_str().unwrap()]);
    let taken = host.driver().storage_vol_create_xml_from(&other, &raw("full", 0), &original, 0);
    assert_eq!(refused(taken), ErrorCode::Internal);
}

#[test]
fn sizes_change_by_the_rules() {
    let host = Host::new();
    let pool = host.pool("p");
    let volume = host.volume(&pool, &raw("v", 0));
    let resize = |capacity, flags| host.driver().storage_vol_resize(&volume, capacity, flags);
    let (delta, shrink, allocate) = (
        abi::VIR_STORAGE_VOL_RESIZE_DELTA,
        abi::VIR_STORAGE_VOL_RESIZE_SHRINK,
        abi::VIR_STORAGE_VOL_RESIZE_ALLOCATE,
    );
    resize(2 * MIB, delta).unwrap();
    assert_eq!(std::fs::metadata(host.volume_path(&volume)).unwrap().len(), 6 * MIB);
    assert_eq!(refused(resize(MIB, 0)), ErrorCode::InvalidArg);
    resize(MIB, shrink).unwrap();
    resize(3 * MIB, allocate).unwrap();
    assert!(std::fs::metadata(host.volume_path(&volume)).unwrap().blocks() * 512 >= 3 * MIB);
    assert_eq!(refused(resize(MIB, shrink)), ErrorCode::InvalidArg);
    assert_eq!(refused(resize(1 << 62, allocate)), ErrorCode::OperationFailed);
}

#[test]
fn content_is_read_written_and_wiped() {
    let host = Host::new();
    let pool = host.pool("p");
    let volume = host.volume(&pool, &raw("v", 4 * MIB));
    let (_subscription, told) = host.events();
    let stream = host.driver().storage_vol_upload(&volume, MIB, 5, 0).unwrap();
    send(&*stream, b"hello");
    assert_eq!(stream.stream_send(b"!", false).unwrap_err().code(), ErrorCode::SystemError);
    stream.stream_finish().unwrap();
    assert_eq!(told.lock().unwrap().len(), 1, "the pool is looked through again, and that is told");
    let stream = host.driver().storage_vol_download(&volume, MIB + 1, 4, 0).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(stream.stream_recv(&mut buffer, 0, false).unwrap(), Received::Data(4));
    assert_eq!(&buffer[..4], b"ello");
    assert_eq!(stream.stream_recv(&mut buffer, 0, false).unwrap(), Received::Data(0));
    let zero = abi::VIR_STORAGE_VOL_WIPE_ALG_ZERO;
    host.driver().storage_vol_wipe_pattern(&volume, zero, 0).unwrap();
    assert!(std::fs::read(host.volume_path(&volume)).unwrap().iter().all(|byte| *byte == 0));
    let trim = host.driver().storage_vol_wipe_pattern(&volume, abi::VIR_STORAGE_VOL_WIPE_ALG_TRIM, 0);
    assert_eq!(refused(trim), ErrorCode::ArgumentUnsupported);
}

#[test]
fn what_is_in_a_folder_is_a_volume_if_it_can_be_one() {
    let host = Host::new();
    let pool = host.define("p");
    let folder = host.path("p");
    std::fs::create_dir_all(folder.join("inside")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
    std::os::unix::fs::symlink("real", folder.join("link")).unwrap();
    std::fs::write(folder.join("real"), b"QFI\xfb\x00\x00\x00\x03 and no more").unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
    host.driver().storage_pool_create(&pool, 0).unwrap();
    let volumes = host.driver().storage_pool_list_all_volumes(&pool, 0).unwrap();
    let names: Vec<_> = volumes.iter().map(|volume| &*volume.name).collect();
    assert_eq!(names, ["inside", "link", "real"]);
    let info = host.driver().storage_vol_get_info(&volumes[0]).unwrap();
    assert_eq!((info.kind, info.capacity), (2, 0));
    let path = folder.join("real");
    let found = host.driver().storage_vol_lookup_by_path(&format!("//{}", path.display())).unwrap();
    assert_eq!(&*found.name, "real");
    let escape = "<volume><name>../x</name><capacity>1</capacity></volume>";
    let escape = host.driver().storage_vol_create_xml(&pool, escape, 0);
    assert_eq!(refused(escape), ErrorCode::OperationInvalid);
}
