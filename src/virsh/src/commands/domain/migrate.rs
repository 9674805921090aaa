//! Moving domains to other hosts.

use super::job::watched_with;
use crate::args::Args;
use crate::command::{Command, alias, arg, flag, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::find;
use crate::output::say;
use crate::shell::Shell;
use crate::transfer::read_document;
use crate::values::number::wrapping;
use crate::values::size;
use ferrovirt::event::DomainEventKind;
use ferrovirt::event::Event;
use ferrovirt::{Connection, Domain, Listener, TypedParams};
use ferrovirt_core::abi::*;
use std::sync::Arc;
use std::time::Duration;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "migrate",
        "move a domain to another host",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("desturi", "the destination, as this program or the source host sees it"),
            flag("live", "without stopping it"),
            flag("offline", "only its definition"),
            flag("p2p", "the source host talks to the destination"),
            flag("direct", "the hypervisors settle it between them"),
            alias("tunneled", "tunnelled"),
            flag("tunnelled", "the data goes through the libraries' connection"),
            flag("persistent", "keep it defined at the destination"),
            flag("undefinesource", "undefine it here afterwards"),
            flag("suspend", "leave it paused at the destination"),
            flag("copy-storage-all", "copy the disks too"),
            flag("copy-storage-inc", "copy the disks down to a shared base"),
            flag("copy-storage-synchronous-writes", "writes of the guest wait for the copy"),
            flag("change-protection", "forbid changes to the domain meanwhile"),
            flag("unsafe", "even where disks may be damaged"),
            flag("verbose", "show how far it is"),
            flag("compressed", "compress what is sent"),
            flag("auto-converge", "slow the guest down until the migration keeps up"),
            flag("rdma-pin-all", "keep all memory in place for RDMA"),
            flag("abort-on-error", "give up when the guest meets an I/O error meanwhile"),
            flag("postcopy", "with the option to run at the destination before all is there"),
            flag("postcopy-after-precopy", "switch to post-copy after one round"),
            flag("postcopy-resume", "go on with one that broke off in post-copy"),
            flag("zerocopy", "without copying what is sent"),
            text("migrateuri", "where the data goes, if not where the destination says").also_positional(),
            text("graphicsuri", "where clients of the display go on").also_positional(),
            text("listen-address", "address that the destination listens on").also_positional(),
            text("dname", "name at the destination").also_positional(),
            number("timeout", "seconds until the guest is paused to let the migration end").also_positional(),
            flag("timeout-suspend", "pause the guest when the time is over"),
            flag("timeout-postcopy", "switch to post-copy when the time is over"),
            text("xml", "file with the XML for the destination")
                .also_positional()
                .completed_by(complete::paths),
            text("migrate-disks", "disks to copy, with commas between").also_positional(),
            text("migrate-disks-detect-zeroes", "of these, those where zeroes are skipped"),
            number("disks-port", "port for the copies of disks").also_positional(),
            text("disks-uri", "where the copies of disks go"),
            text("comp-methods", "compression methods, with commas between"),
            number("comp-mt-level", "level of multi-threaded compression"),
            number("comp-mt-threads", "threads that pack at the source"),
            number("comp-mt-dthreads", "threads that unpack at the destination"),
            number("comp-xbzrle-cache", "bytes of cache for xbzrle"),
            number("auto-converge-initial", "how much slower at first, in percent"),
            number("auto-converge-increment", "how much slower each time, in percent"),
            text("persistent-xml", "file with the definition for the destination")
                .completed_by(complete::paths),
            flag("tls", "encrypt the migration"),
            number("postcopy-bandwidth", "most that post-copy may move, in MiB/s"),
            flag("parallel", "over several connections"),
            number("parallel-connections", "how many connections"),
            number("bandwidth", "most that the migration may move, in MiB/s"),
            text("tls-destination", "name in the destination's certificate"),
            number("comp-zlib-level", "level of zlib"),
            number("comp-zstd-level", "level of zstd"),
            number("available-switchover-bandwidth", "bandwidth to reckon with for the last phase, in MiB/s"),
        ],
        migrate,
    )
    .changing(),
    Command::new(
        "migrate-compcache",
        "show or set the size of the migration's cache",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            number("size", "size of the cache (bytes without a unit)"),
        ],
        migrate_compcache,
    ),
    Command::new(
        "migrate-getmaxdowntime",
        "show how long a migration may stop the guest",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        migrate_getmaxdowntime,
    ),
    Command::new(
        "migrate-getspeed",
        "show how fast a migration may be",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("postcopy", "of the post-copy phase"),
        ],
        migrate_getspeed,
    ),
    Command::new(
        "migrate-postcopy",
        "let a guest run at the destination before all is there",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        migrate_postcopy,
    )
    .changing(),
    Command::new(
        "migrate-setmaxdowntime",
        "say how long a migration may stop the guest",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            number("downtime", "milliseconds").required().positional(),
        ],
        migrate_setmaxdowntime,
    )
    .changing(),
    Command::new(
        "migrate-setspeed",
        "say how fast a migration may be",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            number("bandwidth", "most that a migration may move, in MiB/s").required().positional(),
            flag("postcopy", "of the post-copy phase"),
        ],
        migrate_setspeed,
    )
    .changing(),
];

