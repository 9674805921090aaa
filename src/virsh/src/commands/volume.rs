//! Commands about storage volumes.

use super::common::{done, from_file, sort_by_name};
use crate::args::Args;
use crate::command::{Command, arg, flag, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::table::Table;
use crate::transfer::{self, SparseFile};
use crate::values::number::wrapping;
use crate::values::size::{pretty_text, scale};
use crate::xml::Writer;
use crate::{find, xml};
use ferrovirt::{ErrorCode, StoragePool, StorageVol};
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "vol-clone",
        "copy a volume",
        &[
            arg("vol", "the volume that is copied: name, key or path").completed_by(complete::volumes),
            arg("newname", "name of the copy"),
            text("pool", "its name or UUID").positional().completed_by(complete::pools),
            flag("prealloc-metadata", "lay out qcow2's tables beforehand"),
            flag("reflink", "share blocks with the source, copy on write"),
            flag("print-xml", "only show the XML that would be sent"),
        ],
        vol_clone,
    )
    .changing(),
    Command::new(
        "vol-create",
        "make a volume that an XML file describes",
        &[
            arg("pool", "its name or UUID").completed_by(complete::pools),
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("prealloc-metadata", "lay out qcow2's tables beforehand"),
            flag("validate", "check the XML against the schema first"),
        ],
        vol_create,
    )
    .changing(),
    Command::new(
        "vol-create-as",
        "make a volume of arguments",
        &[
            arg("pool", "its name or UUID").completed_by(complete::pools),
            arg("name", "its name"),
            arg("capacity", "its size (a number with a unit; bytes without)"),
            text("allocation", "how much to set aside at once (a number with a unit; bytes without)")
                .also_positional(),
            text("format", "format of the volume").also_positional(),
            text("backing-vol", "volume that holds what this one does not").also_positional(),
            text("backing-vol-format", "format of that volume").also_positional(),
            flag("prealloc-metadata", "lay out qcow2's tables beforehand"),
            flag("print-xml", "only show the XML that would be sent"),
        ],
        vol_create_as,
    ),
    Command::new(
        "vol-create-from",
        "make a volume with another one's content",
        &[
            arg("pool", "its name or UUID").completed_by(complete::pools),
            arg("file", "file with its XML").completed_by(complete::paths),
            arg("vol", "the volume that is copied: name, key or path").completed_by(complete::volumes),
            text("inputpool", "pool of the volume that is copied")
                .also_positional()
                .completed_by(complete::pools),
            flag("prealloc-metadata", "lay out qcow2's tables beforehand"),
            flag("reflink", "share blocks with the source, copy on write"),
            flag("validate", "check the XML against the schema first"),
        ],
        vol_create_from,
    )
    .changing(),
    Command::new(
        "vol-delete",
        "delete a volume",
        &[
            arg("vol", "its name, key or path").completed_by(complete::volumes),
            text("pool", "its name or UUID").positional().completed_by(complete::pools),
            flag("delete-snapshots", "its snapshots too"),
        ],
        vol_delete,
    )
    .changing(),
    Command::new(
        "vol-download",
        "copy a volume's content to a file",
        &[
            arg("vol", "its name, key or path").completed_by(complete::volumes),
            arg("file", "file to download to").completed_by(complete::paths),
            text("pool", "its name or UUID").positional().completed_by(complete::pools),
            number("offset", "where to begin, in bytes").also_positional(),
            number("length", "how much, in bytes").also_positional(),
            flag("sparse", "with its holes"),
        ],
        vol_download,
    )
    .changing(),
    Command::new(
        "vol-dumpxml",
        "show a volume as XML",
        &[
            arg("vol", "its name, key or path").completed_by(complete::volumes),
            text("pool", "its name or UUID").positional().completed_by(complete::pools),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        vol_dumpxml,
    ),
    Command::new(
        "vol-info",
        "show the basics of a volume",
        &[
            arg("vol", "its name, key or path").completed_by(complete::volumes),
            text("pool", "its name or UUID").positional().completed_by(complete::pools),
            flag("bytes", "sizes in bytes"),
            flag("physical", "what it takes on the host"),
        ],
        vol_info,
    ),
    Command::new(
        "vol-key",
        "show a volume's key",
        &[
            arg("vol", "its name or path").completed_by(complete::volumes),
            text("pool", "its pool's name or UUID").positional().completed_by(complete::pools),
        ],
        vol_key,
    ),
    Command::new(
        "vol-list",
        "list a pool's volumes",
        &[arg("pool", "its name or UUID").completed_by(complete::pools), flag("details", "more about each")],
        vol_list,
    ),
    Command::new("vol-name", "show a volume's name", &[arg("vol", "its key or path")], vol_name),
    Command::new(
        "vol-path",
        "show a volume's path",
        &[
            arg("vol", "its name or key").completed_by(complete::volumes),
            text("pool", "its pool's name or UUID").positional().completed_by(complete::pools),
        ],
        vol_path,
    ),
    Command::new(
        "vol-pool",
        "show the pool of a volume",
        &[arg("vol", "its key or path"), flag("uuid", "only UUIDs")],
        vol_pool,
    ),
    Command::new(
        "vol-resize",
        "change the size of a volume",
        &[
            arg("vol", "its name, key or path").completed_by(complete::volumes),
            arg("capacity", "its size (a number with a unit; bytes without)"),
            text("pool", "its name or UUID").positional().completed_by(complete::pools),
            flag("allocate", "set the new space aside at once"),
            flag("delta", "the size is how much to add"),
            flag("shrink", "to a smaller size"),
        ],
        vol_resize,
    )
    .changing(),
    Command::new(
        "vol-upload",
        "copy a file's content to a volume",
        &[
            arg("vol", "its name, key or path").completed_by(complete::volumes),
            arg("file", "file to upload").completed_by(complete::paths),
            text("pool", "its name or UUID").positional().completed_by(complete::pools),
            number("offset", "where to begin, in bytes").also_positional(),
            number("length", "how much, in bytes").also_positional(),
            flag("sparse", "with its holes"),
        ],
        vol_upload,
    )
    .changing(),
    Command::new(
        "vol-wipe",
        "overwrite a volume",
        &[
            arg("vol", "its name, key or path").completed_by(complete::volumes),
            text("pool", "its name or UUID").positional().completed_by(complete::pools),
            text("algorithm", "how to overwrite it").also_positional(),
        ],
        vol_wipe,
    )
    .changing(),
];

