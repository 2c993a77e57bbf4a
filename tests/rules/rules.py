"""The alerting rules, checked and tested by promtool; and every metric they name is one of ours."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ALERTS = os.path.join(TOP, "config", "alerts.yml")
FOREIGN = {"up"}


def promtool(*words):
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"promtool {words[0]} {words[1]}: {done.stdout}{done.stderr}")


def test_rules():
    """The test file names the rules by a word, since promtool reads paths from its own folder."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(TOP, "tests", "rules", "alerts_test.yml"), encoding="utf-8") as f:
            text = f.read().replace("[ALERTS]", f"['{os.path.abspath(ALERTS)}']")
        path = os.path.join(folder, "test.yml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        promtool("test", "rules", path)


def documented():
    with open(os.path.join(TOP, "docs", "metrics.md"), encoding="utf-8") as f:
        return set(re.findall(r"^\| `(\w+)`", f.read(), re.M))


def named():
    with open(ALERTS, encoding="utf-8") as f:
        expressions = re.findall(r"^ +expr: (.*)$", f.read(), re.M)
    words = set(re.findall(r"\b(?:churnwatch|process)_\w+", " ".join(expressions)))
    return {re.sub(r"_(bucket|sum|count)$", "", word) for word in words}


if not shutil.which("promtool"):
    print("skipped: promtool is not installed")
    sys.exit(77)
promtool("check", "rules", ALERTS)
test_rules()
unknown = named() - documented() - FOREIGN
if unknown or len(named()) < 12:
    sys.exit(f"not in docs/metrics.md: {unknown} of {named()}")
