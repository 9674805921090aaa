//! Limits of block I/O: of a disk, and of groups of disks.

use super::{affected, xml_of_either};
use crate::args::Args;
use crate::command::{Command, Opt, alias, arg, flag, joined, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome};
use crate::output::extra;
use crate::shell::Shell;
use crate::table::Table;
use crate::{find, xml};
use ferrovirt::TypedParams;
use ferrovirt_core::abi::*;

/// What disks and groups of them can be limited by, and for when.
const LIMIT_OPTIONS: &[Opt] = &[
    alias("total_bytes_sec", "total-bytes-sec"),
    number("total-bytes-sec", "bytes a second"),
    alias("read_bytes_sec", "read-bytes-sec"),
    number("read-bytes-sec", "bytes read a second"),
    alias("write_bytes_sec", "write-bytes-sec"),
    number("write-bytes-sec", "bytes written a second"),
    alias("total_iops_sec", "total-iops-sec"),
    number("total-iops-sec", "operations a second"),
    alias("read_iops_sec", "read-iops-sec"),
    number("read-iops-sec", "reads a second"),
    alias("write_iops_sec", "write-iops-sec"),
    number("write-iops-sec", "writes a second"),
    alias("total_bytes_sec_max", "total-bytes-sec-max"),
    number("total-bytes-sec-max", "bytes a second, at most in a burst"),
    alias("read_bytes_sec_max", "read-bytes-sec-max"),
    number("read-bytes-sec-max", "bytes read a second, at most in a burst"),
    alias("write_bytes_sec_max", "write-bytes-sec-max"),
    number("write-bytes-sec-max", "bytes written a second, at most in a burst"),
    alias("total_iops_sec_max", "total-iops-sec-max"),
    number("total-iops-sec-max", "operations a second, at most in a burst"),
    alias("read_iops_sec_max", "read-iops-sec-max"),
    number("read-iops-sec-max", "reads a second, at most in a burst"),
    alias("write_iops_sec_max", "write-iops-sec-max"),
    number("write-iops-sec-max", "writes a second, at most in a burst"),
    alias("size_iops_sec", "size-iops-sec"),
    number("size-iops-sec", "size of one operation for these limits, in bytes"),
    alias("total_bytes_sec_max_length", "total-bytes-sec-max-length"),
    number("total-bytes-sec-max-length", "seconds that such a burst may last"),
    alias("read_bytes_sec_max_length", "read-bytes-sec-max-length"),
    number("read-bytes-sec-max-length", "seconds that such a burst may last"),
    alias("write_bytes_sec_max_length", "write-bytes-sec-max-length"),
    number("write-bytes-sec-max-length", "seconds that such a burst may last"),
    alias("total_iops_sec_max_length", "total-iops-sec-max-length"),
    number("total-iops-sec-max-length", "seconds that such a burst may last"),
    alias("read_iops_sec_max_length", "read-iops-sec-max-length"),
    number("read-iops-sec-max-length", "seconds that such a burst may last"),
    alias("write_iops_sec_max_length", "write-iops-sec-max-length"),
    number("write-iops-sec-max-length", "seconds that such a burst may last"),
    flag("config", "for the next start"),
    flag("live", "of the running domain"),
    flag("current", "as it is now, running or not"),
];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "blkdeviotune",
        "show or set the I/O limits of a disk",
        joined![
            &[
                arg("domain", "its name, number or UUID").completed_by(complete::domains),
                arg("device", "target or source of the disk").completed_by(complete::disks),
                alias("group_name", "group-name"),
                text("group-name", "name of the group"),
            ],
            LIMIT_OPTIONS,
        ],
        blkdeviotune,
    ),
    Command::new(
        "domthrottlegroupdel",
        "remove a throttle group",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("group-name", "name of the group"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        group_del,
    )
    .changing(),
    Command::new(
        "domthrottlegroupinfo",
        "show a throttle group",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("group-name", "name of the group"),
            flag("inactive", "as at the next start"),
        ],
        group_info,
    ),
    Command::new(
        "domthrottlegrouplist",
        "list the throttle groups of a domain",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("inactive", "as at the next start"),
        ],
        group_list,
    ),
    Command::new(
        "domthrottlegroupset",
        "make or change a throttle group",
        joined![
            &[
                arg("domain", "its name, number or UUID").completed_by(complete::domains),
                arg("group-name", "name of the group"),
            ],
            LIMIT_OPTIONS,
        ],
        group_set,
    )
    .changing(),
];