const FLAGS: &[(&str, u32)] = &[
    ("live", VIR_MIGRATE_LIVE),
    ("p2p", VIR_MIGRATE_PEER2PEER),
    ("tunnelled", VIR_MIGRATE_TUNNELLED),
    ("persistent", VIR_MIGRATE_PERSIST_DEST),
    ("undefinesource", VIR_MIGRATE_UNDEFINE_SOURCE),
    ("copy-storage-all", VIR_MIGRATE_NON_SHARED_DISK),
    ("copy-storage-inc", VIR_MIGRATE_NON_SHARED_INC),
    ("copy-storage-synchronous-writes", VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES),
    ("change-protection", VIR_MIGRATE_CHANGE_PROTECTION),
    ("unsafe", VIR_MIGRATE_UNSAFE),
    ("compressed", VIR_MIGRATE_COMPRESSED),
    ("auto-converge", VIR_MIGRATE_AUTO_CONVERGE),
    ("rdma-pin-all", VIR_MIGRATE_RDMA_PIN_ALL),
    ("offline", VIR_MIGRATE_OFFLINE),
    ("abort-on-error", VIR_MIGRATE_ABORT_ON_ERROR),
    ("postcopy", VIR_MIGRATE_POSTCOPY),
    ("postcopy-resume", VIR_MIGRATE_POSTCOPY_RESUME),
    ("zerocopy", VIR_MIGRATE_ZEROCOPY),
    ("tls", VIR_MIGRATE_TLS),
    ("parallel", VIR_MIGRATE_PARALLEL),
    ("suspend", VIR_MIGRATE_PAUSED),
];

const TEXTS: [(&str, &str); 6] = [
    ("migrateuri", VIR_MIGRATE_PARAM_URI),
    ("graphicsuri", VIR_MIGRATE_PARAM_GRAPHICS_URI),
    ("listen-address", VIR_MIGRATE_PARAM_LISTEN_ADDRESS),
    ("disks-uri", VIR_MIGRATE_PARAM_DISKS_URI),
    ("dname", VIR_MIGRATE_PARAM_DEST_NAME),
    ("tls-destination", VIR_MIGRATE_PARAM_TLS_DESTINATION),
];

const INTEGERS: [(&str, &str); 8] = [
    ("comp-mt-level", VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL),
    ("comp-mt-threads", VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS),
    ("comp-mt-dthreads", VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS),
    ("auto-converge-initial", VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL),
    ("auto-converge-increment", VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT),
    ("parallel-connections", VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS),
    ("comp-zlib-level", VIR_MIGRATE_PARAM_COMPRESSION_ZLIB_LEVEL),
    ("comp-zstd-level", VIR_MIGRATE_PARAM_COMPRESSION_ZSTD_LEVEL),
];

