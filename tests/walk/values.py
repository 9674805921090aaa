"""Arguments for calls, mostly right ones, by the names that parameters have in libvirt-python."""

import re

PATHS = ["vda", "vdb", "hdc", "/tmp/d0.img", "52:54:00:00:00:01", "tn0", "nosuch", "", "testnet0"]
NAMES = ["test", "default", "eth1", "default-pool", "g0", "g1", "n0", "p0", "v0", "s0", "s1", "c0", "computer",
         "scsi_host1", "nosuch", "", "x/y"]
NUMBERS = [0, 1, 2, 3, -1, 4, 100, 65536, 2147483647, 8, 5, 300]
SIZES = [0, 1, 1024, 4096, 65536, 1 << 20, 8388608, 1 << 40]
HOST_CPU = "<cpu><arch>x86_64</arch><model>%s</model></cpu>"

# Whatever the function.
BY_NAME = {
    "stats": [0, 1, 2, 4, 8, 16, 32, 63, 64, 128, 256, 512, 1023, 1024, 2048],
    "uri": ["http://a/1", "http://q", None, ""],
    "metadata": [None, "text", "<a/>", "<x:y xmlns:x='http://a/1'/>", "a\nb", ""],
    "mac": ["aa:bb:cc:dd:ee:ff", "52:54:00:00:00:01", "x", None],
    "cpus": ["0", "1", "0-3", "x", "1,3", ""],
    "mountpoints": [None, ["/"], ["/", "/boot"], []],
    "keys": [["k1"], [], ["a", "b"]],
    "user": ["root", "x", ""],
    "password": ["p", None, ""],
    "wwnn": ["2000000012341234", "x", ""],
    "wwpn": ["1000000012341234", "x"],
    "cap": [None, "system", "scsi_host", "net", "x"],
    "arch": ["x86_64", "i686", "x"],
    "virttype": ["test", "kvm", None],
    "machine": [None, "pc"],
    "emulatorbin": [None, "/x"],
    "srcspec": [None, "<source><host name='h'/></source>", "<x"],
    "xmlcpus": [[HOST_CPU % "Nehalem"], [HOST_CPU % "Nehalem", HOST_CPU % "Penryn"], [], ["x"]],
    "backupxml": ["<domainbackup/>", "<domainbackup mode='pull'/>"],
    "destxml": ["<disk type='file'><source file='/tmp/c.img'/></disk>"],
    "file": ["save0", "save1", "nofile", "/nonexistent/x"],
    "files": [[]],
    "duri": [None, "test:///default"],
    "cmd": ["x"],
    "buf": [b"x"],
    "time": [{"seconds": 1, "nseconds": 2}],
}
ALIKE = {"vcpumap": "cpus", "cpulist": "cpus", "macstr": "mac", "disks": "mountpoints", "username": "user",
         "frm": "file", "to": "file", "capability": "cap", "dconnuri": "duri", "dname": "duri", "miguri": "duri"}

# By the beginning of the function's name.
PARAMETERS = {
    "setMemoryParameters": ["hard_limit", "soft_limit", "swap_hard_limit", "min_guarantee"],
    "setBlkioParameters": ["weight", "device_weight", "device_read_bytes_sec"],
    "setNumaParameters": ["numa_nodeset", "numa_mode"],
    "setInterfaceParameters": ["inbound.average", "inbound.peak", "inbound.burst", "outbound.average", "inbound.floor"],
    "setBlockIoTune": ["total_bytes_sec", "read_bytes_sec", "write_bytes_sec", "group_name", "total_bytes_sec_max"],
    "setSchedulerParameters": ["weight", "cpu_shares", "vcpu_period"],
    "setIOThreadParams": ["poll_max_ns", "poll_grow", "thread_pool_min", "thread_pool_max"],
    "setPerfEvents": ["cmt", "mbmt", "cpu_cycles"],
}


class Values:
    def __init__(self, documents, objects):
        self.documents, self.objects = documents, objects
        self.one, self.chance, self.below = documents.one, documents.chance, documents.random.randrange

    def flags(self):
        share = self.documents.random.random()
        if share < 0.5:
            return 0
        return 1 << self.below(8) if share < 0.85 else self.below(64) if share < 0.95 else 1 << self.below(31)

    def params(self, function):
        known = [names for beginning, names in PARAMETERS.items() if function.startswith(beginning)]
        values = [1, 0, 100, 500, 2000, 70000, "0", "strict", "/dev/sda,500", True, "a", -1]
        return {self.one(known[0] if known else ["file", "x"]): self.one(values) for _ in range(self.below(4))}

    def document(self, kind, function, owner):
        make = self.documents
        if "Device" in function and kind == "virDomain":
            return make.device(self.objects["virDomain"])
        if kind == "virNetwork":
            return make.network_part() if function == "update" else "<networkport/>"
        for word, maker in [("heckpoint", make.checkpoint), ("snapshot", lambda: make.snapshot(owner)),
                            ("network", make.network), ("storagePool", make.pool), ("interface", make.interface),
                            ("nodeDevice", make.node_device)]:
            if word in function:
                return maker()
        if kind == "virStoragePool":
            return make.volume()
        return HOST_CPU % "Nehalem" if "CPU" in function else make.domain()

    def of(self, kind, function, parameter, owner):
        """What to pass for one parameter of a method."""
        name = parameter.lower()
        object_kind = {"st": "virStream", "stream": "virStream", "snap": "virDomainSnapshot", "dconn": "virConnect",
                       "snapshot": "virDomainSnapshot", "clonevol": "virStorageVol", "conn": "virConnect"}.get(name)
        if object_kind:
            there = self.objects[object_kind]
            return self.one(there) if there else None
        if name == "doms":
            there = self.objects["virDomain"]
            return [self.one(there) for _ in range(1 + self.below(3))] if there else []
        if name in ("flags", "reconnectflags", "dxflags"):
            return self.flags()
        if name in ("xml", "xmldesc", "xmlstr", "xml_desc", "domainxml", "dxml", "checkpointxml"):
            optional = name in ("dxml", "checkpointxml") and self.chance(0.5)
            return None if optional else self.document(kind, function, owner)
        if name in ("uuid", "uuidstr"):
            text = self.one(["11111111-2222-3333-4444-%012d" % number for number in range(12)])
            return text if name == "uuidstr" else bytes.fromhex(text.replace("-", ""))
        if name == "params":
            return self.params(function)
        if name == "cpumap":
            if function.startswith("pin"):
                return self.one([(True, False), (True,), (False, True), (True,) * 16])
            return self.one(BY_NAME["cpus"])
        if name in ("key", "type") and kind in ("virDomain", "virNetwork"):
            return self.one(["k", None, ""] if name == "key" else NUMBERS)
        if name in ("type", "key"):
            return self.one(["test", "logical", "netfs", "dir", "x", "/default-pool/v0"])
        if name == "keycodes":
            return [self.below(200) for _ in range(self.below(4))]
        if re.fullmatch("path|disk|device|dev|base|top|devname|disk_name", name):
            return self.one(["/default-pool/v0", "/default-pool", "/x"] if kind == "virConnect" else PATHS)
        if re.fullmatch("name|newname|new_name", name):
            return self.one(NAMES)
        if re.fullmatch("bandwidth|downtime|size|offset|length|cachesize|memory|capacity|seconds|nseconds", name):
            return self.one(SIZES)
        return self.one(BY_NAME.get(ALIKE.get(name, name), NUMBERS))
