//! The client against a stock libvirtd: calls, errors, threads, streams with holes, descriptors, the end.

mod common;

use common::Daemon;
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::{Received, StreamDriver};
use ferrovirt_core::{ErrorCode, ErrorDomain, TypedParams};
use ferrovirt_rpc::client::{Client, CloseReason, Notice};
use ferrovirt_rpc::program::admin::{
    AdminConnectListServers, AdminConnectOpen, AdminServerGetThreadpoolParameters,
};
use ferrovirt_rpc::program::remote::*;
use std::time::Duration;

fn test_domain(client: &Client) -> ferrovirt_core::DomainId {
    client.call(&DomainLookupByName { name: "test".into() }).unwrap()
}

fn calls_and_errors(daemon: &Daemon) {
    let (client, _notices) = daemon.open("test:///default");
    assert_eq!(client.call(&ConnectGetUri {}).unwrap(), "test:///default");
    assert_eq!(client.call(&ConnectGetType {}).unwrap(), "TEST");
    let node = client.call(&NodeGetInfo {}).unwrap();
    assert_eq!((node.model.0.as_str(), node.memory, node.cpus), ("i686", 3145728, 16));

    let list = client.call(&ConnectListAllDomains { need_results: 1, flags: 0 }).unwrap();
    assert_eq!(list.ret, 1);
    let domain = &list.domains[0];
    assert_eq!((&*domain.name, domain.id), ("test", 1));
    assert_eq!(domain.uuid.to_string(), "6695eb01-f6a4-8304-79aa-97f2502e193f");
    let xml = client.call(&DomainGetXmlDesc { dom: domain.clone(), flags: 0 }).unwrap();
    assert!(xml.starts_with("<domain type='test' id='1'>") && xml.contains("<name>test</name>"));

    let err = client.call(&DomainLookupByName { name: "nobody".into() }).unwrap_err();
    assert_eq!((err.code(), err.error_domain()), (ErrorCode::NoDomain, ErrorDomain::Test));
    assert!(err.message().starts_with("Domain not found"), "{err}");
    assert_eq!(err.strings()[0].as_deref(), Some("Domain not found"));

    let call = DomainGetSchedulerParameters { dom: domain.clone(), nparams: 5 };
    let params = client.call(&call).unwrap();
    assert!(params.get("weight").is_some(), "{params:?}");
    let mut weight = TypedParams::new();
    weight.add("weight", 77u32);
    let set = DomainSetSchedulerParametersFlags { dom: domain.clone(), params: weight.into(), flags: 0 };
    client.call(&set).unwrap();
    client.call(&ConnectClose {}).unwrap();
}

fn many_threads_share_a_connection(daemon: &Daemon) {
    let (client, _notices) = daemon.open("test:///default");
    let domain = test_domain(&client);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (client, domain) = (&client, &domain);
            scope.spawn(move || {
                for round in 0..300 {
                    let name = format!("nobody-{thread}-{round}");
                    let call =
                        DomainSnapshotLookupByName { dom: domain.clone(), name: name.clone(), flags: 0 };
                    let err = client.call(&call).unwrap_err();
                    assert!(err.message().contains(&name), "{err}");
                    let info = client.call(&DomainGetInfo { dom: domain.clone() }).unwrap();
                    assert_eq!(info.nr_virt_cpu, 2);
                }
            });
        }
    });
}

fn read_only_socket(daemon: &Daemon) {
    let (client, _notices) = daemon.connect_to("libvirt-sock-ro");
    let flags = VIR_CONNECT_RO;
    client.call(&ConnectOpen { name: Some("test:///default".into()), flags }).unwrap();
    let domain = test_domain(&client);
    let err = client.call(&DomainSuspend { dom: domain }).unwrap_err();
    assert_eq!(err.code(), ErrorCode::OperationDenied);
}

fn admin(daemon: &Daemon) {
    let (client, _notices) = daemon.connect_to("libvirt-admin-sock");
    client.call(&AdminConnectOpen { flags: 0 }).unwrap();
    let mut servers = client.call(&AdminConnectListServers { need_results: 1, flags: 0 }).unwrap();
    servers.servers.0.sort();
    assert_eq!(*servers.servers, ["admin", "libvirtd"]);
    let pool = AdminServerGetThreadpoolParameters { srv: "libvirtd".into(), flags: 0 };
    assert!(client.call(&pool).unwrap().get("maxWorkers").is_some());
}

const POOL: &str = "<pool type='dir'><name>p</name><target><path>/run/p</path></target></pool>";
const VOLUME: &str = "<volume><name>v</name><capacity unit='bytes'>3145728</capacity>\
    <target><format type='raw'/></target></volume>";

