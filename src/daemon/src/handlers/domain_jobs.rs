//! Long work on domains: save, restore, core dump, backup.

use super::answers;
use crate::client::Client;
use ferrovirt_core::abi::VIR_DOMAIN_CORE_DUMP_FORMAT_RAW;
use ferrovirt_core::driver::JobInfo;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;
use ferrovirt_rpc::values::Params;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainCoreDump |on, call| {
            on.domain(call.dom).core_dump(&call.to, VIR_DOMAIN_CORE_DUMP_FORMAT_RAW, call.flags)
        };
        DomainCoreDumpWithFormat |on, call| on.domain(call.dom).core_dump(&call.to, call.dumpformat, call.flags);
        DomainRestore |on, call| on.restore_domain(&call.from, None, 0);
        DomainRestoreFlags |on, call| on.restore_domain(&call.from, call.dxml.as_deref(), call.flags);
        DomainRestoreParams |on, call| on.restore_domain_params(&call.params, call.flags);
        DomainSave |on, call| on.domain(call.dom).save(&call.to, None, 0);
        DomainSaveFlags |on, call| on.domain(call.dom).save(&call.to, call.dxml.as_deref(), call.flags);
        DomainSaveParams |on, call| on.domain(call.dom).save_params(&call.params, call.flags);
        DomainSaveImageGetXmlDesc |on, call| on.save_image_xml_desc(&call.file, call.flags);
        DomainSaveImageDefineXml |on, call| on.save_image_define_xml(&call.file, &call.dxml, call.flags);
        DomainManagedSave |on, call| on.domain(call.dom).managed_save(call.flags);
        DomainHasManagedSaveImage |on, call| on.domain(call.dom).has_managed_save_image(call.flags);
        DomainManagedSaveRemove |on, call| on.domain(call.dom).managed_save_remove(call.flags);
        DomainManagedSaveGetXmlDesc |on, call| on.domain(call.dom).managed_save_xml_desc(call.flags);
        DomainManagedSaveDefineXml |on, call| {
            on.domain(call.dom).managed_save_define_xml(call.dxml.as_deref(), call.flags)
        };
        DomainGetJobInfo |on, call| on.domain(call.dom).job_info().map(job_info);
        DomainGetJobStats |on, call| {
            let answer = on.domain(call.dom).job_stats(call.flags);
            answer.map(|stats| DomainGetJobStatsReply { kind: stats.kind, params: Params(stats.params) })
        };
        DomainAbortJob |on, call| on.domain(call.dom).abort_job(0);
        DomainAbortJobFlags |on, call| on.domain(call.dom).abort_job(call.flags);
        DomainBackupBegin |on, call| {
            on.domain(call.dom).backup_begin(&call.backup_xml, call.checkpoint_xml.as_deref(), call.flags)
        };
        DomainBackupGetXmlDesc |on, call| on.domain(call.dom).backup_xml_desc(call.flags);
    }
}

fn job_info(info: JobInfo) -> DomainGetJobInfoReply {
    DomainGetJobInfoReply {
        kind: info.kind,
        time_elapsed: info.time_elapsed,
        time_remaining: info.time_remaining,
        data_total: info.data.total,
        data_processed: info.data.processed,
        data_remaining: info.data.remaining,
        mem_total: info.memory.total,
        mem_processed: info.memory.processed,
        mem_remaining: info.memory.remaining,
        file_total: info.files.total,
        file_processed: info.files.processed,
        file_remaining: info.files.remaining,
    }
}
