"""What bench/run.sh measures, once the servers run and the load lies in files. Prints and asserts
nothing; a step that fails ends it."""
import argparse
import subprocess
import sys
import time
from pathlib import Path

from page import print_page
from parts import TOPICS, Daemon, Redis, cpu_seconds, note, peak_megabytes, run, wait_until
from peers import peers_of

PROBES_OF = 150  # one paced event of so many is a probe, see paced.c
WARM_DRAINS, WARM_S, PACED_S = 4, 45, 35
LOOKS_S = 0.2  # between two looks at a drain: reading the metrics takes CPU that the drain lacks


class Bench:
    """One load in Kafka, and what was measured of it: figures by name, one value a repetition."""

    def __init__(self, args, clients=None):
        self.__dict__.update(vars(args))
        self.clients = clients or args.clients[0]
        self.files = self.home / str(self.clients)  # see run.sh
        self.figures = {}
        self.inputs = ["-o", f"kafka.bootstrap_servers={self.kafka}"]
        for name, topic in TOPICS.items():
            self.inputs += ["-o", f"kafka.topics.{name}={topic}"]
        self.daemon = None
        self.messages = self.events_in = self.drained_events = self.drains = 0

    def add(self, **figures):
        for name, value in figures.items():
            self.figures.setdefault(name, []).append(value)

    def ctl(self, *words):
        return run([self.build / "churnwatchctl", *words])

    # ---- the load ----

    def topics(self, *words):
        tool = Path(__file__).parent.parent / "scripts" / "kafka.sh"
        run([tool, "tool", self.home / "kafka", "topics", *words])

    def make_topics(self):
        """As the operator would have them; the daemon's own follow the count of billing."""
        for topic in TOPICS.values():
            self.topics("--create", "--topic", topic, "--partitions", str(self.partitions),
                        "--config", "message.timestamp.type=LogAppendTime")

    def ingest(self, path):
        self.ctl("ingest", *self.inputs, str(path))

    def fill(self):
        self.make_topics()
        self.ingest(self.files / "profiles.ndjson")
        self.ingest(self.files / "events.ndjson")
        self.events_in = self.drained_events = self.read()["messages"] - self.clients

    def add_events(self, count):
        """The load's last events once more: what comes after a restart."""
        path = self.home / "more.ndjson"
        with open(self.files / "events.ndjson", "rb") as f:
            f.seek(-1000 * count, 2)
            path.write_bytes(b"".join(f.readlines()[-count:]))
        self.ingest(path)
        self.events_in += count

    def forget(self, topics, keys):
        """What a run left: topics and keys of Redis that begin so."""
        self.topics("--delete", "--if-exists", "--topic", f"({topics}).*")
        redis, at = Redis(self.redis_port), "0"
        while at != b"0":
            at, found = redis("SCAN", at, "MATCH", keys + "*", "COUNT", 10000)
            if found:
                redis("UNLINK", *found)

    # ---- what the machine allows ----

    def read(self, *options):
        """The load read to its ends by librdkafka: messages, bytes, seconds, CPU."""
        output, _, cpu, _ = run([self.build / "bench_raw_consume", *options, self.kafka, *TOPICS.values()])
        got = {name: float(value) for name, value in (pair.split("=") for pair in output.split())}
        self.messages = int(got["messages"])
        if got["refused"]:
            sys.exit(f"{got['refused']:.0f} messages of the load were refused")
        return got | {"messages": self.messages, "cpu": cpu}

    def raw(self):
        got = self.read()
        self.add(raw_rate=self.messages / got["seconds"], raw_megabytes=got["bytes"] / got["seconds"] / 1e6,
                 raw_cpu=got["cpu"] / self.messages * 1e6)

    def decode(self):
        got = self.read("-d", TOPICS["profiles"])
        self.add(decode_rate=self.messages / got["seconds"], decode_cpu=got["cpu"] / self.messages * 1e6)

    def replay(self):
        _, seconds, cpu, peak = self.ctl(
            "replay", "--profiles", str(self.files / "profiles.ndjson"), "--threads", "1",
            "--events", str(self.files / "events.ndjson"), "--tasks", "/dev/null")
        self.add(replay_rate=self.messages / seconds, replay_cpu=cpu / self.messages * 1e6,
                 replay_peak=peak)

    # ---- the daemon ----

    def warm(self):
        """Reads everything once and drains it a few times, which is forgotten: the pages are in memory then. A broker
        compiles its code for as long; of what it uses in a third drain, a third is that."""
        self.read()
        for _ in range(WARM_DRAINS):
            self.drain()
        self.figures = {}

    def drain(self, keep=False):
        """The whole backlog without state, and a restart with the state it left; kept for the latency."""
        self.drains += 1
        name = f"bench{self.drains}"
        self.daemon = daemon = Daemon(self, name)
        broker, redis = cpu_seconds(self.broker_pid), cpu_seconds(self.redis_pid)
        ready = daemon.start(self.partitions)
        already, began = daemon.committed(), time.monotonic()

        def all_is_committed():
            return daemon.committed() >= self.messages

        def all_is_delivered():
            m = daemon.metrics()
            return m.get("outbox_records_total", 0) == m.get("delivered_total", -1)

        wait_until(all_is_committed, LOOKS_S)
        took = time.monotonic() - began
        wait_until(all_is_delivered, LOOKS_S)
        delivered = time.monotonic() - daemon.began
        last = daemon.metrics()
        rate = (self.messages - already) / took
        self.add(first_ready=ready, drain_rate=rate, event_rate=rate * self.events_in / self.messages,
                 drain_whole=self.events_in / delivered, drain_delivered=delivered,
                 drain_cpu=cpu_seconds(daemon.pid) / self.messages * 1e6,
                 broker_cpu=(cpu_seconds(self.broker_pid) - broker) / self.messages * 1e6,
                 redis_cpu=(cpu_seconds(self.redis_pid) - redis) / self.messages * 1e6,
                 drain_peak=peak_megabytes(daemon.pid),
                 **self.stages(daemon, last),
                 state_log=last["state_bytes_total"] / self.messages,
                 memory=last["shard_state_bytes"] / last["shard_clients"],
                 tasks=last["delivered_total"], commits=last["commits_total"],
                 clients_known=last["shard_clients"])
        self.restart()
        daemon.stop()
        if not keep:
            self.forget(name, daemon.prefix)

    def stages(self, daemon, last):
        """ns a message: of engine threads' time by what they did, of CPU by the threads' names."""
        def seconds(name):
            return last[f"{name}_seconds_sum"] / self.messages * 1e9

        decode = seconds("decode") * self.messages / max(1, last["decode_seconds_count"])
        known = {"decode": decode, "fetch": max(0, seconds("gather") - decode)}
        for name in ("judge", "encode", "append", "positions", "end"):
            known[name] = seconds(name)
        threads = {}
        for task in Path(f"/proc/{daemon.pid}/task").iterdir():
            name = "main" if int(task.name) == daemon.pid else (task / "comm").read_text().strip()
            kind = "library" if name.startswith("rdk:") else name
            used = int((task / "schedstat").read_text().split()[0]) / self.messages
            threads[kind] = threads.get(kind, 0) + used
        known |= {"cpu_engines": threads.pop("engine", 0), "cpu_library": threads.pop("library", 0),
                  "cpu_main": threads.pop("main", 0)}
        return {f"stage_{name}": value for name, value in known.items()}

    def restart(self):
        self.daemon.stop()
        seconds = self.daemon.start(self.partitions)
        self.add(restart=seconds,
                 restored=self.figures["clients_known"][-1] / seconds,
                 restart_peak=peak_megabytes(self.daemon.pid))

    # ---- latency ----

    def seen_in_feed(self):
        """The clients of new tasks without a manager, as they come; None when nothing came for 10 s."""
        redis, seen = Redis(self.redis_port), "0"
        while True:
            answer = redis("XREAD", "COUNT", 1000, "BLOCK", 10000, "STREAMS",
                           f"{self.daemon.prefix}unassigned:feed", seen)
            for seen, fields in answer[0][1] if answer else ():
                seen, fields = seen.decode(), dict(zip(fields[::2], fields[1::2]))
                if fields[b"event"] == b"created":
                    yield fields[b"client_id"]
            if answer is None:
                yield None

    def paced(self, clients, pid):
        """Probes handed to Kafka until their client is among `clients`, by the figures' names."""
        before = cpu_seconds(pid)
        feeder = subprocess.Popen(
            list(map(str, (self.build / "bench_paced", self.kafka, TOPICS["billing"], TOPICS["service"], self.clients,
                           self.pace, WARM_S + PACED_S, WARM_S))), stdout=subprocess.PIPE, text=True)
        warm = (time.time() + WARM_S) * 1e6
        sent = self.pace * (WARM_S + PACED_S)
        expected, late = sent // PROBES_OF, []
        while expected > 0:
            client = next(clients)
            now = time.time() * 1e6
            if client is None:
                sys.exit(f"{expected} probes made no task")
            if client[:1] == b"T":
                expected -= 1
                late += [(now - int(client[1:])) / 1000] if int(client[1:]) >= warm else []
        waiting = int(feeder.stdout.read().split("=")[1])
        if feeder.wait():
            sys.exit("bench_paced failed")
        late.sort()
        self.events_in += sent
        return {"latency_p50": late[len(late) // 2], "latency_p90": late[len(late) * 9 // 10],
                "latency_p99": late[len(late) * 99 // 100], "latency_most": late[-1], "probes": len(late),
                "waiting": waiting, "paced_cpu": (cpu_seconds(pid) - before) / sent * 1e6}

    def latency(self):
        self.daemon.start(self.partitions)
        self.add(**self.paced(self.seen_in_feed(), self.daemon.pid))
        self.daemon.stop()


# ---- the whole ----


def one_load(bench, peers, whole):
    """Repetitions in which what is compared takes turns in coming first; then, of the whole, what follows on the
    state that the last one left."""
    note(f"{bench.clients:,} clients: filling Kafka")
    bench.fill()
    bench.warm()
    steps = [("raw consumption", lambda keep: bench.raw())]
    if whole:
        steps += [("decoding", lambda keep: bench.decode()), ("replay", lambda keep: bench.replay())]
    steps += [("draining", bench.drain)] + [(f"draining, {peer.text}", peer.drain) for peer in peers]
    for repetition in range(bench.repetitions):
        turn = repetition % len(steps)
        last = repetition == bench.repetitions - 1
        for text, step in steps[turn:] + steps[:turn]:
            note(f"{bench.clients:,} clients, repetition {repetition + 1}: {text}")
            step(last)
    if whole:
        note(f"{bench.pace} events a second for {WARM_S + PACED_S} s")
        bench.latency()
    for peer in peers:
        note(f"restart{' and latency' if whole else ''}, {peer.text}")
        peer.restart_and_latency(whole)


def end(bench):
    if bench.daemon and bench.daemon.process.poll() is None:
        bench.daemon.process.terminate()
        bench.daemon.process.wait(60)


def arguments():
    parser = argparse.ArgumentParser()
    for name, kind in (("build", Path), ("home", Path), ("kafka", str), ("broker-pid", int), ("redis-pid", int),
                       ("redis-port", int), ("http-port", int), ("repetitions", int), ("pace", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--clients", type=int, nargs="+", required=True)
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("--partitions", type=int, default=6)
    return parser


def main():
    parser = arguments()
    parser.add_argument("--peers", type=Path)
    args = parser.parse_args()
    loads = []
    for clients in args.clients:
        bench = Bench(args, clients)
        peers = peers_of(bench, args.peers)
        try:
            one_load(bench, peers, whole=not loads)
        finally:
            end(bench)
        loads.append((bench, peers))
        bench.forget("|".join((*TOPICS.values(), "bench", "peer-")), "")
    print_page(loads)


if __name__ == "__main__":
    main()
