//! Registering for events, and the messages in which they come.

use crate::limits::*;
use crate::procedure::events;
use crate::procedure::procedures;
use crate::records::{GraphicsAddress, GraphicsIdentity};
use crate::values::Params;
use crate::xdr::List;
use ferrovirt_core::{DomainId, NetworkId, NodeDeviceId, SecretId, StoragePoolId};

procedures! {
    Remote;
    105 => ConnectDomainEventRegister -> i32, High, Read, [connect:search_domains], filter domain:getattr;
    106 => ConnectDomainEventDeregister -> i32, High, Read, [connect:read];
    167 => ConnectDomainEventRegisterAny { event_id: i32 } -> (),
        High, Read, [connect:search_domains], filter domain:getattr;
    168 => ConnectDomainEventDeregisterAny { event_id: i32 } -> (), High, Read, [connect:read];
    313 => ConnectNetworkEventRegisterAny { event_id: i32, net: Option<NetworkId> } -> i32,
        High, Read, [connect:search_networks], filter network:getattr;
    314 => ConnectNetworkEventDeregisterAny { callback_id: i32 } -> (), High, Read, [connect:read];
    316 => ConnectDomainEventCallbackRegisterAny { event_id: i32, dom: Option<DomainId> } -> i32,
        High, Read, [connect:search_domains], filter domain:getattr;
    317 => ConnectDomainEventCallbackDeregisterAny { callback_id: i32 } -> (), High, Read, [connect:read];
    368 => ConnectStoragePoolEventRegisterAny { event_id: i32, pool: Option<StoragePoolId> } -> i32,
        High, Read, [connect:search_storage_pools], filter storage_pool:getattr;
    369 => ConnectStoragePoolEventDeregisterAny { callback_id: i32 } -> (), High, Read, [connect:read];
    374 => ConnectNodeDeviceEventRegisterAny { event_id: i32, dev: Option<NodeDeviceId> } -> i32,
        High, Read, [connect:search_node_devices], filter node_device:getattr;
    375 => ConnectNodeDeviceEventDeregisterAny { callback_id: i32 } -> (), High, Read, [connect:read];
    380 => ConnectSecretEventRegisterAny { event_id: i32, secret: Option<SecretId> } -> i32,
        High, Read, [connect:search_secrets], filter secret:getattr;
    381 => ConnectSecretEventDeregisterAny { callback_id: i32 } -> (), High, Read, [connect:read];
}

