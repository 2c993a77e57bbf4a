"""How draining from Kafka grows with the partitions: the measurement of bench/run.sh -g. Prints and asserts nothing; a
step that fails ends it. Writes its rows for growth.py's picture, too."""
import json
import statistics
from pathlib import Path

from measure import Bench, arguments, end
from page import written
from parts import TOPICS, note

PARTITIONS = (1, 3, 12, 48)
COLUMNS = (  # of the page, figure
    ("µs CPU/message", "drain_cpu"), ("broker, µs", "broker_cpu"), ("messages/s", "drain_rate"),
    ("transactions", "commits"), ("MB peak", "drain_peak"), ("restart, s", "restart"))


def drained(args, partitions):
    bench = Bench(args)
    bench.partitions = partitions
    try:
        bench.fill()
        bench.warm()
        for repetition in range(args.repetitions):
            note(f"{partitions} partitions, repetition {repetition + 1}")
            bench.drain()
    finally:
        end(bench)
    bench.forget("|".join((*TOPICS.values(), "bench")), "")
    return bench.figures


def main():
    parser = arguments()
    parser.add_argument("--rows", type=Path, required=True)
    args = parser.parse_args()
    rows = [(n, {name: statistics.median(figures[of]) for name, of in COLUMNS})
            for n in PARTITIONS for figures in [drained(args, n)]]
    print("| partitions, drained | " + " | ".join(name for name, _ in COLUMNS) + " |")
    print("|---:|" + "---:|" * len(COLUMNS))
    for n, row in rows:
        print(f"| {n} | " + " | ".join(written(row[name]) for name, _ in COLUMNS) + " |")
    args.rows.write_text(json.dumps(rows), encoding="utf-8")


main()
