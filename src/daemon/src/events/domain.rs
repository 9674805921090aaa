//! Events of domains: in messages that name the registration, and in those of the old kind, which do not.

use super::Teller;
use crate::client::Client;
use ferrovirt_core::DomainEvent;
use ferrovirt_core::abi::{VIR_DOMAIN_EVENT_ID_BLOCK_JOB, VIR_DOMAIN_EVENT_ID_IO_ERROR};
use ferrovirt_core::event::{self, DomainEventKind as Kind, Event};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::{GraphicsAddress, GraphicsIdentity};
use uuid::Uuid;

/// Tells of events of the kind `event_id` (`virDomainEventID`), of one domain or of all.
pub fn domain_filter(event_id: i32, domain: Option<Uuid>, legacy: bool) -> Teller {
    Box::new(move |client, id, event| {
        let Event::Domain(event) = event else { return };
        if event.kind.matches(event_id) && domain.is_none_or(|uuid| uuid == event.domain.uuid) {
            tell(client, (!legacy).then_some(id), event_id, event);
        }
    })
}

/// Sends the body of an event: within the message that names the registration, or as it is where that has no id.
macro_rules! send {
    ($client:ident, $id:ident, $around:ident $({ $($field:ident: $value:expr),* })?, $body:expr) => {
        match $id {
            Some(callback_id) => $client.send_event(&$around { callback_id, $($($field: $value,)*)? msg: $body }),
            None => $client.send_event(&$body),
        }
    };
}

fn tell(client: &Client, id: Option<i32>, event_id: i32, event: &DomainEvent) {
    let dom = event.domain.clone();
    let is = |number: u32| event_id == number as i32;
    match &event.kind {
        Kind::Lifecycle { event, detail } => send!(
            client,
            id,
            DomainEventCallbackLifecycle,
            DomainEventLifecycle { dom, event: *event, detail: *detail }
        ),
        Kind::Reboot => send!(client, id, DomainEventCallbackReboot, DomainEventReboot { dom }),
        Kind::RtcChange { utc_offset } => {
            send!(client, id, DomainEventCallbackRtcChange, DomainEventRtcChange { dom, offset: *utc_offset })
        }
        Kind::Watchdog { action } => {
            send!(client, id, DomainEventCallbackWatchdog, DomainEventWatchdog { dom, action: *action })
        }
        Kind::IoError { source, alias, action, .. } if is(VIR_DOMAIN_EVENT_ID_IO_ERROR) => send!(
            client,
            id,
            DomainEventCallbackIoError,
            DomainEventIoError { dom, src_path: source.clone(), dev_alias: alias.clone(), action: *action }
        ),
        Kind::IoError { source, alias, action, reason } => send!(
            client,
            id,
            DomainEventCallbackIoErrorReason,
            DomainEventIoErrorReason {
                dom,
                src_path: source.clone(),
                dev_alias: alias.clone(),
                action: *action,
                reason: reason.clone(),
            }
        ),
        Kind::Graphics { phase, local, remote, auth_scheme, subject } => {
            let identity =
                |(kind, name): &(String, String)| GraphicsIdentity { kind: kind.clone(), name: name.clone() };
            send!(
                client,
                id,
                DomainEventCallbackGraphics,
                DomainEventGraphics {
                    dom,
                    phase: *phase,
                    local: address(local),
                    remote: address(remote),
                    auth_scheme: auth_scheme.clone(),
                    subject: subject.iter().map(identity).collect(),
                }
            )
        }
        Kind::ControlError => {
            send!(client, id, DomainEventCallbackControlError, DomainEventControlError { dom })
        }
        Kind::BlockJob { path, kind, status, .. } if is(VIR_DOMAIN_EVENT_ID_BLOCK_JOB) => send!(
            client,
            id,
            DomainEventCallbackBlockJob,
            DomainEventBlockJob { dom, path: path.clone(), kind: *kind, status: *status }
        ),
        Kind::DiskChange { old_source, new_source, alias, reason } => send!(
            client,
            id,
            DomainEventCallbackDiskChange,
            DomainEventDiskChange {
                dom,
                old_src_path: old_source.clone(),
                new_src_path: new_source.clone(),
                dev_alias: alias.clone(),
                reason: *reason,
            }
        ),
        Kind::TrayChange { alias, reason } => send!(
            client,
            id,
            DomainEventCallbackTrayChange,
            DomainEventTrayChange { dom, dev_alias: alias.clone(), reason: *reason }
        ),
        Kind::PmWakeup { reason } => {
            send!(client, id, DomainEventCallbackPmwakeup { reason: *reason }, DomainEventPmwakeup { dom })
        }
        Kind::PmSuspend { reason } => {
            send!(client, id, DomainEventCallbackPmsuspend { reason: *reason }, DomainEventPmsuspend { dom })
        }
        Kind::PmSuspendDisk { reason } => send!(
            client,
            id,
            DomainEventCallbackPmsuspendDisk { reason: *reason },
            DomainEventPmsuspendDisk { dom }
        ),
        Kind::BalloonChange { actual } => send!(
            client,
            id,
            DomainEventCallbackBalloonChange,
            DomainEventBalloonChange { dom, actual: *actual }
        ),
        Kind::DeviceRemoved { alias } => send!(
            client,
            id,
            DomainEventCallbackDeviceRemoved,
            DomainEventDeviceRemoved { dom, dev_alias: alias.clone() }
        ),
        _ => tell_newer(client, id.unwrap_or(-1), event),
    }
}

