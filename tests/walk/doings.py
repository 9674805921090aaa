"""What a walk does beside calling methods with arguments: registering for events, transfers, errors, closing."""

import libvirt

FAMILIES = [("domainEvent", 30), ("networkEvent", 3), ("storagePoolEvent", 3), ("nodeDeviceEvent", 3)]


class Doings:
    def __init__(self, walk):
        self.walk, self.random, self.one = walk, walk.random, walk.documents.one
        # What is registered: a name, what ends it, and its argument.
        self.registered = []
        self.names = 0
        self.all = [self.register, self.register_for_one, self.register_in_the_old_way, self.deregister, self.deregister_wrongly,
                    self.screenshot, self.screenshot_in_pieces, self.watch_stream, self.close_callback, self.errors,
                    self.close_and_open, self.timers]

    def some(self):
        doing = self.one(self.all)
        print("doing", doing.__name__)
        doing()

    def tell(self, call, *arguments):
        print("   ->", self.walk.answer(call, *arguments))

    def conn(self):
        return self.one(self.walk.objects["virConnect"])

    def listener(self, deregisters):
        """Some end their registration when they are told for the first time."""
        self.names += 1
        name = "listener %d" % self.names

        def listener(*words):
            told = " ".join(self.walk.told(word) for word in words[1:-1])
            self.walk.events.append("%s %s" % (name, told))
            mine = [row for row in self.registered if row[0] == name]
            if deregisters and mine:
                self.registered.remove(mine[0])
                self.walk.events.append("%s ends: %s" % (name, self.walk.answer(mine[0][1], mine[0][2])))
        return name, listener

    def register(self, on=None):
        conn = self.conn()
        family, kinds = ("domainEvent", 30) if on else self.one(FAMILIES)
        name, listener = self.listener(self.random.random() < 0.3)
        kind = self.random.randrange(kinds) if self.random.random() < 0.9 else self.one([-1, 77])
        kind = 0 if self.random.random() < 0.4 else kind
        try:
            number = getattr(conn, family + "RegisterAny")(on, kind, listener, None)
            print("   -> registered")
            self.registered.append((name, getattr(conn, family + "DeregisterAny"), number))
        except (libvirt.libvirtError, LookupError, TypeError) as err:
            print("   ->", type(err).__name__, err.get_error_code() if isinstance(err, libvirt.libvirtError) else "")

    def register_for_one(self):
        guests = self.walk.objects["virDomain"]
        self.register(self.one(guests) if guests else None)

    def register_in_the_old_way(self):
        conn = self.conn()
        # The binding gives all such functions of a connection one domain, and frees it as often.
        if getattr(conn, "domainEventCallbacks", None):
            return
        name, listener = self.listener(False)
        self.tell(conn.domainEventRegister, listener, None)
        self.registered.append((name, conn.domainEventDeregister, listener))

    def deregister(self):
        if self.registered:
            row = self.one(self.registered)
            self.registered.remove(row)
            self.tell(row[1], row[2])

    def deregister_wrongly(self):
        number = self.one([-1, 12345])
        self.tell(libvirt.libvirtmod.virConnectDomainEventDeregisterAny, self.conn()._o, number)
        self.tell(libvirt.libvirtmod.virConnectNetworkEventDeregisterAny, self.conn()._o, number)

    def screenshot(self):
        guests = self.walk.objects["virDomain"]
        if not guests:
            return
        stream = self.conn().newStream(self.one([0, 0, 0, libvirt.VIR_STREAM_NONBLOCK]))
        self.tell(self.one(guests).screenshot, stream, self.one([0, 0, 1, 9]), self.one([0, 0, 1]))
        self.walk.objects["virStream"].append(stream)
        del self.walk.objects["virStream"][:-4]
        return stream

    def screenshot_in_pieces(self):
        stream = self.screenshot()
        if not stream:
            return
        pieces = []
        # Chosen beforehand: the pictures are not of one size.
        for size in [self.one([1, 100, 1000, 65536]) for _ in range(self.random.randrange(40))]:
            try:
                piece = stream.recv(size)
            except libvirt.libvirtError as err:
                print("   -> error %s of %s" % (err.get_error_code(), err.get_error_domain()))
                break
            # A stream that does not wait may have nothing yet.
            if isinstance(piece, bytes):
                pieces.append(len(piece))
                if not piece:
                    break
        blocking = not any(size == 0 for size in pieces[:-1])
        print("   ->", blocking and sum(pieces) > 0)
        self.tell(self.one([stream.finish, stream.abort]))

    def watch_stream(self):
        stream = self.conn().newStream(self.one([0, libvirt.VIR_STREAM_NONBLOCK]))
        self.tell(stream.eventUpdateCallback, 1)
        self.tell(stream.eventAddCallback, self.one([1, 2, 3]), lambda *_: None, None)
        self.tell(stream.eventRemoveCallback)

    def close_callback(self):
        conn = self.conn()
        self.tell(conn.registerCloseCallback, lambda *_: None, None)
        if self.random.random() < 0.7:
            self.tell(conn.registerCloseCallback, lambda *_: None, None)
            self.tell(conn.unregisterCloseCallback)
        self.tell(conn.unregisterCloseCallback)

    def errors(self):
        self.tell(self.conn().lookupByName, "nosuch")
        print("   ->", (libvirt.virGetLastError() or [0])[0], libvirt.virGetLastErrorMessage() is not None)
        libvirt.virResetLastError()
        print("   ->", libvirt.virGetLastError())
        self.conn().virConnResetLastError()

    def close_and_open(self):
        there = self.walk.objects["virConnect"]
        # Objects of the one that is closed keep it open.
        gone = there.pop()
        there.append(libvirt.open(gone.getURI()) if "default" in gone.getURI() else gone)
        if there[-1] is not gone:
            self.registered = [row for row in self.registered if row[1].__self__ is not gone]
            self.tell(gone.close)

    def timers(self):
        told = []
        timer = libvirt.virEventAddTimeout(-1, lambda *words: told.append(words[1:]), "opaque")
        libvirt.virEventUpdateTimeout(timer, 0)
        libvirt.virEventRunDefaultImpl()
        self.tell(libvirt.virEventRemoveTimeout, timer)
        self.tell(libvirt.virEventRemoveTimeout, timer + 1000)
        self.tell(libvirt.virEventRemoveHandle, 100000)
        print("   ->", told)
