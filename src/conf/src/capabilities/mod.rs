//! `<capabilities>`: what a host is made of, and which guests it can run.

mod guest;
mod host;
mod topology;

pub use guest::*;
pub use host::*;
pub use topology::*;

use crate::domain_capabilities::Choices;
use ferrovirt_xml::{XmlElement, to_string};
use serde::{Deserialize, Serialize};

/// `<capabilities>`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "capabilities")]
pub struct Capabilities {
    #[xml(child = "host")]
    pub host: Option<HostCapabilities>,
    #[xml(child = "guest")]
    pub guests: Vec<GuestCapabilities>,
    /// The kinds of storage pools there are.
    #[xml(child = "pool/enum")]
    pub pools: Vec<Choices>,
}

impl Capabilities {
    /// The document with the empty lines between its parts that libvirt has.
    pub fn to_xml(&self) -> String {
        let mut text = String::new();
        for line in to_string(self).lines() {
            text.push_str(line);
            // At this depth there are no other elements of these names.
            let separated = ["<capabilities>", "  </host>", "  </guest>", "  </pool>"].contains(&line);
            text.push_str(if separated { "\n\n" } else { "\n" });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::check_same;
    use ferrovirt_xml::from_str;

    const DOCUMENT: &str = "\
<capabilities>

  <host>
    <uuid>0f1e2d3c-4b5a-4697-8877-665544332211</uuid>
    <cpu>
      <arch>x86_64</arch>
      <model>Opteron_G2</model>
      <vendor>AMD</vendor>
      <microcode version='7'/>
      <signature family='15' model='6' stepping='1'/>
      <counter name='tsc' frequency='2000000000' scaling='yes'/>
      <topology sockets='1' dies='1' clusters='1' cores='2' threads='1'/>
      <maxphysaddr mode='emulate' bits='40'/>
      <feature name='svm'/>
      <pages unit='KiB' size='4'/>
    </cpu>
    <power_management>
      <suspend_mem/>
      <suspend_hybrid/>
    </power_management>
    <iommu support='yes'/>
    <migration_features>
      <live/>
      <uri_transports>
        <uri_transport>tcp</uri_transport>
      </uri_transports>
    </migration_features>
    <topology>
      <cells num='1'>
        <cell id='0'>
          <memory unit='KiB'>2048</memory>
          <pages unit='KiB' size='4'>512</pages>
          <distances>
            <sibling id='0' value='10'/>
          </distances>
          <cpus num='2'>
            <cpu id='0' socket_id='0' die_id='0' cluster_id='65535' core_id='0' siblings='0-1'/>
            <cpu id='1'/>
          </cpus>
        </cell>
      </cells>
    </topology>
    <cache>
      <bank id='0' level='3' type='both' size='15' unit='MiB' cpus='0-1'>
        <control granularity='768' min='1536' unit='KiB' type='code' maxAllocs='4'/>
      </bank>
      <monitor level='3' reuseThreshold='270336' maxMonitors='176'>
        <feature name='llc_occupancy'/>
      </monitor>
    </cache>
    <secmodel>
      <model>dac</model>
      <doi>0</doi>
      <baselabel type='kvm'>+7:+7</baselabel>
    </secmodel>
  </host>

  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>/opt/qemu</emulator>
      <machine maxCpus='8'>board-1</machine>
      <machine canonical='board-1' maxCpus='8' deprecated='yes'>board</machine>
      <domain type='qemu'/>
      <domain type='kvm'>
        <emulator>/opt/qemu-kvm</emulator>
        <machine>board-1</machine>
      </domain>
    </arch>
    <features>
      <acpi default='on' toggle='yes'/>
      <apic default='on' toggle='no'/>
      <cpuselection/>
      <externalSnapshot/>
    </features>
  </guest>

</capabilities>
";

    #[test]
    fn a_document_comes_back_with_its_empty_lines() {
        let capabilities: Capabilities = from_str(DOCUMENT, "test").expect("readable");
        assert_eq!(capabilities.to_xml(), DOCUMENT);
    }

    #[test]
    fn little_can_be_known() {
        check_same::<Capabilities>("<capabilities/>");
        check_same::<Capabilities>(
            "<capabilities>\n  <host>\n    <cpu>\n      <arch>i686</arch>\n      <features>\n        <pae/>\n      \
             </features>\n    </cpu>\n    <power_management/>\n  </host>\n</capabilities>",
        );
    }
}
