"""A private redis-server on a local socket, and the few lines of its protocol that a test needs."""
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def library():
    """The functions as the daemon loads them."""
    parts = sorted(glob.glob(os.path.join(SOURCE, "delivery/functions/*.lua")))
    return b"".join(open(part, "rb").read() for part in parts)


class Refused(Exception):
    """An error that Redis answered with."""


class Connection:
    """To the path of a local socket, or to HOST:PORT."""

    def __init__(self, address):
        if "/" in address:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(address)
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), 30)
        self.file = self.socket.makefile("rb")

    def send(self, *words):
        out = [b"*%d\r\n" % len(words)]
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            out.append(b"$%d\r\n%s\r\n" % (len(word), word))
        self.socket.sendall(b"".join(out))

    def answer(self):
        line = self.file.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return Refused(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        return None if rest == b"-1" else [self.answer() for _ in range(int(rest))]

    def __call__(self, *words):
        self.send(*words)
        got = self.answer()
        if isinstance(got, Refused):
            raise got
        return got

    def each(self, commands):
        """The answers to many commands, asked at once."""
        for words in commands:
            self.send(*words)
        return [self.answer() for _ in commands]


class Server:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="cw-redis-")
        self.path = os.path.join(self.folder, "socket")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "", "--dir",
             self.folder], stdout=subprocess.DEVNULL)

    def connect(self):
        until = time.monotonic() + 20
        while True:
            try:
                return Connection(self.path)
            except OSError:
                assert self.process.poll() is None and time.monotonic() < until, "no redis-server"
                time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


def available():
    return shutil.which("redis-server") is not None
