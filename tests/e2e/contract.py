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
# code, topic, key, value
BAD = (
    ("not-utf8", "service", "c1", but().replace(b"/e2e", b"/\xff\xfe")),
    ("not-json", "service", "c1", but()[:-1]),
    ("too-deep", "service", "c1", but(data={"msisdn": LINE, "x": json.loads("[" * 20 + "]" * 20)})),
    ("too-large", "service", "c1", but(filler="x" * 70000)),
    ("duplicate-member", "service", "c1", but()[:-1] + b', "id": "y"}'),
    ("missing-member", "service", "c1", without("source")),
    ("missing-member", "service", "c1", but(data={})),
    ("missing-member", "profiles", "c1", b'{"client_id": "c1", "kind": "group"}'),
    ("wrong-type", "service", "c1", but(data={"msisdn": 7})),
    ("out-of-range", "service", "c1", but(time="yesterday")),
    ("out-of-range", "billing", "c1", but(type="billing.payment", data={"amount": 2e12})),
    ("key-mismatch", "service", "c2", but()),
    ("key-mismatch", "service", None, but(id="no-key")),
    ("time-ahead", "service", "c1", but(time=AHEAD)),
    ("empty", "service", "c1", b""),
)


def profiles(names):
    return [{"client_id": "c-" + n, "kind": "group", "class": "A2", "manager": "am1",
             "name": "Client " + n} for n in names]


def clocks(day):
    """An event of many clients, so that every shard's clock moves on and days are closed."""
    return [event("service.resumed", at(day), f"clock-{i}", LINE_OF) for i in range(12)]


