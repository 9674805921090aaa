//! Volumes through the daemon, up and down, whole and with holes: our client's streams on our daemon's.

mod common;

use common::Daemon;
use ferrovirt::{Connection, SparseSink, SparseSource, StorageVol};
use ferrovirt_core::Result;
use ferrovirt_core::abi::{
    VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM as SPARSE_DOWN, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM as SPARSE_UP,
};
use std::os::unix::fs::MetadataExt;

const MIB: usize = 1 << 20;

/// Two pieces of data with a hole between them and one behind.
fn content() -> Vec<u8> {
    let mut all = vec![0; 8 * MIB];
    let byte = |at: usize| (at % 251) as u8 + 1;
    (0..MIB).chain(4 * MIB..5 * MIB).for_each(|at| all[at] = byte(at));
    all
}

struct Host {
    _daemon: Daemon,
    connection: Connection,
    images: tempfile::TempDir,
}

impl Host {
    fn start() -> Self {
        let daemon = Daemon::start();
        let instance = if rustix::process::geteuid().is_root() { "system" } else { "session" };
        let uri = format!("storage+unix:///{instance}?socket={}", daemon.socket("libvirt-sock").display());
        let connection = Connection::open(Some(&uri)).unwrap();
        let images = tempfile::tempdir().unwrap();
        let xml = format!(
            "<pool type='dir'><name>images</name><target><path>{}</path></target></pool>",
            images.path().display()
        );
        connection.create_storage_pool(&xml, 0).unwrap();
        Self { _daemon: daemon, connection, images }
    }

    fn volume(&self, name: &str) -> StorageVol {
        let xml = format!(
            "<volume><name>{name}</name><capacity>{}</capacity><allocation>0</allocation></volume>",
            8 * MIB
        );
        self.connection.lookup_storage_pool_by_name("images").unwrap().create_volume(&xml, 0).unwrap()
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.images.path().join(name)
    }
}

#[test]
fn a_volume_goes_up_and_comes_down_whole() {
    let host = Host::start();
    let (volume, content) = (host.volume("whole"), content());
    let stream = host.connection.new_stream(0).unwrap();
    volume.upload(&stream, 0, content.len() as u64, 0).unwrap();
    let mut rest = &content[..];
    let source = |buffer: &mut [u8]| {
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        rest = &rest[count..];
        Ok(count)
    };
    stream.send_all(source).unwrap();
    stream.finish().unwrap();
    assert!(std::fs::read(host.file("whole")).unwrap() == content);

    let stream = host.connection.new_stream(0).unwrap();
    volume.download(&stream, MIB as u64 / 2, 4 * MIB as u64, 0).unwrap();
    let mut came = Vec::new();
    let sink = |data: &[u8]| {
        came.extend_from_slice(data);
        Ok(data.len())
    };
    stream.recv_all(sink).unwrap();
    stream.finish().unwrap();
    assert!(came == content[MIB / 2..4 * MIB + MIB / 2], "{} bytes came", came.len());
    // One that is given up half-way leaves the connection well.
    let stream = host.connection.new_stream(0).unwrap();
    volume.download(&stream, 0, 0, 0).unwrap();
    stream.recv(&mut [0; 100]).unwrap();
    stream.abort().unwrap();
    assert_eq!(volume.info().unwrap().capacity, 8 * MIB as u64);
}

/// Data and holes of the content, and what came of them.
struct Sparse {
    content: Vec<u8>,
    at: usize,
    holes: usize,
}

impl Sparse {
    fn is_data(at: usize) -> bool {
        at < MIB || (4 * MIB..5 * MIB).contains(&at)
    }
}

impl SparseSource for Sparse {
    fn section(&mut self) -> Result<(bool, i64)> {
        let end = [MIB, 4 * MIB, 5 * MIB, 8 * MIB].into_iter().find(|end| self.at < *end).unwrap_or(self.at);
        Ok((self.at < self.content.len() && Self::is_data(self.at), (end - self.at) as i64))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = (self.content.len() - self.at).min(buffer.len());
        buffer[..count].copy_from_slice(&self.content[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }

    fn skip(&mut self, length: i64) -> Result<()> {
        self.at += length as usize;
        self.holes += 1;
        Ok(())
    }
}

impl SparseSink for Sparse {
    fn write(&mut self, data: &[u8]) -> Result<usize> {
        self.content.extend_from_slice(data);
        Ok(data.len())
    }

    fn hole(&mut self, length: i64) -> Result<()> {
        self.content.resize(self.content.len() + length as usize, 0);
        self.holes += 1;
        Ok(())
    }
}

#[test]
fn holes_are_not_sent() {
    let host = Host::start();
    let (volume, content) = (host.volume("sparse"), content());
    let stream = host.connection.new_stream(0).unwrap();
    volume.upload(&stream, 0, content.len() as u64, SPARSE_UP).unwrap();
    let mut source = Sparse { content: content.clone(), at: 0, holes: 0 };
    stream.sparse_send_all(&mut source).unwrap();
    stream.finish().unwrap();
    assert!(source.holes >= 2);
    assert!(std::fs::read(host.file("sparse")).unwrap() == content);
    let used = std::fs::metadata(host.file("sparse")).unwrap().blocks() as usize * 512;
    assert!(used < 4 * MIB, "{used} bytes are used");

    let stream = host.connection.new_stream(0).unwrap();
    volume.download(&stream, 0, 0, SPARSE_DOWN).unwrap();
    let mut sink = Sparse { content: Vec::new(), at: 0, holes: 0 };
    stream.sparse_recv_all(&mut sink).unwrap();
    stream.finish().unwrap();
    assert!(sink.content == content && sink.holes >= 2, "{} bytes, {} holes", sink.content.len(), sink.holes);
}