/// The volume that was named, in its pool or anywhere.
fn volume(shell: &Shell, args: &Args) -> Outcome<StorageVol> {
    find::volume(shell, args, Some("pool"))
}

/// A size in bytes.
fn bytes(text: &str) -> Outcome<u64> {
    match scale(text, 1, u64::MAX) {
        Ok(bytes) => Ok(bytes),
        Err(cause) => Err(crate::failure::Failure { lines: vec![format!("Malformed size {text}")], cause }),
    }
}

const CREATE_FLAGS: &[(&str, u32)] = &[("prealloc-metadata", VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA)];
const VALIDATE: &[(&str, u32)] = &[("validate", VIR_STORAGE_VOL_CREATE_VALIDATE)];
const REFLINK: &[(&str, u32)] = &[("reflink", VIR_STORAGE_VOL_CREATE_REFLINK)];

fn vol_create_as(shell: &mut Shell, args: &Args) -> Outcome {
    let pool = find::pool(shell, args, "pool")?;
    let name = args.need("name")?;
    let capacity = bytes(args.need("capacity")?)?;
    let allocation = args.raw("allocation").filter(|text| !text.is_empty()).map(bytes).transpose()?;
    let mut xml = Writer::default();
    xml.open("volume", &[]);
    xml.text("name", Some(name));
    xml.text("capacity", Some(&capacity.to_string()));
    xml.text("allocation", allocation.map(|size| size.to_string()).as_deref());
    if let Some(format) = args.text("format")? {
        xml.open("target", &[]);
        xml.empty("format", &[("type", Some(format))]);
        xml.close("target");
    }
    if let Some(backing) = args.text("backing-vol")? {
        let path = backing_volume(shell, &pool, backing)?.path()?;
        xml.open("backingStore", &[]);
        xml.text("path", Some(&path));
        if let Some(format) = args.text("backing-vol-format")? {
            xml.empty("format", &[("type", Some(format))]);
        }
        xml.close("backingStore");
    }
    xml.close("volume");
    let text = xml.finish();
    if args.flag("print-xml") {
        say!(shell, "{text}");
        return Ok(());
    }
    shell.may_change(args)?;
    let created = pool.create_volume(&text, args.bits(CREATE_FLAGS)).map(drop);
    done(shell, created, || format!("Failed to create vol {name}"), || format!("Vol {name} created"))
}

