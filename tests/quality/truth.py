"""What really happened in a world: who left when, and which episodes there were. Reads the truth of the worlds
that detection is measured on, and that of `churnwatchctl sim`."""
import datetime
import json
import subprocess

# Kind of episode -> detectors, by the beginning of their names, of which one is to tell it.
DECLINES = ("spend_drop", "spend_decline", "usage_drop", "inactivity")
TELLERS = {
    "decline_gradual": DECLINES, "decline_sudden": DECLINES, "inactivity": DECLINES,
    "forwarding": ("call_forwarding",), "watched_calls": ("watched_number",), "complaint": ("complaint",),
    "downgrade": ("plan_change",), "arrears": ("arrears",), "suspension": ("suspension",),
    "group_erosion": ("group_erosion", "termination", "port_out"), "port_out": ("port_out",),
    "port_out_final": ("port_out", "termination"), "contract_end": ("contract_end",),
    "bill_shock": ("spend_spike", "bill_change"), "fraud_roaming": ("spend_spike",),
    "outage_drop": ("outage", "spend_drop", "usage_drop", "inactivity"),
    # A county's, which nobody leaves for and which are told all the same.
    "one_off": ("spend_spike",), "outage": ("outage",), "lost_phone": ("suspension",),
    "low_balance": ("arrears",), "gone": ("termination",),
}
INCIDENTS = ("bill_shock", "fraud_roaming", "outage_drop")
NEVER = float("inf")


class Truth:
    """Days are counted from the world's first, with fractions; `zone` is its offset."""

    def __init__(self, path):
        with subprocess.Popen(["zstdcat", path], stdout=subprocess.PIPE) if path.endswith(".zst") else \
                open(path, "rb") as source:
            told = json.load(source.stdout if path.endswith(".zst") else source)
        self.first_day, self.manager, self.episodes, self.benign = {}, {}, [], []
        self.leaves = {}
        if "meta" in told:
            self.read_world(told)
        else:
            self.read_county(told)

    def read_world(self, told):
        meta = told["meta"]
        self.kind, self.days = meta["world"], meta["days"]
        self.begin(meta["start"], meta["tz"])
        for client, of in told["clients"].items():
            self.first_day[client], self.manager[client] = of["first_day"], of["manager"]
        for client, of in told["churn"].items():
            self.leaves[client] = of["day"]
        for e in told["precursors"]:
            end = min(e["end_day"], self.leaves.get(e["client"], NEVER))
            self.episodes.append((e["client"], e["kind"], e["start_day"], end, TELLERS[e["kind"]]))
        for e in told["incidents"]:
            self.episodes.append((e["client"], e["kind"], e["start_day"], e["end_day"] + 2, TELLERS[e["kind"]]))
        for e in told["benign"]:
            self.benign.append((e["client"], e["start_day"], e["end_day"] + 2))

    def read_county(self, told):
        self.kind = "county"
        self.begin(told["first"], "+08:00")
        self.days = self.day(told["last"] + "T00:00:00+08:00") + 1
        for of in told["clients"]:
            client = of["client_id"]
            self.first_day[client], self.manager[client] = 0, None
            if of.get("churn_day"):
                gone = self.leaves[client] = self.day(of["churn_day"] + "T00:00:00+08:00")
                self.episodes.append((client, "gone", gone, gone + 2, TELLERS["gone"]))
            for s in of.get("stories", ()):
                start, end = (self.day(s[at] + "T00:00:00+08:00") for at in ("from", "to"))
                tellers = tuple(s["signs"]) or TELLERS.get(s["kind"])
                if tellers:
                    self.episodes.append((client, s["kind"], start, end + 1, tellers))
                if not s["signs"]:
                    self.benign.append((client, start, end + 2))

    def begin(self, date, zone):
        self.zero = datetime.datetime.fromisoformat(f"{date}T00:00:00{zone}")
        self.seen = {}

    def day(self, instant):
        """Of an instant as it is written."""
        at = self.seen.get(instant)
        if at is None:
            at = (datetime.datetime.fromisoformat(instant) - self.zero).total_seconds() / 86400
            self.seen[instant] = at
        return at

    def alive(self, client, day):
        return self.first_day[client] <= day < self.leaves.get(client, NEVER)
