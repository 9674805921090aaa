//! A domain's XML: shown, edited, and turned from and into other formats.

use crate::args::Args;
use crate::command::{Command, arg, flag, text};
use crate::complete;
use crate::edit::{Edit, Edited, edit as edit_document};
use crate::failure::{OrSay, Outcome, fail};
use crate::output::extra;
use crate::shell::Shell;
use crate::transfer::read_document;
use crate::{find, xml};
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "domxml-from-native",
        "turn a hypervisor's own configuration into XML",
        &[
            arg("format", "whose format it is in"),
            arg("config", "for the next start").completed_by(complete::paths),
        ],
        domxml_from_native,
    )
    .changing(),
    Command::new(
        "domxml-to-native",
        "turn XML into a hypervisor's own configuration",
        &[
            arg("format", "format to turn it into"),
            text("domain", "its name, number or UUID").completed_by(complete::domains),
            text("xml", "file with its XML").also_positional().completed_by(complete::paths),
        ],
        domxml_to_native,
    )
    .changing(),
    Command::new(
        "dumpxml",
        "show a domain as XML",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("inactive", "as at the next start"),
            flag("security-info", "with passwords and the like"),
            flag("update-cpu", "the CPU as the host makes it"),
            flag("migratable", "fit for a migration"),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        dumpxml,
    ),
    Command::new(
        "edit",
        "edit a domain's XML",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("skip-validate", "without the schema's check"),
        ],
        edit,
    )
    .changing(),
];

fn dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[
        ("inactive", VIR_DOMAIN_XML_INACTIVE),
        ("security-info", VIR_DOMAIN_XML_SECURE),
        ("update-cpu", VIR_DOMAIN_XML_UPDATE_CPU),
        ("migratable", VIR_DOMAIN_XML_MIGRATABLE),
    ]);
    if args.flag("security-info") || args.flag("migratable") {
        shell.may_change(args)?;
    }
    let domain = find::domain(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = domain.xml_desc(flags)?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn edit(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let connection = shell.connection()?;
    let validate = !args.flag("skip-validate");
    let mut defined = domain.name();
    let fetch = || Ok(domain.xml_desc(VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE)?);
    let mut define = |text: &str, strict: bool| {
        let flags = if strict && validate { VIR_DOMAIN_DEFINE_VALIDATE } else { 0 };
        defined = connection.define_domain(text, flags)?.name();
        Ok(())
    };
    let edited = Edited { fetch: &fetch, define: &mut define, can_relax: validate };
    match edit_document(shell, edited)? {
        Edit::Unchanged => {
            extra!(shell, "Domain '{}' XML configuration not changed.\n", domain.name());
        }
        Edit::Defined => extra!(shell, "Domain '{defined}' XML configuration edited.\n"),
    }
    Ok(())
}

fn domxml_from_native(shell: &mut Shell, args: &Args) -> Outcome {
    let (format, file) = (args.need("format")?, args.need("config")?);
    let text = shell.connection()?.domain_xml_from_native(format, &read_document(file)?, 0)?;
    xml::dump(shell, &text, None, false)
}

fn domxml_to_native(shell: &mut Shell, args: &Args) -> Outcome {
    let format = args.need("format")?;
    args.exclusive("domain", "xml")?;
    let text = if args.has("domain") {
        find::domain(shell, args)?.xml_desc(0).or_say(|| "failed to retrieve XML")?
    } else if let Some(file) = args.text("xml")? {
        read_document(file)?
    } else {
        fail!("need either domain or domain XML")
    };
    let native = shell.connection()?.domain_xml_to_native(format, &text, 0)?;
    shell.out.document(format_args!("{native}"), native.as_str().into());
    Ok(())
}