/// A volume by its name in the pool, or by key or path.
fn backing_volume(shell: &Shell, pool: &StoragePool, name: &str) -> Outcome<StorageVol> {
    let connection = shell.connection()?;
    let found = pool
        .lookup_volume_by_name(name)
        .or_else(|_| connection.lookup_storage_vol_by_key(name))
        .or_else(|_| connection.lookup_storage_vol_by_path(name));
    found.or_say(|| format!("failed to get vol '{name}'"))
}

fn vol_create(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(CREATE_FLAGS) | args.bits(VALIDATE);
    let pool = find::pool(shell, args, "pool")?;
    let failed = "Failed to create vol from";
    let volume = from_file(shell, args, failed, |_, xml| pool.create_volume(xml, flags))?;
    extra!(shell, "Vol {} created from {}\n", volume.name(), args.need("file")?);
    Ok(())
}

fn vol_create_from(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(CREATE_FLAGS) | args.bits(VALIDATE) | args.bits(REFLINK);
    let pool = find::pool(shell, args, "pool")?;
    let source = find::volume(shell, args, Some("inputpool"))?;
    let failed = "Failed to create vol from";
    let volume = from_file(shell, args, failed, |_, xml| pool.create_volume_from(xml, &source, flags))?;
    extra!(shell, "Vol {} created from input vol {}\n", volume.name(), source.name());
    Ok(())
}

fn vol_clone(shell: &mut Shell, args: &Args) -> Outcome {
    let source = volume(shell, args)?;
    let flags = args.bits(CREATE_FLAGS) | args.bits(REFLINK);
    let pool = source.pool().or_say(|| "failed to get parent pool")?;
    let name = args.need("newname")?;
    let text = renamed(&source.xml_desc(0)?, name)?;
    if args.flag("print-xml") {
        say!(shell, "{text}");
        return Ok(());
    }
    let clone = pool
        .create_volume_from(&text, &source, flags)
        .or_say(|| format!("Failed to clone vol from {}", source.name()))?;
    extra!(shell, "Vol {} cloned from {}\n", clone.name(), source.name());
    Ok(())
}

/// A volume's XML with another name.
fn renamed(text: &str, name: &str) -> Outcome<String> {
    let document = xml::parse(text, "the volume's description")?;
    let Some(old) = xml::first(document.root_element(), "name") else {
        fail!("the volume's description has no name")
    };
    let range = old.range();
    let new = format!("{}<name>{}</name>{}", &text[..range.start], xml::escape(name), &text[range.end..]);
    let document = xml::parse(&new, "the volume's description")?;
    Ok(xml::as_it_is(document.root_element()))
}

fn vol_delete(shell: &mut Shell, args: &Args) -> Outcome {
    let volume = volume(shell, args)?;
    let name = args.need("vol")?;
    let flags = args.bits(&[("delete-snapshots", VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS)]);
    let failed = || format!("Failed to delete vol {name}");
    done(shell, volume.delete(flags), failed, || format!("Vol {name} deleted"))
}

const ALGORITHMS: [&str; 10] =
    ["zero", "nnsa", "dod", "bsi", "gutmann", "schneier", "pfitzner7", "pfitzner33", "random", "trim"];

