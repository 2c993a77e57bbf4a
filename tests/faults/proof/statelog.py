"""The state log as engine/statelog.h and core/image.h describe it, decoded anew: its commits, the position
that each carries, and what a restore from it would give.
"""
import collections
import ctypes
import ctypes.util
import struct

INPUTS = ("profiles", "billing", "service", "outcomes")
NONE = -1
LAST, GOES_ON = 1, 2
LAYOUT, FACTS, CLIENT, ACCURACY = 1, 2, 3, 4
ABSENT = 0xffffffff

Position = collections.namedtuple(
    "Position", "next greatest batch clock settings managers control needed cuts")
StateRecord = collections.namedtuple("StateRecord", "offset commit part images position goes_on")

SUM = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0").XXH32
SUM.argtypes, SUM.restype = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint), ctypes.c_uint


class Damaged(Exception):
    """A record that a restore would refuse."""


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        got = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return got

    def one(self, form):
        return self.take(form)[0]

    def text(self):
        n = self.one("I")
        if n == ABSENT:
            return None
        self.at += n
        if self.at > len(self.data):
            raise struct.error("a text is cut short")
        return self.data[self.at - n:self.at]


def position(b):
    n = len(INPUTS)
    next_, greatest = b.take(f"{n}q"), b.take(f"{n}q")
    batch, clock, settings, managers, control, needed = b.take("Qqiqqq")
    cuts = [(b.take(f"{n}q"), b.one("q")) for _ in range(b.one("I"))]
    return Position(next_, greatest, batch, clock, settings, managers, control, needed, cuts)


def decode(offset, value):
    """The whole record; raises Damaged."""
    try:
        if SUM(value[:-4], len(value) - 4, 0) != struct.unpack("<I", value[-4:])[0]:
            raise Damaged("a checksum that does not match")
        b = Bytes(value[:-4])
        version = b.one("B")
        if version not in (1, 2, 3):
            raise Damaged(f"version {version}")
        if version > 1:
            b.text()  # the release that wrote it
        flags, commit, part = b.take("BIH")
        images = b.text()
        found = position(b) if flags & LAST else None
        if b.at != len(b.data):
            raise Damaged("bytes after its end")
        return StateRecord(offset, commit, part, images, found, bool(flags & GOES_ON))
    except struct.error as e:
        raise Damaged(str(e)) from e


def images(run):
    """(kind, payload) of each image of a record's run."""
    at = 0
    while at < len(run):
        kind, n = struct.unpack_from("<BI", run, at)
        whole = run[at:at + 5 + n]
        if len(whole) < 5 + n or struct.unpack_from("<I", run, at + 5 + n)[0] != SUM(whole, len(whole), 0):
            raise Damaged("an image whose checksum does not match")
        yield kind, whole[5:]
        at += 9 + n


def client_of(payload, layout):
    """The id that a client's image begins with: from layout 6 on its length is a byte."""
    return Bytes(payload).text() if layout < 6 else payload[1:1 + payload[0]]


def restored(records):
    """What the images leave, written in this order: (kind, client's id or None) -> payload."""
    found, run = {}, b""
    for record in records:
        run += record.images
        if record.goes_on:  # the last image's rest is in the next part
            continue
        whole, run = run, b""
        for kind, payload in images(whole):
            if kind == LAYOUT:
                layout = payload[0]
            found[kind, client_of(payload, layout) if kind == CLIENT else None] = payload
    return found


def last_position(records):
    """None when no commit is whole."""
    return next((r.position for r in reversed(records) if r.position), None)


def needed(records):
    """Those that a restore reads: from where the last position says."""
    last = last_position(records)
    return [r for r in records if last and r.offset >= last.needed]


# ---- what may be said of one shard's log ----

def holes(shard, records):
    """Commits rise by one and each is whole: parts 0, 1, … and the position in the last."""
    wrong, before = [], None
    for r in records:
        if before is None:
            due = (r.commit, 0)
        elif before.position is None:
            due = (before.commit, before.part + 1)
        else:
            due = (before.commit + 1, 0)
        if (r.commit, r.part) != due:
            wrong.append(f"state[{shard}] offset {r.offset}: commit {r.commit} part {r.part} "
                         f"where commit {due[0]} part {due[1]} was due")
        before = r
    if before is not None and before.position is None:
        wrong.append(f"state[{shard}] ends within commit {before.commit}")
    if records and records[0].offset == 0 and records[0].commit != 1:
        wrong.append(f"state[{shard}] begins with commit {records[0].commit}")
    return wrong


def steps(shard, records):
    """From one position to the next nothing is passed over or taken again: each commit's cuts go on where
    the last one ended and end at its position, batches are counted through, clocks never go back."""
    wrong, before = [], None
    for r in (r for r in records if r.position):
        p, say = r.position, f"state[{shard}] commit {r.commit}: "
        line = [(before.next, before.clock)] if before else []
        line += [(next_, clock) for next_, clock in p.cuts]
        for (a, clock_a), (b, clock_b) in zip(line, line[1:]):
            if any(x > y for x, y in zip(a, b)) or clock_a > clock_b:
                wrong.append(f"{say}a cut steps back, {a} at {clock_a} to {b} at {clock_b}")
        if p.cuts and p.cuts[-1] != (p.next, p.clock):
            wrong.append(f"{say}the last cut is {p.cuts[-1]}, the position {p.next} at {p.clock}")
        if not p.cuts and before and p.next != before.next:
            wrong.append(f"{say}moves from {before.next} to {p.next} without a cut")
        if before and p.batch != before.batch + len(p.cuts):
            wrong.append(f"{say}batch {p.batch} after {before.batch} with {len(p.cuts)} cuts")
        if before and any(x > y for x, y in zip(before.greatest, p.greatest)):
            wrong.append(f"{say}a source's event time goes back")
        before = p
    return wrong


# ---- two logs of the same input ----

def differ(shard, records, others):
    """What a restore from each gives is the same: each client whole, the shard's facts, where its inputs stand."""
    a, b = (restored(needed(r)) for r in (records, others))
    wrong = []
    for key in sorted({*a, *b}, key=str):
        if a.get(key) != b.get(key):
            kind = {LAYOUT: "layout", FACTS: "facts", CLIENT: "client", ACCURACY: "outcomes"}[key[0]]
            wrong.append(f"state[{shard}]: {kind} {(key[1] or b'').decode()} {unlike(a.get(key), b.get(key))}")
    last, calm = last_position(records), last_position(others)
    if not last or not calm:
        return wrong + [f"state[{shard}]: has no position"] if last is not calm else wrong
    pairs = [(n, getattr(last, n), getattr(calm, n)) for n in ("next", "greatest", "clock")]
    wrong += [f"state[{shard}]: {n} is {x}, undisturbed {y}" for n, x, y in pairs if x != y]
    return wrong


def unlike(a, b):
    if a is None or b is None:
        return "is missing" if a is None else "is there, and undisturbed is not"
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"differs from byte {at} on, {len(a)} bytes to {len(b)} undisturbed"
