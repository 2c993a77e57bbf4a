"""The house's Redis: one of two nodes is master, three sentinels say which, and both are behind the proxy.

Everybody, the sentinels too, knows a node by the proxy's port. The second node is idle until a failover
is rehearsed.
"""
import glob
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from desk import Redis, wait_for  # noqa: E402
from sentinels import NAME, Sentinels  # noqa: E402

# Dead to the sentinels after that long, so that a restart is no failover.
DOWN_AFTER_MS = 3000


class Node(Redis):
    def __init__(self, folder, known, logs):
        """known: the port of the proxy before it; `port` is its own. logs: a folder for what it says."""
        self.known, self.log = known, os.path.join(logs, os.path.basename(folder) + ".log")
        super().__init__(folder)

    def words(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder,
                "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
                "--auto-aof-rewrite-percentage", "0", "--enable-debug-command", "yes",
                "--repl-diskless-sync-delay", "0", "--replica-announce-ip", "127.0.0.1",
                "--replica-announce-port", str(self.known), "--logfile", self.log]

    def start(self, *more):
        self.process = subprocess.Popen([*self.words(), *more])
        wait_for("redis answers", self.answers)

    def answers(self):
        if not self.alive():
            with open(self.log, encoding="utf-8", errors="replace") as said:
                last = said.read().rstrip().rsplit("\n", 1)[-1]
            raise AssertionError(f"redis ended with {self.process.returncode}: {last} ({self.log})")
        return self.ask("ping", check=False) == "PONG"

    def alive(self):
        return self.process.poll() is None

    def info(self, name):
        found = [line for line in self.ask("info", check=False).split("\n")
                 if line.startswith(name + ":")]
        return found[0].split(":")[1].strip() if found else None

    # ---- the append-only file, of a node that does not run ----

    def aof(self):
        return os.path.join(self.folder, "appendonlydir")

    def aof_tail(self):
        """Where writes are appended."""
        return max(glob.glob(os.path.join(self.aof(), "*.incr.aof")), key=os.path.getmtime)

    def empty(self):
        shutil.rmtree(self.aof(), ignore_errors=True)


class Store:
    def __init__(self, folder, knowns, logs):
        """The first of `knowns` is the master's."""
        self.nodes = []
        for n, known in enumerate(knowns):
            self.nodes.append(Node(os.path.join(folder, f"redis-{n}"), known, logs))
        self.master, self.spare = self.nodes
        self.spare.stop()
        self.spare.empty()
        self.folder, self.sentinels = folder, None

    def watch(self):
        """To be called when the proxy serves."""
        self.sentinels = Sentinels(self.folder, self.master.known, DOWN_AFTER_MS)

    def url(self):
        return self.sentinels.url()

    def place(self):
        """The master's number, from 0."""
        return self.nodes.index(self.master)

    def position(self, node=None):
        """The sum of the offsets up to which the master, or another node, was filled; None when there is
        none to be had."""
        flat = (node or self.master).ask("hgetall", "cw:delivery", check=False).split("\n")
        pairs = dict(zip(flat[::2], flat[1::2]))
        return sum(int(v) for k, v in pairs.items() if k.isdigit()) if "epoch" in pairs else None

    # ---- a failover, step by step ----

    def begin_replica(self):
        """The spare has all that the master has."""
        self.spare.empty()
        self.spare.start("--replicaof", f"127.0.0.1 {self.master.known}")
        wait_for("the replica has all", lambda: self.spare.info("master_link_status") == "up")
        wait_for("the sentinels see it", lambda: self.sentinels.replicas() == 1)

    def wait_promoted(self):
        """The spare is master now, and the former master is the spare."""
        wait_for("the replica is master",
                 lambda: self.sentinels.master() == self.spare.known
                 and self.spare.info("role") == "master", 60)
        self.master, self.spare = self.spare, self.master

    def forget_spare(self):
        self.sentinels.tell_all("reset", NAME)
        wait_for("the sentinels know each other", lambda: all(
            self.sentinels.about_master(p).get("num-other-sentinels") == "2"
            for p in self.sentinels.ports))

    def close(self):
        if self.sentinels:
            self.sentinels.close()
        for node in self.nodes:
            node.stop()
