"""The proxy as tests hold it: one listener before each server, told what weather it is by lines."""
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from desk import BIN  # noqa: E402

EVERYWHERE = "*"


class Proxy:
    def __init__(self, pairs):
        """pairs: (port to listen on, port of the server)."""
        self.turn = threading.Lock()
        self.process = subprocess.Popen(
            [os.path.join(BIN, "tests", "proxy"), *(f"{a}:{b}" for a, b in pairs)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        if self.process.stdout.readline() != "ready\n":
            raise AssertionError("the proxy does not start")

    def tell(self, where, *words):
        """where: a listener's number or EVERYWHERE; the proxy's answer after "ok"."""
        with self.turn:
            self.process.stdin.write(" ".join(map(str, (where, *words))) + "\n")
            answer = self.process.stdout.readline().split()
        if answer[:1] != ["ok"]:
            raise AssertionError(f"the proxy, told {where} {words}: {answer}")
        return answer[1:]

    def clear(self):
        self.tell(EVERYWHERE, "pass")

    def stats(self, where):
        """Connections now, and ever; bytes up, bytes down."""
        return tuple(map(int, self.tell(where, "stats")))

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
