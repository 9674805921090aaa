//! The commands, group by group.

mod address;
pub mod builtin;
mod checkpoint;
mod common;
mod cpu;
mod describe;
pub mod domain;
pub mod domain_event;
mod events;
pub mod host;
mod interface;
mod moments;
mod network;
mod nodedev;
mod nwfilter;
mod pool;
mod secret;
mod snapshot;
mod volume;

use crate::command::{Command, Group};

pub static GROUPS: &[Group] = &[
    Group {
        title: "Domain Management",
        keyword: "domain",
        tables: &[
            domain::agent::COMMANDS,
            domain::block_job::COMMANDS,
            domain::config::COMMANDS,
            domain::console::COMMANDS,
            domain::container::COMMANDS,
            domain::describe::COMMANDS,
            domain::device::COMMANDS,
            domain::disk::COMMANDS,
            domain::display::COMMANDS,
            domain::interface::COMMANDS,
            domain::iothread::COMMANDS,
            domain::job::COMMANDS,
            domain::lifecycle::COMMANDS,
            domain::migrate::COMMANDS,
            domain::qemu::COMMANDS,
            domain::save::COMMANDS,
            domain::stop::COMMANDS,
            domain::throttle::COMMANDS,
            domain::tune::COMMANDS,
            domain::vcpu::COMMANDS,
        ],
    },
    Group {
        title: "Domain Monitoring",
        keyword: "monitor",
        tables: &[domain::list::COMMANDS, domain::monitor::COMMANDS, domain::statistics::COMMANDS],
    },
    Group {
        title: "Domain Events",
        keyword: "events",
        tables: &[domain_event::COMMANDS, domain::wait::COMMANDS],
    },
    Group { title: "Host and Hypervisor", keyword: "host", tables: &[host::COMMANDS, cpu::COMMANDS] },
    Group { title: "Checkpoint", keyword: "checkpoint", tables: &[checkpoint::COMMANDS] },
    Group { title: "Interface", keyword: "interface", tables: &[interface::COMMANDS] },
    Group { title: "Network Filter", keyword: "filter", tables: &[nwfilter::COMMANDS] },
    Group { title: "Networking", keyword: "network", tables: &[network::COMMANDS] },
    Group { title: "Node Device", keyword: "nodedev", tables: &[nodedev::COMMANDS] },
    Group { title: "Secret", keyword: "secret", tables: &[secret::COMMANDS] },
    Group { title: "Snapshot", keyword: "snapshot", tables: &[snapshot::COMMANDS] },
    Group { title: "Backup", keyword: "backup", tables: &[checkpoint::BACKUP_COMMANDS] },
    Group { title: "Storage Pool", keyword: "pool", tables: &[pool::COMMANDS] },
    Group { title: "Storage Volume", keyword: "volume", tables: &[volume::COMMANDS] },
    Group { title: "Virsh itself", keyword: "virsh", tables: &[builtin::COMMANDS] },
];

/// Old names that still work.
const ALIASES: &[(&str, &str)] = &[("nodedev-dettach", "nodedev-detach")];

/// The command of this name.
pub fn find(name: &str) -> Option<&'static Command> {
    let name = ALIASES.iter().find(|(old, _)| *old == name).map_or(name, |(_, now)| now);
    GROUPS.iter().flat_map(Group::commands).find(|command| command.name == name)
}

/// The group of this title or keyword.
pub fn find_group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.title == name || group.keyword == name)
}
