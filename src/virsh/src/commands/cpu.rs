//! Commands about CPU models.

use crate::args::Args;
use crate::command::{Command, arg, flag, text};
use crate::complete;
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::{extra, say};
use crate::shell::Shell;
use crate::{transfer, xml};
use ferrovirt::driver::HypervisorChoice;
use ferrovirt_core::abi::*;
use roxmltree::{Document, Node};

pub const COMMANDS: &[Command] = &[
    Command::new(
        "cpu-baseline",
        "find a CPU that all of several hosts have",
        &[
            arg("file", "file with several <cpu>s").completed_by(complete::paths),
            flag("features", "show the model's features one by one"),
            flag("migratable", "leave features out that can't migrate"),
        ],
        cpu_baseline,
    ),
    Command::new(
        "cpu-compare",
        "compare the host's CPU with another",
        &[
            arg("file", "file with a <cpu>, or a document that holds one").completed_by(complete::paths),
            flag("error", "fail if they are not compatible"),
            flag("validate", "check the XML against the schema first"),
        ],
        cpu_compare,
    ),
    Command::new(
        "cpu-models",
        "list the known CPU models",
        &[arg("arch", "architecture, such as x86_64")],
        cpu_models,
    ),
    Command::new(
        "hypervisor-cpu-baseline",
        "find a CPU that a hypervisor can give on several hosts",
        &[
            text("file", "file with several <cpu>s").also_positional().completed_by(complete::paths),
            text("virttype", "kind of virtualization, such as kvm").also_positional(),
            text("emulator", "path of the emulator").also_positional(),
            text("arch", "architecture, such as x86_64").also_positional(),
            text("machine", "machine type").also_positional(),
            flag("features", "show the model's features one by one"),
            flag("migratable", "leave features out that can't migrate"),
            text("model", "name of a model").also_positional(),
        ],
        hypervisor_cpu_baseline,
    ),
    Command::new(
        "hypervisor-cpu-compare",
        "compare a CPU with what the hypervisor can give",
        &[
            arg("file", "file with a <cpu>, or a document that holds one").completed_by(complete::paths),
            text("virttype", "kind of virtualization, such as kvm").also_positional(),
            text("emulator", "path of the emulator").also_positional(),
            text("arch", "architecture, such as x86_64").also_positional(),
            text("machine", "machine type").also_positional(),
            flag("error", "fail if they are not compatible"),
            flag("validate", "check the XML against the schema first"),
        ],
        hypervisor_cpu_compare,
    ),
    Command::new(
        "hypervisor-cpu-models",
        "list the CPU models that the hypervisor knows",
        &[
            text("virttype", "kind of virtualization, such as kvm"),
            text("emulator", "path of the emulator"),
            text("arch", "architecture, such as x86_64"),
            text("machine", "machine type"),
            flag("all", "models that can't be used here too"),
        ],
        hypervisor_cpu_models,
    ),
];

/// The kind of guest that a question about CPUs is about.
pub fn choice<'a>(args: &'a Args, emulator: &str) -> Outcome<HypervisorChoice<'a>> {
    Ok(HypervisorChoice {
        emulator: args.text(emulator)?,
        arch: args.text("arch")?,
        machine: args.text("machine")?,
        virt_type: args.text("virttype")?,
    })
}

/// The CPUs in a file: bare ones, or those of domains, hosts and domain capabilities.
fn cpus_in(shell: &mut Shell, path: &str, warn: bool) -> Outcome<Vec<String>> {
    let text = transfer::read_document(path)?;
    let body = match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, body)) => body,
        None => &text,
    };
    let wrapped = format!("<container>{body}</container>");
    let document = match Document::parse(&wrapped) {
        Ok(document) => document,
        Err(err) => fail!("File '{path}' is not well-formed XML: {err}"),
    };
    let top = document.root_element();
    let is_host_model = |node: &Node<'_, '_>| {
        node.attribute("name") == Some("host-model") && node.attribute("supported") == Some("yes")
    };
    let mut found = Vec::new();
    for place in ["cpu", "domain/cpu", "capabilities/host/cpu"] {
        found.extend(xml::all(top, place).into_iter().map(|node| (node, xml::source(node).to_owned())));
    }
    for node in xml::all(top, "domainCapabilities/cpu/mode").into_iter().filter(is_host_model) {
        let inner: String = node.children().filter(Node::is_element).map(xml::source).collect();
        found.push((node, format!("<cpu>{inner}</cpu>")));
    }
    if found.is_empty() {
        fail!(
            "File '{path}' does not contain any <cpu> element or valid domain XML, host capabilities XML, or domain \
             capabilities XML"
        )
    }
    for (node, _) in &found {
        let is_hosts = xml::all(*node, "feature").iter().any(|feature| feature.attribute("policy").is_none());
        if warn && is_hosts {
            shell.out.error("using host CPU definition as input may provide incorrect results");
        }
    }
    Ok(found.into_iter().map(|(_, text)| text).collect())
}

