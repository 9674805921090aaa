//! Defining, starting, stopping, pausing.

use super::definition::{self, parse};
use super::{Change, Start, View, start};
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::domain::{Domain, LifecycleAction, LifecycleKind};
use ferrovirt_core::driver::{DomainControlInfo, DomainInfo, DomainLifecycle, DomainStateReason};
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, TypedParams, abi};
use std::os::fd::BorrowedFd;
use std::time::{SystemTime, UNIX_EPOCH};

impl DomainLifecycle for TestDriver {
    fn domain_create_xml(&self, xml: &str, flags: u32) -> Result<DomainId> {
        refuse::flags(flags, abi::VIR_DOMAIN_START_VALIDATE, "virDomainCreateXML")?;
        let model = parse(xml, definition::user(flags & abi::VIR_DOMAIN_START_VALIDATE != 0))?;
        start::start(&self.host, model, Start::Booted)
    }

    fn domain_create_xml_with_files(&self, xml: &str, _: &[BorrowedFd<'_>], flags: u32) -> Result<DomainId> {
        self.domain_create_xml(xml, flags)
    }

    fn domain_create_with_flags(&self, domain: &DomainId, flags: u32) -> Result<i32> {
        refuse::flags(flags, 0, "virDomainCreateWithFlags")?;
        let host = &self.host;
        host.guest(domain)?.change(host, |guest| {
            if guest.state != abi::VIR_DOMAIN_SHUTOFF {
                return Err(refuse::internal(format!("domain '{}' is already running", guest.name())));
            }
            guest.definition.check_readable()?;
            guest.start(host, abi::VIR_DOMAIN_RUNNING_BOOTED);
            guest.announce_lifecycle(abi::VIR_DOMAIN_EVENT_STARTED, abi::VIR_DOMAIN_EVENT_STARTED_BOOTED);
            Ok(guest.id)
        })
    }

    fn domain_create_with_files(&self, domain: &DomainId, _: &[BorrowedFd<'_>], flags: u32) -> Result<i32> {
        self.domain_create_with_flags(domain, flags)
    }

    fn domain_define_xml_flags(&self, xml: &str, flags: u32) -> Result<DomainId> {
        refuse::flags(flags, abi::VIR_DOMAIN_DEFINE_VALIDATE, "virDomainDefineXMLFlags")?;
        let model = parse(xml, definition::user(flags & abi::VIR_DOMAIN_DEFINE_VALIDATE != 0))?;
        start::define(&self.host, model)
    }

    fn domain_undefine_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let (managed_save, snapshots) =
            (abi::VIR_DOMAIN_UNDEFINE_MANAGED_SAVE, abi::VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA);
        refuse::flags(flags, managed_save | snapshots, "virDomainUndefineFlags")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            if guest.managed_save && flags & managed_save == 0 {
                let text = "the domain has a managed save image; remove it, or undefine it along";
                return Err(refuse::operation_invalid(text));
            }
            if !guest.is_active() && !guest.snapshots.is_empty() && flags & snapshots == 0 {
                let text = format!("the domain has {} snapshots; undefine them along", guest.snapshots.len());
                return Err(refuse::operation_invalid(text));
            }
            guest
                .announce_lifecycle(abi::VIR_DOMAIN_EVENT_UNDEFINED, abi::VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
            guest.managed_save = false;
            if guest.is_active() {
                guest.persistent = false;
            } else {
                guest.remove();
            }
            Ok(())
        })
    }

    fn domain_suspend(&self, domain: &DomainId) -> Result<()> {
        self.host.guest(domain)?.change(&self.host, |guest| {
            if matches!(guest.state, abi::VIR_DOMAIN_SHUTOFF | abi::VIR_DOMAIN_PAUSED) {
                return Err(refuse::internal(format!("domain '{}' is not running", guest.name())));
            }
            guest.set_state(abi::VIR_DOMAIN_PAUSED, abi::VIR_DOMAIN_PAUSED_USER);
            let detail = abi::VIR_DOMAIN_EVENT_SUSPENDED_PAUSED;
            guest.announce_lifecycle(abi::VIR_DOMAIN_EVENT_SUSPENDED, detail);
            Ok(())
        })
    }

