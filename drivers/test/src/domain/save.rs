//! Saving guests to files and taking them up again, and core dumps.

use super::{Start, definition, start};
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_core::driver::DomainJobs;
use ferrovirt_core::{DomainId, Error, ErrorCode, Result, abi};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

/// How a file of ours begins.
const MAGIC: &[u8; 15] = b"TestGuestMagic\0";
/// A longer description is a sign that the file is not ours.
const LONGEST: usize = 8192;

impl DomainJobs for TestDriver {
    fn domain_save_flags(&self, domain: &DomainId, to: &str, xml: Option<&str>, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainSaveFlags")?;
        refuse_other_xml(xml)?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.check_active()?;
            write_image(to, &guest.definition.model)?;
            guest.stop(abi::VIR_DOMAIN_SHUTOFF_SAVED, abi::VIR_DOMAIN_EVENT_STOPPED_SAVED);
            Ok(())
        })
    }

    fn domain_restore_flags(&self, from: &str, xml: Option<&str>, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainRestoreFlags")?;
        refuse_other_xml(xml)?;
        start::start(&self.host, read_image(from)?, Start::Restored).map(|_| ())
    }

    fn domain_save_image_get_xml_desc(&self, file: &str, flags: u32) -> Result<String> {
        refuse::flags(flags, abi::VIR_DOMAIN_SAVE_IMAGE_XML_SECURE, "virDomainSaveImageGetXMLDesc")?;
        Ok(read_image(file)?.format())
    }

    fn domain_save_image_define_xml(&self, file: &str, xml: &str, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_SAVE_RUNNING | abi::VIR_DOMAIN_SAVE_PAUSED;
        refuse::flags(flags, known, "virDomainSaveImageDefineXML")?;
        read_image(file)?;
        write_image(file, &definition::parse(xml, definition::user(false))?)
    }

    fn domain_managed_save(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let known =
            abi::VIR_DOMAIN_SAVE_BYPASS_CACHE | abi::VIR_DOMAIN_SAVE_RUNNING | abi::VIR_DOMAIN_SAVE_PAUSED;
        refuse::flags(flags, known, "virDomainManagedSave")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.check_active()?;
            if !guest.persistent {
                return Err(refuse::operation_invalid("a transient domain can't be kept: save it to a file"));
            }
            guest.stop(abi::VIR_DOMAIN_SHUTOFF_SAVED, abi::VIR_DOMAIN_EVENT_STOPPED_SAVED);
            guest.managed_save = true;
            Ok(())
        })
    }

    fn domain_has_managed_save_image(&self, domain: &DomainId, flags: u32) -> Result<bool> {
        refuse::flags(flags, 0, "virDomainHasManagedSaveImage")?;
        Ok(self.host.guest(domain)?.view().managed_save)
    }

    fn domain_managed_save_remove(&self, domain: &DomainId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainManagedSaveRemove")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.managed_save = false;
            Ok(())
        })
    }

    fn domain_core_dump_with_format(
        &self,
        domain: &DomainId,
        to: &str,
        format: u32,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, abi::VIR_DUMP_CRASH, "virDomainCoreDumpWithFormat")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.check_active()?;
            create(to).and_then(|mut file| file.write_all(MAGIC)).map_err(|err| {
                failed(err, format!("the core of domain '{}' can't be dumped to '{to}'", guest.name()))
            })?;
            if format != abi::VIR_DOMAIN_CORE_DUMP_FORMAT_RAW {
                return Err(refuse::operation_unsupported("cores can be dumped raw only"));
            }
            if flags & abi::VIR_DUMP_CRASH != 0 {
                guest.stop(abi::VIR_DOMAIN_SHUTOFF_CRASHED, abi::VIR_DOMAIN_EVENT_STOPPED_CRASHED);
            }
            Ok(())
        })
    }
}

fn refuse_other_xml(xml: Option<&str>) -> Result<()> {
    match xml {
        None => Ok(()),
        Some(_) => {
            let text = "the description can't be replaced here; change the file's own one";
            Err(refuse::error(ErrorCode::ArgumentUnsupported, text))
        }
    }
}

fn failed(err: io::Error, what: String) -> Error {
    Error::system(err, what).domain(ferrovirt_core::ErrorDomain::Test)
}

fn create(path: &str) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Magic, the length of the description as a native `int`, the description.
fn write_image(path: &str, model: &Domain) -> Result<()> {
    let text = model.format();
    let length = i32::try_from(text.len()).unwrap_or(i32::MAX);
    let write = || {
        let mut file = create(path)?;
        file.write_all(MAGIC)?;
        file.write_all(&length.to_ne_bytes())?;
        file.write_all(text.as_bytes())
    };
    write().map_err(|err| {
        // What is there of it is of no use; the first failure is the one to tell.
        let _ = std::fs::remove_file(path);
        failed(err, format!("domain '{}' can't be saved to '{path}'", model.name))
    })
}

fn read_image(path: &str) -> Result<Domain> {
    let bytes = File::open(path)
        .and_then(|file| {
            let mut bytes = Vec::new();
            file.take((MAGIC.len() + 4 + LONGEST) as u64).read_to_end(&mut bytes).map(|_| bytes)
        })
        .map_err(|err| failed(err, format!("the saved domain '{path}' can't be read")))?;
    let cut_off = || failed(io::Error::from_raw_os_error(0), format!("the saved domain '{path}' is cut off"));
    let Some((magic, rest)) = bytes.split_first_chunk::<15>() else { return Err(cut_off()) };
    if magic != MAGIC {
        return Err(refuse::internal(format!("'{path}' is not a domain that this hypervisor saved")));
    }
    let Some((length, text)) = rest.split_first_chunk::<4>() else { return Err(cut_off()) };
    let length = usize::try_from(i32::from_ne_bytes(*length)).unwrap_or(0);
    if !(1..=LONGEST).contains(&length) {
        return Err(refuse::internal(format!("the description in '{path}' can't be {length} bytes long")));
    }
    let text = text.get(..length).ok_or_else(cut_off)?;
    let text = String::from_utf8_lossy(text);
    let flags = ParseFlags { skip_validate: true, ..definition::user(false) };
    definition::parse(&text, flags)
}
