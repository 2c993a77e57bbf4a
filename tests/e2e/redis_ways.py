"""Every way to a Redis: by sentinels through a failover, by a user and a password, over TLS."""
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from buses import FileBus  # noqa: E402
from desk import BIN, DeskTest, Redis, event, free_port, run_tests, wait_for  # noqa: E402
from sentinels import Sentinels  # noqa: E402

LINE = "8613500000001"
STAGES = ("inquiry", "requested")
# As docs/operate.md has it.
USER = ("churnwatch", "on", ">secret word", "~cw:*", "+@connection", "+@read", "+@write", "+@stream",
        "+fcall", "+function|load", "+role", "+time")


class WaysTest(DeskTest):
    bus = FileBus

    def use(self, url, *more):
        self.desk.extra = (f"redis.url={url}", *more)

    def inquiry(self, client, stage="inquiry", hour=10):
        return event("service.port_out", f"2026-03-02T{hour}:00:00+08:00", client,
                     {"msisdn": LINE, "stage": stage})

    def delivered(self, daemon, clients):
        """One event of each client, and the task that comes of it."""
        before = daemon.metric("delivered_total")
        self.desk.ingest([self.inquiry(c) for c in clients])
        wait_for("delivered", lambda: daemon.metric("delivered_total") - before >= len(clients))
        found = [f for f in map(self.desk.task, clients) if f]
        self.assertEqual(len(found), len(clients))


class BySentinel(WaysTest):
    def setUp(self):
        super().setUp()
        self.first = self.desk.redis
        self.addCleanup(self.first.stop)
        self.second = Redis(os.path.join(self.desk.folder, "second"))
        self.addCleanup(self.second.stop)
        self.first.ask("config", "set", "repl-diskless-sync-delay", "0")
        self.second.ask("replicaof", "127.0.0.1", str(self.first.port))
        self.sentinels = Sentinels(self.desk.folder, self.first.port)
        self.addCleanup(self.sentinels.close)
        self.use(self.sentinels.url())
        wait_for("the replica has all", lambda: "master_link_status:up" in
                 self.second.ask("info", "replication"))
        wait_for("the replica is known", lambda: self.sentinels.replicas() == 1)

    def fail_over(self):
        self.first.stop()
        wait_for("the replica is master", lambda: self.sentinels.master() == self.second.port)
        self.desk.redis = self.second

    def old_one_follows(self):
        """A sentinel that makes it a replica ends its connections, perhaps the one that is asking."""
        wait_for("the old one follows",
                 lambda: self.first.ask("role", check=False).startswith("slave"))

    def test_the_master_dies(self):
        daemon = self.desk.start()
        self.delivered(daemon, ("c1", "c2"))
        wait_for("replicated", lambda: self.second.ask("hget", "cw:delivery", "epoch"))
        self.fail_over()
        wait_for("ready again", daemon.ready)
        self.delivered(daemon, ("c3",))
        self.assertIsNotNone(self.desk.task("c1"))
        self.assertIn("c3", self.desk.ctl("tasks", self.desk.task("c3")["manager"]))
        self.first.start()
        self.old_one_follows()
        self.delivered(daemon, ("c4",))

    def test_sentinels_that_are_dead_or_know_nothing(self):
        """The first two of those named are asked in vain, and the daemon goes on to the next."""
        for process in self.sentinels.processes[:2]:
            process.kill()
            process.wait()
        daemon = self.desk.start()
        self.delivered(daemon, ("c1",))
        self.assertRegex(daemon.said(), f'sentinel="127.0.0.1:{self.sentinels.ports[0]}" '
                         'reason="Connection refused"')
        self.assertIn("c1", self.desk.ctl("tasks", self.desk.task("c1")["manager"]))
        self.sentinels.ask(self.sentinels.ports[2], "sentinel", "remove", "cw")
        self.first.ask("client", "kill", "type", "normal")
        wait_for("it says what is wrong", lambda: "does not know the master" in daemon.said())

    def test_asked_to_change_places(self):
        """As an operator does it before a maintenance: nobody dies."""
        daemon = self.desk.start()
        self.delivered(daemon, ("c1",))
        self.sentinels.ask(self.sentinels.ports[0], "sentinel", "failover", "cw")
        wait_for("the replica is master", lambda: self.sentinels.master() == self.second.port)
        self.desk.redis = self.second
        self.old_one_follows()
        self.delivered(daemon, ("c2",))
        self.assertIsNotNone(self.desk.task("c1"))


