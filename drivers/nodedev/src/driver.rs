//! The driver: the devices that are known, and how they come and go.

use crate::describe;
use crate::mdev;
use crate::monitor::Monitor;
use crate::pci_ids::PciIds;
use crate::sysfs::{Device, Tree};
use ferrovirt_conf::nodedev::{NodeDevice, NodeDeviceListing};
use ferrovirt_core::abi;
use ferrovirt_core::event::ObjectEventKind;
use ferrovirt_core::held::Held;
use ferrovirt_core::instances::{Instances, Presence};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Event, EventHub, NodeDeviceId, Result};
use ferrovirt_host::process::PidFile;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// The devices of the host.
pub struct NodeDeviceState {
    pub(crate) tree: Tree,
    devices: Held<Devices>,
    /// Whether the devices have been looked for: somebody has begun to, and it is done. Finding them all takes longer
    /// than the rest of a daemon's start, and few ask.
    looking: AtomicBool,
    looked: OnceLock<()>,
    events: Arc<EventHub>,
    ids: OnceLock<PciIds>,
    monitor: OnceLock<Monitor>,
    _lock: PidFile,
    _presence: Presence,
}

/// Devices by their names.
pub type Devices = BTreeMap<Arc<str>, Arc<Known>>;

/// A device at a moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    pub device: NodeDevice,
    /// It is there, and not only described.
    pub active: bool,
    /// It will be there again after a reboot, or can be made again.
    pub persistent: bool,
    pub autostart: bool,
}

impl Known {
    pub fn id(&self) -> NodeDeviceId {
        id(&self.device)
    }

    pub fn listing(&self) -> NodeDeviceListing<'_> {
        NodeDeviceListing { device: &self.device, active: self.active, persistent: self.persistent }
    }

    /// Whether it is one of the devices that `mdevctl` makes.
    pub fn is_mediated(&self) -> bool {
        self.device.capability("mdev").is_some()
    }
}

pub fn id(device: &NodeDevice) -> NodeDeviceId {
    NodeDeviceId {
        name: device.name.as_str().into(),
        parent: device.parent.as_deref().unwrap_or_default().into(),
    }
}

impl NodeDeviceState {
    /// Opens the driver, or joins the one that this process has open for the same folders already. It sees the network
    /// interfaces of the namespace of the thread that opens it first.
    pub fn open(layout: &Layout) -> Result<Arc<Self>> {
        Self::open_at(layout, Tree::new("/"))
    }

    fn open_at(layout: &Layout, tree: Tree) -> Result<Arc<Self>> {
        static OPEN: Instances<NodeDeviceState> = Instances::new();
        let load = |presence| Self::load(layout, tree, presence);
        OPEN.open(layout, load).map_err(|err| err.or_domain(ErrorDomain::Nodedev))
    }

    fn load(layout: &Layout, tree: Tree, presence: Presence) -> Result<Arc<Self>> {
        let state = Arc::new(Self {
            _lock: PidFile::acquire_driver(&layout.state.join("nodedev"), "node device")?,
            _presence: presence,
            tree,
            devices: Held::new(Devices::new()),
            looking: AtomicBool::new(false),
            looked: OnceLock::new(),
            events: Arc::new(EventHub::new()),
            ids: OnceLock::new(),
            monitor: OnceLock::new(),
        });
        // Who listens from now on and looks later misses nothing.
        match Monitor::start(Arc::downgrade(&state)) {
            Ok(monitor) => _ = state.monitor.set(monitor),
            Err(err) => tracing::warn!(%err, "devices that come and go are not seen"),
        }
        Ok(state)
    }

    /// The devices that are known now, all that were there at the start among them.
    pub(crate) fn devices(&self) -> Arc<Devices> {
        self.look_once();
        self.devices.get()
    }

    /// Where devices that come and go are told of from now on.
    pub(crate) fn events(&self) -> Arc<EventHub> {
        self.look_once();
        self.events.clone()
    }

    fn look_once(&self) {
        self.looked.get_or_init(|| {
            self.looking.store(true, Ordering::SeqCst);
            self.look_around();
        });
    }

    fn ids(&self) -> &PciIds {
        self.ids.get_or_init(PciIds::of_host)
    }

    /// Finds all devices there are.
    fn look_around(&self) {
        self.put(describe::system(&self.tree));
        for device in self.tree.devices() {
            self.look_at(&device);
        }
        match mdev::defined(|address| self.name_at(address)) {
            Ok(defined) => defined.into_iter().for_each(|known| self.put_defined(known)),
            Err(err) => tracing::warn!(%err, "mediated devices that are defined are not known"),
        }
    }

    /// Takes in a device, or what is new about it.
    pub(crate) fn look_at(&self, device: &Device) {
        if let Some(mut described) = describe::device(device, self.ids()) {
            described.parent = Some(self.parent_of(device));
            self.put(described);
        }
    }

    /// The next device above that is known.
    fn parent_of(&self, device: &Device) -> String {
        let devices = self.devices.get();
        let mut path = device.path.as_str();
        while let Some((above, _)) = path.rsplit_once('/') {
            path = above;
            if let Some(found) = devices.values().find(|known| known.device.path.as_deref() == Some(path)) {
                return found.device.name.clone();
            }
        }
        describe::ROOT.to_owned()
    }

