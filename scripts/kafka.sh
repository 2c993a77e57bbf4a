#!/usr/bin/env bash
# Real Apache Kafka (KRaft) on loopback, for the demo, tests and benchmarks: one node by itself, or
# one of several, each in a folder of its own.
#
#   kafka.sh start DIR [PORT]      data, logs and pid live under DIR; PORT is 9092 unless given;
#                                  returns when it serves, and does nothing when it already does
#   kafka.sh stop DIR              SIGTERM, SIGKILL after 30 s; the data stay
#   kafka.sh kill DIR              SIGKILL, to rehearse a crash
#   kafka.sh tool DIR TOOL ARGS…   one of Kafka's own tools against it: topics, console-consumer,
#                                  console-producer, groups, configs, offsets, or any class name
#
# Needs Java 17 or later and Maven, which fetches Kafka from Maven Central once.
# KAFKA_HEAP (512m) is the broker's heap; KAFKA_EXTRA names a file of further server properties.
#
# A node of a cluster is started with KAFKA_NODE, its number from 1, KAFKA_VOTERS, all nodes'
# controllers as 1@127.0.0.1:PORT,2@…, and KAFKA_INTERNAL, the port brokers use among themselves.
# Topics are kept by three nodes then, two of which must have what is acknowledged. Clients are told
# KAFKA_ADVERTISED (PORT) as the broker's port, so that they can be led through a proxy. A cluster
# serves when most of its nodes are there: they are started at the same time.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() { die "usage: kafka.sh start|stop|kill DIR [PORT] | tool DIR TOOL ARGS…"; }
(($# >= 2)) || usage
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
pidfile=$dir/kafka.pid
pom=$top/scripts/kafka/pom.xml

pid() { cat "$pidfile" 2>/dev/null || true; }
alive() { is_process "$(pid)" "$dir/server.properties"; }
serving() { grep -q 'Kafka Server started' "$dir/kafka.log" && port_open "$1"; }
serving_or_dead() { serving "$1" || ! alive; }
gone() { ! alive; }

# Prints the class path, resolved once per version of the pom.
class_path() {
    local file first
    file=$top/build/kafka/classpath-$(cksum <"$pom" | cut -d' ' -f1)
    first=$(cut -d: -f1 "$file" 2>/dev/null || true)
    if [[ ! -f $first ]]; then
        mkdir -p "${file%/*}"
        mvn -q -B -f "$pom" dependency:build-classpath -DincludeScope=runtime \
            -Dmdep.outputFile="$file.$$" >"$dir/maven.log" 2>&1 ||
            { tail -n 5 "$dir/maven.log" >&2; die "Maven could not fetch Kafka, see above"; }
        mv "$file.$$" "$file"
    fi
    cat "$file"
}

# What tells a node of a cluster from one that is alone.
node=${KAFKA_NODE:-1} replicas=1 in_sync=1
if [[ -n ${KAFKA_VOTERS:-} ]]; then
    replicas=3 in_sync=2
    [[ ,$KAFKA_VOTERS, =~ ,$node@127\.0\.0\.1:([0-9]+), && -n ${KAFKA_INTERNAL:-} ]] ||
        die "KAFKA_VOTERS lacks node $node, or KAFKA_INTERNAL is not set"
    controller=${BASH_REMATCH[1]}
fi

write_config() {
    local port=$1 controller=${controller:-$(free_port)} internal
    internal=${KAFKA_INTERNAL:-$(free_port)}
    cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=$node
controller.quorum.voters=${KAFKA_VOTERS:-1@127.0.0.1:$controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=INTERNAL
listeners=PLAINTEXT://127.0.0.1:$port,INTERNAL://127.0.0.1:$internal,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:${KAFKA_ADVERTISED:-$port},INTERNAL://127.0.0.1:$internal
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=false
num.partitions=3
log.message.timestamp.type=LogAppendTime
log.retention.ms=-1
log.segment.bytes=268435456
default.replication.factor=$replicas
min.insync.replicas=$in_sync
unclean.leader.election.enable=false
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=3
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
PROPERTIES
    [[ -z ${KAFKA_EXTRA:-} ]] || cat "$KAFKA_EXTRA" >>"$dir/server.properties"
    echo "$port" >"$dir/port"
    cat >"$dir/log4j2.properties" <<'PROPERTIES'
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.target=SYSTEM_ERR
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1}: %m%n
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=INFO
logger.object.name=kafka.server.KafkaRaftServer$
logger.object.level=INFO
PROPERTIES
}

start() {
    local port=${1:-9092} java
    if alive; then
        echo "already serving on 127.0.0.1:$(cat "$dir/port"), pid $(pid)"
        return
    fi
    ! port_open "$port" || die "port $port is taken by another process"
    java=(java -cp "$(class_path)" "-Dlog4j2.configurationFile=$dir/log4j2.properties")
    write_config "$port"
    [[ -f $dir/data/meta.properties ]] ||
        "${java[@]}" -Xmx256m kafka.tools.StorageTool format --config "$dir/server.properties" \
            --cluster-id Y2h1cm53YXRjaC10ZXN0cw >"$dir/format.log" 2>&1 ||
        die "the data folder cannot be formatted; see $dir/format.log"
    cd "$dir"
    setsid "${java[@]}" "-Xmx${KAFKA_HEAP:-512m}" kafka.Kafka "$dir/server.properties" \
        >"$dir/kafka.log" 2>&1 </dev/null &
    echo $! >"$pidfile"
    wait_for 90 serving_or_dead "$port" || die "not serving within 90 s; see $dir/kafka.log"
    alive || die "Kafka ended at once; see $dir/kafka.log"
    echo "serving on 127.0.0.1:$port, pid $(pid)"
}

# stop SIGNAL
stop() {
    if alive; then
        kill "-$1" "$(pid)"
        wait_for 30 gone || kill -KILL "$(pid)"
        wait_for 10 gone || die "pid $(pid) does not end"
    fi
    rm -f "$pidfile"
}

tool() {
    local class=$1
    shift
    case $class in
    topics) class=org.apache.kafka.tools.TopicCommand ;;
    console-consumer) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
    console-producer) class=org.apache.kafka.tools.ConsoleProducer ;;
    groups) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
    configs) class=kafka.admin.ConfigCommand ;;
    offsets) class=org.apache.kafka.tools.GetOffsetShell ;;
    esac
    exec java -Xmx256m -cp "$(class_path)" "-Dlog4j2.configurationFile=$dir/log4j2.properties" \
        "$class" --bootstrap-server "127.0.0.1:$(cat "$dir/port")" "$@"
}

case $command in
start) start "$@" ;;
stop) stop TERM ;;
kill) stop KILL ;;
tool) (($# >= 1)) || usage; tool "$@" ;;
*) usage ;;
esac