    fn domain_resume(&self, domain: &DomainId) -> Result<()> {
        self.host.guest(domain)?.change(&self.host, |guest| {
            if guest.state != abi::VIR_DOMAIN_PAUSED {
                return Err(refuse::internal(format!("domain '{}' is not paused", guest.name())));
            }
            guest.set_state(abi::VIR_DOMAIN_RUNNING, abi::VIR_DOMAIN_RUNNING_UNPAUSED);
            let detail = abi::VIR_DOMAIN_EVENT_RESUMED_UNPAUSED;
            guest.announce_lifecycle(abi::VIR_DOMAIN_EVENT_RESUMED, detail);
            Ok(())
        })
    }

    fn domain_shutdown_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainShutdownFlags")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            if guest.state == abi::VIR_DOMAIN_SHUTOFF {
                return Err(refuse::internal(format!("domain '{}' is not running", guest.name())));
            }
            act(guest, guest.definition.model.events.on_poweroff);
            Ok(())
        })
    }

    fn domain_reboot(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_REBOOT_ACPI_POWER_BTN
            | abi::VIR_DOMAIN_REBOOT_GUEST_AGENT
            | abi::VIR_DOMAIN_REBOOT_INITCTL
            | abi::VIR_DOMAIN_REBOOT_SIGNAL
            | abi::VIR_DOMAIN_REBOOT_PARAVIRT;
        refuse::flags(flags, known, "virDomainReboot")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.check_active()?;
            act(guest, guest.definition.model.events.on_reboot);
            Ok(())
        })
    }

    fn domain_reset(&self, domain: &DomainId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainReset")?;
        self.host.guest(domain)?.view().check_active()
    }

    fn domain_destroy_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        refuse::flags(flags, abi::VIR_DOMAIN_DESTROY_GRACEFUL, "virDomainDestroyFlags")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.check_active()?;
            guest.stop(abi::VIR_DOMAIN_SHUTOFF_DESTROYED, abi::VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
            Ok(())
        })
    }

    fn domain_inject_nmi(&self, domain: &DomainId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainInjectNMI")?;
        self.host.guest(domain)?.view().check_active()
    }

    fn domain_rename(&self, domain: &DomainId, new_name: &str, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainRename")?;
        let host = &self.host;
        let _renaming = host.renaming.lock();
        let guest = host.guest(domain)?;
        check_renamable(&guest.view())?;
        if guest.view().definition.model.name == new_name {
            let text = format!("domain '{new_name}' has this name already");
            return Err(Error::operation_invalid(text).domain(ErrorDomain::Domain));
        }
        if host.guests.by_name(new_name).is_some() {
            let text = format!("domain with name '{new_name}' already exists");
            return Err(Error::operation_invalid(text).domain(ErrorDomain::Domain));
        }
        if new_name.contains('/') {
            let text = format!("the name '{new_name}' of a domain can't contain '/'");
            return Err(refuse::error(ErrorCode::XmlError, text));
        }
        let mut view = View::clone(&guest.view());
        guest.change(host, |old| {
            check_renamable(old)?;
            old.announce_lifecycle(abi::VIR_DOMAIN_EVENT_UNDEFINED, abi::VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
            view = View::clone(old);
            old.remove();
            Ok(())
        })?;
        let mut model = view.definition.model.clone();
        model.name = new_name.to_owned();
        view.definition = super::Definition::new(model);
        let (renamed, _) = start::add(host, &view.definition)?;
        renamed.change(host, |guest| {
            **guest = view;
            guest.announce_lifecycle(abi::VIR_DOMAIN_EVENT_DEFINED, abi::VIR_DOMAIN_EVENT_DEFINED_RENAMED);
            Ok(())
        })
    }

    fn domain_get_state(&self, domain: &DomainId, flags: u32) -> Result<DomainStateReason> {
        refuse::flags(flags, 0, "virDomainGetState")?;
        let view = self.host.guest(domain)?.view();
        Ok(DomainStateReason { state: view.state as i32, reason: view.reason as i32 })
    }

    fn domain_get_info(&self, domain: &DomainId) -> Result<DomainInfo> {
        let view = self.host.guest(domain)?.view();
        let model = &view.definition.model;
        Ok(DomainInfo {
            state: view.state as u8,
            max_memory: model.memory.size.0,
            memory: model.current_memory.0,
            vcpus: model.vcpu.current().try_into().unwrap_or(u16::MAX),
            cpu_time: now_micros() * 1000,
        })
    }

    fn domain_get_control_info(&self, domain: &DomainId, flags: u32) -> Result<DomainControlInfo> {
        refuse::flags(flags, 0, "virDomainGetControlInfo")?;
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        Ok(control_by_clock(view.time.seconds))
    }

    fn domain_set_lifecycle_action(
        &self,
        domain: &DomainId,
        kind: u32,
        action: u32,
        flags: u32,
    ) -> Result<()> {
        let known = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;
        refuse::flags(flags, known, "virDomainSetLifecycleAction")?;
        let kind = LifecycleKind::from_number(kind)
            .ok_or_else(|| refuse::invalid_arg(format!("there is no life cycle event number {kind}")))?;
        let wanted =
            LifecycleAction::for_kind(action, kind).map_err(|err| err.or_domain(ErrorDomain::Test))?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_both(flags, |model| {
                model.events.set(kind, wanted);
                Ok(())
            })
        })
    }

    fn domain_get_launch_security_info(&self, _domain: &DomainId, flags: u32) -> Result<TypedParams> {
        // As libvirt's, it doesn't know the flag that strings are fine, and so refuses who asks for them.
        refuse::flags(flags, 0, "virDomainGetLaunchSecurityInfo")?;
        Ok(TypedParams::new())
    }
}

