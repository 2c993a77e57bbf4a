-- What ends by itself: a claim that nobody renewed, a snooze whose time has come. Both touch the
-- desk alone; the engine learns nothing that it was not told when the move was made.

local WAKE_MOST = 1000

-- The event, and who had it.
local function end_hold(desk, task)
    local event = task.desk == 'claimed' and 'lapsed' or 'woken'
    local by = task.by
    unplace(desk, task.manager, task.id)
    enqueue(desk, task)
    task.desk_rev = task.desk_rev + 1
    redis.call('HSET', task_key(desk, task.manager, task.id), 'desk', 'queued', 'desk_by', '',
               'desk_until', '', 'desk_rev', task.desk_rev)
    tell_move(desk, task, event, {'who', by})
end

-- FCALL cw_wake 1 <prefix>delivery MOST
-- Puts at most MOST tasks whose claim or snooze is over back into their queues; the daemon calls it
-- every few seconds. Returns how many timers it has looked at: MOST of them means there are more.
local function cw_wake(keys, args)
    local prefix = keys[1] and keys[1]:match('^(.*)delivery$')
    local most = is_count(args[1]) and tonumber(args[1]) or 0
    if not prefix or most < 1 or most > WAKE_MOST then
        return refuse('cw_wake 1 <prefix>delivery MOST, which is 1 to ' .. WAKE_MOST)
    end
    local desk = open_desk(prefix)
    local ids = redis.call('ZRANGEBYSCORE', prefix .. 'timers', '-inf', desk.now, 'LIMIT', 0, most)
    for _, id in ipairs(ids) do
        local task = stored(desk, id)
        if task and (task.desk == 'claimed' or task.desk == 'snoozed') then
            end_hold(desk, task)
        else
            redis.call('ZREM', prefix .. 'timers', id)
        end
    end
    return #ids
end

redis.register_function('cw_wake', cw_wake)
