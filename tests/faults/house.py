"""The house under fault: three brokers, one Redis with an append-only file, daemons in slots cw-0, cw-1, …
under a service manager, and a backlog that never ends. Everything that strikes it goes through here, so that
the record tells what was struck and how long it took to recover.

One cluster and one backlog serve a whole run: faults follow each other while events are judged.
"""
import json
import os
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from buses import KafkaBus  # noqa: E402
from cluster import NODES, Cluster  # noqa: E402
from desk import BIN, Desk, free_port, wait_for  # noqa: E402
from disk import Disk  # noqa: E402
from instance import Instance  # noqa: E402
from store import Store  # noqa: E402
from weather import Proxy  # noqa: E402
from county import CHUNK, County  # noqa: E402

PARTITIONS = 6
# What each shard has waiting before each fault, at the least; so much that no fault outlasts it.
BACKLOG = 120000
# Small transactions, and so many, that faults meet them at every stage, and the backlog lasts.
BATCH = 400
RECOVERY_MOST = 120
DRAIN_MOST = 1800


class Bus(KafkaBus):
    """Topics and group on the house's own cluster."""

    def __init__(self, folder):
        super().__init__(folder)
        self.cluster = Cluster(os.path.join(folder, "kafka"), PARTITIONS)

    @property
    def brokers(self):
        return self.cluster.brokers()


