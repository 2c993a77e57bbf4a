"""Each way of breaking the run of made.py that oracle.py must see: for oracle_test.py."""
from .made import FACTS, VERSIONS, client, hash_of, image, on_desk, position, score, task, told
from .store import Key
from .topics import Record

# (check, words of its complaint) -> what breaks it.
BROKEN = {}


def breaks(check, words):
    def register(f):
        BROKEN[check, words] = f
        return f
    return register


@breaks("O1-outbox", "lost, replay has them: t-3 version 2")
def version_missing(run):
    del run.outbox[1, 1]


@breaks("O1-outbox", "ghosts, replay has none of them: t-9 version 1")
def version_too_many(run):
    run.outbox[1, 2] = task("t-9", 1, "dan", "am1")


@breaks("O1-outbox", "otherwise than by replay: t-2 version 1")
def version_judged_otherwise(run):
    run.outbox[0, 1]["risk"] = 0.51


@breaks("O1-outbox", "its signals differ")
def signal_missing(run):
    run.outbox[0, 1]["signals"] = []


@breaks("O1-outbox", "is in another order")
def outbox_in_another_order(run):
    run.outbox[0, 0], run.outbox[0, 1] = run.outbox[0, 1], run.outbox[0, 0]


@breaks("O1-redis", "not in Redis: t-2")
def task_not_delivered(run):
    del run.redis["am2:task:t-2"]


@breaks("O1-redis", "ghosts in Redis: am1:task:t-9")
def ghost_in_redis(run):
    run.redis["am1:task:t-9"] = hash_of(task("t-9", 1, "dan", "am1"))


@breaks("O1-redis", "ghosts in Redis: am1:task:t-1")
def former_manager_keeps_it(run):
    run.redis["am1:task:t-1"] = hash_of(VERSIONS[0, 0])


@breaks("O1-redis", "Redis has version '1'")
def older_version_in_redis(run):
    run.redis["am2:task:t-1"].value["version"] = "1"


@breaks("O1-redis", "Redis has risk '0.50'")
def number_written_otherwise(run):
    run.redis["am2:task:t-1"].value["risk"] = "0.50"


@breaks("O1-redis", "expires in -1 s")
def ended_task_stays(run):
    run.redis["am1:task:t-3"].ttl = -1


@breaks("O1-redis", "in no list, and should be: t-2 in am2:queue")
def not_queued(run):
    del run.redis["am2:queue"].value["t-2"]


@breaks("O1-redis", "ghosts in lists: t-3 in am1:queue")
def ended_task_queued(run):
    run.redis["am1:queue"] = Key("zset", {"t-3": score(102)})


@breaks("O1-redis", "score: t-1 in am2:queue")
def queued_by_an_older_priority(run):
    run.redis["am2:queue"].value["t-1"] = score(101)


@breaks("O1-redis", "its desk claimed")
def claimed_by_nobody(run):
    run.redis["am2:task:t-1"].value["desk"] = "claimed"


@breaks("O1-redis", "index of tasks: t-1 at am1, not am2")
def index_at_the_former_manager(run):
    run.redis["tasks"].value["t-1"] = "am1"


@breaks("O1-redis", "managers without a task: am7")
def manager_of_nothing(run):
    run.redis["managers"].value.add("am7")


@breaks("O1-redis", "keys of no known kind: am1:what")
def unknown_key(run):
    run.redis["am1:what"] = Key("hash", {})


@breaks("O1-redis", "delivery of partition 0 stands at 5")
def delivery_behind(run):
    run.redis["delivery"].value["0"] = "5"


@breaks("O1-redis", "delivery of partition 1 stands at 4")
def delivery_past_the_end(run):
    run.redis["delivery"].value["1"] = "4"


@breaks("O1-redis", "delivery has no epoch")
def no_epoch(run):
    del run.redis["delivery"].value["epoch"]


@breaks("O1-redis", "managers not listed: am1")
def manager_not_listed(run):
    run.redis["managers"].value.remove("am1")


@breaks("O1-redis", "timers without a task: t-1")
def timer_of_nothing(run):
    run.redis["timers"] = Key("zset", {"t-1": "99"})


@breaks("O1-redis", "ended, or not: t-3")
def end_not_noted(run):
    del run.redis["ended"].value["t-3"]


@breaks("O1-feeds", "names client dan, the outbox bob")
def feed_names_another_client(run):
    run.redis["am2:feed"].value[0]["client_id"] = "dan"


