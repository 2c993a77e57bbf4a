"""What the tests of churnwatchctl share: running it, and saying what went otherwise."""

import os
import subprocess
import sys

CTL = sys.argv[1]
ENV = dict(os.environ, LC_ALL="C.UTF-8")
failures = []


def ctl(*args, stdin=b""):
    """Runs the program; returns its exit status, standard output and standard error."""
    done = subprocess.run([CTL, *args], input=stdin, capture_output=True, env=ENV, timeout=120, umask=0o022)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def check(what, ok, *context):
    if not ok:
        failures.append(what)
        print(f"FAILED: {what}", *context, sep="\n  ")


def check_run(what, got, status, out=None, err=None):
    """The status, and texts that the two streams must hold."""
    check(f"{what}: status {status}", got[0] == status, *got)
    for text, stream in ((out, got[1]), (err, got[2])):
        for part in [text] if isinstance(text, str) else text or []:
            check(f"{what}: {part!r}", part in stream, *got)


def check_modes(mode, *paths):
    """A file's rights as they are where the umask is 022, as it mostly is."""
    for path in paths:
        found = os.stat(path).st_mode & 0o777
        check(f"{path}: {mode:o}", found == mode, f"{found:o}")


def end():
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)