events! {
    Remote;
    107 => DomainEventLifecycle { dom: DomainId, event: i32, detail: i32 };
    169 => DomainEventReboot { dom: DomainId };
    170 => DomainEventRtcChange { dom: DomainId, offset: i64 };
    171 => DomainEventWatchdog { dom: DomainId, action: i32 };
    172 => DomainEventIoError { dom: DomainId, src_path: String, dev_alias: String, action: i32 };
    173 => DomainEventGraphics {
        dom: DomainId, phase: i32, local: GraphicsAddress,
        remote: GraphicsAddress, auth_scheme: String,
        subject: List<GraphicsIdentity, DOMAIN_EVENT_GRAPHICS_IDENTITY_MAX>,
    };
    195 => DomainEventIoErrorReason {
        dom: DomainId, src_path: String, dev_alias: String, action: i32, reason: String,
    };
    224 => DomainEventControlError { dom: DomainId };
    241 => DomainEventBlockJob { dom: DomainId, path: String, kind: i32, status: i32 };
    248 => DomainEventDiskChange {
        dom: DomainId, old_src_path: Option<String>, new_src_path: Option<String>, dev_alias: String,
        reason: i32,
    };
    268 => DomainEventTrayChange { dom: DomainId, dev_alias: String, reason: i32 };
    269 => DomainEventPmwakeup { dom: DomainId };
    270 => DomainEventPmsuspend { dom: DomainId };
    276 => DomainEventBalloonChange { dom: DomainId, actual: u64 };
    292 => DomainEventPmsuspendDisk { dom: DomainId };
    311 => DomainEventDeviceRemoved { dom: DomainId, dev_alias: String };
    315 => NetworkEventLifecycle { callback_id: i32, net: NetworkId, event: i32, detail: i32 };
    318 => DomainEventCallbackLifecycle { callback_id: i32, msg: DomainEventLifecycle };
    319 => DomainEventCallbackReboot { callback_id: i32, msg: DomainEventReboot };
    320 => DomainEventCallbackRtcChange { callback_id: i32, msg: DomainEventRtcChange };
    321 => DomainEventCallbackWatchdog { callback_id: i32, msg: DomainEventWatchdog };
    322 => DomainEventCallbackIoError { callback_id: i32, msg: DomainEventIoError };
    323 => DomainEventCallbackGraphics { callback_id: i32, msg: DomainEventGraphics };
    324 => DomainEventCallbackIoErrorReason { callback_id: i32, msg: DomainEventIoErrorReason };
    325 => DomainEventCallbackControlError { callback_id: i32, msg: DomainEventControlError };
    326 => DomainEventCallbackBlockJob { callback_id: i32, msg: DomainEventBlockJob };
    327 => DomainEventCallbackDiskChange { callback_id: i32, msg: DomainEventDiskChange };
    328 => DomainEventCallbackTrayChange { callback_id: i32, msg: DomainEventTrayChange };
    329 => DomainEventCallbackPmwakeup { callback_id: i32, reason: i32, msg: DomainEventPmwakeup };
    330 => DomainEventCallbackPmsuspend { callback_id: i32, reason: i32, msg: DomainEventPmsuspend };
    331 => DomainEventCallbackBalloonChange { callback_id: i32, msg: DomainEventBalloonChange };
    332 => DomainEventCallbackPmsuspendDisk {
        callback_id: i32, reason: i32, msg: DomainEventPmsuspendDisk,
    };
    333 => DomainEventCallbackDeviceRemoved { callback_id: i32, msg: DomainEventDeviceRemoved };
    339 => DomainEventBlockJob2 { callback_id: i32, dom: DomainId, dst: String, kind: i32, status: i32 };
    346 => DomainEventCallbackTunable {
        callback_id: i32, dom: DomainId, params: Params<DOMAIN_EVENT_TUNABLE_MAX>,
    };
    348 => DomainEventCallbackAgentLifecycle { callback_id: i32, dom: DomainId, state: i32, reason: i32 };
    354 => DomainEventCallbackDeviceAdded { callback_id: i32, dom: DomainId, dev_alias: String };
    359 => DomainEventCallbackMigrationIteration { callback_id: i32, dom: DomainId, iteration: i32 };
    362 => ConnectEventConnectionClosed { reason: i32 };
    363 => DomainEventCallbackJobCompleted {
        callback_id: i32, dom: DomainId, params: Params<DOMAIN_JOB_STATS_MAX>,
    };
    367 => DomainEventCallbackDeviceRemovalFailed { callback_id: i32, dom: DomainId, dev_alias: String };
    370 => StoragePoolEventLifecycle { callback_id: i32, pool: StoragePoolId, event: i32, detail: i32 };
    373 => StoragePoolEventRefresh { callback_id: i32, pool: StoragePoolId };
    376 => NodeDeviceEventLifecycle { callback_id: i32, dev: NodeDeviceId, event: i32, detail: i32 };
    377 => NodeDeviceEventUpdate { callback_id: i32, dev: NodeDeviceId };
    379 => DomainEventCallbackMetadataChange {
        callback_id: i32, dom: DomainId, kind: i32, nsuri: Option<String>,
    };
    382 => SecretEventLifecycle { callback_id: i32, secret: SecretId, event: i32, detail: i32 };
    383 => SecretEventValueChanged { callback_id: i32, secret: SecretId };
    385 => DomainEventBlockThreshold {
        callback_id: i32, dom: DomainId, dev: String, path: Option<String>, threshold: u64, excess: u64,
    };
    423 => DomainEventMemoryFailure {
        callback_id: i32, dom: DomainId, recipient: i32, action: i32, flags: u32,
    };
    438 => DomainEventMemoryDeviceSizeChange {
        callback_id: i32, dom: DomainId, alias: String, size: u64,
    };
    446 => NetworkEventCallbackMetadataChange {
        callback_id: i32, net: NetworkId, kind: i32, nsuri: Option<String>,
    };
    453 => DomainEventNicMacChange {
        callback_id: i32, dom: DomainId, alias: String, old_mac: String, new_mac: String,
    };
}