fn vol_wipe(shell: &mut Shell, args: &Args) -> Outcome {
    let volume = volume(shell, args)?;
    let name = args.need("vol")?;
    let algorithm = args.text("algorithm")?.unwrap_or(ALGORITHMS[0]);
    let Some(number) = ALGORITHMS.iter().position(|known| *known == algorithm) else {
        fail!("Unsupported algorithm '{algorithm}'")
    };
    let wiped = match volume.wipe_pattern(number as u32, 0) {
        Err(err) if err.code() == ErrorCode::NoSupport && number == 0 => volume.wipe(0),
        wiped => wiped,
    };
    done(shell, wiped, || format!("Failed to wipe vol {name}"), || format!("Vol {name} wiped"))
}

/// Where a transfer begins and how long it is; 0 is all there is.
fn part(args: &Args) -> Outcome<(u64, u64)> {
    let offset = args.number::<u64>("offset")?.unwrap_or_default();
    let length = match args.raw("length") {
        None => 0,
        Some(text) => match wrapping(text) {
            Some(length) => length,
            None => fail!("Numeric value '{text}' for <length> option is malformed or out of range"),
        },
    };
    Ok((offset, length))
}

fn vol_upload(shell: &mut Shell, args: &Args) -> Outcome {
    let (offset, length) = part(args)?;
    let volume = volume(shell, args)?;
    let (name, path) = (args.need("vol")?, args.need("file")?);
    let Ok(mut file) = std::fs::File::open(path) else { fail!("cannot read {path}") };
    let flags = args.bits(&[("sparse", VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM)]);
    let stream = shell.connection()?.new_stream(0).or_say(|| "cannot create a new stream")?;
    volume.upload(&stream, offset, length, flags).or_say(|| format!("cannot upload to volume {name}"))?;
    let sent = match args.flag("sparse") {
        true => stream.sparse_send_all(&mut SparseFile(file)),
        false => transfer::send(&stream, &mut file),
    };
    sent.or_say(|| format!("cannot send data to volume {name}"))?;
    stream.finish().or_say(|| format!("cannot close volume {name}"))
}

fn vol_download(shell: &mut Shell, args: &Args) -> Outcome {
    let (offset, length) = part(args)?;
    let volume = volume(shell, args)?;
    let path = args.need("file")?;
    let existed = std::path::Path::new(path).exists();
    let outcome = download(shell, args, &volume, offset, length);
    if outcome.is_err() && !existed {
        // Half a file is worse than none.
        let _ = std::fs::remove_file(path);
    }
    outcome
}

fn download(shell: &mut Shell, args: &Args, volume: &StorageVol, offset: u64, length: u64) -> Outcome {
    let (name, path) = (args.need("vol")?, args.need("file")?);
    let Ok(file) = transfer::create(path) else { fail!("cannot create {path}") };
    let flags = args.bits(&[("sparse", VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM)]);
    let stream = shell.connection()?.new_stream(0).or_say(|| "cannot create a new stream")?;
    volume
        .download(&stream, offset, length, flags)
        .or_say(|| format!("cannot download from volume {name}"))?;
    stream
        .sparse_recv_all(&mut SparseFile(file))
        .or_say(|| format!("cannot receive data from volume {name}"))?;
    stream.finish().or_say(|| format!("cannot close volume {name}"))
}

const KINDS: [&str; 6] = ["file", "block", "dir", "network", "netdir", "ploop"];

fn kind_word(kind: i32) -> &'static str {
    usize::try_from(kind).ok().and_then(|at| KINDS.get(at)).unwrap_or(&"unknown")
}

