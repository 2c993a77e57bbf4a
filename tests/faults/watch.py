"""Watches a desk while a run goes on, as a reader of the outbox and as the managers see their queues.

    watch.py --brokers B --prefix NAME --redis HOST:PORT[,…] --seen FILE [--redis-prefix cw:]

Writes what it sees to FILE (proof/sightings.py has the lines) and judges nothing: oracle.py does, by
--seen FILE. Ends with status 0 upon SIGTERM. Brokers and Redis may come and go; of several Redis servers
the master is looked at. One manager's desk is read at one instant, by a script in Redis.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
from proof.topics import command, read_one  # noqa: E402
from resp import Connection, Refused  # noqa: E402

LOOK_EVERY = 0.05
AGAIN_AFTER = 0.5
DESK = """
local found, prefix, manager = {}, ARGV[1], ARGV[2]
for _, place in ipairs({'queue', 'claimed', 'snoozed'}) do
    local ids = redis.call('ZRANGE', prefix .. manager .. ':' .. place, 0, -1, 'WITHSCORES')
    for i = 1, #ids, 2 do
        local f = redis.call('HMGET', prefix .. manager .. ':task:' .. ids[i], 'version', 'client_id', 'state',
                             'priority')
        found[#found + 1] = {ids[i], redis.call('HGET', prefix .. 'tasks', ids[i]),
                             place == 'queue' and ids[i + 1], f[1], f[2], f[3], f[4]}
    end
end
return found
"""


class Seen:
    """Tells each thing once."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8", buffering=1)
        self.lock, self.known = threading.Lock(), set()
        self.highest, self.looks, self.records = {}, 0, 0

    def tell(self, what, **fields):
        key = (what, *fields.values())
        with self.lock:
            if key not in self.known:
                self.known.add(key)
                self.file.write(json.dumps({"of": what, "at": time.time(), **fields}) + "\n")

    def version(self, task, version):
        """Of a task in Redis: tells when it is lower than it was."""
        at, (highest, since) = time.time(), self.highest.get(task, (0, 0))
        if version < highest:
            self.tell("back", since=since, task_id=task, **{"from": highest, "to": version})
        self.highest[task] = (version, at)

    def close(self):
        self.tell("end", looks=self.looks, records=self.records)
        self.file.close()


class OutboxReader(threading.Thread):
    """Reads all of the outbox, from the start again whenever kcat ended."""

    def __init__(self, brokers, topic, seen, closing):
        super().__init__(daemon=True)
        self.brokers, self.topic, self.seen, self.closing = brokers, topic, seen, closing
        self.process = None

    def run(self):
        while not self.closing.is_set():
            mark = uuid.uuid4().hex
            self.process = subprocess.Popen([*command(self.brokers, self.topic, mark=mark), "-u"],
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            try:
                self.read(self.process.stdout, mark.encode() + b"\n")
            except (AssertionError, AttributeError, ValueError):
                pass  # Cut short within a record: kcat was ended, or ended.
            self.process.kill()
            self.process.wait()
            self.closing.wait(AGAIN_AFTER)

    def read(self, stream, mark):
        while not self.closing.is_set():
            record = read_one(stream, mark)
            if record is None:
                return
            task = json.loads(record.value)
            self.seen.tell("outbox", partition=record.partition, offset=record.offset,
                           task_id=task["task_id"], version=task["version"], manager=task["manager"])
            self.seen.records += 1

    def end(self):
        if self.process:
            self.process.terminate()
        self.join(10)


class Desks:
    """One desk at each look, round and round."""

    def __init__(self, addresses, prefix, seen):
        self.addresses, self.prefix, self.seen = addresses.split(","), prefix, seen
        self.redis, self.left = None, []

    def connect(self):
        for address in self.addresses:
            try:
                redis = Connection(address)
                if redis("role")[0] == "master":
                    return redis
            except (OSError, ValueError, Refused):
                continue
        return None

    def look(self):
        try:
            self.redis = self.redis or self.connect()
            if self.redis:
                self.read_next()
        except (OSError, ValueError, Refused):
            self.redis = None  # Killed, demoted or loading: connected to anew at the next look.

    def read_next(self):
        if not self.left:
            self.left = sorted(self.redis("smembers", self.prefix + "managers"))
        if not self.left:
            return
        manager = self.left.pop()
        for task, owner, score, version, client, state, priority in self.redis(
                "eval_ro", DESK, 0, self.prefix, manager):
            self.seen.tell("desk", manager=manager, task_id=task, version=int(version or 0), client_id=client,
                           state=state, priority=int(priority or 0), score=score and int(float(score)),
                           owner=owner)
            self.seen.version(task, int(version or 0))
        self.seen.looks += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--brokers", "--prefix", "--redis", "--seen"):
        parser.add_argument(name, required=True)
    parser.add_argument("--redis-prefix", default="cw:")
    given = parser.parse_args()
    closing = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: closing.set())
    seen = Seen(given.seen)
    reader = OutboxReader(given.brokers, given.prefix + ".tasks", seen, closing)
    desks = Desks(given.redis, given.redis_prefix, seen)
    reader.start()
    while not closing.wait(LOOK_EVERY):
        desks.look()
    reader.end()
    seen.close()


if __name__ == "__main__":
    main()
