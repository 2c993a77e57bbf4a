"""The input of a run: a simulated county's events in merge order, in chunks that are fed one after the
other, so that however fast the daemons are there is a backlog. Made once and kept.

The county lies in the past, so that no tick of the wall clock has a part in what is judged.
"""
import os
import shutil
import subprocess

CLIENTS, DAYS, START = 2000, 1000, "2024-01-08"
CHUNK = 250000
# Judged nervously: about seven task versions in a thousand events, so that no commit is without one.
NERVOUS = ("spend_spike.fire_sigma=2.5", "spend_spike.least_yuan=1", "spend_drop.fire_score=4",
           "spend_drop.least_yuan=2", "spend_drop.least_days=1", "usage_drop.fire_score=4",
           "usage_drop.least_days=1")


class County:
    """managers, profiles and chunks are files; judging is what a command line says to judge by."""

    def __init__(self, ctl, folder, clients=CLIENTS, days=DAYS):
        self.folder = os.path.join(folder, f"county-{clients}-{days}")
        if not os.path.exists(os.path.join(self.folder, "made")):
            self.make(ctl, clients, days)
        self.managers, self.profiles, settings = (
            os.path.join(self.folder, name)
            for name in ("managers.ndjson", "profiles.ndjson", "sim.conf"))
        self.judging = ("-c", settings, *(w for v in NERVOUS for w in ("-o", "detectors." + v)))
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