fn vol_info(shell: &mut Shell, args: &Args) -> Outcome {
    let volume = volume(shell, args)?;
    let mut fields = vec![("Name:", Cell::from(volume.name()))];
    // Not every driver that knows the call without flags knows the one with them.
    let info = match args.bits(&[("physical", VIR_STORAGE_VOL_GET_PHYSICAL)]) {
        0 => volume.info(),
        flags => volume.info_flags(flags),
    };
    if let Ok(info) = &info {
        let size = |bytes: u64| {
            let text = if args.flag("bytes") { format!("{bytes} bytes") } else { pretty_text(bytes) };
            Cell::dressed(text, bytes)
        };
        fields.push(("Type:", kind_word(info.kind).into()));
        fields.push(("Capacity:", size(info.capacity)));
        let label = if args.flag("physical") { "Physical:" } else { "Allocation:" };
        fields.push((label, size(info.allocation)));
    }
    shell.out.fields(15, &fields);
    info?;
    Ok(())
}

fn vol_resize(shell: &mut Shell, args: &Args) -> Outcome {
    let volume = volume(shell, args)?;
    let text = args.need("capacity")?.trim_start();
    let shrinks_by = text.strip_prefix('-');
    if shrinks_by.is_some() && !args.flag("shrink") {
        fail!("negative size requires --shrink")
    }
    let delta = args.flag("delta") || shrinks_by.is_some();
    let text = shrinks_by.unwrap_or(text);
    let mut flags = args
        .bits(&[("allocate", VIR_STORAGE_VOL_RESIZE_ALLOCATE), ("shrink", VIR_STORAGE_VOL_RESIZE_SHRINK)]);
    if delta {
        flags |= VIR_STORAGE_VOL_RESIZE_DELTA;
    }
    let capacity = bytes(text)?;
    let how = if delta { "by" } else { "to" };
    let name = volume.name();
    done(
        shell,
        volume.resize(capacity, flags),
        || format!("Failed to change size of volume '{name}' {how} {text}"),
        || format!("Size of volume '{name}' successfully changed {how} {text}"),
    )
}

fn vol_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let volume = volume(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = volume.xml_desc(0)?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn vol_list(shell: &mut Shell, args: &Args) -> Outcome {
    let pool = find::pool(shell, args, "pool")?;
    let mut volumes = pool.list_all_volumes(0).or_say(|| "Failed to list volumes")?;
    sort_by_name(&mut volumes, |volume| volume.name().to_owned());
    let details = args.flag("details");
    let mut table = if details {
        Table::new(&["Name", "Path", "Type", "Capacity", "Allocation"])
    } else {
        Table::new(&["Name", "Path"])
    };
    let unknown = || Cell::absent("unknown");
    for volume in &volumes {
        let path = volume.path().map_or_else(|_| unknown(), Cell::from);
        let mut row = vec![Cell::from(volume.name()), path];
        match volume.info() {
            _ if !details => {}
            Ok(info) => {
                row.push(kind_word(info.kind).into());
                row.push(Cell::dressed(pretty_text(info.capacity), info.capacity));
                row.push(Cell::dressed(pretty_text(info.allocation), info.allocation));
            }
            Err(_) => row.extend([unknown(), unknown(), unknown()]),
        }
        table.push(row);
    }
    shell.out.table(&table);
    Ok(())
}

/// A single word about a volume.
fn word(shell: &mut Shell, text: &str) -> Outcome {
    shell.out.document(format_args!("{text}\n"), text.into());
    Ok(())
}

fn vol_name(shell: &mut Shell, args: &Args) -> Outcome {
    let volume = find::volume(shell, args, None)?;
    word(shell, volume.name())
}

fn vol_pool(shell: &mut Shell, args: &Args) -> Outcome {
    let pool = find::volume(shell, args, None)?.pool().or_say(|| "failed to get parent pool")?;
    match args.flag("uuid") {
        true => word(shell, &pool.uuid().to_string()),
        false => word(shell, pool.name()),
    }
}

fn vol_key(shell: &mut Shell, args: &Args) -> Outcome {
    let volume = volume(shell, args)?;
    word(shell, volume.key())
}

fn vol_path(shell: &mut Shell, args: &Args) -> Outcome {
    let path = volume(shell, args)?.path()?;
    word(shell, &path)
}
