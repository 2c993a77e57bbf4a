"""Three nodes of real Apache Kafka on loopback, each of which can be killed and brought back.

Clients are told the port `advertised` of each broker, which a proxy may hold; brokers speak with each
other past it. What this module starts it ends in close().
"""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from desk import free_port, wait_for  # noqa: E402

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "kafka.sh")
NODES = 3
# A killed broker is missed after 6 s, so that a run of many faults does not wait for most of its time.
EXTRA = """num.partitions={partitions}
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
leader.imbalance.check.interval.seconds=15
compression.type=producer
"""


class Cluster:
    def __init__(self, folder, partitions, heap="384m"):
        self.folder = folder
        os.makedirs(folder)
        self.ports = [free_port() for _ in range(NODES)]
        self.internal = [free_port() for _ in range(NODES)]
        self.advertised = list(self.ports)
        controllers = [free_port() for _ in range(NODES)]
        self.voters = ",".join(f"{i + 1}@127.0.0.1:{p}" for i, p in enumerate(controllers))
        self.heap = heap
        self.extra = os.path.join(folder, "extra.properties")
        with open(self.extra, "w", encoding="utf-8") as f:
            f.write(EXTRA.format(partitions=partitions))

    # ---- nodes; `n` counts from 0 ----

    def node(self, n):
        return os.path.join(self.folder, f"node-{n + 1}")

    def begin(self, n):
        """Starts a node and does not wait; the process given ends when the node serves."""
        os.makedirs(self.node(n), exist_ok=True)
        env = dict(os.environ, KAFKA_NODE=str(n + 1), KAFKA_VOTERS=self.voters,
                   KAFKA_INTERNAL=str(self.internal[n]), KAFKA_ADVERTISED=str(self.advertised[n]),
                   KAFKA_HEAP=self.heap, KAFKA_EXTRA=self.extra,
                   JAVA_TOOL_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
        with open(os.path.join(self.node(n), "start.log"), "a", encoding="utf-8") as log:
            return subprocess.Popen([SCRIPT, "start", self.node(n), str(self.ports[n])], env=env,
                                    stdout=log, stderr=log)

    def start(self, *which):
        """The nodes, all of them if none is named; returns when they serve."""
        for n, p in [(n, self.begin(n)) for n in which or range(NODES)]:
            if p.wait():
                raise AssertionError(f"node {n + 1} does not start, see {self.node(n)}")

    def pid(self, n):
        with open(os.path.join(self.node(n), "kafka.pid"), encoding="utf-8") as f:
            return int(f.read())

    def alive(self, n):
        return os.path.exists(f"/proc/{self.pid(n)}")

    def kill(self, *which):
        """kill -9, all at the same moment; returns when they are gone."""
        pids = [self.pid(n) for n in which]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            wait_for("a killed node is gone", lambda p=pid: not os.path.exists(f"/proc/{p}"), 30)

    def stop(self, n):
        """As an operator rolls a node: it hands its leaderships over first."""
        subprocess.run([SCRIPT, "stop", self.node(n)], check=True, stdout=subprocess.DEVNULL)

    def close(self):
        for n in range(NODES):
            subprocess.run([SCRIPT, "kill", self.node(n)], check=False, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

    # ---- what it says of itself ----

    def brokers(self):
        """As clients are told: the advertised ports."""
        return ",".join(f"127.0.0.1:{p}" for p in self.advertised)

    def direct(self):
        """Past any proxy."""
        return ",".join(f"127.0.0.1:{p}" for p in self.ports)

    def partitions(self, topic=None):
        """(topic, partition) -> (leader's number from 0 or None, replicas in sync)."""
        words = ["kcat", "-L", "-J", "-m", "5", "-b", self.brokers()]
        r = subprocess.run(words + (["-t", topic] if topic else []), capture_output=True, check=False)
        if r.returncode:
            return {}
        return {(t["topic"], p["partition"]): (p["leader"] - 1 if p["leader"] > 0 else None,
                                               len(p["isrs"]))
                for t in json.loads(r.stdout)["topics"] for p in t["partitions"]}

    def whole(self):
        """Every partition has its leader and all its replicas in sync."""
        found = self.partitions()
        return bool(found) and all(leader is not None and in_sync == NODES
                                   for leader, in_sync in found.values())

    def wait_whole(self, seconds=120):
        wait_for("all replicas are in sync", self.whole, seconds)

    def coordinator(self, group):
        """The node that keeps the group; by Java's hash of its name over three partitions."""
        h = 0
        for c in group:
            h = h * 31 + ord(c) & 0xffffffff
        place = abs(h - (1 << 32) if h >> 31 else h) % 3
        return self.partitions("__consumer_offsets").get(("__consumer_offsets", place), (None,))[0]

    def tool(self, *words):
        r = subprocess.run([SCRIPT, "tool", self.node(0), *words], capture_output=True, text=True,
                           check=True)
        return r.stdout
