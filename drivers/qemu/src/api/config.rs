//! The definition and its texts: XML, metadata, autostart, native formats.

use crate::autostart::Mark;
use crate::driver::QemuDriver;
use crate::vm::Definition;
use crate::{cpu, firmware, migratable, native};
use ferrovirt_conf::domain::Domain;
use ferrovirt_conf::metadata::{self, Notes};
use ferrovirt_core::driver::{DomainConfig, SecurityLabel};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{
    DomainEvent, DomainEventKind, DomainId, Error, ErrorCode, ErrorDomain, Event, Result, abi,
};
use std::sync::Arc;

impl DomainConfig for QemuDriver {
    fn domain_get_xml_desc(&self, domain: &DomainId, flags: u32) -> Result<String> {
        let known = abi::VIR_DOMAIN_XML_SECURE
            | abi::VIR_DOMAIN_XML_INACTIVE
            | abi::VIR_DOMAIN_XML_UPDATE_CPU
            | abi::VIR_DOMAIN_XML_MIGRATABLE;
        super::refuse_flags(flags, known, "virDomainGetXMLDesc")?;
        let view = self.shared.find(domain)?.view();
        let has = |flag: u32| flags & flag != 0;
        let (inactive, migratable) = (has(abi::VIR_DOMAIN_XML_INACTIVE), has(abi::VIR_DOMAIN_XML_MIGRATABLE));
        // Whoever takes the guest needs its secrets, too.
        let secure = has(abi::VIR_DOMAIN_XML_SECURE) || migratable;
        let definition = match &view.persistent {
            Some(persistent) if inactive => persistent.clone(),
            _ => view.current()?,
        };
        // A transient guest has no other description than the one it runs by.
        let strip = inactive && view.persistent.is_none();
        // What runs has its CPU already.
        let update_cpu = has(abi::VIR_DOMAIN_XML_UPDATE_CPU) && (inactive || view.live.is_none());
        if !secure && !strip && !update_cpu {
            return Ok(definition.xml());
        }
        let mut model = definition.model.clone();
        if update_cpu {
            let emulator = model.devices.emulator.as_deref().unwrap_or_default();
            let capabilities = self.shared.capabilities(emulator)?;
            cpu::follow_host(&mut model, &capabilities, &*self.shared.host.cpu()?)?;
            // So would whoever reads the definition again.
            firmware::name_format(&mut model);
        }
        if migratable {
            migratable::make(&mut model, self.shared.site());
        } else if strip {
            model.strip_live();
        }
        if !secure {
            model.strip_secrets();
        }
        crate::vm::shown(&mut model);
        Ok(model.format())
    }

    fn connect_domain_xml_to_native(&self, format: &str, xml: &str, flags: u32) -> Result<String> {
        super::refuse_flags(flags, 0, "virConnectDomainXMLToNative")?;
        native::command_line(&self.shared, format, xml, super::definition_flags(false))
    }

    fn domain_get_autostart(&self, domain: &DomainId) -> Result<bool> {
        Ok(self.shared.find(domain)?.view().autostart)
    }

    fn domain_set_autostart(&self, domain: &DomainId, autostart: bool) -> Result<()> {
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("set autostart")?;
        Mark::Always.set(&self.shared, &vm, autostart)
    }

    fn domain_get_autostart_once(&self, domain: &DomainId) -> Result<bool> {
        Ok(self.shared.find(domain)?.view().autostart_once)
    }

    fn domain_set_autostart_once(&self, domain: &DomainId, autostart: bool) -> Result<()> {
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("set autostart once")?;
        Mark::Once.set(&self.shared, &vm, autostart)
    }

