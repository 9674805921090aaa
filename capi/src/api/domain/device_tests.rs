//! Disks, the guest agent and consoles as C programs see them: buffers, counts, streams, keys.

use super::{block::*, console::*, guest::*, lookup::*};
use crate::api::stream::{virStreamAbort, virStreamFree, virStreamNew};
use crate::fake::{FakeConnection, FakeHost, free, last, read};
use ferrovirt::driver::*;
use ferrovirt::{ErrorCode, ErrorDomain, Result, TypedParams};
use ferrovirt_core::DomainId;
use ferrovirt_core::abi::*;
use std::ptr;

impl DomainBlock for FakeHost {
    fn domain_block_peek(
        &self,
        _: &DomainId,
        _disk: &str,
        offset: u64,
        size: usize,
        _: u32,
    ) -> Result<Vec<u8>> {
        Ok((0..size).map(|index| index as u8 + offset as u8).collect())
    }

    fn domain_get_block_io_tune(&self, _: &DomainId, disk: Option<&str>, _flags: u32) -> Result<TypedParams> {
        let mut params = TypedParams::new();
        params.add("total_bytes_sec", disk.map_or(0, |_| 1000u64));
        params.add("group_name", "fast");
        Ok(params)
    }

    fn domain_num_of_disk_errors(&self, _: &DomainId, _flags: u32) -> Result<usize> {
        Ok(3)
    }

    fn domain_get_disk_errors(&self, _: &DomainId, _flags: u32) -> Result<Vec<DiskError>> {
        Ok(["vda", "vdb"].map(|disk| DiskError { disk: disk.into(), error: 2 }).into())
    }
}

impl DomainGuest for FakeHost {
    fn domain_fs_freeze(&self, _: &DomainId, mount_points: &[&str], _flags: u32) -> Result<usize> {
        Ok(mount_points.len())
    }

    fn domain_authorized_ssh_keys_get(&self, _: &DomainId, user: &str, _flags: u32) -> Result<Vec<String>> {
        Ok(vec![format!("ssh-ed25519 {user}")])
    }
}

struct Picture;

impl StreamDriver for Picture {
    fn stream_abort(&self) -> Result<()> {
        Ok(())
    }
}

impl DomainConsole for FakeHost {
    fn domain_screenshot(&self, _: &DomainId, _screen: u32, _flags: u32) -> Result<Screenshot> {
        Ok(Screenshot { mime_type: "image/png".into(), data: Box::new(Picture) })
    }

    fn domain_send_key(&self, _: &DomainId, codeset: u32, hold: u32, keycodes: &[u32], _: u32) -> Result<()> {
        self.note(format!("keys {codeset} {hold} {keycodes:?}"))
    }
}

const INVALID: (i32, i32) = (ErrorCode::InvalidArg as i32, ErrorDomain::Domain as i32);

/// Runs a test on a domain, and then drops all that was counted.
fn with_domain(test: impl FnOnce(&FakeConnection, virDomainPtr)) {
    let host = FakeConnection::read_write();
    let domain = virDomainLookupByName(host.pointer, c"web".as_ptr());
    test(&host, domain);
    assert_eq!((virDomainFree(domain), host.close()), (0, Some(0)));
}

#[test]
fn bytes_of_a_disk_go_to_the_buffer() {
    with_domain(|_, domain| {
        let mut buffer = [0u8; 4];
        let start = buffer.as_mut_ptr().cast();
        assert_eq!(virDomainBlockPeek(domain, c"vda".as_ptr(), 10, 3, start, 0), 0);
        assert_eq!(buffer, [10, 11, 12, 0]);
        assert_eq!(virDomainBlockPeek(domain, c"vda".as_ptr(), 0, 1, ptr::null_mut(), 0), -1);
        assert_eq!(last(), INVALID);
        assert_eq!(virDomainBlockPeek(domain, c"".as_ptr(), 0, 1, start, 0), -1);
        assert_eq!(last(), INVALID);
    });
}

