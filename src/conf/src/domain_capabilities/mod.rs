//! `<domainCapabilities>`: what guests of one emulator, machine and virtualization type can have.

mod cpu;
mod features;
mod support;

pub use cpu::*;
pub use features::*;
pub use support::*;

use crate::cpu::Arch;
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<domainCapabilities>`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, XmlElement)]
#[xml(name = "domainCapabilities")]
pub struct DomainCapabilities {
    /// The emulator.
    #[xml(value)]
    pub path: Option<String>,
    /// The type of domain, such as `kvm`.
    #[xml(value)]
    pub domain: String,
    #[xml(value)]
    pub machine: Option<String>,
    #[xml(value)]
    pub arch: Arch,
    #[xml(attr = "vcpu/@max")]
    pub max_vcpus: Option<u32>,
    #[xml(child = "iothreads")]
    pub iothreads: Option<Support>,
    #[xml(child = "os")]
    pub os: Option<OsSupport>,
    #[xml(child = "cpu")]
    pub cpu: CpuSupport,
    #[xml(child = "memoryBacking")]
    pub memory_backing: Option<Support>,
    #[xml(child = "devices")]
    pub devices: DeviceSupport,
    #[xml(child = "features")]
    pub features: FeatureSupport,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::CpuMode;
    use ferrovirt_xml::check::check_same;
    use ferrovirt_xml::from_str;

    const DOCUMENT: &str = "\
<domainCapabilities>
  <path>/opt/qemu</path>
  <domain>kvm</domain>
  <machine>board-1</machine>
  <arch>x86_64</arch>
  <vcpu max='8'/>
  <iothreads supported='yes'/>
  <os supported='yes'>
    <enum name='firmware'/>
    <loader supported='yes'>
      <value>/opt/firmware.fd</value>
      <enum name='type'>
        <value>rom</value>
      </enum>
    </loader>
  </os>
  <cpu>
    <mode name='host-passthrough' supported='yes'>
      <enum name='hostPassthroughMigratable'>
        <value>off</value>
      </enum>
    </mode>
    <mode name='maximum' supported='no'/>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>Opteron_G2</model>
      <vendor>AMD</vendor>
      <maxphysaddr mode='passthrough' limit='40'/>
      <feature policy='require' name='svm'/>
      <feature policy='disable' name='nx'/>
    </mode>
    <mode name='custom' supported='yes'>
      <model usable='no' deprecated='yes' vendor='Intel' canonical='n270-v1'>n270</model>
      <blockers model='n270'>
        <feature name='pni'/>
      </blockers>
      <model usable='unknown' vendor='unknown'>other</model>
    </mode>
  </cpu>
  <memoryBacking supported='no'/>
  <devices>
    <disk supported='yes'>
      <enum name='bus'>
        <value>ide</value>
        <value>sata</value>
      </enum>
    </disk>
    <tpm supported='no'/>
  </devices>
  <features>
    <gic supported='no'/>
    <async-teardown supported='no'/>
    <sev supported='yes'>
      <cbitpos>51</cbitpos>
      <reducedPhysBits>1</reducedPhysBits>
      <maxGuests>59</maxGuests>
      <maxESGuests>450</maxESGuests>
    </sev>
    <sgx supported='yes'>
      <flc>no</flc>
      <sgx1>yes</sgx1>
      <sgx2>no</sgx2>
      <section_size unit='KiB'>2</section_size>
      <sections>
        <section node='0' size='1' unit='KiB'/>
      </sections>
    </sgx>
    <launchSecurity supported='no'/>
  </features>
</domainCapabilities>";

    #[test]
    fn a_document_comes_back_and_can_be_asked() {
        check_same::<DomainCapabilities>(DOCUMENT);
        let read: DomainCapabilities = from_str(DOCUMENT, "test").expect("readable");
        assert!(read.cpu.supports(CpuMode::HostPassthrough) && !read.cpu.supports(CpuMode::Maximum));
        assert!(read.cpu.supports(CpuMode::HostModel) && read.cpu.supports(CpuMode::Custom));
        let disk = read.devices.disk.expect("there");
        assert!(disk.allows("bus", "sata") && !disk.allows("bus", "usb") && !disk.allows("model", "sata"));
    }

    #[test]
    fn nothing_can_be_supported() {
        check_same::<DomainCapabilities>(
            "<domainCapabilities>
  <path>/opt/qemu</path>
  <domain>kvm</domain>
  <arch>x86_64</arch>
  <cpu>
    <mode name='host-passthrough' supported='no'/>
    <mode name='custom' supported='no'/>
  </cpu>
  <devices>
  </devices>
  <features>
    <sev supported='no'/>
  </features>
</domainCapabilities>",
        );
    }
}
