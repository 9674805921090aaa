//! Moving a domain to another host: what may be asked for, which protocol is taken, and what can be tuned meanwhile.
//!
//! Where the caller holds both connections, the phases are run here ([`sequence`]); in a peer-to-peer or direct
//! migration the source's driver does it all.

mod sequence;
#[cfg(test)]
mod tests;

use super::Domain;
use crate::Connection;
use crate::flags::{check_requires, exclusive, not_empty};
use ferrovirt_core::abi::{
    VIR_MIGRATE_CHANGE_PROTECTION, VIR_MIGRATE_NON_SHARED_DISK, VIR_MIGRATE_NON_SHARED_INC,
    VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES, VIR_MIGRATE_OFFLINE, VIR_MIGRATE_PARAM_BANDWIDTH,
    VIR_MIGRATE_PARAM_DEST_NAME, VIR_MIGRATE_PARAM_DEST_XML, VIR_MIGRATE_PARAM_URI, VIR_MIGRATE_PEER2PEER,
    VIR_MIGRATE_TUNNELLED,
};
use ferrovirt_core::driver::read_only_refusal;
use ferrovirt_core::driver::{Feature, MigrationProtocol, MigrationStep};
use ferrovirt_core::{Error, ErrorCode, Result, TypedParams};
use fluent_uri::Uri;
use sequence::Sequence;

/// What the calls before parameters could say of a migration.
#[derive(Debug, Clone, Copy, Default)]
pub struct MigrationTarget<'a> {
    /// A new name for the domain.
    pub name: Option<&'a str>,
    /// Where the memory goes; `None` leaves that to the destination.
    pub uri: Option<&'a str>,
    /// A description to start from at the destination.
    pub xml: Option<&'a str>,
    /// MiB/s, 0 for no limit.
    pub bandwidth: u64,
}

impl MigrationTarget<'_> {
    fn params(&self) -> TypedParams {
        let mut params = TypedParams::new();
        let texts = [
            (VIR_MIGRATE_PARAM_URI, self.uri),
            (VIR_MIGRATE_PARAM_DEST_NAME, self.name),
            (VIR_MIGRATE_PARAM_DEST_XML, self.xml),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                params.add(name, text);
            }
        }
        params.add(VIR_MIGRATE_PARAM_BANDWIDTH, self.bandwidth);
        params
    }
}

impl Domain {
    /// Moves the guest to `dest`. With `VIR_MIGRATE_PEER2PEER`, `target.uri` is what the source connects to.
    pub fn migrate(&self, dest: &Connection, target: &MigrationTarget<'_>, flags: u32) -> Result<Domain> {
        self.may_migrate_to(dest, target.name, flags)?;
        if flags & VIR_MIGRATE_PEER2PEER == 0 {
            return self.managed(dest, target.params(), flags, MigrationProtocol::V3, "virDomainMigrate");
        }
        let uri = target.uri.map_or_else(|| dest.uri(), |uri| Ok(uri.to_owned()))?;
        self.peer_to_peer(dest, &uri, &MigrationTarget { uri: None, ..*target }, flags, "virDomainMigrate")
    }

    /// Moves the guest to `dest`; the URI is always that of the memory.
    pub fn migrate2(&self, dest: &Connection, target: &MigrationTarget<'_>, flags: u32) -> Result<Domain> {
        self.may_migrate_to(dest, target.name, flags)?;
        if flags & VIR_MIGRATE_PEER2PEER == 0 {
            return self.managed(dest, target.params(), flags, MigrationProtocol::V3, "virDomainMigrate2");
        }
        self.peer_to_peer(dest, &dest.uri()?, target, flags, "virDomainMigrate2")
    }

    /// Moves the guest to `dest`, with `VIR_MIGRATE_PARAM_*`.
    pub fn migrate3(&self, dest: &Connection, params: &TypedParams, flags: u32) -> Result<Domain> {
        writable(dest)?;
        storage_flags(flags)?;
        if flags & VIR_MIGRATE_PEER2PEER != 0 {
            let detail =
                "virDomainMigrate3 holds both connections itself: peer-to-peer is virDomainMigrateToURI3";
            return Err(Error::invalid_arg(detail));
        }
        if flags & VIR_MIGRATE_TUNNELLED != 0 {
            return Err(Error::invalid_arg(TUNNEL_NEEDS_PEER));
        }
        check_types(params)?;
        self.offline_allowed(Some(dest), flags)?;
        self.managed(dest, params.clone(), flags, MigrationProtocol::V3Params, "virDomainMigrate3")
    }

