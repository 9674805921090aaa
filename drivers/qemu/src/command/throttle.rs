//! Limits for disks: groups that disks share, and filters that put disks into groups.

use super::context::Builder;
use super::props::Props;
use ferrovirt_conf::domain::{Disk, ThrottleGroup};

/// `<throttlegroups>`
pub fn groups(b: &mut Builder<'_>) {
    for group in &b.model().throttle_groups {
        let Some(limits) = limits(group) else { continue };
        let mut props = Props::object("throttle-group", format!("throttle-{}", group.name));
        props.set("limits", limits);
        b.line.object(&props);
    }
}

/// The limits of a group, if it has any. Those for bursts' lengths are there only where they are set.
fn limits(group: &ThrottleGroup) -> Option<Props> {
    let limits = [
        ("bps-total", group.total_bytes_sec),
        ("bps-read", group.read_bytes_sec),
        ("bps-write", group.write_bytes_sec),
        ("iops-total", group.total_iops_sec),
        ("iops-read", group.read_iops_sec),
        ("iops-write", group.write_iops_sec),
        ("bps-total-max", group.total_bytes_sec_max),
        ("bps-read-max", group.read_bytes_sec_max),
        ("bps-write-max", group.write_bytes_sec_max),
        ("iops-total-max", group.total_iops_sec_max),
        ("iops-read-max", group.read_iops_sec_max),
        ("iops-write-max", group.write_iops_sec_max),
        ("iops-size", group.size_iops_sec),
    ];
    let lengths = [
        ("bps-total-max-length", group.total_bytes_sec_max_length),
        ("bps-read-max-length", group.read_bytes_sec_max_length),
        ("bps-write-max-length", group.write_bytes_sec_max_length),
        ("iops-total-max-length", group.total_iops_sec_max_length),
        ("iops-read-max-length", group.read_iops_sec_max_length),
        ("iops-write-max-length", group.write_iops_sec_max_length),
    ];
    let any = limits.iter().chain(&lengths).any(|(_, value)| *value != 0);
    let mut props = Props::new();
    for (name, value) in limits {
        props.set(name, value);
    }
    for (name, value) in lengths {
        props.positive(name, value);
    }
    any.then_some(props)
}

/// The nodes that put a disk into groups, on top of `below`. Their numbers go on where those of the images end.
pub fn filters(b: &mut Builder<'_>, disk: &Disk, below: &str) {
    let mut below = below.to_owned();
    for (at, filter) in disk.throttle_filters.iter().enumerate() {
        let node = node(disk, at);
        let mut props = Props::device("throttle");
        props.set("node-name", node.as_str()).set("throttle-group", format!("throttle-{}", filter.group));
        props.set("file", below);
        b.line.blockdev(&props);
        below = node;
    }
}

fn node(disk: &Disk, at: usize) -> String {
    format!("libvirt-{}-filter", super::blockdev::last_index(disk) as usize + 1 + at)
}

/// The topmost filter.
pub fn top(disk: &Disk) -> Option<String> {
    let last = disk.throttle_filters.len().checked_sub(1)?;
    Some(node(disk, last))
}
