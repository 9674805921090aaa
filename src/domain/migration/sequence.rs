//! The phases of a migration in their order, where the caller holds both connections.
//!
//! | phase   | where       | V1 | V2 | V3 |
//! |---------|-------------|----|----|----|
//! | begin   | source      |    | XML only | yes |
//! | prepare | destination | yes | yes | yes |
//! | perform | source      | yes | yes | yes |
//! | finish  | destination | after success | always | always |
//! | confirm | source      |    |    | unless perform has failed, which cleans up itself |

use super::Domain;
use crate::Connection;
use ferrovirt_core::abi::{
    VIR_DOMAIN_PAUSED, VIR_DOMAIN_XML_MIGRATABLE, VIR_DOMAIN_XML_SECURE, VIR_DOMAIN_XML_UPDATE_CPU,
    VIR_MIGRATE_ABORT_ON_ERROR, VIR_MIGRATE_AUTO_CONVERGE, VIR_MIGRATE_CHANGE_PROTECTION,
    VIR_MIGRATE_OFFLINE, VIR_MIGRATE_PARAM_DEST_NAME, VIR_MIGRATE_PARAM_DEST_XML, VIR_MIGRATE_PARAM_URI,
    VIR_MIGRATE_PAUSED, VIR_MIGRATE_POSTCOPY_RESUME,
};
use ferrovirt_core::driver::{
    Feature, HypervisorDriver, MigrationFinished, MigrationPrepared, MigrationProtocol, MigrationStep,
};
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, TypedParams};

/// One migration under way.
pub(super) struct Sequence<'a> {
    domain: &'a Domain,
    dest: &'a Connection,
    protocol: MigrationProtocol,
    params: TypedParams,
    /// For the source; the destination gets [`Sequence::dest_flags`].
    flags: u32,
    /// `VIR_MIGRATE_CHANGE_PROTECTION` where the source has it: its begin takes what its confirm gives back.
    protection: u32,
}

/// How the source's part went.
struct Sent {
    /// For the destination's finish.
    cookie: Vec<u8>,
    outcome: Result<()>,
    /// Whether the source waits for a confirm.
    source_waits: bool,
}

impl<'a> Sequence<'a> {
    pub fn new(
        domain: &'a Domain,
        dest: &'a Connection,
        protocol: MigrationProtocol,
        params: TypedParams,
        flags: u32,
    ) -> Result<Self> {
        let framed = protocol >= MigrationProtocol::V3;
        let protects = framed && domain.connection().supports(Feature::MigrateChangeProtection)?;
        let protection = if protects { VIR_MIGRATE_CHANGE_PROTECTION } else { 0 };
        Ok(Self { domain, dest, protocol, params, flags, protection })
    }

    /// Runs all phases; the domain at its new place comes back.
    pub fn run(mut self) -> Result<Domain> {
        let cookie = self.begin()?;
        self.keep_paused();
        let prepared = match self.destination().domain_migrate_prepare(&self.dest_step(&cookie)) {
            Ok(prepared) => prepared,
            Err(err) => {
                if self.protection != 0 {
                    self.confirm(&[], true);
                }
                return Err(err);
            }
        };
        let sent = self.send(prepared);
        self.name_for_finish();
        if self.protocol == MigrationProtocol::V1 {
            sent.outcome?;
            return self.finish_v1(&sent.cookie);
        }
        self.settle(sent)
    }

    /// Finish and confirm.
    fn settle(&self, sent: Sent) -> Result<Domain> {
        let cancelled = sent.outcome.is_err();
        let finished = self.destination().domain_migrate_finish(&self.dest_step(&sent.cookie), cancelled);
        let (finished, finish_failure) = match finished {
            Ok(finished) => (finished, None),
            Err(err) => (MigrationFinished::default(), Some(err)),
        };
        if cancelled && finished.domain.is_some() {
            tracing::error!(domain = %self.domain.name(), "the destination runs the guest of a cancelled migration");
        }
        if sent.source_waits {
            self.confirm(&finished.cookie, finished.domain.is_none());
        }
        match finished.domain {
            Some(id) => Ok(self.moved(id)),
            None => Err(failure(sent.outcome.err(), finish_failure)),
        }
    }

    /// Makes the description that the destination starts from; the source's cookie comes back.
    fn begin(&mut self) -> Result<Vec<u8>> {
        let id = self.domain.id();
        match self.protocol {
            MigrationProtocol::V1 => Ok(Vec::new()),
            MigrationProtocol::V2 => {
                let migratable = self.domain.connection().supports(Feature::XmlMigratable)?;
                let own = VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_UPDATE_CPU;
                let flags = if migratable { VIR_DOMAIN_XML_MIGRATABLE } else { own };
                let xml = self.domain.driver().domain_get_xml_desc(&id, flags)?;
                self.params.set(VIR_MIGRATE_PARAM_DEST_XML, xml);
                Ok(Vec::new())
            }
            MigrationProtocol::V3 | MigrationProtocol::V3Params => {
                let begun = self.domain.driver().domain_migrate_begin(&id, &self.source_step(&[]))?;
                self.params.set(VIR_MIGRATE_PARAM_DEST_XML, begun.xml);
                Ok(begun.cookie)
            }
        }
    }

