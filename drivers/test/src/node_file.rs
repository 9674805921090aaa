//! Reading the description of a host: `<node>` with its guests, networks, interfaces, pools, devices and accounts.

use crate::auth::Account;
use crate::domain::{self, install};
use crate::driver::Host;
use crate::host::HostSetup;
use crate::moments;
use crate::refuse;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, RawElement};
use std::path::{Path, PathBuf};

/// The host behind `test:///default`.
pub fn default_host() -> Result<Host> {
    let host = Host::new(HostSetup::standard());
    read(host, include_str!("default.xml"), None)
}

/// The host that a file describes.
pub fn load(path: &Path) -> Result<Host> {
    read(Host::new(HostSetup::plain()), &read_file(path)?, Some(path))
}

fn read_file(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|err| {
        Error::system(err, format!("cannot read the description '{}'", path.display()))
            .domain(ErrorDomain::None)
    })
}

fn read(mut host: Host, text: &str, file: Option<&Path>) -> Result<Host> {
    let what = file.map_or("node".into(), Path::to_string_lossy);
    let document = Document::parse(text, &what).map_err(own)?;
    document.expect_root("node")?;
    let node = document.root();
    read_info(&mut host.setup, &node)?;
    for element in node.children_named("domain") {
        with_content(&element, file, |element| read_guest(&host, element, file))?;
    }
    for element in node.children_named("network") {
        with_content(&element, file, |element| host.networks.install(element))?;
    }
    for element in node.children_named("interface") {
        with_content(&element, file, |element| host.interfaces.install(element))?;
    }
    for element in node.children_named("pool") {
        with_content(&element, file, |element| {
            let pool = host.pools.install(element)?;
            for volume in element.children_named("volume") {
                with_content(&volume, file, |volume| pool.install_volume(volume))?;
            }
            Ok(())
        })?;
    }
    for element in node.children_named("device") {
        with_content(&element, file, |element| host.devices.install(element))?;
    }
    let users = node.child("auth").into_iter().flat_map(|auth| auth.children_named("user"));
    host.accounts = users.map(|user| read_account(&user)).collect::<Result<_>>()?;
    Ok(host)
}

/// Calls `act` with the element, or with the one in the file that it names. Such a path is relative to ours.
fn with_content<T>(
    element: &Node<'_>,
    file: Option<&Path>,
    act: impl FnOnce(&Node<'_>) -> Result<T>,
) -> Result<T> {
    let Some(other) = element.attr("file") else { return act(element) };
    let folder = file.and_then(Path::parent).unwrap_or(Path::new("."));
    let path: PathBuf = folder.join(other);
    let text = read_file(&path)?;
    let document = Document::parse(&text, other).map_err(own)?;
    if document.root().name() != element.name() {
        let text = format!("the file '{}' must hold <{}>", path.display(), element.name());
        return Err(document.root().error(ErrorCode::XmlError, text));
    }
    act(&document.root())
}

fn own(err: Error) -> Error {
    err.or_domain(ErrorDomain::Test)
}

fn read_info(setup: &mut HostSetup, node: &Node<'_>) -> Result<()> {
    let info = &mut setup.info;
    let cpu = node.child("cpu");
    let number = |name| -> Result<Option<u32>> {
        let Some(element) = cpu.and_then(|cpu| cpu.child(name)) else { return Ok(None) };
        let text = element.text();
        match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) if text.is_empty() => Ok(None),
            Err(_) => {
                let text = format!("<{name}> of the host's <cpu> must be a number");
                Err(element.error(ErrorCode::XmlError, text).domain(ErrorDomain::Test))
            }
        }
    };
    info.nodes = number("nodes")?.unwrap_or(info.nodes);
    info.sockets = number("sockets")?.unwrap_or(info.sockets);
    info.cores = number("cores")?.unwrap_or(info.cores);
    info.threads = number("threads")?.unwrap_or(info.threads);
    info.cpus = info.cores * info.threads * info.sockets * info.nodes;
    info.cpus = number("active")?.map_or(info.cpus, |active| active.min(info.cpus));
    info.mhz = number("mhz")?.unwrap_or(info.mhz);
    if let Some(model) = cpu.and_then(|cpu| cpu.child("model")) {
        if model.text().len() > 31 {
            return Err(refuse::internal(format!(
                "the CPU model '{}' is longer than 31 bytes",
                model.text()
            )));
        }
        info.model = model.text().into_owned();
    }
    if let Some(memory) = node.child("memory") {
        info.memory = memory.text().trim().parse().map_err(|_| {
            memory
                .error(ErrorCode::XmlError, "<memory> of the host must be a number of KiB")
                .domain(ErrorDomain::Test)
        })?;
    }
    Ok(())
}

fn read_guest(host: &Host, element: &Node<'_>, file: Option<&Path>) -> Result<()> {
    let (model, wishes) = domain::parse_node(element, domain::user(false))?;
    let guest = install(host, model, &wishes)?;
    guest.change(host, |guest| {
        for snapshot in &wishes.snapshots {
            moments::install_snapshot(guest, &in_file(snapshot, file)?)?;
        }
        moments::check_relations(guest)
    })
}

/// The text of an element, or that of the file that it names.
fn in_file(element: &RawElement, file: Option<&Path>) -> Result<String> {
    match element.attribute("file") {
        None => Ok(element.to_xml()),
        Some(other) => {
            let folder = file.and_then(Path::parent).unwrap_or(Path::new("."));
            read_file(&folder.join(other))
        }
    }
}

fn read_account(user: &Node<'_>) -> Result<Account> {
    let name = user.text();
    if name.is_empty() {
        let text = "a <user> in <auth> needs a name as its text";
        return Err(user.error(ErrorCode::XmlError, text).domain(ErrorDomain::Test));
    }
    Ok(Account { name: name.into_owned(), password: user.attr("password").map(str::to_owned) })
}
