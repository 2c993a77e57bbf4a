"""Dead letters as an operator lives with them: listed, looked at, and sent in again."""
import base64
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from desk import BIN, DeskTest, event, run_tests, wait_for  # noqa: E402

LINE = "8613500000001"
# Not UTF-8, not JSON, and a client whose id and number nobody should read in a list.
BAD = (("not-utf8", "service", "c1", b"\xff\xfe\x00bad"),
       ("not-json", "billing", "c1", b"{"),
       ("out-of-range", "service", "secret-client",
        json.dumps(event("service.port_out", "then", "secret-client",
                         {"msisdn": LINE, "stage": "inquiry"}, LINE)).encode()))


class DeadLetters(DeskTest):
    def ctl_fails(self, *words):
        r = subprocess.run([os.path.join(BIN, "churnwatchctl"), *self.desk.settings(), *words],
                           capture_output=True, text=True, check=False)
        return r.returncode, r.stderr

    def listed(self, *words):
        text = self.desk.ctl("--json", "dead-letters", "list", *words)
        return json.loads(text)

    def replayed(self, *words):
        return json.loads(self.desk.ctl("--json", "dead-letters", "replay", *words))

    def some_letters(self):
        daemon = self.desk.start()
        for _, topic, key, value in BAD:
            self.desk.produce(topic, key, value, [("trace", "t-1")])
        wait_for("all are dead", lambda: len(self.desk.consume("dead_letters")) >= len(BAD))
        return daemon

    def test_listed_and_masked(self):
        self.some_letters()
        found = self.listed()
        self.assertEqual({m["code"] for m in found}, {b[0] for b in BAD})
        self.assertFalse(any(m["replayed"] for m in found))
        for text in (self.desk.ctl("dead-letters", "list"), json.dumps(found)):
            self.assertNotIn("secret-client", text)
            self.assertNotIn(LINE, text)
        self.assertIn("3 dead letters, 0 of them replayed", self.desk.ctl("dead-letters", "list"))
        self.assertIn("3 条死信，0 条已重放",
                      self.desk.ctl("-o", "language=zh_CN", "dead-letters", "list"))
        self.assertEqual(len(self.listed("--code", "not-json")), 1)
        self.assertEqual(len(self.listed("--topic", self.desk.topic("service"))), 2)
        self.assertEqual(len(self.listed("--since", "1h")), 3)
        self.assertEqual(self.listed("--since", "1ms"), [])
        newest = self.listed("--limit", "1")
        self.assertEqual(newest, found[-1:])
        self.assertEqual([m["at"] for m in found], sorted(m["at"] for m in found))

    def test_as_large_as_an_input_takes(self):
        """With the headers of a dead letter it is larger than an input's topic would take."""
        self.desk.start()
        large = b'{"pad":"' + 1048400 * b"x" + b'"}'
        self.desk.produce("billing", "c1", large)
        self.desk.produce("billing", "c1", b"{")
        wait_for("both are dead", lambda: len(self.desk.consume("dead_letters")) >= 2, 60)
        self.assertEqual({m["code"] for m in self.listed()}, {"too-large", "not-json"})
        self.assertIn(large, [m[2] for m in self.desk.consume("dead_letters")])

    def test_shown_whole(self):
        self.some_letters()
        for code, topic, key, value in BAD:
            place = self.listed("--code", code)[0]["letter"]
            shown = json.loads(self.desk.ctl("--json", "dead-letters", "show", place))
            self.assertEqual((shown["topic"], shown["key"]), (self.desk.topic(topic), key))
            self.assertIn({"name": "trace", "value": "t-1"}, shown["headers"])
            self.assertTrue(shown["detail"])
            found = shown.get("value", "").encode() or base64.b64decode(shown["value_base64"])
            self.assertEqual(found, value)
            text = self.desk.ctl("dead-letters", "show", place)
            self.assertIn("trace = t-1", text)
            self.assertIn(code, text)
        self.assertEqual(self.ctl_fails("dead-letters", "show", "0:99999")[0], 1)
        self.assertEqual(self.ctl_fails("dead-letters", "show", "sideways")[0], 2)

    def test_sent_in_again_once(self):
        """Refused as too large, taken in once the limit is mended."""
        daemon = self.desk.start(extra=("-o", "input.max_event_bytes=1024"))
        ask = event("service.port_out", "2026-03-02T10:00:00+08:00", "c1",
                    {"msisdn": LINE, "stage": "inquiry", "padding": "x" * 2000})
        self.desk.produce("service", "c1", json.dumps(ask).encode(), [("trace", "t-1")])
        self.desk.produce("service", "c1", b"not json")
        wait_for("both are dead", lambda: len(self.desk.consume("dead_letters")) >= 2)
        self.assertEqual(daemon.terminate(), 0)
        daemon = self.desk.start()
        self.assertEqual(self.replayed("--code", "too-large", "--dry-run")["replayed"], 1)
        self.assertEqual(len(self.desk.consume("service")), 2)
        self.assertEqual(self.replayed("--code", "too-large"),
                         {"dry_run": False, "replayed": 1, "already": 0, "unknown_topic": 0})
        wait_for("its task", lambda: self.desk.task("c1"))
        first, _, second = self.desk.consume("service")
        self.assertEqual(second[1:4], first[1:4], "key, value and partition are its own")
        place = self.listed("--code", "too-large")[0]["letter"]
        self.assertEqual(second[0], {"trace": "t-1", "cw_replayed_from": place})
        self.assertEqual([m["replayed"] for m in self.listed()], [True, False])
        self.assertEqual(self.replayed("--since", "1h", "--code", "too-large")["already"], 1)
        self.assertEqual(self.replayed(place)["replayed"], 0)
        self.assertEqual(len(self.desk.consume("service")), 3)
        self.assertEqual(self.replayed(place, "--again")["replayed"], 1)
        self.assertEqual(len(self.desk.consume("service")), 4)
        self.assertEqual(self.ctl_fails("dead-letters", "replay")[0], 2)
        self.assertEqual(self.ctl_fails("dead-letters", "replay", "0:99999")[0], 1)

    def test_refused_again_it_says_whence_it_came(self):
        daemon = self.some_letters()
        place = self.listed("--code", "not-json")[0]["letter"]
        self.assertEqual(self.replayed(place)["replayed"], 1)
        wait_for("refused again", lambda: len(self.listed("--code", "not-json")) == 2)
        once, twice = self.listed("--code", "not-json")
        self.assertEqual((once["replayed"], twice["replayed"]), (True, False))
        shown = json.loads(self.desk.ctl("--json", "dead-letters", "show", twice["letter"]))
        self.assertIn({"name": "cw_replayed_from", "value": place}, shown["headers"])
        self.assertEqual(shown["value"], "{")
        wait_for("the stream goes on", daemon.ready)


if __name__ == "__main__":
    run_tests()