@breaks("O1-feeds", "in no feed: t-3 version 1")
def version_untold(run):
    del run.redis["am1:feed"].value[2]


@breaks("O1-feeds", "created of t-2 version 1 twice")
def version_told_twice(run):
    run.redis["am2:feed"].value.append(run.redis["am2:feed"].value[0])


@breaks("O1-feeds", "updated of t-2 version 2 is a ghost")
def ghost_in_a_feed(run):
    run.redis["am2:feed"].value.append(told("updated", task("t-2", 2, "bob", "am2")))


@breaks("O1-feeds", "tells of client ann, whose manager is am2")
def former_manager_told_of_the_client(run):
    run.redis["am1:feed"].value[1]["client_id"] = "ann"


@breaks("O2-versions", "hole: t-1 version 3")
def version_left_out(run):
    run.outbox[0, 5]["version"] = 3


@breaks("O2-versions", "hole: t-3 version 2")
def first_version_missing(run):
    del run.outbox[1, 0]


@breaks("O2-versions", "doubled: t-2 version 1")
def version_twice(run):
    run.outbox[0, 6] = run.outbox[0, 1]


@breaks("O2-versions", "step back: t-1 version 1")
def version_steps_back(run):
    run.outbox[0, 6] = run.outbox[0, 0]


@breaks("O2-versions", "in another client's partition: t-1 version 3")
def version_in_another_partition(run):
    run.outbox[1, 7] = task("t-1", 3, "ann", "am2")


@breaks("O2-versions", "moved: t-1 version 3")
def task_moved_to_another_shard(run):
    run.outbox[1, 7] = task("t-1", 3, "ann", "am2")


@breaks("O2-versions", "lies under b'bob'")
def version_under_another_key(run):
    run.keys[0, 0] = b"bob"


@breaks("O2-commits", "commit 3 part 0 where commit 2 part 0 was due")
def commit_left_out(run):
    run.log[0, 4][0] = 3


@breaks("O2-commits", "commit 1 part 2 where commit 1 part 1 was due")
def part_left_out(run):
    run.log[0, 1][1] = 2


@breaks("O2-commits", "begins with commit 2")
def first_commit_missing(run):
    run.log[1, 0][0] = 2


@breaks("O2-commits", "run.state[1] offset 0: a checksum that does not match")
def record_damaged(run):
    run.damage = True


@breaks("O2-commits", "ends within commit 1")
def last_part_missing(run):
    del run.log[0, 1], run.log[0, 4]


@breaks("O3", "torn: billing[0] is committed at 3, the state log stands at 4")
def torn(run):
    run.committed["billing", 0] = 3


@breaks("O3", "torn: service[1] is committed at -1, the state log stands at 1")
def offsets_not_committed(run):
    del run.committed["service", 1]


@breaks("O3", "billing[1] is judged up to 2, and ends at 3")
def not_judged_to_the_end(run):
    run.messages["billing", 1, 2] = Record(1, 2, b"dan", b"more", b"")


@breaks("O3", "state[0] has read managers up to 1, which ends at 0")
def managers_read_past_their_end(run):
    run.high["managers", 0] = 0


@breaks("O4-needed", "state[0]: a restore from `needed` lacks")
def needed_too_late(run):
    run.log[0, 4][3]["needed"] = 4


@breaks("O4-state", "client ann differs from byte 4 on, 9 bytes to 9")
def client_judged_twice(run):
    run.log[0, 4][2] = image(FACTS, b"day 2") + client(b"ann", b"STATE")


@breaks("O4-state", "state[1]: has no position")
def shard_never_judged(run):
    del run.log[1, 0]


@breaks("O4-state", "client dan is missing")
def client_lost(run):
    run.log[1, 0][2] = image(FACTS, b"day 1")


@breaks("O4-state", "facts  differs")
def another_day(run):
    run.log[1, 0][2] = image(FACTS, b"day 7") + client(b"dan")


@breaks("O4-state", "clock is 10, undisturbed 11")
def another_clock(run):
    run.calm[1, 0][3] = position(1, (1, 2, 1, -1), [((1, 2, 1, -1), 11)])


@breaks("O5-open", "open transaction in run.state[0]: stable up to 4, written up to 6")
def transaction_left_open(run):
    run.stable["state", 0] = 4


@breaks("O5-open", "transaction run-cw-0-0 is left Ongoing")
def transaction_of_offsets_alone(run):
    run.states["run-cw-0-0"] = "Ongoing"


