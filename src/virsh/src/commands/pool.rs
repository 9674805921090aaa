//! Commands about storage pools.

use super::common::{ObjectEvents, Told, autostart, done, from_file, sort_by_name};
use super::network::autostart_cell;
use crate::args::Args;
use crate::command::{Command, Opt, arg, flag, joined, number, text};
use crate::complete;
use crate::edit::{Edit, Edited, edit};
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::table::Table;
use crate::transfer::read_document;
use crate::values::lists::split;
use crate::values::size::pretty_text;
use crate::xml::Writer;
use crate::{find, xml};
use ferrovirt::StoragePool;
use ferrovirt::event::{Event, ObjectEventKind};
use ferrovirt_core::abi::*;
use uuid::Uuid;

/// What a pool is made of where there is no XML.
const AS_ARGUMENTS: &[Opt] = &[
    arg("name", "its name"),
    arg("type", "which kind"),
    flag("print-xml", "only show the XML that would be sent"),
    text("source-host", "host that has the source").also_positional(),
    text("source-path", "path of the source").also_positional(),
    text("source-dev", "device that it lies on").also_positional(),
    text("source-name", "name of the source").also_positional(),
    text("target", "what it is called in the guest").also_positional(),
    text("source-format", "format of the source").also_positional(),
    text("auth-type", "kind of login to the source").also_positional(),
    text("auth-username", "user of the login to the source").also_positional(),
    text("secret-usage", "usage name of the login's secret").also_positional(),
    text("secret-uuid", "UUID of the login's secret").also_positional(),
    text("adapter-name", "SCSI adapter that the pool lies behind").also_positional(),
    text("adapter-wwnn", "node name of the virtual adapter").also_positional(),
    text("adapter-wwpn", "port name of the virtual adapter").also_positional(),
    text("adapter-parent", "SCSI host that the virtual adapter belongs to").also_positional(),
    text("adapter-parent-wwnn", "node name of that SCSI host").also_positional(),
    text("adapter-parent-wwpn", "port name of that SCSI host").also_positional(),
    text("adapter-parent-fabric-wwn", "fabric name of that SCSI host").also_positional(),
    text("source-protocol-ver", "version of the protocol").also_positional(),
    text("source-initiator", "name of the initiator").also_positional(),
];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "find-storage-pool-sources",
        "search, as an XML file says, for what pools could be made of",
        &[
            arg("type", "which kind"),
            text("srcSpec", "file with XML that says where to search")
                .also_positional()
                .completed_by(complete::paths),
        ],
        find_storage_pool_sources,
    )
    .changing(),
    Command::new(
        "find-storage-pool-sources-as",
        "search for what pools could be made of",
        &[
            arg("type", "which kind"),
            text("host", "host that has them").also_positional(),
            text("port", "port on that host").also_positional(),
            text("initiator", "the initiator to search as").also_positional(),
        ],
        find_storage_pool_sources_as,
    )
    .changing(),
    Command::new(
        "pool-autostart",
        "say whether a pool starts with the host",
        &[arg("pool", "its name or UUID").completed_by(complete::pools), flag("disable", "turn off")],
        pool_autostart,
    )
    .changing(),
    Command::new(
        "pool-build",
        "make what a pool needs",
        &[
            arg("pool", "its name or UUID").completed_by(complete::pools),
            flag("no-overwrite", "not over something that is there"),
            flag("overwrite", "over whatever is there"),
        ],
        pool_build,
    )
    .changing(),
    Command::new("pool-capabilities", "show what pools can be", &[], pool_capabilities),
    Command::new(
        "pool-create",
        "start a pool that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("build", "build it first"),
            flag("no-overwrite", "not over something that is there"),
            flag("overwrite", "over whatever is there"),
        ],
        pool_create,
    )
    .changing(),
    Command::new(
        "pool-create-as",
        "start a pool of arguments",
        joined![
            AS_ARGUMENTS,
            &[
                flag("build", "build it first"),
                flag("no-overwrite", "not over something that is there"),
                flag("overwrite", "over whatever is there"),
            ],
        ],
        pool_create_as,
    ),
    Command::new(
        "pool-define",
        "define a pool that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("validate", "check the XML against the schema first"),
        ],
        pool_define,
    )
    .changing(),
    Command::new("pool-define-as", "define a pool of arguments", AS_ARGUMENTS, pool_define_as),
    Command::new(
        "pool-delete",
        "delete what a pool lies on",
        &[arg("pool", "its name or UUID").completed_by(complete::pools)],
        pool_delete,
    )
    .changing(),
    Command::new(
        "pool-destroy",
        "stop a pool; its data stays",
        &[arg("pool", "its name or UUID").completed_by(complete::pools)],
        pool_destroy,
    )
    .changing(),
    Command::new(
        "pool-dumpxml",
        "show a pool as XML",
        &[
            arg("pool", "its name or UUID").completed_by(complete::pools),
            flag("inactive", "as at the next start"),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        pool_dumpxml,
    ),
    Command::new(
        "pool-edit",
        "edit a pool's XML",
        &[arg("pool", "its name or UUID").completed_by(complete::pools)],
        pool_edit,
    )
    .changing(),
    Command::new(
        "pool-event",
        "wait for events of pools",
        &[
            text("pool", "its name or UUID").also_positional().completed_by(complete::pools),
            text("event", "which event").also_positional(),
            flag("loop", "go on until a time is over or Ctrl-C comes"),
            number("timeout", "seconds to wait at most").also_positional(),
            flag("list", "the events there are"),
            flag("timestamp", "with the time of each"),
        ],
        pool_event,
    ),
    Command::new(
        "pool-info",
        "show the basics of a pool",
        &[
            arg("pool", "its name or UUID").completed_by(complete::pools),
            flag("bytes", "the bandwidth is in bytes/s"),
        ],
        pool_info,
    ),
    Command::new(
        "pool-list",
        "list storage pools",
        &[
            flag("inactive", "only inactive pools"),
            flag("all", "inactive pools too"),
            flag("transient", "only those that are gone once they stop"),
            flag("persistent", "only persistent pools"),
            flag("autostart", "those that start with the host"),
            flag("no-autostart", "those that don't start with the host"),
            text("type", "only pools of these kinds, with commas between").also_positional(),
            flag("details", "more about each"),
            flag("uuid", "only UUIDs"),
            flag("name", "only names"),
        ],
        pool_list,
    ),
    Command::new(
        "pool-name",
        "show a pool's name",
        &[arg("pool", "its UUID").completed_by(complete::pools)],
        pool_name,
    ),
    Command::new(
        "pool-refresh",
        "look again at what is in a pool",
        &[arg("pool", "its name or UUID").completed_by(complete::pools)],
        pool_refresh,
    )
    .changing(),
    Command::new(
        "pool-start",
        "start a pool that is defined",
        &[
            arg("pool", "its name or UUID").completed_by(complete::pools),
            flag("build", "build it first"),
            flag("no-overwrite", "not over something that is there"),
            flag("overwrite", "over whatever is there"),
        ],
        pool_start,
    )
    .changing(),
    Command::new(
        "pool-undefine",
        "forget a pool's definition",
        &[arg("pool", "its name or UUID").completed_by(complete::pools)],
        pool_undefine,
    )
    .changing(),
    Command::new(
        "pool-uuid",
        "show a pool's UUID",
        &[arg("pool", "its name").completed_by(complete::pools)],
        pool_uuid,
    ),
];

