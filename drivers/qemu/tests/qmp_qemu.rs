//! The QMP client against a real QEMU.

mod common;
#[path = "common/guest.rs"]
mod guest;

use std::os::fd::AsFd;

use ferrovirt_driver_qemu::qmp::types::RunState;
use ferrovirt_driver_qemu::qmp::*;
use ferrovirt_host::process::ExitStatus;
use guest::Guest;
use serde_json::json;

const NO_MACHINE: &[&str] = &["-machine", "none"];

fn properties(value: serde_json::Value) -> Properties {
    value.as_object().expect("an object").clone()
}

#[tokio::test]
async fn a_monitor_without_a_machine_answers_and_quits() {
    let Some(mut guest) = Guest::start(NO_MACHINE, Options::default()).await else { return };
    let client = &guest.client;
    let version = client.execute(&QueryVersion {}).await.expect("version");
    assert!(version.qemu.major >= 6, "{}", version.qemu);
    assert_eq!(client.execute(&QueryStatus {}).await.expect("status").status, RunState::Prelaunch);
    assert!(!client.execute(&QueryKvm {}).await.expect("kvm").enabled);
    let human = client.execute_human("info version").await.expect("printed");
    assert!(human.starts_with(&version.qemu.to_string()), "{human}");
    let raw = client.execute_raw(r#"{"execute": "query-name"}"#).await.expect("passed on");
    assert!(raw.starts_with(r#"{"return": {}, "id": "libvirt-"#), "{raw}");
    let missing = client.submit_untyped("no-such-command", None).await.expect_err("refused");
    assert!(missing.is_command_not_found());

    client.execute(&Quit {}).await.expect("quits");
    assert_eq!(client.closed().await, LostReason::Closed);
    let shutdown = guest.events.recv().await.expect("said").typed().expect("decoded");
    assert!(matches!(shutdown, GuestEvent::Shutdown(ref s) if !s.guest), "{shutdown:?}");
    assert_eq!(guest.process.0.wait().expect("ends"), ExitStatus::Exited(0));
}

#[tokio::test]
async fn a_pipeline_is_answered_in_full() {
    for out_of_band in [false, true] {
        let options = Options { out_of_band, ..Options::default() };
        let Some(guest) = Guest::start(NO_MACHINE, options).await else { return };
        let types: Vec<_> = (0..200).map(|_| guest.client.submit(&QueryStatus {})).collect();
        for status in types {
            assert!(!status.await.expect("answered").running);
        }
    }
}

#[tokio::test]
async fn a_paused_machine_is_inspected_and_changed() {
    let args = [
        "-machine",
        "q35,accel=tcg",
        "-m",
        "64",
        "-blockdev",
        r#"{"driver":"null-co","node-name":"disk","size":1048576}"#,
        "-device",
        r#"{"driver":"virtio-blk-pci","drive":"disk","id":"vda"}"#,
        "-device",
        r#"{"driver":"pcie-root-port","id":"root1","chassis":1}"#,
        "-netdev",
        r#"{"type":"user","id":"net"}"#,
        "-device",
        r#"{"driver":"virtio-net-pci","netdev":"net","id":"nic","mac":"52:54:00:00:00:01"}"#,
        "-device",
        r#"{"driver":"virtio-balloon-pci","id":"balloon"}"#,
    ];
    let Some(guest) = Guest::start(&args, Options::default()).await else { return };
    let client = &guest.client;

    let cpus = client.execute(&QueryCpusFast {}).await.expect("cpus");
    assert_eq!((cpus.len(), cpus[0].cpu_index), (1, 0));
    assert!(cpus[0].thread_id > 0 && cpus[0].props.contains_key("socket-id"));
    let block = client.execute(&QueryBlock {}).await.expect("block");
    let node = block[0].inserted.as_ref().expect("a medium");
    assert_eq!((node.node_name.as_deref(), node.drv.as_str(), node.ro), (Some("disk"), "null-co", false));
    assert_eq!(node.image.as_ref().map(|i| i.virtual_size), Some(1 << 20));
    let stats = client.execute(&QueryBlockstats::default()).await.expect("stats");
    assert_eq!((stats[0].node_name.as_deref(), stats[0].stats.wr_bytes), (Some("disk"), 0));
    assert_eq!(client.execute(&QueryBalloon {}).await.expect("balloon").actual, 64 << 20);
    let filters = client.execute(&QueryRxFilter { name: Some("nic".into()) }).await.expect("filter");
    assert_eq!(filters[0].main_mac, "52:54:00:00:00:01");
    client.execute(&SetLink { name: "nic".into(), up: false }).await.expect("link");
    let addr = QomGet { path: "/machine/peripheral/nic".into(), property: "mac".into() };
    assert_eq!(client.execute(&addr).await.expect("property"), json!("52:54:00:00:00:01"));

    let drive = json!({"driver": "null-co", "node-name": "second", "size": 512});
    client.execute(&BlockdevAdd(properties(drive))).await.expect("added");
    let device = json!({"driver": "virtio-blk-pci", "drive": "second", "id": "vdb", "bus": "root1"});
    client.execute(&DeviceAdd(properties(device))).await.expect("plugged");
    let nodes = client.execute(&QueryNamedBlockNodes { flat: Some(true) }).await.expect("nodes");
    assert_eq!(nodes.len(), 2);
    let back_end = ChardevAdd { id: "null0".into(), backend: json!({"type": "null", "data": {}}) };
    client.execute(&back_end).await.expect("added");
    client.execute(&ChardevRemove { id: "null0".into() }).await.expect("removed");
    let error = client.execute(&DeviceDel { id: "nothing".into() }).await.expect_err("not there");
    assert!(error.is_device_not_found(), "{error}");
    assert_eq!(client.execute(&QueryMigrate {}).await.expect("migration").status, None);
}

#[tokio::test]
async fn descriptors_reach_qemu() {
    let Some(guest) = Guest::start(NO_MACHINE, Options::default()).await else { return };
    let client = &guest.client;
    let file = || std::fs::File::open("/dev/null").expect("open").as_fd().try_clone_to_owned().expect("dup");
    // All at once, so that descriptors and commands must keep together.
    let added: Vec<_> = (0..8)
        .map(|n| {
            let add = AddFd { fdset_id: Some(n), opaque: Some(format!("disk {n}")) };
            client.submit_with_fds(&add, vec![file()])
        })
        .collect();
    for (n, pending) in added.into_iter().enumerate() {
        assert_eq!(pending.await.expect("added").fdset_id, n as u64);
    }
    let sets = client.execute(&QueryFdsets {}).await.expect("listed");
    assert_eq!(sets.iter().map(|set| set.fds.len()).sum::<usize>(), 8);
    client.execute_with_fds(&Getfd { fdname: "tap".into() }, vec![file()]).await.expect("kept");
    client.execute(&Closefd { fdname: "tap".into() }).await.expect("closed");
    client.execute(&Getfd { fdname: "none".into() }).await.expect_err("no descriptor came along");
}

#[tokio::test]
async fn a_killed_guest_fails_its_calls_at_once() {
    let Some(guest) = Guest::start(NO_MACHINE, Options::default()).await else { return };
    let pending: Vec<_> = (0..50).map(|_| guest.client.submit(&QuerySchema {})).collect();
    guest.process.0.kill(ferrovirt_host::process::Signal::KILL).expect("sent");
    let mut failed = 0;
    for reply in pending {
        match reply.await {
            Err(QmpError::Lost { .. }) => failed += 1,
            Ok(_) => {}
            Err(e) => panic!("{e}"),
        }
    }
    assert!(failed > 0);
}

#[tokio::test]
async fn a_start_that_fails_is_seen_as_the_end_of_the_monitor() {
    let Some(started) =
        Guest::try_start(&["-machine", "none", "-device", "no-such"], Options::default()).await
    else {
        return;
    };
    match started {
        Err(QmpError::Lost { reason: LostReason::Closed, .. }) => {}
        Err(e) => panic!("{e}"),
        Ok(_) => panic!("there is no such device"),
    }
}
