"""K: kill -9 of a daemon, at any moment and, every other time, inside the commit window: the process that
comes after the first kill ends itself at a named point of its n-th transaction."""
import signal
import time

from desk import wait_for

WINDOW = ("after_begin", "after_append", "after_send_positions", "after_commit")
OTHERS = ("before_begin", "in_restore", "after_seek", "delivery_sent")
NTH_MOST = 12
APART = (0.05, 3.0)


def strike(house, rng):
    """Two kills, or up to three of them before anything has recovered."""
    return rng.choice((forced, forced, burst))(house, rng)


def forced(house, rng):
    return kill_at(house, rng, rng.choice(WINDOW if rng.random() < 0.75 else OTHERS))


def kill_at(house, rng, point):
    instance = rng.choice(house.instances)
    shards, lag, ends = house.share_of(instance), house.lag(), len(instance.ends)
    nth = 1 if point in ("in_restore", "after_seek") else rng.randint(1, NTH_MOST)
    instance.next_environment = {"CW_KILL_AT": f"{point}:{nth}"}
    since = time.time()
    instance.kill()

    def killed():
        return [at for at, code in instance.ends[ends:] if code == -signal.SIGKILL]

    wait_for(f"{instance} ends itself at {point}", lambda: len(killed()) >= 2)
    second = killed()[1]
    recovery = house.wait_recovered(second, shards)
    house.struck("K", "kill -9", since, lag, "judging", second - since, slot=instance.slot, then=point)
    house.struck("K", "kill -9", second, lag, point, recovery, slot=instance.slot)
    return 2


def burst(house, rng):
    struck = []
    for _ in range(rng.randint(1, 3)):
        instance = rng.choice(house.instances)
        held = house.look()
        shards = [s for s, of in held.items() if of["by"] == instance.slot]
        running = shards and all(held[s].get("running") for s in shards)
        struck.append((time.time(), instance, shards, house.lag(),
                       "judging" if running else "starting"))
        instance.kill()
        time.sleep(rng.uniform(*APART))
    everything = sorted({s for k in struck for s in k[2]})
    house.wait_recovered(struck[-1][0], everything)
    until = time.time()
    for since, instance, _, lag, where in struck:
        house.struck("K", "kill -9", since, lag, where, until - since, slot=instance.slot,
                     of=len(struck))
    return len(struck)
