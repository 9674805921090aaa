//! Disks of domains: resizing, reading, block jobs, throttling, disk errors.

use crate::RemoteDriver;
use crate::forward::{forward, text};
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::{BlockInfo, BlockJobInfo, DiskError, DomainBlock};
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, TypedParams};
use ferrovirt_rpc::limits::*;
use ferrovirt_rpc::program::remote::*;

impl DomainBlock for RemoteDriver {
    forward! {
        fn domain_block_resize(domain: &DomainId, disk: &str, size: u64, flags: u32) -> () =
            DomainBlockResize { dom: domain.clone(), disk: disk.into(), size, flags };
        fn domain_get_block_info(domain: &DomainId, disk: &str, flags: u32) -> BlockInfo =
            DomainGetBlockInfo { dom: domain.clone(), path: disk.into(), flags } => |reply| BlockInfo {
                capacity: reply.capacity,
                allocation: reply.allocation,
                physical: reply.physical,
            };
        fn domain_block_job_abort(domain: &DomainId, disk: &str, flags: u32) -> () =
            DomainBlockJobAbort { dom: domain.clone(), path: disk.into(), flags };
        fn domain_get_block_job_info(domain: &DomainId, disk: &str, flags: u32) -> Option<BlockJobInfo> =
            DomainGetBlockJobInfo { dom: domain.clone(), path: disk.into(), flags } => |reply| {
                (reply.found != 0).then_some(BlockJobInfo {
                    kind: reply.kind,
                    bandwidth: reply.bandwidth,
                    current: reply.cur,
                    end: reply.end,
                })
            };
        fn domain_block_job_set_speed(domain: &DomainId, disk: &str, bandwidth: u64, flags: u32) -> () =
            DomainBlockJobSetSpeed { dom: domain.clone(), path: disk.into(), bandwidth, flags };
        fn domain_block_pull(domain: &DomainId, disk: &str, bandwidth: u64, flags: u32) -> () =
            DomainBlockPull { dom: domain.clone(), path: disk.into(), bandwidth, flags };
        fn domain_block_rebase(
            domain: &DomainId,
            disk: &str,
            base: Option<&str>,
            bandwidth: u64,
            flags: u32,
        ) -> () =
            DomainBlockRebase { dom: domain.clone(), path: disk.into(), base: text(base), bandwidth, flags };
        fn domain_block_copy(
            domain: &DomainId,
            disk: &str,
            dest_xml: &str,
            params: &TypedParams,
            flags: u32,
        ) -> () = DomainBlockCopy {
            dom: domain.clone(),
            path: disk.into(),
            destxml: dest_xml.into(),
            params: params.into(),
            flags,
        };
        fn domain_block_commit(
            domain: &DomainId,
            disk: &str,
            base: Option<&str>,
            top: Option<&str>,
            bandwidth: u64,
            flags: u32,
        ) -> () = DomainBlockCommit {
            dom: domain.clone(),
            disk: disk.into(),
            base: text(base),
            top: text(top),
            bandwidth,
            flags,
        };
        fn domain_set_block_io_tune(domain: &DomainId, disk: &str, params: &TypedParams, flags: u32) -> () =
            DomainSetBlockIoTune { dom: domain.clone(), disk: disk.into(), params: params.into(), flags };
        fn domain_num_of_disk_errors(domain: &DomainId, flags: u32) -> usize =
            DomainGetDiskErrors { dom: domain.clone(), maxerrors: 0, flags }
            => |reply| reply.nerrors.try_into().unwrap_or(0);
        fn domain_get_disk_errors(domain: &DomainId, flags: u32) -> Vec<DiskError> =
            DomainGetDiskErrors { dom: domain.clone(), maxerrors: DOMAIN_DISK_ERRORS_MAX as u32, flags }
            => |reply| {
                let error = |error: ferrovirt_rpc::records::DomainDiskError| DiskError {
                    disk: error.disk,
                    error: error.error,
                };
                reply.errors.into_iter().map(error).collect()
            };
        fn domain_set_block_threshold(domain: &DomainId, device: &str, threshold: u64, flags: u32) -> () =
            DomainSetBlockThreshold { dom: domain.clone(), dev: device.into(), threshold, flags };
    }

    fn domain_block_peek(
        &self,
        domain: &DomainId,
        disk: &str,
        offset: u64,
        size: usize,
        flags: u32,
    ) -> Result<Vec<u8>> {
        let size = peek_size(size, DOMAIN_BLOCK_PEEK_BUFFER_MAX)?;
        let call = DomainBlockPeek { dom: domain.clone(), path: disk.into(), offset, size, flags };
        exactly(self.call(&call)?.0, size)
    }

    fn domain_memory_peek(&self, domain: &DomainId, start: u64, size: usize, flags: u32) -> Result<Vec<u8>> {
        let size = peek_size(size, DOMAIN_MEMORY_PEEK_BUFFER_MAX)?;
        let call = DomainMemoryPeek { dom: domain.clone(), offset: start, size, flags };
        exactly(self.call(&call)?.0, size)
    }

    fn domain_get_block_io_tune(
        &self,
        domain: &DomainId,
        disk: Option<&str>,
        flags: u32,
    ) -> Result<TypedParams> {
        let nparams = disk.map_or(0, |_| DOMAIN_BLOCK_IO_TUNE_PARAMETERS_MAX as i32);
        let (dom, flags) = (domain.clone(), self.with_strings(flags));
        let reply = self.call(&DomainGetBlockIoTune { dom, disk: text(disk), nparams, flags })?;
        match disk {
            Some(_) => Ok(reply.params.0),
            None => Ok(tunables(reply.nparams)),
        }
    }
}

/// Without a disk a daemon tells how many values there are, and no names: the names have been added to in this order.
fn tunables(count: i32) -> TypedParams {
    let names = [
        VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC,
        VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC,
        VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC,
        VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC,
        VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC,
        VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC,
        VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX,
        VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX,
        VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX,
        VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX,
        VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX,
        VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX,
        VIR_DOMAIN_BLOCK_IOTUNE_SIZE_IOPS_SEC,
        VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME,
        VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX_LENGTH,
        VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX_LENGTH,
        VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX_LENGTH,
        VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX_LENGTH,
        VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX_LENGTH,
        VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX_LENGTH,
    ];
    let count = usize::try_from(count).unwrap_or(0);
    names.into_iter().take(count).map(|name| (name.to_owned(), 0u64.into())).collect()
}

fn peek_size(size: usize, most: usize) -> Result<u32> {
    if size > most {
        let detail = format!("{size} bytes are more than the {most} that the protocol can read at once");
        return Err(Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Remote));
    }
    Ok(size as u32)
}

/// The caller's buffer is as large as what it asked for.
fn exactly(bytes: Vec<u8>, size: u32) -> Result<Vec<u8>> {
    if bytes.len() != size as usize {
        let detail = format!("the daemon sent {} bytes where {size} were asked for", bytes.len());
        return Err(Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Remote));
    }
    Ok(bytes)
}