fn read_all(stream: &dyn StreamDriver) -> Vec<u8> {
    let (mut content, mut buffer) = (Vec::new(), vec![0; 70_000]);
    loop {
        match stream.stream_recv(&mut buffer, 0, false).unwrap() {
            Received::Data(0) => return content,
            Received::Data(count) => content.extend_from_slice(&buffer[..count]),
            other => panic!("{other:?}"),
        }
    }
}

fn streams(daemon: &Daemon) {
    let (client, _notices) = daemon.open("storage:///system");
    let flags = VIR_STORAGE_POOL_CREATE_WITH_BUILD;
    let pool = client.call(&StoragePoolCreateXml { xml: POOL.into(), flags }).unwrap();
    let volume = client.call(&StorageVolCreateXml { pool, xml: VOLUME.into(), flags: 0 }).unwrap();

    // A megabyte of data, a hole, and a little more.
    let data: Vec<u8> = (0..1_048_576u32).map(|i| (i % 251) as u8).collect();
    let flags = VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM;
    let upload = StorageVolUpload { vol: volume.clone(), offset: 0, length: 0, flags };
    let ((), stream) = client.open_stream(&upload).unwrap();
    let mut rest = &data[..];
    while !rest.is_empty() {
        let sent = stream.stream_send(rest, false).unwrap().unwrap();
        rest = &rest[sent..];
    }
    stream.stream_send_hole(1_048_576, 0).unwrap();
    assert_eq!(stream.stream_send(b"tail", false).unwrap(), Some(4));
    stream.stream_finish().unwrap();
    assert!(stream.stream_finish().is_err());

    let expected = [&data[..], &vec![0; 1_048_576], b"tail"].concat();
    let download = |flags| StorageVolDownload { vol: volume.clone(), offset: 0, length: 0, flags };
    let ((), stream) = client.open_stream(&download(0)).unwrap();
    let content = read_all(&stream);
    assert!(content.starts_with(&expected) && content[expected.len()..].iter().all(|byte| *byte == 0));
    stream.stream_finish().unwrap();

    let flags = VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM;
    let ((), stream) = client.open_stream(&download(flags)).unwrap();
    let (mut at, mut holes) = (0, Vec::new());
    let mut buffer = vec![0; 100_000];
    loop {
        match stream.stream_recv(&mut buffer, VIR_STREAM_RECV_STOP_AT_HOLE, false).unwrap() {
            Received::Data(0) => break,
            Received::Data(count) => {
                let data = &buffer[..count];
                assert_eq!(data, [&expected[..], &vec![0; 1_048_576]].concat()[at..at + count].to_vec());
                at += count;
            }
            Received::Hole => {
                let length = stream.stream_recv_hole(0).unwrap();
                holes.push((at, length));
                at += length as usize;
            }
            Received::WouldBlock => panic!("the stream blocks"),
        }
    }
    assert!(holes.contains(&(1_048_576, 1_048_576)), "{holes:?}");
    stream.stream_finish().unwrap();

    let ((), stream) = client.open_stream(&download(0)).unwrap();
    assert!(matches!(stream.stream_recv(&mut buffer, 0, false).unwrap(), Received::Data(1..)));
    stream.stream_abort().unwrap();
    // One that is only dropped is aborted, and what was under way for it is nobody's.
    let ((), stream) = client.open_stream(&download(0)).unwrap();
    drop(stream);
    assert!(client.call(&StorageVolGetInfo { vol: volume.clone() }).is_ok());

    let nobody = StorageVolDownload {
        vol: ferrovirt_core::StorageVolId { name: "n".into(), ..volume.clone() },
        ..download(0)
    };
    assert!(client.open_stream(&nobody).is_err());
}

fn the_end_is_told(mut daemon: Daemon) {
    let (client, notices) = daemon.open("test:///default");
    daemon.kill();
    assert!(client.call(&ConnectGetType {}).is_err());
    let notice = notices.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(matches!(notice, Notice::Closed(CloseReason::Eof)), "{notice:?}");
    assert!(!client.is_alive());
    let err = client.call(&ConnectGetType {}).unwrap_err();
    assert_eq!((err.code(), err.error_domain()), (ErrorCode::Internal, ErrorDomain::Rpc));
}

/// One daemon for all: it takes longer to start than the tests do.
#[test]
fn a_stock_libvirtd_understands_us_and_we_it() {
    let Some(daemon) = Daemon::start() else { return };
    calls_and_errors(&daemon);
    many_threads_share_a_connection(&daemon);
    read_only_socket(&daemon);
    admin(&daemon);
    streams(&daemon);
    the_end_is_told(daemon);
}
