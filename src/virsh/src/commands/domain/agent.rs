//! What the agent inside of a guest does and answers.

use crate::args::Args;
use crate::command::{Command, arg, flag, list, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::find;
use crate::output::extra;
use crate::shell::Shell;
use crate::table::Table;
use crate::transfer::read_document;
use ferrovirt::TypedParams;
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "domdirtyrate-calc",
        "measure how fast a guest writes its memory",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("seconds", "for so long").also_positional(),
            text("mode", "page-sampling, dirty-bitmap or dirty-ring").also_positional(),
        ],
        domdirtyrate_calc,
    )
    .changing(),
    Command::new(
        "dom-fd-associate",
        "hand open files over to a domain",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("name", "name that XML refers to"),
            arg("pass-fds", "numbers of open files to hand over, with commas between"),
            flag("seclabel-writable", "label the files as writable"),
            flag("seclabel-restore", "give the files their old labels back later"),
        ],
        dom_fd_associate,
    )
    .changing(),
    Command::new(
        "domfsfreeze",
        "freeze the guest's file systems",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            list("mountpoint", "mount points; all without").positional(),
        ],
        domfsfreeze,
    )
    .changing(),
    Command::new(
        "domfsinfo",
        "show the guest's mounted file systems",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        domfsinfo,
    )
    .changing(),
    Command::new(
        "domfsthaw",
        "thaw the guest's file systems",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            list("mountpoint", "mount points; all without").positional(),
        ],
        domfsthaw,
    )
    .changing(),
    Command::new(
        "domfstrim",
        "give unused blocks of the guest's file systems back",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            number("minimum", "free runs below this many bytes may stay").also_positional(),
            text("mountpoint", "mount point; all without").also_positional(),
        ],
        domfstrim,
    )
    .changing(),
    Command::new(
        "domhostname",
        "show the guest's host name",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("source", "who is asked: lease or agent").also_positional(),
        ],
        domhostname,
    ),
    Command::new(
        "domlaunchsecinfo",
        "show how a guest's memory is protected",
        &[arg("domain", "its name, number or UUID").completed_by(complete::domains)],
        domlaunchsecinfo,
    ),
    Command::new(
        "domsetlaunchsecstate",
        "put a secret into a protected guest",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("secrethdr", "file with the secret's header"),
            text("secret", "file with the secret"),
            number("set-address", "where in the guest's memory").also_positional(),
        ],
        domsetlaunchsecstate,
    )
    .changing(),
    Command::new(
        "get-user-sshkeys",
        "show the SSH keys that log a user of the guest in",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("user", "the user"),
        ],
        get_user_sshkeys,
    )
    .changing(),
    Command::new(
        "guest-agent-timeout",
        "say how long to wait for the guest agent",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("timeout", "seconds to wait for an answer: -2 without end, -1 the default, 0 not at all"),
        ],
        guest_agent_timeout,
    )
    .changing(),
    Command::new(
        "guestinfo",
        "show what the guest agent knows",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("user", "users that are logged in"),
            flag("os", "operating system"),
            flag("timezone", "time zone"),
            flag("hostname", "host name"),
            flag("filesystem", "file systems"),
            flag("disk", "disks"),
            flag("interface", "network interfaces"),
            flag("load", "load averages"),
        ],
        guestinfo,
    )
    .changing(),
    Command::new(
        "set-user-password",
        "set a password inside of the guest",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("user", "the user"),
            arg("password", "the password"),
            flag("encrypted", "the password is encrypted already"),
        ],
        set_user_password,
    )
    .changing(),
    Command::new(
        "set-user-sshkeys",
        "change the SSH keys that log a user of the guest in",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("user", "the user"),
            text("file", "file with keys, one a line").positional().completed_by(complete::paths),
            flag("reset", "these keys instead of those there are"),
            flag("remove", "take these keys out"),
        ],
        set_user_sshkeys,
    )
    .changing(),
];

fn mount_points(args: &Args) -> Vec<&str> {
    args.list("mountpoint").iter().map(String::as_str).collect()
}

fn domfsfreeze(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let count = domain.fs_freeze(&mount_points(args), 0).or_say(|| "Unable to freeze filesystems")?;
    extra!(shell, "Froze {count} filesystem(s)\n");
    Ok(())
}

fn domfsthaw(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let count = domain.fs_thaw(&mount_points(args), 0).or_say(|| "Unable to thaw filesystems")?;
    extra!(shell, "Thawed {count} filesystem(s)\n");
    Ok(())
}

fn domfstrim(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let minimum = args.number::<u64>("minimum")?.unwrap_or_default();
    domain.fs_trim(args.text("mountpoint")?, minimum, 0).or_say(|| "Unable to invoke fstrim")
}

fn domfsinfo(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let all = domain.fs_info(0).or_say(|| "Unable to get filesystem information")?;
    if all.is_empty() {
        extra!(shell, "No filesystems are mounted in the domain");
        return Ok(());
    }
    let mut table = Table::new(&["Mountpoint", "Name", "Type", "Target"]);
    for fs in all {
        let targets = fs.device_aliases.join(",");
        table.row([fs.mount_point.into(), fs.name.into(), fs.fs_type.into(), targets.into()]);
    }
    shell.out.table(&table);
    Ok(())
}

