//! The rules of the house that a compiler does not know: which crate may use which, how long a file is, where
//! `unsafe` stands.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use xtask::{api::source::rust_files, root};

/// The crates, and which of ours each may use. Everything points downwards, that is to lines above its own.
const ARROWS: &[(&str, &[&str])] = &[
    ("ferrovirt-core", &[]),
    ("ferrovirt-log", &["ferrovirt-core"]),
    ("ferrovirt-xml-derive", &[]),
    ("ferrovirt-xml", &["ferrovirt-core", "ferrovirt-xml-derive"]),
    ("ferrovirt-conf", &["ferrovirt-core", "ferrovirt-xml"]),
    ("ferrovirt-host", &["ferrovirt-core", "ferrovirt-xml", "ferrovirt-conf"]),
    ("ferrovirt-net", &["ferrovirt-core"]),
    ("ferrovirt-rpc", &["ferrovirt-core"]),
    ("ferrovirt-sasl", &["ferrovirt-core", "ferrovirt-rpc"]),
    ("ferrovirt-tls", &["ferrovirt-core", "ferrovirt-rpc"]),
    ("ferrovirt", &[DRIVERS, "ferrovirt-core", "ferrovirt-xml", "ferrovirt-conf", "ferrovirt-host"]),
    ("ferrovirt-capi", &["ferrovirt", "ferrovirt-core", "ferrovirt-log"]),
    (
        "ferrovirt-daemon",
        &[
            "ferrovirt",
            "ferrovirt-core",
            "ferrovirt-host",
            "ferrovirt-log",
            "ferrovirt-rpc",
            "ferrovirt-sasl",
            "ferrovirt-tls",
        ],
    ),
    (
        "ferrovirt-fuzz",
        &[
            "ferrovirt",
            "ferrovirt-core",
            "ferrovirt-xml",
            "ferrovirt-conf",
            "ferrovirt-rpc",
            // A daemon in the same process, which is to survive whatever its clients send.
            "ferrovirt-daemon",
        ],
    ),
    ("ferrovirt-virsh", &["ferrovirt", "ferrovirt-core", "ferrovirt-log"]),
    ("xtask", &[]),
];

/// Any driver.
const DRIVERS: &str = "ferrovirt-driver-";

/// What a driver may use; another driver is never among it.
const BELOW_DRIVERS: &[&str] = &[
    "ferrovirt-core",
    "ferrovirt-xml",
    "ferrovirt-conf",
    "ferrovirt-host",
    "ferrovirt-net",
    "ferrovirt-rpc",
    "ferrovirt-sasl",
    "ferrovirt-tls",
];

/// Where `unsafe` may stand: the C boundary, and what wraps a system call. A path that ends in `/` is a folder.
const UNSAFE: &[&str] = &[
    "capi/src/ffi/",
    // What the tests of the C functions have for C.
    "capi/src/fake.rs",
    // A program's descriptors, borrowed by number for the poll.
    "src/core/src/event_loop/default.rs",
    // Descriptors that systemd hands over by their numbers.
    "src/daemon/src/activation.rs",
    // The reactor watches a descriptor that its owner keeps open.
    "src/daemon/src/client/socket.rs",
    // ioctls that take numbers, and one about a register.
    "src/host/src/kvm.rs",
    // The instruction that tells what the CPU is.
    "src/host/src/native_cpu.rs",
    // Between fork and exec.
    "src/host/src/process/kernel.rs",
    // The C interface of Cyrus SASL.
    "src/sasl/src/library.rs",
    // Features of cards: ioctls whose argument holds a pointer.
    "src/net/src/ethtool.rs",
    // TUNSETIFF has no netlink message.
    "src/net/src/tap.rs",
];

/// Models that look outside all the same.
const LOOKS_OUTSIDE: &[&str] = &[
    // Whether a disk's present file is a regular one; a question that belongs to whoever makes the snapshot.
    "src/conf/src/snapshot/align.rs",
];

/// A file of this many lines has a second subject in it.
const LINES: usize = 800;

#[test]
fn crates_use_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let Some(allowed) = allowed(name) else {
            wrong.push(format!("{name} is not in the list: say what it may use"));
            continue;
        };
        for used in package["dependencies"].as_array().unwrap().iter().filter(|used| used["path"].is_string())
        {
            let (used, kind) = (used["name"].as_str().unwrap(), used["kind"].as_str());
            // A driver's tests may come from above, as its users do.
            let from_above = kind == Some("dev") && name.starts_with(DRIVERS) && used == "ferrovirt";
            if !from_above && !allowed.iter().any(|allowed| matches(allowed, used)) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "new arrows between crates (ARCHITECTURE.md, \"Arrows\"): {wrong:#?}");
}

#[test]
fn the_list_itself_points_downwards() {
    for (at, (name, allowed)) in ARROWS.iter().enumerate() {
        for used in allowed.iter().filter(|used| **used != DRIVERS) {
            assert!(ARROWS[..at].iter().any(|(above, _)| above == used), "{name} uses {used}");
        }
    }
    assert!(BELOW_DRIVERS.iter().all(|used| ARROWS.iter().any(|(name, _)| name == used)));
}

#[test]
fn every_dependency_has_its_reason() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("## Dependencies").expect("ARCHITECTURE.md has the table");
    for package in packages() {
        for used in package["dependencies"].as_array().unwrap().iter().filter(|used| used["path"].is_null()) {
            let used = used["name"].as_str().unwrap();
            assert!(table.contains(&format!("`{used}`")), "{} uses {used}: say why", package["name"]);
        }
    }
}

