//! Events of the daemon: asked for when the first listener comes, and handed to the core's hubs.

use ferrovirt_core::abi::VIR_DOMAIN_EVENT_ID_IO_ERROR;
use ferrovirt_core::event::{DomainEventKind as Kind, NetworkEventKind, ObjectEventKind};
use ferrovirt_core::{DomainEvent, DomainId, ErrorCode, Event, EventHub, Result};
use ferrovirt_rpc::client::Client;
use ferrovirt_rpc::frame::Message;
use ferrovirt_rpc::procedure::{EventMessage, Procedure, Row};
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records;
use parking_lot::Mutex;
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

/// The hubs of a connection, each with whether the daemon has been asked for its events.
#[derive(Default)]
pub(crate) struct Events {
    domain: Source,
    network: Source,
    storage_pool: Source,
    node_device: Source,
    secret: Source,
    /// The path of a disk whose block job has changed: the message that names its target comes right behind.
    block_job_path: Mutex<Option<(Uuid, String)>>,
}

#[derive(Default)]
struct Source {
    hub: Arc<EventHub>,
    asked: Mutex<bool>,
}

impl Source {
    /// Has the daemon send these events, once. Kinds that it does not know are newer than it.
    fn ask<P: Procedure>(
        &self,
        client: &Client,
        kinds: impl IntoIterator<Item = i32>,
        call: impl Fn(i32) -> P,
    ) -> Result<Arc<EventHub>> {
        let mut asked = self.asked.lock();
        if !*asked {
            for kind in kinds {
                match client.call(&call(kind)) {
                    Err(err) if kind == 0 || err.code() != ErrorCode::InvalidArg => return Err(err),
                    _ => {}
                }
            }
            *asked = true;
        }
        Ok(self.hub.clone())
    }
}

/// How many kinds of event a domain has.
const DOMAIN_KINDS: i32 = 28;
/// Life cycle, and another.
const OBJECT_KINDS: Range<i32> = 0..2;

impl Events {
    /// I/O errors also come in an older form, which only lacks the reason: that one is not asked for.
    pub fn domain(&self, client: &Client) -> Result<Arc<EventHub>> {
        let kinds = (0..DOMAIN_KINDS).filter(|kind| *kind != VIR_DOMAIN_EVENT_ID_IO_ERROR as i32);
        self.domain
            .ask(client, kinds, |event_id| ConnectDomainEventCallbackRegisterAny { event_id, dom: None })
    }

    pub fn network(&self, client: &Client) -> Result<Arc<EventHub>> {
        let call = |event_id| ConnectNetworkEventRegisterAny { event_id, net: None };
        self.network.ask(client, OBJECT_KINDS, call)
    }

    pub fn storage_pool(&self, client: &Client) -> Result<Arc<EventHub>> {
        let call = |event_id| ConnectStoragePoolEventRegisterAny { event_id, pool: None };
        self.storage_pool.ask(client, OBJECT_KINDS, call)
    }

    pub fn node_device(&self, client: &Client) -> Result<Arc<EventHub>> {
        let call = |event_id| ConnectNodeDeviceEventRegisterAny { event_id, dev: None };
        self.node_device.ask(client, OBJECT_KINDS, call)
    }

    pub fn secret(&self, client: &Client) -> Result<Arc<EventHub>> {
        let call = |event_id| ConnectSecretEventRegisterAny { event_id, secret: None };
        self.secret.ask(client, OBJECT_KINDS, call)
    }

    /// Hands a message of the daemon to those who listen.
    pub fn publish(&self, message: &Message) {
        match self.event(message) {
            Ok(Some(event)) => self.hub(&event).publish(event),
            Ok(None) => {
                tracing::trace!(number = message.header.procedure, "a message that is no event by itself")
            }
            Err(err) => tracing::warn!(%err, number = message.header.procedure, "an event could not be read"),
        }
    }

    fn event(&self, message: &Message) -> Result<Option<Event>> {
        if message.header.program != Program::Remote as u32 {
            return Ok(None);
        }
        let is = |row: &Row| row.number == message.header.procedure;
        if is(DomainEventCallbackBlockJob::ROW) {
            let job = message.event::<DomainEventCallbackBlockJob>()?.msg;
            *self.block_job_path.lock() = Some((job.dom.uuid, job.path));
            return Ok(None);
        }
        if is(DomainEventBlockJob2::ROW) {
            let job: DomainEventBlockJob2 = message.event()?;
            let path = self.block_job_path.lock().take().filter(|(uuid, _)| *uuid == job.dom.uuid);
            let path = path.map(|(_, path)| path).unwrap_or_default();
            let kind = Kind::BlockJob { path, target: job.dst, kind: job.kind, status: job.status };
            return Ok(Some(of(job.dom, kind)));
        }
        event(message)
    }

    fn hub(&self, event: &Event) -> &EventHub {
        match event {
            Event::Domain(_) | Event::QemuMonitor(_) => &self.domain.hub,
            Event::Network { .. } => &self.network.hub,
            Event::StoragePool { .. } => &self.storage_pool.hub,
            Event::NodeDevice { .. } => &self.node_device.hub,
            Event::Secret { .. } => &self.secret.hub,
        }
    }
}

/// The core's event for each message: its type, then what is made of it.
macro_rules! events {
    ($message:ident; $($ty:ident => |$event:ident| $made:expr;)*) => {
        $(if $message.header.procedure == <$ty as EventMessage>::ROW.number {
            let $event: $ty = $message.event()?;
            return Ok(Some($made));
        })*
    };
}