    /// Moves the guest without a connection to the destination here: `uri` is the destination's connection with
    /// `VIR_MIGRATE_PEER2PEER`, and where the memory goes without.
    pub fn migrate_to_uri(&self, uri: &str, target: &MigrationTarget<'_>, flags: u32) -> Result<()> {
        let peer = flags & VIR_MIGRATE_PEER2PEER != 0;
        let target = MigrationTarget { uri: (!peer).then_some(uri), xml: None, ..*target };
        self.migrate_to_uri2(peer.then_some(uri), &target, flags)
    }

    /// The same with both URIs; `connection_uri` counts only with `VIR_MIGRATE_PEER2PEER`.
    pub fn migrate_to_uri2(
        &self,
        connection_uri: Option<&str>,
        target: &MigrationTarget<'_>,
        flags: u32,
    ) -> Result<()> {
        target.name.map_or(Ok(()), |name| not_empty(name, "dname"))?;
        self.migrate_to_uri3(connection_uri, &target.params(), flags)
    }

    /// The same with `VIR_MIGRATE_PARAM_*`.
    pub fn migrate_to_uri3(
        &self,
        connection_uri: Option<&str>,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        exclusive!(flags, VIR_MIGRATE_TUNNELLED, VIR_MIGRATE_PARALLEL)?;
        storage_flags(flags)?;
        self.offline_allowed(None, flags)?;
        let source = self.connection();
        if flags & VIR_MIGRATE_PEER2PEER == 0 {
            source.need(
                Feature::MigrationDirect,
                "the source can't migrate without a destination's connection",
            )?;
            return self.unmanaged(None, params, flags);
        }
        source.need(
            Feature::MigrationP2p,
            "p2p migration is not supported by the source host: it can't connect to a destination by itself",
        )?;
        if connection_uri.is_none() {
            return Err(Error::invalid_arg("a peer-to-peer migration needs the destination's URI: dconnuri"));
        }
        self.unmanaged(connection_uri, params, flags)
    }

    /// How long the guest may stand still at the end of a migration, in milliseconds.
    pub fn migrate_max_downtime(&self, flags: u32) -> Result<u64> {
        self.driver().domain_migrate_get_max_downtime(&self.id(), flags)
    }

    pub fn migrate_set_max_downtime(&self, milliseconds: u64, flags: u32) -> Result<()> {
        self.driver().domain_migrate_set_max_downtime(&self.id(), milliseconds, flags)
    }

    /// The size in bytes of the cache that compresses pages sent again.
    pub fn migrate_compression_cache(&self, flags: u32) -> Result<u64> {
        self.driver().domain_migrate_get_compression_cache(&self.id(), flags)
    }

    pub fn migrate_set_compression_cache(&self, bytes: u64, flags: u32) -> Result<()> {
        self.driver().domain_migrate_set_compression_cache(&self.id(), bytes, flags)
    }

    /// The limit of a migration's speed, in MiB/s.
    pub fn migrate_max_speed(&self, flags: u32) -> Result<u64> {
        self.driver().domain_migrate_get_max_speed(&self.id(), flags)
    }

    pub fn migrate_set_max_speed(&self, mib_per_second: u64, flags: u32) -> Result<()> {
        self.driver().domain_migrate_set_max_speed(&self.id(), mib_per_second, flags)
    }

    /// Lets the guest run at its destination now; memory that is not there yet follows when it is touched.
    pub fn migrate_start_post_copy(&self, flags: u32) -> Result<()> {
        self.driver().domain_migrate_start_post_copy(&self.id(), flags)
    }

    /// The checks that the first two forms share.
    fn may_migrate_to(&self, dest: &Connection, name: Option<&str>, flags: u32) -> Result<()> {
        writable(dest)?;
        name.map_or(Ok(()), |name| not_empty(name, "dname"))?;
        storage_flags(flags)?;
        exclusive!(flags, VIR_MIGRATE_TUNNELLED, VIR_MIGRATE_PARALLEL)?;
        self.offline_allowed(Some(dest), flags)
    }

