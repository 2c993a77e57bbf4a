"""Daily sales of a shop's products with changes put in (streams.py).

    retail.py BY_DAY_DIR CHURNWATCHCTL

BY_DAY_DIR is data/retail-data/by-day of github.com/databricks/Spark-The-Definitive-Guide at 4ba5601: UCI Online
Retail, 305 days on which the shop was open. Streams are the products sold on at least 120 of them."""

import collections
import csv
import os
import sys

from streams import Study, tell

SOLD_LEAST = 120  # days


def read(directory):
    files = sorted(os.listdir(directory))
    sold = collections.defaultdict(lambda: [[] for _ in files])
    for i, name in enumerate(files):
        with open(os.path.join(directory, name), newline="", encoding="utf-8") as f:
            for r in csv.DictReader(f):
                if (amount := float(r["Quantity"]) * float(r["UnitPrice"])) > 0:
                    sold[r["StockCode"]][i].append(amount)
    often = {code: v for code, v in sorted(sold.items()) if sum(map(bool, v)) >= SOLD_LEAST}
    return Study("products", 1, [name[:10] for name in files], often, first=60, begins=(120, 240), within=60, slow=45,
                 per_alarm=200, each=75)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tell(read(sys.argv[1]), sys.argv[2])