class ByUser(WaysTest):
    def let_in(self, login, *more):
        self.use(f"redis://{login}127.0.0.1:{self.desk.redis.port}", *more)
        daemon = self.desk.start(wait=False)
        return daemon

    def test_user_and_password(self):
        self.desk.redis.ask("acl", "setuser", *USER)
        self.desk.redis.ask("acl", "setuser", "default", "off")
        os.environ["REDISCLI_AUTH"] = "secret word"
        self.addCleanup(os.environ.pop, "REDISCLI_AUTH")
        daemon = self.let_in("churnwatch:secret%20word@")
        wait_for("ready", daemon.ready)

    def test_all_the_rights_that_the_page_asks_for(self):
        """And no more: who has them gets through a delivery, a move and the pump."""
        self.desk.redis.ask("acl", "setuser", *USER)
        path = os.path.join(self.desk.folder, "password")
        with open(path, "w", encoding="utf-8") as f:
            f.write("secret word\n")
        os.chmod(path, 0o600)
        daemon = self.let_in("churnwatch:@", f"redis.password_file={path}")
        wait_for("ready", daemon.ready)
        self.delivered(daemon, ("c1",))
        task = self.desk.task("c1")
        self.assertIn("c1", self.desk.ctl("tasks", task["manager"]))
        self.desk.ctl("claim", task["task_id"])
        wait_for("the move is in the topic", lambda: self.desk.consume("outcomes"))
        self.assertEqual(self.desk.redis.lines("acl", "log"), [])

    def test_a_wrong_password(self):
        self.desk.redis.ask("acl", "setuser", *USER)
        daemon = self.let_in("churnwatch:another@")
        wait_for("it says so", lambda: "WRONGPASS" in daemon.said())
        self.assertNotIn("another", daemon.said())
        self.assertIn("WRONGPASS", self.refusal("tasks", "am1"))

    def test_too_few_rights(self):
        self.desk.redis.ask("acl", "setuser", "churnwatch", "on", ">x", "~cw:*", "+@read")
        daemon = self.let_in("churnwatch:x@")
        wait_for("it says so", lambda: "NOPERM" in daemon.said())

    def refusal(self, *words):
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), *words],
                           capture_output=True, text=True, check=False)
        self.assertNotEqual(r.returncode, 0)
        return r.stderr


class ByTls(WaysTest):
    """Where this build can: the server must prove that it is the one that was asked for."""

    def make(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.desk.folder)

    def setUp(self):
        super().setUp()
        days = ("-days", "2", "-nodes", "-newkey", "rsa:2048")
        self.make("req", "-x509", *days, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca")
        self.make("req", "-x509", *days, "-keyout", "other.key", "-out", "other.crt", "-subj",
                  "/CN=other")
        self.make("req", "-x509", *days, "-CA", "ca.crt", "-CAkey", "ca.key", "-keyout", "redis.key",
                  "-out", "redis.crt", "-subj", "/CN=redis", "-addext",
                  "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE")
        self.port = free_port()
        self.desk.redis.ask("config", "set", "tls-cert-file", self.at("redis.crt"),
                            "tls-key-file", self.at("redis.key"), "tls-ca-cert-file",
                            self.at("ca.crt"), "tls-auth-clients", "no", "tls-port", str(self.port))
        self.desk.redis.ask("acl", "setuser", *USER)

    def at(self, name):
        return os.path.join(self.desk.folder, name)

    def start(self, host, authority):
        os.environ["SSL_CERT_FILE"] = self.at(authority)
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE")
        self.use(f"rediss://churnwatch:secret%20word@{host}:{self.port}")
        daemon = self.desk.start(wait=False)
        daemon.asked = True  # It may end, and is not started again.
        wait_for("it starts", lambda: daemon.get("/healthz") or daemon.process.poll())
        if daemon.process.poll() == 78:
            self.assertIn("stunnel", daemon.said())
            self.skipTest("this build has no TLS")
        return daemon

    def refused(self):
        """churnwatchctl believes no more than the daemon does."""
        code, said = self.desk.refusal("tasks", "am1")
        self.assertEqual(code, 1, said)
        self.assertIn("certificate verify failed", said)

    def test_the_right_one(self):
        daemon = self.start("localhost", "ca.crt")
        wait_for("ready", daemon.ready)
        self.delivered(daemon, ("c1", "c2", "c3"))
        manager = self.desk.task("c1")["manager"]
        self.assertIn("c1", self.desk.ctl("tasks", manager))
        self.desk.redis.ask("flushall")
        wait_for("delivery is held", lambda: not daemon.ready())
        self.assertIn("3 tasks written", self.desk.ctl("redeliver"))
        wait_for("ready again", daemon.ready)
        self.assertIn("c1", self.desk.ctl("tasks", manager))

    def test_answers_longer_than_a_record_of_tls(self):
        self.start("localhost", "ca.crt")
        note = 100000 * "x"
        self.desk.redis.ask("set", "cw:status:cw-9", json.dumps({"instance": "cw-9", "note": note}))
        self.assertTrue(note in self.desk.ctl("--json", "status", ok=False))

    def test_one_that_nobody_vouches_for(self):
        daemon = self.start("localhost", "other.crt")
        wait_for("it says so", lambda: "certificate" in daemon.said())
        self.assertFalse(daemon.ready())
        self.refused()

    def test_one_that_is_somebody_else(self):
        """Vouched for, but not by this name."""
        daemon = self.start("127.0.0.1", "ca.crt")
        wait_for("it says so", lambda: "certificate" in daemon.said())
        self.assertFalse(daemon.ready())
        self.refused()

    def test_one_without_tls(self):
        """One that speaks plainly, none at all, and one that says nothing."""
        self.start("localhost", "ca.crt")
        self.port = self.desk.redis.port
        self.use(f"rediss://localhost:{self.port}", "redis.timeout=300ms")
        code, said = self.desk.refusal("tasks", "am1")
        # It refuses what it was sent, or waits for a line's end in it.
        self.assertIn("TLS: ", said)
        self.assertEqual(code, 3 if "no answer in time" in said else 1, said)
        self.use(f"rediss://localhost:{free_port()}")
        self.assertEqual(self.desk.refusal("tasks", "am1")[0], 3)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.use(f"rediss://localhost:{silent.getsockname()[1]}", "redis.timeout=300ms")
            code, said = self.desk.refusal("tasks", "am1")
        self.assertEqual(code, 3, said)
        self.assertIn("no answer in time", said)


if __name__ == "__main__":
    run_tests(FileBus)
