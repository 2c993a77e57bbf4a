"""ingest: which lines are sent and which are left out, against a broker that librdkafka plays itself."""

import json

from ctl import check, check_run, ctl, end

MOCK = ("-o", "kafka.properties.test.mock.num.brokers=1", "-o", "language=en")
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
    check_run("in Chinese", ctl(*MOCK, "-o", "language=zh_CN", "ingest", "-", stdin=GOOD), 0,
              err=["已发送消息 5 条，用时 ", "略过 0 行"])
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
    check_run("an embedded log that is not there", ctl("-o", "bus=sqlite:/nonexistent/log", "ingest", "-"), 3,
              err="/nonexistent/log: cannot be opened")
    check_run("no broker", ctl("-o", "kafka.bootstrap_servers=127.0.0.1:1", "ingest", "-", stdin=GOOD), 3,
              err="127.0.0.1:1: ")


for test in (test_sent, test_left_out, test_refusals):
    test()
end()
