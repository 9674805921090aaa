//! Defining, starting, stopping, pausing.

use super::refuse_flags;
use crate::agent::CHANNEL;
use crate::autostart::Mark;
use crate::definitions::{self, claim};
use crate::driver::{QemuDriver, Shared};
use crate::live::Live;
use crate::model;
use crate::qmp::{
    CalcDirtyRate, Cont, InjectNmi, Properties, SetAction, Stop, SystemPowerdown, SystemReset, SystemWakeup,
};
use crate::tune::IMPACT;
use crate::vm::{Definition, View, Vm};
use crate::{launch_security, rename, save, snapshot, start, status, stop, tpm};
use ferrovirt_conf::domain::{Domain, LifecycleAction, LifecycleEvents, LifecycleKind};
use ferrovirt_core::TypedParams;
use ferrovirt_core::driver::{DomainControlInfo, DomainInfo, DomainLifecycle, DomainStateReason};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{
    DomainEvent, DomainEventKind, DomainId, Error, ErrorCode, ErrorDomain, Event, Result, abi, persist,
};
use std::path::PathBuf;
use std::sync::Arc;

impl DomainLifecycle for QemuDriver {
    fn domain_create_xml(&self, xml: &str, flags: u32) -> Result<DomainId> {
        let known =
            abi::VIR_DOMAIN_START_PAUSED | abi::VIR_DOMAIN_START_AUTODESTROY | abi::VIR_DOMAIN_START_VALIDATE;
        refuse_flags(flags, known, "virDomainCreateXML")?;
        let parse = super::definition_flags(flags & abi::VIR_DOMAIN_START_VALIDATE != 0);
        let model = definitions::parse(&self.shared, xml, parse)?;
        let (vm, fresh) = claim(&self.shared, &model)?;
        let _job = vm.job.begin("create")?;
        definitions::check_claimed(&vm, &model)?;
        if vm.view().is_active() {
            return Err(already_active(&vm));
        }
        let definition = Definition::new(model);
        let started = start::start(&self.shared, &vm, &definition, flags & abi::VIR_DOMAIN_START_PAUSED != 0);
        if started.is_err() && fresh {
            self.shared.domains.remove(&vm);
        }
        started.map(|_| {
            self.ends_with_connection(&vm, flags);
            vm.id()
        })
    }

    fn domain_create_with_flags(&self, domain: &DomainId, flags: u32) -> Result<i32> {
        let known = abi::VIR_DOMAIN_START_PAUSED
            | abi::VIR_DOMAIN_START_AUTODESTROY
            | abi::VIR_DOMAIN_START_FORCE_BOOT
            | abi::VIR_DOMAIN_START_BYPASS_CACHE;
        refuse_flags(flags, known, "virDomainCreateWithFlags")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("start")?;
        let view = vm.view();
        if view.is_active() {
            return Err(already_active(&vm));
        }
        let id = save::start(&self.shared, &vm, flags)?;
        self.ends_with_connection(&vm, flags);
        Ok(id)
    }

    fn domain_define_xml_flags(&self, xml: &str, flags: u32) -> Result<DomainId> {
        refuse_flags(flags, abi::VIR_DOMAIN_DEFINE_VALIDATE, "virDomainDefineXMLFlags")?;
        let parse = super::definition_flags(flags & abi::VIR_DOMAIN_DEFINE_VALIDATE != 0);
        let model = definitions::parse(&self.shared, xml, parse)?;
        model.check_name()?;
        let (vm, fresh) = claim(&self.shared, &model)?;
        let _job = vm.job.begin("define")?;
        definitions::check_claimed(&vm, &model)?;
        let definition = definitions::save(&self.shared, &model).inspect_err(|_| {
            if fresh {
                self.shared.domains.remove(&vm);
            }
        })?;
        vm.change(|view| {
            view.persistent = Some(definition.clone());
            view.updated = view.live.is_some();
        });
        let detail =
            if fresh { abi::VIR_DOMAIN_EVENT_DEFINED_ADDED } else { abi::VIR_DOMAIN_EVENT_DEFINED_UPDATED };
        announce(&self.shared, &vm, abi::VIR_DOMAIN_EVENT_DEFINED, detail);
        Ok(vm.id())
    }

