#!lua name=churnwatch
-- What churnwatch does inside Redis. The library is these files, one after the other by name:
--
--   1_desk      keys, the places a task lies in, feeds, what is stored; the parts of the others
--   2_apply     cw_apply: the daemon delivers task versions
--   3_moves     cw_claim, cw_done, …: people act
--   4_timers    cw_wake: claims lapse, snoozes end
--   5_outcomes  cw_take, cw_taken: the daemon carries the moves into Kafka
--   6_refill    cw_refill, cw_recall, …: churnwatchctl redeliver fills a Redis anew
--
-- The keys and their meaning are in docs/tasks.md, "In Redis". Every function names one key and
-- finds the others from it, so it serves one Redis or one master under Sentinel, not Redis Cluster.
-- Values arrive as arguments and are stored as they came: no number is ever encoded anew here.
-- Arguments are checked before the first write, for Redis does not undo half a function.

local VERSION = 5

local DUE_MOST = 4294967295
local FEED_LENGTH = 10000 -- until a delivery has said what the settings say

-- ---- keys ----

local function set_key(desk, manager, name)
    return desk.prefix .. manager .. ':' .. name
end

local function task_key(desk, manager, id)
    return desk.prefix .. manager .. ':task:' .. id
end

-- ---- arguments ----

local function refuse(text)
    return redis.error_reply('CWARG ' .. text)
end

-- Manager ids, task ids, and the names of who acts.
local function is_name(text)
    return text ~= nil and #text <= 64 and text:find('^[%w._-]+$') ~= nil
end

-- A whole number that a double holds exactly.
local function is_count(text)
    return text ~= nil and #text <= 15 and text:find('^%d+$') ~= nil
end

-- ---- time ----

local function now()
    return tonumber(redis.call('TIME')[1])
end

-- In microseconds, for what is put in the order in which it came.
local function moment()
    local t = redis.call('TIME')
    return string.format('%.0f', tonumber(t[1]) * 1000000 + tonumber(t[2]))
end

-- Days since 1970 to a date, by Howard Hinnant's arithmetic on years that begin in March.
local function civil(days)
    local z = days + 719468
    local era = math.floor(z / 146097)
    local day_of_era = z - era * 146097
    local year = math.floor((day_of_era - math.floor(day_of_era / 1460) +
                             math.floor(day_of_era / 36524) - math.floor(day_of_era / 146096)) / 365)
    local day = day_of_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
    local march = math.floor((5 * day + 2) / 153)
    local month = march < 10 and march + 3 or march - 9
    return year + era * 400 + (month <= 2 and 1 or 0), month,
           day - math.floor((153 * march + 2) / 5) + 1
end

-- RFC 3339 with the offset that another time is written with: the operator's, in a record. Redis
-- knows no zones.
local function instant(seconds, like)
    local offset = like:match('[+-]%d%d:%d%d$')
    local shift = 0
    if offset then
        shift = (tonumber(offset:sub(2, 3)) * 60 + tonumber(offset:sub(5, 6))) * 60
        shift = offset:sub(1, 1) == '-' and -shift or shift
    end
    local t = seconds + shift
    local year, month, day = civil(math.floor(t / 86400))
    return string.format('%04d-%02d-%02dT%02d:%02d:%02d%s', year, month, day,
                         math.floor(t / 3600) % 24, math.floor(t / 60) % 60, t % 60, offset or 'Z')
end

-- ---- where a task lies ----

-- Highest priority first, then the one due first. Below 2^42, so exact as a double.
local function queue_score(priority, due)
    return string.format('%.0f', priority * 4294967296 + (DUE_MOST - due))
end

-- Off every list but `due`, and no timer runs for it any more.
local function unplace(desk, manager, id)
    for _, name in ipairs({'queue', 'claimed', 'snoozed'}) do
        redis.call('ZREM', set_key(desk, manager, name), id)
    end
    redis.call('ZREM', desk.prefix .. 'timers', id)
end

local function take_off(desk, manager, id)
    unplace(desk, manager, id)
    redis.call('ZREM', set_key(desk, manager, 'due'), id)
end

local function call_back(desk, chief, manager, id)
    if chief ~= '' then
        redis.call('ZREM', set_key(desk, chief, 'escalated'), manager .. '/' .. id)
    end
end

-- Into the queue, by what is stored of it.
local function enqueue(desk, task)
    local due = redis.call('ZSCORE', set_key(desk, task.manager, 'due'), task.id)
    redis.call('ZADD', set_key(desk, task.manager, 'queue'),
               queue_score(task.priority, tonumber(due) or DUE_MOST), task.id)
end

-- Into the hand or aside, until an instant. `timers` holds all of them, so that one look finds
-- those that are over.
local function hold(desk, task, place, over)
    redis.call('ZADD', set_key(desk, task.manager, place), over, task.id)
    redis.call('ZADD', desk.prefix .. 'timers', over, task.id)
end

-- ---- what is stored ----

-- A task's record and desk on one manager's desk; nil when it is not there.
local function read_desk(desk, manager, id)
    local v = redis.call('HMGET', task_key(desk, manager, id), 'version', 'desk', 'desk_rev',
                         'priority', 'escalated_to', 'desk_by', 'desk_until', 'state', 'client_id',
                         'headline', 'updated_at')
    if not v[1] then
        return nil
    end
    return {id = id, manager = manager, version = tonumber(v[1]), desk = v[2] or 'queued',
            desk_rev = tonumber(v[3]) or 0, priority = tonumber(v[4]) or 0, chief = v[5] or '',
            by = v[6] or '', over = v[7] or '', state = v[8] or '', client_id = v[9] or '',
            headline = v[10] or '', updated_at = v[11] or ''}
end

-- What is stored of a task, whoever has it; nil when nothing is.
local function stored(desk, id)
    local manager = redis.call('HGET', desk.prefix .. 'tasks', id)
    return manager and read_desk(desk, manager, id) or nil
end

-- ---- feeds ----

-- What a feed says of a task: version, client_id, priority, at, headline. more: further names and
-- values.
local function tell(desk, manager, event, id, said, more)
    redis.call('XADD', set_key(desk, manager, 'feed'), 'MAXLEN', '~', desk.feed_length, '*',
               'event', event, 'task_id', id, 'version', said.version, 'client_id', said.client_id,
               'priority', said.priority, 'at', said.at, 'headline', said.headline,
               unpack(more or {}))
end

-- Of what nobody delivers but people and timers do; desk_rev tells two of one version apart.
local function tell_move(desk, task, event, more)
    local said = {version = task.version, client_id = task.client_id, priority = task.priority,
                  headline = task.headline, at = instant(desk.now, task.updated_at)}
    tell(desk, task.manager, event, task.id, said, {'desk_rev', task.desk_rev, unpack(more)})
end

-- The desk as a move or a timer finds it. `limits` is what the last delivery said of the settings.
local function open_desk(prefix)
    local length = redis.call('HGET', prefix .. 'limits', 'feed_length')
    return {prefix = prefix, feed_length = length or FEED_LENGTH, now = now()}
end

redis.register_function{
    function_name = 'cw_version',
    callback = function() return VERSION end,
    flags = {'no-writes'}
}
