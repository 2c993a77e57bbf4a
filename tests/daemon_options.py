"""What churnwatchd answers before it starts: its usage.

    daemon_options.py CHURNWATCHD
"""
import os
import subprocess
import sys
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


if __name__ == "__main__":
    if not DAEMON:
        sys.exit(__doc__)
    unittest.main()
