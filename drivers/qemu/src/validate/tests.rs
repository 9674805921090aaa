//! Each refusal, by a document that differs from a good one in that alone.

use ferrovirt_core::ErrorCode::{self, ConfigUnsupported, Internal, XmlError};

use crate::sample::define;

fn code(machine: &str, inside: &str, devices: &str) -> ErrorCode {
    define(machine, inside, devices).expect_err(&format!("{inside}{devices}")).code()
}

#[test]
fn a_plain_guest_is_taken() {
    for machine in ["pc", "q35"] {
        define(machine, "", "<disk><source file='/a'/><target dev='vda' bus='virtio'/></disk>").unwrap();
    }
}

#[test]
fn unknown_machines_and_kinds_of_guests_are_refused() {
    // Without PCI there is no place for the memory balloon, which is found out first.
    assert_eq!(code("isapc", "", ""), XmlError);
    assert_eq!(code("isapc", "", "<memballoon model='none'/>"), ConfigUnsupported);
    assert_eq!(code("pc-i440fx-0.1", "", ""), ConfigUnsupported);
    let hyperv = crate::sample::definition("pc", "", "").replace("type='qemu'", "type='hyperv'");
    for text in [hyperv.clone(), hyperv.replace(" machine='pc'", "")] {
        assert_eq!(crate::sample::define_text(&text).unwrap_err().code(), ConfigUnsupported, "{text}");
    }
}

#[test]
fn uefi_needs_acpi_whether_its_image_may_be_written_or_not() {
    for readonly in ["yes", "no"] {
        let text = crate::sample::definition("q35", "", "").replace(
            "</os>",
            &format!("<loader type='pflash' readonly='{readonly}'>/srv/code.fd</loader></os>"),
        );
        assert_eq!(crate::sample::define_text(&text).unwrap_err().code(), ConfigUnsupported);
        crate::sample::define_text(&text.replace("</os>", "</os><features><acpi/></features>")).unwrap();
    }
}

#[test]
fn devices_that_such_a_guest_can_not_have() {
    for (machine, devices) in [
        ("pc", "<iommu model='intel'/>"),
        ("pc", "<watchdog model='itco'/>"),
        ("q35", "<watchdog model='ib700'/>"),
        ("pc", "<watchdog model='diag288'/>"),
        ("pc", "<watchdog model='ib700'/><watchdog model='ib700'/>"),
        ("pc", "<panic model='pseries'/>"),
        ("pc", "<input type='passthrough' bus='virtio'><source evdev='/dev/input/event0'/></input>"),
        ("pc", "<controller type='usb' index='0' model='nec-xhci'/>"),
        ("pc", "<video><model type='vga'/></video><video><model type='cirrus'/></video>"),
        ("pc", "<video><model type='vga' heads='2'/></video>"),
        ("pc", "<video><model type='bochs'/></video>"),
        ("pc", "<serial type='pty'><target type='usb-serial'><model name='pci-serial'/></target></serial>"),
        ("pc", "<graphics type='spice'/>"),
    ] {
        assert_eq!(code(machine, "", devices), ConfigUnsupported, "{devices}");
    }
    assert_eq!(code("q35", "", "<controller type='pci' index='1'/>"), Internal);
    // There is no slot for it, which is found out first.
    assert_eq!(code("pc", "", "<memballoon model='xen'/>"), Internal);
    assert_eq!(
        code("pc", "<features><ps2 state='off'/></features>", "<input type='mouse' bus='ps2'/>"),
        ConfigUnsupported
    );
}

#[test]
fn disks_that_qemu_can_not_serve() {
    let disk = |attributes: &str, driver: &str, target: &str, more: &str| {
        format!(
            "<disk type='file' {attributes}><driver name='qemu' {driver}/><source file='/a'/><target {target}/>{more}</disk>"
        )
    };
    for (disk, expected) in [
        (disk("device='cdrom'", "", "dev='vda' bus='virtio'", ""), ConfigUnsupported),
        (disk("", "", "dev='hda' bus='ide'", "<readonly/>"), ConfigUnsupported),
        (disk("", "io='native'", "dev='vda' bus='virtio'", ""), ConfigUnsupported),
        (disk("", "copy_on_read='on'", "dev='vda' bus='virtio'", "<readonly/>"), ConfigUnsupported),
        (disk("", "type='qcow2'", "dev='vda' bus='virtio'", "<shareable/>"), ConfigUnsupported),
        (disk("", "type='cow'", "dev='vda' bus='virtio'", ""), ConfigUnsupported),
        (disk("", "", "dev='vda' bus='virtio' rotation_rate='1'", ""), Internal),
        (disk("", "", "dev='vda1' bus='virtio'", ""), ConfigUnsupported),
        (disk("", "", "dev='hde' bus='ide'", ""), Internal),
    ] {
        assert_eq!(code("pc", "", &disk), expected, "{disk}");
    }
}

#[test]
fn cpus_that_do_not_add_up() {
    let topology = "<vcpu>4</vcpu><cpu><topology sockets='1' cores='2' threads='1'/></cpu>";
    assert_eq!(code("pc", topology, ""), ConfigUnsupported);
    assert_eq!(code("pc", "<vcpu>289</vcpu>", ""), ConfigUnsupported);
    assert_eq!(code("pc", "<vcpu>256</vcpu>", ""), ConfigUnsupported);
    define("q35", "<vcpu>256</vcpu>", "").unwrap();
    assert_eq!(
        code("pc", "<cpu mode='custom'><model>qemu64</model><cache mode='passthrough'/></cpu>", ""),
        ConfigUnsupported
    );
}

#[test]
fn features_and_timers_of_other_machines() {
    for inside in [
        "<features><gic version='2'/></features>",
        "<features><htm state='on'/></features>",
        "<features><vmport state='on'/></features>",
        "<clock offset='utc'><timer name='armvtimer'/></clock>",
        "<clock offset='utc'><timer name='rtc' tickpolicy='merge'/></clock>",
        "<clock offset='utc'><timer name='pit' tickpolicy='merge'/></clock>",
        "<clock offset='absolute' start='253402300800'/>",
        "<memtune><min_guarantee>1</min_guarantee></memtune>",
        "<genid/>",
    ] {
        assert_eq!(code("pc", inside, ""), ConfigUnsupported, "{inside}");
    }
}

#[test]
fn who_serves_devices_from_outside_must_see_the_memory() {
    let card = "<interface type='vhostuser'><source type='unix' path='/a' mode='client'/><model type='virtio'/></interface>";
    assert_eq!(code("pc", "", card), ConfigUnsupported);
    define("pc", "<memoryBacking><access mode='shared'/></memoryBacking>", card).unwrap();
}
