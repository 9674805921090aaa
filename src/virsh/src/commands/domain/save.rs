//! A domain's state in a file: saved, restored, dumped, and its XML changed.

use super::job::watched;
use crate::args::Args;
use crate::command::{Command, arg, flag, number, text};
use crate::complete;
use crate::edit::{Edit, Edited, edit};
use crate::failure::{OrSay, Outcome, fail};
use crate::output::extra;
use crate::shell::Shell;
use crate::transfer::read_document;
use crate::{find, xml};
use ferrovirt::TypedParams;
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "dump",
        "write a domain's memory to a file",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("file", "file to dump to"),
            flag("live", "without stopping it"),
            flag("crash", "let the domain crash afterwards"),
            flag("bypass-cache", "keep the file out of the host's page cache"),
            flag("reset", "reset it afterwards"),
            flag("verbose", "show how far it is"),
            flag("memory-only", "only memory, without the devices"),
            text("format", "format of the dump").also_positional(),
        ],
        dump,
    )
    .changing(),
    Command::new(
        "managedsave",
        "stop a domain and keep its state for the next start",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("bypass-cache", "keep the file out of the host's page cache"),
            flag("running", "it will run after the next start"),
            flag("paused", "it will be paused after the next start"),
            flag("verbose", "show how far it is"),
        ],
        managedsave,
    )
    .changing(),
    Command::new(
        "managedsave-define",
        "replace the XML of the state that was kept",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("xml", "file with its XML").completed_by(complete::paths),
            flag("running", "running afterwards"),
            flag("paused", "stopped at first"),
        ],
        managedsave_define,
    )
    .changing(),
    Command::new(
        "managedsave-dumpxml",
        "show the XML of the state that was kept",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("security-info", "with passwords and the like"),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        managedsave_dumpxml,
    ),
    Command::new(
        "managedsave-edit",
        "edit the XML of the state that was kept",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("running", "running afterwards"),
            flag("paused", "stopped at first"),
        ],
        managedsave_edit,
    )
    .changing(),
    Command::new(
        "managedsave-remove",
        "forget the state that was kept",
        &[arg("domain", "its name, number or UUID").completed_by(complete::domains)],
        managedsave_remove,
    )
    .changing(),
    Command::new(
        "restore",
        "start a domain from a saved state",
        &[
            arg("file", "file with the state"),
            flag("bypass-cache", "keep the file out of the host's page cache"),
            number("parallel-channels", "how many channels at once"),
            text("xml", "file with its XML").also_positional().completed_by(complete::paths),
            flag("running", "running afterwards"),
            flag("paused", "stopped at first"),
            flag("reset-nvram", "firmware variables from the template"),
        ],
        restore,
    )
    .changing(),
    Command::new(
        "save",
        "stop a domain and save its state in a file",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("file", "file to save to"),
            flag("bypass-cache", "keep the file out of the host's page cache"),
            number("parallel-channels", "how many channels at once"),
            text("image-format", "compression of the image"),
            text("xml", "file with its XML").also_positional().completed_by(complete::paths),
            flag("running", "running afterwards"),
            flag("paused", "stopped at first"),
            flag("verbose", "show how far it is"),
        ],
        save,
    )
    .changing(),
    Command::new(
        "save-image-define",
        "replace the XML of a saved state",
        &[
            arg("file", "file with the state"),
            arg("xml", "file with its XML").completed_by(complete::paths),
            flag("running", "running afterwards"),
            flag("paused", "stopped at first"),
        ],
        save_image_define,
    )
    .changing(),
    Command::new(
        "save-image-dumpxml",
        "show the XML of a saved state",
        &[
            arg("file", "file with the state"),
            flag("security-info", "with passwords and the like"),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        save_image_dumpxml,
    )
    .changing(),
    Command::new(
        "save-image-edit",
        "edit the XML of a saved state",
        &[
            arg("file", "file with the state"),
            flag("running", "running afterwards"),
            flag("paused", "stopped at first"),
        ],
        save_image_edit,
    )
    .changing(),
];