@breaks("O5-aborted", "3 records of aborted transactions, at least 4")
def no_fault_hit(run):
    run.given.aborted_least = 4


@breaks("O6-passed", "billing[0]: 3 records, 4 of them passed")
def record_gone(run):
    del run.messages["billing", 0, 2]


@breaks("O6-passed", "a cut steps back")
def records_judged_again(run):
    run.log[0, 4][3]["cuts"][0] = ((1, 1, -1, -1), 10)


@breaks("O6-passed", "batch 4 after 1 with 2 cuts")
def batch_between_two_commits(run):
    run.log[0, 4][3]["batch"] = 4


@breaks("O6-passed", "without a cut")
def moved_without_a_batch(run):
    run.log[0, 4][3]["cuts"] = []


@breaks("O6-passed", "a source's event time goes back")
def event_time_goes_back(run):
    run.log[0, 4][3]["greatest"] = (0, 0, 0, 0)


@breaks("O6-passed", "the last cut is")
def moved_past_the_last_cut(run):
    run.log[0, 4][3]["cuts"][1] = ((1, 3, -1, -1), 20)


@breaks("O6-letters", "dead letters missing: not-json b'billing 3'")
def dead_letter_missing(run):
    run.dead = []


@breaks("O6-letters", "dead letters that are there twice: ('run.billing', 0, 3)")
def dead_letter_twice(run):
    run.dead.append(run.dead[0]._replace(offset=1))


@breaks("O6-letters", "is not what lies at")
def dead_letter_changed(run):
    run.dead[0] = run.dead[0]._replace(value=b"changed")


@breaks("O6-letters", "names ('run.billing', 0, 33), where nothing is")
def dead_letter_of_nothing(run):
    run.dead[0] = run.dead[0]._replace(headers=run.dead[0].headers + b"3")


@breaks("O6-letters", "does not say what was wrong")
def dead_letter_without_reason(run):
    run.dead[0] = run.dead[0]._replace(headers=run.dead[0].headers.replace(b"cw_error", b"error"))


@breaks("O6-sources", "a message of bob")
def version_by_another_clients_message(run):
    run.outbox[0, 0]["signals"][0]["source"]["offset"] = 1


@breaks("O6-sources", "where nothing is")
def version_by_a_message_to_come(run):
    run.outbox[0, 0]["signals"][0]["source"]["offset"] = 99


@breaks("O6-sources", "which is a dead letter")
def version_by_a_dead_letter(run):
    run.outbox[0, 1]["signals"][0]["source"]["offset"] = 3


@breaks("O7", "seen in the outbox, and later not there: t-9 version 1 at 0/3")
def ghost_seen_in_the_outbox(run):
    run.seen.insert(2, {**run.seen[0], "offset": 3, "task_id": "t-9"})


@breaks("O7", "read out of order: t-2 version 1 after 1")
def version_seen_twice(run):
    run.outbox[0, 6] = run.outbox[0, 1]
    run.seen.insert(2, {**run.seen[1], "offset": 6})


@breaks("O7", "t-2 version 2 on the desk of am2 is a ghost")
def ghost_seen_in_redis(run):
    run.seen.insert(-1, on_desk(task("t-2", 2, "bob", "am2"), 1))


@breaks("O7", "t-1 version 2 on the desk of am1 belongs to am2")
def another_managers_client_seen(run):
    run.seen.insert(-1, on_desk(VERSIONS[0, 5], 1, manager="am1"))


@breaks("O7", "is bob, open, 101, not ann, open, 101")
def half_a_version_seen(run):
    run.seen.insert(-1, on_desk(VERSIONS[0, 0], int(score(101)), client_id="bob"))


@breaks("O7", "is queued by 1,")
def queued_by_another_score_seen(run):
    run.seen.insert(-1, on_desk(VERSIONS[0, 0], 1))


@breaks("O7", "back in Redis: t-1 from version 2 to 1")
def version_seen_going_back(run):
    run.rollbacks = [1, 5]
    run.seen.insert(-1, {"of": "back", "since": 2, "at": 4, "task_id": "t-1", "from": 2, "to": 1})


@breaks("O7", "the watcher did not end by itself")
def watcher_cut_short(run):
    run.seen.pop()


@breaks("O7", "the watcher saw nothing")
def watcher_saw_nothing(run):
    run.seen = [{"of": "end", "at": 1, "looks": 0, "records": 0}]