const LARGE_NUMBERS: [(&str, &str); 4] = [
    ("comp-xbzrle-cache", VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE),
    ("postcopy-bandwidth", VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY),
    ("bandwidth", VIR_MIGRATE_PARAM_BANDWIDTH),
    ("available-switchover-bandwidth", VIR_MIGRATE_PARAM_BANDWIDTH_AVAIL_SWITCHOVER),
];

/// All that the options say of a migration.
fn parameters(args: &Args, flags: u32) -> Outcome<TypedParams> {
    let copies = flags & (VIR_MIGRATE_NON_SHARED_DISK | VIR_MIGRATE_NON_SHARED_INC) != 0;
    if flags & VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES != 0 && !copies {
        fail!(
            "'--copy-storage-synchronous-writes' requires one of '--copy-storage-all', '--copy-storage-inc'"
        )
    }
    let mut params = TypedParams::new();
    for (option, name) in TEXTS {
        if let Some(text) = args.text(option)? {
            params.add(name, text);
        }
    }
    if let Some(port) = args.number::<i32>("disks-port")?.filter(|port| *port != 0) {
        params.add(VIR_MIGRATE_PARAM_DISKS_PORT, port);
    }
    let disks = [
        ("migrate-disks", VIR_MIGRATE_PARAM_MIGRATE_DISKS),
        ("migrate-disks-detect-zeroes", VIR_MIGRATE_PARAM_MIGRATE_DISKS_DETECT_ZEROES),
    ];
    for (option, name) in disks {
        if let Some(list) = args.text(option)? {
            if !copies {
                fail!("'--{option}' requires one of '--copy-storage-all', '--copy-storage-inc'")
            }
            list.split(',').for_each(|disk| params.add(name, disk));
        }
    }
    if let Some(list) = args.text("comp-methods")? {
        list.split(',').for_each(|method| params.add(VIR_MIGRATE_PARAM_COMPRESSION, method));
    }
    for (option, name) in
        [("xml", VIR_MIGRATE_PARAM_DEST_XML), ("persistent-xml", VIR_MIGRATE_PARAM_PERSIST_XML)]
    {
        if let Some(file) = args.text(option)? {
            params.add(name, read_document(file).or_say(|| format!("cannot read file '{file}'"))?);
        }
    }
    for (option, name) in INTEGERS {
        if let Some(value) = args.number::<i32>(option)? {
            params.add(name, value);
        }
    }
    for (option, name) in LARGE_NUMBERS {
        if let Some(value) = args.number::<u64>(option)? {
            params.add(name, value);
        }
    }
    Ok(params)
}

fn check(args: &Args) -> Outcome {
    args.exclusive("live", "offline")?;
    args.exclusive("timeout-suspend", "timeout-postcopy")?;
    args.exclusive("copy-storage-all", "copy-storage-inc")?;
    for (option, needed) in [
        ("postcopy-after-precopy", "postcopy"),
        ("postcopy-resume", "postcopy"),
        ("timeout-postcopy", "postcopy"),
        ("persistent-xml", "persistent"),
        ("tls-destination", "tls"),
    ] {
        args.requires(option, needed)?;
    }
    Ok(())
}

