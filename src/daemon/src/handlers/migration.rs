//! Moving domains between hosts: the phases of all generations of the protocol, each a call.
//!
//! What old calls pass as arguments, drivers know as parameters.

use super::{On, answers};
use crate::client::Client;
use crate::streams::{Ways, new_stream};
use ferrovirt_core::abi::{
    VIR_MIGRATE_PARAM_BANDWIDTH, VIR_MIGRATE_PARAM_DEST_NAME, VIR_MIGRATE_PARAM_DEST_XML,
    VIR_MIGRATE_PARAM_URI,
};
use ferrovirt_core::driver::{MigrationFinished, MigrationPrepared, MigrationProtocol, MigrationStep};
use ferrovirt_core::{DomainId, Error, Result, TypedParams};
use ferrovirt_rpc::limits::MIGRATE_COOKIE_MAX;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::{Call, Dispatch};
use ferrovirt_rpc::xdr::Opaque;
use std::os::fd::OwnedFd;

type Cookie = Opaque<MIGRATE_COOKIE_MAX>;

pub(super) fn add(table: &mut Dispatch<Client>) {
    tuning(table);
    first(table);
    second(table);
    third(table);
    with_params(table);
    table.on_call(prepare_tunnel);
    table.on_call(prepare_tunnel3);
    table.on_call(prepare_tunnel3_params);
}

fn tuning(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainMigrateSetMaxDowntime |on, call| {
            on.domain(call.dom).migrate_set_max_downtime(call.downtime, call.flags)
        };
        DomainMigrateGetMaxDowntime |on, call| on.domain(call.dom).migrate_max_downtime(call.flags);
        DomainMigrateSetMaxSpeed |on, call| on.domain(call.dom).migrate_set_max_speed(call.bandwidth, call.flags);
        DomainMigrateGetMaxSpeed |on, call| on.domain(call.dom).migrate_max_speed(call.flags);
        DomainMigrateSetCompressionCache |on, call| {
            on.domain(call.dom).migrate_set_compression_cache(call.cache_size, call.flags)
        };
        DomainMigrateGetCompressionCache |on, call| on.domain(call.dom).migrate_compression_cache(call.flags);
        DomainMigrateStartPostCopy |on, call| on.domain(call.dom).migrate_start_post_copy(call.flags);
    }
}

/// What the calls before parameters pass.
#[derive(Default)]
struct Old {
    name: Option<String>,
    uri: Option<String>,
    xml: Option<String>,
    bandwidth: u64,
}

impl Old {
    fn params(self) -> TypedParams {
        let mut params = TypedParams::new();
        let texts = [
            (VIR_MIGRATE_PARAM_DEST_NAME, self.name),
            (VIR_MIGRATE_PARAM_URI, self.uri),
            (VIR_MIGRATE_PARAM_DEST_XML, self.xml),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                params.add(name, text);
            }
        }
        if self.bandwidth > 0 {
            params.add(VIR_MIGRATE_PARAM_BANDWIDTH, self.bandwidth);
        }
        params
    }
}

/// Old calls pass flags in more bits than there are.
fn narrow(flags: u64) -> Result<u32> {
    u32::try_from(flags)
        .map_err(|_| Error::invalid_arg(format!("unsupported flags ({flags:#x}) for a migration")))
}

fn step<'a>(
    protocol: MigrationProtocol,
    params: &'a TypedParams,
    cookie: &'a [u8],
    flags: u32,
) -> MigrationStep<'a> {
    MigrationStep { protocol, params, cookie, flags }
}

/// The domain at its new place. Where a migration was cancelled there is none to tell of, and no reply without one.
fn arrived(finished: MigrationFinished) -> Result<(DomainId, Cookie)> {
    let domain = finished.domain.ok_or_else(|| Error::operation_failed("the migration was cancelled"))?;
    Ok((domain, Opaque(finished.cookie)))
}

impl On {
    fn prepare(&self, step: &MigrationStep<'_>) -> Result<MigrationPrepared> {
        self.drivers().hypervisor.domain_migrate_prepare(step)
    }