    /// A guest that is paused now stays so at the destination.
    fn keep_paused(&mut self) {
        if self.flags & VIR_MIGRATE_POSTCOPY_RESUME != 0 {
            return;
        }
        let state = self.domain.driver().domain_get_state(&self.domain.id(), 0);
        if state.is_ok_and(|now| u32::try_from(now.state) == Ok(VIR_DOMAIN_PAUSED)) {
            self.flags |= VIR_MIGRATE_PAUSED;
        }
    }

    /// Perform, unless there is nothing to send or nowhere to send it.
    fn send(&mut self, prepared: MigrationPrepared) -> Sent {
        if let Some(uri) = prepared.uri {
            self.params.set(VIR_MIGRATE_PARAM_URI, uri);
        } else if !matches!(self.params.get_string(VIR_MIGRATE_PARAM_URI), Ok(Some(_))) {
            let err =
                Error::internal("neither the caller nor the destination has said where the memory is to go");
            return Sent { cookie: prepared.cookie, outcome: Err(err), source_waits: self.is_framed() };
        }
        if self.is_framed() && self.flags & VIR_MIGRATE_OFFLINE != 0 {
            return Sent { cookie: Vec::new(), outcome: Ok(()), source_waits: true };
        }
        let step = self.source_step(&prepared.cookie);
        match self.domain.driver().domain_migrate_perform(&self.domain.id(), None, &step) {
            Ok(cookie) if self.is_framed() => Sent { cookie, outcome: Ok(()), source_waits: true },
            // Before V3 there is one cookie, which the destination made for itself.
            Ok(_) => Sent { cookie: prepared.cookie, outcome: Ok(()), source_waits: false },
            Err(err) if self.is_framed() => {
                Sent { cookie: Vec::new(), outcome: Err(err), source_waits: false }
            }
            Err(err) => Sent { cookie: prepared.cookie, outcome: Err(err), source_waits: false },
        }
    }

    /// The destination finds the domain by its name there.
    fn name_for_finish(&mut self) {
        if self.params.get(VIR_MIGRATE_PARAM_DEST_NAME).is_none() {
            self.params.add(VIR_MIGRATE_PARAM_DEST_NAME, &*self.domain.name());
        }
    }

    /// The oldest drivers may have no finish: the domain is simply there.
    fn finish_v1(&self, cookie: &[u8]) -> Result<Domain> {
        let id = match self.destination().domain_migrate_finish(&self.dest_step(cookie), false) {
            Err(err) if err.code() == ErrorCode::NoSupport => None,
            answer => answer?.domain,
        };
        let id = match id {
            Some(id) => id,
            None => {
                let name = self.params.get_string(VIR_MIGRATE_PARAM_DEST_NAME)?;
                self.destination().domain_lookup_by_name(name.unwrap_or(&self.domain.name()))?
            }
        };
        Ok(self.moved(id))
    }

    /// By now the guest is where it is: a failure only tells what state it was left in at the source.
    fn confirm(&self, cookie: &[u8], cancelled: bool) {
        let step = self.source_step(cookie);
        let confirmed = self.domain.driver().domain_migrate_confirm(&self.domain.id(), &step, cancelled);
        if let Err(err) = confirmed {
            tracing::warn!(domain = %self.domain.name(), cancelled, %err, "the guest may be left paused at the source");
        }
    }

    fn is_framed(&self) -> bool {
        self.protocol >= MigrationProtocol::V3
    }

    fn destination(&self) -> &dyn HypervisorDriver {
        &*self.dest.drivers().hypervisor
    }

    fn moved(&self, id: DomainId) -> Domain {
        Domain::new(self.dest, id)
    }

    fn source_step<'s>(&'s self, cookie: &'s [u8]) -> MigrationStep<'s> {
        let flags = self.flags | self.protection;
        MigrationStep { protocol: self.protocol, params: &self.params, cookie, flags }
    }

    fn dest_step<'s>(&'s self, cookie: &'s [u8]) -> MigrationStep<'s> {
        // These two are about sending, and older destinations refuse what they do not know.
        let flags = self.flags & !(VIR_MIGRATE_ABORT_ON_ERROR | VIR_MIGRATE_AUTO_CONVERGE);
        MigrationStep { protocol: self.protocol, params: &self.params, cookie, flags }
    }
}

/// What the caller is told where both hosts may have something to say.
fn failure(sent: Option<Error>, finish: Option<Error>) -> Error {
    match (sent, finish) {
        (Some(source), Some(dest)) if worth_both(&source, &dest) => Error::operation_failed(format!(
            "the migration failed; the source says: {}; the destination says: {}",
            source.message(),
            dest.message()
        )),
        (Some(source), _) => source,
        (None, Some(dest)) => dest,
        (None, None) => Error::operation_failed("the destination has taken the guest away without a reason"),
    }
}

/// QEMU's two ends each know only half of why a transfer broke off.
fn worth_both(source: &Error, dest: &Error) -> bool {
    source.error_domain() == ErrorDomain::Qemu
        && source.code() == ErrorCode::OperationFailed
        && dest.error_domain() == ErrorDomain::Qemu
        && dest.code() != ErrorCode::MigrateFinishOk
}
