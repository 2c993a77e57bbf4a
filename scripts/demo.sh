#!/usr/bin/env bash
# A county's account managers and their callbacks, from nothing: installs what is missing, builds,
# starts the daemon on its embedded bus (one file; no Kafka, no Java) with a private Redis on free
# loopback ports, feeds two months of a simulated county, and shows a manager's queue filling. Stays
# until Ctrl-C; everything it started ends with it.
#
#   demo.sh                             as above
#   demo.sh --once                      ends by itself when the county is judged and delivered, after
#                                       one manager's first five tasks with their reasons
#   demo.sh --kafka ADDR --redis URL    use these servers instead of the private ones (each by itself)
#   demo.sh --clients N --seed N        another county (300, 7)
#   demo.sh --language zh_CN|en         of headlines and tables (zh_CN); the reasons are shown in both
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
daemon_pid='' redis_pid=''

# Ends what was started, the daemon first, so that it can deliver what it has.
end_all() {
    trap - EXIT INT TERM
    [[ -z $daemon_pid ]] || { kill -TERM "$daemon_pid" && wait "$daemon_pid"; } 2>/dev/null || true
    [[ -z $redis_pid ]] || { kill -TERM "$redis_pid" && wait "$redis_pid"; } 2>/dev/null || true
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

if [[ -z $redis ]]; then
    start_redis "$dir/redis"
    redis=redis://127.0.0.1:$redis_port
fi

note "simulating $clients clients over 60 days, seed $seed"
"$ctl" sim --out "$dir/county" --clients "$clients" --seed "$seed"
http=127.0.0.1:$(free_port)
# Names of this run: on servers that outlive it, two demos do not meet.
run=demo-$(date +%s)-$$
settings=(-c "$dir/county/sim.conf" -o "language=$language" -o "redis.url=$redis"
    -o "redis.prefix=$run:" -o "http.listen=$http" -o log.level=warning)
if [[ -n $kafka ]]; then
    bus="Kafka $kafka"
    settings+=(-o "kafka.bootstrap_servers=$kafka" -o kafka.create_topics=true -o "kafka.group=$run")
    for topic in billing service profiles managers outcomes tasks state control dead_letters; do
        settings+=(-o "kafka.topics.$topic=$run.$topic")
    done
else
    bus="embedded bus $dir/bus.db"
    settings+=(-o "bus=sqlite:$dir/bus.db")
fi

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
note "ready; $bus, Redis $redis, metrics http://$http/metrics"

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

# The reasons in both languages. A task keeps the language it was written in; equal input gives equal
# tasks, so that a replay of the county in the other language has the same ones. (On Kafka an event
# may come later than one of another topic that follows it, and a task have a version more or less.)
[[ $language == en ]] && other=zh_CN || other=en
shards=$(curl -sf "http://$http/metrics" | grep -c '^churnwatch_shard_running{') || shards=1
note "the same county by replay, in $other"
show -o "language=$other" replay --events "$dir/county/events.ndjson" --tasks "$dir/other.ndjson" \
    --profiles "$dir/county/profiles.ndjson" --managers "$dir/county/managers.ndjson" \
    --partitions "$shards" 2>"$dir/replay.log" || { cat "$dir/replay.log" >&2; die "replay failed"; }

# member NAME LINE: a member of the record as its JSON text, without quotes and brackets.
member() {
    sed -E 's/.*"'"$1"'":("([^"\\]|\\.)*"|\[("([^"\\]|\\.)*",?)*\]).*/\1/
        s/^\["?//; s/"?\]$//; s/^"//; s/"$//; s/","/ /g; s/\\"/"/g' <<<"$2"
}
redis-cli -u "$redis" zrevrange "$run:$manager:queue" 0 4 | while read -r task; do
    mapfile -t told < <(redis-cli -u "$redis" hmget "$run:$manager:task:$task" \
        version client_name headline talking_points)
    twin=$(grep -F "\"task_id\":\"$task\",\"version\":${told[0]}," "$dir/other.ndjson" ||
        grep -F "\"task_id\":\"$task\"," "$dir/other.ndjson" | tail -n 1)
    echo
    echo "$task  ${told[1]}"
    printf '  %-6s %s\n         %s\n' "$language" "${told[2]}" \
        "$(member x "\"x\":${told[3]}")" "$other" "$(member headline "$twin")" \
        "$(member talking_points "$twin")"
done
[[ -z $once ]] || exit 0

cat <<TEXT

Look around while it runs (Ctrl-C ends it):
  $ctl ${settings[0]} ${settings[1]} -o redis.url=$redis -o redis.prefix=$run: feed $manager
  $ctl ${settings[0]} ${settings[1]} -o redis.url=$redis -o redis.prefix=$run: task TASK
  redis-cli -u $redis zrevrange $run:$manager:queue 0 9
  curl http://$http/metrics
TEXT
wait "$daemon_pid"