const STATES: &[(&str, u32)] = &[("running", VIR_DOMAIN_SAVE_RUNNING), ("paused", VIR_DOMAIN_SAVE_PAUSED)];

const BYPASS: &[(&str, u32)] = &[("bypass-cache", VIR_DOMAIN_SAVE_BYPASS_CACHE)];

fn save(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let (name, file) = (args.need("domain")?, args.need("file")?);
    let flags = args.bits(STATES) | args.bits(BYPASS);
    let mut params = TypedParams::new();
    if let Some(channels) = args.number::<i32>("parallel-channels")? {
        params.add(VIR_DOMAIN_SAVE_PARAM_PARALLEL_CHANNELS, channels);
    }
    if let Some(format) = args.text("image-format")? {
        params.add(VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT, format);
    }
    let text = args.text("xml")?.map(read_document).transpose()?;
    let work = || {
        let saved = if params.is_empty() {
            domain.save(file, text.as_deref(), flags)
        } else {
            let mut params = params.clone();
            params.add(VIR_DOMAIN_SAVE_PARAM_FILE, file);
            if let Some(text) = &text {
                params.add(VIR_DOMAIN_SAVE_PARAM_DXML, text.as_str());
            }
            domain.save_params(&params, flags)
        };
        saved.or_say(|| format!("Failed to save domain '{name}' to {file}"))
    };
    watched(&domain, "Save", args.flag("verbose"), work)?;
    extra!(shell, "\nDomain '{name}' saved to {file}\n");
    Ok(())
}

fn restore(shell: &mut Shell, args: &Args) -> Outcome {
    let flags =
        args.bits(STATES) | args.bits(BYPASS) | args.bits(&[("reset-nvram", VIR_DOMAIN_SAVE_RESET_NVRAM)]);
    let file = args.need("file")?;
    let text = args.text("xml")?.map(read_document).transpose()?;
    let connection = shell.connection()?;
    let restored = match args.number::<i32>("parallel-channels")? {
        Some(channels) => {
            let mut params = TypedParams::new();
            params.add(VIR_DOMAIN_SAVE_PARAM_PARALLEL_CHANNELS, channels);
            params.add(VIR_DOMAIN_SAVE_PARAM_FILE, file);
            if let Some(text) = text {
                params.add(VIR_DOMAIN_SAVE_PARAM_DXML, text);
            }
            connection.restore_domain_params(&params, flags)
        }
        None => connection.restore_domain(file, text.as_deref(), flags),
    };
    restored.or_say(|| format!("Failed to restore domain from {file}"))?;
    extra!(shell, "Domain restored from {file}\n");
    Ok(())
}

fn managedsave(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let name = args.need("domain")?;
    let flags = args.bits(STATES) | args.bits(BYPASS);
    let work = || domain.managed_save(flags).or_say(|| format!("Failed to save domain '{name}' state"));
    watched(&domain, "Managedsave", args.flag("verbose"), work)?;
    extra!(shell, "\nDomain '{name}' state saved by libvirt\n");
    Ok(())
}

fn managedsave_remove(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let name = args.need("domain")?;
    let saved =
        domain.has_managed_save_image(0).or_say(|| "Failed to check for domain managed save image")?;
    if !saved {
        extra!(shell, "Domain '{name}' has no manage save image; removal skipped");
        return Ok(());
    }
    domain
        .managed_save_remove(0)
        .or_say(|| format!("Failed to remove managed save image for domain '{name}'"))?;
    extra!(shell, "Removed managedsave image for domain '{name}'");
    Ok(())
}

const SECURE: &[(&str, u32)] = &[("security-info", VIR_DOMAIN_XML_SECURE)];

fn managedsave_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = domain.managed_save_xml_desc(args.bits(SECURE))?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn managedsave_define(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("running", "paused")?;
    let text = read_document(args.need("xml")?)?;
    let domain = find::domain(shell, args)?;
    domain
        .managed_save_define_xml(Some(&text), args.bits(STATES))
        .or_say(|| format!("Failed to update {} XML configuration", domain.name()))?;
    extra!(shell, "Managed save state file of domain '{}' updated.\n", domain.name());
    Ok(())
}