    fn perform(
        &self,
        domain: &DomainId,
        connection: Option<&str>,
        step: &MigrationStep<'_>,
    ) -> Result<Cookie> {
        self.drivers().hypervisor.domain_migrate_perform(domain, connection, step).map(Opaque)
    }

    fn finish(&self, step: &MigrationStep<'_>, cancelled: bool) -> Result<(DomainId, Cookie)> {
        arrived(self.drivers().hypervisor.domain_migrate_finish(step, cancelled)?)
    }
}

fn first(table: &mut Dispatch<Client>) {
    use MigrationProtocol::V1;
    answers! { table;
        DomainMigratePrepare |on, call| {
            let old = Old { name: call.dname, uri: call.uri_in, xml: None, bandwidth: call.resource };
            let prepared = on.prepare(&step(V1, &old.params(), &[], narrow(call.flags)?))?;
            Ok::<_, Error>(DomainMigratePrepareReply { cookie: Opaque(prepared.cookie), uri_out: prepared.uri })
        };
        DomainMigratePerform |on, call| {
            let old = Old { name: call.dname, uri: Some(call.uri), xml: None, bandwidth: call.resource };
            on.perform(&call.dom, None, &step(V1, &old.params(), &call.cookie, narrow(call.flags)?)).map(|_| ())
        };
        DomainMigrateFinish |on, call| {
            let params = Old { name: Some(call.dname), uri: Some(call.uri), ..Old::default() }.params();
            let step = step(V1, &params, &call.cookie, narrow(call.flags)?);
            on.finish(&step, false).map(|(domain, _)| domain)
        };
    }
}

fn second(table: &mut Dispatch<Client>) {
    use MigrationProtocol::V2;
    answers! { table;
        DomainMigratePrepare2 |on, call| {
            let (xml, bandwidth) = (Some(call.dom_xml), call.resource);
            let old = Old { name: call.dname, uri: call.uri_in, xml, bandwidth };
            let prepared = on.prepare(&step(V2, &old.params(), &[], narrow(call.flags)?))?;
            Ok::<_, Error>(DomainMigratePrepare2Reply { cookie: Opaque(prepared.cookie), uri_out: prepared.uri })
        };
        DomainMigrateFinish2 |on, call| {
            let params = Old { name: Some(call.dname), uri: Some(call.uri), ..Old::default() }.params();
            let step = step(V2, &params, &call.cookie, narrow(call.flags)?);
            on.finish(&step, call.retcode != 0).map(|(domain, _)| domain)
        };
    }
}

fn third(table: &mut Dispatch<Client>) {
    use MigrationProtocol::V3;
    answers! { table;
        DomainMigrateBegin3 |on, call| {
            let old = Old { name: call.dname, uri: None, xml: call.xmlin, bandwidth: call.resource };
            let params = old.params();
            let step = step(V3, &params, &[], narrow(call.flags)?);
            let begun = on.drivers().hypervisor.domain_migrate_begin(&call.dom, &step)?;
            Ok::<_, Error>(DomainMigrateBegin3Reply { cookie_out: Opaque(begun.cookie), xml: begun.xml })
        };
        DomainMigratePrepare3 |on, call| {
            let (xml, bandwidth) = (Some(call.dom_xml), call.resource);
            let old = Old { name: call.dname, uri: call.uri_in, xml, bandwidth };
            let prepared = on.prepare(&step(V3, &old.params(), &call.cookie_in, narrow(call.flags)?))?;
            let (cookie_out, uri_out) = (Opaque(prepared.cookie), prepared.uri);
            Ok::<_, Error>(DomainMigratePrepare3Reply { cookie_out, uri_out })
        };
        DomainMigratePerform3 |on, call| {
            let old = Old { name: call.dname, uri: call.uri, xml: call.xmlin, bandwidth: call.resource };
            let params = old.params();
            let step = step(V3, &params, &call.cookie_in, narrow(call.flags)?);
            on.perform(&call.dom, call.dconnuri.as_deref(), &step)
        };
        DomainMigrateFinish3 |on, call| {
            let params = Old { name: Some(call.dname), uri: call.uri, ..Old::default() }.params();
            let step = step(V3, &params, &call.cookie_in, narrow(call.flags)?);
            let (dom, cookie_out) = on.finish(&step, call.cancelled != 0)?;
            Ok::<_, Error>(DomainMigrateFinish3Reply { dom, cookie_out })
        };
        DomainMigrateConfirm3 |on, call| {
            let params = TypedParams::new();
            let step = step(V3, &params, &call.cookie_in, narrow(call.flags)?);
            on.drivers().hypervisor.domain_migrate_confirm(&call.dom, &step, call.cancelled != 0)
        };
    }
}