/// The limits: the option, what the library calls it, and whether it is a size.
const LIMITS: [(&str, &str, bool); 19] = [
    ("total-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC, true),
    ("read-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC, true),
    ("write-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC, true),
    ("total-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX, true),
    ("read-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX, true),
    ("write-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX, true),
    ("total-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC, false),
    ("read-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC, false),
    ("write-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC, false),
    ("total-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX, false),
    ("read-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX, false),
    ("write-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX, false),
    ("size-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_SIZE_IOPS_SEC, false),
    ("total-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX_LENGTH, false),
    ("read-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX_LENGTH, false),
    ("write-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX_LENGTH, false),
    ("total-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX_LENGTH, false),
    ("read-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX_LENGTH, false),
    ("write-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX_LENGTH, false),
];

/// The limits that were given, and the group's name.
fn limits(args: &Args) -> Outcome<TypedParams> {
    let mut params = TypedParams::new();
    for (option, name, is_size) in LIMITS {
        let value = if is_size { args.scaled(option, 1, u64::MAX) } else { args.number(option) };
        if let Some(value) = value.or_say(|| "Unable to parse integer parameter")? {
            params.add(name, value);
        }
    }
    if let Some(group) = args.text("group-name").or_say(|| "Unable to parse group-name parameter")? {
        params.add(VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME, group);
    }
    Ok(params)
}

fn blkdeviotune(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let disk = args.need("device")?;
    let changes = limits(args)?;
    if !changes.is_empty() {
        shell.may_change(args)?;
        return domain
            .set_block_io_tune(disk, &changes, flags)
            .or_say(|| "Unable to change block I/O throttle");
    }
    let values = domain
        .block_io_tune(Some(disk), flags)
        .or_say(|| "Unable to get number of block I/O throttle parameters")?;
    shell.out.params(15, ":", &values);
    Ok(())
}

fn group_set(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let params = limits(args)?;
    domain
        .set_throttle_group(args.need("group-name")?, &params, flags)
        .or_say(|| "Unable to set throttle group")?;
    extra!(shell, "Throttle group set successfully\n");
    Ok(())
}

fn group_del(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    domain.del_throttle_group(args.need("group-name")?, flags)?;
    extra!(shell, "Throttle group deleted successfully\n");
    Ok(())
}

fn group_list(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let text = xml_of_either(&domain, args.flag("inactive"))?;
    let document = xml::parse(&text, "domain description xml")?;
    let mut table = Table::new(&["Name"]);
    for group in xml::all(document.root_element(), "throttlegroups/throttlegroup") {
        table.row([xml::value(group, "group_name").unwrap_or_default().into()]);
    }
    shell.out.table(&table);
    Ok(())
}

fn group_info(shell: &mut Shell, args: &Args) -> Outcome {
    let name = args.need("group-name")?;
    let domain = find::domain(shell, args)?;
    let text = xml_of_either(&domain, args.flag("inactive"))?;
    let document = xml::parse(&text, "domain description xml")?;
    let groups = xml::all(document.root_element(), "throttlegroups/throttlegroup");
    let mut found = TypedParams::new();
    for group in groups.into_iter().filter(|group| xml::value(*group, "group_name").as_deref() == Some(name))
    {
        for (_, field, _) in LIMITS {
            if let Some(value) = xml::value(group, field) {
                found.add(field, value);
            }
        }
    }
    shell.out.params(15, ":", &found);
    Ok(())
}