    fn put(&self, device: NodeDevice) {
        let id = id(&device);
        let change = self.devices.update(|devices| {
            let before = devices.get(&id.name).cloned();
            let is_new = before.as_ref().is_none_or(|before| !before.active);
            let same = before.as_ref().is_some_and(|before| before.device == device);
            // The host itself is always there; what is plugged into it is known while it is.
            let is_root = *id.name == *describe::ROOT;
            let known = Known {
                device,
                active: true,
                persistent: before.as_ref().map_or(is_root, |before| before.persistent),
                autostart: before.as_ref().map_or(is_root, |before| before.autostart),
            };
            devices.insert(id.name.clone(), Arc::new(known));
            (is_new, same)
        });
        match change {
            (true, _) => self.announce(&id, abi::VIR_NODE_DEVICE_EVENT_CREATED),
            (false, false) => self.publish(&id, ObjectEventKind::Changed),
            (false, true) => {}
        }
    }

    /// Takes in a device that `mdevctl` keeps.
    pub(crate) fn put_defined(&self, defined: Known) {
        let id = defined.id();
        let was_defined = self.devices.update(|devices| match devices.get(&id.name).cloned() {
            Some(before) => {
                let known = Known {
                    persistent: true,
                    autostart: defined.autostart,
                    // What is there knows more of itself.
                    device: if before.active { before.device.clone() } else { defined.device },
                    active: before.active,
                };
                let was = before.persistent;
                devices.insert(id.name.clone(), Arc::new(known));
                was
            }
            None => {
                devices.insert(id.name.clone(), Arc::new(defined));
                false
            }
        });
        match was_defined {
            true => self.publish(&id, ObjectEventKind::Changed),
            false => self.announce(&id, abi::VIR_NODE_DEVICE_EVENT_DEFINED),
        }
    }

    /// Forgets that a device is defined; one that is there stays.
    pub(crate) fn forget_definition(&self, id: &NodeDeviceId) {
        self.devices.update(|devices| {
            let Some(known) = devices.get(&id.name).cloned() else { return };
            if known.active {
                let known = Known { persistent: false, autostart: false, ..Known::clone(&known) };
                devices.insert(id.name.clone(), Arc::new(known));
            } else {
                devices.remove(&id.name);
            }
        });
        self.announce(id, abi::VIR_NODE_DEVICE_EVENT_UNDEFINED);
    }

    /// A device is gone, by its place.
    pub(crate) fn lose(&self, path: &str) {
        let lost = self.devices.update(|devices| {
            let found = devices.values().find(|known| known.device.path.as_deref() == Some(path)).cloned()?;
            let id = found.id();
            devices.remove(&id.name);
            if found.persistent && found.is_mediated() {
                let device = NodeDevice { path: None, ..found.device.clone() };
                let known = Known { device, active: false, ..Known::clone(&found) };
                devices.insert(id.name.clone(), Arc::new(known));
            }
            Some(id)
        });
        if let Some(id) = lost {
            self.announce(&id, abi::VIR_NODE_DEVICE_EVENT_DELETED);
        }
    }

    pub(crate) fn find(&self, name: &str) -> Result<Arc<Known>> {
        self.devices().get(name).cloned().ok_or_else(|| {
            Error::new(ErrorCode::NoNodeDevice, format!("no node device with matching name '{name}'"))
        })
    }

    /// A device as it is just now.
    pub(crate) fn current(&self, name: &str) -> Result<Arc<Known>> {
        let known = self.find(name)?;
        let place = known.device.path.as_deref().and_then(|path| path.strip_prefix("/sys"));
        let fresh = place.and_then(|place| describe::device(&self.tree.device(place)?, self.ids()));
        // One that has changed its name meanwhile is about to be told of under the new one.
        Ok(match fresh.filter(|fresh| fresh.name == known.device.name) {
            Some(mut device) => {
                device.parent = known.device.parent.clone();
                Arc::new(Known { device, ..Known::clone(&known) })
            }
            None => known,
        })
    }

    /// The name of the device that the kernel calls so.
    pub(crate) fn name_at(&self, kernel_name: &str) -> Option<String> {
        let devices = self.devices.get();
        let is_it = |path: &str| path.rsplit('/').next() == Some(kernel_name);
        let found = devices.values().find(|known| known.device.path.as_deref().is_some_and(is_it));
        found.map(|known| known.device.name.clone())
    }

    fn announce(&self, device: &NodeDeviceId, event: u32) {
        self.publish(device, ObjectEventKind::Lifecycle { event: event as i32, detail: 0 });
    }

    fn publish(&self, device: &NodeDeviceId, kind: ObjectEventKind) {
        self.events.publish(Event::NodeDevice { device: device.clone(), kind });
    }

    /// A message of the kernel's or of udev's about the device at a place such as `/devices/virtual/net/lo`.
    pub(crate) fn notice(this: &Weak<Self>, place: &str, action: &str) {
        let Some(state) = this.upgrade() else { return };
        // Nobody has asked for devices: whoever does will find this one as it is then.
        if !state.looking.load(Ordering::SeqCst) {
            return;
        }
        state.look_once();
        match state.tree.device(place).filter(|_| action != "remove") {
            Some(device) => {
                // A new name is a new device at another place, or at the same one.
                let before = state.devices.get();
                let old = before.values().find(|known| known.device.path.as_deref() == Some(&*device.path));
                let new = describe::device(&device, state.ids()).map(|new| new.name);
                if old.is_some_and(|old| new.as_ref().is_none_or(|new| *new != old.device.name)) {
                    state.lose(&device.path);
                }
                state.look_at(&device);
            }
            None => state.lose(&format!("/sys{place}")),
        }
    }
}

#[cfg(test)]
mod tests;
