"""A desk under test: the real daemon and ctl, real Apache Kafka or a file, a private Redis.

Every desk has topics, group and key prefix of its own, so that tests share one broker without
meeting. Nothing here sleeps for a time: everything waits for a condition, within a bound.
"""
import errno
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

sys.path.insert(0, os.path.dirname(__file__))
from buses import BROKER, KafkaBus  # noqa: E402

BIN = os.environ.get("CW_TEST_BIN", ".")
SIM_CLIENTS, SIM_DAYS = 200, 45


def run_tests(bus=KafkaBus):
    """Instead of unittest.main: without its bus the whole file is skipped, loudly."""
    if bus.missing:
        print("skipped: " + bus.missing)
        sys.exit(77)
    unittest.main(verbosity=2)


# Below those that the system gives to outgoing connections: one of them could take a server's port while it is
# being restarted, even by connecting to itself, and the server would find its address in use.
PORTS = (20000, 32000)


def free_port():
    while True:
        with socket.socket() as s:
            try:
                port = random.randrange(*PORTS)
                s.bind(("127.0.0.1", port))
                return port
            except OSError as e:
                if e.errno != errno.EADDRINUSE:
                    raise


def wait_for(what, condition, seconds=90):
    """Tries until the condition is true and returns what it gave."""
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Redis:
    """A private server that keeps what it was told over a kill."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        os.makedirs(folder, exist_ok=True)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--dir", self.folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("redis answers", lambda: self.ask("ping", check=False) == "PONG")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def ask(self, *words, check=True):
        r = subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True,
                           text=True, check=False)
        if check and r.returncode:
            raise AssertionError(r.stdout + r.stderr)
        return r.stdout.rstrip("\n")

    def each(self, commands):
        """The replies to many commands, in their order, through one client."""
        told = "\n".join(" ".join(words) for words in commands)
        r = subprocess.run(["redis-cli", "-p", str(self.port), "--json"], input=told,
                           capture_output=True, text=True, check=True)
        return [json.loads(line) for line in r.stdout.splitlines()]

    def lines(self, *words):
        return [line for line in self.ask(*words).split("\n") if line]

    def hash(self, key):
        """As JSON, for values may hold line ends."""
        return json.loads(self.ask("--json", "hgetall", key))


# How a daemon ends that asks for a restart.
RESTARTED = (75,)
RESTARTS_MOST = 3


class Daemon:
    """One instance, under a service manager: what ends with a failure is started again.

    A restart is the one way on after a fatal error, and what is promised holds over it; so a test
    does not fail because of it, but it says so, and there is a bound.
    """

    def __init__(self, desk, instance, extra):
        self.port, self.asked, self.restarts = free_port(), False, 0
        self.log = os.path.join(desk.folder, f"{instance}-{uuid.uuid4().hex[:6]}.log")
        self.words = [os.path.join(BIN, "churnwatchd"), *desk.settings(), "-o",
                      f"instance={instance}", "-o", f"http.listen=127.0.0.1:{self.port}", *extra]
        self.run()

    def run(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.words, stdout=log, stderr=log)

    def look_after(self):
        code = self.process.poll()
        if code is None or self.asked:
            return
        if code not in RESTARTED or self.restarts == RESTARTS_MOST:
            raise AssertionError(f"the daemon ended with {code}: {self.said()}")
        self.restarts += 1
        print(f"ended with {code}, started again: {self.said().splitlines()[-1]}", flush=True)
        self.run()

    def get(self, path):
        """Status and body; None when nobody answers."""
        self.look_after()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return None
        finally:
            connection.close()

    def ready(self):
        answer = self.get("/readyz")
        return bool(answer) and answer[0] == 200

    def metric(self, name):
        answer = self.get("/metrics")
        for line in answer[1].split("\n") if answer else ():
            if line.startswith(f"churnwatch_{name} "):
                return float(line.split()[-1])
        return 0.0

    def said(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def kill(self):
        self.asked = True
        self.process.kill()
        self.process.wait()

    def terminate(self):
        self.asked = True
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Desk:
    judging = ("-o", "language=en", "-o", "watched_numbers=10010", "-o",
               "operators.own_prefixes=86135", "-o", "operators.competitor_prefixes=86130")

    def __init__(self, *extra, bus=KafkaBus):
        self.folder = tempfile.mkdtemp(prefix="cw-e2e-")
        self.bus = bus(self.folder)
        self.extra, self.daemons = extra, []
        self.redis = self.make_redis()

    def make_redis(self):
        return Redis(os.path.join(self.folder, "redis"))

    def close(self):
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                daemon.kill()
        self.redis.stop()
        shutil.rmtree(self.folder)

    def topic(self, name):
        return self.bus.topic(name)

    def settings(self):
        values = [*self.bus.settings(), f"redis.url=redis://127.0.0.1:{self.redis.port}"]
        return [*self.judging, *(word for v in (*values, *self.extra) for word in ("-o", v))]

    def start(self, instance="cw-0", wait=True, extra=()):
        daemon = Daemon(self, instance, extra)
        self.daemons.append(daemon)
        if wait:
            wait_for("the daemon is ready", daemon.ready)
        return daemon

    def make_topics(self):
        """As the daemon makes them: three partitions, the broker's default."""
        self.start().terminate()

    def ctl(self, *words, ok=True):
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.settings(), *words],
                           capture_output=True, text=True, check=False)
        if ok and r.returncode:
            raise AssertionError(f"{words}: {r.returncode}: {r.stdout}{r.stderr}")
        return r.stdout

    def refusal(self, *words):
        """What ctl answers where it does not do it: the status, and what it says."""
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.settings(), *words],
                           capture_output=True, text=True, check=False)
        return r.returncode, r.stderr

    def write(self, name, records):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            for record in records:
                f.write(json.dumps(record, ensure_ascii=False) + "\n")
        return path

    def ingest(self, records):
        self.ctl("ingest", self.write(f"in-{uuid.uuid4().hex[:6]}.ndjson", records))

    def produce(self, topic, key, value, headers=()):
        """One message as it is."""
        self.bus.produce(topic, key, value, headers)

    def consume(self, topic):
        """All committed messages: (headers, key, value bytes, partition, offset)."""
        return self.bus.consume(topic)

    def records(self):
        """The outbox: task records by (task_id, version); one that is there twice is an error."""
        for daemon in self.daemons:
            daemon.look_after()
        return by_version(json.loads(m[2]) for m in self.consume("tasks"))

    def outbox(self):
        return comparable(self.records())

    def key(self, rest):
        return "cw:" + rest

    def task(self, client):
        """The client's task as Redis holds it; None when there is none."""
        for task in self.redis.lines("hkeys", self.key("tasks")):
            manager = self.redis.ask("hget", self.key("tasks"), task)
            found = self.redis.hash(self.key(f"{manager}:task:{task}"))
            if found.get("client_id") == client:
                return found
        return None

    def county(self, seed):
        """A simulated county: ingested whole, and what replay makes of it on three shards."""
        return self.replayed_and_ingested(*self.simulated(seed))

    def simulated(self, seed):
        out = os.path.join(self.folder, f"county-{seed}")
        self.ctl("sim", "--out", out, "--clients", str(SIM_CLIENTS), "--days", str(SIM_DAYS),
                 "--seed", str(seed))
        return [os.path.join(out, name + ".ndjson") for name in ("managers", "profiles", "events")]

    def replayed_and_ingested(self, managers, profiles, events):
        found = self.replayed(managers, profiles, events)
        for name in (managers, profiles, events):
            self.ctl("ingest", name)
        return found

    def replayed(self, managers, profiles, events, *more):
        tasks = os.path.join(self.folder, "replayed.ndjson")
        self.ctl("replay", "--events", events, "--profiles", profiles, "--managers", managers,
                 "--tasks", tasks, "--partitions", "3", *more)
        with open(tasks, encoding="utf-8") as f:
            return comparable(by_version(json.loads(line) for line in f))


