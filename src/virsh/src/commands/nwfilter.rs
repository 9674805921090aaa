//! Commands about network filters and their bindings.

use super::common::{done, from_file, sort_by_name};
use crate::args::Args;
use crate::command::{Command, arg, flag, text};
use crate::complete;
use crate::edit::{Edit, Edited, edit};
use crate::failure::{OrSay, Outcome};
use crate::output::extra;
use crate::shell::Shell;
use crate::table::Table;
use crate::{find, xml};
use ferrovirt::NwFilterBinding;
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "nwfilter-binding-create",
        "bind a filter as an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("validate", "check the XML against the schema first"),
        ],
        nwfilter_binding_create,
    )
    .changing(),
    Command::new(
        "nwfilter-binding-delete",
        "end a filter's binding",
        &[arg("binding", "the interface that the filter is bound to")
            .completed_by(complete::nw_filter_bindings)],
        nwfilter_binding_delete,
    )
    .changing(),
    Command::new(
        "nwfilter-binding-dumpxml",
        "show a binding as XML",
        &[
            arg("binding", "the interface that the filter is bound to")
                .completed_by(complete::nw_filter_bindings),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        nwfilter_binding_dumpxml,
    ),
    Command::new("nwfilter-binding-list", "list the bindings of filters", &[], nwfilter_binding_list),
    Command::new(
        "nwfilter-define",
        "define a filter that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("validate", "check the XML against the schema first"),
        ],
        nwfilter_define,
    )
    .changing(),
    Command::new(
        "nwfilter-dumpxml",
        "show a filter as XML",
        &[
            arg("nwfilter", "its name or UUID").completed_by(complete::nw_filters),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        nwfilter_dumpxml,
    ),
    Command::new(
        "nwfilter-edit",
        "edit a filter's XML",
        &[arg("nwfilter", "its name or UUID").completed_by(complete::nw_filters)],
        nwfilter_edit,
    )
    .changing(),
    Command::new("nwfilter-list", "list network filters", &[], nwfilter_list),
    Command::new(
        "nwfilter-undefine",
        "forget a filter",
        &[arg("nwfilter", "its name or UUID").completed_by(complete::nw_filters)],
        nwfilter_undefine,
    )
    .changing(),
];

fn nwfilter_define(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_NWFILTER_DEFINE_VALIDATE)]);
    let failed = "Failed to define network filter from";
    let filter = from_file(shell, args, failed, |conn, xml| conn.define_nw_filter(xml, flags))?;
    extra!(shell, "Network filter {} defined from {}\n", filter.name(), args.need("file")?);
    Ok(())
}

fn nwfilter_undefine(shell: &mut Shell, args: &Args) -> Outcome {
    let filter = find::nw_filter(shell, args)?;
    let name = args.need("nwfilter")?;
    let failed = || format!("Failed to undefine network filter {name}");
    done(shell, filter.undefine(), failed, || format!("Network filter {name} undefined"))
}

fn nwfilter_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let filter = find::nw_filter(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = filter.xml_desc(0)?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn nwfilter_edit(shell: &mut Shell, args: &Args) -> Outcome {
    let filter = find::nw_filter(shell, args)?;
    let connection = shell.connection()?;
    let mut defined = filter.name().to_owned();
    let fetch = || Ok(filter.xml_desc(0)?);
    let mut define = |text: &str, _| {
        defined = connection.define_nw_filter(text, 0)?.name().to_owned();
        Ok(())
    };
    match edit(shell, Edited { fetch: &fetch, define: &mut define, can_relax: false })? {
        Edit::Unchanged => extra!(shell, "Network filter {} XML configuration not changed.\n", filter.name()),
        Edit::Defined => extra!(shell, "Network filter {defined} XML configuration edited.\n"),
    }
    Ok(())
}

fn nwfilter_list(shell: &mut Shell, _: &Args) -> Outcome {
    let mut filters =
        shell.connection()?.list_all_nw_filters(0).or_say(|| "Failed to list network filters")?;
    sort_by_name(&mut filters, |filter| filter.name().to_owned());
    let mut table = Table::new(&["UUID", "Name"]);
    filters.iter().for_each(|filter| table.row([filter.uuid().into(), filter.name().into()]));
    shell.out.table(&table);
    Ok(())
}

fn binding(shell: &Shell, args: &Args) -> Outcome<NwFilterBinding> {
    let name = args.need("binding")?;
    let found = shell.connection()?.lookup_nw_filter_binding_by_port_dev(name);
    found.or_say(|| format!("failed to get nwfilter binding '{name}'"))
}

fn nwfilter_binding_create(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_NWFILTER_BINDING_CREATE_VALIDATE)]);
    let failed = "Failed to create network filter from";
    let binding = from_file(shell, args, failed, |conn, xml| conn.create_nw_filter_binding(xml, flags))?;
    let file = args.need("file")?;
    extra!(shell, "Network filter binding on {} created from {file}\n", binding.port_dev());
    Ok(())
}

fn nwfilter_binding_delete(shell: &mut Shell, args: &Args) -> Outcome {
    let binding = binding(shell, args)?;
    let name = args.need("binding")?;
    let failed = || format!("Failed to delete network filter binding on {name}");
    done(shell, binding.delete(), failed, || format!("Network filter binding on {name} deleted"))
}

fn nwfilter_binding_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let binding = binding(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = binding.xml_desc(0)?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn nwfilter_binding_list(shell: &mut Shell, _: &Args) -> Outcome {
    let mut bindings = shell
        .connection()?
        .list_all_nw_filter_bindings(0)
        .or_say(|| "Failed to list network filter bindings")?;
    sort_by_name(&mut bindings, |binding| binding.port_dev().to_owned());
    let mut table = Table::new(&["Port Dev", "Filter"]);
    bindings.iter().for_each(|binding| table.row([binding.port_dev().into(), binding.filter_name().into()]));
    shell.out.table(&table);
    Ok(())
}
