"""Every input record accounted for: passed by exactly one cut, and a dead letter where it is one.

That no record was passed over or taken twice is statelog.steps; that judging was right is the comparison with
replay. Here the records themselves are looked at.
"""
import base64
import collections
import json

from .outbox import listed
from .topics import header


def letter_places(letters):
    """(topic, partition, offset) of each dead letter's source."""
    return [(header(r, "cw_topic"), int(header(r, "cw_partition")), int(header(r, "cw_offset")))
            for r in letters]


def sources(versions):
    """place -> (version, client) for each message that a version names."""
    found = {}
    for v in versions:
        record = v.record()
        for sign in record["signals"]:
            s = sign.get("source")
            if s:
                found.setdefault((s["topic"], s["partition"], s["offset"]), (v, record["client_id"]))
    return found


def letters_wrong(letters, inputs):
    """inputs: place -> record, of at least the places asked for. Each letter once, its bytes unchanged."""
    at = letter_places(letters)
    wrong = listed("dead letters that are there twice",
                   (p for p, n in collections.Counter(at).items() if n > 1))
    for place, letter in zip(at, letters):
        source = inputs.get(place)
        if source is None:
            wrong.append(f"dead letter {letter.partition}/{letter.offset} names {place}, where nothing is")
        elif (source.key, source.value or b"") != (letter.key, letter.value or b""):
            wrong.append(f"dead letter {letter.partition}/{letter.offset} is not what lies at {place}")
        if not header(letter, "cw_error"):
            wrong.append(f"dead letter {letter.partition}/{letter.offset} does not say what was wrong")
    return wrong


def expected_letters(lines):
    """(code, value) of each letter that replay wrote, counted."""
    found = collections.Counter()
    for line in lines:
        one = json.loads(line)
        bare = base64.b64decode(one["value_base64"]) if "value_base64" in one else one["value"].encode()
        found[one["cw_error"], bare] += 1
    return found


def letters_same(letters, expected):
    """No dead letter missing or too many; expected as expected_letters gives it."""
    found = collections.Counter((header(r, "cw_error"), r.value or b"") for r in letters)

    def told(some):
        return (f"{code} {bare[:40]!r}" for code, bare in some.elements())
    return (listed("dead letters missing", told(expected - found))
            + listed("dead letters that replay has not", told(found - expected)))


def sources_wrong(named, inputs, letters):
    """Each version's signals name messages that are there, are their client's, and are no dead letters."""
    dead = set(letter_places(letters))
    wrong = []
    for place, (v, client) in named.items():
        record = inputs.get(place)
        if record is None:
            wrong.append(f"{v} names {place}, where nothing is")
        elif record.key.decode() != client:
            wrong.append(f"{v} of {client} names {place}, a message of {record.key.decode()}")
        elif place in dead:
            wrong.append(f"{v} names {place}, which is a dead letter")
    return wrong


def passed(counts, positions):
    """counts: (input, shard) -> records there are; positions: where judging stands, from 0. Equal."""
    return [f"{name}[{shard}]: {counts.get((name, shard), 0)} records, {at} of them passed"
            for (name, shard), at in sorted(positions.items()) if counts.get((name, shard), 0) != at]
