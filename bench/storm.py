"""A hundred thousand tasks at once, with Redis there and with Redis standing still: the measurements of bench/run.sh -s.
Prints and asserts nothing; a step that fails ends it."""
import json
import os
import signal
import time
from pathlib import Path

from measure import Bench, arguments
from page import written
from parts import Daemon, Redis, note, peak_megabytes, wait_until

TASKS = 100_000
AWAY_S = 10  # how long Redis stands still


def megabytes(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Storm(Bench):
    def write_storm(self, first):
        """As many of the load's clients, from the first on, ask to take their number elsewhere."""
        path = self.home / f"storm-{first}.ndjson"
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        with open(path, "w", encoding="utf-8") as f:
            for client in range(first, first + TASKS):
                f.write(json.dumps({
                    "specversion": "1.0", "id": f"storm-{client}", "source": "/storm", "type": "service.port_out",
                    "subject": f"C{client:09}", "time": now,
                    "data": {"msisdn": str(8613700000000 + client), "stage": "requested"}}) + "\n")
        return path

    def begin(self):
        self.make_topics()
        self.ctl("ingest", *self.inputs, str(self.files / "profiles.ndjson"))
        self.daemon = Daemon(self, "storm")
        self.daemon.start()
        wait_until(lambda: self.daemon.committed() >= self.clients)

    def judged(self):
        return self.daemon.committed()

    def in_redis(self):
        return Redis(self.redis_port)("HLEN", f"{self.daemon.prefix}tasks")

    def wait_for(self, count, enough):
        """Seconds until so many are counted; on the way, the most memory in use."""
        most = 0

        def reached():
            nonlocal most
            most = max(most, megabytes(self.daemon.pid))
            return count() >= enough

        began = time.monotonic()
        wait_until(reached)
        return time.monotonic() - began, most

    def storm(self, number):
        """All into Kafka first, so that nothing but the daemon sets the pace."""
        path = self.write_storm(number * TASKS)
        self.daemon.stop()
        self.ctl("ingest", *self.inputs, str(path))

    def at_once(self):
        note(f"{TASKS:,} tasks at once")
        self.storm(0)
        self.daemon.start()
        idle = megabytes(self.daemon.pid)
        judged, _ = self.wait_for(self.judged, TASKS)
        rest, most = self.wait_for(self.in_redis, TASKS)
        self.add(judged=judged, delivered=judged + rest, idle=idle, most=max(most, peak_megabytes(self.daemon.pid)))

    def redis_away(self):
        note(f"{TASKS:,} more, while Redis stands still for {AWAY_S} s")
        self.storm(1)
        self.daemon.start()
        os.kill(self.redis_pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            judged, _ = self.wait_for(self.judged, TASKS)
            time.sleep(max(0, AWAY_S - (time.monotonic() - began)))
            self.add(away_judged=judged, away_most=megabytes(self.daemon.pid))
        finally:
            os.kill(self.redis_pid, signal.SIGCONT)
        back, most = self.wait_for(self.in_redis, 2 * TASKS)
        self.add(back=back, back_most=max(most, peak_megabytes(self.daemon.pid)))


ROWS = (
    ("judged", "tasks at once: all judged and committed", "s"),
    ("delivered", "all in Redis", "s"),
    ("idle", "memory before", "MB"),
    ("most", "most memory", "MB"),
    ("away_judged", "Redis standing still: all judged", "s"),
    ("away_most", "memory then", "MB"),
    ("back", "Redis back: all in Redis", "s"),
    ("back_most", "most memory", "MB"),
)


def main():
    parser = arguments()
    bench = Storm(parser.parse_args())
    if bench.clients < 2 * TASKS:
        raise SystemExit(f"at least {2 * TASKS:,} clients are needed (-n)")
    bench.begin()
    try:
        bench.at_once()
        bench.redis_away()
    finally:
        if bench.daemon.process.poll() is None:
            bench.daemon.process.terminate()
            bench.daemon.process.wait(60)
    for name, text, unit in ROWS:
        print(f"{text:46}{written(bench.figures[name][0]):>12}  {unit}")


main()
