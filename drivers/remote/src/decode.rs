//! From the daemon's messages to the core's events.

use ferrovirt_core::event::{DomainEventKind as Kind, NetworkEventKind, ObjectEventKind, QemuMonitorEvent};
use ferrovirt_core::{DomainEvent, DomainId, Event, Result};
use ferrovirt_rpc::frame::Message;
use ferrovirt_rpc::procedure::EventMessage;
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::program::qemu::QemuDomainMonitorEvent;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records;

/// Whose event ids and callback ids these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Domain,
    Network,
    StoragePool,
    NodeDevice,
    Secret,
    Monitor,
}

/// What a message tells: whose event it is, the registration that it is for, and the event.
pub(crate) type Told = (Family, i32, Event);

/// The core's event for each message: its type, then what is made of it.
macro_rules! events {
    ($message:ident, $family:ident; $($ty:ident => |$event:ident| $made:expr;)*) => {
        $(if $message.header.procedure == <$ty as EventMessage>::ROW.number {
            let $event: $ty = $message.event()?;
            return Ok(Some((Family::$family, $event.callback_id, $made)));
        })*
    };
}

/// Reads a message; none if it is no event that is known here.
pub(crate) fn decode(message: &Message) -> Result<Option<Told>> {
    match Program::from_number(message.header.program) {
        Some(Program::Remote) => event(message),
        Some(Program::Qemu) => monitor_event(message),
        _ => Ok(None),
    }
}

fn monitor_event(message: &Message) -> Result<Option<Told>> {
    events! { message, Monitor;
        QemuDomainMonitorEvent => |e| Event::QemuMonitor(QemuMonitorEvent {
            domain: e.dom,
            event: e.event,
            seconds: e.seconds,
            micros: e.micros,
            details: e.details,
        });
    }
    Ok(None)
}

fn event(message: &Message) -> Result<Option<Told>> {
    events! { message, Network;
        NetworkEventLifecycle => |e| Event::Network {
            network: e.net,
            kind: NetworkEventKind::Lifecycle { event: e.event, detail: e.detail },
        };
        NetworkEventCallbackMetadataChange => |e| Event::Network {
            network: e.net,
            kind: NetworkEventKind::MetadataChange { kind: e.kind, uri: e.nsuri },
        };
    }
    events! { message, StoragePool;
        StoragePoolEventLifecycle => |e| Event::StoragePool {
            pool: e.pool,
            kind: ObjectEventKind::Lifecycle { event: e.event, detail: e.detail },
        };
        StoragePoolEventRefresh => |e| Event::StoragePool { pool: e.pool, kind: ObjectEventKind::Changed };
    }
    events! { message, NodeDevice;
        NodeDeviceEventLifecycle => |e| Event::NodeDevice {
            device: e.dev,
            kind: ObjectEventKind::Lifecycle { event: e.event, detail: e.detail },
        };
        NodeDeviceEventUpdate => |e| Event::NodeDevice { device: e.dev, kind: ObjectEventKind::Changed };
    }
    events! { message, Secret;
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

fn domain_event(message: &Message) -> Result<Option<Told>> {
    events! { message, Domain;
        DomainEventCallbackLifecycle => |e| {
            of(e.msg.dom, Kind::Lifecycle { event: e.msg.event, detail: e.msg.detail })
        };
        DomainEventCallbackReboot => |e| of(e.msg.dom, Kind::Reboot);
        DomainEventCallbackRtcChange => |e| of(e.msg.dom, Kind::RtcChange { utc_offset: e.msg.offset });
        DomainEventCallbackWatchdog => |e| of(e.msg.dom, Kind::Watchdog { action: e.msg.action });
        DomainEventCallbackIoError => |e| of(e.msg.dom, Kind::IoError {
            source: e.msg.src_path,
            alias: e.msg.dev_alias,
            action: e.msg.action,
            reason: String::new(),
        });
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
        // A disk's path and its target come in messages of their own, for two ids.
        DomainEventCallbackBlockJob => |e| of(e.msg.dom, Kind::BlockJob {
            path: e.msg.path,
            target: String::new(),
            kind: e.msg.kind,
            status: e.msg.status,
        });
        DomainEventBlockJob2 => |e| of(e.dom, Kind::BlockJob {
            path: String::new(),
            target: e.dst,
            kind: e.kind,
            status: e.status,
        });
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
