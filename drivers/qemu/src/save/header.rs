//! The file that a guest is saved to, in libvirt's layout: a header, the guest's description, QEMU's stream.

use ferrovirt_core::{Error, ErrorCode, Result};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What a whole image begins with, and one that is being written.
const WHOLE: &[u8; 16] = b"LibvirtQemudSave";
const PARTIAL: &[u8; 16] = b"LibvirtQemudPart";
const VERSION: u32 = 2;
/// The header's length; most of it is kept free.
const LENGTH: usize = 16 + 5 * 4 + 14 * 4;
/// The description is not longer than this: a file may be anything.
const LONGEST: u32 = 16 * 1024 * 1024;
/// Room behind the description, so that it can be edited.
const ROOM: usize = 1024;

/// A saved guest, and its file at where QEMU's stream begins.
pub struct Image {
    pub path: PathBuf,
    pub file: File,
    /// Whether the guest is to run when it is restored.
    pub running: bool,
    pub xml: String,
    data_len: u32,
    /// What libvirt's driver keeps for itself: not ours to read, but to keep.
    cookie: Vec<u8>,
}

fn failed(path: &Path, what: &str) -> impl Fn(std::io::Error) -> Error {
    move |err| Error::system(err, format_args!("cannot {what} the saved domain '{}'", path.display()))
}

/// Begins a file, which counts as partial until it is finished; it is left at where the stream goes.
pub fn create(path: &Path, xml: &str, running: bool) -> Result<Image> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(failed(path, "create"))?;
    let data_len = u32::try_from(xml.len() + 1 + ROOM)
        .ok()
        .filter(|length| *length <= LONGEST)
        .ok_or_else(|| Error::internal("the domain's description is too long for a saved domain"))?;
    let mut image =
        Image { path: path.to_owned(), file, running, xml: xml.to_owned(), data_len, cookie: Vec::new() };
    image.write(PARTIAL)?;
    Ok(image)
}

/// Reads what a file holds; one that was not written to its end is refused.
pub fn open(path: &Path, writable: bool) -> Result<Image> {
    let mut file = OpenOptions::new().read(true).write(writable).open(path).map_err(failed(path, "open"))?;
    let refuse = |why: &str| {
        let text = format!("'{}' is not a saved domain: {why}", path.display());
        Err(Error::new(ErrorCode::OperationFailed, text))
    };
    let mut header = [0; LENGTH];
    if file.read_exact(&mut header).is_err() {
        return refuse("it is too short");
    }
    match &header[..16] {
        magic if magic == WHOLE => {}
        magic if magic == PARTIAL => return refuse("it was not written to its end"),
        _ => return refuse("it begins with something else"),
    }
    // Numbers are in the order of whoever wrote the file; the version tells which that was.
    let raw = |place: usize| header[16 + 4 * place..20 + 4 * place].try_into().expect("four bytes");
    let swapped = u32::from_ne_bytes(raw(0)) > VERSION;
    let number = |place: usize| {
        let number = u32::from_ne_bytes(raw(place));
        if swapped { number.swap_bytes() } else { number }
    };
    if number(0) > VERSION {
        return refuse("a later version has written it");
    }
    let (data_len, running, format, cookie_at) = (number(1), number(2), number(3), number(4));
    if format != 0 {
        let text = format!(
            "the saved domain '{}' is compressed or sparse (format {format}), which is not read here",
            path.display()
        );
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    if data_len == 0 || data_len > LONGEST {
        return refuse("the length of its description can't be right");
    }
    let mut data = vec![0; data_len as usize];
    if file.read_exact(&mut data).is_err() {
        return refuse("it ends in the middle of its description");
    }
    let cookie = match cookie_at as usize {
        0 => Vec::new(),
        at if at < data.len() => data.split_off(at),
        _ => return refuse("its header points past it"),
    };
    let cookie = cookie.into_iter().take_while(|byte| *byte != 0).collect();
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let Ok(xml) = String::from_utf8(data[..end].to_vec()) else {
        return refuse("its description is not text");
    };
    Ok(Image { path: path.to_owned(), file, running: running == 1, xml, data_len, cookie })
}

impl Image {
    /// The file is whole: from now on it counts.
    pub fn finish(&mut self) -> Result<()> {
        self.file.sync_data().map_err(failed(&self.path, "write"))?;
        self.file.write_all_at(WHOLE, 0).map_err(failed(&self.path, "finish"))?;
        self.file.sync_all().map_err(failed(&self.path, "write"))
    }

    /// Puts another description in the place of the one that is there, and another state.
    pub fn replace(&mut self, xml: &str, running: bool) -> Result<()> {
        let cookie = if self.cookie.is_empty() { 0 } else { self.cookie.len() + 1 };
        if xml.len() + 1 + cookie > self.data_len as usize {
            let text = format!(
                "the new description does not fit: the saved domain has room for {} bytes",
                self.data_len as usize - cookie
            );
            return Err(Error::operation_failed(text));
        }
        (self.xml, self.running) = (xml.to_owned(), running);
        self.write(WHOLE)?;
        self.file.sync_all().map_err(failed(&self.path, "write"))
    }

    fn write(&mut self, magic: &[u8; 16]) -> Result<()> {
        let mut data = self.xml.clone().into_bytes();
        data.push(0);
        let cookie_at = if self.cookie.is_empty() { 0 } else { data.len() as u32 };
        data.extend_from_slice(&self.cookie);
        data.resize(self.data_len as usize, 0);
        let mut all = magic.to_vec();
        for number in [VERSION, self.data_len, u32::from(self.running), 0, cookie_at] {
            all.extend_from_slice(&number.to_ne_bytes());
        }
        all.resize(LENGTH, 0);
        all.extend_from_slice(&data);
        let write = |file: &mut File| file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&all));
        write(&mut self.file).map_err(failed(&self.path, "write"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_written_is_read_and_can_be_edited() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("web.save");
        let mut image = create(&path, "<domain/>", true).unwrap();
        image.file.write_all(b"stream").expect("written");
        assert!(open(&path, false).err().unwrap().to_string().contains("not written to its end"));
        image.finish().unwrap();
        let mut image = open(&path, true).unwrap();
        assert_eq!((image.xml.as_str(), image.running), ("<domain/>", true));
        image.replace("<domain type='qemu'/>", false).unwrap();
        assert!(image.replace(&"x".repeat(5000), false).is_err());
        let mut image = open(&path, false).unwrap();
        assert_eq!((image.xml.as_str(), image.running), ("<domain type='qemu'/>", false));
        let mut rest = String::new();
        image.file.read_to_string(&mut rest).expect("read");
        assert_eq!(rest, "stream");
        let bytes = fs::read(&path).expect("read");
        assert_eq!((&bytes[..16], bytes[16]), (&b"LibvirtQemudSave"[..], 2));
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other");
        fs::write(&path, b"LibvirtQemudSave").expect("written");
        assert!(open(&path, false).is_err());
        let mut header = b"LibvirtQemudSave".to_vec();
        header.extend(2u32.to_ne_bytes());
        header.extend(u32::MAX.to_ne_bytes());
        header.resize(200, 0);
        fs::write(&path, &header).expect("written");
        assert!(open(&path, false).is_err());
        assert_eq!(open(&folder.path().join("none"), false).err().unwrap().code(), ErrorCode::SystemError);
    }
}
