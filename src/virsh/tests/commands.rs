//! What virsh promises, on the test driver: what is asserted here needs no other virsh.

mod common;
#[path = "../../../tests/support/script.rs"]
mod script;

use common::{Said, ours, run, run_with_input};
use script::write_script;
use serde_json::{Value, json};
use std::os::fd::AsRawFd;

fn virsh(words: &[&str]) -> Said {
    run(&ours(), &[&["-c", "test:///default"], words].concat())
}

fn said(words: &[&str]) -> String {
    let said = virsh(words);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{words:?}: {said}");
    said.out
}

fn json(words: &[&str]) -> Value {
    let said = said(&[&["--output", "json"], words].concat());
    serde_json::from_str(&said).unwrap_or_else(|err| panic!("{words:?}: {err}: {said}"))
}

fn fails(words: &[&str], message: &str) {
    let said = virsh(words);
    assert_eq!(said.code, 1, "{words:?}: {said}");
    assert!(said.err.contains(message), "{words:?}: {said}");
}

#[test]
fn tables_have_their_columns() {
    assert_eq!(said(&["list"]), " Id   Name   State\n----------------------\n 1    test   running\n\n");
    assert_eq!(said(&["list", "--name"]), "test\n\n");
    assert_eq!(said(&["-q", "list", "--all"]), " 1   test   running\n");
}

#[test]
fn commands_stand_in_words_strings_and_lines() {
    assert_eq!(said(&["domstate", "--domain", "test"]), "running\n\n");
    assert_eq!(said(&["domstate --domain=test; domid test"]), "running\n\n1\n\n");
    let said = run_with_input(&ours(), &["-q", "-c", "test:///default"], "domstate test\nnonsense\n");
    assert!(said.out.contains("virsh # domstate test\nrunning\n"), "{said}");
    assert!(said.err.contains("error: unknown command: 'nonsense'"), "{said}");
}

#[test]
fn what_fails_is_told_and_ends_with_one() {
    fails(&["dominfo", "nobody"], "error: failed to get domain 'nobody'");
    fails(&["dominfo"], "error: command 'dominfo' requires <domain> option");
    fails(&["--nonsense"], "error: unsupported option '--nonsense'. See --help.");
    fails(&["-r", "destroy", "test"], "error: operation forbidden: read only access prevents virsh destroy");
    assert_eq!(virsh(&["domstate nobody; echo on"]).code, 0, "the last command decides");
}

#[test]
fn lists_and_fields_are_json_where_that_is_asked_for() {
    assert_eq!(json(&["list"]), json!([{ "id": 1, "name": "test", "state": "running" }]));
    let info = json(&["dominfo", "test"]);
    assert_eq!(
        (&info["name"], &info["cpus"], &info["persistent"]),
        (&json!("test"), &json!(2), &json!(true))
    );
    assert_eq!(json(&["vol-list", "default-pool"]), json!([]));
    assert_eq!(json(&["uri"]), json!("test:///default"));
    assert_eq!(json(&["domblklist", "test"])[0]["target"], "vda");
    assert_eq!(json(&["nodeinfo"])["cpus"], 16);
    assert!(json(&["dumpxml", "test"])["xml"].as_str().is_some_and(|xml| xml.starts_with("<domain")));
    let (out, code) = (virsh(&["--output", "json", "dominfo", "nobody"]), 1);
    assert_eq!((out.out.as_str(), out.code), ("", code));
}

#[test]
fn help_lists_groups_and_commands() {
    let all = said(&["help"]);
    for heading in [" Domain Management (help keyword 'domain'):", " Networking (help keyword 'network'):"] {
        assert!(all.contains(heading), "{all}");
    }
    assert!(said(&["help", "network"]).contains("    net-start "));
    let one = said(&["help", "domstate"]);
    for part in
        ["  NAME\n    domstate - ", "\n  SYNOPSIS\n    domstate <domain> [--reason]\n", "\n  OPTIONS\n"]
    {
        assert!(one.contains(part), "{one}");
    }
    assert_eq!(said(&["domstate", "--help"]), one);
    assert!(said(&["help", "--", "--manual"]).starts_with(".TH VIRSH 1"));
    fails(&["help", "nonsense"], "error: command or command group 'nonsense' doesn't exist");
}

#[test]
fn the_shell_completes_commands_options_and_names() {
    assert_eq!(said(&["complete", "--", "domst"]), "domstate\ndomstats\n\n");
    assert_eq!(said(&["complete", "--", "domstate", "t"]), "test\n\n");
    assert_eq!(said(&["complete", "--", "domstate", "--domain", ""]), "test\n\n");
    assert!(said(&["complete", "--", "net-info", "--"]).contains("--network"));
}

#[test]
fn a_wait_ends_when_the_domain_is_as_it_should_be() {
    assert_eq!(said(&["await", "test", "domain-running"]), "Domain 'test' is running\n\n");
    fails(
        &["await", "test", "domain-inactive", "--timeout", "1"],
        "error: timed out waiting for 'domain-inactive'",
    );
    fails(&["await", "test", "nonsense"], "error: ");
}

#[test]
fn events_are_awaited_no_longer_than_said() {
    let said = virsh(&["event", "--all", "--timeout", "1"]);
    assert_eq!((said.out.as_str(), said.code), ("event loop timed out\nevents received: 0\n\n", 1), "{said}");
}

#[test]
fn a_document_is_edited_with_the_users_editor() {
    let folder = tempfile::tempdir().unwrap();
    let editor = folder.path().join("editor");
    write_script(&editor, "#!/bin/sh\nsed -i 's/<name>test</<title>edited<\\/title><name>test</' \"$1\"\n");
    let line = format!("{} -c test:///default 'edit test; desc test --title --config'", ours().display());
    let line = format!("VISUAL={} {line}", editor.display());
    let said = run("sh".as_ref(), &["-c", &line]);
    assert!(said.out.contains("Domain 'test' XML configuration edited."), "{said}");
    assert!(said.out.contains("\nedited\n"), "{said}");
}

#[test]
fn paths_select_parts_of_documents() {
    assert_eq!(said(&["dumpxml", "test", "--xpath", "//os/type/text()"]), "hvm\n\n");
    let wrapped = said(&["dumpxml", "test", "--xpath", "//devices/disk/target", "--wrap"]);
    assert_eq!(wrapped, "<nodes>\n  <target dev=\"vda\" bus=\"virtio\"/>\n</nodes>\n\n");
}

#[test]
fn a_program_is_started_in_the_namespaces_that_are_handed_over() {
    if !rustix::process::geteuid().is_root() {
        return println!("SKIPPED: joining namespaces needs root");
    }
    let mut holder = std::process::Command::new("unshare").args(["-n", "-u", "sleep", "60"]).spawn().unwrap();
    let link = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).unwrap();
    let id = holder.id().to_string();
    // It has namespaces of its own once it is no longer 'unshare'.
    while !std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap().starts_with("sleep") {
        std::thread::yield_now();
    }
    let namespace = std::fs::File::open(format!("/proc/{id}/ns/net")).unwrap();
    rustix::io::fcntl_setfd(&namespace, rustix::io::FdFlags::empty()).unwrap();
    let number = namespace.as_raw_fd().to_string();
    let inside =
        ["--inside-container", &number, &id, "", "", "/bin/sh", "-c", "readlink /proc/self/ns/net; exit 3"];
    let said = run(&ours(), &inside);
    let wanted = link(&id);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!((said.out.trim(), said.code), (wanted.to_str().unwrap(), 3), "{said}");
    assert_ne!(link("self"), wanted);
}
