//! Defining, starting, stopping, pausing.

use crate::definitions::{self, claim};
use crate::driver::{QemuDriver, Shared};
use crate::live::Live;
use crate::qmp::{Cont, InjectNmi, Stop, SystemPowerdown, SystemReset, SystemWakeup};
use crate::vm::{Definition, View, Vm};
use crate::{autostart, start, status, stop};
use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_core::driver::{DomainControlInfo, DomainInfo, DomainLifecycle, DomainStateReason};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{
    DomainEvent, DomainEventKind, DomainId, Error, ErrorCode, Event, Result, abi, persist,
};
use std::sync::Arc;

impl DomainLifecycle for QemuDriver {
    fn domain_create_xml(&self, xml: &str, flags: u32) -> Result<DomainId> {
        let known = abi::VIR_DOMAIN_START_PAUSED | abi::VIR_DOMAIN_START_VALIDATE;
        refuse_flags(flags, known, "virDomainCreateXML")?;
        let parse = ParseFlags::user(flags & abi::VIR_DOMAIN_START_VALIDATE != 0);
        let model = definitions::parse(&self.shared, xml, parse)?;
        let (vm, fresh) = claim(&self.shared, &model)?;
        let _job = vm.job.begin("create")?;
        if vm.view().is_active() {
            return Err(already_active(&vm));
        }
        let definition = Definition::new(model);
        let started = start::start(&self.shared, &vm, &definition, flags & abi::VIR_DOMAIN_START_PAUSED != 0);
        if started.is_err() && fresh {
            self.shared.domains.remove(&vm);
        }
        started.map(|_| vm.id())
    }

    fn domain_create_with_flags(&self, domain: &DomainId, flags: u32) -> Result<i32> {
        let known = abi::VIR_DOMAIN_START_PAUSED | abi::VIR_DOMAIN_START_FORCE_BOOT | abi::VIR_DOMAIN_START_BYPASS_CACHE;
        refuse_flags(flags, known, "virDomainCreateWithFlags")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("start")?;
        let view = vm.view();
        if view.is_active() {
            return Err(already_active(&vm));
        }
        let definition = view.persistent.clone().ok_or_else(|| gone(&vm))?;
        start::start(&self.shared, &vm, &definition, flags & abi::VIR_DOMAIN_START_PAUSED != 0)
    }

    fn domain_define_xml_flags(&self, xml: &str, flags: u32) -> Result<DomainId> {
        refuse_flags(flags, abi::VIR_DOMAIN_DEFINE_VALIDATE, "virDomainDefineXMLFlags")?;
        let parse = ParseFlags::user(flags & abi::VIR_DOMAIN_DEFINE_VALIDATE != 0);
        let model = definitions::parse(&self.shared, xml, parse)?;
        let (vm, fresh) = claim(&self.shared, &model)?;
        let _job = vm.job.begin("define")?;
        if let Err(err) = definitions::save(&self.shared, &model) {
            if fresh {
                self.shared.domains.remove(&vm);
            }
            return Err(err);
        }
        let definition = Definition::new(model);
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
            Error::operation_invalid(format!("domain '{}' is transient: there is no definition to remove", vm.name()))
        })?;
        let nvram = nvram_to_remove(&definition.model, flags)?;
        persist::remove(&self.shared.paths.autostart_link(&vm.name()))?;
        persist::remove(&self.shared.paths.definition(&vm.name()))?;
        if let Some(path) = nvram {
            persist::remove(&path)?;
        }
        vm.change(|view| {
            view.persistent = None;
            view.autostart = false;
        });
        let id = vm.id();
        if !view.is_active() {
            self.shared.domains.remove(&vm);
        }
        announce_id(&self.shared, id, abi::VIR_DOMAIN_EVENT_UNDEFINED, abi::VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
        Ok(())
    }

    fn domain_suspend(&self, domain: &DomainId) -> Result<()> {
        self.changing(domain, "suspend", |vm, live| {
            let view = vm.view();
            if view.state as u32 == abi::VIR_DOMAIN_PMSUSPENDED {
                return Err(Error::operation_invalid(format!("domain '{}' sleeps; wake it first", vm.name())));
            }
            if view.state as u32 != abi::VIR_DOMAIN_PAUSED {
                live.ask(&self.shared.reactor, Stop {})?;
            }
            self.enter(vm, abi::VIR_DOMAIN_PAUSED, abi::VIR_DOMAIN_PAUSED_USER, || {
                announce(&self.shared, vm, abi::VIR_DOMAIN_EVENT_SUSPENDED, abi::VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
            })
        })
    }

    fn domain_resume(&self, domain: &DomainId) -> Result<()> {
        self.changing(domain, "resume", |vm, live| {
            match vm.view().state as u32 {
                abi::VIR_DOMAIN_RUNNING => {
                    return Err(Error::operation_invalid(format!("domain '{}' is already running", vm.name())));
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
                announce(&self.shared, vm, abi::VIR_DOMAIN_EVENT_RESUMED, abi::VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
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

    fn domain_shutdown_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | abi::VIR_DOMAIN_SHUTDOWN_GUEST_AGENT;
        refuse_flags(flags, known, "virDomainShutdownFlags")?;
        need_acpi(flags, abi::VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)?;
        self.changing(domain, "shut down", |_, live| {
            live.ask(&self.shared.reactor, SystemPowerdown {}).map(drop)
        })
    }

    fn domain_reboot(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_REBOOT_ACPI_POWER_BTN | abi::VIR_DOMAIN_REBOOT_GUEST_AGENT;
        refuse_flags(flags, known, "virDomainReboot")?;
        need_acpi(flags, abi::VIR_DOMAIN_REBOOT_ACPI_POWER_BTN)?;
        self.changing(domain, "reboot", |_, live| {
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
            max_memory: model.max_memory_kib(),
            memory: if view.is_active() { model.current_memory_kib() } else { model.current_memory_kib() },
            vcpus: u16::try_from(model.vcpus_online()).unwrap_or(u16::MAX),
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