def by_version(records):
    found = {}
    for record in records:
        key = (record["task_id"], record["version"])
        if key in found:
            raise AssertionError(f"twice: {key}")
        found[key] = record
    return found


def comparable(found):
    """Without what differs by route: where a message lay, and the settings' version."""
    for record in found.values():
        for sign in record["signals"]:
            del sign["source"]
        del record["settings"]
    return found


def hand(*words, ok=True):
    """What tests/support/kafka_hand.c does to the common broker; whether it was done."""
    r = subprocess.run([os.path.join(BIN, "tests", "kafka_hand"), BROKER, *map(str, words)],
                       capture_output=True, text=True, check=False)
    if ok and r.returncode:
        raise AssertionError(f"{words}: {r.stderr}")
    return r.returncode == 0


def same_field(value, text):
    """Is this a record's member as the contract has it in a hash?"""
    if value is None:
        return text == ""
    return text == value if isinstance(value, str) else json.loads(text) == value


class DeskTest(unittest.TestCase):
    maxDiff = 2000
    bus = KafkaBus

    def setUp(self):
        self.desk = Desk(bus=self.bus)
        self.addCleanup(self.desk.close)
        self.addCleanup(self.note_what_was_said)

    def run(self, result=None):
        """What the daemons said is shown where something failed; their folder goes afterwards."""
        before = len(result.failures) + len(result.errors) if result else 0
        self.said = ""
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(self.said, file=sys.stderr)

    def note_what_was_said(self):
        self.said = self.desk.ctl("status", ok=False)
        for daemon in self.desk.daemons:
            self.said += f"--- {daemon.log} {daemon.process.poll()}\n" + daemon.said()[-3000:]

    def assert_same_tasks(self, expected):
        """The outbox is what replay says, and Redis holds the last version of each task."""
        wait_for("all versions are in the outbox",
                 lambda: len(self.desk.outbox()) >= len(expected), 90)
        outbox = self.desk.outbox()
        self.assertEqual(set(outbox), set(expected))
        self.assertEqual(outbox, expected)
        self.assert_delivered(self.desk.records())

    def assert_delivered(self, records):
        """Redis holds each task's last version whole; each version was told in a feed once."""
        last = {}
        for (task, version), record in sorted(records.items()):
            last[task] = record
        wait_for("all tasks are in Redis", lambda: not self.undelivered(last), 60)
        told = [e for m in self.desk.redis.lines("smembers", self.desk.key("managers"))
                for e in feed_entries(self.desk, m)]
        self.assertEqual(len(told), len(set(told)), "an entry of a feed is there twice")
        of_versions = {(task, int(version)) for task, version, what, manager in told
                       if manager == records[task, int(version)]["manager"]
                       and what not in ("woken", "escalated")}
        self.assertEqual(of_versions, set(records))

    def undelivered(self, last):
        """The tasks that Redis holds otherwise than their last record says."""
        keys = [self.desk.key(f"{r['manager']}:task:{t}") for t, r in last.items()]
        queues = [self.desk.key(f"{r['manager']}:queue") for r in last.values()]
        hashes = self.desk.redis.each(("hgetall", k) for k in keys)
        scores = self.desk.redis.each(("zscore", q, t) for q, t in zip(queues, last))
        wrong = []
        for (task, record), found, score in zip(last.items(), hashes, scores):
            fields = found and all(n in found and same_field(v, found[n])
                                   for n, v in record.items())
            if not fields or (score is not None) != (record["state"] == "open"):
                wrong.append(task)
        return wrong


def feed_entries(desk, manager):
    """(task, version, event, manager) of each entry."""
    flat = desk.redis.ask("--json", "xrange", desk.key(f"{manager}:feed"), "-", "+")
    entries = []
    for _, fields in json.loads(flat):
        f = dict(zip(fields[::2], fields[1::2]))
        entries.append((f["task_id"], f.get("version"), f["event"], manager))
    return entries


def event(type_, time_, subject, data, id_=None):
    return {"specversion": "1.0", "id": id_ or uuid.uuid4().hex, "source": "/e2e", "type": type_,
            "time": time_, "subject": subject, "data": data}