fn with_params(table: &mut Dispatch<Client>) {
    use MigrationProtocol::V3Params;
    answers! { table;
        DomainMigrateBegin3Params |on, call| {
            let step = step(V3Params, &call.params, &[], call.flags);
            let begun = on.drivers().hypervisor.domain_migrate_begin(&call.dom, &step)?;
            Ok::<_, Error>(DomainMigrateBegin3ParamsReply { cookie_out: Opaque(begun.cookie), xml: begun.xml })
        };
        DomainMigratePrepare3Params |on, call| {
            let prepared = on.prepare(&step(V3Params, &call.params, &call.cookie_in, call.flags))?;
            let (cookie_out, uri_out) = (Opaque(prepared.cookie), prepared.uri);
            Ok::<_, Error>(DomainMigratePrepare3ParamsReply { cookie_out, uri_out })
        };
        DomainMigratePerform3Params |on, call| {
            let step = step(V3Params, &call.params, &call.cookie_in, call.flags);
            on.perform(&call.dom, call.dconnuri.as_deref(), &step)
        };
        DomainMigrateFinish3Params |on, call| {
            let step = step(V3Params, &call.params, &call.cookie_in, call.flags);
            let (dom, cookie_out) = on.finish(&step, call.cancelled != 0)?;
            Ok::<_, Error>(DomainMigrateFinish3ParamsReply { dom, cookie_out })
        };
        DomainMigrateConfirm3Params |on, call| {
            let step = step(V3Params, &call.params, &call.cookie_in, call.flags);
            on.drivers().hypervisor.domain_migrate_confirm(&call.dom, &step, call.cancelled != 0)
        };
    }
}

/// Prepares for memory that comes through the client, as a stream; the cookie for the source comes back.
fn tunnel(call: &Call<'_, Client>, step: &MigrationStep<'_>) -> Result<Cookie> {
    let on = On::the(call.caller)?;
    let stream = new_stream(&on)?;
    let (prepared, driver) = on.drivers().hypervisor.domain_migrate_prepare_tunnel(step)?;
    stream.open_on(driver);
    call.caller.streams().open(call.caller, call.header, stream, Ways::FROM_CLIENT)?;
    Ok(Opaque(prepared.cookie))
}

fn prepare_tunnel(
    call: Call<'_, Client>,
    arguments: DomainMigratePrepareTunnel,
) -> Result<((), Vec<OwnedFd>)> {
    let (xml, bandwidth) = (Some(arguments.dom_xml), arguments.resource);
    let params = Old { name: arguments.dname, uri: None, xml, bandwidth }.params();
    tunnel(&call, &step(MigrationProtocol::V2, &params, &[], narrow(arguments.flags)?))?;
    Ok(((), Vec::new()))
}

fn prepare_tunnel3(
    call: Call<'_, Client>,
    arguments: DomainMigratePrepareTunnel3,
) -> Result<(Cookie, Vec<OwnedFd>)> {
    let (xml, bandwidth) = (Some(arguments.dom_xml), arguments.resource);
    let params = Old { name: arguments.dname, uri: None, xml, bandwidth }.params();
    let step = step(MigrationProtocol::V3, &params, &arguments.cookie_in, narrow(arguments.flags)?);
    Ok((tunnel(&call, &step)?, Vec::new()))
}

fn prepare_tunnel3_params(
    call: Call<'_, Client>,
    arguments: DomainMigratePrepareTunnel3Params,
) -> Result<(Cookie, Vec<OwnedFd>)> {
    let step = step(MigrationProtocol::V3Params, &arguments.params, &arguments.cookie_in, arguments.flags);
    Ok((tunnel(&call, &step)?, Vec::new()))
}
