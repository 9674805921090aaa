//! Long work on domains: save, restore, core dump, backup.

use crate::limits::*;
use crate::procedure::procedures;
use crate::values::Params;
use ferrovirt_core::DomainId;
use ferrovirt_core::abi::VIR_DOMAIN_SAVE_IMAGE_XML_SECURE;

procedures! {
    Remote;
    53 => DomainCoreDump { dom: DomainId, to: String, flags: u32 } -> (),
        Normal, Write, [domain:core_dump];
    54 => DomainRestore { from: String } -> (), Normal, Write, [domain:start, domain:write];
    55 => DomainSave { dom: DomainId, to: String } -> (), Normal, Write, [domain:hibernate];
    163 => DomainGetJobInfo { dom: DomainId } -> struct DomainGetJobInfoReply {
        kind: i32, time_elapsed: u64, time_remaining: u64, data_total: u64, data_processed: u64,
        data_remaining: u64, mem_total: u64, mem_processed: u64, mem_remaining: u64, file_total: u64,
        file_processed: u64, file_remaining: u64,
    },
        Normal, Read, [domain:read];
    164 => DomainAbortJob { dom: DomainId } -> (), Normal, Write, [domain:write];
    182 => DomainManagedSave { dom: DomainId, flags: u32 } -> (), Normal, Write, [domain:hibernate];
    183 => DomainHasManagedSaveImage { dom: DomainId, flags: u32 } -> i32, Normal, Read, [domain:read];
    184 => DomainManagedSaveRemove { dom: DomainId, flags: u32 } -> (), Normal, Write, [domain:hibernate];
    232 => DomainSaveFlags { dom: DomainId, to: String, dxml: Option<String>, flags: u32 } -> (),
        Normal, Write, [domain:hibernate];
    233 => DomainRestoreFlags { from: String, dxml: Option<String>, flags: u32 } -> (),
        Normal, Write, [domain:start, domain:write];
    235 => DomainSaveImageGetXmlDesc { file: String, flags: u32 } -> String, High, Write, [domain:write];
    236 => DomainSaveImageDefineXml { file: String, dxml: String, flags: u32 } -> (),
        High, Write, [domain:write, domain:hibernate];
    298 => DomainGetJobStats { dom: DomainId, flags: u32 }
        -> struct DomainGetJobStatsReply { kind: i32, params: Params<DOMAIN_JOB_STATS_MAX> },
        Normal, Read, [domain:read];
    334 => DomainCoreDumpWithFormat { dom: DomainId, to: String, dumpformat: u32, flags: u32 } -> (),
        Normal, Write, [domain:core_dump];
    388 => DomainManagedSaveGetXmlDesc { dom: DomainId, flags: u32 } -> String,
        Normal, Read, [domain:read, domain:read_secure if(VIR_DOMAIN_SAVE_IMAGE_XML_SECURE)];
    389 => DomainManagedSaveDefineXml { dom: DomainId, dxml: Option<String>, flags: u32 } -> (),
        Normal, Write, [domain:write, domain:hibernate];
    421 => DomainBackupBegin {
        dom: DomainId, backup_xml: String, checkpoint_xml: Option<String>, flags: u32,
    } -> (),
        Normal, Write, [domain:checkpoint, domain:block_write];
    422 => DomainBackupGetXmlDesc { dom: DomainId, flags: u32 } -> String, High, Read, [domain:read];
    440 => DomainSaveParams { dom: DomainId, params: Params<DOMAIN_SAVE_PARAMS_MAX>, flags: u32 } -> (),
        Normal, Write, [domain:hibernate];
    441 => DomainRestoreParams { params: Params<DOMAIN_SAVE_PARAMS_MAX>, flags: u32 } -> (),
        Normal, Write, [domain:start, domain:write];
    442 => DomainAbortJobFlags { dom: DomainId, flags: u32 } -> (), Normal, Write, [domain:write];
}
