"""Weekly purchases of a shop's customers with changes put in (streams.py).

    cdnow.py CDNOW_MASTER_TXT CHURNWATCHCTL

The file is CDNOW_master.txt of github.com/xiaobeicheng/User-consumption-data at 2f8455a: 69,659 purchases of CDs by
23,544 customers in 78 weeks. Streams are the customers who bought in at least 12 of these weeks; a step is a week."""

import collections
import datetime
import sys

from streams import Study, tell

BOUGHT_LEAST = 12  # weeks


def read(path):
    with open(path, encoding="utf-8") as f:
        rows = [line.split() for line in f]
    days = [datetime.date(int(d[:4]), int(d[4:6]), int(d[6:])) for _, d, _, _ in rows]
    begin = min(days)
    weeks = (max(days) - begin).days // 7 + 1
    bought = collections.defaultdict(lambda: [[] for _ in range(weeks)])
    for (who, _, _, amount), day in zip(rows, days):
        bought[who][(day - begin).days // 7].append(float(amount))
    often = {who: v for who, v in sorted(bought.items()) if sum(map(bool, v)) >= BOUGHT_LEAST}
    dates = [str(begin + datetime.timedelta(days=7 * i)) for i in range(weeks)]
    return Study("customers", 7, dates, often, first=28, begins=(36, 56), within=22, slow=13, per_alarm=120, each=57)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tell(read(sys.argv[1]), sys.argv[2])
