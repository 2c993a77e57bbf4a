#!/usr/bin/env bash
# Measures, in one run on this machine: raw consumption of the load, replay, the daemon's draining of
# the same topics from Kafka to Redis, a restart with that state, and how long a task takes. Prints
# figures beside their marks and asserts nothing; see bench/README.md.
#
#   run.sh [-n CLIENTS[,CLIENTS]…] [-c EVENTS] [-d DAYS] [-r REPETITIONS] [-p PACED_PER_S] [-b BUILD] [-P PEERS]
#          [-k KILLS] [-s] [-g ROWS] [-o KEY=VALUE]…
#
# With -k it measures instead how fast a daemon is back after so many kills, and what the promise costs; with -s a
# storm of tasks; with -g draining with 1 to 48 partitions, the rows of which go to the file ROWS too.
# 200,000 and then 1,000,000 clients, 3,000,000 events of 40 days, 3 repetitions, 5000 a second. BUILD is a build
# directory to be used as it is; else build/trained is made by scripts/trained.sh. PEERS is a folder with jobs for Kafka Streams and
# Flink, which drain the same topics. KEY=VALUE is a setting of the daemon's. Servers are private ones.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

clients=200000,1000000 events=3000000 days=40 repetitions=3 pace=5000 build='' peers='' kills='' storm='' rows='' settings=()
while getopts n:c:d:r:p:b:P:k:sg:o: option; do
    case $option in
    n) clients=$OPTARG ;;
    c) events=$OPTARG ;;
    d) days=$OPTARG ;;
    r) repetitions=$OPTARG ;;
    p) pace=$OPTARG ;;
    b) build=$OPTARG ;;
    P) peers=$OPTARG ;;
    k) kills=$OPTARG ;;
    s) storm=1 ;;
    g) rows=$OPTARG ;;
    o) settings+=(--option "$OPTARG") ;;
    *) die "usage: run.sh [-n CLIENTS[,CLIENTS]…] [-c EVENTS] [-d DAYS] [-r REPETITIONS]" \
        "[-p PACED_PER_S] [-b BUILD] [-P PEERS] [-k KILLS] [-s] [-g ROWS] [-o KEY=VALUE]…" ;;
    esac
done

dir=$(mktemp -d)
redis_pid=''
end_all() {
    trap - EXIT INT TERM
    [[ -z $redis_pid ]] || { kill -TERM "$redis_pid" && wait "$redis_pid"; } 2>/dev/null || true
    "$top/scripts/kafka.sh" stop "$dir/kafka" >&2 || true
    rm -rf "$dir"
}
trap end_all EXIT
trap 'exit 1' INT TERM

if [[ -z $build ]]; then
    build=$top/build/trained
    "$top/scripts/trained.sh" >&2
fi
page=measure.py more=()
if [[ -n $kills ]]; then
    page=recovery.py more=(--kills "$kills" --faults "$top/build/faults")
    note "building what can do without transactions"
    { cmake -S "$top" --preset faults && cmake --build "$top/build/faults" --target churnwatchd; } \
        >"$dir/build.log" 2>&1 || { tail -n 40 "$dir/build.log" >&2; die "the build failed"; }
fi
[[ -z $storm ]] || page=storm.py
[[ -z $rows ]] || page=partitions.py more=(--rows "$rows")
IFS=, read -ra sizes <<<"$clients"
[[ $page == measure.py ]] || sizes=("${sizes[0]}")
[[ -z $peers || $page != measure.py ]] || more=(--peers "$peers")
note "starting Apache Kafka and Redis"
port=$(free_port)
# A heap of the usual size; with less the collector takes part in the race.
KAFKA_HEAP=1g "$top/scripts/kafka.sh" start "$dir/kafka" "$port" >&2
start_redis "$dir/redis"
for n in "${sizes[@]}"; do
    note "making the load: $n clients, $events events of $days days"
    mkdir "$dir/$n"
    "$build/bench_load" "$n" "$events" "$days" "$dir/$n"
done
python3 -B "$top/bench/$page" --build "$build" --home "$dir" --kafka "127.0.0.1:$port" \
    --broker-pid "$(cat "$dir/kafka/kafka.pid")" --redis-port "$redis_port" \
    --redis-pid "$redis_pid" --clients "${sizes[@]}" \
    --repetitions "$repetitions" --pace "$pace" --http-port "$(free_port)" \
    "${more[@]}" "${settings[@]}"