    fn offline_allowed(&self, dest: Option<&Connection>, flags: u32) -> Result<()> {
        if flags & VIR_MIGRATE_OFFLINE == 0 {
            return Ok(());
        }
        let source = self.connection();
        source.need(Feature::MigrationOffline, "the source can't migrate a domain that is shut off")?;
        dest.map_or(Ok(()), |dest| {
            dest.need(Feature::MigrationOffline, "the destination can't take a domain that is shut off")
        })
    }

    /// Peer to peer, with a connection to the destination here too: that tells where the domain has gone.
    fn peer_to_peer(
        &self,
        dest: &Connection,
        uri: &str,
        target: &MigrationTarget<'_>,
        flags: u32,
        call: &'static str,
    ) -> Result<Domain> {
        if !self.connection().supports(Feature::MigrationP2p)? {
            return Err(Error::no_support(call));
        }
        self.unmanaged(Some(uri), &target.params(), flags)?;
        let name = target.name.map_or_else(|| self.name(), Into::into);
        let id = dest.drivers().hypervisor.domain_lookup_by_name(&name)?;
        Ok(Domain::new(dest, id))
    }

    /// The source's driver does everything.
    fn unmanaged(&self, connection_uri: Option<&str>, params: &TypedParams, flags: u32) -> Result<()> {
        let source = self.connection();
        let mut protocol = MigrationProtocol::V3Params;
        if let Some(uri) = connection_uri {
            refuse_local(uri)?;
        }
        if connection_uri.is_none() || !source.supports(Feature::MigrationParams)? {
            let v3 = source.supports(Feature::MigrationV3)?;
            protocol = if v3 { MigrationProtocol::V3 } else { MigrationProtocol::V2 };
            fits(params, protocol)?;
            check_types(params)?;
            if !v3 && connection_uri.is_some() && params.get(VIR_MIGRATE_PARAM_URI).is_some() {
                return Err(Error::internal(
                    "the source's protocol of migration takes one URI, the one that it connects to",
                ));
            }
        }
        let step = MigrationStep { protocol, params, cookie: &[], flags };
        self.driver().domain_migrate_perform(&self.id(), connection_uri, &step).map(drop)
    }

    /// Both connections are here, and the phases are run from here.
    fn managed(
        &self,
        dest: &Connection,
        params: TypedParams,
        flags: u32,
        newest: MigrationProtocol,
        call: &'static str,
    ) -> Result<Domain> {
        if flags & VIR_MIGRATE_CHANGE_PROTECTION != 0 {
            let detail = "the source can't keep the domain from being changed while it migrates";
            self.connection().need(Feature::MigrateChangeProtection, detail)?;
        }
        // From here on the phases that understand the flag get it wherever the source has it.
        let flags = flags & !VIR_MIGRATE_CHANGE_PROTECTION;
        if flags & VIR_MIGRATE_TUNNELLED != 0 {
            return Err(Error::operation_invalid(TUNNEL_NEEDS_PEER));
        }
        let protocol = self.negotiate(dest, &params, newest, call)?;
        Sequence::new(self, dest, protocol, params, flags)?.run()
    }

    /// The newest protocol that both sides have and that can carry the parameters.
    fn negotiate(
        &self,
        dest: &Connection,
        params: &TypedParams,
        newest: MigrationProtocol,
        call: &'static str,
    ) -> Result<MigrationProtocol> {
        let both =
            |feature| Ok::<bool, Error>(self.connection().supports(feature)? && dest.supports(feature)?);
        if newest == MigrationProtocol::V3Params {
            if both(Feature::MigrationParams)? {
                return Ok(newest);
            }
            fits(params, MigrationProtocol::V3)?;
        }
        for (feature, protocol) in [
            (Feature::MigrationV3, MigrationProtocol::V3),
            (Feature::MigrationV2, MigrationProtocol::V2),
            (Feature::MigrationV1, MigrationProtocol::V1),
        ] {
            if both(feature)? {
                return fits(params, protocol).map(|()| protocol);
            }
        }
        Err(Error::no_support(call))
    }
}

impl Connection {
    /// Whether the hypervisor's driver has a feature.
    pub fn supports(&self, feature: Feature) -> Result<bool> {
        match self.drivers().hypervisor.connect_supports_feature(feature) {
            // A driver that does not know the question has nothing special to offer.
            Err(err) if err.code() == ErrorCode::NoSupport => Ok(of_the_library(feature)),
            answer => answer,
        }
    }