const CREATE_FLAGS: &[(&str, u32)] = &[
    ("build", VIR_STORAGE_POOL_CREATE_WITH_BUILD),
    ("overwrite", VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE),
    ("no-overwrite", VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE),
];

fn create_flags(args: &Args) -> Outcome<u32> {
    args.exclusive("overwrite", "no-overwrite")?;
    Ok(args.bits(CREATE_FLAGS))
}

fn pool_create(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = create_flags(args)?;
    let failed = "Failed to create pool from";
    let pool = from_file(shell, args, failed, |conn, xml| conn.create_storage_pool(xml, flags))?;
    extra!(shell, "Pool {} created from {}\n", pool.name(), args.need("file")?);
    Ok(())
}

fn pool_define(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_STORAGE_POOL_DEFINE_VALIDATE)]);
    let failed = "Failed to define pool from";
    let pool = from_file(shell, args, failed, |conn, xml| conn.define_storage_pool(xml, flags))?;
    extra!(shell, "Pool {} defined from {}\n", pool.name(), args.need("file")?);
    Ok(())
}

fn pool_create_as(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = create_flags(args)?;
    let text = pool_xml(args)?;
    if args.flag("print-xml") {
        say!(shell, "{text}");
        return Ok(());
    }
    shell.may_change(args)?;
    let name = args.need("name")?;
    let created = shell.connection()?.create_storage_pool(&text, flags).map(drop);
    done(shell, created, || format!("Failed to create pool {name}"), || format!("Pool {name} created"))
}

