-- The way of the moves out of Redis: cw_take hands them to a daemon, cw_taken forgets them once
-- they are in Kafka. `<prefix>outcomes-waiting` names the managers that have moves, so that ten
-- thousand desks cost no more to ask than those where something happened; who appends to a
-- manager's `outcomes` without a move's call adds the manager there too.
--
-- A manager's moves go out in their order: while one daemon has some of them unsettled, no other is
-- given any, unless it has been silent for IDLE_MS.

local TAKE_MOST = 1000
local LOOK_MOST = 256      -- managers looked at per call
local PIECES_MOST = 32     -- names and values of an entry
local ENTRY_MOST = 16384   -- bytes of them
local REFUSED_MOST = 1000  -- entries kept in outcomes-refused, about
local GROUP = 'pump'

local function outcomes_key(desk, manager)
    return set_key(desk, manager, 'outcomes')
end

-- Somebody else's moves that are younger than idle are not ours to take.
local function is_held(key, consumer, idle)
    local held = redis.call('XPENDING', key, GROUP, '-', '+', 1)[1]
    return held and held[2] ~= consumer and held[3] < idle
end

local function ensure_group(key)
    local answer = redis.pcall('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM')
    return not (type(answer) == 'table' and answer.err and not answer.err:find('BUSYGROUP'))
end

local function read_group(key, consumer, from, most)
    local got = redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', most, 'STREAMS', key,
                           from)
    return got and got[1] and got[1][2] or {}
end

-- What was taken and never settled first, then what is new.
local function entries_of(key, consumer, idle, most)
    redis.call('XAUTOCLAIM', key, GROUP, consumer, idle, '0', 'COUNT', most)
    local entries = read_group(key, consumer, '0', most)
    if #entries < most then
        for _, entry in ipairs(read_group(key, consumer, '>', most - #entries)) do
            entries[#entries + 1] = entry
        end
    end
    return entries
end

local function size_of(pieces)
    local n = 0
    for _, piece in ipairs(pieces) do
        n = n + #piece
    end
    return n
end

-- manager, id, how many pieces, the pieces. One that is too large goes without them.
local function put_entry(answer, manager, entry)
    local pieces = entry[2] or {}
    if #pieces > PIECES_MOST or size_of(pieces) > ENTRY_MOST then
        pieces = {}
    end
    answer[#answer + 1] = manager
    answer[#answer + 1] = entry[1]
    answer[#answer + 1] = #pieces
    for _, piece in ipairs(pieces) do
        answer[#answer + 1] = piece
    end
end

-- Appends at most `most` of a manager's entries to the answer; returns how many.
local function take_from(desk, answer, manager, consumer, idle, most)
    local key = outcomes_key(desk, manager)
    if not ensure_group(key) or is_held(key, consumer, idle) then
        return 0
    end
    local entries = entries_of(key, consumer, idle, most)
    for _, entry in ipairs(entries) do
        put_entry(answer, manager, entry)
    end
    return #entries
end

-- What the ids of this Redis's moves begin with: the epoch of the first time that any were taken. It
-- outlives a refill, as the moves do that wait, lest one sent twice counts twice; it ends with them
-- when Redis is emptied, and then stream ids may come again.
local function source_of(desk, epoch)
    local key = desk.prefix .. 'outcomes-source'
    redis.call('SET', key, epoch, 'NX')
    return redis.call('GET', key)
end

-- FCALL cw_take 1 <prefix>delivery CONSUMER MOST IDLE_MS
-- Returns a flat list: the source, then of each entry the manager, its id, the number of pieces, and
-- the pieces: name, value, name, value … . An entry whose pieces are too many or too large has none.
-- While Redis is being refilled it has no epoch, and nothing is taken.
local function cw_take(keys, args)
    local prefix = keys[1] and keys[1]:match('^(.*)delivery$')
    local consumer, most, idle = args[1], tonumber(args[2]), tonumber(args[3])
    if not prefix or not consumer or not is_count(args[2]) or most < 1 or most > TAKE_MOST or
            not is_count(args[3]) then
        return refuse('cw_take 1 <prefix>delivery CONSUMER MOST IDLE_MS; MOST is 1 to ' ..
                      TAKE_MOST)
    end
    local desk, taken = {prefix = prefix}, 0
    local waiting = prefix .. 'outcomes-waiting'
    local answer = {redis.call('HGET', keys[1], 'epoch') or ''}
    if answer[1] == '' then
        return answer
    end
    answer[1] = source_of(desk, answer[1])
    for _, manager in ipairs(redis.call('ZRANGE', waiting, 0, LOOK_MOST - 1)) do
        if taken == most then
            break
        end
        if is_name(manager) then
            taken = taken + take_from(desk, answer, manager, consumer, idle, most - taken)
            -- To the end of the line: nobody's haste, no silent daemon, keeps the others waiting.
            redis.call('ZADD', waiting, moment(), manager)
        else
            redis.call('ZREM', waiting, manager)
        end
    end
    return answer
end

-- An entry nobody can use, kept aside with the reason.
local function move_aside(desk, manager, id, reason)
    local entry = redis.call('XRANGE', outcomes_key(desk, manager), id, id)[1]
    local pieces = entry and entry[2] or {}
    if #pieces > PIECES_MOST or size_of(pieces) > ENTRY_MOST then
        pieces = {}
    end
    redis.call('XADD', desk.prefix .. 'outcomes-refused', 'MAXLEN', '~', REFUSED_MOST, '*',
               'refused_of', manager, 'refused_id', id, 'refused_why', reason, unpack(pieces))
end

local function settle(desk, manager, id, reason)
    local key = outcomes_key(desk, manager)
    if reason ~= '' then
        move_aside(desk, manager, id, reason)
    end
    redis.call('XACK', key, GROUP, id)
    return redis.call('XDEL', key, id)
end

-- FCALL cw_taken 1 <prefix>delivery {MANAGER ID REASON|''}…
-- Forgets entries: without a reason because they are in Kafka, with one because they cannot be used;
-- those are kept in <prefix>outcomes-refused. Returns how many there were.
local function cw_taken(keys, args)
    local prefix = keys[1] and keys[1]:match('^(.*)delivery$')
    if not prefix or #args % 3 ~= 0 then
        return refuse("cw_taken 1 <prefix>delivery {MANAGER ID REASON|''}...")
    end
    local desk, gone, managers = {prefix = prefix}, 0, {}
    for i = 1, #args, 3 do
        if not is_name(args[i]) or not args[i + 1]:find('^%d+-%d+$') then
            return refuse('MANAGER and ID are those of an entry')
        end
    end
    for i = 1, #args, 3 do
        gone = gone + settle(desk, args[i], args[i + 1], args[i + 2])
        managers[args[i]] = true
    end
    for manager in pairs(managers) do
        if redis.call('XLEN', outcomes_key(desk, manager)) == 0 then
            redis.call('ZREM', prefix .. 'outcomes-waiting', manager)
        end
    end
    return gone
end

redis.register_function('cw_take', cw_take)
redis.register_function('cw_taken', cw_taken)