fn event(message: &Message) -> Result<Option<Event>> {
    events! { message;
        NetworkEventLifecycle => |e| Event::Network {
            network: e.net,
            kind: NetworkEventKind::Lifecycle { event: e.event, detail: e.detail },
        };
        NetworkEventCallbackMetadataChange => |e| Event::Network {
            network: e.net,
            kind: NetworkEventKind::MetadataChange { kind: e.kind, uri: e.nsuri },
        };
        StoragePoolEventLifecycle => |e| Event::StoragePool {
            pool: e.pool,
            kind: ObjectEventKind::Lifecycle { event: e.event, detail: e.detail },
        };
        StoragePoolEventRefresh => |e| Event::StoragePool { pool: e.pool, kind: ObjectEventKind::Changed };
        NodeDeviceEventLifecycle => |e| Event::NodeDevice {
            device: e.dev,
            kind: ObjectEventKind::Lifecycle { event: e.event, detail: e.detail },
        };
        NodeDeviceEventUpdate => |e| Event::NodeDevice { device: e.dev, kind: ObjectEventKind::Changed };
        SecretEventLifecycle => |e| Event::Secret {
            secret: e.secret,
            kind: ObjectEventKind::Lifecycle { event: e.event, detail: e.detail },
        };
        SecretEventValueChanged => |e| Event::Secret { secret: e.secret, kind: ObjectEventKind::Changed };
    }
    domain_event(message)
}

fn of(domain: DomainId, kind: Kind) -> Event {
    Event::Domain(DomainEvent { domain, kind })
}

fn domain_event(message: &Message) -> Result<Option<Event>> {
    events! { message;
        DomainEventCallbackLifecycle => |e| {
            of(e.msg.dom, Kind::Lifecycle { event: e.msg.event, detail: e.msg.detail })
        };
        DomainEventCallbackReboot => |e| of(e.msg.dom, Kind::Reboot);
        DomainEventCallbackRtcChange => |e| of(e.msg.dom, Kind::RtcChange { utc_offset: e.msg.offset });
        DomainEventCallbackWatchdog => |e| of(e.msg.dom, Kind::Watchdog { action: e.msg.action });
        DomainEventCallbackIoErrorReason => |e| of(e.msg.dom, Kind::IoError {
            source: e.msg.src_path,
            alias: e.msg.dev_alias,
            action: e.msg.action,
            reason: e.msg.reason,
        });
        DomainEventCallbackGraphics => |e| of(e.msg.dom, Kind::Graphics {
            phase: e.msg.phase,
            local: address(e.msg.local),
            remote: address(e.msg.remote),
            auth_scheme: e.msg.auth_scheme,
            subject: e.msg.subject.into_iter().map(|identity| (identity.kind, identity.name)).collect(),
        });
        DomainEventCallbackControlError => |e| of(e.msg.dom, Kind::ControlError);
        DomainEventCallbackDiskChange => |e| of(e.msg.dom, Kind::DiskChange {
            old_source: e.msg.old_src_path,
            new_source: e.msg.new_src_path,
            alias: e.msg.dev_alias,
            reason: e.msg.reason,
        });
        DomainEventCallbackTrayChange => |e| {
            of(e.msg.dom, Kind::TrayChange { alias: e.msg.dev_alias, reason: e.msg.reason })
        };
        DomainEventCallbackPmwakeup => |e| of(e.msg.dom, Kind::PmWakeup { reason: e.reason });
        DomainEventCallbackPmsuspend => |e| of(e.msg.dom, Kind::PmSuspend { reason: e.reason });
        DomainEventCallbackPmsuspendDisk => |e| of(e.msg.dom, Kind::PmSuspendDisk { reason: e.reason });
        DomainEventCallbackBalloonChange => |e| of(e.msg.dom, Kind::BalloonChange { actual: e.msg.actual });
        DomainEventCallbackDeviceRemoved => |e| of(e.msg.dom, Kind::DeviceRemoved { alias: e.msg.dev_alias });
        DomainEventCallbackTunable => |e| of(e.dom, Kind::Tunable { params: e.params.0 });
        DomainEventCallbackAgentLifecycle => |e| of(e.dom, Kind::AgentLifecycle { state: e.state, reason: e.reason });
        DomainEventCallbackDeviceAdded => |e| of(e.dom, Kind::DeviceAdded { alias: e.dev_alias });
        DomainEventCallbackMigrationIteration => |e| of(e.dom, Kind::MigrationIteration { iteration: e.iteration });
        DomainEventCallbackJobCompleted => |e| of(e.dom, Kind::JobCompleted { params: e.params.0 });
        DomainEventCallbackDeviceRemovalFailed => |e| of(e.dom, Kind::DeviceRemovalFailed { alias: e.dev_alias });
        DomainEventCallbackMetadataChange => |e| of(e.dom, Kind::MetadataChange { kind: e.kind, uri: e.nsuri });
        DomainEventBlockThreshold => |e| of(e.dom, Kind::BlockThreshold {
            device: e.dev,
            path: e.path,
            threshold: e.threshold,
            excess: e.excess,
        });
        DomainEventMemoryFailure => |e| {
            of(e.dom, Kind::MemoryFailure { recipient: e.recipient, action: e.action, flags: e.flags })
        };
        DomainEventMemoryDeviceSizeChange => |e| {
            of(e.dom, Kind::MemoryDeviceSizeChange { alias: e.alias, size: e.size })
        };
        DomainEventNicMacChange => |e| {
            of(e.dom, Kind::NicMacChange { alias: e.alias, old_mac: e.old_mac, new_mac: e.new_mac })
        };
    }
    Ok(None)
}

fn address(address: records::GraphicsAddress) -> ferrovirt_core::event::GraphicsAddress {
    let (node, service) = (Some(address.node), Some(address.service));
    ferrovirt_core::event::GraphicsAddress { family: address.family, node, service }
}
