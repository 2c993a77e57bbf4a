"""H: the same slot is started twice. The old process must end, with a status that says so; the new one
goes on with the shards."""
import subprocess
import time

from instance import Instance

END_MOST = 30


def strike(house, rng):
    place = rng.randrange(len(house.instances))
    old = house.instances[place]
    shards, lag = house.share_of(old), house.lag()
    old.wanted = False
    house.ghosts.append(old)
    new = Instance(house, old.slot)
    since = time.time()
    new.begin()
    house.instances[place] = new
    try:
        code = old.process.wait(END_MOST)
    except subprocess.TimeoutExpired:
        code = 0
    if code == 0:
        house.complain(f"the old {old} did not end, or with 0")
    recovery = house.wait_recovered(since, shards)
    house.struck("H", "slot started twice", since, lag, "judging", recovery, slot=old.slot, old=code)
    return 1
