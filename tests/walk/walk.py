"""walk.py URI-FOLDER SEED STEPS [FIXTURES]: a random walk over the mock hypervisor with libvirt-python, a line an answer.

Two libraries that are given the same seed must print the same. What differs from run to run (times, made-up UUIDs and
addresses) is printed as what it is, not as its value.
"""

import inspect
import os
import random
import re
import signal
import sys

import libvirt

from documents import UUIDS, Documents
from doings import Doings
from values import Values

KINDS = ["virConnect", "virDomain", "virNetwork", "virStoragePool", "virStorageVol", "virInterface", "virNodeDevice",
         "virDomainSnapshot", "virDomainCheckpoint", "virStream"]

# Not called, each with its reason.
LEFT_OUT = {
    "ref": "for the binding itself", "c_pointer": "for the binding itself", "connect": "for the binding itself",
    "domain": "for the binding itself", "close": "the walk goes on", "nodeSuspendForDuration": "the host goes on",
    "removeVolatileLink": "for the binding itself", "setIdentity": "for daemons",
    "openGraphics": "takes descriptors", "openGraphicsFD": "as before",
    "FDAssociate": "takes descriptors", "sendAll": "takes a function", "recvAll": "as before",
    "sparseSendAll": "as before", "sparseRecvAll": "as before", "getFreePages": "counts differ by the host",
    "allocPages": "as before",
    "interfaceLookupByMACString": "the stock library finds interfaces without an address by every address",
    "recvFlags": "ours can, the stock library's local streams can't", "recvHole": "as before", "sendHole": "as before",
}
# Whose errors the stock library forgets to tell the connection of.
UNTOLD = ["authorizedSSHKeysSet", "migrate", "migrate2"]
PATTERN = re.compile("EventRegister|EventDeregister|eventAdd|eventRemove|eventUpdate|CloseCallback|LastError")

# What a walk is mostly about, by its seed: how often each kind of object is asked, and which calls come more often.
EVEN = {"virConnect": 26, "virDomain": 42, "virNetwork": 8, "virStoragePool": 8, "virStorageVol": 6, "virInterface": 4,
        "virNodeDevice": 4, "virDomainSnapshot": 6, "virDomainCheckpoint": 3, "virStream": 2}
THEMES = [
    (EVEN, "create|define|destroy|undefine|attach|detach|update|suspend|resume|save|setMetadata|lookup|listAll"),
    ({"virConnect": 15, "virDomain": 85}, "attach|detach|update|create$|destroy$|undefine|XMLDesc|define"),
    ({"virConnect": 15, "virDomain": 85}, "set|pin|add|del|vcpu|emul|ioThread|mem|block|num|sched"),
    ({"virConnect": 30, "virNetwork": 40, "virInterface": 20, "virNodeDevice": 10}, "etwork|nterface|odeDevice|update"),
    ({"virConnect": 30, "virStoragePool": 40, "virStorageVol": 30}, "torage|create|destroy|define"),
    ({"virConnect": 15, "virDomain": 50, "virDomainSnapshot": 25, "virDomainCheckpoint": 10},
     "create$|destroy$|snapshotCreate|checkpointCreate|revert|Current|listAll|suspend|resume|[sS]ave$"),
    ({"virConnect": 30, "virDomain": 70}, "create|suspend|resume|destroy|shutdown|reboot|reset|[sS]ave|undefine|restore|stats"),
]


class Counted:
    """The binding's half in C, noting which of its functions were called."""

    def __init__(self, module, called):
        self.__dict__.update(module=module, called=called)

    def __getattr__(self, name):
        found = getattr(self.module, name)
        if callable(found):
            self.called.add(name)
        return found


