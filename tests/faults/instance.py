"""One slot of the desk: its daemon under a service manager that starts again whatever ends.

Beside what the service manager does, a test may choose the environment of the next start, once: that is
how a process comes to end or stop itself at a named point. One that ends before it got there, as a start
does that meets a broker without a leader, is started again like that.
"""
import http.client
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from desk import BIN, free_port  # noqa: E402

# Ends that are no fault of the daemon: as told, killed by a test, fatal and asking for a restart.
EXPECTED = {0, -signal.SIGKILL, 75}
RESTART_AFTER = 0.1
SAMPLE = re.compile(r'churnwatch_(\w+)\{shard="(\d+)"(?:,topic="([^"]+)")?\} (\S+)')


class Instance:
    def __init__(self, house, slot):
        self.house, self.slot = house, slot
        self.log = os.path.join(house.logs, f"{slot}.log")
        self.wanted, self.process, self.port = False, None, None
        self.next_environment, self.given, self.ended, self.ends = {}, {}, None, []

    def __repr__(self):
        return self.slot

    # ---- the process ----

    def begin(self, **environment):
        """A start, with this beside the house's environment; see the opening for how long."""
        self.port, self.given = free_port(), environment
        words = [os.path.join(BIN, "churnwatchd"), *self.house.settings(), "-o",
                 f"instance={self.slot}", "-o", f"http.listen=127.0.0.1:{self.port}"]
        self.ended = None
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                words, stdout=log, stderr=log,
                env={**os.environ, **self.house.environment, **environment})
        self.wanted = True

    def tend(self):
        """What a service manager does; called often."""
        if not self.wanted or self.process is None or self.process.poll() is None:
            return
        if self.ended is None:
            self.ended = time.time()
            self.ends.append((self.ended, self.process.returncode))
            if self.process.returncode not in EXPECTED:
                self.house.complain(f"{self.slot} ended with {self.process.returncode}")
        if time.time() - self.ended >= RESTART_AFTER:
            again = {} if self.process.returncode == -signal.SIGKILL else self.given
            environment, self.next_environment = self.next_environment or again, {}
            self.begin(**environment)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stopped(self):
        """By SIGSTOP."""
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as f:
                return f.read().rsplit(")", 1)[1].split()[0] == "T"
        except OSError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """kill -9; it is started again if it is wanted."""
        self.process.kill()

    def leave(self):
        """SIGTERM, and not started again; its exit status."""
        self.wanted = False
        if self.alive():
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
        return self.process.wait(60)

    def restart(self, **environment):
        """Told to stop and started again, with this in its environment."""
        code = self.leave()
        if code not in EXPECTED:
            self.house.complain(f"{self.slot} was told to stop and ended with {code}")
        self.begin(**environment)

    def end(self):
        self.wanted = False
        if self.alive():
            self.process.kill()
            self.process.wait()

    # ---- what it tells ----

    def get(self, path):
        """None when nobody answers, and of a process that is stopped."""
        if not self.alive() or self.stopped():
            return None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def shards(self):
        """shard -> {running, last_commit, lag by topic, …}, of those it holds."""
        found = {}
        for name, shard, topic, value in SAMPLE.findall(self.get("/metrics") or ""):
            of = found.setdefault(int(shard), {"lag": {}})
            if name == "lag_messages":
                of["lag"][topic] = int(float(value))
            elif name.startswith("shard_") and not topic:
                of[name[6:]] = float(value)
        return found

    def metric(self, name):
        """Without labels; 0 when nobody answers."""
        found = re.search(rf"^churnwatch_{name} (\S+)$", self.get("/metrics") or "", re.M)
        return float(found[1]) if found else 0.0

    def memory(self):
        """Bytes: of address space, resident."""
        with open(f"/proc/{self.process.pid}/statm", encoding="utf-8") as f:
            return tuple(int(n) * os.sysconf("SC_PAGESIZE") for n in f.read().split()[:2])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def said(self, last=4000):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, "rb") as f:
            f.seek(max(0, os.path.getsize(self.log) - last))
            return f.read().decode(errors="replace")