#[test]
fn limits_are_counted_without_a_disk_and_told_with_one() {
    with_domain(|_, domain| {
        let mut count = 0;
        assert_eq!(virDomainGetBlockIoTune(domain, ptr::null(), ptr::null_mut(), &mut count, 0), 0);
        assert_eq!(count, 2);
        let mut params = [virTypedParameter::default(); 2];
        let start = params.as_mut_ptr();
        assert_eq!(virDomainGetBlockIoTune(domain, ptr::null(), start, &mut count, 0), -1);
        assert_eq!(last(), INVALID);
        // That a caller takes strings is taken for granted.
        let okay = VIR_TYPED_PARAM_STRING_OKAY;
        assert_eq!(virDomainGetBlockIoTune(domain, c"vda".as_ptr(), start, &mut count, okay), 0);
        // SAFETY: the types say which members were written.
        let (bytes, group) = unsafe { (params[0].value.ul, params[1].value.s) };
        assert_eq!((bytes, read(group).as_str()), (1000, "fast"));
        free(group);
        let both = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;
        assert_eq!(virDomainGetBlockIoTune(domain, c"vda".as_ptr(), start, &mut count, both), -1);
    });
}

#[test]
fn disk_errors_fill_what_room_there_is() {
    with_domain(|_, domain| {
        assert_eq!(virDomainGetDiskErrors(domain, ptr::null_mut(), 0, 0), 3);
        let mut errors = [virDomainDiskError { disk: ptr::null_mut(), error: 0 }; 1];
        assert_eq!(virDomainGetDiskErrors(domain, errors.as_mut_ptr(), 1, 0), 1);
        assert_eq!((read(errors[0].disk).as_str(), errors[0].error), ("vda", 2));
        free(errors[0].disk);
        assert_eq!(virDomainGetDiskErrors(domain, ptr::null_mut(), 1, 0), -1);
        assert_eq!(last(), INVALID);
    });
}

#[test]
fn lists_of_strings_go_in_and_out() {
    with_domain(|_, domain| {
        let mut points = [c"/".as_ptr(), c"/home".as_ptr()];
        assert_eq!(virDomainFSFreeze(domain, points.as_mut_ptr(), 2, 0), 2);
        assert_eq!(virDomainFSFreeze(domain, ptr::null_mut(), 0, 0), 0);
        assert_eq!(virDomainFSFreeze(domain, ptr::null_mut(), 1, 0), -1);
        assert_eq!(last(), INVALID);
        let mut keys = ptr::null_mut();
        assert_eq!(virDomainAuthorizedSSHKeysGet(domain, c"root".as_ptr(), &mut keys, 0), 1);
        // SAFETY: one key was stored.
        let key = unsafe { *keys };
        assert_eq!(read(key), "ssh-ed25519 root");
        free(key);
        free(keys);
    });
}

#[test]
fn a_screenshot_opens_the_callers_stream() {
    with_domain(|host, domain| {
        let stream = virStreamNew(host.pointer, 0);
        let mime_type = virDomainScreenshot(domain, stream, 0, 0);
        assert_eq!(read(mime_type), "image/png");
        free(mime_type);
        assert_eq!((virStreamAbort(stream), virStreamFree(stream)), (0, 0));
        assert!(virDomainScreenshot(domain, stream, 0, 0).is_null());
        assert_eq!(last(), (ErrorCode::InvalidStream as i32, ErrorDomain::Streams as i32));

        let other = FakeConnection::read_write();
        let stream = virStreamNew(other.pointer, 0);
        assert!(virDomainScreenshot(domain, stream, 0, 0).is_null());
        assert_eq!(last(), INVALID);
        assert_eq!((virStreamFree(stream), other.close()), (0, Some(0)));
    });
}

#[test]
fn keys_are_pressed_as_they_were_given() {
    with_domain(|host, domain| {
        let mut keys = [29, 56, 111];
        assert_eq!(virDomainSendKey(domain, 0, 50, keys.as_mut_ptr(), 3, 0), 0);
        assert_eq!(*host.host.changes.lock(), ["keys 0 50 [29, 56, 111]"]);
        assert_eq!(virDomainSendKey(domain, 0, 50, keys.as_mut_ptr(), 0, 0), -1);
        assert_eq!(last(), INVALID);
        assert_eq!(virDomainSendKey(domain, 0, 50, ptr::null_mut(), 1, 0), -1);
        assert_eq!(last(), INVALID);
    });
}