/// What a guest does when it ends: it starts again at once, or is off.
fn act(guest: &mut Change<'_>, action: LifecycleAction) {
    match action {
        LifecycleAction::Restart | LifecycleAction::RenameRestart => {
            guest.set_state(abi::VIR_DOMAIN_RUNNING, abi::VIR_DOMAIN_RUNNING_BOOTED);
        }
        _ => guest.stop(abi::VIR_DOMAIN_SHUTOFF_SHUTDOWN, abi::VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN),
    }
}

fn check_renamable(view: &View) -> Result<()> {
    if view.is_active() {
        return Err(refuse::operation_invalid("cannot rename active domain; stop it first"));
    }
    if !view.persistent {
        return Err(refuse::operation_invalid("a transient domain can't be renamed"));
    }
    if view.state != abi::VIR_DOMAIN_SHUTOFF {
        return Err(refuse::operation_invalid("a domain must be shut off to be renamed"));
    }
    Ok(())
}

/// The guest's clock chooses what its control channel is said to do, so that programs can see every answer.
fn control_by_clock(seconds: i64) -> DomainControlInfo {
    let info = |state, details, since: i64| DomainControlInfo { state, details, state_time: since as u64 };
    match seconds {
        1..10_000 => info(abi::VIR_DOMAIN_CONTROL_JOB, 0, seconds),
        ..30_000 if seconds >= 10_000 => info(abi::VIR_DOMAIN_CONTROL_OCCUPIED, 0, seconds - 10_000),
        30_000..60_000 => info(abi::VIR_DOMAIN_CONTROL_ERROR, (seconds % 4) as u32, seconds - 30_000),
        _ => info(abi::VIR_DOMAIN_CONTROL_OK, 0, 0),
    }
}

/// Microseconds since 1970.
pub fn now_micros() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_micros().try_into().unwrap_or(u64::MAX)
}

impl Change<'_> {
    /// Changes the one description that `flags` mean.
    pub fn edit_one<T>(
        &mut self,
        flags: u32,
        edit: impl FnOnce(&mut Domain, bool) -> Result<T>,
    ) -> Result<T> {
        let (definition, live) = self.one(flags)?;
        let mut model = definition.model.clone();
        let outcome = edit(&mut model, live).map_err(|err| err.or_domain(ErrorDomain::Test))?;
        self.replace(live, super::Definition::new(model));
        Ok(outcome)
    }

    /// Changes the running guest's description, the permanent one, or both, as `flags` say.
    pub fn edit_both(&mut self, flags: u32, edit: impl Fn(&mut Domain) -> Result<()>) -> Result<()> {
        let (live, config) = self.affected(flags)?;
        // Where both are one description it changes once.
        let config = config && !(live && self.next.is_none());
        for (wanted, live) in [(live, true), (config, false)] {
            if wanted {
                let definition = if live { &self.definition } else { self.permanent() };
                let mut model = definition.model.clone();
                edit(&mut model).map_err(|err| err.or_domain(ErrorDomain::Test))?;
                self.replace(live, super::Definition::new(model));
            }
        }
        Ok(())
    }
}
