//! What each procedure does, one file a subject. A plain one is a line: which method of the face it calls.

mod admin;
mod checkpoint;
mod connect;
mod domain_block;
mod domain_config;
mod domain_console;
mod domain_devices;
mod domain_guest;
mod domain_jobs;
mod domain_lifecycle;
mod domain_stats;
mod domain_tuning;
mod events;
mod extension;
mod host;
mod interface;
mod migration;
mod network;
mod nodedev;
mod nwfilter;
mod quick;
mod reply;
mod secret;
mod seen;
mod snapshot;
mod storage;
#[cfg(test)]
mod tests;

pub(crate) use reply::{Reply, counted, listed, named, within};

use crate::client::Client;
use ferrovirt::{
    Connection, Domain, DomainCheckpoint, DomainSnapshot, Interface, LocalHost, Network, NetworkPort,
    NodeDevice, NwFilter, NwFilterBinding, Secret, StoragePool, StorageVol,
};
use ferrovirt_core::{
    DomainCheckpointId, DomainId, DomainSnapshotId, InterfaceId, NetworkId, NetworkPortId, NodeDeviceId,
    NwFilterBindingId, NwFilterId, SecretId, StoragePoolId, StorageVolId,
};
use ferrovirt_rpc::frame::Header;
use ferrovirt_rpc::procedure::{Lane, Row};
use ferrovirt_rpc::server::{Caller, Dispatch};
use std::collections::HashSet;
use std::ops::Deref;

/// The handlers of a server, and which of them take no time.
pub struct Table {
    dispatch: Dispatch<Client>,
    quick: HashSet<(u32, i32)>,
    /// Those that are so only among few guests.
    lists: HashSet<(u32, i32)>,
    calm: HashSet<(u32, i32)>,
}

/// Lists of so many guests are made in no time.
const FEW: usize = 500;

fn numbers(rows: &[&Row]) -> HashSet<(u32, i32)> {
    rows.iter().map(|row| (row.program as u32, row.number)).collect()
}

impl Table {
    /// What the clients of the hypervisors' server may call. What another daemon has to be asked for may have to be waited
    /// for.
    pub fn remote(has_guests: bool, has_networks: bool) -> Self {
        let mut dispatch = Dispatch::new();
        let add: [fn(&mut Dispatch<Client>); 22] = [
            connect::add,
            host::add,
            domain_lifecycle::add,
            domain_config::add,
            domain_tuning::add,
            domain_stats::add,
            domain_devices::add,
            domain_console::add,
            domain_block::add,
            domain_jobs::add,
            domain_guest::add,
            migration::add,
            snapshot::add,
            checkpoint::add,
            network::add,
            storage::add,
            secret::add,
            nodedev::add,
            nwfilter::add,
            interface::add,
            events::add,
            extension::add,
        ];
        add.into_iter().for_each(|add| add(&mut dispatch));
        let mut quick = if has_guests { numbers(quick::ROWS) } else { HashSet::new() };
        let lists = if has_guests { numbers(quick::LISTS) } else { HashSet::new() };
        if has_networks {
            quick.extend(numbers(quick::OF_NETWORKS));
        }
        Self { dispatch, quick, lists, calm: numbers(quick::CALM) }
    }

    /// What administrators may call.
    pub fn admin() -> Self {
        let mut dispatch = Dispatch::new();
        admin::add(&mut dispatch);
        Self { dispatch, quick: HashSet::new(), lists: HashSet::new(), calm: HashSet::new() }
    }

    /// Whether the answer to a call takes no time: drivers have it at hand and wait for nothing to give it.
    pub fn is_quick(&self, header: &Header, host: &LocalHost) -> bool {
        let call = (header.program, header.procedure);
        self.quick.contains(&call) || self.lists.contains(&call) && host.guests() <= FEW
    }

    /// Whether the answer takes nothing but computing.
    pub fn computes(&self, header: &Header) -> bool {
        self.calm.contains(&(header.program, header.procedure))
    }

    /// Whether a call keeps a worker no longer than it has work to do: it does not wait for a guest, or it is what
    /// frees a stuck one.
    pub fn is_calm(&self, header: &Header) -> bool {
        self.dispatch.lane(header) == Lane::High || self.calm.contains(&(header.program, header.procedure))
    }
}

impl Deref for Table {
    type Target = Dispatch<Client>;
    fn deref(&self) -> &Dispatch<Client> {
        &self.dispatch
    }
}

/// A client's connection, and the objects on it by their keys: no driver is asked for them.
pub(crate) struct On {
    connection: Connection,
    /// Who looks, if not everybody may see everything.
    viewer: Option<Client>,
}

impl On {
    pub fn the(client: &Client) -> ferrovirt_core::Result<Self> {
        let connection = client.connection()?;
        Ok(Self { connection, viewer: client.is_controlled().then(|| client.clone()) })
    }

    pub fn domain(&self, id: DomainId) -> Domain {
        self.domain_with_id(id)
    }

    pub fn snapshot(&self, id: DomainSnapshotId) -> DomainSnapshot {
        DomainSnapshot::new(&self.domain(id.domain.clone()), id)
    }

    pub fn checkpoint(&self, id: DomainCheckpointId) -> DomainCheckpoint {
        DomainCheckpoint::new(&self.domain(id.domain.clone()), id)
    }

    pub fn network(&self, id: NetworkId) -> Network {
        Network::new(self, id)
    }

    pub fn port(&self, id: NetworkPortId) -> NetworkPort {
        NetworkPort::new(&self.network(id.network.clone()), id)
    }

    pub fn pool(&self, id: StoragePoolId) -> StoragePool {
        StoragePool::new(self, id)
    }

    pub fn volume(&self, id: StorageVolId) -> StorageVol {
        StorageVol::new(self, id)
    }

    pub fn secret(&self, id: SecretId) -> Secret {
        Secret::new(self, id)
    }

    pub fn device(&self, name: String) -> NodeDevice {
        NodeDevice::new(self, NodeDeviceId { name: name.into(), parent: "".into() })
    }

    pub fn filter(&self, id: NwFilterId) -> NwFilter {
        NwFilter::new(self, id)
    }

    pub fn binding(&self, id: NwFilterBindingId) -> NwFilterBinding {
        NwFilterBinding::new(self, id)
    }

    pub fn interface(&self, id: InterfaceId) -> Interface {
        Interface::new(self, id)
    }
}

impl Deref for On {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.connection
    }
}

/// Declares handlers: `Procedure |on, call| what it does;`, where `on` is the client's connection, and what comes out is
/// turned into the reply by [`Reply`].
macro_rules! answers {
    ($table:ident; $($procedure:ident |$on:ident, $call:pat_param| $body:expr;)*) => {$(
        $table.on(|client: &$crate::client::Client, $call: $procedure| {
            let $on = &$crate::handlers::On::the(client)?;
            Ok($crate::handlers::Reply::reply($body?))
        });
    )*};
}
pub(crate) use answers;
