//! `<sysinfo>` of the host: what its firmware tells.

use ferrovirt_core::{Error, Result};
use ferrovirt_host::KernelFiles;
use ferrovirt_host::dmi;
use ferrovirt_xml::Writer;

/// The host's SMBIOS tables as XML.
pub fn sysinfo(files: &KernelFiles) -> Result<String> {
    let parts = dmi::parts(files);
    if parts.is_empty() {
        let text = "the host has no SMBIOS tables that can be read ('/sys/class/dmi/id' is empty or missing)";
        return Err(Error::config_unsupported(text));
    }
    let mut w = Writer::new();
    w.open("sysinfo");
    w.attr_str("type", "smbios");
    for part in parts {
        w.open(part.name);
        for (name, value) in part.entries {
            w.open("entry");
            w.attr_str("name", name);
            w.text_str(&value);
            w.close("entry");
        }
        w.close(part.name);
    }
    w.close("sysinfo");
    Ok(w.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn what_the_firmware_tells_becomes_xml() {
        let root = tempfile::tempdir().expect("a folder");
        let files = KernelFiles::at(root.path());
        assert_eq!(sysinfo(&files).expect_err("there is nothing").code(), ErrorCode::ConfigUnsupported);
        let folder = root.path().join("sys/class/dmi/id");
        std::fs::create_dir_all(&folder).expect("made");
        std::fs::write(folder.join("sys_vendor"), "A & B\n").expect("written");
        let expected = "<sysinfo type='smbios'>\n  <system>\n    <entry name='manufacturer'>A &amp; B</entry>\n  \
                        </system>\n</sysinfo>\n";
        assert_eq!(sysinfo(&files).expect("told"), expected);
    }
}
