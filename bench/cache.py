"""What an event misses in the caches: replay under valgrind's cachegrind, which simulates them where the machine
shows no counters.

    python3 bench/cache.py [--build BUILD] [--clients N] [--events N] [--top N]

The same replay runs with the events and without them, and the difference is the events'. Caches are those those of a usual
server, 48 KiB and 32 MiB, unless --caches gives others as cachegrind's options. A miss of the last level (LL) goes to memory. Counts do not
depend on what else the machine does."""
import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from growth import load

USUAL = "--I1=32768,8,64 --D1=49152,12,64 --LL=33554432,16,64"
KINDS = (  # what is counted, by cachegrind's columns
    ("instructions", ("Ir",)),
    ("data reads and writes", ("Dr", "Dw")),
    ("L1 instruction misses", ("I1mr",)),
    ("L1 data misses", ("D1mr", "D1mw")),
    ("LL misses, reading", ("ILmr", "DLmr")),
    ("LL misses, writing", ("DLmw",)),
)


def simulated(args, directory, events):
    """Function to column to count, and the caches' descriptions."""
    out = Path(directory) / "cachegrind.out"
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=yes", f"--cachegrind-out-file={out}", *args.caches.split(),
               args.build / "churnwatchctl", "replay", "--threads", "1", "--tasks", "/dev/null",
               "--profiles", f"{directory}/profiles.ndjson", "--events", f"{directory}/{events}"]
    done = subprocess.run(list(map(str, command)), stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"valgrind failed: {done.stderr[-2000:]}")
    return read(out)


def read(path):
    functions, columns, caches, function = {}, [], [], ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("desc:"):
            caches.append(" ".join(line[5:].split()))
        elif line.startswith("events:"):
            columns = line.split()[1:]
        elif line.startswith("fn="):
            function = line[3:]
        elif line[:1].isdigit():
            counts = functions.setdefault(function, Counter())
            counts.update(dict(zip(columns, map(int, line.split()[1:]))))
    return functions, caches


def difference(more, less):
    out = {}
    for function, counts in more.items():
        own = Counter(counts)
        own.subtract(less.get(function, {}))
        out[function] = own
    return out


def per_event(counts, columns, n):
    return sum(counts[column] for column in columns) / n


def print_page(functions, caches, args):
    total = Counter()
    for counts in functions.values():
        total.update(counts)
    print(f"{args.clients:,} clients, {args.events:,} events within a day; simulated: {'; '.join(caches)}")
    print("| an event | |\n|---|---:|")
    for text, columns in KINDS:
        print(f"| {text} | {per_event(total, columns, args.events):,.1f} |")
    print("\n| LL misses by function | an event |\n|---|---:|")
    columns = ("ILmr", "DLmr", "DLmw")
    ranked = sorted(functions.items(), key=lambda item: -per_event(item[1], columns, 1))
    for function, counts in ranked[:args.top]:
        print(f"| `{function}` | {per_event(counts, columns, args.events):.2f} |")


def main():
    top = Path(__file__).resolve().parent.parent
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", type=Path, default=top / "build/release")
    p.add_argument("--clients", type=int, default=200_000)
    p.add_argument("--events", type=int, default=200_000)
    p.add_argument("--caches", default=USUAL)
    p.add_argument("--top", type=int, default=12)
    args = p.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        load(args.build, directory, args.clients, args.events)
        (Path(directory) / "none.ndjson").touch()
        with_events, caches = simulated(args, directory, "events.ndjson")
        without, _ = simulated(args, directory, "none.ndjson")
    print_page(difference(with_events, without), caches, args)


if __name__ == "__main__":
    main()