#[test]
fn no_file_is_too_long() {
    let too_long = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().count() > LINES;
    let found: Vec<_> = sources().into_iter().filter(too_long).collect();
    assert!(found.is_empty(), "over {LINES} lines: {found:?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let is_silent = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        // A folder's tests are introduced by what they test.
        !path.ends_with("tests.rs") && !text.lines().any(|line| line.starts_with("//! "))
    };
    let found: Vec<_> = sources().into_iter().filter(is_silent).collect();
    assert!(found.is_empty(), "no `//!` sentence: {found:?}");
}

#[test]
fn models_do_no_input_or_output() {
    let doors = ["std::fs", "std::process", "env::var", "std::os::unix", "TcpStream"];
    for path in rust_files(&root().join("src/conf/src")).unwrap() {
        let text = fs::read_to_string(&path).unwrap();
        let door = doors.iter().find(|door| text.contains(**door));
        let excused = LOOKS_OUTSIDE.iter().any(|name| path == root().join(name));
        assert_eq!(door.is_some(), excused, "{}: {door:?} in a model", path.display());
    }
}

#[test]
fn unsafe_stands_at_the_edges_and_gives_its_reason() {
    let mut wrong = Vec::new();
    for path in sources() {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if name == "xtask/tests/house.rs" {
            continue; // the rule's own words
        }
        let at_edge =
            UNSAFE.iter().any(|edge| name == *edge || edge.ends_with('/') && name.starts_with(edge));
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        // The tests of the C functions look at what a C program would get.
        let tests = if name.starts_with("capi/src/") { first_test_line(&name, &lines) } else { lines.len() };
        for (at, line) in lines.iter().enumerate() {
            if !is_unsafe(line) {
                continue;
            }
            if !at_edge && at < tests {
                wrong.push(format!("{name}:{}: unsafe outside the edges", at + 1));
            }
            if opens_block(line) && !has_reason(&lines[..at]) {
                wrong.push(format!("{name}:{}: no `// SAFETY:` above it", at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn crates_without_an_edge_forbid_unsafe() {
    for package in packages() {
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        let inside = folder.strip_prefix(root()).unwrap();
        let has_edge = UNSAFE.iter().any(|edge| {
            let inside = inside.join("src");
            Path::new(edge).starts_with(inside)
        });
        let text = fs::read_to_string(folder.join("src/lib.rs"))
            .or_else(|_| fs::read_to_string(folder.join("src/main.rs")))
            .unwrap();
        let says = text.contains("#![forbid(unsafe_code)]") || text.contains("#![deny(unsafe_code)]");
        assert!(has_edge || says, "{}: no `#![forbid(unsafe_code)]`", folder.display());
    }
}

#[test]
fn unsafe_is_told_from_what_is_not() {
    assert!(is_unsafe("    let n = unsafe { *count };") && opens_block("    let n = unsafe { *count };"));
    assert!(is_unsafe("pub unsafe fn free() {") && !opens_block("pub unsafe fn free() {"));
    assert!(is_unsafe("unsafe impl Send for X {}"));
    assert!(!is_unsafe("#[unsafe(no_mangle)]") && !is_unsafe("// unsafe { }"));
    assert!(!is_unsafe("pub type F = Option<unsafe extern \"C\" fn(opaque: *mut c_void)>;"));
    assert!(has_reason(&["// SAFETY: it is so", "// for two lines."]));
    assert!(has_reason(&["// SAFETY: it is so.", "let a = call("]));
    assert!(!has_reason(&["// SAFETY: of another.", "let a = unsafe { b };"]));
    assert!(!has_reason(&["fn a() {"]));
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn allowed(name: &str) -> Option<&'static [&'static str]> {
    if name.starts_with(DRIVERS) {
        return Some(BELOW_DRIVERS);
    }
    ARROWS.iter().find(|(known, _)| *known == name).map(|(_, allowed)| *allowed)
}

fn matches(allowed: &str, used: &str) -> bool {
    if allowed == DRIVERS { used.starts_with(DRIVERS) } else { used == allowed }
}

/// All Rust files of the project.
fn sources() -> Vec<PathBuf> {
    let folders = ["src", "drivers", "capi", "xtask", "tests", "examples"];
    folders.iter().flat_map(|folder| rust_files(&root().join(folder)).unwrap()).collect()
}

/// Where a file's tests begin; they stand last in it.
fn first_test_line(name: &str, lines: &[&str]) -> usize {
    if name.ends_with("tests.rs") {
        return 0;
    }
    lines.iter().position(|line| line.starts_with("#[cfg(test)]")).unwrap_or(lines.len())
}

fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe trait"].iter().any(|form| code.contains(form))
}

fn opens_block(line: &str) -> bool {
    line.contains("unsafe {") || line.contains("unsafe impl")
}

/// Whether the statement that begins in `above`, or right below it, has a reason above it.
fn has_reason(above: &[&str]) -> bool {
    let mut comment = false;
    for line in above.iter().rev().map(|line| line.trim()) {
        if line.starts_with("// SAFETY:") {
            return true;
        }
        if line.starts_with("//") {
            comment = true;
        } else if comment || line.is_empty() || line.ends_with([';', '{', '}']) {
            return false;
        }
    }
    false
}
