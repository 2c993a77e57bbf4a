# What the scripts share; sourced, never run. Sets `top`, the repository's root.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# note TEXT: one line of progress, on standard error so that output can be piped.
note() { echo "== $*" >&2; }

# True when something answers on the loopback port.
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Prints a loopback port nobody listens on, below the range the kernel hands out by itself.
free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        port_open "$port" || { echo "$port"; return; }
    done
    die "no free port found"
}

# wait_for SECONDS COMMAND…: tries the command until it succeeds; fails when the time is over.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < until)) || return 1
        sleep 0.1
    done
}

# is_process PID WORD: whether that process still lives and has WORD in its command line. A pid
# read from a file may belong to somebody else by now.
is_process() {
    [[ -n $1 ]] && tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF -- "$2"
}

# built TARGET BUILD: sets `build`, the directory with the program. Without BUILD the release preset is built.
built() {
    build=${2:-$top/build/release}
    [[ -z $2 ]] || return 0
    note "building"
    cmake -S "$top" --preset release >/dev/null
    cmake --build "$build" --target "$1" >/dev/null
}

# start_redis DIR: a private redis-server without persistence; sets redis_port and redis_pid.
start_redis() {
    mkdir -p "$1"
    redis_port=${2:-$(free_port)}
    redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$1" \
        --loglevel warning >"$1/redis.log" 2>&1 &
    redis_pid=$!
    wait_for 20 port_open "$redis_port" || die "redis-server did not start; see $1/redis.log"
}
