"""Positions, ends and open transactions: what the broker says against what the state log says."""
from .statelog import INPUTS, NONE, last_position


def last_positions(state):
    """shard -> the position of its last whole commit."""
    return {shard: last_position(records) for shard, records in state.items()}


def agree(state, committed, ends):
    """committed, ends: (input, shard) -> offset. The three say the same of every input of every shard."""
    wrong, positions = [], last_positions(state)
    for (name, shard), end in sorted(ends.items()):
        p = positions.get(shard)
        stands = p.next[INPUTS.index(name)] if p else NONE
        told = committed.get((name, shard), NONE)
        if stands != told:
            wrong.append(f"torn: {name}[{shard}] is committed at {told}, the state log stands at {stands}")
        if max(stands, 0) != end:
            wrong.append(f"{name}[{shard}] is judged up to {stands}, and ends at {end}")
    return wrong


def followed(state, managers_end, control_end):
    """The two logs that are read whole were not read past their ends."""
    return [f"state[{shard}] has read {name} up to {at}, which ends at {end}"
            for shard, p in sorted(last_positions(state).items()) if p
            for name, at, end in (("managers", p.managers, managers_end),
                                  ("control", p.control, control_end)) if at > end]


def settled(bounds, transactions):
    """bounds: (topic, partition) -> (last stable offset, high watermark)."""
    wrong = [f"open transaction in {topic}[{partition}]: stable up to {stable}, written up to {high}"
             for (topic, partition), (stable, high) in sorted(bounds.items()) if stable != high]
    return wrong + [f"transaction {name} is left {state}" for name, state in sorted(transactions.items())
                    if state in ("Ongoing", "PrepareCommit", "PrepareAbort")]
