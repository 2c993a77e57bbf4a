"""The table of measure.py: each figure beside its mark and, where they ran, beside Kafka Streams' and Flink's."""
import statistics

ROWS = (  # figure, text, unit, mark
    ("raw_rate", "raw consumption, librdkafka alone", "messages/s", ""),
    ("raw_megabytes", "", "MB/s", ""),
    ("raw_cpu", "", "µs CPU/message", ""),
    ("decode_rate", "decoded and forgotten, one thread", "messages/s", ""),
    ("decode_share", "", "× raw", ""),
    ("decode_cpu", "", "µs CPU/message", ""),
    ("replay_rate", "replay, whole command, one core", "messages/s", "≥ 1 M, aim 2 M"),
    ("replay_cpu", "", "µs CPU/message", ""),
    ("replay_peak", "", "MB peak", ""),
    ("drain_rate", "draining the backlog into Redis", "messages/s", ""),
    ("drain_share", "", "× raw", "≥ 0.4, aim 0.65 (librdkafka ≥ 2.8)"),
    ("event_rate", "  first to last, profiles not counted", "events/s", ""),
    ("drain_whole", "  exec → all tasks in Redis", "events/s", ""),
    ("drain_delivered", "", "s", ""),
    ("over_streams", "  against Streams, 200 ms", "× its events/s", "≥ 4 (librdkafka 2.0.2: ≥ 1)"),
    ("over_streams1s", "  against Streams, 1 s", "× its events/s", ""),
    ("over_flink", "  against Flink", "× its events/s", "≥ 2.5 (librdkafka ≥ 2.8)"),
    ("drain_cpu", "", "µs CPU/message", "≤ 3, aim 1.8"),
    ("stage_fetch", "of an engine's time: fetch", "ns/message", ""),
    ("stage_decode", "  decode, sort in", "ns/message", ""),
    ("stage_judge", "  judge", "ns/message", ""),
    ("stage_encode", "  encode the state", "ns/message", ""),
    ("stage_append", "  hand over to the producer", "ns/message", ""),
    ("stage_positions", "beside it: until it lies in Kafka, positions", "ns/message", ""),
    ("stage_end", "  until the transaction's end", "ns/message", ""),
    ("stage_cpu_engines", "CPU of engine threads", "ns/message", ""),
    ("stage_cpu_library", "CPU of librdkafka's threads", "ns/message", ""),
    ("stage_cpu_main", "CPU of the main thread, delivery", "ns/message", ""),
    ("broker_cpu", "broker meanwhile", "µs CPU/message", ""),
    ("redis_cpu", "Redis meanwhile", "µs CPU/message", ""),
    ("drain_peak", "", "MB peak", "≤ 200, aim 140 (200,000 clients)"),
    ("tasks", "", "task versions delivered", ""),
    ("commits", "", "transactions", ""),
    ("state_log", "", "state log bytes/message", ""),
    ("memory", "", "bytes in memory/client", ""),
    ("clients_known", "", "clients known", ""),
    ("first_ready", "start without state, topics made", "s exec → ready", "≤ 1, aim 0.4 (topics there)"),
    ("restart", "restart with that state", "s exec → ready", "≤ 1, aim 0.6; of 1 M clients ≤ 4, aim 2"),
    ("restored", "", "clients/s, start included", ""),
    ("restart_peak", "", "MB peak", ""),
    ("latency_p50", "event handed to Kafka → task in Redis", "ms p50", "≤ 100, aim 50 (5000/s)"),
    ("latency_p90", "", "ms p90", ""),
    ("latency_p99", "", "ms p99", "≤ 250, aim 120"),
    ("latency_most", "", "ms most", ""),
    ("probes", "", "tasks timed", ""),
    ("waiting", "", "most waiting in the load's producer", ""),
    ("paced_cpu", "", "µs CPU/message", ""),
)


def written(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def middle(values):
    return written(statistics.median(values)) if values else ""


def add_ratios(figures, peers):
    """Repetition by repetition: what lay next to each other in time is compared."""
    def share(of, to):
        return [a / b for a, b in zip(figures[of], to)] if of in figures else []

    figures["drain_share"] = share("drain_rate", figures["raw_rate"])
    figures["decode_share"] = share("decode_rate", figures["raw_rate"])
    for peer in peers:
        figures[f"over_{peer.kind.name}"] = share("event_rate", peer.figures["event_rate"])


def print_load(bench, peers):
    add_ratios(bench.figures, peers)
    beside = "".join(f"{peer.text:>16}" for peer in peers)
    print(f"{format(bench.clients, ',') + ' clients, ' + format(bench.drained_events, ',') + ' events':42}"
          f"{'median':>11}  {'range':20}{'':30}{beside}  mark")
    for name, text, unit, mark in ROWS:
        values = bench.figures.get(name)
        if not values:
            continue
        spread = f"({written(min(values))}–{written(max(values))})" if len(values) > 1 else ""
        theirs = "".join(f"{middle(peer.figures.get(name)):>16}" for peer in peers)
        print(f"{text:42}{middle(values):>11}  {spread:20}{unit:30}{theirs}  {mark}".rstrip())


def print_page(loads):
    """Of every load its figures; of the first all, of the others the drain."""
    for bench, peers in loads:
        print_load(bench, peers)
        print()