fn domhostname(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let flags = match args.text("source")? {
        None => 0,
        Some("agent") => VIR_DOMAIN_GET_HOSTNAME_AGENT,
        Some("lease") => VIR_DOMAIN_GET_HOSTNAME_LEASE,
        Some(other) => fail!("Unknown data source '{other}'"),
    };
    let name = domain.hostname(flags).or_say(|| "failed to get hostname")?;
    shell.out.document(format_args!("{name}\n"), name.as_str().into());
    Ok(())
}

fn guest_agent_timeout(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let timeout = args.number::<i32>("timeout")?.unwrap_or(VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK);
    Ok(domain.agent_set_response_timeout(timeout, 0)?)
}

fn guestinfo(shell: &mut Shell, args: &Args) -> Outcome {
    let types = args.bits(&[
        ("user", VIR_DOMAIN_GUEST_INFO_USERS),
        ("os", VIR_DOMAIN_GUEST_INFO_OS),
        ("timezone", VIR_DOMAIN_GUEST_INFO_TIMEZONE),
        ("hostname", VIR_DOMAIN_GUEST_INFO_HOSTNAME),
        ("filesystem", VIR_DOMAIN_GUEST_INFO_FILESYSTEM),
        ("disk", VIR_DOMAIN_GUEST_INFO_DISKS),
        ("interface", VIR_DOMAIN_GUEST_INFO_INTERFACES),
        ("load", VIR_DOMAIN_GUEST_INFO_LOAD),
    ]);
    let info = find::domain(shell, args)?.guest_info(types, 0)?;
    shell.out.params(20, ":", &info);
    Ok(())
}

fn get_user_sshkeys(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let keys = domain.authorized_ssh_keys(args.need("user")?, 0)?;
    let text = keys.concat();
    shell.out.document(format_args!("{text}"), keys.into());
    Ok(())
}

fn set_user_sshkeys(shell: &mut Shell, args: &Args) -> Outcome {
    args.requires("remove", "file")?;
    args.exclusive("reset", "remove")?;
    let domain = find::domain(shell, args)?;
    let (user, file) = (args.need("user")?, args.text("file")?);
    let flags = match (args.flag("remove"), args.flag("reset")) {
        (true, _) => VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE,
        (false, true) => 0,
        (false, false) if file.is_none() => fail!("Option --file is required"),
        (false, false) => VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND,
    };
    let text = file.map(read_document).transpose()?;
    let keys: Option<Vec<&str>> = text.as_ref().map(|text| text.split('\n').collect());
    if keys.as_ref().is_some_and(|keys| *keys == [""]) {
        fail!("File {} contains no keys", file.unwrap_or_default())
    }
    Ok(domain.set_authorized_ssh_keys(user, keys.as_deref(), flags)?)
}

fn set_user_password(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("encrypted", VIR_DOMAIN_PASSWORD_ENCRYPTED)]);
    let (user, password) = (args.need("user")?, args.need("password")?);
    let domain = find::domain(shell, args)?;
    domain.set_user_password(user, password, flags)?;
    extra!(shell, "Password set successfully for {user} in {}", args.need("domain")?);
    Ok(())
}

fn domdirtyrate_calc(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let seconds = args.number::<i32>("seconds")?.unwrap_or(1);
    let flags = match args.text("mode")? {
        None => 0,
        Some("page-sampling") => VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING,
        Some("dirty-bitmap") => VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP,
        Some("dirty-ring") => VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING,
        Some(other) => fail!("Unknown calculation mode '{other}'"),
    };
    domain.start_dirty_rate_calc(seconds, flags)?;
    extra!(shell, "Start to calculate domain's memory dirty rate successfully.\n");
    Ok(())
}

fn domlaunchsecinfo(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let info = domain.launch_security_info(0).or_say(|| "Unable to get launch security parameters")?;
    shell.out.params(15, ":", &info);
    Ok(())
}

fn domsetlaunchsecstate(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let (Some(header), Some(secret)) = (args.text("secrethdr")?, args.text("secret")?) else {
        fail!("Both secret and the secret header are required")
    };
    let mut params = TypedParams::new();
    params.add(VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER, read_document(header)?);
    params.add(VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET, read_document(secret)?);
    if let Some(address) = args.number::<u64>("set-address")? {
        params.add(VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_SET_ADDRESS, address);
    }
    domain.set_launch_security_state(&params, 0).or_say(|| "Unable to set launch security state")
}

fn dom_fd_associate(shell: &mut Shell, args: &Args) -> Outcome {
    use std::os::fd::AsFd;
    let flags = args.bits(&[
        ("seclabel-writable", VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE),
        ("seclabel-restore", VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_RESTORE),
    ]);
    let domain = find::domain(shell, args)?;
    let name = args.need("name")?;
    let files = super::lifecycle::passed_files(args)?;
    let borrowed: Vec<_> = files.iter().map(AsFd::as_fd).collect();
    Ok(domain.fd_associate(name, &borrowed, flags)?)
}
