"""The operator's guide, followed: its blocks marked `run`, in their order, on an embedded log and a
Redis of their own, and what it shows below them.

Paths and ports of the guide are those of a host; here they are put under a folder. `systemctl` is a
stand-in that goes by the unit's own lines: it starts ExecStart and returns at READY=1, runs each
ExecReload, and stops by SIGTERM.
"""
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from desk import BIN, Redis, free_port  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUIDE = os.path.join(TOP, "docs", "operate.md")
BOUND = 90  # seconds for one block


def blocks(text):
    """Of each block marked run: its line, its commands, and what is shown below it."""
    found = []
    pattern = r"^```sh run\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?"
    for m in re.finditer(pattern, text, re.M | re.S):
        found.append((text.count("\n", 0, m.start()) + 1, m[1], m[2] or ""))
    return found


def shape(line):
    """A line as it may be in another run: other numbers, other widths, anything for an ellipsis."""
    escaped = re.escape(line.strip())
    escaped = re.sub(r"\d+", r"\\d+", escaped)
    escaped = re.sub(r"(\\ )+", r"\\s+", escaped)
    return escaped.replace("…", ".*")


def unit_lines(key):
    with open(os.path.join(BIN, "systemd", "churnwatch.service"), encoding="utf-8") as f:
        return re.findall(rf"^{key}=(.*)$", f.read(), re.M)


# ---- the stand-in for systemctl ----

def until(what, condition):
    end = time.monotonic() + BOUND
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"systemctl: not within {BOUND} s: {what}")
        time.sleep(0.02)


def words_of(line, pid=""):
    folder = os.environ["CW_OPERATE"]
    words = shlex.split(line.replace("$MAINPID", pid))
    return [re.sub(r"^/\S*/etc/churnwatch|^/etc/churnwatch", f"{folder}/etc", w)
            if "churnwatch.conf" in w else os.path.basename(w) if i == 0 else w
            for i, w in enumerate(words)]


def start():
    folder = os.environ["CW_OPERATE"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"{folder}/notify")
        ear.settimeout(BOUND)
        with open(f"{folder}/daemon.log", "ab") as log:
            daemon = subprocess.Popen(words_of(unit_lines("ExecStart")[0]), stdout=log, stderr=log,
                                      start_new_session=True,
                                      env=dict(os.environ, NOTIFY_SOCKET=f"{folder}/notify"))
        with open(f"{folder}/pid", "w", encoding="ascii") as f:
            f.write(str(daemon.pid))
        while "READY=1" not in ear.recv(4096).decode().split("\n"):
            if daemon.poll() is not None:
                sys.exit("systemctl: the daemon ended")


def main_pid():
    with open(os.path.join(os.environ["CW_OPERATE"], "pid"), encoding="ascii") as f:
        return f.read()


def reload():
    for line in unit_lines("ExecReload"):
        subprocess.run(words_of(line, main_pid()), check=True)


def stop():
    pid = int(main_pid())
    os.kill(pid, signal.SIGTERM)
    until("the daemon ends", lambda: not os.path.exists(f"/proc/{pid}"))


# ---- the test ----

class Operate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cw-operate-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.redis = Redis(os.path.join(self.folder, "redis"))
        self.addCleanup(self.redis.stop)
        for name in ("bin", "etc", "var"):
            os.mkdir(os.path.join(self.folder, name))
        shutil.copy(os.path.join(TOP, "config", "churnwatch.conf"), self.path("etc"))
        binary = os.path.abspath(BIN)
        conf = self.path("etc", "churnwatch.conf")
        self.command("churnwatchctl", f'exec {binary}/churnwatchctl -c {conf} "$@"')
        # The unit names its configuration itself, and the last -c counts.
        self.command("churnwatchd", f'exec {binary}/churnwatchd -c {conf} "$@"')
        self.command("systemctl", f'exec {sys.executable} -B {os.path.abspath(__file__)} systemctl "$@"')
        self.env = dict(os.environ, CW_OPERATE=self.folder, CW_TEST_BIN=binary, LC_ALL="C.UTF-8",
                        PATH=self.path("bin") + ":" + os.environ["PATH"])
        self.addCleanup(self.end_daemon)
        self.swaps = (("/etc/churnwatch", self.path("etc")), ("/var/lib/churnwatch", self.path("var")),
                      ("127.0.0.1:6379", f"127.0.0.1:{self.redis.port}"),
                      ("127.0.0.1:9464", f"127.0.0.1:{free_port()}"))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def command(self, name, body):
        path = self.path("bin", name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, stat.S_IRWXU)

    def end_daemon(self):
        try:
            with open(self.path("pid"), encoding="ascii") as f:
                os.kill(int(f.read()), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            pass

    def follow(self, line, commands, shown):
        for theirs, ours in self.swaps:
            commands = commands.replace(theirs, ours)
        done = subprocess.run(["bash", "-euc", commands], env=self.env, capture_output=True, text=True,
                              timeout=BOUND, cwd=self.folder)
        said = done.stdout + done.stderr
        print(f"---- operate.md:{line}\n{said}", flush=True)
        self.assertEqual(done.returncode, 0, f"operate.md:{line}: {said}")
        printed = iter(done.stdout.splitlines())
        for expected in shown.splitlines():
            self.assertTrue(any(re.fullmatch(shape(expected), got.strip()) for got in printed),
                            f"operate.md:{line}: no line like {expected!r} in {said}")

    def test_the_guide_can_be_followed(self):
        with open(GUIDE, encoding="utf-8") as f:
            found = blocks(f.read())
        self.assertGreater(len(found), 8)
        for line, commands, shown in found:
            self.follow(line, commands, shown)


if __name__ == "__main__":
    if sys.argv[1:2] == ["systemctl"]:
        {"start": start, "reload": reload, "stop": stop}[sys.argv[2]]()
    else:
        unittest.main(verbosity=2)
