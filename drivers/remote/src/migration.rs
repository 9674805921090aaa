//! Moving domains between hosts: each phase in the words of the protocol that both hosts have.

use crate::RemoteDriver;
use crate::forward::{forward, text};
use ferrovirt_core::abi::{
    VIR_MIGRATE_PARAM_BANDWIDTH, VIR_MIGRATE_PARAM_DEST_NAME, VIR_MIGRATE_PARAM_DEST_XML,
    VIR_MIGRATE_PARAM_URI,
};
use ferrovirt_core::driver::{
    DomainMigration, Feature, MigrationBegun, MigrationFinished, MigrationPrepared, MigrationProtocol,
    MigrationStep, StreamDriver,
};
use ferrovirt_core::{DomainId, Error, Result};
use ferrovirt_rpc::program::remote::*;

/// What protocols without parameters have fields for.
struct Plain {
    uri: Option<String>,
    name: Option<String>,
    xml: Option<String>,
    bandwidth: u64,
}

impl Plain {
    fn of(step: &MigrationStep<'_>) -> Result<Self> {
        let string = |name| step.params.get_string(name).map(text);
        Ok(Self {
            uri: string(VIR_MIGRATE_PARAM_URI)?,
            name: string(VIR_MIGRATE_PARAM_DEST_NAME)?,
            xml: string(VIR_MIGRATE_PARAM_DEST_XML)?,
            bandwidth: step.params.get_ullong(VIR_MIGRATE_PARAM_BANDWIDTH)?.unwrap_or(0),
        })
    }

    /// The description, which must be there by now.
    fn description(&self) -> Result<String> {
        self.xml.clone().ok_or_else(|| Error::internal("no description was made for the destination"))
    }
}

impl DomainMigration for RemoteDriver {
    forward! {
        fn domain_migrate_get_max_downtime(domain: &DomainId, flags: u32) -> u64 =
            DomainMigrateGetMaxDowntime { dom: domain.clone(), flags };
        fn domain_migrate_set_max_downtime(domain: &DomainId, downtime: u64, flags: u32) -> () =
            DomainMigrateSetMaxDowntime { dom: domain.clone(), downtime, flags };
        fn domain_migrate_get_compression_cache(domain: &DomainId, flags: u32) -> u64 =
            DomainMigrateGetCompressionCache { dom: domain.clone(), flags };
        fn domain_migrate_set_compression_cache(domain: &DomainId, size: u64, flags: u32) -> () =
            DomainMigrateSetCompressionCache { dom: domain.clone(), cache_size: size, flags };
        fn domain_migrate_get_max_speed(domain: &DomainId, flags: u32) -> u64 =
            DomainMigrateGetMaxSpeed { dom: domain.clone(), flags };
        fn domain_migrate_set_max_speed(domain: &DomainId, bandwidth: u64, flags: u32) -> () =
            DomainMigrateSetMaxSpeed { dom: domain.clone(), bandwidth, flags };
        fn domain_migrate_start_post_copy(domain: &DomainId, flags: u32) -> () =
            DomainMigrateStartPostCopy { dom: domain.clone(), flags };
    }

    /// Some are ours to have, as they are about the way to the daemon; the daemon knows of the others.
    fn connect_supports_feature(&self, feature: Feature) -> Result<bool> {
        match feature {
            Feature::Remote => Ok(true),
            Feature::FdPassing => {
                Ok(self.session.client()?.transport().passes_fds() && self.supports(feature)?)
            }
            _ => self.supports(feature),
        }
    }

    fn domain_migrate_begin(&self, domain: &DomainId, step: &MigrationStep<'_>) -> Result<MigrationBegun> {
        let (dom, flags) = (domain.clone(), step.flags);
        if step.protocol == MigrationProtocol::V3Params {
            let reply = self.call(&DomainMigrateBegin3Params { dom, params: step.params.into(), flags })?;
            return Ok(MigrationBegun { xml: reply.xml, cookie: reply.cookie_out.0 });
        }
        let plain = Plain::of(step)?;
        let reply = self.call(&DomainMigrateBegin3 {
            dom,
            xmlin: plain.xml,
            flags: flags.into(),
            dname: plain.name,
            resource: plain.bandwidth,
        })?;
        Ok(MigrationBegun { xml: reply.xml, cookie: reply.cookie_out.0 })
    }

    fn domain_migrate_prepare(&self, step: &MigrationStep<'_>) -> Result<MigrationPrepared> {
        if step.protocol == MigrationProtocol::V3Params {
            let (params, cookie_in) = (step.params.into(), step.cookie.into());
            let reply = self.call(&DomainMigratePrepare3Params { params, cookie_in, flags: step.flags })?;
            return Ok(MigrationPrepared { cookie: reply.cookie_out.0, uri: reply.uri_out });
        }
        let (plain, flags) = (Plain::of(step)?, step.flags.into());
        match step.protocol {
            MigrationProtocol::V1 => {
                let Plain { uri: uri_in, name: dname, bandwidth: resource, .. } = plain;
                let reply = self.call(&DomainMigratePrepare { uri_in, flags, dname, resource })?;
                Ok(MigrationPrepared { cookie: reply.cookie.0, uri: reply.uri_out })
            }
            MigrationProtocol::V2 => {
                let dom_xml = plain.description()?;
                let Plain { uri: uri_in, name: dname, bandwidth: resource, .. } = plain;
                let call = DomainMigratePrepare2 { uri_in, flags, dname, resource, dom_xml };
                let reply = self.call(&call)?;
                Ok(MigrationPrepared { cookie: reply.cookie.0, uri: reply.uri_out })
            }
            _ => {
                let (dom_xml, cookie_in) = (plain.description()?, step.cookie.into());
                let Plain { uri: uri_in, name: dname, bandwidth: resource, .. } = plain;
                let call = DomainMigratePrepare3 { cookie_in, uri_in, flags, dname, resource, dom_xml };
                let reply = self.call(&call)?;
                Ok(MigrationPrepared { cookie: reply.cookie_out.0, uri: reply.uri_out })
            }
        }
    }

