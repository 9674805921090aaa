"""XML documents for a walk: made up at random, or taken from libvirt's own test documents where these are at hand."""

import glob
import os
import re

import libvirt

DEVICES = (
    "disk|interface|controller|hostdev|graphics|video|input|sound|channel|console|serial|parallel|watchdog|memballoon|"
    "rng|tpm|memory|shmem|panic|redirdev|filesystem|smartcard|hub|lease|emulator|vsock|iommu|audio|crypto|pstore"
)
NAMESPACE = "xmlns:test='http://libvirt.org/schemas/domain/test/1.0'"
UUIDS = ["11111111-2222-3333-4444-%012d" % number for number in range(12)]
DISKS = [
    "<disk type='file' device='disk'><source file='/tmp/d%d.img'/><target dev='vd%s' bus='virtio'/></disk>" % pair
    for pair in enumerate("abcd")
]
BROKEN = ["", "<domain", "<something/>"]


def devices_in(text):
    inside = re.search(r"<devices>(.*)</devices>", text, re.S)
    pattern = r"<(%s)\b[^>]*/>|<(%s)\b[^>]*>.*?</\2>" % (DEVICES, DEVICES)
    return [found.group(0) for found in re.finditer(pattern, inside.group(1), re.S)] if inside else []


def described(guest):
    """Nothing, of a guest that is gone."""
    try:
        return guest.XMLDesc(0)
    except libvirt.libvirtError:
        return ""


