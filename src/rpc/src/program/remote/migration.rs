//! Moving domains between hosts, all generations of it.

use crate::limits::*;
use crate::procedure::procedures;
use crate::values::Params;
use crate::xdr::Opaque;
use ferrovirt_core::DomainId;

procedures! {
    Remote;
    61 => DomainMigratePrepare {
        uri_in: Option<String>, flags: u64, dname: Option<String>, resource: u64,
    } -> struct DomainMigratePrepareReply { cookie: Opaque<MIGRATE_COOKIE_MAX>, uri_out: Option<String> },
        Normal, Write, [domain:migrate, domain:start, domain:write];
    62 => DomainMigratePerform {
        dom: DomainId, cookie: Opaque<MIGRATE_COOKIE_MAX>, uri: String, flags: u64,
        dname: Option<String>, resource: u64,
    } -> (),
        Normal, Write, [domain:migrate];
    63 => DomainMigrateFinish {
        dname: String, cookie: Opaque<MIGRATE_COOKIE_MAX>, uri: String, flags: u64,
    } -> DomainId,
        Normal, Write, [domain:migrate];
    108 => DomainMigratePrepare2 {
        uri_in: Option<String>, flags: u64, dname: Option<String>, resource: u64, dom_xml: String,
    } -> struct DomainMigratePrepare2Reply { cookie: Opaque<MIGRATE_COOKIE_MAX>, uri_out: Option<String> },
        Normal, Write, [domain:migrate, domain:start, domain:write];
    109 => DomainMigrateFinish2 {
        dname: String, cookie: Opaque<MIGRATE_COOKIE_MAX>, uri: String, flags: u64, retcode: i32,
    } -> DomainId,
        Normal, Write, [domain:migrate];
    148 => DomainMigratePrepareTunnel {
        flags: u64, dname: Option<String>, resource: u64, dom_xml: String,
    } -> (),
        Normal, Write, [domain:migrate, domain:start, domain:write], stream Sends;
    166 => DomainMigrateSetMaxDowntime { dom: DomainId, downtime: u64, flags: u32 } -> (),
        Normal, Write, [domain:migrate];
    207 => DomainMigrateSetMaxSpeed { dom: DomainId, bandwidth: u64, flags: u32 } -> (),
        Normal, Write, [domain:migrate];
    213 => DomainMigrateBegin3 {
        dom: DomainId, xmlin: Option<String>, flags: u64, dname: Option<String>, resource: u64,
    } -> struct DomainMigrateBegin3Reply { cookie_out: Opaque<MIGRATE_COOKIE_MAX>, xml: String },
        Normal, Write, [domain:migrate];
    214 => DomainMigratePrepare3 {
        cookie_in: Opaque<MIGRATE_COOKIE_MAX>, uri_in: Option<String>, flags: u64,
        dname: Option<String>, resource: u64, dom_xml: String,
    } -> struct DomainMigratePrepare3Reply { cookie_out: Opaque<MIGRATE_COOKIE_MAX>, uri_out: Option<String> },
        Normal, Write, [domain:migrate, domain:start, domain:write];
    215 => DomainMigratePrepareTunnel3 {
        cookie_in: Opaque<MIGRATE_COOKIE_MAX>, flags: u64, dname: Option<String>, resource: u64,
        dom_xml: String,
    } -> Opaque<MIGRATE_COOKIE_MAX>,
        Normal, Write, [domain:migrate, domain:start, domain:write], stream Sends;
    216 => DomainMigratePerform3 {
        dom: DomainId, xmlin: Option<String>, cookie_in: Opaque<MIGRATE_COOKIE_MAX>,
        dconnuri: Option<String>, uri: Option<String>, flags: u64, dname: Option<String>, resource: u64,
    } -> Opaque<MIGRATE_COOKIE_MAX>,
        Normal, Write, [domain:migrate];
    217 => DomainMigrateFinish3 {
        dname: String, cookie_in: Opaque<MIGRATE_COOKIE_MAX>, dconnuri: Option<String>,
        uri: Option<String>, flags: u64, cancelled: i32,
    } -> struct DomainMigrateFinish3Reply { dom: DomainId, cookie_out: Opaque<MIGRATE_COOKIE_MAX> },
        Normal, Write, [domain:migrate];
    218 => DomainMigrateConfirm3 {
        dom: DomainId, cookie_in: Opaque<MIGRATE_COOKIE_MAX>, flags: u64, cancelled: i32,
    } -> (),
        Normal, Write, [domain:migrate];
    242 => DomainMigrateGetMaxSpeed { dom: DomainId, flags: u32 } -> u64, Normal, Write, [domain:migrate];
    299 => DomainMigrateGetCompressionCache { dom: DomainId, flags: u32 } -> u64,
        Normal, Read, [domain:migrate];
    300 => DomainMigrateSetCompressionCache { dom: DomainId, cache_size: u64, flags: u32 } -> (),
        Normal, Write, [domain:migrate];
    302 => DomainMigrateBegin3Params {
        dom: DomainId, params: Params<DOMAIN_MIGRATE_PARAM_LIST_MAX>, flags: u32,
    } -> struct DomainMigrateBegin3ParamsReply { cookie_out: Opaque<MIGRATE_COOKIE_MAX>, xml: String },
        Normal, Write, [domain:migrate];
    303 => DomainMigratePrepare3Params {
        params: Params<DOMAIN_MIGRATE_PARAM_LIST_MAX>, cookie_in: Opaque<MIGRATE_COOKIE_MAX>,
        flags: u32,
    } -> struct DomainMigratePrepare3ParamsReply {
        cookie_out: Opaque<MIGRATE_COOKIE_MAX>, uri_out: Option<String>,
    },
        Normal, Write, [domain:migrate, domain:start, domain:write];
    304 => DomainMigratePrepareTunnel3Params {
        params: Params<DOMAIN_MIGRATE_PARAM_LIST_MAX>, cookie_in: Opaque<MIGRATE_COOKIE_MAX>,
        flags: u32,
    } -> Opaque<MIGRATE_COOKIE_MAX>,
        Normal, Write, [domain:migrate, domain:start, domain:write];
    305 => DomainMigratePerform3Params {
        dom: DomainId, dconnuri: Option<String>, params: Params<DOMAIN_MIGRATE_PARAM_LIST_MAX>,
        cookie_in: Opaque<MIGRATE_COOKIE_MAX>, flags: u32,
    } -> Opaque<MIGRATE_COOKIE_MAX>,
        Normal, Write, [domain:migrate];
    306 => DomainMigrateFinish3Params {
        params: Params<DOMAIN_MIGRATE_PARAM_LIST_MAX>, cookie_in: Opaque<MIGRATE_COOKIE_MAX>,
        flags: u32, cancelled: i32,
    } -> struct DomainMigrateFinish3ParamsReply { dom: DomainId, cookie_out: Opaque<MIGRATE_COOKIE_MAX> },
        Normal, Write, [domain:migrate];
    307 => DomainMigrateConfirm3Params {
        dom: DomainId, params: Params<DOMAIN_MIGRATE_PARAM_LIST_MAX>,
        cookie_in: Opaque<MIGRATE_COOKIE_MAX>, flags: u32, cancelled: i32,
    } -> (),
        Normal, Write, [domain:migrate];
    364 => DomainMigrateStartPostCopy { dom: DomainId, flags: u32 } -> (),
        Normal, Write, [domain:migrate];
    387 => DomainMigrateGetMaxDowntime { dom: DomainId, flags: u32 } -> u64,
        Normal, Read, [domain:migrate];
}
