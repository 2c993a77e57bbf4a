"""Where a desk's topics lie: Apache Kafka, or the embedded log in a file. Both give the same to a test:
the settings that name them, one message put in as it is, and all committed messages of a topic."""
import os
import sqlite3
import struct
import subprocess
import time
import uuid

BROKER = os.environ.get("CW_TEST_KAFKA")
TOPICS = ("billing", "service", "profiles", "managers", "outcomes", "tasks", "state", "control",
          "dead_letters")
PARTITIONS = 3


class KafkaBus:
    """Topics and group of its own on the common broker."""
    brokers = BROKER
    missing = None if BROKER else "CW_TEST_KAFKA names no broker (scripts/test.sh starts one)"

    def __init__(self, folder):
        self.folder, self.name = folder, "e2e-" + uuid.uuid4().hex[:8]

    def topic(self, name):
        return f"{self.name}.{name}"

    def settings(self):
        return [f"kafka.bootstrap_servers={self.brokers}", "kafka.create_topics=true",
                f"kafka.group={self.name}", "kafka.properties.session.timeout.ms=6000",
                *(f"kafka.topics.{t}={self.topic(t)}" for t in TOPICS)]

    def produce(self, topic, key, value, headers=()):
        """With kcat; it sends no empty file, a null value is as empty."""
        words = ["kcat", "-P", "-b", self.brokers, "-t", self.topic(topic), "-X",
                 "topic.partitioner=murmur2_random", "-X", "message.max.bytes=16777216"]
        for name, text in headers:
            words += ["-H", f"{name}={text}"]
        if not value:
            subprocess.run([*words, "-Z", "-K:"], input=(key or "").encode() + b":\n", check=True)
            return
        path = os.path.join(self.folder, "message")
        with open(path, "wb") as f:
            f.write(value)
        words += [] if key is None else ["-k", key]
        subprocess.run([*words, path], check=True, capture_output=True)

    def produce_to(self, topic, partition, value):
        """Bytes without a key, to a partition."""
        path = os.path.join(self.folder, "bytes")
        with open(path, "wb") as f:
            f.write(value)
        subprocess.run(["kcat", "-P", "-b", self.brokers, "-t", self.topic(topic), "-p",
                        str(partition), path], check=True)

    def consume(self, topic):
        r = subprocess.run(
            ["kcat", "-C", "-b", self.brokers, "-t", self.topic(topic), "-e", "-q", "-X",
             "isolation.level=read_committed", "-f", "\x01%p\x02%o\x02%h\x02%k\x02%s"],
            check=True, capture_output=True)
        messages = []
        for part in r.stdout.split(b"\x01")[1:]:
            partition, offset, headers, key, value = part.split(b"\x02", 4)
            pairs = [h.split("=", 1) for h in headers.decode().split(",") if "=" in h]
            messages.append((dict(pairs), key.decode(), value, int(partition), int(offset)))
        return messages


class FileBus:
    """The embedded log, read and written as bus/sqlite_file.h describes it."""
    missing = None

    def __init__(self, folder):
        self.path = os.path.join(folder, "bus.db")

    def topic(self, name):
        return {"billing": "billing.events", "service": "service.events",
                "profiles": "client.profiles", "managers": "manager.profiles",
                "outcomes": "task.outcomes", "tasks": "churnwatch.tasks",
                "state": "churnwatch.state", "control": "churnwatch.control",
                "dead_letters": "churnwatch.dead-letters"}[name]

    def settings(self):
        return [f"bus=sqlite:{self.path}", f"sqlite.partitions={PARTITIONS}"]

    def ask(self, sql, *values):
        db = sqlite3.connect(self.path, timeout=30)
        try:
            with db:
                return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def produce(self, topic, key, value, headers=()):
        partition = 0 if key is None else murmur2(key.encode()) % PARTITIONS
        packed = b"".join(struct.pack("<I", len(part.encode())) + part.encode()
                          for pair in headers for part in pair) if headers else None
        db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        place, at = db.execute(
            "SELECT partition.id, next FROM partition JOIN topic ON topic.id = topic "
            "WHERE name = ? AND number = ?", (self.topic(topic), partition)).fetchone()
        db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)",
                   (place << 40 | at, int(time.time() * 1000),
                    None if key is None else key.encode(), value or None, packed))
        db.execute("UPDATE partition SET next = next + 1 WHERE id = ?", (place,))
        db.execute("COMMIT")
        db.close()

    def consume(self, topic):
        rows = self.ask(
            "SELECT headers, key, value, number, record.id & ((1 << 40) - 1) FROM topic "
            "JOIN partition ON partition.topic = topic.id "
            "JOIN record ON record.id BETWEEN partition.id << 40 AND (partition.id + 1 << 40) - 1 "
            "WHERE name = ? ORDER BY record.id", self.topic(topic))
        return [(unpacked(headers), (key or b"").decode(), value or b"", number, offset)
                for headers, key, value, number, offset in rows]


def unpacked(headers):
    parts, at = [], 0
    while headers and at < len(headers):
        n = struct.unpack_from("<I", headers, at)[0]
        parts.append(headers[at + 4:at + 4 + n].decode())
        at += 4 + n
    return dict(zip(parts[::2], parts[1::2]))


def murmur2(key):
    """As Kafka's Java producer spreads keys, so that a client is where ingest puts it."""
    m, mask = 0x5bd1e995, 0xffffffff
    h = 0x9747b28c ^ len(key)
    whole = len(key) // 4 * 4
    for (k,) in struct.iter_unpack("<I", key[:whole]):
        k = k * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    rest = key[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7fffffff
