#!/bin/bash
# What `churnwatchctl score` is worth on the Numenta Anomaly Benchmark.
#   tests/quality/series.sh NAB_DIR [CHURNWATCHCTL]
# NAB_DIR is a checkout of github.com/numenta/NAB; the program is build/release's unless named.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0"; exit 2; }
nab=$1
ctl=${2:-$here/../../build/release/churnwatchctl}

scores=$(mktemp -d)
trap 'rm -rf "$scores"' EXIT
for file in "$nab"/data/*/*.csv; do
    to=$scores/${file#"$nab"/data/}
    mkdir -p "$(dirname "$to")"
    "$ctl" score --series "$file" >"$to"
done
python3 -B "$here/nab.py" "$nab" "$scores"
