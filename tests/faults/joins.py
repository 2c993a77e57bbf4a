"""G: instances join and leave, 1-4-2-3, and so on."""
import time

from desk import wait_for
from instance import Instance

STEPS = (1, 4, 2, 3)


def strike(house, rng):
    before = len(house.instances)
    after = STEPS[(STEPS.index(before) + 1) % len(STEPS)]
    house.struck("G", f"{before} to {after}", *resized(house, after))
    return 1


def resized(house, size):
    """When it began, the lag then, where, and the seconds until all `size` share the shards."""
    lag, since = house.lag(), time.time()
    while len(house.instances) > size:
        leaving = house.instances.pop()
        house.ghosts.append(leaving)
        code = leaving.leave()
        if code != 0:
            house.complain(f"{leaving} was told to leave and ended with {code}")
    while len(house.instances) < size:
        joining = Instance(house, f"cw-{len(house.instances)}")
        joining.begin()
        house.instances.append(joining)
    wait_for(f"{size} share the shards", lambda: shared(house, since), 120)
    return since, lag, "judging", time.time() - since


def shared(house, since):
    return (house.recovered(since, range(house.partitions))
            and {of["by"] for of in house.look().values()} == {i.slot for i in house.instances})