    fn domain_get_hostname(&self, domain: &DomainId, flags: u32) -> Result<String> {
        let (lease, agent) = (abi::VIR_DOMAIN_GET_HOSTNAME_LEASE, abi::VIR_DOMAIN_GET_HOSTNAME_AGENT);
        super::refuse_flags(flags, lease | agent, "virDomainGetHostname")?;
        if flags == lease | agent {
            let text = "the host name comes either from leases or from the agent; give one flag";
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu));
        }
        if flags & lease == 0 {
            let told = self.agent(domain)?.ask("guest-get-host-name", serde_json::Value::Null)?;
            return told["host-name"].as_str().map(str::to_owned).ok_or_else(|| no_hostname(domain));
        }
        let live = self.shared.find(domain)?.live()?;
        let definition = live.definition();
        for interface in &definition.model.devices.interfaces {
            let network = crate::model::network_of(&interface.connection);
            let (Some(network), Some(mac)) = (network, interface.mac_address()) else { continue };
            let id = self.shared.network.network_lookup_by_name(network)?;
            let leases = self.shared.network.network_get_dhcp_leases(&id, Some(&mac.to_string()), 0)?;
            if let Some(name) = leases.into_iter().find_map(|lease| lease.hostname) {
                return Ok(name);
            }
        }
        Err(no_hostname(domain))
    }

    fn domain_get_messages(&self, domain: &DomainId, flags: u32) -> Result<Vec<String>> {
        let known = abi::VIR_DOMAIN_MESSAGE_DEPRECATION
            | abi::VIR_DOMAIN_MESSAGE_TAINTING
            | abi::VIR_DOMAIN_MESSAGE_IOERRORS;
        super::refuse_flags(flags, known, "virDomainGetMessages")?;
        let is_active = self.shared.find(domain)?.view().is_active();
        // Guests run as the user of the driver; nothing else is kept that there would be a warning of.
        let is_tainted = is_active && rustix::process::geteuid().is_root();
        let wanted = flags == 0 || flags & abi::VIR_DOMAIN_MESSAGE_TAINTING != 0;
        let text = "tainted: running with undesirable elevated privileges";
        Ok((wanted && is_tainted).then(|| text.to_owned()).into_iter().collect())
    }

    fn domain_get_security_label(&self, domain: &DomainId) -> Result<SecurityLabel> {
        // The host's security driver is none.
        self.shared.find(domain).map(|_| SecurityLabel::default())
    }

    fn domain_get_security_label_list(&self, domain: &DomainId) -> Result<Vec<SecurityLabel>> {
        let view = self.shared.find(domain)?.view();
        Ok(if view.is_active() { vec![SecurityLabel::default()] } else { Vec::new() })
    }

    fn domain_set_metadata(
        &self,
        domain: &DomainId,
        kind: i32,
        metadata: Option<&str>,
        key: Option<&str>,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("set metadata")?;
        let view = vm.view();
        let (live, config) = super::affected(&vm, &view, flags)?;
        let change = |model: &mut Domain| {
            let Domain { title, description, metadata: notes, .. } = model;
            Notes { title, description, metadata: notes }.set(kind, metadata, key, uri)
        };
        if let (true, Some(running)) = (live, &view.live) {
            let mut model = running.definition().model.clone();
            change(&mut model)?;
            running.redefine(Definition::new(model));
            crate::status::save(&self.shared, &vm)?;
        }
        if let (true, Some(persistent)) = (config, &view.persistent) {
            let mut model = persistent.model.clone();
            change(&mut model)?;
            self.shared.keep_definition(&vm, model)?;
        }
        let kind = DomainEventKind::MetadataChange { kind, uri: uri.map(str::to_owned) };
        self.shared.events.publish(Event::Domain(DomainEvent { domain: vm.id(), kind }));
        Ok(())
    }

    fn domain_get_metadata(
        &self,
        domain: &DomainId,
        kind: i32,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<String> {
        let vm = self.shared.find(domain)?;
        let view = vm.view();
        let (_, config) = super::affected(&vm, &view, flags)?;
        let definition: Arc<Definition> = match &view.persistent {
            Some(persistent) if config => persistent.clone(),
            _ => view.current()?,
        };
        let model = &definition.model;
        let (title, description) = (model.title.as_deref(), model.description.as_deref());
        metadata::get(title, description, model.metadata.as_ref(), kind, uri)?.ok_or_else(|| {
            let text = format!("domain '{}' has none of this kind", vm.name());
            Error::new(ErrorCode::NoDomainMetadata, text).domain(ErrorDomain::Domain)
        })
    }
}

fn no_hostname(domain: &DomainId) -> Error {
    let text = format!("no hostname found for domain {}", domain.name);
    Error::new(ErrorCode::NoHostname, text).domain(ErrorDomain::Qemu)
}