    /// Refuses with `VIR_ERR_ARGUMENT_UNSUPPORTED` and `detail` where the driver lacks a feature.
    pub(crate) fn need(&self, feature: Feature, detail: &str) -> Result<()> {
        if self.supports(feature)? { Ok(()) } else { Err(Error::new(ErrorCode::ArgumentUnsupported, detail)) }
    }
}

/// What the library itself brings to every driver in this process.
fn of_the_library(feature: Feature) -> bool {
    matches!(feature, Feature::TypedParamString | Feature::NetworkUpdateHasCorrectOrder | Feature::FdPassing)
}

const TUNNEL_NEEDS_PEER: &str = "the source tunnels a migration only through a connection of its own: \
     VIR_MIGRATE_TUNNELLED needs VIR_MIGRATE_PEER2PEER";

fn writable(dest: &Connection) -> Result<()> {
    if dest.is_read_only() { Err(read_only_refusal("migrating to the destination")) } else { Ok(()) }
}

fn storage_flags(flags: u32) -> Result<()> {
    exclusive!(flags, VIR_MIGRATE_NON_SHARED_DISK, VIR_MIGRATE_NON_SHARED_INC)?;
    check_requires(
        flags,
        (VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES, "VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES"),
        (
            VIR_MIGRATE_NON_SHARED_DISK | VIR_MIGRATE_NON_SHARED_INC,
            "VIR_MIGRATE_NON_SHARED_DISK or VIR_MIGRATE_NON_SHARED_INC",
        ),
    )
}

/// The parameters that the face or an older protocol reads have the right types, and the name is one.
fn check_types(params: &TypedParams) -> Result<()> {
    params.get_string(VIR_MIGRATE_PARAM_URI)?;
    params.get_string(VIR_MIGRATE_PARAM_DEST_XML)?;
    params.get_ullong(VIR_MIGRATE_PARAM_BANDWIDTH)?;
    params.get_string(VIR_MIGRATE_PARAM_DEST_NAME)?.map_or(Ok(()), |name| not_empty(name, "destination_name"))
}

/// Whether a protocol can carry these parameters.
fn fits(params: &TypedParams, protocol: MigrationProtocol) -> Result<()> {
    const PLAIN: [&str; 3] =
        [VIR_MIGRATE_PARAM_URI, VIR_MIGRATE_PARAM_DEST_NAME, VIR_MIGRATE_PARAM_BANDWIDTH];
    if protocol == MigrationProtocol::V3Params {
        return Ok(());
    }
    let carried = |name: &str| {
        PLAIN.contains(&name) || (protocol == MigrationProtocol::V3 && name == VIR_MIGRATE_PARAM_DEST_XML)
    };
    match params.iter().find(|(name, _)| !carried(name)) {
        None => Ok(()),
        Some((name, _)) => {
            let detail = format!(
                "the hosts have agreed on migration protocol {protocol:?}, which has no parameter '{name}'"
            );
            Err(Error::new(ErrorCode::ArgumentUnsupported, detail))
        }
    }
}

/// A peer-to-peer migration must lead to another host than this one.
fn refuse_local(uri: &str) -> Result<()> {
    let parsed = Uri::parse(uri)
        .map_err(|err| Error::internal(format!("cannot read the destination's URI '{uri}': {err}")))?;
    let host = parsed.authority().map(|authority| authority.host()).filter(|host| !host.is_empty());
    let local = match host {
        Some(host) => host.starts_with("localhost"),
        // A socket may lead anywhere: whoever made it knows.
        None => !names_socket(&parsed),
    };
    if local {
        return Err(Error::invalid_arg(format!(
            "'{uri}' is this host: a guest can't migrate to where it is"
        )));
    }
    Ok(())
}

/// Whether the URI asks for a UNIX socket of its own (`qemu+unix:///system?socket=/path`).
fn names_socket(uri: &Uri<&str>) -> bool {
    let over_unix = uri.scheme().as_str().split_once('+').is_some_and(|(_, transport)| transport == "unix");
    let mut keys = uri.query().map(|query| query.as_str()).unwrap_or_default().split('&');
    over_unix && keys.any(|pair| pair.split('=').next().is_some_and(|key| key.eq_ignore_ascii_case("socket")))
}
