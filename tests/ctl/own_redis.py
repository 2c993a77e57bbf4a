"""A Redis of a test's own in a folder of its own; importing it starts it, and the importer ends it."""

import os
import shutil
import subprocess
import sys
import tempfile

if not shutil.which("redis-server"):
    print("no redis-server: skipped")
    sys.exit(77)

directory = tempfile.mkdtemp(prefix="cw-ctl-")
socket = os.path.join(directory, "socket")
server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "",
                           "--dir", directory], stdout=subprocess.DEVNULL)


def ask(*words, stdin=None):
    """As redis-cli has it: its result, and what it printed."""
    command = ["redis-cli", "-s", socket, *([] if stdin is None else ["-x"]), *map(str, words)]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode().strip()
