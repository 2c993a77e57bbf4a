"""The contract from end to end: each event to its task, each bad message to its dead letter."""
import datetime
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from desk import BIN, DeskTest, event, feed_entries, run_tests, wait_for  # noqa: E402

START = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
LINE = "8613500000001"


def at(day, hour=10):
    return (START + datetime.timedelta(days=day, hours=hour)).isoformat()


def single(type_, **data):
    return [(type_, 60, data)]


def daily(type_, days, **data):
    return [(type_, d, data) for d in range(days)]


LINE_OF = {"msisdn": LINE}
SUSPENDED = single("service.suspended", **LINE_OF, direction="both", reason="other")
# name: events as (type, day, data), the detector that tells of it, the state its task ends in
STORIES = {
    "charge": (daily("billing.charge", 60, **LINE_OF, amount=20.5, category="voice") +
               single("billing.charge", **LINE_OF, amount=900, category="voice"), "spend_spike",
               "open"),
    "bill": ([("billing.bill", day, {"cycle": cycle, "amount": amount, "due_date": "2026-12-01"})
              for day, cycle, amount in ((0, "2026-01", 40), (57, "2026-02", 100),
                                         (88, "2026-03", 100), (118, "2026-04", 900))],
             "bill_change", "open"),
    "arrears": (single("billing.arrears", amount=88.5, days_overdue=8), "arrears", "open"),
    "payment": (single("billing.arrears", amount=88.5, days_overdue=8) +
                [("billing.payment", 61, {"amount": 88.5})], "arrears", "withdrawn"),
    "balance": (single("billing.balance", balance=-30.25), "arrears", "open"),
    "suspended": (SUSPENDED, "suspension", "open"),
    "resumed": (SUSPENDED + [("service.resumed", 61, LINE_OF)], "suspension", "withdrawn"),
    "forwarding": (single("service.call_forwarding", **LINE_OF, condition="CFU", active=True,
                          target="8613000000009"), "call_forwarding", "open"),
    "plan": (single("service.plan_changed", **LINE_OF, **{"from": {"id": "A", "monthly_fee": 198},
                                                          "to": {"id": "B", "monthly_fee": 18}},
                    effective="2026-04-01"), "plan_change", "open"),
    "call": (single("service.call", **LINE_OF, direction="outgoing", peer="10010", duration_s=240),
             "watched_number", "open"),
    "usage": (daily("service.usage", 45, **LINE_OF, voice_min=30, data_mb=400, sms=1), "inactivity",
              "open"),
    "port": (single("service.port_out", **LINE_OF, stage="code_issued"), "port_out", "open"),
    "terminated": ([("service.usage", 59, {**LINE_OF, "voice_min": 1, "data_mb": 0, "sms": 0})] +
                   single("service.terminated", **LINE_OF, reason="customer_request"),
                   "termination", "open"),
    "contract": (single("service.contract", ends="2026-03-01", action="ended"), "contract_end",
                 "open"),
    "complaint": (single("care.complaint", severity=4, topic="coverage", ticket="T-9"),
                  "complaint", "open"),
    "outage": (single("care.outage", msisdn=LINE, minutes=90), "outage", "open"),
}
# Stories that are told weeks before the last day are looked at while they are fresh.
LAST_DAY = {"usage": 57, "bill": 119}

GOOD = event("service.resumed", at(0), "c1", LINE_OF, "x")


def but(**changes):
    return json.dumps({**GOOD, **changes}).encode()


def without(member):
    return json.dumps({k: v for k, v in GOOD.items() if k != member}).encode()


AHEAD = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).isoformat()
# code, key, value
BAD = (
    ("not-utf8", "c1", but().replace(b"/e2e", b"/\xff\xfe")),
    ("not-json", "c1", but()[:-1]),
    ("too-deep", "c1", but(data={"msisdn": LINE, "x": eval("[" * 20 + "]" * 20)})),
    ("too-large", "c1", but(filler="x" * 70000)),
    ("duplicate-member", "c1", but()[:-1] + b', "id": "y"}'),
    ("missing-member", "c1", without("source")),
    ("missing-member", "c1", but(data={})),
    ("wrong-type", "c1", but(data={"msisdn": 7})),
    ("out-of-range", "c1", but(time="yesterday")),
    ("key-mismatch", "c2", but()),
    ("key-mismatch", None, but(id="no-key")),
    ("time-ahead", "c1", but(time=AHEAD)),
    ("empty", "c1", b""),
)


