"""Starts what churnwatch.service starts, as its user, and plays systemd's part: a notification socket,
READY=1 awaited, SIGTERM, status 0. Run by scripts/install-check.sh inside a bare system, on an embedded
log and without a Redis, which costs delivery and not readiness."""
import os
import pwd
import re
import signal
import socket
import subprocess
import sys

BOUND = 60
with open("/usr/lib/systemd/system/churnwatch.service", encoding="utf-8") as f:
    start = re.search(r"^ExecStart=(.*)$", f.read(), re.M)[1].split()
user = pwd.getpwnam("churnwatch")


def become():
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


path = "/var/lib/churnwatch/notify"
if os.path.exists(path):
    os.remove(path)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
    ear.bind(path)
    os.chown(path, user.pw_uid, user.pw_gid)
    ear.settimeout(BOUND)
    daemon = subprocess.Popen(start + ["-o", "bus=sqlite:/var/lib/churnwatch/bus.db"],
                              preexec_fn=become, env={"NOTIFY_SOCKET": path, "PATH": "/usr/bin"})
    said = []
    while "READY=1" not in said:
        said += ear.recv(4096).decode().split("\n")
        print("  told:", said[-1])
    daemon.send_signal(signal.SIGTERM)
    status = daemon.wait(BOUND)
os.remove(path)
print("  ended with status", status)
sys.exit(status != 0)