const COMPARE_FLAGS: &[(&str, u32)] = &[
    ("error", VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE),
    ("validate", VIR_CONNECT_COMPARE_CPU_VALIDATE_XML),
];

const BASELINE_FLAGS: &[(&str, u32)] = &[
    ("features", VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES),
    ("migratable", VIR_CONNECT_BASELINE_CPU_MIGRATABLE),
];

const INCOMPATIBLE: i32 = VIR_CPU_COMPARE_INCOMPATIBLE;
const IDENTICAL: i32 = VIR_CPU_COMPARE_IDENTICAL;
const SUPERSET: i32 = VIR_CPU_COMPARE_SUPERSET;

fn cpu_compare(shell: &mut Shell, args: &Args) -> Outcome {
    let file = args.need("file")?;
    let cpus = cpus_in(shell, file, false)?;
    let failed = || format!("Failed to compare host CPU with {file}");
    match shell.connection()?.compare_cpu(&cpus[0], args.bits(COMPARE_FLAGS)).or_say(failed)? {
        INCOMPATIBLE => {
            say!(shell, "CPU described in {file} is incompatible with host CPU\n");
            return Err(Failure::silent());
        }
        IDENTICAL => say!(shell, "CPU described in {file} is identical to host CPU\n"),
        SUPERSET => say!(shell, "Host CPU is a superset of CPU described in {file}\n"),
        _ => fail!("{}", failed()),
    }
    Ok(())
}

fn hypervisor_cpu_compare(shell: &mut Shell, args: &Args) -> Outcome {
    let file = args.need("file")?;
    let choice = choice(args, "emulator")?;
    let cpus = cpus_in(shell, file, true)?;
    let failed = || format!("Failed to compare hypervisor CPU with {file}");
    let answer = shell.connection()?.compare_hypervisor_cpu(choice, &cpus[0], args.bits(COMPARE_FLAGS));
    match answer.or_say(failed)? {
        INCOMPATIBLE => {
            say!(
                shell,
                "CPU described in {file} is incompatible with the CPU provided by hypervisor on the host\n"
            );
            return Err(Failure::silent());
        }
        IDENTICAL => say!(
            shell,
            "CPU described in {file} is identical to the CPU provided by hypervisor on the host\n"
        ),
        SUPERSET => say!(
            shell,
            "The CPU provided by hypervisor on the host is a superset of CPU described in {file}\n"
        ),
        _ => fail!("{}", failed()),
    }
    Ok(())
}

fn cpu_baseline(shell: &mut Shell, args: &Args) -> Outcome {
    let cpus = cpus_in(shell, args.need("file")?, false)?;
    let texts: Vec<&str> = cpus.iter().map(String::as_str).collect();
    let baseline = shell.connection()?.baseline_cpu(&texts, args.bits(BASELINE_FLAGS))?;
    xml::dump(shell, &baseline, None, false)
}

fn hypervisor_cpu_baseline(shell: &mut Shell, args: &Args) -> Outcome {
    let choice = choice(args, "emulator")?;
    let cpus = match (args.text("file")?, args.text("model")?) {
        (Some(file), None) => cpus_in(shell, file, true)?,
        (None, Some(model)) => vec![format!("<cpu><model>{}</model></cpu>", xml::escape(model))],
        (Some(_), Some(_)) => return args.exclusive("file", "model"),
        (None, None) => return args.one_of("file", "model"),
    };
    let texts: Vec<&str> = cpus.iter().map(String::as_str).collect();
    let baseline = shell.connection()?.baseline_hypervisor_cpu(choice, &texts, args.bits(BASELINE_FLAGS))?;
    xml::dump(shell, &baseline, None, false)
}

fn cpu_models(shell: &mut Shell, args: &Args) -> Outcome {
    let models = shell
        .connection()?
        .cpu_model_names(args.need("arch")?, 0)
        .or_say(|| "failed to get CPU model names")?;
    if models.is_empty() {
        extra!(shell, "all CPU models are accepted\n");
    }
    let lines: String = models.iter().map(|model| format!("{model}\n")).collect();
    shell.out.document(format_args!("{lines}"), models.into());
    Ok(())
}

fn hypervisor_cpu_models(shell: &mut Shell, args: &Args) -> Outcome {
    let capabilities = shell
        .connection()?
        .domain_capabilities(choice(args, "emulator")?, 0)
        .or_say(|| "failed to get hypervisor CPU model names")?;
    let path =
        if args.flag("all") { "//cpu//model[@usable]/text()" } else { "//cpu//model[@usable='yes']/text()" };
    xml::dump(shell, &capabilities, Some(path), false)
}
