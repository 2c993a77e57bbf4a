"""What bench/run.sh measures, once the servers run and the load lies in files. Prints and asserts
nothing; a step that fails ends it."""
import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERTZ = os.sysconf("SC_CLK_TCK")
INPUTS = ("billing", "service", "profiles")
PROBES_OF = 100  # one paced event of so many is a probe, see paced.c
WARM_S, PACED_S = 5, 20
PATIENCE_S = 300


def note(text):
    print("==", text, file=sys.stderr, flush=True)


# ---- processes ----


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def peak_megabytes(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def run(command):
    """Runs it to its end: its standard output, seconds, CPU seconds, peak MB."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output = process.stdout.read()
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed: {said[-2000:]}")
    seconds = time.monotonic() - began
    return output, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def wait_until(condition, every=0.05):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"not within {PATIENCE_S} s: {condition.__name__}")
        time.sleep(every)


# ---- Redis, as much as is needed ----


class Redis:
    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")

    def __call__(self, *words):
        parts = [str(w).encode() for w in words]
        message = b"*%d\r\n" % len(parts)
        message += b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
        self.stream.write(message)
        self.stream.flush()
        return self.reply()

    def reply(self):
        line = self.stream.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2]
        if kind == b"-":
            sys.exit(f"Redis: {rest.decode()}")
        return int(rest) if kind == b":" else rest


# ---- the daemon ----


class Daemon:
    """One churnwatchd with topics, group and keys of its own, reading the load's inputs."""

    environment = None

    def __init__(self, bench, name, instance=None, http_port=None):
        self.bench, self.prefix = bench, name + ":"
        self.http_port = http_port or bench.http_port
        self.options = bench.inputs + [
            "-o", f"kafka.group={name}", "-o", f"instance={instance or name}",
            "-o", f"redis.url=redis://127.0.0.1:{bench.redis_port}",
            "-o", f"redis.prefix={self.prefix}",
            "-o", f"http.listen=127.0.0.1:{self.http_port}", "-o", "log.level=warning",
        ]
        for topic in ("managers", "outcomes", "tasks", "state", "control", "dead_letters"):
            self.options += ["-o", f"kafka.topics.{topic}={name}.{topic}"]
        for option in bench.option:
            self.options += ["-o", option]
        self.log = open(bench.load / f"{instance or name}.log", "ab")

    def start(self):
        self.began = time.monotonic()
        command = [self.bench.build / "churnwatchd", "-o", "kafka.create_topics=true"]
        self.process = subprocess.Popen(command + self.options, stdout=self.log, stderr=self.log,
                                        env=self.environment)
        self.pid = self.process.pid
        wait_until(self.is_ready, 0.01)
        return time.monotonic() - self.began

    def stop(self):
        self.process.terminate()
        if self.process.wait(60):
            sys.exit(f"the daemon ended badly, see {self.log.name}")

    def get(self, path):
        if self.process.poll() is not None:
            sys.exit(f"the daemon ended: {Path(self.log.name).read_text()[-2000:]}")
        url = f"http://127.0.0.1:{self.http_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def is_ready(self):
        return self.get("/readyz") is not None

    def metrics(self):
        """Name to value, summed over shards and other labels."""
        sums = {}
        for line in (self.get("/metrics") or "").splitlines():
            found = re.match(r"churnwatch_(\w+)(?:\{.*\})? (\S+)$", line)
            if found:
                sums[found[1]] = sums.get(found[1], 0) + float(found[2])
        return sums


# ---- the measurements ----


class Bench:
    def __init__(self, args):
        self.__dict__.update(vars(args))
        self.figures = {}
        self.inputs = ["-o", f"kafka.bootstrap_servers={self.kafka}"]
        for topic in INPUTS:
            self.inputs += ["-o", f"kafka.topics.{topic}=load.{topic}"]
        self.daemon = None
        self.messages = 0

    def add(self, **figures):
        for name, value in figures.items():
            self.figures.setdefault(name, []).append(value)

    def ctl(self, *words):
        return run([self.build / "churnwatchctl", *words])

    def make_topics(self):
        """As the operator would have them; the daemon's own follow the count of billing."""
        tool = Path(__file__).parent.parent / "scripts" / "kafka.sh"
        for topic in INPUTS:
            run([tool, "tool", self.load / "kafka", "topics", "--create", "--topic",
                 f"load.{topic}", "--partitions", str(self.partitions),
                 "--config", "message.timestamp.type=LogAppendTime"])

    def fill(self):
        self.make_topics()
        for name in ("profiles", "events"):
            self.ctl("ingest", *self.inputs, str(self.load / f"{name}.ndjson"))

    def raw(self):
        topics = [f"load.{topic}" for topic in INPUTS]
        output, _, cpu, _ = run([self.build / "bench_raw_consume", self.kafka, *topics])
        got = dict(pair.split("=") for pair in output.split())
        self.messages = int(got["messages"])
        self.add(raw_rate=self.messages / float(got["seconds"]),
                 raw_megabytes=int(got["bytes"]) / float(got["seconds"]) / 1e6,
                 raw_cpu=cpu / self.messages * 1e6)

    def replay(self):
        _, seconds, cpu, peak = self.ctl(
            "replay", "--profiles", str(self.load / "profiles.ndjson"),
            "--events", str(self.load / "events.ndjson"), "--tasks", "/dev/null")
        self.add(replay_rate=self.messages / seconds, replay_cpu=cpu / self.messages * 1e6,
                 replay_peak=peak)

    def drain(self):
        if self.daemon:
            self.daemon.stop()
        self.daemon = daemon = Daemon(self, f"bench{len(self.figures.get('drain_rate', []))}")
        broker = cpu_seconds(self.broker_pid)
        wait_for_topics = daemon.start()
        first = daemon.metrics()
        began, already = time.monotonic(), first.get("messages_total", 0)

        def all_is_judged():
            return daemon.metrics().get("messages_total", 0) >= self.messages

        def all_is_delivered():
            m = daemon.metrics()
            return m.get("outbox_records_total", 0) == m.get("delivered_total", -1)

        wait_until(all_is_judged)
        judged = time.monotonic() - began
        wait_until(all_is_delivered)
        delivered = time.monotonic() - daemon.began
        last = daemon.metrics()
        self.add(first_ready=wait_for_topics,
                 drain_rate=(self.messages - already) / judged,
                 drain_delivered=delivered,
                 drain_cpu=cpu_seconds(daemon.pid) / self.messages * 1e6,
                 broker_cpu=(cpu_seconds(self.broker_pid) - broker) / self.messages * 1e6,
                 drain_peak=peak_megabytes(daemon.pid),
                 **self.stages(daemon, last),
                 state_log=last["state_bytes_total"] / self.messages,
                 memory=last["shard_state_bytes"] / last["shard_clients"],
                 tasks=last["delivered_total"], commits=last["commits_total"],
                 clients_known=last["shard_clients"])

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
        seconds = self.daemon.start()
        self.add(restart=seconds,
                 restored=self.daemon.metrics()["shard_clients"] / seconds,
                 restart_peak=peak_megabytes(self.daemon.pid))

    def latency(self):
        """Probes handed to Kafka until their task stands in a manager's feed."""
        seconds = WARM_S + PACED_S
        redis = Redis(self.redis_port)
        before = cpu_seconds(self.daemon.pid)
        feeder = subprocess.Popen(
            [self.build / "bench_paced", self.kafka, "load.billing", "load.service",
             str(self.clients), str(self.pace), str(seconds)])
        feed, seen, late = f"{self.daemon.prefix}unassigned:feed", "$", []
        warm = (time.time() + WARM_S) * 1e6
        expected = self.pace * seconds // PROBES_OF
        while expected > 0:
            answer = redis("XREAD", "COUNT", 1000, "BLOCK", 10000, "STREAMS", feed, seen)
            now = time.time() * 1e6
            if answer is None:
                sys.exit(f"{expected} probes made no task")
            for seen, fields in answer[0][1]:
                seen = seen.decode()
                fields = dict(zip(fields[::2], fields[1::2]))
                if fields[b"event"] == b"created" and fields[b"client_id"][:1] == b"T":
                    at = int(fields[b"client_id"][1:])
                    expected -= 1
                    if at >= warm:
                        late.append((now - at) / 1000)
        if feeder.wait():
            sys.exit("bench_paced failed")
        late.sort()
        used = cpu_seconds(self.daemon.pid) - before
        self.add(latency_p50=late[len(late) // 2], latency_p99=late[len(late) * 99 // 100],
                 latency_most=late[-1], probes=len(late),
                 paced_cpu=used / (self.pace * seconds) * 1e6)


# ---- the page ----

ROWS = (  # figure, text, unit, mark
    ("raw_rate", "raw consumption, librdkafka alone", "messages/s", ""),
    ("raw_megabytes", "", "MB/s", ""),
    ("raw_cpu", "", "µs CPU/message", ""),
    ("replay_rate", "replay, whole command, one core", "messages/s", "≥ 1 M, aim 2 M"),
    ("replay_cpu", "", "µs CPU/message", ""),
    ("replay_peak", "", "MB peak", ""),
    ("drain_rate", "daemon, draining the backlog", "messages/s", ""),
    ("drain_share", "", "× raw", "≥ 0.4, aim 0.65 (librdkafka ≥ 2.8)"),
    ("drain_cpu", "", "µs CPU/message", "≤ 3, aim 1.8"),
    ("stage_fetch", "of an engine's time: fetch", "ns/message", ""),
    ("stage_decode", "  decode, sort in", "ns/message", ""),
    ("stage_judge", "  judge", "ns/message", ""),
    ("stage_encode", "  encode the state", "ns/message", ""),
    ("stage_append", "  hand over to the producer", "ns/message", ""),
    ("stage_positions", "  wait until it lies in Kafka, positions", "ns/message", ""),
    ("stage_end", "  wait for the transaction's end", "ns/message", ""),
    ("stage_cpu_engines", "CPU of engine threads", "ns/message", ""),
    ("stage_cpu_library", "CPU of librdkafka's threads", "ns/message", ""),
    ("stage_cpu_main", "CPU of the main thread, delivery", "ns/message", ""),
    ("broker_cpu", "broker meanwhile", "µs CPU/message", ""),
    ("drain_peak", "", "MB peak", "≤ 200, aim 140 (200,000 clients)"),
    ("drain_delivered", "", "s exec → all tasks in Redis", ""),
    ("tasks", "", "task versions delivered", ""),
    ("commits", "", "transactions", ""),
    ("state_log", "", "state log bytes/message", ""),
    ("memory", "", "bytes in memory/client", ""),
    ("clients_known", "", "clients known", ""),
    ("first_ready", "start without state, topics made", "s exec → ready", "≤ 1, aim 0.4 (topics there)"),
    ("restart", "restart with that state", "s exec → ready", "≤ 1, aim 0.6 (200,000 clients)"),
    ("restored", "", "clients/s, start included", ""),
    ("restart_peak", "", "MB peak", ""),
    ("latency_p50", "event handed to Kafka → task in Redis", "ms p50", "≤ 100, aim 50 (5000/s)"),
    ("latency_p99", "", "ms p99", "≤ 250, aim 120"),
    ("latency_most", "", "ms most", ""),
    ("probes", "", "tasks timed", ""),
    ("paced_cpu", "", "µs CPU/message", ""),
)


def written(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_page(figures):
    figures["drain_share"] = [
        drain / raw for drain, raw in zip(figures["drain_rate"], figures["raw_rate"])]
    print(f"{'':40}{'median':>12}  {'range':22}{'':30}mark")
    for name, text, unit, mark in ROWS:
        values = figures[name]
        spread = f"({written(min(values))}–{written(max(values))})" if len(values) > 1 else ""
        print(f"{text:40}{written(statistics.median(values)):>12}  {spread:22}{unit:30}{mark}")


def arguments():
    parser = argparse.ArgumentParser()
    for name, kind in (("build", Path), ("load", Path), ("kafka", str), ("broker-pid", int),
                       ("redis-port", int), ("http-port", int), ("clients", int),
                       ("repetitions", int), ("pace", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("--partitions", type=int, default=6)
    return parser


def main():
    bench = Bench(arguments().parse_args())
    note("filling Kafka")
    bench.fill()
    bench.raw()  # warms the page cache, and is forgotten
    bench.figures.clear()
    steps = [bench.raw, bench.replay, bench.drain]
    try:
        for repetition in range(bench.repetitions):
            # What is compared takes turns in coming first.
            turn = repetition % len(steps)
            for step in steps[turn:] + steps[:turn]:
                note(f"repetition {repetition + 1}: {step.__name__}")
                step()
            bench.restart()
        note(f"{bench.pace} events a second for {WARM_S + PACED_S} s")
        bench.latency()
    finally:
        if bench.daemon and bench.daemon.process.poll() is None:
            bench.daemon.process.terminate()
            bench.daemon.process.wait(60)
    print_page(bench.figures)


if __name__ == "__main__":
    main()