class Walk:
    def __init__(self, seed, fixtures):
        self.random = random.Random(seed)
        self.documents = Documents(self.random, fixtures)
        self.objects = {kind: [] for kind in KINDS}
        self.values = Values(self.documents, self.objects)
        self.weights, self.often = THEMES[seed % len(THEMES)]
        self.events = []
        self.known = set(UUIDS) | set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", self.all_documents()))
        self.methods = {kind: self.methods_of(kind) for kind in KINDS}

    def all_documents(self):
        make = self.documents
        lists = [make.domains, make.networks, make.pools, make.volumes, make.snapshots, make.checkpoints]
        return "".join("".join(texts) for texts in lists)

    def methods_of(self, kind):
        members = inspect.getmembers(getattr(libvirt, kind), inspect.isfunction)
        return [(name, list(inspect.signature(function).parameters)[1:]) for name, function in sorted(members)
                if not name.startswith("_") and name not in LEFT_OUT and not PATTERN.search(name)]

    # How answers are told.

    def plain(self, text):
        keep = lambda found: found.group(0) if found.group(0) in self.known else "UUID"
        text = re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", keep, text)
        text = re.sub(r"(?:[0-9a-f]{2}:){3}(?!00:00|bb|77)(?:[0-9a-f]{2}:){2}[0-9a-f]{2}", "ADDRESS", text)
        return re.sub(r"\b1[78]\d{8}\b", "TIME", text).replace("\n", "\\n")

    def told(self, value, keep=False):
        if isinstance(value, bool) or value is None:
            return repr(value)
        if isinstance(value, int):
            return str(value) if value < 10**8 or value in (2**31 - 1, 2**32 - 1) else "LARGE"
        if isinstance(value, float):
            return "%.3f" % value
        if isinstance(value, str):
            return self.plain(value)
        if isinstance(value, bytes):
            # Pictures, mostly, which are not the same.
            return repr(value) if len(value) < 40 else "bytes"
        if isinstance(value, (list, tuple)):
            # The stock library's lists have no order.
            values = sorted(value, key=self.told) if isinstance(value, list) else value
            return "[%s]" % ", ".join(self.told(item, keep) for item in values)
        if isinstance(value, dict):
            return "{%s}" % ", ".join("%s: %s" % (self.told(k), self.told(v, keep)) for k, v in value.items())
        return self.told_object(value, keep)

    def told_object(self, value, keep):
        kind = type(value).__name__
        there = self.objects.get(kind)
        # A connection that is given back is one of those that are there.
        if keep and there is not None and len(there) < 24 and kind != "virConnect":
            there.append(value)
        if kind in ("virConnect", "virStream") or there is None:
            return kind
        name = value.getName() if kind.startswith("virDomainS") or kind.startswith("virDomainC") else value.name()
        return "%s(%s)" % (kind, self.plain(name))

    def answer(self, call, *arguments, keep=False):
        try:
            return self.told(call(*arguments), keep)
        except libvirt.libvirtError as err:
            return "error %s of %s" % (err.get_error_code(), err.get_error_domain())
        except (TypeError, ValueError, OverflowError, AttributeError, LookupError, NotImplementedError, SystemError,
                MemoryError) as err:
            return "the binding refuses: %s" % type(err).__name__

    def audit(self, kind, one):
        """All that is to be known of an object."""
        calls = {
            "virDomain": ["state", "info", "ID", "isPersistent", ("XMLDesc", 0), ("XMLDesc", 3), "autostart",
                          ("hasManagedSaveImage", 0), "snapshotNum", "isUpdated"],
            "virNetwork": ["isActive", "isPersistent", ("XMLDesc", 0), ("XMLDesc", 1), "autostart", "bridgeName"],
            "virStoragePool": ["isActive", "isPersistent", ("XMLDesc", 0), "info", "listVolumes", "autostart"],
            "virStorageVol": [("XMLDesc", 0), "info", "path", "key"],
            "virInterface": ["isActive", ("XMLDesc", 0), ("XMLDesc", 1)],
            "virNodeDevice": [("XMLDesc", 0), "parent", "listCaps"],
            "virDomainSnapshot": [("getXMLDesc", 0), "getParent", "numChildren"],
            "virDomainCheckpoint": [("getXMLDesc", 0), "getParent"],
        }.get(kind, [])
        answers = []
        for call in calls:
            call, *rest = call if isinstance(call, tuple) else (call,)
            answers.append(self.answer(getattr(one, call), *rest))
        print("   =", " | ".join(answers))

    def audit_all(self):
        conn = self.objects["virConnect"][0]
        for listing in (conn.listAllDomains, conn.listAllNetworks, conn.listAllStoragePools, conn.listAllInterfaces,
                        conn.listAllDevices):
            for one in sorted(listing(0), key=lambda one: one.name()):
                print("audit", self.told(one))
                self.audit(type(one).__name__, one)

    # The walk itself.

    def listen(self, conn):
        def listener(name):
            return lambda *words: self.events.append(name + " " + " ".join(self.told(word) for word in words[1:-1]))
        for number in range(30):
            self.answer(conn.domainEventRegisterAny, None, number, listener("domain event %d" % number), None)
        for family in ("network", "storagePool", "nodeDevice"):
            for number in range(3):
                register = getattr(conn, family + "EventRegisterAny")
                self.answer(register, None, number, listener("%s event %d" % (family, number)), None)

    def begin(self, uri):
        libvirt.registerErrorHandler(lambda *_: None, None)
        libvirt.virEventRegisterDefaultImpl()
        conn = None
        try:
            conn = libvirt.open(uri)
        except libvirt.libvirtError as err:
            print("open: error %s of %s" % (err.get_error_code(), err.get_error_domain()))
            uri = "test:///default"
            conn = libvirt.open(uri)
        self.objects["virConnect"] += [conn, libvirt.openReadOnly(uri), libvirt.open(uri)]
        self.listen(conn)
        for listing in (conn.listAllDomains, conn.listAllNetworks, conn.listAllStoragePools, conn.listAllInterfaces,
                        conn.listAllDevices):
            self.told(listing(0), keep=True)
        self.audit_all()

    def choose(self):
        kind = self.random.choices(list(self.weights), list(self.weights.values()))[0]
        kind = kind if self.objects[kind] else "virConnect"
        mostly_first = kind == "virConnect" and self.random.random() < 0.85
        one = self.objects[kind][0] if mostly_first else self.documents.one(self.objects[kind])
        methods = self.methods[kind]
        often = [row for row in methods if re.search(self.often, row[0])]
        return kind, one, self.documents.one(often if often and self.random.random() < 0.55 else methods)

    def step(self, number):
        kind, one, (method, parameters) = self.choose()
        arguments = [self.values.of(kind, method, parameter, one) for parameter in parameters]
        if kind == "virNetwork" and method in ("setMetadata", "metadata"):
            # Of what has no second description, the stock library says that it changed it.
            arguments[-1] &= ~2
        print(number, self.told(one) + "." + method, self.told(tuple(arguments))[:2500])
        print("   ->", self.answer(getattr(one, method), *arguments, keep=True))
        for _ in range(2):
            timer = libvirt.virEventAddTimeout(0, lambda *_: None, None)
            libvirt.virEventRunDefaultImpl()
            libvirt.virEventRemoveTimeout(timer)
        known = [conn.virConnGetLastError() for conn in self.objects["virConnect"]]
        if method in UNTOLD:
            for conn in self.objects["virConnect"]:
                conn.virConnResetLastError()
        else:
            print("   !", *["%s of %s" % error[:2] if error else "none" for error in known])
        # Which of several connections is told first is nobody's promise.
        for event in sorted(self.events, key=lambda event: re.match("(listener|.* event) [0-9]+", event).group(0)):
            print("   *", event)
        self.events.clear()
        if kind not in ("virConnect", "virStream"):
            self.audit(kind, one)


def main():
    folder, seed, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    fixtures = sys.argv[4] if len(sys.argv) > 4 else ""
    signal.alarm(120)
    called = set()
    libvirt.libvirtmod = Counted(libvirt.libvirtmod, called)
    os.chdir(folder)
    walk = Walk(seed, fixtures)
    uri = "test:///default"
    if seed % 3 == 0:
        with open("node.xml", "w", encoding="utf-8") as file:
            file.write(walk.documents.node())
        uri = "test://" + os.path.abspath("node.xml")
    walk.begin(uri)
    doings = Doings(walk)
    for number in range(steps):
        if walk.random.random() < 0.08:
            doings.some()
        walk.step(number)
        if number % 25 == 24:
            walk.audit_all()
            for kind, there in walk.objects.items():
                if kind != "virConnect":
                    del there[:-10]
    walk.audit_all()
    print("called", *sorted(called))
    print("the end")


main()
