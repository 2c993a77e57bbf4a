"""N: the network between daemons and one broker, all brokers or Redis slows down, stutters, resets
connections or lets nothing through one way, for seconds; then it is well again."""
import time

from cluster import NODES
from redis_faults import connected, wait_delivering, wait_over

LASTS = (0.5, 12.0)
# The same transaction may have been on its way when the weather cleared.
GRACE = 1.0
WEATHERS = (
    ("black hole up", lambda rng: ("blackhole", "up")),
    ("delay", lambda rng: ("delay", rng.randint(20, 1500))),
    ("reset", lambda rng: ("reset",)),
    ("black hole down", lambda rng: ("blackhole", "down")),
    ("slices", lambda rng: ("slice", rng.choice((1, 7, 100, 1000)))),
    ("cut", lambda rng: ("cut",)),
    ("slow line", lambda rng: ("rate", rng.choice((2000, 20000, 200000)))),
    ("black hole", lambda rng: ("blackhole", "both")),
)


def strike(house, rng):
    house.network_faults = getattr(house, "network_faults", rng.randrange(len(WEATHERS))) + 1
    what, of = WEATHERS[house.network_faults % len(WEATHERS)]
    words, (where, listeners) = of(rng), rng.choice(places(house, rng))
    wait_delivering(house)
    lag, since, before = house.lag(), time.time(), house.store.position()
    for listener in listeners:
        house.proxy.tell(listener, *words)
    time.sleep(rng.uniform(*LASTS))
    for listener in listeners:
        house.proxy.tell(listener, "pass")
    cleared = time.time()
    recovery = house.wait_recovered(cleared + GRACE, range(house.partitions)) + GRACE
    wait_over(house, before, cleared)
    house.struck("N", f"{what}, {where}", since, lag, "judging", recovery,
                 weather=" ".join(map(str, words)), lasted=round(cleared - since, 1),
                 connected=connected(house))
    return 1


def places(house, rng):
    """Listeners of the house's proxy: the brokers', then Redis's nodes'."""
    return (("one broker", (rng.randrange(NODES),)), ("all brokers", tuple(range(NODES))),
            ("Redis", (NODES + house.store.place(),)))
