"""Manual pages and completion: made from the tables as they are now, clean by mandoc's own judgement,
one with what --help says, and of use in bash.

    manual.py BUILD
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAN = os.path.join(TOP, "docs", "man")
COMPLETION = os.path.join(TOP, "ctl", "churnwatchctl.bash")
PAGES = ("churnwatchctl.1", "churnwatch.conf.5", "churnwatchd.8")


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, **more)


def text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Manual(unittest.TestCase):
    def made(self, *source):
        path = os.path.join(self.folder.name, "made")
        done = run(os.path.join(BUILD, "ctl", "cw_manual"), path, *source)
        self.assertEqual(done.returncode, 0, done.stderr)
        return text(path)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="churnwatch-manual-")
        self.addCleanup(self.folder.cleanup)
        self.maxDiff = None

    def test_what_is_stored_is_what_the_tables_say(self):
        advice = "stale: cmake --build BUILD --target reference"
        for page in PAGES[:2]:
            source = os.path.join(MAN, page + ".in")
            self.assertEqual(text(os.path.join(MAN, page)), self.made(source), advice)
        self.assertEqual(text(COMPLETION), self.made(), advice)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not here")
    def test_pages_are_clean(self):
        for page in PAGES:
            said = run("mandoc", "-T", "lint", "-W", "style", os.path.join(MAN, page)).stdout
            # The pages point to each other and are not installed here.
            wrong = [line for line in said.splitlines() if "referenced manual not found" not in line]
            self.assertEqual(wrong, [])

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not here")
    def test_pages_say_what_help_says(self):
        page = run("mandoc", "-T", "ascii", os.path.join(MAN, "churnwatchctl.1")).stdout
        page = re.sub(r".\x08", "", page)
        ctl = os.path.join(BUILD, "churnwatchctl")
        for line in run(ctl, "help").stdout.split("Options:")[0].splitlines():
            name = re.match(r"  ([a-z-]+(?: [a-z]+)?)(?= |$)", line)
            if name:
                self.assertIn(f"\n     {name[1]}", page)
        for option in re.findall(r"--[a-z-]+", run(ctl, "help", "replay").stdout):
            self.assertIn(option, page)
        daemon = re.sub(r".\x08", "", run("mandoc", "-T", "ascii",
                                          os.path.join(MAN, "churnwatchd.8")).stdout)
        usage = run(os.path.join(BUILD, "churnwatchd"), "-h").stdout
        for option in re.findall(r"^  (-\w)", usage, re.M):
            self.assertRegex(daemon, rf"\n     {option}\b")

    def complete(self, *words):
        """What bash offers for the last word."""
        script = (f"source '{COMPLETION}'; COMP_WORDS=(churnwatchctl \"$@\"); COMP_CWORD=$#;"
                  "_churnwatchctl; printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = run("bash", "--norc", "-c", script, "bash", *words, cwd=self.folder.name)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash_completes(self):
        open(os.path.join(self.folder.name, "events.ndjson"), "w", encoding="utf-8").close()
        self.assertEqual(self.complete("rep"), ["replay"])
        self.assertIn("tasks", self.complete(""))
        self.assertIn("--json", self.complete("--j"))
        self.assertEqual(self.complete("thresholds", "ro"), ["rollback"])
        self.assertEqual(self.complete("replay", "--part"), ["--partitions"])
        self.assertEqual(self.complete("replay", "--events", "ev"), ["events.ndjson"])
        self.assertEqual(self.complete("ingest", "ev"), ["events.ndjson"])
        self.assertEqual(self.complete("-c", "ev"), ["events.ndjson"])
        self.assertEqual(self.complete("-o", "kafka.boot"), ["kafka.bootstrap_servers="])
        self.assertEqual(self.complete("-o", "detectors.outage.mo"), ["detectors.outage.mode="])
        # Past an override, which bash parts at =, and past --json, the command is still found.
        self.assertEqual(sorted(self.complete("--json", "-o", "bus", "=", "kafka", "ta")),
                         ["task", "tasks"])
        self.assertEqual(self.complete("-c", "x", "settings", "sa"), ["sample"])
        # Values nobody can guess are left alone.
        self.assertEqual(self.complete("replay", "--partitions", ""), [])
        self.assertEqual(self.complete("tasks", "am"), [])


if __name__ == "__main__":
    if not BUILD:
        sys.exit(__doc__)
    unittest.main()