class Contract(DeskTest):
    def tell(self, name, until):
        events = [event(t, at(day), "c-" + name, data) for t, day, data in STORIES[name][0]]
        return sorted(events, key=lambda e: e["time"]) + clocks(until)

    def test_every_event_type_leads_to_its_task(self):
        self.desk.make_topics()
        self.desk.ingest(profiles(STORIES))
        told = [e for n in STORIES for e in self.tell(n, LAST_DAY.get(n, 62))]
        told.sort(key=lambda e: (e["time"], not e["type"].startswith("billing.")))
        self.assertEqual(len({e["type"] for e in told}), 16)
        self.desk.ingest(told)
        self.desk.start()
        try:
            wait_for("all is told", lambda: not self.untold(STORIES))
        except AssertionError:
            self.fail(f"not told: {self.untold(STORIES)}")
        for name in STORIES:
            with self.subTest(name):
                self.check_delivered("c-" + name)
        self.assert_delivered(self.desk.records())

    def untold(self, stories):
        """The stories without a version that has their detector and their state."""
        told = {(r["client_id"], s["detector"], r["state"]) for r in self.desk.outbox().values()
                for s in r["signals"]}
        return [n for n, (_, detector, state) in stories.items()
                if ("c-" + n, detector, state) not in told]

    def check_delivered(self, client):
        """The queue's score is the contract's, and the feed tells of the task's beginning."""
        found = wait_for("delivered", lambda: self.desk.task(client))
        self.assertEqual(found["manager"], "am1")
        record = max((r for r in self.desk.outbox().values() if r["task_id"] == found["task_id"]),
                     key=lambda r: r["version"])
        if record["state"] == "open":
            due = int(datetime.datetime.fromisoformat(record["due_at"]).timestamp())
            score = self.desk.redis.ask("zscore", self.desk.key("am1:queue"), found["task_id"])
            self.assertEqual(int(float(score)), record["priority"] * 2**32 + 2**32 - 1 - due)
        entries = feed_entries(self.desk, "am1")
        self.assertIn((found["task_id"], "1", "created", "am1"), entries)

    def test_binary_mode_is_read_too(self):
        """The stories that a few messages tell, attributes in headers and data alone as value."""
        short = {n: s for n, s in STORIES.items() if len(s[0]) <= 2}
        self.assertEqual(len(short), 13)
        self.desk.start()
        self.desk.ingest(profiles(n for n in short if n != "port"))
        told = [(day, name, type_, data) for name, (events, _, _) in short.items()
                for type_, day, data in events]
        for day, name, type_, data in sorted(told, key=lambda t: t[0]):
            headers = [("ce_specversion", "1.0"), ("ce_id", f"{name}-{day}"),
                       ("ce_source", "/e2e"), ("ce_type", type_), ("ce_time", at(day)),
                       ("ce_subject", "c-" + name)]
            self.desk.produce("billing" if type_.startswith("billing.") else "service",
                              "c-" + name, json.dumps(data).encode(), headers)
        try:
            wait_for("all is told", lambda: not self.untold(short))
        except AssertionError:
            self.fail(f"not told: {self.untold(short)}")
        found = wait_for("its task", lambda: self.desk.task("c-port"))
        self.assertIn("Wants to port out", found["headline"])
        self.assertEqual(found["manager"], "unassigned", "it is the one without a profile")
        self.assertFalse(self.desk.consume("dead_letters"))

    def test_every_bad_message_goes_to_the_dead_letters(self):
        daemon = self.desk.start()
        for _, topic, key, value in BAD:
            self.desk.produce(topic, key, value, [("trace", "t-1")] if value else ())
        self.desk.ingest([event("service.port_out", at(0), "c1", {**LINE_OF, "stage": "inquiry"})])
        wait_for("the stream goes on", lambda: self.desk.task("c1"))
        wait_for("all are dead", lambda: len(self.desk.consume("dead_letters")) >= len(BAD))
        dead = self.desk.consume("dead_letters")
        self.assertEqual(sorted(m[0]["cw_error"] for m in dead), sorted(b[0] for b in BAD))
        codes = {(self.desk.topic(topic), value): code for code, topic, _, value in BAD}
        sent = {(self.desk.topic(topic), partition, offset): (key, value)
                for topic in ("service", "billing", "profiles")
                for _, key, value, partition, offset in self.desk.consume(topic)}
        for headers, key, value, _, _ in dead:
            self.assertEqual(headers["cw_error"], codes[headers["cw_topic"], value])
            place = (headers["cw_topic"], int(headers["cw_partition"]), int(headers["cw_offset"]))
            self.assertEqual(sent.pop(place), (key, value), "not what lies at the place it names")
            self.assertTrue(headers["cw_detail"])
            if value:
                self.assertEqual(headers["trace"], "t-1")
        for topic, code, count in (("service", "missing-member", 2),
                                   ("profiles", "missing-member", 1),
                                   ("billing", "out-of-range", 1)):
            name = f'dead_letters_total{{topic="{self.desk.topic(topic)}",code="{code}"}}'
            self.assertEqual(daemon.metric(name), count, name)

    def test_a_county_can_be_sent_as_it_would_be_written(self):
        self.desk.make_topics()
        county = os.path.join(self.desk.folder, "county")
        self.desk.ctl("sim", "--out", county, "--send", "--rate", "20000", "--clients", "60", "--days", "5")
        for name, topics in (("events", ("billing", "service")), ("profiles", ("profiles",)),
                             ("managers", ("managers",))):
            with open(os.path.join(county, name + ".ndjson"), "rb") as f:
                written = sorted(f.read().splitlines())
            sent = sorted(m[2] for t in topics for m in self.desk.consume(t))
            self.assertTrue(written)
            self.assertEqual(written, sent)

    def test_the_daemon_as_its_operator_sees_it(self):
        daemon = self.desk.start(extra=("-o", "log.level=debug"))
        self.desk.produce("service", "secret-client", b'{"name": "Secret Works", "msisdn": "%s"}' %
                          LINE.encode())
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
        for words, code, says in (
                (["-o", "engine.thraeds=1"], 78, "engine.threads"),
                (["-t", "-o", "bus="], 1, "bus"),
                (["-t", "-o", "kafka.properties.no.such=1"], 1, "no.such"),
                (["-t", "-o", "kafka.properties.session.timeout.ms=soon"], 1, "session.timeout.ms"),
                # What the library refuses beside what the daemon sets.
                (["-t", "-o", "kafka.properties.acks=1"], 1, "acks"),
                (["-o", "kafka.properties.message.timeout.ms=300000"], 78, "transaction.timeout.ms"),
                (["-t", "-o", "kafka.properties.max.poll.interval.ms=9000"], 1, "session.timeout.ms"),
                (["-t", "-o", "kafka.properties.max.poll.interval.ms=30000"], 1,
                 "session.timeout.ms")):
            r = subprocess.run([os.path.join(BIN, "churnwatchd"), *words], capture_output=True,
                               text=True, check=False)
            self.assertEqual(r.returncode, code, r.stderr)
            self.assertIn(says, r.stderr)


if __name__ == "__main__":
    run_tests()
