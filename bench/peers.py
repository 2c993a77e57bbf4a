"""What else reads the same topics: Kafka Streams and Flink jobs that a folder holds (README.md says what it must
hold), beside the daemon in the same run."""
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from parts import Redis, cpu_seconds, note, run, wait_until

MORE = 2000  # events after a restart
JAVA = ("java", "-Xms2g", "-Xmx2g", "-XX:+UseParallelGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED")


class Kind(NamedTuple):
    name: str
    text: str
    folder: str
    main: str
    environment: dict
    follows: bool  # whether its restart and latency are measured too


KINDS = (
    Kind("streams", "Streams 200 ms", "streams", "cwb.StreamsJob", {"STORE": "mem", "COMMIT_MS": "200"}, True),
    Kind("streams1s", "Streams 1 s", "streams", "cwb.StreamsJob", {"STORE": "mem", "COMMIT_MS": "1000"}, False),
    Kind("flink", "Flink", "flink", "cwb.FlinkJob", {}, True),
)


class Peer:
    """One of them on one load; figures by the same names as the daemon's."""

    def __init__(self, bench, kind, folder):
        self.bench, self.kind, self.text = bench, kind, kind.text
        self.figures = {}
        class_path = f"{folder / 'classes'}:{(folder / 'classpath').read_text().strip()}"
        self.command = [*JAVA, "-cp", class_path, kind.main]
        self.errors = bench.home / f"{kind.name}.log"

    def add(self, **figures):
        for name, value in figures.items():
            self.figures.setdefault(name, []).append(value)

    # ---- running it ----

    def begin(self):
        """A name never used, so that it has no state and no offsets."""
        self.app = f"peer-{self.kind.name}-{self.bench.clients}-{len(self.figures.get('drain_rate', []))}"
        self.state = self.bench.home / "state" / self.app
        self.state.mkdir(parents=True)

    def environment(self, **more):
        return {**os.environ, "BROKERS": self.bench.kafka, "REDIS_PORT": str(self.bench.redis_port), "APP": self.app,
                "STATE_DIR": str(self.state), **self.kind.environment, **self.last_checkpoint(), **more}

    def last_checkpoint(self):
        """Flink's newest completed one; Streams finds its state by its name."""
        done = sorted(self.state.glob("*/chk-*/_metadata"), key=lambda path: path.stat().st_mtime)
        return {"RESTORE": f"file://{done[-1].parent}"} if done else {}

    def until(self, events, linger_ms=0):
        """Runs it until it has processed so many: what it says of itself, CPU seconds, peak MB."""
        environment = self.environment(EXPECT=str(events), LINGER_MS=str(linger_ms))
        output, _, cpu, peak = run(self.command, self.errors, environment)
        said = dict(re.findall(r"(\w+)=([\d.]+)", output[output.index("result "):]))
        return {name: float(value) for name, value in said.items()}, cpu, peak

    def forget(self):
        self.bench.forget(self.app, "cw:")
        shutil.rmtree(self.state)

    # ---- the measurements ----

    def drain(self, keep=False):
        self.begin()
        keep = keep and self.kind.follows
        broker, redis = cpu_seconds(self.bench.broker_pid), cpu_seconds(self.bench.redis_pid)
        n = self.bench.events_in
        got, cpu, peak = self.until(n, 3000 if keep else 0)
        self.add(event_rate=got["ev_s"], drain_whole=n / got["visible_s"], drain_delivered=got["visible_s"],
                 drain_rate=got["ev_s"], drain_cpu=cpu / n * 1e6, drain_peak=peak, tasks=got["tasks"],
                 broker_cpu=(cpu_seconds(self.bench.broker_pid) - broker) / n * 1e6,
                 redis_cpu=(cpu_seconds(self.bench.redis_pid) - redis) / n * 1e6, first_ready=got["first_s"])
        self.taken = n
        if not keep:
            self.forget()

    def restart_and_latency(self, latency):
        if not self.kind.follows:
            return
        if not latency:
            self.bench.add_events(MORE)
        unread = self.bench.events_in - self.taken
        got, _, _ = self.until(unread, 3000)
        self.taken = self.bench.events_in
        self.add(restart=got["first_s"])
        if latency:
            self.latency()
        self.forget()

    def processed(self):
        """By its last line of progress."""
        lines = re.findall(r"s: (\d+) events", self.errors.read_text(encoding="utf-8"))
        return int(lines[-1]) if lines else 0

    def latency(self):
        self.bench.add_events(MORE)
        with open(self.errors, "w", encoding="utf-8") as errors:
            process = subprocess.Popen(self.command, stdout=errors, stderr=errors, env=self.environment())
        try:
            wait_until(lambda: process.poll() is not None or self.processed() >= MORE)
            if process.poll() is not None:
                sys.exit(f"{self.text} ended: {self.errors.read_text()[-2000:]}")
            self.add(**self.bench.paced(self.seen_in_redis(), process.pid))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def seen_in_redis(self):
        """The clients of tasks as they are written; None when nothing came for 10 s."""
        redis, feed = Redis(self.bench.redis_port), Redis(self.bench.redis_port, 10)
        redis("CONFIG", "SET", "notify-keyspace-events", "Eh")
        feed("SUBSCRIBE", "__keyevent@0__:hset")
        while True:
            key = feed.reply()
            yield key and (redis("HGET", key[2], "client") or b"")


def built(folder, home):
    """Its classes and class path, made by Maven where it is a project and not yet made."""
    if (folder / "classpath").exists():
        return folder
    out = home / folder.name
    if not out.exists():
        note(f"building {folder.name}")
        run(["mvn", "-q", "-B", "-f", str(folder / "pom.xml"), "package", f"-Dout={out}"])
    return out


def peers_of(bench, folder):
    return [Peer(bench, kind, built(folder / kind.folder, bench.home)) for kind in KINDS] if folder else []
