"""The input of a run: a simulated county's events in merge order, in chunks that are fed one after the
other, so that however fast the daemons are there is a backlog. Made once and kept.

The county lies in the past, so that no tick of the wall clock has a part in what is judged.
"""
import os
import shutil
import subprocess

CLIENTS, DAYS, START = 6000, 170, "2025-01-06"
CHUNK = 250000


class County:
    """managers, profiles and chunks are files; settings is the configuration to judge by."""

    def __init__(self, ctl, folder, clients=CLIENTS, days=DAYS):
        self.folder = os.path.join(folder, f"county-{clients}-{days}")
        if not os.path.exists(os.path.join(self.folder, "made")):
            self.make(ctl, clients, days)
        self.managers, self.profiles, self.settings = (
            os.path.join(self.folder, name)
            for name in ("managers.ndjson", "profiles.ndjson", "sim.conf"))
        self.chunks = sorted(os.path.join(self.folder, name) for name in os.listdir(self.folder)
                             if name.startswith("events-"))

    def make(self, ctl, clients, days):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        subprocess.run([ctl, "sim", "--out", self.folder, "--clients", str(clients), "--days",
                        str(days), "--start", START], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        events = os.path.join(self.folder, "events.ndjson")
        subprocess.run(["split", "-l", str(CHUNK), "-d", "-a", "4", events,
                        os.path.join(self.folder, "events-")], check=True)
        os.remove(events)
        with open(os.path.join(self.folder, "made"), "w", encoding="utf-8"):
            pass
