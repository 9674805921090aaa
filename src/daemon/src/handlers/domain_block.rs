//! Disks of domains: resizing, reading, block jobs, throttling.

use super::{answers, counted, within};
use crate::client::Client;
use ferrovirt_core::Error;
use ferrovirt_core::driver::DiskError;
use ferrovirt_rpc::limits::{
    DOMAIN_BLOCK_PEEK_BUFFER_MAX, DOMAIN_DISK_ERRORS_MAX, DOMAIN_MEMORY_PEEK_BUFFER_MAX,
};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::DomainDiskError;
use ferrovirt_rpc::server::Dispatch;
use ferrovirt_rpc::xdr::List;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainBlockPeek |on, call| {
            let size = within(call.size, DOMAIN_BLOCK_PEEK_BUFFER_MAX, "size")?;
            on.domain(call.dom).block_peek(&call.path, call.offset, size, call.flags)
        };
        DomainMemoryPeek |on, call| {
            let size = within(call.size, DOMAIN_MEMORY_PEEK_BUFFER_MAX, "size")?;
            on.domain(call.dom).memory_peek(call.offset, size, call.flags)
        };
        DomainGetBlockInfo |on, call| {
            let answer = on.domain(call.dom).block_info(&call.path, call.flags);
            answer.map(|info| DomainGetBlockInfoReply {
                allocation: info.allocation,
                capacity: info.capacity,
                physical: info.physical,
            })
        };
        DomainBlockResize |on, call| on.domain(call.dom).block_resize(&call.disk, call.size, call.flags);
        DomainBlockJobAbort |on, call| on.domain(call.dom).block_job_abort(&call.path, call.flags);
        DomainGetBlockJobInfo |on, call| {
            let found = on.domain(call.dom).block_job_info(&call.path, call.flags)?;
            let info = found.unwrap_or_default();
            Ok::<_, Error>(DomainGetBlockJobInfoReply {
                found: found.is_some().into(),
                kind: info.kind,
                bandwidth: info.bandwidth,
                cur: info.current,
                end: info.end,
            })
        };
        DomainBlockJobSetSpeed |on, call| {
            on.domain(call.dom).block_job_set_speed(&call.path, call.bandwidth, call.flags)
        };
        DomainBlockPull |on, call| on.domain(call.dom).block_pull(&call.path, call.bandwidth, call.flags);
        DomainBlockRebase |on, call| {
            on.domain(call.dom).block_rebase(&call.path, call.base.as_deref(), call.bandwidth, call.flags)
        };
        DomainBlockCommit |on, call| on.domain(call.dom).block_commit(
            &call.disk,
            call.base.as_deref(),
            call.top.as_deref(),
            call.bandwidth,
            call.flags,
        );
        DomainBlockCopy |on, call| {
            on.domain(call.dom).block_copy(&call.path, &call.destxml, &call.params, call.flags)
        };
        DomainSetBlockIoTune |on, call| {
            on.domain(call.dom).set_block_io_tune(&call.disk, &call.params, call.flags)
        };
        DomainGetBlockIoTune |on, call| {
            let answer = on.domain(call.dom).block_io_tune(call.disk.as_deref(), call.flags);
            let (params, nparams) = counted(answer, call.nparams, call.flags)?;
            Ok::<_, Error>(DomainGetBlockIoTuneReply { params, nparams })
        };
        DomainGetDiskErrors |on, call| {
            let room = within(call.maxerrors, DOMAIN_DISK_ERRORS_MAX, "maxerrors")?;
            let domain = on.domain(call.dom);
            if room == 0 {
                let count = domain.num_of_disk_errors(call.flags)?;
                return Ok(DomainGetDiskErrorsReply { errors: List(Vec::new()), nerrors: count as i32 });
            }
            let found = domain.disk_errors(call.flags)?.into_iter().take(room);
            let errors: List<_, DOMAIN_DISK_ERRORS_MAX> = found.map(disk_error).collect();
            Ok::<_, Error>(DomainGetDiskErrorsReply { nerrors: errors.len() as i32, errors })
        };
        DomainSetBlockThreshold |on, call| {
            on.domain(call.dom).set_block_threshold(&call.dev, call.threshold, call.flags)
        };
        DomainSetThrottleGroup |on, call| {
            on.domain(call.dom).set_throttle_group(&call.group, &call.params, call.flags)
        };
        DomainDelThrottleGroup |on, call| {
            on.domain(call.dom).del_throttle_group(call.group.as_deref().unwrap_or_default(), call.flags)
        };
    }
}

fn disk_error(found: DiskError) -> DomainDiskError {
    DomainDiskError { disk: found.disk, error: found.error }
}
