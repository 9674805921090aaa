//! The host's network interfaces, and the transaction around changes to them.

use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::interface::HostInterface;
use ferrovirt_core::driver::InterfaceDriver;
use ferrovirt_core::flags::matches;
use ferrovirt_core::held::Held;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, InterfaceId, Result, abi};
use ferrovirt_xml::Node;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The interfaces of a host.
pub struct Interfaces(Held<State>);

#[derive(Clone, Default)]
struct State {
    interfaces: BTreeMap<Arc<str>, Entry>,
    /// What there was when the transaction began that is under way.
    before: Option<BTreeMap<Arc<str>, Entry>>,
}

#[derive(Clone)]
struct Entry {
    definition: Arc<HostInterface>,
    active: bool,
}

impl Default for Interfaces {
    fn default() -> Self {
        Self(Held::new(State::default()))
    }
}

impl Entry {
    fn id(&self) -> InterfaceId {
        InterfaceId {
            name: self.definition.name.as_str().into(),
            mac: self.definition.mac.as_deref().unwrap_or_default().into(),
        }
    }
}

impl Interfaces {
    /// Takes in an interface of the host's own description: it is active.
    pub fn install(&self, element: &Node<'_>) -> Result<()> {
        self.put(HostInterface::from_node(element)?, true).map(|_| ())
    }

    /// A description replaces the one of the same name, which stays as active as it is.
    fn put(&self, definition: HostInterface, active: bool) -> Result<InterfaceId> {
        self.0.change(|state| {
            let name: Arc<str> = definition.name.as_str().into();
            let active = state.interfaces.get(&name).map_or(active, |known| known.active);
            let entry = Entry { definition: Arc::new(definition), active };
            let id = entry.id();
            state.interfaces.insert(name, entry);
            Ok(id)
        })
    }

    fn find(&self, name: &str) -> Result<Entry> {
        self.0.get().interfaces.get(name).cloned().ok_or_else(|| missing(name))
    }

    fn set_active(&self, name: &str, active: bool) -> Result<()> {
        self.0.change(|state| {
            let entry = state.interfaces.get_mut(name).ok_or_else(|| missing(name))?;
            if entry.active == active {
                let state = if active { "active already" } else { "not active" };
                return Err(refuse::operation_invalid(format!("interface '{name}' is {state}")));
            }
            entry.active = active;
            Ok(())
        })
    }
}

fn missing(name: &str) -> Error {
    refuse::error(ErrorCode::NoInterface, format!("no interface with matching name '{name}'"))
}

impl InterfaceDriver for TestDriver {
    fn connect_list_all_interfaces(&self, flags: u32) -> Result<Vec<InterfaceId>> {
        let (yes, no) = (abi::VIR_CONNECT_LIST_INTERFACES_ACTIVE, abi::VIR_CONNECT_LIST_INTERFACES_INACTIVE);
        refuse::flags(flags, yes | no, "virConnectListAllInterfaces")?;
        let state = self.host.interfaces.0.get();
        let wanted = |entry: &&Entry| matches(flags, &[(yes, entry.active), (no, !entry.active)]);
        Ok(state.interfaces.values().filter(wanted).map(Entry::id).collect())
    }

    fn interface_lookup_by_name(&self, name: &str) -> Result<InterfaceId> {
        Ok(self.host.interfaces.find(name)?.id())
    }

    fn interface_lookup_by_mac_string(&self, mac: &str) -> Result<InterfaceId> {
        let state = self.host.interfaces.0.get();
        let has_it =
            |entry: &&Entry| entry.definition.mac.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(mac));
        let mut found = state.interfaces.values().filter(has_it);
        match (found.next(), found.next()) {
            (Some(entry), None) => Ok(InterfaceId { mac: mac.into(), ..entry.id() }),
            (Some(_), Some(_)) => {
                let text = format!("more than one interface has the MAC address '{mac}'");
                Err(refuse::error(ErrorCode::MultipleInterfaces, text))
            }
            (None, _) => {
                Err(refuse::error(ErrorCode::NoInterface, format!("no interface with matching mac '{mac}'")))
            }
        }
    }

    fn interface_get_xml_desc(&self, interface: &InterfaceId, flags: u32) -> Result<String> {
        refuse::flags(flags, 0, "virInterfaceGetXMLDesc")?;
        Ok(self.host.interfaces.find(&interface.name)?.definition.to_xml())
    }

    fn interface_define_xml(&self, xml: &str, flags: u32) -> Result<InterfaceId> {
        refuse::flags(flags, abi::VIR_INTERFACE_DEFINE_VALIDATE, "virInterfaceDefineXML")?;
        let strict = flags & abi::VIR_INTERFACE_DEFINE_VALIDATE != 0;
        self.host.interfaces.put(HostInterface::from_xml(xml, strict)?, false)
    }

    fn interface_undefine(&self, interface: &InterfaceId) -> Result<()> {
        self.host.interfaces.0.change(|state| {
            state.interfaces.remove(&interface.name).map(|_| ()).ok_or_else(|| missing(&interface.name))
        })
    }

    fn interface_create(&self, interface: &InterfaceId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virInterfaceCreate")?;
        self.host.interfaces.set_active(&interface.name, true)
    }

    fn interface_destroy(&self, interface: &InterfaceId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virInterfaceDestroy")?;
        self.host.interfaces.set_active(&interface.name, false)
    }

    fn interface_is_active(&self, interface: &InterfaceId) -> Result<bool> {
        Ok(self.host.interfaces.find(&interface.name)?.active)
    }

    fn interface_change_begin(&self, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virInterfaceChangeBegin")?;
        self.host.interfaces.0.change(|state| match &state.before {
            Some(_) => Err(refuse::operation_invalid("a transaction is under way already")),
            None => {
                state.before = Some(state.interfaces.clone());
                Ok(())
            }
        })
    }

    fn interface_change_commit(&self, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virInterfaceChangeCommit")?;
        self.host.interfaces.0.change(|state| state.before.take().map(|_| ()).ok_or_else(no_transaction))
    }

    fn interface_change_rollback(&self, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virInterfaceChangeRollback")?;
        self.host.interfaces.0.change(|state| {
            state.interfaces = state.before.take().ok_or_else(no_transaction)?;
            // What comes back is what was described, not what ran.
            state.interfaces.values_mut().for_each(|interface| interface.active = false);
            Ok(())
        })
    }
}

fn no_transaction() -> Error {
    refuse::operation_invalid("no transaction is under way; begin one first").domain(ErrorDomain::Test)
}