class Documents:
    """Whatever is chosen is chosen by `random`, so that two libraries are given the same."""

    def __init__(self, random, fixtures):
        self.random = random
        self.fixtures = fixtures
        read = self.read
        self.domains = read("qemuxmlconfdata", 60) + read("genericxml2xmlindata", 60)
        self.devices = [device for text in self.domains for device in devices_in(text)]
        self.devices += read("qemuhotplugtestdevices", 40) or DISKS
        self.networks = read("networkxml2xmlin", 60)
        self.pools = read("storagepoolxml2xmlin", 60)
        self.volumes = read("storagevolxml2xmlin", 60)
        self.interfaces = read("interfaceschemadata", 60)
        self.node_devices = read("nodedevschemadata", 80)
        self.snapshots = read("qemudomainsnapshotxml2xmlin", 60)
        self.checkpoints = read("qemudomaincheckpointxml2xmlin", 30)

    def read(self, folder, most):
        files = sorted(glob.glob(os.path.join(self.fixtures, folder, "*.xml")))
        self.random.shuffle(files)
        texts = []
        for name in files[:most]:
            with open(name, encoding="utf-8", errors="ignore") as file:
                texts.append(file.read())
        return texts

    def one(self, values):
        return values[self.random.randrange(len(values))]

    def chance(self, share):
        return self.random.random() < share

    def maybe(self, share, text):
        return text if self.chance(share) else ""

    def stored(self, texts, share):
        """One of libvirt's own documents, every now and then."""
        return self.one(texts) if texts and self.chance(share) else None

    def simple_device(self):
        one, below = self.one, self.random.randrange
        return one(DISKS + [
            "<disk type='file' device='cdrom'><source file='/tmp/c.iso'/><target dev='hdc' bus='ide'/><readonly/></disk>",
            "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>",
            "<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/><target dev='tn%d'/>"
            "</interface>" % below(3),
            "<interface type='user'><mac address='52:54:00:00:00:03'/><model type='virtio'/></interface>",
            "<hostdev mode='subsystem' type='usb'><source><address bus='14' device='6'/></source></hostdev>",
            "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='5' slot='1' "
            "function='0'/></source></hostdev>",
            "<filesystem type='mount'><source dir='/a%d'/><target dir='/b%d'/></filesystem>" % (below(2), below(2)),
            "<memory model='dimm'><target><size unit='MiB'>128</size></target></memory>",
            "<graphics type='vnc' port='-1' autoport='yes'/>",
            "<input type='tablet' bus='usb'/>",
            "<controller type='scsi' index='%d'/>" % below(3),
        ])

    def device(self, guests):
        """One to plug in, out or change; some of them are in a guest already."""
        if self.chance(0.5):
            return self.simple_device()
        if self.chance(0.1):
            return self.one(BROKEN + ["<disk/>", "<interface/>"])
        there = devices_in(described(self.one(guests))) if guests and self.chance(0.4) else []
        if not there:
            return self.one(self.devices)
        device = self.one(there)
        if self.chance(0.5):
            change = lambda _: "'%d'" % self.random.randrange(3)
            device = re.sub(r"'\d'", change, device, count=1 + self.random.randrange(2))
        return device

    def domain(self):
        one, maybe, below = self.one, self.maybe, self.random.randrange
        text = self.stored(self.domains, 0.12)
        if text:
            text = re.sub(r"<domain ([^>]*)type=(['\"])\w+\2", r"<domain %s \1type='test'" % NAMESPACE, text, count=1)
            return self.with_uuid(text, 8)
        if self.chance(0.04):
            return one(BROKEN + ["<domain type='test'><name>x</name></domain>"])
        number, vcpus, memory = below(6), one([1, 2, 4, 8, 33]), one([1024, 65536, 8388608, 0, 1])
        cpus = "".join(
            "<vcpu id='%d' enabled='%s' hotpluggable='%s'/>"
            % (cpu, "yes" if cpu == 0 or self.chance(0.6) else "no", "no" if cpu == 0 else one(["yes", "no"]))
            for cpu in range(vcpus)
        )
        parts = [
            "<domain type='test' %s><name>g%d</name><uuid>%s</uuid>" % (NAMESPACE, number, UUIDS[number]),
            maybe(0.2, "<title>T%d</title>" % number),
            maybe(0.2, "<description>D%d</description>" % number),
            maybe(0.2, "<metadata><a:x xmlns:a='http://a/%d'><a:y/></a:x></metadata>" % number),
            maybe(0.2, "<maxMemory slots='4'>%d</maxMemory>" % (memory * 4)),
            "<memory unit='%s'>%d</memory>" % (one(["KiB", "MiB", "b"]), memory),
            maybe(0.3, "<currentMemory>%d</currentMemory>" % (memory // 2)),
            maybe(0.2, "<blkiotune><weight>%d</weight></blkiotune>" % one([500, 100, 1001, 5])),
            maybe(0.2, "<memtune><hard_limit>%d</hard_limit></memtune>" % one([100, 70000])),
            "<vcpu%s>%d</vcpu>" % (one(["", " current='1'", " cpuset='0-1'", " placement='static'"]), vcpus),
            maybe(0.2, "<vcpus>%s</vcpus>" % cpus),
            maybe(0.2, "<iothreads>%d</iothreads>" % below(4)),
            maybe(0.2, "<cputune><shares>%d</shares><vcpupin vcpu='0' cpuset='%s'/>%s</cputune>" % (
                one([1024, 5]), one(["0", "0-3", "1,3"]), one(["", "<emulatorpin cpuset='0'/>"]))),
            one(["<os><type>hvm</type></os>"] * 3 + [
                "<os><type arch='i686'>hvm</type><boot dev='hd'/></os>",
                "<os><type>xen</type></os>",
                "<os><type>hvm</type><boot dev='cdrom'/><bootmenu enable='yes'/></os>",
                "",
            ]),
            maybe(0.2, "<features><acpi/>%s</features>" % one(["", "<apic/>", "<pae/>"])),
            maybe(0.2, one([
                "<cpu mode='host-passthrough'/>",
                "<cpu><model>Nehalem</model></cpu>",
                "<cpu><topology sockets='1' cores='%d' threads='1'/></cpu>" % vcpus,
                "<cpu><numa><cell id='0' cpus='0-%d' memory='1024'/></numa></cpu>" % (vcpus - 1),
            ])),
            maybe(0.2, "<clock offset='%s'/>" % one(["utc", "localtime", "x"])),
        ]
        actions = ["destroy", "restart", "preserve", "rename-restart", "coredump-restart"]
        parts += [maybe(0.3, "<%s>%s</%s>" % (on, one(actions), on)) for on in ("on_poweroff", "on_reboot", "on_crash")]
        devices = [self.simple_device() for _ in range(below(5))]
        devices += [one(self.devices)] if self.chance(0.15) else []
        return "".join(parts) + "<devices>%s</devices></domain>" % "".join(devices)

    def with_uuid(self, text, number):
        if "<uuid>" in text:
            return text
        return text.replace("</name>", "</name><uuid>%s</uuid>" % UUIDS[number], 1)

    def named(self, text, root):
        """With a name: made-up ones are the time in seconds, and two of a second are one too many."""
        if "<name>" in text:
            return text
        name = "<%s><name>m%d</name>" % (root, self.random.randrange(4))
        return re.sub("<%s */>" % root, name + "</%s>" % root, text.replace("<%s>" % root, name, 1), count=1)

    def network(self):
        text = self.stored(self.networks, 0.4)
        if text:
            return self.with_uuid(text, 6)
        if self.chance(0.1):
            return self.one(BROKEN + ["<network/>"])
        number = self.random.randrange(4)
        return "<network><name>n%d</name><uuid>%s</uuid>%s<bridge name='vb%d'/>%s</network>" % (
            number, UUIDS[number],
            self.one(["", "<forward mode='nat'/>", "<forward dev='eth0' mode='route'/>", "<title>t</title>"]),
            self.random.randrange(5),
            self.one(["", "<domain name='x'/>", "<portgroup name='p%d' default='yes'/>" % number,
                      "<ip address='192.168.%d.1' netmask='255.255.255.0'><dhcp><range start='192.168.%d.2' "
                      "end='192.168.%d.50'/></dhcp></ip>" % (number, number, number)]))

    def network_part(self):
        below = self.random.randrange
        return self.one([
            "<host mac='00:16:3e:77:e2:e%d' name='b' ip='192.168.%d.1%d'/>" % (below(4), below(4), below(4)),
            "<range start='192.168.1.100' end='192.168.1.120'/>",
            "<portgroup name='pg%d'/>" % below(3),
            "<host ip='192.168.0.1'><hostname>h</hostname></host>",
            "<interface dev='eth%d'/>" % below(3),
            "<txt name='a' value='b'/>",
            "<srv service='s' protocol='tcp'/>",
            "",
        ])

    def pool(self):
        text = self.stored(self.pools, 0.4)
        if text:
            return self.with_uuid(text, 7)
        if self.chance(0.1):
            return self.one(BROKEN + ["<pool type='x'><name>a</name></pool>"])
        number, below = self.random.randrange(4), self.random.randrange
        kinds = ["dir", "fs", "netfs", "logical", "disk", "scsi", "iscsi", "mpath", "rbd", "gluster", "zfs", "vstorage"]
        source = self.one(["", "<device path='/dev/sd%d'/>" % number, "<host name='h'/><dir path='/x%d'/>" % number,
                           "<name>vg%d</name>" % number])
        return "<pool type='%s'><name>p%d</name><uuid>%s</uuid><source>%s</source><target><path>/p%d</path></target></pool>" % (
            self.one(kinds), number, UUIDS[number], source, below(5))

    def volume(self):
        text = self.stored(self.volumes, 0.3)
        if text:
            return text
        if self.chance(0.1):
            return self.one(BROKEN + ["<volume><name>a</name></volume>"])
        one, below = self.one, self.random.randrange
        return "<volume%s><name>v%d</name>%s<capacity unit='%s'>%d</capacity>%s<target>%s</target></volume>" % (
            one(["", "", " type='block'"]), below(4), one(["", "<key>/k</key>", "<zz/>"]), one(["b", "KiB", "G", "T"]),
            1 + below(3000), one(["", "<allocation>0</allocation>", "<allocation unit='G'>1</allocation>"]),
            one(["", "<path>/x</path>", "<format type='qcow2'/>", "<format type='x'/>",
                 "<permissions><mode>0600</mode></permissions>"]))

    def interface(self):
        text = self.stored(self.interfaces, 0.4)
        return text or "<interface type='%s' name='%s'><start mode='onboot'/><mac address='aa:bb:cc:dd:ee:0%d'/></interface>" % (
            self.one(["ethernet", "bridge", "vlan", "bond"]), self.one(["eth1", "eth7", "eth8"]), self.random.randrange(4))

    def node_device(self):
        text = self.stored(self.node_devices, 0.4)
        return text or (
            "<device>%s<parent>%s</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>%s</wwnn>"
            "<wwpn>1000000023432345</wwpn></capability></capability></device>" % (
                self.one(["", "<name>x</name>"]), self.one(["scsi_host1", "scsi_host2", "computer", "nothing"]),
                self.one(["2000000012341234", "5", "xx"])))

    def snapshot(self, guest):
        text = self.stored(self.snapshots, 0.3)
        if text:
            return self.named(text, "domainsnapshot")
        one, below = self.one, self.random.randrange
        again = ""
        if self.chance(0.3):
            again = "<state>%s</state><creationTime>1</creationTime>%s" % (
                one(["running", "shutoff", "paused"]), described(guest))
        return "<domainsnapshot>%s%s%s%s%s</domainsnapshot>" % (
            one(["<name>s%d</name>" % below(4)] * 6 + ["<name>a/b</name>"]),
            one(["", "<description>d</description>"]),
            one(["", "", "<parent><name>s%d</name></parent>" % below(4)]),
            one(["", "", "<memory snapshot='%s'/>" % one(["no", "internal", "external"])]), again)

    def checkpoint(self):
        text = self.stored(self.checkpoints, 0.3)
        return self.named(text, "domaincheckpoint") if text else "<domaincheckpoint><name>c%d</name>%s%s</domaincheckpoint>" % (
            self.random.randrange(4), self.one(["", "<parent><name>c%d</name></parent>" % self.random.randrange(4)]),
            self.one(["", "<disks><disk name='%s' checkpoint='bitmap'/></disks>" % self.one(["vda", "vdb"])]))

    def node(self):
        """The description of a whole host, for `test:///FILE`."""
        few = lambda make, most: "".join(make() for _ in range(self.random.randrange(most)))
        wishes = ["<test:transient/>", "<test:hasmanagedsave/>", "<test:domainsnapshot file='none.xml'/>"]
        wishes += ["<test:runstate>%d</test:runstate>" % state for state in (0, 1, 2, 3, 5, 7, 9)]
        guest = lambda: self.domain().replace("</domain>", self.maybe(0.5, self.one(wishes)) + "</domain>")
        pool = lambda: self.pool().replace("</pool>", few(self.volume, 2) + "</pool>")
        host = self.one(["", "<memory>x</memory>", "<cpu><nodes>0</nodes></cpu>"])
        return "<node>%s%s%s%s%s%s</node>" % (
            few(guest, 4), few(self.network, 3), few(pool, 2), few(self.interface, 2), few(self.node_device, 2), host)
