"""A plain at-least-once consumer under the kills that the daemon is put under, for docs/reliability.md.

    CW_TEST_KAFKA=HOST:PORT CW_TEST_BIN=BUILD python3 tests/faults/peer.py [--kills N] [--seed N] [--events N]

Three instances of peer/peer.c count each client's events in Redis, write a version at each tenth and commit
afterwards. They are killed with kill -9 one after the other, at random, and started again. At the end their versions
are compared with what counting the topic gives: lost, doubled, ghosts (counting has no such version), and told
at another event than the tenth. Nothing is asserted of these numbers; they are printed.
"""
import argparse
import collections
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "support")]
from desk import BIN, Redis, wait_for  # noqa: E402
from proof.broker import LATEST, Brokers, array, text  # noqa: E402
from resp import Connection  # noqa: E402

BROKER = os.environ.get("CW_TEST_KAFKA")
CREATE_TOPICS = 19
EVENTS_A_VERSION, CLIENTS, PARTITIONS, INSTANCES = 10, 2000, 3, 3
APART = (0.3, 1.5)


class Peers:
    def __init__(self, group, topic, port):
        self.words = [os.path.join(BIN, "tests", "peer"), BROKER, group, topic, str(port)]
        self.running = [self.start() for _ in range(INSTANCES)]

    def start(self):
        return subprocess.Popen(self.words, stderr=subprocess.DEVNULL)

    def kill(self, n):
        self.running[n].kill()
        self.running[n].wait()
        self.running[n] = self.start()

    def stop(self):
        for process in self.running:
            process.terminate()
        return [process.wait(30) for process in self.running]


def make_topic(brokers, name):
    one = text(name) + struct.pack(">ih", PARTITIONS, -1) + array([]) + array([])
    brokers.node(min(brokers.addresses)).ask(CREATE_TOPICS, 2, array([one]) + struct.pack(">ib", 30000, 0))
    wait_for("the topic is there", lambda: Brokers(BROKER).leaders.get(name))
    brokers.describe(brokers.node(min(brokers.addresses)))


def written(topic, events, rng):
    """Puts them into the topic; what counting gives, version -> place of its event, and how many there are."""
    clients = [f"c-{rng.randrange(CLIENTS)}" for _ in range(events)]
    subprocess.run(["kcat", "-P", "-b", BROKER, "-t", topic, "-K:", "-X", "topic.partitioner=murmur2_random"],
                   input="".join(f"{c}:e\n" for c in clients).encode(), check=True, stderr=subprocess.DEVNULL)
    told = subprocess.run(["kcat", "-C", "-q", "-e", "-b", BROKER, "-t", topic, "-f", "%p %o %k\n"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    counts, due = collections.Counter(), {}
    for line in told.splitlines():
        partition, offset, client = line.split()
        counts[client] += 1
        if counts[client] % EVENTS_A_VERSION == 0:
            due[client, counts[client] // EVENTS_A_VERSION] = (int(partition), int(offset))
    return due, sum(counts.values())


def compared(due, feed):
    found = collections.defaultdict(list)
    for entry in feed:
        version, partition, offset, client = entry.split("/", 3)
        found[client, int(version)].append((int(partition), int(offset)))
    return {"versions due": len(due), "lost": sum(v not in found for v in due),
            "doubled": sum(len(places) > 1 for places in found.values()),
            "ghosts": sum(v not in due for v in found),
            "told at another event": sum(v in due and due[v] not in places for v, places in found.items())}


def drained(brokers, group, topic):
    at = brokers.committed(group)
    return all(at.get((topic, p)) == end for p, end in enumerate(brokers.offsets(topic, LATEST)))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("--kills", 10), ("--seed", 1), ("--events", 200000)):
        parser.add_argument(name, type=int, default=default)
    return parser.parse_args()


def main():
    given, name = arguments(), f"peer-{os.getpid()}-{int(time.time())}"
    rng, folder = random.Random(given.seed), tempfile.mkdtemp(prefix="cw-peer-")
    server, peers, lags = Redis(folder), None, []
    try:
        brokers = Brokers(BROKER)
        make_topic(brokers, name)
        due, events = written(name, given.events, rng)
        peers = Peers(name, name, server.port)
        redis = Connection(f"127.0.0.1:{server.port}")
        wait_for("they judge", lambda: redis("llen", "peer:feed"))
        for _ in range(given.kills):
            time.sleep(rng.uniform(*APART))
            lags.append(events - sum(brokers.committed(name).values()))
            peers.kill(rng.randrange(INSTANCES))
        wait_for("all is read", lambda: drained(brokers, name, name), 300)
        if any(peers.stop()):
            raise AssertionError("a peer ended otherwise than told")
        told = compared(due, redis("lrange", "peer:feed", 0, -1))
        print(f"{events} events, {given.kills} kills, least lag {min(lags, default=0)}: "
              + ", ".join(f"{n} {what}" for what, n in told.items()), flush=True)
    finally:
        for process in peers.running if peers else ():
            process.kill()
        server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    if not BROKER:
        sys.exit(__doc__)
    main()