class House(Desk):
    partitions = PARTITIONS

    def __init__(self, keep, instances=3, environment=None, extra=()):
        """keep: a folder for the world and the record, which outlive the house."""
        os.makedirs(keep, exist_ok=True)
        self.environment, self.complaints, self.fed = environment or {}, [], 0
        self.source = County(os.path.join(BIN, "churnwatchctl"), keep)
        self.judging = self.source.judging
        # One at its end holds the other back as long as can be: more is always on its way.
        self.final = False
        self.logs = os.path.abspath(os.path.join(keep, "logs"))
        shutil.rmtree(self.logs, ignore_errors=True)
        os.makedirs(self.logs)
        super().__init__("engine.threads=1", "redis.feed_length=1000000", *extra, bus=Bus)
        self.record = open(os.path.join(keep, "faults.ndjson"), "w", encoding="utf-8", buffering=1)
        self.cluster = self.bus.cluster
        self.disks["broker"] = Disk(os.path.join(self.cluster.node(NODES - 1), "data"))
        self.rollbacks = os.path.join(self.folder, "rollbacks.ndjson")
        self.refilled = self.cut_open = False
        self.proxy = self.begin_proxy()
        self.store.watch()
        self.instances = [Instance(self, f"cw-{n}") for n in range(instances)]
        self.ghosts, self.known, self.watcher = [], {}, None
        self.closing = threading.Event()
        self.keeper = threading.Thread(target=self.tend, daemon=True)

    def make_redis(self):
        self.disks = {f"redis-{n}": Disk(os.path.join(self.folder, f"redis-{n}")) for n in range(2)}
        self.store = Store(self.folder, [free_port(), free_port()], self.logs)
        return self.store.master

    def begin_proxy(self):
        """Before each broker, by its number, and after those before each node of Redis."""
        self.cluster.advertised = [free_port() for _ in range(NODES)]
        return Proxy([*zip(self.cluster.advertised, self.cluster.ports),
                      *((node.known, node.port) for node in self.store.nodes)])

    def settings(self):
        wait, batch = ("20ms", 5000) if self.final else ("1m", BATCH)
        return [*super().settings(), "-o", f"time.merge_wait={wait}", "-o",
                f"engine.batch_messages={batch}", "-o", f"redis.url={self.store.url()}"]

    def open(self):
        """Brokers, topics, the first of the backlog, daemons; returns when all shards are judged."""
        self.cluster.start()
        first = Instance(self, "cw-0")
        first.begin()
        wait_for("the topics are made", lambda: first.get("/healthz") is not None, 60)
        first.leave()
        self.cluster.wait_whole()
        for name in (self.source.managers, self.source.profiles):
            self.ingest_file(name)
        self.feed()
        self.watcher = self.tool("watch.py")
        self.keeper.start()
        for instance in self.instances:
            instance.begin()
        self.wait_recovered(0, range(PARTITIONS))

    def close(self):
        self.closing.set()
        for instance in self.instances + self.ghosts:
            instance.end()
        if self.watcher and self.watcher.poll() is None:
            self.watcher.terminate()  # Killed, it would leave the kcat it reads by.
            self.watcher.wait(30)
        self.record.close()
        self.cluster.close()
        self.proxy.close()
        self.store.close()
        for disk in self.disks.values():
            disk.close()
        super().close()

    def tend(self):
        while not self.closing.wait(0.05):
            for instance in list(self.instances):
                instance.tend()

    def rolled_back(self):
        """Redis holds less than a moment ago: whoever watches it is told when that was."""
        with open(self.rollbacks, "a", encoding="utf-8") as f:
            f.write(json.dumps({"at": time.time()}) + "\n")

    def complain(self, text):
        """Something that must not be; the run goes on and fails at its end."""
        print("WRONG: " + text, flush=True)
        self.complaints.append(text)

    # ---- the backlog ----

    def ingest_file(self, path):
        self.ctl("-o", f"kafka.bootstrap_servers={self.cluster.direct()}", "-o",
                 "kafka.properties.compression.type=lz4", "ingest", path)

    def feed(self):
        """Tops the backlog up; called between faults, when the cluster is well."""
        self.look()
        least = min(self.known.values(), default=0)
        for _ in range(0, max(0, BACKLOG - least), CHUNK // PARTITIONS):
            if self.fed == len(self.source.chunks):
                raise AssertionError("the county is used up; make a larger one")
            self.ingest_file(self.source.chunks[self.fed])
            self.fed += 1
        self.look()

    # ---- how it goes ----

    def look(self):
        """shard -> what the instance says that holds it, with that instance as `by`."""
        found = {}
        for instance in list(self.instances):
            for shard, of in instance.shards().items():
                if of.get("running") or shard not in found:
                    found[shard] = {**of, "by": instance.slot}
        for shard, of in found.items():
            if of.get("stopped"):
                raise AssertionError(f"shard {shard} is stopped: its state is damaged")
            if of["lag"]:
                self.known[shard] = sum(of["lag"].values())
        return found

    def lag(self):
        """Messages waiting, as last told: what is not known at the moment keeps its last value."""
        return sum(self.known.values())

    def held_by(self, instance):
        return [s for s, of in self.look().items() if of["by"] == instance.slot]

    def share_of(self, instance):
        """The shards it holds; waits until it holds some."""
        return wait_for(f"{instance} has a share", lambda: self.held_by(instance), RECOVERY_MOST)

    def recovered(self, since, shards):
        """All of them run and have committed after that."""
        now = self.look()
        return all(s in now and now[s].get("running")
                   and now[s].get("last_commit_timestamp_seconds", 0) > since for s in shards)

    def wait_recovered(self, since, shards, seconds=RECOVERY_MOST):
        """Seconds from `since` till the shards were judged again."""
        wait_for(f"shards {list(shards)} are judged again",
                 lambda: self.recovered(since, shards), seconds)
        return time.time() - since

    def struck(self, family, what, since, lag, where, recovery, **more):
        """One line of the record; `recovery` in seconds."""
        line = {"family": family, "what": what, "at": round(since, 3), "lag": lag, "where": where,
                "recovery": round(recovery, 3), **more}
        self.record.write(json.dumps(line) + "\n")
        # What it had appended lay in the logs by then, and nobody is ever to see it.
        self.cut_open |= family == "K" and where == "after_send_positions"
        print(f"{family} {what}: {where}, lag {lag}, {recovery:.2f} s {more or ''}", flush=True)
        if lag <= 0:
            self.complain(f"{family} {what} hit an idle house")

    # ---- the end ----

    def drain(self):
        """Nothing more comes: every shard is judged to its end, all is delivered, all daemons end."""
        self.final = True
        self.instances += [Instance(self, f"cw-{n}") for n in range(len(self.instances), 3)]
        for instance in self.instances:
            if instance.process:
                instance.leave()
            instance.begin()
        wait_for("the lag is gone", self.drained, DRAIN_MOST)
        for instance in self.instances:
            code = instance.leave()
            if code != 0:
                self.complain(f"{instance} was told to stop and ended with {code}")

    def drained(self):
        status = self.ctl("--json", "status", "--bus", ok=False)
        if not status:
            return False
        shards = json.loads(status).get("shards", [])
        return len(shards) == PARTITIONS and not any(
            sum(s["lag"].values()) or s["undelivered"] != 0 for s in shards)

    def replay(self):
        """The task versions of an undisturbed run over what was fed: a file, and how many."""
        tasks = os.path.join(self.folder, "replayed.ndjson")
        self.ctl("replay", "--events", *self.source.chunks[:self.fed], "--profiles",
                 self.source.profiles, "--managers", self.source.managers, "--tasks", tasks,
                 "--partitions", str(PARTITIONS))
        with open(tasks, "rb") as f:
            return tasks, sum(1 for _ in f)

    def live_undisturbed(self):
        """The topics of one daemon that judged all inputs once more and was left alone; its state is to be ours.
        What lies there is merged by its time, so it need not wait long for what may still come."""
        calm = self.bus.name + "-calm"
        r = subprocess.run(self.tool_words("undisturbed.py", "--as", calm, "--", os.path.join(
            BIN, "churnwatchd"), *self.settings(), "-o", "time.merge_wait=2s"), check=False,
            timeout=DRAIN_MOST)
        if r.returncode:
            self.complain(f"the undisturbed daemon ended with {r.returncode}")
        return calm

    def judge(self, expected):
        """What the oracle says of all that lies there now and of what was seen meanwhile."""
        self.watcher.terminate()
        if self.watcher.wait() != 0:
            self.complain("the watcher failed")
        words = ["--expected", expected, "--undisturbed", self.live_undisturbed()]
        if os.path.exists(self.rollbacks):
            words += ["--rollbacks", self.rollbacks]
        if self.refilled:
            words.append("--refilled")
        if self.cut_open:
            words += ["--aborted-least", "1"]
        r = self.tool("oracle.py", *words, stdout=subprocess.PIPE, text=True)
        told = r.communicate()[0]
        print(told, end="", flush=True)
        wrong = [line for line in told.splitlines() if "WRONG" in line]
        if wrong or r.returncode:
            self.complain(f"the oracle ended with {r.returncode}, {len(wrong)} complaints")

    def tool(self, name, *words, **how):
        """watch.py or oracle.py on this house; the watcher follows whichever node is master."""
        nodes = self.store.nodes if name == "watch.py" else (self.store.master,)
        redis = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
        return subprocess.Popen(self.tool_words(
            name, "--redis", redis, "--seen", os.path.join(self.folder, "seen.ndjson"), *words), **how)

    def tool_words(self, name, *words):
        return [sys.executable, "-B", os.path.join(HERE, name), "--brokers", self.cluster.direct(), "--prefix",
                self.bus.name, *words]
