"""What `cmake --install` leaves: each file, a configuration that is not overwritten, units that
systemd understands and that confine the daemon, and the user and folders they lean on.

    install.py BUILD
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None
EXPOSURE_MOST = 13  # tenths; systemd calls 2.0 and less "OK"

FILES = """
etc/churnwatch/churnwatch.conf
usr/bin/churnwatchctl
usr/bin/churnwatchd
usr/lib/systemd/system/churnwatch.service
usr/lib/systemd/system/churnwatch@.service
usr/lib/sysusers.d/churnwatch.conf
usr/lib/tmpfiles.d/churnwatch.conf
usr/share/bash-completion/completions/churnwatchctl
usr/share/churnwatch/mappings/chinese-managers.conf
usr/share/churnwatch/mappings/chinese-managers.ndjson
usr/share/churnwatch/mappings/chinese-profiles.conf
usr/share/churnwatch/mappings/chinese-profiles.ndjson
usr/share/churnwatch/mappings/chinese.conf
usr/share/churnwatch/mappings/chinese.ndjson
usr/share/churnwatch/mappings/flat.conf
usr/share/churnwatch/mappings/flat.ndjson
usr/share/churnwatch/mappings/tmf688.conf
usr/share/churnwatch/mappings/tmf688.ndjson
usr/share/doc/churnwatch/CHANGELOG.md
usr/share/doc/churnwatch/LICENSE
usr/share/doc/churnwatch/README.md
usr/share/doc/churnwatch/alerts.yml
usr/share/doc/churnwatch/churnwatch.conf
usr/share/doc/churnwatch/design.md
usr/share/doc/churnwatch/desk.svg
usr/share/doc/churnwatch/detection.md
usr/share/doc/churnwatch/events.md
usr/share/doc/churnwatch/explain.md
usr/share/doc/churnwatch/explain.svg
usr/share/doc/churnwatch/flow.svg
usr/share/doc/churnwatch/growth.svg
usr/share/doc/churnwatch/metrics.md
usr/share/doc/churnwatch/mapping.md
usr/share/doc/churnwatch/moves.md
usr/share/doc/churnwatch/operate.md
usr/share/doc/churnwatch/performance.md
usr/share/doc/churnwatch/pictures/arrears.svg
usr/share/doc/churnwatch/pictures/bills.svg
usr/share/doc/churnwatch/pictures/calibration.svg
usr/share/doc/churnwatch/pictures/complaints.svg
usr/share/doc/churnwatch/pictures/contract_end.svg
usr/share/doc/churnwatch/pictures/downgrade.svg
usr/share/doc/churnwatch/pictures/erosion.svg
usr/share/doc/churnwatch/pictures/flat_fee.svg
usr/share/doc/churnwatch/pictures/forwarding.svg
usr/share/doc/churnwatch/pictures/gradual_decline.svg
usr/share/doc/churnwatch/pictures/on_request.svg
usr/share/doc/churnwatch/pictures/one_off.svg
usr/share/doc/churnwatch/pictures/outage.svg
usr/share/doc/churnwatch/pictures/port_out.svg
usr/share/doc/churnwatch/pictures/silence.svg
usr/share/doc/churnwatch/pictures/sudden_decline.svg
usr/share/doc/churnwatch/pictures/termination.svg
usr/share/doc/churnwatch/pictures/watched_calls.svg
usr/share/doc/churnwatch/quality.md
usr/share/doc/churnwatch/reliability.md
usr/share/doc/churnwatch/repair.md
usr/share/doc/churnwatch/tasks.md
usr/share/doc/churnwatch/tuning.md
usr/share/doc/churnwatch/settings.md
usr/share/man/man1/churnwatchctl.1
usr/share/man/man5/churnwatch.conf.5
usr/share/man/man8/churnwatchd.8
""".split()


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, **more)


def install(root, prefix="/usr"):
    done = run("cmake", "--install", BUILD, "--prefix", prefix, env=dict(os.environ, DESTDIR=root))
    if done.returncode:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="churnwatch-install-")
        install(cls.root)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def path(self, name):
        return os.path.join(self.root, name)

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def unit(self, name):
        return self.text(f"usr/lib/systemd/system/{name}.service")

    def test_every_file_is_there_and_no_other(self):
        found = [os.path.relpath(os.path.join(folder, name), self.root)
                 for folder, _, names in os.walk(self.root) for name in names]
        self.assertEqual(sorted(found), sorted(FILES))

    def test_a_configuration_is_left_as_it_is(self):
        root = tempfile.mkdtemp(prefix="churnwatch-install-")
        self.addCleanup(shutil.rmtree, root)
        install(root)
        mine = os.path.join(root, "etc/churnwatch/churnwatch.conf")
        with open(mine, "w", encoding="utf-8") as f:
            f.write('instance = "mine";\n')
        self.assertIn("Kept as it is", install(root))
        with open(mine, encoding="utf-8") as f:
            self.assertEqual(f.read(), 'instance = "mine";\n')

    def test_the_programs_the_units_and_the_sample_agree_on_the_file(self):
        """However it was configured: under /usr/local, too, it is the one file in /etc."""
        usage = run(os.path.join(BUILD, "churnwatchd"), "-h").stdout
        file = re.search(r"without it (\S+) if it exists", usage)[1]
        for name in ("churnwatch", "churnwatch@"):
            for line in re.findall(r"^Exec\w+=(\S*churnwatchd.*)$", self.unit(name), re.M):
                self.assertEqual(re.search(r" -c (\S+)", line)[1], file, line)
        for prefix in ("/usr", "/usr/local"):
            root = tempfile.mkdtemp(prefix="churnwatch-install-")
            self.addCleanup(shutil.rmtree, root)
            install(root, prefix)
            self.assertTrue(os.path.exists(root + file), prefix)

    def test_elsewhere_the_sample_lies_under_the_prefix(self):
        """Who installs into a folder of his own may not write to /etc, and need not."""
        root = tempfile.mkdtemp(prefix="churnwatch-install-")
        self.addCleanup(shutil.rmtree, root)
        install(root, "/opt/churnwatch")
        self.assertTrue(os.path.exists(root + "/opt/churnwatch/etc/churnwatch/churnwatch.conf"))
        self.assertFalse(os.path.exists(root + "/etc"))

    def test_the_configuration_is_good(self):
        done = run(self.path("usr/bin/churnwatchd"), "-c",
                   self.path("etc/churnwatch/churnwatch.conf"), "-t")
        self.assertEqual((done.returncode, done.stdout), (0, "configuration ok\n"), done.stderr)

    def test_every_line_of_a_unit_has_its_comment(self):
        for name in ("churnwatch", "churnwatch@"):
            last = ""
            for line in self.unit(name).splitlines():
                if line and line[0] not in "#[":
                    self.assertTrue(last.startswith("#"), f"{name}: {line}")
                last = line

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
    def test_units_confine_the_daemon(self):
        for name in ("churnwatch", "churnwatch@"):
            done = run("systemd-analyze", "security", "--offline=true", "--no-pager",
                       f"--threshold={EXPOSURE_MOST}",
                       self.path(f"usr/lib/systemd/system/{name}.service"))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            said = re.search(r"exposure level for .*: ([0-9.]+)", done.stdout)
            self.assertLessEqual(float(said[1]) * 10, EXPOSURE_MOST)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
    def test_systemd_understands_the_units(self):
        """The program is not where the unit says, and its pages are not installed here."""
        folder = tempfile.mkdtemp(prefix="churnwatch-units-")
        self.addCleanup(shutil.rmtree, folder)
        for name in ("churnwatch", "churnwatch@slot"):
            text = re.sub(r"^(Exec\w+=)\S*/churnwatchd", r"\1/bin/true",
                          self.unit(name.replace("slot", "")), flags=re.M)
            path = os.path.join(folder, f"{name}.service")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            done = run("systemd-analyze", "verify", "--man=no", path)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), name)

    @unittest.skipUnless(shutil.which("systemd-sysusers"), "systemd-sysusers is not here")
    def test_the_user_and_its_folders_are_made(self):
        if os.geteuid() != 0:
            self.skipTest("users are made by root")
        root = tempfile.mkdtemp(prefix="churnwatch-install-")
        self.addCleanup(shutil.rmtree, root)
        install(root)
        for words in (("systemd-sysusers",), ("systemd-tmpfiles", "--create")):
            done = run(*words, f"--root={root}")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(os.path.join(root, "etc/passwd"), encoding="utf-8") as f:
            user = re.search(r"^churnwatch:.*?:(\d+):(\d+):", f.read(), re.M)
        self.assertIsNotNone(user)
        state = os.stat(os.path.join(root, "var/lib/churnwatch"))
        secrets = os.stat(os.path.join(root, "etc/churnwatch/credentials"))
        self.assertEqual((state.st_uid, state.st_mode & 0o777), (int(user[1]), 0o750))
        self.assertEqual((secrets.st_uid, secrets.st_mode & 0o777), (0, 0o700))


if __name__ == "__main__":
    if not BUILD:
        sys.exit(__doc__)
    unittest.main()
