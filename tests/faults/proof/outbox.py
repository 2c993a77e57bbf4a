"""The outbox: each version of each task once, in order, and no others than an undisturbed run writes."""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "e2e"))
from buses import murmur2  # noqa: E402

TOLD_MOST = 5


class Version:
    """One record of the outbox, or of replay's output where partition and offset are None."""
    __slots__ = ("partition", "offset", "key", "raw", "task", "version", "digest")

    def __init__(self, raw, partition=None, offset=None, key=None):
        record = json.loads(raw)
        self.partition, self.offset, self.key, self.raw = partition, offset, key, raw
        self.task, self.version = record["task_id"], record["version"]
        self.digest = hashlib.blake2b(canonical(record), digest_size=16).digest()

    @property
    def id(self):
        return self.task, self.version

    def record(self):
        return json.loads(self.raw)

    def __repr__(self):
        where = "" if self.offset is None else f" at outbox[{self.partition}] offset {self.offset}"
        return f"{self.task} version {self.version}{where}"


def canonical(record):
    """Without what differs by route: where the deciding message lay, and the settings' version."""
    signs = [{k: v for k, v in s.items() if k != "source"} for s in record["signals"]]
    rest = {k: v for k, v in record.items() if k not in ("signals", "settings")}
    return json.dumps([rest, signs], sort_keys=True).encode()


def by_partition(versions, partitions):
    """What lies where, by Kafka's own rule for keys."""
    found = [[] for _ in range(partitions)]
    for v in versions:
        found[murmur2(v.record()["client_id"].encode()) % partitions].append(v)
    return found


def listed(what, items):
    """One complaint for many of a kind."""
    items = list(items)
    if not items:
        return []
    more = f" and {len(items) - TOLD_MOST} more" if len(items) > TOLD_MOST else ""
    return [f"{what}: {', '.join(map(str, items[:TOLD_MOST]))}{more}"]


# ---- the checks ----

def in_order(versions):
    """Versions of each task go 1, 2, 3, … by offset, in one partition, under their client's key."""
    wrong, last = [], {}
    for v in sorted(versions, key=lambda v: (v.partition, v.offset)):
        before = last.get(v.task)
        if before is None and v.version != 1:
            wrong.append(f"hole: {v} is the first of its task")
        elif before is not None and v.version == before.version:
            wrong.append(f"doubled: {v} and {before}")
        elif before is not None and v.version < before.version:
            wrong.append(f"step back: {v} after {before}")
        elif before is not None and v.version > before.version + 1:
            wrong.append(f"hole: {v} after {before}")
        if before is not None and before.partition != v.partition:
            wrong.append(f"moved: {v} and {before}")
        if v.key is not None and v.key.decode() != v.record()["client_id"]:
            wrong.append(f"key: {v} lies under {v.key!r}")
        last[v.task] = v
    return wrong


def place(versions, partitions):
    """Each client's versions lie in the partition its id belongs to."""
    wrong = [v for p, there in enumerate(by_partition(versions, partitions))
             for v in there if v.partition != p]
    return listed("in another client's partition", wrong)


def same(versions, expected, partitions):
    """The same versions with the same content in the same order in each partition."""
    here, due = {v.id: v for v in versions}, {v.id: v for v in expected}
    wrong = listed("lost, replay has them", (due[i] for i in due if i not in here))
    wrong += listed("ghosts, replay has none of them", (here[i] for i in here if i not in due))
    for i in here:
        if i in due and here[i].digest != due[i].digest:
            wrong.append(f"otherwise than by replay: {here[i]}: {difference(here[i], due[i])}")
    for p, there in enumerate(by_partition(expected, partitions)):
        found = [v.id for v in versions if v.partition == p and v.id in due]
        want = [v.id for v in there if v.id in here]
        if found != want:
            first = next((a, b) for a, b in zip(found + [None], want + [None]) if a != b)
            wrong.append(f"outbox[{p}] is in another order than replay's: {first[0]} where "
                         f"{first[1]} was due")
    return wrong


def difference(a, b):
    a, b = (json.loads(canonical(v.record())) for v in (a, b))
    names = [n for n in {**a[0], **b[0]} if a[0].get(n) != b[0].get(n)]
    if names:
        return "; ".join(f"{n} is {a[0].get(n)!r}, not {b[0].get(n)!r}" for n in names[:3])
    return "its signals differ"