/// Events that there are only with a registration's id.
fn tell_newer(client: &Client, callback_id: i32, event: &DomainEvent) {
    let dom = event.domain.clone();
    match event.kind.clone() {
        Kind::BlockJob { target: dst, kind, status, .. } => {
            client.send_event(&DomainEventBlockJob2 { callback_id, dom, dst, kind, status });
        }
        Kind::Tunable { params } => {
            client.send_event(&DomainEventCallbackTunable { callback_id, dom, params: params.into() });
        }
        Kind::AgentLifecycle { state, reason } => {
            client.send_event(&DomainEventCallbackAgentLifecycle { callback_id, dom, state, reason });
        }
        Kind::DeviceAdded { alias: dev_alias } => {
            client.send_event(&DomainEventCallbackDeviceAdded { callback_id, dom, dev_alias });
        }
        Kind::MigrationIteration { iteration } => {
            client.send_event(&DomainEventCallbackMigrationIteration { callback_id, dom, iteration });
        }
        Kind::JobCompleted { params } => {
            client.send_event(&DomainEventCallbackJobCompleted { callback_id, dom, params: params.into() });
        }
        Kind::DeviceRemovalFailed { alias: dev_alias } => {
            client.send_event(&DomainEventCallbackDeviceRemovalFailed { callback_id, dom, dev_alias });
        }
        Kind::MetadataChange { kind, uri: nsuri } => {
            client.send_event(&DomainEventCallbackMetadataChange { callback_id, dom, kind, nsuri });
        }
        Kind::BlockThreshold { device: dev, path, threshold, excess } => {
            client.send_event(&DomainEventBlockThreshold { callback_id, dom, dev, path, threshold, excess });
        }
        Kind::MemoryFailure { recipient, action, flags } => {
            client.send_event(&DomainEventMemoryFailure { callback_id, dom, recipient, action, flags });
        }
        Kind::MemoryDeviceSizeChange { alias, size } => {
            client.send_event(&DomainEventMemoryDeviceSizeChange { callback_id, dom, alias, size });
        }
        Kind::NicMacChange { alias, old_mac, new_mac } => {
            client.send_event(&DomainEventNicMacChange { callback_id, dom, alias, old_mac, new_mac });
        }
        other => tracing::error!(?other, "an event has no message"),
    }
}

fn address(address: &event::GraphicsAddress) -> GraphicsAddress {
    GraphicsAddress {
        family: address.family,
        node: address.node.clone().unwrap_or_default(),
        service: address.service.clone().unwrap_or_default(),
    }
}
