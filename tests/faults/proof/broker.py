"""Four questions that kcat has no words for, asked in Kafka's own protocol: where a partition ends for either
kind of reader, what a group has committed, which transactions are open, and who leads what. Plaintext only.
"""
import socket
import struct

LIST_OFFSETS, METADATA, OFFSET_FETCH, FIND_COORDINATOR, LIST_TRANSACTIONS = 2, 3, 9, 10, 66
LATEST, EARLIEST = -1, -2
UNCOMMITTED, COMMITTED = 0, 1
TIMEOUT = 20


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        value, = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def i8(self):
        return self.number("b")

    def i16(self):
        return self.number("h")

    def i32(self):
        return self.number("i")

    def i64(self):
        return self.number("q")

    def bytes(self, n):
        self.at += max(n, 0)
        return self.data[self.at - n:self.at] if n >= 0 else None

    def text(self):
        value = self.bytes(self.i16())
        return None if value is None else value.decode()

    def each(self, read):
        return [read() for _ in range(self.i32())]

    # Of the newer, compact forms.

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7f) << shift
            if byte < 0x80:
                return value
            shift += 7

    def short_text(self):
        return self.bytes(self.varint() - 1).decode()

    def tags(self):
        for _ in range(self.varint()):
            self.varint()
            self.bytes(self.varint())


def text(value):
    return struct.pack(">h", len(value.encode())) + value.encode()


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


class Broker:
    """One connection."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), TIMEOUT)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, key, version, body, compact=False):
        head = struct.pack(">hhi", key, version, 1) + text("oracle") + (b"\0" if compact else b"")
        self.socket.sendall(struct.pack(">i", len(head) + len(body)) + head + body)
        size, = struct.unpack(">i", self.file.read(4))
        answer = Reader(self.file.read(size))
        answer.i32()
        if compact:
            answer.tags()
        return answer


class Brokers:
    """The cluster, by the addresses that it tells its clients."""

    def __init__(self, addresses):
        self.open, self.addresses = {}, {}
        for address in addresses.split(","):
            host, port = address.rsplit(":", 1)
            try:
                first = Broker(host, int(port))
            except OSError:
                continue
            self.describe(first)
            first.close()
            return
        raise AssertionError(f"no broker of {addresses} answers")

    def close(self):
        for broker in self.open.values():
            broker.close()

    def describe(self, broker):
        """leaders: topic -> its partitions' leaders."""
        r = broker.ask(METADATA, 1, struct.pack(">i", -1))
        for node, host, port, _ in r.each(lambda: (r.i32(), r.text(), r.i32(), r.text())):
            self.addresses[node] = host, port
        r.i32()
        self.leaders = {}
        for name, partitions in r.each(lambda: self.read_topic(r)):
            self.leaders[name] = [leader for _, leader in sorted(partitions)]

    @staticmethod
    def read_topic(r):
        r.i16()
        name = r.text()
        r.i8()
        return name, r.each(lambda: (r.i16(), r.i32(), r.i32(), r.each(r.i32), r.each(r.i32))[1:3])

    def node(self, number):
        if number not in self.open:
            self.open[number] = Broker(*self.addresses[number])
        return self.open[number]

    def offsets(self, topic, which, isolation=UNCOMMITTED):
        """Of each partition: EARLIEST, or LATEST, which for COMMITTED is the last stable offset."""
        found = []
        for partition, leader in enumerate(self.leaders[topic]):
            one = struct.pack(">iq", partition, which)
            r = self.node(leader).ask(LIST_OFFSETS, 2, struct.pack(">ib", -1, isolation) +
                                      array([text(topic) + array([one])]))
            r.i32()
            (_, ((_, error, _, offset),)), = r.each(lambda: (r.text(), r.each(
                lambda: (r.i32(), r.i16(), r.i64(), r.i64()))))
            if error:
                raise AssertionError(f"{topic}[{partition}]: ListOffsets gives error {error}")
            found.append(offset)
        return found

    def committed(self, group):
        """(topic, partition) -> next offset, as the group's coordinator has it."""
        r = self.node(min(self.addresses)).ask(FIND_COORDINATOR, 0, text(group))
        error, node = r.i16(), r.i32()
        if error:
            raise AssertionError(f"group {group}: FindCoordinator gives error {error}")
        r = self.node(node).ask(OFFSET_FETCH, 2, text(group) + struct.pack(">i", -1))
        topics = r.each(lambda: (r.text(), r.each(
            lambda: (r.i32(), r.i64(), r.text(), r.i16()))))
        error = r.i16()
        if error:
            raise AssertionError(f"group {group}: OffsetFetch gives error {error}")
        return {(topic, partition): offset for topic, of in topics
                for partition, offset, _, _ in of if offset >= 0}

    def transactions(self):
        """Transactional id -> state, of all that the cluster remembers."""
        found = {}
        for number in self.addresses:
            r = self.node(number).ask(LIST_TRANSACTIONS, 0, b"\x01\x01\x00", compact=True)
            r.i32()
            error = r.i16()
            if error:
                raise AssertionError(f"node {number}: ListTransactions gives error {error}")
            for _ in range(r.varint() - 1):
                r.short_text()
            for _ in range(r.varint() - 1):
                name, _, state = r.short_text(), r.i64(), r.short_text()
                r.tags()
                found[name] = state
        return found