fn pool_define_as(shell: &mut Shell, args: &Args) -> Outcome {
    let text = pool_xml(args)?;
    if args.flag("print-xml") {
        say!(shell, "{text}");
        return Ok(());
    }
    shell.may_change(args)?;
    let name = args.need("name")?;
    let defined = shell.connection()?.define_storage_pool(&text, 0).map(drop);
    done(shell, defined, || format!("Failed to define pool {name}"), || format!("Pool {name} defined"))
}

fn pool_xml(args: &Args) -> Outcome<String> {
    args.exclusive("secret-usage", "secret-uuid")?;
    let mut xml = Writer::default();
    xml.open("pool", &[("type", Some(args.need("type")?))]);
    xml.text("name", Some(args.need("name")?));
    if args.knows_and_has("uuid") {
        xml.text("uuid", args.text("uuid")?);
    }
    source(&mut xml, args)?;
    if let Some(target) = args.text("target")? {
        xml.open("target", &[]);
        xml.text("path", Some(target));
        xml.close("target");
    }
    xml.close("pool");
    Ok(xml.finish())
}

/// What the pool is made of, if anything is said of that.
fn source(xml: &mut Writer, args: &Args) -> Outcome {
    let text = |name: &str| args.text(name);
    let (wwnn, wwpn) = (text("adapter-wwnn")?, text("adapter-wwpn")?);
    let fibre = wwnn.is_some() && wwpn.is_some();
    let plain =
        ["source-host", "source-path", "source-dev", "source-initiator", "source-format", "source-name"];
    if !fibre && !args.has("adapter-name") && !plain.iter().any(|name| args.has(name)) {
        return Ok(());
    }
    xml.open("source", &[]);
    for (option, element, attribute) in
        [("source-host", "host", "name"), ("source-path", "dir", "path"), ("source-dev", "device", "path")]
    {
        if let Some(value) = text(option)? {
            xml.empty(element, &[(attribute, Some(value))]);
        }
    }
    if let Some(initiator) = text("source-initiator")? {
        xml.open("initiator", &[]);
        xml.empty("iqn", &[("name", Some(initiator))]);
        xml.close("initiator");
    }
    if fibre {
        adapter(xml, args, wwnn, wwpn)?;
    } else if let Some(name) = text("adapter-name")? {
        xml.empty("adapter", &[("type", Some("scsi_host")), ("name", Some(name))]);
    }
    let secret = [("usage", text("secret-usage")?), ("uuid", text("secret-uuid")?)];
    let login = [("type", text("auth-type")?), ("username", text("auth-username")?)];
    let has_secret = secret.iter().any(|(_, value)| value.is_some());
    if has_secret && login.iter().all(|(_, value)| value.is_some()) {
        xml.open("auth", &login);
        xml.empty("secret", &secret);
        xml.close("auth");
    }
    if let Some(format) = text("source-format")? {
        xml.empty("format", &[("type", Some(format))]);
    }
    xml.text("name", text("source-name")?);
    if let Some(version) = text("source-protocol-ver")? {
        xml.empty("protocol", &[("ver", Some(version))]);
    }
    xml.close("source");
    Ok(())
}