class Contract(DeskTest):
    def tell(self, name, until):
        """A story, and a later event of many clients, so that every shard's clock moves on."""
        events = [event(t, at(day), "c-" + name, data) for t, day, data in STORIES[name][0]]
        clocks = [event("service.resumed", at(until), f"clock-{i}", LINE_OF) for i in range(12)]
        return sorted(events, key=lambda e: e["time"]) + clocks

    def test_every_event_type_leads_to_its_task(self):
        self.desk.make_topics()
        self.desk.ingest([{"client_id": "c-" + n, "kind": "group", "class": "A2", "manager": "am1",
                           "name": "Client " + n} for n in STORIES])
        told = [e for n in STORIES for e in self.tell(n, LAST_DAY.get(n, 62))]
        told.sort(key=lambda e: (e["time"], not e["type"].startswith("billing.")))
        self.assertEqual(len({e["type"] for e in told}), 16)
        self.desk.ingest(told)
        self.desk.start()
        try:
            wait_for("all is told", lambda: not self.untold())
        except AssertionError:
            self.fail(f"not told: {self.untold()}")
        for name in STORIES:
            with self.subTest(name):
                self.check_delivered("c-" + name)

    def untold(self):
        """The stories without a version that has their detector and their state."""
        told = {(r["client_id"], s["detector"], r["state"]) for r in self.desk.outbox().values()
                for s in r["signals"]}
        return [n for n, (_, detector, state) in STORIES.items()
                if ("c-" + n, detector, state) not in told]

    def check_delivered(self, client):
        """The hash has the record's members, the queue's score is the contract's."""
        found = wait_for("delivered", lambda: self.desk.task(client))
        self.assertEqual(found["manager"], "am1")
        record = max((r for r in self.desk.outbox().values() if r["task_id"] == found["task_id"]),
                     key=lambda r: r["version"])
        for member in ("state", "headline", "client_name"):
            self.assertEqual(found[member], record[member])
        self.assertEqual(json.loads(found["evidence"] if "evidence" in found else found["why"]),
                         record["why"])
        if record["state"] == "open":
            due = int(datetime.datetime.fromisoformat(record["due_at"]).timestamp())
            score = self.desk.redis.ask("zscore", self.desk.key("am1:queue"), found["task_id"])
            self.assertEqual(int(float(score)), record["priority"] * 2**32 + 2**32 - 1 - due)
        entries = feed_entries(self.desk, "am1")
        self.assertIn((found["task_id"], "1", "created", "am1"), entries)

    def test_binary_mode_is_read_too(self):
        self.desk.start()
        headers = [("ce_specversion", "1.0"), ("ce_id", "b1"), ("ce_source", "/e2e"),
                   ("ce_type", "service.port_out"), ("ce_time", at(0)), ("ce_subject", "c9")]
        self.desk.produce("service", "c9", json.dumps({**LINE_OF, "stage": "inquiry"}).encode(),
                          headers)
        found = wait_for("its task", lambda: self.desk.task("c9"))
        self.assertIn("Wants to port out", found["headline"])
        self.assertEqual(found["manager"], "unassigned")

    def test_every_bad_message_goes_to_the_dead_letters(self):
        daemon = self.desk.start()
        for code, key, value in BAD:
            if code == "empty":  # kcat sends no empty file; a null value is as empty
                subprocess.run(["kcat", "-P", "-Z", "-b", os.environ["CW_TEST_KAFKA"], "-t",
                                self.desk.topic("service"), "-K:"], input=b"c1:\n", check=True)
            else:
                self.desk.produce("service", key, value, [("trace", "t-1")])
        self.desk.ingest([event("service.port_out", at(0), "c1", {**LINE_OF, "stage": "inquiry"})])
        wait_for("the stream goes on", lambda: self.desk.task("c1"))
        wait_for("all are dead", lambda: len(self.desk.consume("dead_letters")) >= len(BAD))
        dead = self.desk.consume("dead_letters")
        self.assertEqual(sorted(h["cw_error"] for h, _, _ in dead), sorted(c for c, _, _ in BAD))
        sent = {value: (code, key) for code, key, value in BAD}
        for headers, key, value in dead:
            code, key_sent = sent[value]
            self.assertEqual((headers["cw_error"], key), (code, key_sent or ""))
            self.assertEqual(headers["cw_topic"], self.desk.topic("service"))
            self.assertTrue(headers["cw_detail"])
            self.assertGreaterEqual(int(headers["cw_offset"]), 0)
            self.assertIn(int(headers["cw_partition"]), range(3))
            if code != "empty":
                self.assertEqual(headers["trace"], "t-1")
        counted = daemon.metric(
            f'dead_letters_total{{topic="{self.desk.topic("service")}",code="missing-member"}}')
        self.assertEqual(counted, 2)

    def test_the_daemon_as_its_operator_sees_it(self):
        daemon = self.desk.start()
        self.desk.ingest([{"client_id": "secret-client", "kind": "group", "manager": "am7",
                           "name": "Secret Works"}])
        self.desk.ingest([event("care.complaint", at(0), "secret-client",
                                {"severity": 4, "topic": "t", "ticket": "1", "msisdn": LINE})])
        found = wait_for("its task", lambda: self.desk.task("secret-client"))
        self.assertEqual(daemon.get("/healthz")[0], 200)
        self.assertEqual(daemon.get("/readyz")[0], 200)
        self.assertIn("# HELP churnwatch_commits_total", daemon.get("/metrics")[1])
        self.assertIn("Secret Works", self.desk.ctl("tasks", "am7"))
        self.assertIn("Complaint", self.desk.ctl("task", found["task_id"]))
        self.assertIn("created", self.desk.ctl("feed", "am7"))
        wait_for("status", lambda: "running" in self.desk.ctl("status", ok=False))
        self.assertEqual(daemon.terminate(), 0)
        for private in ("secret-client", "Secret Works", LINE):
            self.assertNotIn(private, daemon.said())

    def test_a_bad_configuration_does_not_start(self):
        for words, code in ((["-o", "engine.thraeds=1"], 78), (["-t", "-o", "bus="], 1)):
            r = subprocess.run([os.path.join(BIN, "churnwatchd"), *words], capture_output=True,
                               text=True, check=False)
            self.assertEqual(r.returncode, code, r.stderr)
            self.assertTrue(r.stderr)


if __name__ == "__main__":
    run_tests()
