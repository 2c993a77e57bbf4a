#!/usr/bin/env bash
# A county's account managers and their callbacks, from nothing: installs what is missing, builds,
# starts Apache Kafka, Redis and the daemon on free loopback ports, feeds two months of a simulated
# county, and shows a manager's queue filling. Stays until Ctrl-C; everything it started ends with it.
#
#   demo.sh                             as above
#   demo.sh --once                      ends by itself when the county is judged and delivered, after
#                                       one manager's first five tasks with their reasons
#   demo.sh --kafka ADDR --redis URL    use these servers instead of private ones (each by itself)
#   demo.sh --clients N --seed N        another county (300, 7)
#   demo.sh --language zh_CN|en         of headlines and tables (zh_CN)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

once='' kafka='' redis='' clients=300 seed=7 language=zh_CN
while (($#)); do
    case $1 in
    --once) once=1 ;;
    --kafka | --redis | --clients | --seed | --language)
        (($# >= 2)) || die "$1 needs a value"
        printf -v "${1#--}" %s "$2"
        shift
        ;;
    *) die "usage: demo.sh [--once] [--kafka ADDR] [--redis URL] [--clients N] [--seed N] [--language L]" ;;
    esac
    shift
done

dir=$(mktemp -d)
daemon_pid='' redis_pid='' own_kafka=''

# Ends what was started, the daemon first, so that it can deliver what it has.
end_all() {
    trap - EXIT INT TERM
    [[ -z $daemon_pid ]] || { kill -TERM "$daemon_pid" && wait "$daemon_pid"; } 2>/dev/null || true
    [[ -z $redis_pid ]] || { kill -TERM "$redis_pid" && wait "$redis_pid"; } 2>/dev/null || true
    [[ -z $own_kafka ]] || "$top/scripts/kafka.sh" stop "$dir/kafka" >&2 || true
    rm -rf "$dir"
}
trap end_all EXIT
trap 'exit 0' INT TERM

"$top/scripts/setup.sh" demo
note "building"
{
    cmake -S "$top" --preset release && cmake --build "$top/build/release"
} >"$dir/build.log" 2>&1 || { tail -n 40 "$dir/build.log" >&2; die "the build failed"; }
ctl=$top/build/release/churnwatchctl

if [[ -z $kafka ]]; then
    note "starting Apache Kafka"
    kafka=127.0.0.1:$(free_port)
    own_kafka=1
    "$top/scripts/kafka.sh" start "$dir/kafka" "${kafka#*:}" >&2
fi
if [[ -z $redis ]]; then
    start_redis "$dir/redis"
    redis=redis://127.0.0.1:$redis_port
fi

note "simulating $clients clients over 60 days, seed $seed"
"$ctl" sim --out "$dir/county" --clients "$clients" --seed "$seed"
http=127.0.0.1:$(free_port)
# Names of this run: on servers that outlive it, two demos do not meet.
run=demo-$(date +%s)-$$
settings=(-c "$dir/county/sim.conf" -o "language=$language" -o "kafka.bootstrap_servers=$kafka"
    -o kafka.create_topics=true -o "kafka.group=$run" -o "redis.url=$redis"
    -o "redis.prefix=$run:" -o "http.listen=$http" -o log.level=warning)
for topic in billing service profiles managers outcomes tasks state control dead_letters; do
    settings+=(-o "kafka.topics.$topic=$run.$topic")
done

start_daemon() {
    "$top/build/release/churnwatchd" "${settings[@]}" >"$dir/daemon.log" 2>&1 &
    daemon_pid=$!
}
ready() { curl -sf "http://$http/readyz" >/dev/null; }
ready_or_dead() { ready || ! kill -0 "$daemon_pid" 2>/dev/null; }
metric() { curl -sf "http://$http/metrics" | sed -n "s/^churnwatch_$1 //p"; }
show() { "$ctl" "${settings[@]}" "$@"; }

start_daemon
wait_for 60 ready_or_dead && ready || { cat "$dir/daemon.log" >&2; die "the daemon is not ready"; }
note "ready; Kafka $kafka, Redis $redis, metrics http://$http/metrics"

# Everything at once, as a backlog: profiles first, or tasks would go to the default queue a while.
for file in managers profiles events; do
    show ingest "$dir/county/$file.ndjson" >&2 || die "ingest of $file failed"
done
total=$(cat "$dir"/county/{profiles,events}.ndjson | wc -l)

judged_and_delivered() {
    (($(metric messages_total) >= total)) &&
        [[ $(metric outbox_records_total) == "$(metric delivered_total)" ]]
}
# The manager with most to do.
busiest() {
    local key most=0 n name=
    while read -r key; do
        n=$(redis-cli -u "$redis" zcard "$run:$key:queue")
        ((n <= most)) || { most=$n name=$key; }
    done < <(redis-cli -u "$redis" smembers "$run:managers" | sort)
    echo "$name"
}

ticks=0
until judged_and_delivered; do
    kill -0 "$daemon_pid" 2>/dev/null || { cat "$dir/daemon.log" >&2; die "the daemon ended"; }
    ((ticks++ < 600)) || die "not judged within five minutes; see $dir/daemon.log"
    if [[ -t 1 ]]; then
        printf '\033[H\033[2J%s of %s messages judged, %s task versions delivered\n\n' \
            "$(metric messages_total)" "$total" "$(metric delivered_total)"
        manager=$(busiest)
        [[ -z $manager ]] || show tasks "$manager" --limit 10
    fi
    sleep 0.5
done
manager=$(busiest)
[[ -n $manager ]] || die "the county was judged and no manager has a task"
[[ ! -t 1 ]] || printf '\033[H\033[2J'
echo "$total messages judged, $(metric delivered_total) task versions delivered; $manager's first five:"
echo
show tasks "$manager" --limit 5
redis-cli -u "$redis" zrevrange "$run:$manager:queue" 0 4 | while read -r task; do
    echo
    show task "$task"
done
[[ -z $once ]] || exit 0

cat <<TEXT

Look around while it runs (Ctrl-C ends it):
  $ctl ${settings[0]} ${settings[1]} -o redis.url=$redis -o redis.prefix=$run: feed $manager
  redis-cli -u $redis zrevrange $run:$manager:queue 0 9
  curl http://$http/metrics
TEXT
wait "$daemon_pid"