fn migrate(shell: &mut Shell, args: &Args) -> Outcome {
    check(args)?;
    let domain = find::domain(shell, args)?;
    let timeout = args.number::<u32>("timeout")?.filter(|seconds| *seconds > 0);
    if timeout.is_some() && !args.flag("live") {
        fail!("migrate: Unexpected timeout for offline migration")
    }
    if timeout.is_none() && (args.flag("timeout-suspend") || args.flag("timeout-postcopy")) {
        fail!("migrate: Unexpected --timeout-* option without --timeout")
    }
    let uri = args.need("desturi")?;
    let flags = args.bits(FLAGS);
    let by_source = args.flag("p2p") || args.flag("direct");
    let dest = if by_source { None } else { Some(shell.open_another(uri)?) };
    let params = parameters(args, flags)?;
    let connection = shell.connection()?;
    let _watch = args
        .flag("postcopy-after-precopy")
        .then(|| PostCopyAfterRound::begin(&connection, &domain))
        .transpose()?;
    let late = || {
        // A migration that ends meanwhile needs neither.
        let _ = match args.flag("timeout-postcopy") {
            true => domain.migrate_start_post_copy(0),
            false => domain.suspend(),
        };
    };
    let work = || match &dest {
        Some(dest) => Ok(domain.migrate3(dest, &params, flags).map(drop)?),
        None => Ok(domain.migrate_to_uri3(Some(uri), &params, flags)?),
    };
    let limit = timeout.map(|seconds| Duration::from_secs(seconds.into()));
    watched_with(&domain, "Migration", args.flag("verbose"), limit, late, work)
}

/// Switches to post-copy once all memory was sent once.
struct PostCopyAfterRound<'a> {
    connection: &'a Connection,
    id: i32,
}

impl<'a> PostCopyAfterRound<'a> {
    fn begin(connection: &'a Connection, domain: &Domain) -> Outcome<Self> {
        let moved = domain.clone();
        let switch = move |_: &Connection, event: &Event| {
            if let Event::Domain(event) = event
                && let DomainEventKind::MigrationIteration { iteration: 2 } = event.kind
            {
                // One that has ended meanwhile needs no switch.
                let _ = moved.migrate_start_post_copy(0);
            }
        };
        let listener = Listener { callback: Arc::new(switch), function: None };
        let kind = VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION as i32;
        let id = connection.register_domain_event(Some(domain), kind, listener)?;
        Ok(Self { connection, id })
    }
}

impl Drop for PostCopyAfterRound<'_> {
    fn drop(&mut self) {
        // A connection that is gone has no registrations.
        let _ = self.connection.deregister_event(self.id);
    }
}

fn migrate_setmaxdowntime(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    match args.number::<u64>("downtime")?.unwrap_or_default() {
        0 => fail!("migrate: Invalid downtime"),
        downtime => Ok(domain.migrate_set_max_downtime(downtime, 0)?),
    }
}

fn migrate_getmaxdowntime(shell: &mut Shell, args: &Args) -> Outcome {
    let downtime = find::domain(shell, args)?.migrate_max_downtime(0)?;
    shell.out.document(format_args!("{downtime}\n"), downtime.into());
    Ok(())
}

fn migrate_compcache(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    if let Some(bytes) = args.number::<u64>("size")? {
        shell.may_change(args)?;
        domain.migrate_set_compression_cache(bytes, 0)?;
    }
    let bytes = domain.migrate_compression_cache(0)?;
    let (value, unit) = size::pretty(bytes);
    say!(shell, "Compression cache: {value:.3} {unit}");
    shell.out.member([("compression_cache".to_owned(), bytes.into())]);
    Ok(())
}

const POSTCOPY: &[(&str, u32)] = &[("postcopy", VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY)];

fn migrate_setspeed(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let text = args.need("bandwidth")?;
    let Some(bandwidth) = wrapping(text) else {
        fail!("Numeric value '{text}' for <bandwidth> option is malformed or out of range")
    };
    Ok(domain.migrate_set_max_speed(bandwidth, args.bits(POSTCOPY))?)
}

fn migrate_getspeed(shell: &mut Shell, args: &Args) -> Outcome {
    let speed = find::domain(shell, args)?.migrate_max_speed(args.bits(POSTCOPY))?;
    shell.out.document(format_args!("{speed}\n"), speed.into());
    Ok(())
}

fn migrate_postcopy(shell: &mut Shell, args: &Args) -> Outcome {
    Ok(find::domain(shell, args)?.migrate_start_post_copy(0)?)
}