    fn domain_undefine_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        refuse_flags(flags, UNDEFINE_FLAGS, "virDomainUndefineFlags")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("undefine")?;
        let view = vm.view();
        let definition = view.persistent.clone().ok_or_else(|| {
            Error::operation_invalid(format!(
                "domain '{}' is transient: there is no definition to remove",
                vm.name()
            ))
        })?;
        let tpm_fate = tpm::Fate::of(flags).map_err(|err| err.domain(ErrorDomain::Qemu))?;
        let nvram = nvram_to_remove(&definition.model, flags)?;
        if !view.is_active() {
            check_moments(&vm, &view, flags)?;
        }
        if view.managed_save {
            if flags & abi::VIR_DOMAIN_UNDEFINE_MANAGED_SAVE == 0 {
                let text = format!("domain '{}' has a saved state: say that it is to go, too", vm.name());
                return Err(Error::operation_invalid(text));
            }
            save::remove_managed(&self.shared, &vm)?;
        }
        for mark in Mark::ALL {
            mark.write(&self.shared, &vm.name(), false)?;
        }
        persist::remove(&self.shared.paths.definition(&vm.name()))?;
        if let Some(path) = nvram {
            persist::remove(&path)?;
        }
        vm.change(|view| {
            view.persistent = None;
            Mark::ALL.iter().for_each(|mark| mark.note(view, false));
        });
        let id = vm.id();
        if !view.is_active() {
            tpm::forget(&self.shared.paths, &definition.model, tpm_fate);
            snapshot::forget(&self.shared, &vm)?;
            self.shared.domains.remove(&vm);
        }
        announce_id(
            &self.shared,
            id,
            abi::VIR_DOMAIN_EVENT_UNDEFINED,
            abi::VIR_DOMAIN_EVENT_UNDEFINED_REMOVED,
        );
        Ok(())
    }

    fn domain_rename(&self, domain: &DomainId, new_name: &str, flags: u32) -> Result<()> {
        refuse_flags(flags, 0, "virDomainRename")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("rename")?;
        rename::rename(&self.shared, &vm, new_name).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn domain_suspend(&self, domain: &DomainId) -> Result<()> {
        self.changing(domain, "suspend", |vm, live| {
            let view = vm.view();
            if view.state as u32 == abi::VIR_DOMAIN_PMSUSPENDED {
                return Err(Error::operation_invalid(format!(
                    "domain '{}' sleeps; wake it first",
                    vm.name()
                )));
            }
            if view.state as u32 != abi::VIR_DOMAIN_PAUSED {
                live.ask(&self.shared.reactor, Stop {})?;
            }
            self.enter(vm, abi::VIR_DOMAIN_PAUSED, abi::VIR_DOMAIN_PAUSED_USER, || {
                announce(
                    &self.shared,
                    vm,
                    abi::VIR_DOMAIN_EVENT_SUSPENDED,
                    abi::VIR_DOMAIN_EVENT_SUSPENDED_PAUSED,
                );
            })
        })
    }

    fn domain_resume(&self, domain: &DomainId) -> Result<()> {
        self.changing(domain, "resume", |vm, live| {
            match vm.view().state as u32 {
                abi::VIR_DOMAIN_RUNNING => {
                    return Err(Error::operation_invalid(format!(
                        "domain '{}' is already running",
                        vm.name()
                    )));
                }
                abi::VIR_DOMAIN_PMSUSPENDED => {
                    return Err(Error::operation_invalid(format!(
                        "domain '{}' sleeps: only a wake-up brings it back",
                        vm.name()
                    )));
                }
                _ => {}
            }
            live.ask(&self.shared.reactor, Cont {})?;
            self.enter(vm, abi::VIR_DOMAIN_RUNNING, abi::VIR_DOMAIN_RUNNING_UNPAUSED, || {
                announce(
                    &self.shared,
                    vm,
                    abi::VIR_DOMAIN_EVENT_RESUMED,
                    abi::VIR_DOMAIN_EVENT_RESUMED_UNPAUSED,
                );
            })
        })
    }

    fn domain_pm_wakeup(&self, domain: &DomainId, _flags: u32) -> Result<()> {
        self.changing(domain, "wake up", |vm, live| {
            if vm.view().state as u32 != abi::VIR_DOMAIN_PMSUSPENDED {
                return Err(Error::operation_invalid(format!("domain '{}' does not sleep", vm.name())));
            }
            live.ask(&self.shared.reactor, SystemWakeup {}).map(drop)
        })
    }

    fn domain_pm_suspend_for_duration(
        &self,
        domain: &DomainId,
        target: u32,
        duration: u64,
        flags: u32,
    ) -> Result<()> {
        refuse_flags(flags, 0, "virDomainPMSuspendForDuration")?;
        if duration > 0 {
            let text = "a guest sleeps until it is woken: no time can be set";
            return Err(Error::new(ErrorCode::ArgumentUnsupported, text).domain(ErrorDomain::Qemu));
        }
        let (command, allowed) = match target {
            abi::VIR_NODE_SUSPEND_TARGET_MEM => ("guest-suspend-ram", true),
            abi::VIR_NODE_SUSPEND_TARGET_DISK => ("guest-suspend-disk", true),
            abi::VIR_NODE_SUSPEND_TARGET_HYBRID => ("guest-suspend-hybrid", true),
            _ => ("", false),
        };
        if !allowed {
            let text = format!("a guest can't sleep in the way number {target}");
            return Err(Error::new(ErrorCode::ArgumentUnsupported, text).domain(ErrorDomain::Qemu));
        }
        self.agent(domain)?.tell(command, serde_json::json!({}))
    }

    fn domain_set_lifecycle_action(
        &self,
        domain: &DomainId,
        kind: u32,
        action: u32,
        flags: u32,
    ) -> Result<()> {
        refuse_flags(flags, IMPACT, "virDomainSetLifecycleAction")?;
        let kind = LifecycleKind::from_number(kind).ok_or_else(|| {
            Error::invalid_arg(format!("there is no life cycle event number {kind}"))
                .domain(ErrorDomain::Qemu)
        })?;
        let action = LifecycleAction::for_kind(action, kind)?;
        let set = |model: &mut Domain| {
            let mut events = model.events;
            events.set(kind, action);
            check_events(&events)?;
            model.events = events;
            Ok(())
        };
        self.tune(domain, flags, "set life cycle action", set, |guest, model| {
            set(model)?;
            // Of a reboot QEMU must be told: the other ends it leaves to us.
            let reboot = match (model.events.on_reboot, kind) {
                (LifecycleAction::Restart, LifecycleKind::Reboot) => Some("reset"),
                (_, LifecycleKind::Reboot) => Some("shutdown"),
                _ => None,
            };
            let Some(reboot) = reboot else { return Ok(()) };
            let command = SetAction { reboot: Some(reboot.to_owned()), ..SetAction::default() };
            guest.live.ask(&guest.shared.reactor, command).map(drop)
        })
    }

    fn domain_start_dirty_rate_calc(&self, domain: &DomainId, seconds: i32, flags: u32) -> Result<()> {
        let bitmap = abi::VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP;
        let ring = abi::VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING;
        refuse_flags(flags, bitmap | ring, "virDomainStartDirtyRateCalc")?;
        if !(1..=60).contains(&seconds) {
            let text = format!("the rate is measured for 1 to 60 s, not {seconds} s");
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu));
        }
        let mode = match flags {
            0 => "page-sampling",
            flags if flags & bitmap != 0 => "dirty-bitmap",
            _ => "dirty-ring",
        };
        self.changing(domain, "measure dirty rate", |_, live| {
            let mut properties = Properties::new();
            properties.insert("calc-time".into(), seconds.into());
            properties.insert("mode".into(), mode.into());
            live.ask(&self.shared.reactor, CalcDirtyRate(properties)).map(drop)
        })
    }

    fn domain_get_launch_security_info(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let view = self.shared.find(domain)?.view();
        launch_security::info(&self.shared, &view, flags)
    }

    fn domain_set_launch_security_state(
        &self,
        domain: &DomainId,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        refuse_flags(flags, 0, "virDomainSetLaunchSecurityState")?;
        let secret = launch_security::Secret::of(params)?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("set launch secret")?;
        launch_security::inject(&self.shared, &vm, &secret).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn domain_shutdown_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | abi::VIR_DOMAIN_SHUTDOWN_GUEST_AGENT;
        refuse_flags(flags, known, "virDomainShutdownFlags")?;
        let (by_button, by_agent) =
            (abi::VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN, abi::VIR_DOMAIN_SHUTDOWN_GUEST_AGENT);
        self.changing(domain, "shut down", |vm, live| {
            live.restart_after_shutdown(false);
            if self.asks_agent(vm, live, flags, by_agent, by_button, "powerdown")? {
                return Ok(());
            }
            live.ask(&self.shared.reactor, SystemPowerdown {}).map(drop)
        })
    }

    fn domain_reboot(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_REBOOT_ACPI_POWER_BTN | abi::VIR_DOMAIN_REBOOT_GUEST_AGENT;
        refuse_flags(flags, known, "virDomainReboot")?;
        let (by_button, by_agent) =
            (abi::VIR_DOMAIN_REBOOT_ACPI_POWER_BTN, abi::VIR_DOMAIN_REBOOT_GUEST_AGENT);
        self.changing(domain, "reboot", |vm, live| {
            if self.asks_agent(vm, live, flags, by_agent, by_button, "reboot")? {
                return Ok(());
            }
            // The guest is asked to switch itself off, and then finds itself switched on again.
            live.restart_after_shutdown(true);
            let asked = live.ask(&self.shared.reactor, SystemPowerdown {}).map(drop);
            if asked.is_err() {
                live.restart_after_shutdown(false);
            }
            asked
        })
    }

    fn domain_reset(&self, domain: &DomainId, flags: u32) -> Result<()> {
        refuse_flags(flags, 0, "virDomainReset")?;
        self.changing(domain, "reset", |_, live| live.ask(&self.shared.reactor, SystemReset {}).map(drop))
    }

    fn domain_inject_nmi(&self, domain: &DomainId, flags: u32) -> Result<()> {
        refuse_flags(flags, 0, "virDomainInjectNMI")?;
        self.changing(domain, "inject NMI", |_, live| live.ask(&self.shared.reactor, InjectNmi {}).map(drop))
    }

    fn domain_destroy_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_DESTROY_GRACEFUL | abi::VIR_DOMAIN_DESTROY_REMOVE_LOGS;
        refuse_flags(flags, known, "virDomainDestroyFlags")?;
        let vm = self.shared.find(domain)?;
        // No job: destroying is what helps when a job hangs.
        let live = vm.live()?;
        stop::destroy(&vm, &live, flags & abi::VIR_DOMAIN_DESTROY_GRACEFUL != 0)?;
        if flags & abi::VIR_DOMAIN_DESTROY_REMOVE_LOGS != 0 {
            persist::remove(&self.shared.paths.log(&vm.name()))?;
        }
        Ok(())
    }

    fn domain_get_state(&self, domain: &DomainId, flags: u32) -> Result<DomainStateReason> {
        refuse_flags(flags, 0, "virDomainGetState")?;
        let view = self.shared.find(domain)?.view();
        Ok(DomainStateReason { state: view.state, reason: view.reason })
    }

    fn domain_get_info(&self, domain: &DomainId) -> Result<DomainInfo> {
        let view = self.shared.find(domain)?.view();
        let definition = view.current()?;
        let model = &definition.model;
        let cpu_time = view.live.as_ref().map_or(Ok(0), |live| live.process.cpu_time())?;
        Ok(DomainInfo {
            state: view.state as u8,
            max_memory: model::memory_kib(model),
            memory: model::current_memory_kib(model),
            vcpus: u16::try_from(model.vcpu.current()).unwrap_or(u16::MAX),
            cpu_time,
        })
    }

    fn domain_get_control_info(&self, domain: &DomainId, flags: u32) -> Result<DomainControlInfo> {
        refuse_flags(flags, 0, "virDomainGetControlInfo")?;
        let vm = self.shared.find(domain)?;
        vm.live()?;
        Ok(match vm.job.current() {
            Some((_, running)) => DomainControlInfo {
                state: abi::VIR_DOMAIN_CONTROL_JOB,
                details: 0,
                state_time: u64::try_from(running.as_millis()).unwrap_or(u64::MAX),
            },
            None => DomainControlInfo { state: abi::VIR_DOMAIN_CONTROL_OK, details: 0, state_time: 0 },
        })
    }
}

