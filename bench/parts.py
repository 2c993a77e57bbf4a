"""What the benchmarks run and look at: processes, as much of Redis as is needed, and the daemon."""
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERTZ = os.sysconf("SC_CLK_TCK")
TOPICS = {"billing": "billing.events", "service": "service.events", "profiles": "client.profiles"}
PATIENCE_S = 600


def note(text):
    print("==", text, file=sys.stderr, flush=True)


# ---- processes ----


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def peak_megabytes(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def run(command, said_to=None, environment=None):
    """Runs it to its end: its standard output, seconds, CPU seconds, peak MB. What it says on standard
    error goes to the file `said_to`."""
    began = time.monotonic()
    with open(said_to, "w+", encoding="utf-8") if said_to else tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        errors.seek(0)
        said = errors.read()
    if status:
        sys.exit(f"{command[0]} failed: {said[-2000:] or output[-2000:]}")
    return output, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def wait_until(condition, every=0.05):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"not within {PATIENCE_S} s: {condition.__qualname__}")
        time.sleep(every)


# ---- Redis, as much as is needed ----


class Redis:
    """One connection; with patience_s a reply that does not come is None, once."""

    def __init__(self, port, patience_s=None):
        self.socket = socket.create_connection(("127.0.0.1", port), patience_s)
        self.stream = self.socket.makefile("rwb")

    def __call__(self, *words):
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        message = b"*%d\r\n" % len(parts)
        message += b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
        self.stream.write(message)
        self.stream.flush()
        return self.reply()

    def reply(self):
        try:
            line = self.stream.readline()[:-2]
        except TimeoutError:
            return None
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
        self.log = open(bench.home / f"{instance or name}.log", "ab")

    def start(self, shards=0):
        """Until it says that it is ready and that many shards are; seconds. One with several engine threads may say
        so when only one of them has its shards."""
        self.began = time.monotonic()
        command = [self.bench.build / "churnwatchd", "-o", "kafka.create_topics=true"]
        self.process = subprocess.Popen(command + self.options, stdout=self.log, stderr=self.log,
                                        env=self.environment)
        self.pid = self.process.pid
        wait_until(lambda: self.is_ready() and self.running() >= shards, 0.01)
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

    def running(self):
        """Shards that are restored and judging."""
        return self.metrics().get("shard_running", 0)

    def committed(self):
        """Messages that commits hold."""
        return self.metrics().get("commit_messages_sum", 0)

    def metrics(self):
        """Name to value, summed over shards and other labels."""
        sums = {}
        for line in (self.get("/metrics") or "").splitlines():
            found = re.match(r"churnwatch_(\w+)(?:\{.*\})? (\S+)$", line)
            if found:
                sums[found[1]] = sums.get(found[1], 0) + float(found[2])
        return sums
