"""The proxy does what it is told, and loses nothing by itself."""
import hashlib
import os
import select
import socket
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
from desk import free_port, wait_for  # noqa: E402
from weather import Proxy  # noqa: E402

LARGE = os.urandom(1 << 20) * 32
SMALL = os.urandom(40000)


class Echo(threading.Thread):
    """Gives each connection's bytes back to it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    @staticmethod
    def serve(client):
        try:
            while part := client.recv(1 << 16):
                client.sendall(part)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        client.close()


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.port = free_port()
        self.proxy = Proxy([(self.port, echo.port)])
        self.addCleanup(self.proxy.close)

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.addCleanup(client.close)
        return client

    def ask(self, client, data):
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        parts, n = [], 0
        while n < len(data):
            parts.append(client.recv(1 << 20))
            self.assertTrue(parts[-1], "ended early")
            n += len(parts[-1])
        sender.join()
        self.assertEqual(hashlib.sha256(b"".join(parts)).digest(), hashlib.sha256(data).digest())

    @staticmethod
    def readable(client):
        return bool(select.select([client], [], [], 0.2)[0])

    def test_all_goes_through_and_so_does_the_end(self):
        client = self.connect()
        began = time.monotonic()
        self.ask(client, LARGE)
        print(f"{2 * len(LARGE) / 1e6 / (time.monotonic() - began):.0f} MB/s", flush=True)
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(client.recv(1), b"")
        wait_for("the link is gone", lambda: self.proxy.stats(0)[0] == 0)
        self.assertEqual(self.proxy.stats(0), (0, 1, len(LARGE), len(LARGE)))

    def test_reset_and_cut(self):
        client = self.connect()
        self.ask(client, b"x")
        self.proxy.tell(0, "reset")
        with self.assertRaises(ConnectionResetError):
            client.recv(1)
        self.ask(self.connect(), b"served again")
        self.proxy.tell(0, "cut")
        with self.assertRaises(ConnectionResetError):
            again = self.connect()
            again.recv(1)
        self.proxy.tell(0, "pass")
        self.ask(self.connect(), b"served again")

    def test_what_a_black_hole_holds_comes_later(self):
        for way in ("up", "down", "both"):
            client = self.connect()
            self.ask(client, b"before")
            self.proxy.tell(0, "blackhole", way)
            moved = self.proxy.stats(0)[2]
            client.sendall(b"later")
            self.assertFalse(self.readable(client), way)
            self.assertEqual(self.proxy.stats(0)[2] - moved, 5 if way == "down" else 0, way)
            self.proxy.tell(0, "pass")
            self.assertEqual(client.recv(5), b"later")

    def test_connections_begun_in_a_black_hole(self):
        self.proxy.tell(0, "blackhole", "both")
        client = self.connect()
        client.sendall(b"held")
        self.assertFalse(self.readable(client))
        self.proxy.tell(0, "pass")
        self.assertEqual(client.recv(4), b"held")

    def test_delay(self):
        client = self.connect()
        self.ask(client, b"x")
        self.proxy.tell(0, "delay", 100)
        began = time.monotonic()
        self.ask(client, b"x")
        self.assertGreaterEqual(time.monotonic() - began, 0.19)
        self.ask(client, SMALL)

    def test_slices_and_rate(self):
        client = self.connect()
        self.proxy.tell(0, "slice", 7)
        self.ask(client, SMALL)
        self.proxy.tell(0, "pass")
        self.proxy.tell(0, "rate", 100000)
        began = time.monotonic()
        self.ask(client, SMALL)
        self.assertGreaterEqual(time.monotonic() - began, len(SMALL) / 100000 - 0.1)

    def test_nobody_behind_it(self):
        port = free_port()
        proxy = Proxy([(port, free_port())])
        self.addCleanup(proxy.close)
        with self.assertRaises(ConnectionResetError):  # At once or a moment later.
            with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                client.recv(1)

    def test_what_it_does_not_know(self):
        for words in (("0", "dance"), ("1", "pass"), ("0", "blackhole", "left"), ("0", "delay", "x"),
                      ("x", "pass"), ("0",)):
            with self.assertRaises(AssertionError):
                self.proxy.tell(*words)
        self.proxy.clear()


if __name__ == "__main__":
    echo = Echo()
    unittest.main()
