//! The driver: its secrets, and the rules for changing them.

use crate::files::Files;
use crate::kept::{Kept, Value};
use ferrovirt_conf::secret::{Secret, SecretUsage};
use ferrovirt_core::abi::{VIR_SECRET_EVENT_DEFINED, VIR_SECRET_EVENT_UNDEFINED};
use ferrovirt_core::event::ObjectEventKind;
use ferrovirt_core::instances::{Instances, Presence};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Event, EventHub, Result, SecretId};
use ferrovirt_host::process::PidFile;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Who calls. Either is refused the values of private secrets, in libvirt's two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// A daemon's clients: they are known, and not trusted so far.
    Clients,
    /// The program that the driver runs in: nobody has said who it is.
    Program,
}

/// The secrets of one set of folders.
pub struct SecretState {
    callers: Callers,
    files: Files,
    secrets: RwLock<BTreeMap<Uuid, Kept>>,
    /// Held while a change is made, on disk and then in `secrets`.
    changing: Mutex<()>,
    pub(crate) events: Arc<EventHub>,
    _lock: PidFile,
    _presence: Presence,
}

impl SecretState {
    /// Opens the driver whose files are in `layout`, or joins the one that this process has open there already.
    pub fn open(layout: &Layout, callers: Callers) -> Result<Arc<Self>> {
        static OPEN: Instances<SecretState> = Instances::new();
        let load = |presence| Self::load(layout, callers, presence).map(Arc::new);
        OPEN.open(layout, load).map_err(|err| err.or_domain(ErrorDomain::Secret))
    }

    fn load(layout: &Layout, callers: Callers, presence: Presence) -> Result<Self> {
        let lock = PidFile::acquire_driver(&layout.state.join("secrets"), "secret")?;
        let files = Files::new(layout.config.join("secrets"));
        let secrets = files.load_all()?.into_iter().collect();
        Ok(Self {
            callers,
            files,
            secrets: RwLock::new(secrets),
            changing: Mutex::new(()),
            events: Arc::new(EventHub::new()),
            _lock: lock,
            _presence: presence,
        })
    }

    pub(crate) fn all(&self) -> Vec<Kept> {
        self.secrets.read().values().cloned().collect()
    }

    pub(crate) fn find(&self, uuid: Uuid) -> Result<Kept> {
        self.secrets
            .read()
            .get(&uuid)
            .cloned()
            .ok_or_else(|| Error::new(ErrorCode::NoSecret, format!("no secret with matching uuid '{uuid}'")))
    }

    /// The secret for this use. Those without a use are found by their UUIDs only.
    pub(crate) fn find_by_usage(&self, usage_type: i32, object: &str) -> Option<Kept> {
        let wanted = |usage: &SecretUsage| (usage.number(), usage.object()) == (usage_type, object);
        self.secrets.read().values().find(|kept| kept.model.usage.as_ref().is_some_and(wanted)).cloned()
    }

    /// Makes a secret, or changes what is said of one.
    pub(crate) fn define(&self, xml: &str, strict: bool) -> Result<SecretId> {
        let model = Arc::new(Secret::from_xml(xml, strict)?);
        let id = model.id();
        let _changing = self.changing.lock();
        let before = self.find(id.uuid).ok();
        match &before {
            Some(before) => check_change(&before.model, &model)?,
            None => self.check_usage_is_free(&model)?,
        }
        let value = before.as_ref().and_then(|before| before.value.clone());
        match (model.is_ephemeral(), before.is_some_and(|before| before.model.is_ephemeral())) {
            (false, was_ephemeral) => {
                if let Some(value) = value.as_ref().filter(|_| was_ephemeral) {
                    self.files.save_value(id.uuid, value)?;
                }
                self.files.save_description(id.uuid, &model)?;
            }
            (true, false) => self.files.remove(id.uuid)?,
            (true, true) => {}
        }
        self.secrets.write().insert(id.uuid, Kept { model, value });
        self.announce(&id, VIR_SECRET_EVENT_DEFINED);
        Ok(id)
    }

    fn check_usage_is_free(&self, model: &Secret) -> Result<()> {
        let Some(usage) = &model.usage else { return Ok(()) };
        match self.find_by_usage(usage.number(), usage.object()) {
            Some(other) => Err(Error::internal(format!(
                "a secret for '{}' is already defined, with UUID {}; define that one anew, or undefine it",
                usage.object(),
                other.model.id().uuid
            ))),
            None => Ok(()),
        }
    }

    /// Gives a secret its value.
    pub(crate) fn set_value(&self, secret: &SecretId, value: &[u8]) -> Result<()> {
        let _changing = self.changing.lock();
        let before = self.find(secret.uuid)?;
        if !before.model.is_ephemeral() {
            self.files.save_value(secret.uuid, value)?;
        }
        let value = Some(Arc::new(Zeroizing::new(value.to_vec())));
        let id = before.model.id();
        self.secrets.write().insert(secret.uuid, Kept { value, ..before });
        self.events.publish(Event::Secret { secret: id, kind: ObjectEventKind::Changed });
        Ok(())
    }

    /// The value, whoever may know it.
    pub(crate) fn value(&self, secret: &SecretId) -> Result<Value> {
        value_of(&self.find(secret.uuid)?)
    }

    /// The value, for whoever calls.
    pub(crate) fn value_for_caller(&self, secret: &SecretId) -> Result<Value> {
        let kept = self.find(secret.uuid)?;
        if !kept.model.is_private() {
            return value_of(&kept);
        }
        let refusal = "the value of a private secret is told only to what uses it on the host";
        Err(match self.callers {
            Callers::Clients => Error::new(ErrorCode::InvalidSecret, format!("secret is private: {refusal}")),
            Callers::Program => Error::internal(refusal).domain(ErrorDomain::Identity),
        })
    }

    /// Forgets a secret and its value.
    pub(crate) fn undefine(&self, secret: &SecretId) -> Result<()> {
        let _changing = self.changing.lock();
        let kept = self.find(secret.uuid)?;
        self.files.remove(secret.uuid)?;
        self.secrets.write().remove(&secret.uuid);
        self.announce(&kept.model.id(), VIR_SECRET_EVENT_UNDEFINED);
        Ok(())
    }

    fn announce(&self, secret: &SecretId, event: u32) {
        let kind = ObjectEventKind::Lifecycle { event: event as i32, detail: 0 };
        self.events.publish(Event::Secret { secret: secret.clone(), kind });
    }
}

/// Other objects rely on what a secret is for, and whoever made it private on its staying so.
fn check_change(before: &Secret, after: &Secret) -> Result<()> {
    let (old, new) = (before.id(), after.id());
    if old.usage_id != new.usage_id {
        return Err(Error::internal(format!(
            "the secret {} is already defined for '{}', it can't become one for '{}'; undefine it first",
            old.uuid, old.usage_id, new.usage_id
        )));
    }
    if before.is_private() && !after.is_private() {
        return Err(Error::internal(format!(
            "the secret {} is private, and can't cease to be; undefine it first",
            old.uuid
        )));
    }
    Ok(())
}

fn value_of(kept: &Kept) -> Result<Value> {
    kept.value.clone().ok_or_else(|| {
        let uuid = kept.model.id().uuid;
        Error::new(ErrorCode::NoSecret, format!("secret '{uuid}' does not have a value"))
    })
}