fn managedsave_edit(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("running", "paused")?;
    let flags = args.bits(STATES);
    let domain = find::domain(shell, args)?;
    let fetch = || Ok(domain.managed_save_xml_desc(VIR_DOMAIN_XML_SECURE)?);
    let mut define = |text: &str, _| Ok(domain.managed_save_define_xml(Some(text), flags)?);
    let edited = Edited { fetch: &fetch, define: &mut define, can_relax: false };
    let name = domain.name();
    match edit(shell, edited)? {
        Edit::Unchanged => {
            extra!(shell, "Managed save image of domain '{name}' XML configuration not changed.\n");
        }
        Edit::Defined => extra!(shell, "Managed save image of Domain '{name}' XML configuration edited.\n"),
    }
    Ok(())
}

fn save_image_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let (file, xpath) = (args.need("file")?, args.text("xpath")?);
    let text = shell.connection()?.save_image_xml_desc(file, args.bits(SECURE))?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn save_image_define(shell: &mut Shell, args: &Args) -> Outcome {
    let file = args.need("file")?;
    let text = read_document(args.need("xml")?)?;
    shell
        .connection()?
        .save_image_define_xml(file, &text, args.bits(STATES))
        .or_say(|| format!("Failed to update {file}"))?;
    extra!(shell, "State file {file} updated.\n");
    Ok(())
}

fn save_image_edit(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("running", "paused")?;
    let (file, flags) = (args.need("file")?, args.bits(STATES));
    let connection = shell.connection()?;
    let fetch = || Ok(connection.save_image_xml_desc(file, VIR_DOMAIN_XML_SECURE)?);
    let mut define = |text: &str, _| Ok(connection.save_image_define_xml(file, text, flags)?);
    let edited = Edited { fetch: &fetch, define: &mut define, can_relax: false };
    match edit(shell, edited)? {
        Edit::Unchanged => extra!(shell, "Saved image {file} XML configuration not changed.\n"),
        Edit::Defined => extra!(shell, "State file {file} edited.\n"),
    }
    Ok(())
}

const DUMP_FORMATS: [(&str, u32); 5] = [
    ("elf", VIR_DOMAIN_CORE_DUMP_FORMAT_RAW),
    ("kdump-zlib", VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB),
    ("kdump-lzo", VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO),
    ("kdump-snappy", VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY),
    ("win-dmp", VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP),
];

fn dump(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let (name, file) = (args.need("domain")?, args.need("file")?);
    let flags = args.bits(&[
        ("live", VIR_DUMP_LIVE),
        ("crash", VIR_DUMP_CRASH),
        ("bypass-cache", VIR_DUMP_BYPASS_CACHE),
        ("reset", VIR_DUMP_RESET),
        ("memory-only", VIR_DUMP_MEMORY_ONLY),
    ]);
    let mut format = VIR_DOMAIN_CORE_DUMP_FORMAT_RAW;
    if let Some(text) = args.raw("format") {
        if !args.flag("memory-only") {
            fail!("--format only works with --memory-only")
        }
        match DUMP_FORMATS.iter().find(|(known, _)| *known == text) {
            Some((_, number)) => format = *number,
            None if text.is_empty() => {}
            None => fail!(
                "format '{text}' is not supported, expecting 'kdump-zlib', 'kdump-lzo', 'kdump-snappy', 'win-dmp' or \
                 'elf'"
            ),
        }
    }
    let work = || {
        let failed = || format!("Failed to core dump domain '{name}' to {file}");
        domain.core_dump(file, format, flags).or_say(failed)
    };
    watched(&domain, "Dump", args.flag("verbose"), work)?;
    extra!(shell, "\nDomain '{name}' dumped to {file}\n");
    Ok(())
}