    fn domain_migrate_prepare_tunnel(
        &self,
        step: &MigrationStep<'_>,
    ) -> Result<(MigrationPrepared, Box<dyn StreamDriver>)> {
        let cookie_in = step.cookie.into();
        if step.protocol == MigrationProtocol::V3Params {
            let params = step.params.into();
            let call = DomainMigratePrepareTunnel3Params { params, cookie_in, flags: step.flags };
            let (cookie, stream) = self.open_stream(&call)?;
            return Ok((MigrationPrepared { cookie: cookie.0, uri: None }, Box::new(stream)));
        }
        let (plain, flags) = (Plain::of(step)?, step.flags.into());
        let dom_xml = plain.description()?;
        let Plain { name: dname, bandwidth: resource, .. } = plain;
        if step.protocol == MigrationProtocol::V3 {
            let call = DomainMigratePrepareTunnel3 { cookie_in, flags, dname, resource, dom_xml };
            let (cookie, stream) = self.open_stream(&call)?;
            return Ok((MigrationPrepared { cookie: cookie.0, uri: None }, Box::new(stream)));
        }
        let call = DomainMigratePrepareTunnel { flags, dname, resource, dom_xml };
        let ((), stream) = self.open_stream(&call)?;
        Ok((MigrationPrepared::default(), Box::new(stream)))
    }

    fn domain_migrate_perform(
        &self,
        domain: &DomainId,
        connection_uri: Option<&str>,
        step: &MigrationStep<'_>,
    ) -> Result<Vec<u8>> {
        let (dom, cookie) = (domain.clone(), step.cookie.into());
        let dconnuri = text(connection_uri);
        if step.protocol == MigrationProtocol::V3Params {
            let (params, flags) = (step.params.into(), step.flags);
            let call = DomainMigratePerform3Params { dom, dconnuri, params, cookie_in: cookie, flags };
            return Ok(self.call(&call)?.0);
        }
        let (plain, flags) = (Plain::of(step)?, step.flags.into());
        let Plain { uri, name: dname, xml: xmlin, bandwidth: resource } = plain;
        if step.protocol == MigrationProtocol::V3 {
            let cookie_in = cookie;
            let call = DomainMigratePerform3 { dom, xmlin, cookie_in, dconnuri, uri, flags, dname, resource };
            return Ok(self.call(&call)?.0);
        }
        // These know of one URI: that of the destination's daemon, where the source runs the phases itself.
        let uri = dconnuri.or(uri).unwrap_or_default();
        self.call(&DomainMigratePerform { dom, cookie, uri, flags, dname, resource })?;
        Ok(Vec::new())
    }

    /// The wire's answer always has a domain: where there is none after a cancelled migration, daemons answer an error.
    fn domain_migrate_finish(&self, step: &MigrationStep<'_>, cancelled: bool) -> Result<MigrationFinished> {
        match self.finish(step, cancelled) {
            Err(err) if cancelled && self.session.is_alive() => {
                tracing::debug!(%err, "the destination of a cancelled migration has no domain");
                Ok(MigrationFinished::default())
            }
            finished => finished,
        }
    }

    fn domain_migrate_confirm(
        &self,
        domain: &DomainId,
        step: &MigrationStep<'_>,
        cancelled: bool,
    ) -> Result<()> {
        let (dom, cookie_in, cancelled) = (domain.clone(), step.cookie.into(), cancelled.into());
        if step.protocol == MigrationProtocol::V3Params {
            let (params, flags) = (step.params.into(), step.flags);
            return self.call(&DomainMigrateConfirm3Params { dom, params, cookie_in, flags, cancelled });
        }
        let flags = step.flags.into();
        self.call(&DomainMigrateConfirm3 { dom, cookie_in, flags, cancelled })
    }
}

impl RemoteDriver {
    fn finish(&self, step: &MigrationStep<'_>, cancelled: bool) -> Result<MigrationFinished> {
        let cookie = step.cookie.into();
        if step.protocol == MigrationProtocol::V3Params {
            let (params, flags, cancelled) = (step.params.into(), step.flags, cancelled.into());
            let call = DomainMigrateFinish3Params { params, cookie_in: cookie, flags, cancelled };
            let reply = self.call(&call)?;
            return Ok(MigrationFinished { domain: Some(reply.dom), cookie: reply.cookie_out.0 });
        }
        let (plain, flags) = (Plain::of(step)?, step.flags.into());
        let (dname, uri) = (plain.name.unwrap_or_default(), plain.uri);
        let domain = match step.protocol {
            MigrationProtocol::V1 => {
                let uri = uri.unwrap_or_default();
                self.call(&DomainMigrateFinish { dname, cookie, uri, flags })?
            }
            MigrationProtocol::V2 => {
                let (uri, retcode) = (uri.unwrap_or_default(), if cancelled { -1 } else { 0 });
                self.call(&DomainMigrateFinish2 { dname, cookie, uri, flags, retcode })?
            }
            _ => {
                let (cookie_in, cancelled) = (cookie, cancelled.into());
                let call = DomainMigrateFinish3 { dname, cookie_in, dconnuri: None, uri, flags, cancelled };
                let reply = self.call(&call)?;
                return Ok(MigrationFinished { domain: Some(reply.dom), cookie: reply.cookie_out.0 });
            }
        };
        Ok(MigrationFinished { domain: Some(domain), cookie: Vec::new() })
    }
}