/// The flags of undefining that the driver knows.
const UNDEFINE_FLAGS: u32 = abi::VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
    | abi::VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    | abi::VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
    | abi::VIR_DOMAIN_UNDEFINE_NVRAM
    | abi::VIR_DOMAIN_UNDEFINE_KEEP_NVRAM
    | abi::VIR_DOMAIN_UNDEFINE_TPM
    | abi::VIR_DOMAIN_UNDEFINE_KEEP_TPM;

impl QemuDriver {
    /// Does `work` on a running guest, as its job.
    pub(crate) fn changing<T>(
        &self,
        domain: &DomainId,
        job: &'static str,
        work: impl FnOnce(&Arc<Vm>, &Arc<Live>) -> Result<T>,
    ) -> Result<T> {
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin(job)?;
        let live = vm.live()?;
        work(&vm, &live).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn ends_with_connection(&self, vm: &Arc<Vm>, flags: u32) {
        if flags & abi::VIR_DOMAIN_START_AUTODESTROY != 0 {
            self.session.ends_with(vm);
        }
    }

    /// Has the guest's agent end the guest, where the flags ask for that, or for nothing and there is one. False where
    /// the power button is to be used.
    fn asks_agent(
        &self,
        vm: &Arc<Vm>,
        live: &Arc<Live>,
        flags: u32,
        by_agent: u32,
        by_button: u32,
        mode: &str,
    ) -> Result<bool> {
        if flags & by_agent == 0
            && (flags & by_button != 0 || model::channel_device(&live.definition().model, CHANNEL).is_none())
        {
            return Ok(false);
        }
        let told = crate::agent::of(&self.shared, vm, live)
            .and_then(|asked| asked.tell("guest-shutdown", serde_json::json!({"mode": mode})));
        match told {
            Ok(()) => Ok(true),
            // Who did not insist on the agent has the button pressed instead.
            Err(err) if flags == 0 || flags & by_button != 0 => {
                tracing::debug!(domain = %vm.name(), %err, "the agent can't end the guest");
                Ok(false)
            }
            Err(err) => Err(err),
        }
    }

    /// Puts a guest in a state, unless QEMU's own event has told of it already, and tells the world.
    fn enter(&self, vm: &Arc<Vm>, state: u32, reason: u32, tell: impl FnOnce()) -> Result<()> {
        let already = vm.view().state == state as i32;
        vm.set_state(state, reason);
        if !already {
            tell();
        }
        status::save(&self.shared, vm)
    }
}

fn already_active(vm: &Vm) -> Error {
    Error::operation_invalid(format!("domain '{}' is already running", vm.name()))
}

/// What QEMU can't do at a guest's ends.
fn check_events(events: &LifecycleEvents) -> Result<()> {
    let all = [events.on_poweroff, events.on_reboot, events.on_crash];
    if all.contains(&LifecycleAction::RenameRestart) {
        return Err(Error::config_unsupported("QEMU can't restart a guest under another name"));
    }
    if events.on_poweroff == LifecycleAction::Restart && events.on_reboot == LifecycleAction::Destroy {
        let text = "QEMU can't restart a guest that switches itself off and end one that reboots";
        return Err(Error::config_unsupported(text));
    }
    match events.on_reboot {
        LifecycleAction::Preserve => Err(Error::config_unsupported("QEMU can't keep a guest that reboots")),
        _ => Ok(()),
    }
}

/// Refuses to remove a definition whose snapshots nobody said may go, too.
fn check_moments(vm: &Vm, view: &View, flags: u32) -> Result<()> {
    let kinds = [
        ("snapshots", view.snapshots.len(), abi::VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA),
        ("checkpoints", view.checkpoints.len(), abi::VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA),
    ];
    match kinds.into_iter().find(|(_, count, flag)| *count > 0 && flags & flag == 0) {
        None => Ok(()),
        Some((what, count, _)) => Err(Error::operation_invalid(format!(
            "domain '{}' has {count} {what}: say that what is known of them is to go, too",
            vm.name()
        ))),
    }
}

/// The variable store that goes with the definition; who has one must say whether to keep it.
fn nvram_to_remove(model: &Domain, flags: u32) -> Result<Option<PathBuf>> {
    let both = abi::VIR_DOMAIN_UNDEFINE_NVRAM | abi::VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
    if flags & both == both {
        let text = "a variable store is either kept or removed: give one flag";
        return Err(Error::operation_invalid(text).domain(ErrorDomain::Qemu));
    }
    let store = model.os.nvram.as_ref().and_then(|nvram| nvram.path()).map(PathBuf::from);
    let Some(store) = store.filter(|path| path.exists()) else { return Ok(None) };
    match flags & both {
        abi::VIR_DOMAIN_UNDEFINE_NVRAM => Ok(Some(store)),
        abi::VIR_DOMAIN_UNDEFINE_KEEP_NVRAM => Ok(None),
        _ => Err(Error::operation_invalid(format!(
            "domain '{}' has the variable store '{}': say whether to remove it (VIR_DOMAIN_UNDEFINE_NVRAM) or to keep it",
            model.name,
            store.display()
        ))),
    }
}

fn announce(shared: &Shared, vm: &Vm, event: u32, detail: u32) {
    announce_id(shared, vm.id(), event, detail);
}

fn announce_id(shared: &Shared, domain: DomainId, event: u32, detail: u32) {
    let kind = DomainEventKind::Lifecycle { event: event as i32, detail: detail as i32 };
    shared.events.publish(Event::Domain(DomainEvent { domain, kind }));
}
