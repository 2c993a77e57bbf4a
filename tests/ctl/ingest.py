"""ingest: which lines are sent and which are left out, against a broker that librdkafka plays itself;
with CW_TEST_KAFKA=HOST:PORT also what a real one holds afterwards."""

import json
import os
import shutil
import subprocess
import uuid

from ctl import check, check_run, ctl, end

MOCK = ("-o", "kafka.properties.test.mock.num.brokers=1")
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "billing.charge", "subject": "g-1"}
LINES = [
    json.dumps(EVENT),
    json.dumps({**EVENT, "type": "service.call", "subject": "g-2"}),
    json.dumps({"subject": "g-3", "type": "billing.bill"}),  # breaks the contract, and is sent
    json.dumps({"client_id": "g-1", "kind": "group", "manager": "am01"}),
    json.dumps({"manager_id": "am01"}),
]
GOOD = "\n".join(LINES).encode()


def test_sent():
    check_run("good lines", ctl(*MOCK, "ingest", "-", stdin=GOOD), 0,
              err=["5 messages sent", "0 lines left out"])
    got = ctl(*MOCK, "--json", "ingest", "-", stdin=GOOD)
    check("the summary as JSON", json.loads(got[2].splitlines()[-1])["sent"] == 5, *got)


def test_left_out():
    bad = GOOD + b'\nno json\n{"specversion":"1.0","id":"2"}\n[]\n'
    got = ctl(*MOCK, "ingest", "-", stdin=bad)
    check_run("lines without an address", got, 1,
              err=["5 messages sent", "3 lines left out", "standard input:6: not sent: neither",
                   "standard input:7: not sent: it has no subject", "standard input:8: not sent"])
    check_run("a key for them all", ctl(*MOCK, "ingest", "--topic", "x", "--key", "k", "-", stdin=bad), 0,
              err="8 messages sent")
    many = b"no json\n" * 1000
    check("complaints are bounded", len(ctl(*MOCK, "ingest", "-", stdin=many)[2].splitlines()) < 15)


def test_refusals():
    check_run("no file", ctl(*MOCK, "ingest", "/nonexistent"), 1, err="/nonexistent")
    check_run("no such property", ctl("-o", "kafka.properties.no.such=1", "ingest", "-"), 1, err="no.such")
    check_run("another bus", ctl("-o", "bus=sqlite:/tmp/x", "ingest", "-"), 1, err="only kafka")
    check_run("no broker", ctl("-o", "kafka.bootstrap_servers=127.0.0.1:1", "ingest", "-", stdin=GOOD), 3,
              err="Kafka: ")


def test_kafka(address):
    name = f"ctl-{uuid.uuid4().hex[:8]}"
    topics = [f"kafka.topics.{t}={name}.{t}" for t in ("billing", "service", "profiles", "managers")]
    options = [word for t in topics for word in ("-o", t)]
    got = ctl("-o", f"kafka.bootstrap_servers={address}", *options, "ingest", "-", stdin=GOOD)
    check_run("into Kafka", got, 0, err="5 messages sent")
    expected = {"billing": [("g-1", LINES[0]), ("g-3", LINES[2])], "service": [("g-2", LINES[1])],
                "profiles": [("g-1", LINES[3])], "managers": [("am01", LINES[4])]}
    for topic, messages in expected.items():
        out = subprocess.run(["kcat", "-b", address, "-C", "-t", f"{name}.{topic}", "-e", "-q",
                              "-f", "%k\t%s\n"], capture_output=True, timeout=60).stdout.decode()
        held = [tuple(line.split("\t")) for line in out.splitlines()]
        check(f"topic of {topic}", sorted(held) == sorted(messages), held)


for test in (test_sent, test_left_out, test_refusals):
    test()
if os.environ.get("CW_TEST_KAFKA"):
    check("kcat is installed", shutil.which("kcat"))
    test_kafka(os.environ["CW_TEST_KAFKA"])
end()