/// A virtual adapter: the first way to say its parent counts.
fn adapter(xml: &mut Writer, args: &Args, wwnn: Option<&str>, wwpn: Option<&str>) -> Outcome {
    let parent = args.text("adapter-parent")?;
    let (parent_wwnn, parent_wwpn) = (args.text("adapter-parent-wwnn")?, args.text("adapter-parent-wwpn")?);
    let both = parent.is_none() && parent_wwnn.is_some() && parent_wwpn.is_some();
    let fabric = args.text("adapter-parent-fabric-wwn")?.filter(|_| parent.is_none() && !both);
    xml.empty(
        "adapter",
        &[
            ("type", Some("fc_host")),
            ("parent", parent),
            ("parent_wwnn", parent_wwnn.filter(|_| both)),
            ("parent_wwpn", parent_wwpn.filter(|_| both)),
            ("parent_fabric_wwn", fabric),
            ("wwnn", wwnn),
            ("wwpn", wwpn),
        ],
    );
    Ok(())
}

/// An action on the pool that was named.
fn act(
    shell: &mut Shell,
    args: &Args,
    action: impl FnOnce(&StoragePool) -> ferrovirt::Result<()>,
    failed: &str,
    what: &str,
) -> Outcome {
    let pool = find::pool(shell, args, "pool")?;
    let name = args.need("pool")?;
    let result = action(&pool);
    done(shell, result, || format!("Failed to {failed} pool {name}"), || format!("Pool {name} {what}"))
}

fn pool_build(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[
        ("no-overwrite", VIR_STORAGE_POOL_BUILD_NO_OVERWRITE),
        ("overwrite", VIR_STORAGE_POOL_BUILD_OVERWRITE),
    ]);
    act(shell, args, |pool| pool.build(flags), "build", "built")
}

fn pool_destroy(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, StoragePool::destroy, "destroy", "destroyed")
}

fn pool_delete(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, |pool| pool.delete(0), "delete", "deleted")
}

fn pool_refresh(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, |pool| pool.refresh(0), "refresh", "refreshed")
}

fn pool_start(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = create_flags(args)?;
    act(shell, args, |pool| pool.create(flags), "start", "started")
}

fn pool_undefine(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, StoragePool::undefine, "undefine", "has been undefined")
}

fn pool_autostart(shell: &mut Shell, args: &Args) -> Outcome {
    let pool = find::pool(shell, args, "pool")?;
    autostart(shell, args, "Pool", args.need("pool")?, |on| pool.set_autostart(on))
}

fn pool_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let pool = find::pool(shell, args, "pool")?;
    let xpath = args.text("xpath")?;
    let text = pool.xml_desc(args.bits(&[("inactive", VIR_STORAGE_XML_INACTIVE)]))?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn pool_edit(shell: &mut Shell, args: &Args) -> Outcome {
    let pool = find::pool(shell, args, "pool")?;
    let connection = shell.connection()?;
    let mut defined = pool.name().to_owned();
    let fetch = || Ok(pool.xml_desc(VIR_STORAGE_XML_INACTIVE)?);
    let mut define = |text: &str, _| {
        defined = connection.define_storage_pool(text, 0)?.name().to_owned();
        Ok(())
    };
    match edit(shell, Edited { fetch: &fetch, define: &mut define, can_relax: false })? {
        Edit::Unchanged => extra!(shell, "Pool {} XML configuration not changed.\n", pool.name()),
        Edit::Defined => extra!(shell, "Pool {defined} XML configuration edited.\n"),
    }
    Ok(())
}

const STATES: [&str; 5] = ["inactive", "building", "running", "degraded", "inaccessible"];

fn state_word(state: i32) -> &'static str {
    usize::try_from(state).ok().and_then(|at| STATES.get(at)).unwrap_or(&"unknown")
}

/// Whether the sizes of a pool in this state mean anything.
fn has_sizes(state: i32) -> bool {
    matches!(state as u32, VIR_STORAGE_POOL_RUNNING | VIR_STORAGE_POOL_DEGRADED)
}

fn pool_info(shell: &mut Shell, args: &Args) -> Outcome {
    let pool = find::pool(shell, args, "pool")?;
    let mut fields = vec![("Name:", Cell::from(pool.name())), ("UUID:", pool.uuid().into())];
    let info = pool.info();
    if let Ok(info) = &info {
        fields.push(("State:", state_word(info.state).into()));
        let persistent = pool.is_persistent().map_or_else(|_| Cell::absent("unknown"), Cell::yes_no);
        fields.push(("Persistent:", persistent));
        fields.push(("Autostart:", autostart_cell(pool.autostart())));
        if has_sizes(info.state) {
            let size = |bytes: u64| match args.flag("bytes") {
                true => bytes.into(),
                false => Cell::dressed(pretty_text(bytes), bytes),
            };
            fields.push(("Capacity:", size(info.capacity)));
            fields.push(("Allocation:", size(info.allocation)));
            fields.push(("Available:", size(info.available)));
        }
    }
    shell.out.fields(15, &fields);
    info?;
    Ok(())
}

