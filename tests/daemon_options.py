"""What churnwatchd answers before it starts: its usage, and with -t every mistake with its place.

    daemon_options.py CHURNWATCHD
"""
import os
import subprocess
import sys
import tempfile
import unittest

DAEMON = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None


def run(*words):
    done = subprocess.run([DAEMON, *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class Usage(unittest.TestCase):
    def test_help_is_given_on_standard_output(self):
        for word in ("-h", "--help"):
            status, out, err = run(word)
            self.assertEqual((status, err), (0, ""), word)
            self.assertTrue(out.startswith("usage: churnwatchd "))
            for option in ("-c FILE", "-o KEY=VALUE", "-t", "-V", "-h, --help"):
                self.assertIn(f"\n  {option} ", out)

    def test_a_wrong_option_ends_with_the_usage(self):
        for words in (("-x",), ("--nonsense",), ("word",), ("--help=1",)):
            status, out, err = run(*words)
            self.assertEqual((status, out), (2, ""), words)
            self.assertIn("usage: churnwatchd ", err)


class Check(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="churnwatch-options-")
        self.addCleanup(self.folder.cleanup)
        self.conf = os.path.join(self.folder.name, "cw.conf")

    def check(self, text, *words):
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(text)
        return run("-c", self.conf, *words, "-t")

    def assert_told(self, got, *said):
        """All of it in this order, and nothing else."""
        status, out, err = got
        self.assertEqual((status, out), (1, ""), err)
        lines = err.splitlines()
        self.assertEqual(len(lines), len(said), err)
        for line, part in zip(lines, said):
            self.assertTrue(line.startswith(part), f"{part!r} does not begin {line!r}")

    def test_a_good_file(self):
        self.assertEqual(self.check('instance = "one";\n'), (0, "configuration ok\n", ""))

    def test_every_mistake_is_told_with_its_place(self):
        got = self.check('redis = {\n url = "redis://h:0"; };\n'
                         'kafka = {\n properties = ["no.such=1", "security.protocol=smoke"]; };\n'
                         'http = {\n listen = "nonsense"; };\n')
        at = self.conf
        self.assert_told(got, f"{at}:6: http.listen: ",
                         f"{at}:2: redis.url: a port is a number from 1 to 65535",
                         f"{at}:4: kafka.properties: No such configuration property: \"no.such\"",
                         f"{at}:4: kafka.properties: Invalid value \"smoke\"")

        self.assert_told(self.check('redis = {\n password_file = "none"; };\n'), f"{at}:2: redis.password_file: /")

    def test_the_command_line_is_a_place_too(self):
        got = self.check("", "-o", "redis.url=redis://h:0", "-o", "kafka.properties.no.such=1")
        self.assert_told(got, "-o redis.url: a port is ", "-o kafka.properties.no.such: No such ")
        got = self.check('kafka = { properties = ["no.such=1"]; };\n', "-o", "kafka.properties.client.id=x")
        self.assert_told(got, "kafka.properties: No such configuration property: \"no.such\"")

    def test_no_ticket_is_asked_for(self):
        came = os.path.join(self.folder.name, "came")
        got = self.check('kafka = { properties = ["security.protocol=SASL_PLAINTEXT", "sasl.mechanism=GSSAPI", '
                         f'"sasl.kerberos.kinit.cmd=touch {came}"]; }};\n')
        if "not supported in this build" in got[2]:
            self.skipTest("this librdkafka has no GSSAPI")
        self.assertEqual(got, (0, "configuration ok\n", ""))
        self.assertFalse(os.path.exists(came))

    def test_a_secret_that_does_not_fit_is_not_told(self):
        got = self.check('kafka = { properties = ["sasl.password:hush", "sasl.oauthbearer.client.secret=hush"]; };\n'
                         'redis = { url = "redis://:hush@h:port"; };\n', "-o", "kafka.propertis.sasl.password=hush")
        self.assertEqual(got[0], 1)
        self.assertNotIn("hush", got[1] + got[2])


if __name__ == "__main__":
    if not DAEMON:
        sys.exit(__doc__)
    unittest.main()
