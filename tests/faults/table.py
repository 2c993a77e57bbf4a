"""The table of a run's faults: python3 tests/faults/table.py faults.ndjson …"""
import collections
import json
import math
import sys


def quantile(values, q):
    """The least value that a share q of them does not exceed."""
    return sorted(values)[max(0, math.ceil(q * len(values)) - 1)]


def print_table(*paths):
    rows = collections.defaultdict(list)
    for path in paths:
        with open(path, encoding="utf-8") as f:
            for line in f:
                fault = json.loads(line)
                rows[fault["family"], fault["what"]].append(fault)
    print("| family | fault | times | where it hit | least lag | recovery p50 | p99 | worst |")
    print("|---|---|---:|---|---:|---:|---:|---:|")
    for (family, what), faults in sorted(rows.items()):
        seconds = [fault["recovery"] for fault in faults]
        where = collections.Counter(fault["where"] for fault in faults)
        print(f"| {family} | {what} | {len(faults)} | "
              + ", ".join(f"{n} {name}" for name, n in where.most_common())
              + f" | {min(fault['lag'] for fault in faults)} | {quantile(seconds, 0.5):.1f} s | "
              f"{quantile(seconds, 0.99):.1f} s | {max(seconds):.1f} s |", flush=True)


if __name__ == "__main__":
    print_table(*sys.argv[1:])