/// The kinds of pool.
const KINDS: [(&str, u32); 14] = [
    ("dir", VIR_CONNECT_LIST_STORAGE_POOLS_DIR),
    ("fs", VIR_CONNECT_LIST_STORAGE_POOLS_FS),
    ("netfs", VIR_CONNECT_LIST_STORAGE_POOLS_NETFS),
    ("logical", VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL),
    ("disk", VIR_CONNECT_LIST_STORAGE_POOLS_DISK),
    ("iscsi", VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI),
    ("iscsi-direct", VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT),
    ("scsi", VIR_CONNECT_LIST_STORAGE_POOLS_SCSI),
    ("mpath", VIR_CONNECT_LIST_STORAGE_POOLS_MPATH),
    ("rbd", VIR_CONNECT_LIST_STORAGE_POOLS_RBD),
    ("sheepdog", VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG),
    ("gluster", VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER),
    ("zfs", VIR_CONNECT_LIST_STORAGE_POOLS_ZFS),
    ("vstorage", VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE),
];

fn list_flags(args: &Args) -> Outcome<u32> {
    args.exclusive("all", "inactive")?;
    let (active, inactive) = (VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE);
    let mut flags = match (args.flag("all"), args.flag("inactive")) {
        (true, _) => active | inactive,
        (false, true) => inactive,
        (false, false) => active,
    };
    flags |= args.bits(&[
        ("autostart", VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART),
        ("no-autostart", VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART),
        ("persistent", VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT),
        ("transient", VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT),
    ]);
    args.exclusive("details", "uuid")?;
    args.exclusive("details", "name")?;
    for kind in args.text("type")?.map(split).unwrap_or_default() {
        match KINDS.iter().find(|(known, _)| *known == kind) {
            Some((_, flag)) => flags |= flag,
            None => fail!("Invalid pool type '{kind}'"),
        }
    }
    Ok(flags)
}

fn pool_list(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = list_flags(args)?;
    let mut pools = shell.connection()?.list_all_storage_pools(flags).or_say(|| "Failed to list pools")?;
    sort_by_name(&mut pools, |pool| pool.name().to_owned());
    if args.flag("uuid") || args.flag("name") {
        names(shell, args, &pools);
        return Ok(());
    }
    let details = args.flag("details");
    let mut table = if details {
        Table::new(&["Name", "State", "Autostart", "Persistent", "Capacity", "Allocation", "Available"])
    } else {
        Table::new(&["Name", "State", "Autostart"])
    };
    for pool in &pools {
        let mut row = vec![Cell::from(pool.name())];
        let info = pool.info();
        if info.is_err() {
            shell.out.error("Could not retrieve pool information");
        }
        let unknown = || Cell::absent("unknown");
        row.push(match &info {
            Err(_) => unknown(),
            Ok(info) if details => state_word(info.state).into(),
            Ok(_) => (if pool.is_active().unwrap_or(true) { "active" } else { "inactive" }).into(),
        });
        row.push(autostart_cell(pool.autostart()));
        if details {
            row.push(pool.is_persistent().map_or_else(|_| unknown(), Cell::yes_no));
            let sizes = info.as_ref().map(|info| [info.capacity, info.allocation, info.available]);
            match (sizes, info.as_ref().is_ok_and(|info| has_sizes(info.state))) {
                (Err(_), _) => row.extend([unknown(), unknown(), unknown()]),
                (Ok(sizes), true) => row.extend(sizes.map(|bytes| Cell::dressed(pretty_text(bytes), bytes))),
                (Ok(_), false) => row.extend([Cell::none(), Cell::none(), Cell::none()]),
            }
        }
        table.push(row);
    }
    shell.out.table(&table);
    Ok(())
}

