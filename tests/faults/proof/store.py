"""All that lies in Redis under a prefix, read at one time when nobody writes."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from resp import Connection  # noqa: E402

READERS = {"hash": ("hgetall",), "zset": ("zrange", "0", "-1", "withscores"), "set": ("smembers",),
           "stream": ("xrange", "-", "+"), "string": ("get",)}
AT_ONCE = 500


class Key:
    """One key: kind, value by kind (a hash and a zset as dict, a stream as list of dicts), ttl in seconds or -1."""

    def __init__(self, kind, value, ttl=-1):
        self.kind, self.value, self.ttl = kind, value, ttl


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))


def shaped(kind, value):
    if kind in ("hash", "zset"):
        return pairs(value)
    if kind == "stream":
        return [pairs(fields) for _, fields in value]
    return set(value) if kind == "set" else value


def names(redis, prefix):
    cursor, found = "0", set()
    while True:
        cursor, some = redis("scan", cursor, "match", prefix + "*", "count", 1000)
        found.update(some)
        if cursor == "0":
            return sorted(found)


def each(redis, commands):
    """In portions: both sides write only so far ahead of the other's reading."""
    return [answer for n in range(0, len(commands), AT_ONCE)
            for answer in redis.each(commands[n:n + AT_ONCE])]


def dump(address, prefix):
    """Name without the prefix -> Key."""
    redis = Connection(address)
    keys = names(redis, prefix)
    kinds = each(redis, [("type", k) for k in keys])
    left = [(k, kind) for k, kind in zip(keys, kinds) if kind in READERS]
    values = each(redis, [(READERS[kind][0], k, *READERS[kind][1:]) for k, kind in left])
    ttls = each(redis, [("ttl", k) for k, _ in left])
    return {k[len(prefix):]: Key(kind, shaped(kind, value), ttl)
            for (k, kind), value, ttl in zip(left, values, ttls)}