fn names(shell: &mut Shell, args: &Args, pools: &[StoragePool]) {
    let mut all = Vec::new();
    for pool in pools {
        let (uuid, name) = (pool.uuid().to_string(), pool.name());
        let shown = match (args.flag("uuid"), args.flag("name")) {
            (true, true) => format!("{uuid:<36} {name}"),
            (true, false) => format!("{uuid:<36}"),
            _ => name.to_owned(),
        };
        say!(shell, "{shown}\n");
        all.push(serde_json::json!({ "uuid": uuid, "name": name }));
    }
    if shell.out.is_json() {
        shell.out.document(format_args!(""), all.into());
    }
}

fn pool_name(shell: &mut Shell, args: &Args) -> Outcome {
    let text = args.need("pool")?;
    let uuid = Uuid::parse_str(text).ok().filter(|_| text.len() == 36);
    let connection = shell.connection()?;
    let Some(pool) = uuid.and_then(|uuid| connection.lookup_storage_pool_by_uuid(uuid).ok()) else {
        fail!("failed to get pool '{text}'")
    };
    shell.out.document(format_args!("{}\n", pool.name()), pool.name().into());
    Ok(())
}

fn pool_uuid(shell: &mut Shell, args: &Args) -> Outcome {
    let name = args.need("pool")?;
    let Ok(pool) = shell.connection()?.lookup_storage_pool_by_name(name) else {
        fail!("failed to get pool '{name}'")
    };
    let uuid = pool.uuid().to_string();
    shell.out.document(format_args!("{uuid}\n"), uuid.as_str().into());
    Ok(())
}

fn pool_capabilities(shell: &mut Shell, _: &Args) -> Outcome {
    let text = shell
        .connection()?
        .storage_pool_capabilities(0)
        .or_say(|| "failed to get storage pool capabilities")?;
    xml::dump(shell, &format!("{text}\n"), None, false)
}

/// Shows what pools of a kind could be made of.
fn show_sources(shell: &mut Shell, args: &Args, source: Option<&str>) -> Outcome {
    let kind = args.need("type")?;
    let found = shell.connection()?.find_storage_pool_sources(kind, source, 0);
    let text = found.or_say(|| format!("Failed to find any {kind} pool sources"))?;
    xml::dump(shell, &text, None, false)
}

fn find_storage_pool_sources(shell: &mut Shell, args: &Args) -> Outcome {
    let source = args.text("srcSpec")?.map(read_document).transpose()?;
    show_sources(shell, args, source.as_deref())
}

fn find_storage_pool_sources_as(shell: &mut Shell, args: &Args) -> Outcome {
    let Some(host) = args.text("host")? else { return show_sources(shell, args, None) };
    let mut xml = Writer::default();
    xml.open("source", &[]);
    xml.empty("host", &[("name", Some(host)), ("port", args.text("port")?)]);
    if let Some(initiator) = args.text("initiator")? {
        xml.open("initiator", &[]);
        xml.empty("iqn", &[("name", Some(initiator))]);
        xml.close("initiator");
    }
    xml.close("source");
    show_sources(shell, args, Some(&xml.finish()))
}

static EVENTS: ObjectEvents = ObjectEvents {
    names: &["lifecycle", "refresh"],
    noun: "storage pool",
    lifecycle: &["Defined", "Undefined", "Started", "Stopped", "Created", "Deleted"],
};

fn pool_event(shell: &mut Shell, args: &Args) -> Outcome {
    let register = |shell: &mut Shell, connection: &ferrovirt::Connection, kind, listener| {
        let pool = args.has("pool").then(|| find::pool(shell, args, "pool")).transpose()?;
        Ok(connection.register_storage_pool_event(pool.as_ref(), kind, listener)?)
    };
    let told = |event: &Event| match event {
        Event::StoragePool { pool, kind } => {
            let details = match kind {
                ObjectEventKind::Lifecycle { event, .. } => Some(EVENTS.lifecycle_word(*event)),
                ObjectEventKind::Changed => None,
            };
            Some(Told { object: pool.name.to_string(), details })
        }
        _ => None,
    };
    EVENTS.wait(shell, args, register, told)
}
