-- Redis filled anew: churnwatchctl redeliver. While the whole of it is refilled, <prefix>delivery
-- has no `epoch`, so that cw_apply refuses, and its `refill` names the run that is at work. HOLDER
-- below is that name, or the epoch where Redis is whole and single tasks are mended.
--
-- What people did is never undone: a task that is there keeps its desk and its notes.

-- The prefix when HOLDER has Redis; nil and what is wrong otherwise.
local function held_by(keys, args)
    local prefix = keys[1] and keys[1]:match('^(.*)delivery$')
    if not prefix or not args[1] or args[1] == '' then
        return nil, refuse('a refill is 1 <prefix>delivery HOLDER ...')
    end
    local at_rest = redis.call('HMGET', keys[1], 'refill', 'epoch')
    local holder = at_rest[1] or at_rest[2] or ''
    if holder ~= args[1] then
        return nil, redis.error_reply('CWEPOCH ' .. holder)
    end
    return prefix
end

-- FCALL cw_refill_begin 1 <prefix>delivery EPOCH REFILL HOLDER
-- Takes Redis over from EPOCH or from an earlier run REFILL, each '' for none.
local function cw_refill_begin(keys, args)
    if not keys[1] or #args ~= 3 or not is_name(args[3]) then
        return refuse('cw_refill_begin 1 <prefix>delivery EPOCH REFILL HOLDER')
    end
    local at_rest = redis.call('HMGET', keys[1], 'epoch', 'refill')
    if (at_rest[1] or '') ~= args[1] or (at_rest[2] or '') ~= args[2] then
        return redis.error_reply('CWEPOCH ' .. (at_rest[1] or at_rest[2] or ''))
    end
    redis.call('DEL', keys[1])
    redis.call('HSET', keys[1], 'refill', args[3])
    return redis.status_reply('OK')
end

-- FCALL cw_refill_end 1 <prefix>delivery HOLDER EPOCH {PARTITION OFFSET}...
-- Gives Redis back: all of it in this one step.
local function cw_refill_end(keys, args)
    local prefix, wrong = held_by(keys, args)
    if not prefix then
        return wrong
    elseif #args % 2 ~= 0 or not args[2] or args[2] == '' then
        return refuse('cw_refill_end 1 <prefix>delivery HOLDER EPOCH {PARTITION OFFSET}...')
    end
    for i = 3, #args do
        if not is_count(args[i]) then
            return refuse('PARTITION and OFFSET are numbers')
        end
    end
    redis.call('DEL', keys[1])
    redis.call('HSET', keys[1], 'epoch', args[2], unpack(args, 3))
    return redis.status_reply('OK')
end

-- ---- one version ----

-- A claim or snooze whose end is not known any more is over.
local function lost_its_place(desk, old)
    if old.desk ~= 'claimed' and old.desk ~= 'snoozed' then
        return false
    end
    return not redis.call('ZSCORE', set_key(desk, old.manager, old.desk), old.id)
end

-- Ended by versions that the outbox has lost.
local function comes_back(task, old)
    return not task.ended and old.state ~= 'open'
end

-- The same version, or in a Redis that was ahead of the outbox an earlier one: fields and places
-- are written again, nobody is told.
local function mend(desk, task, old)
    task.wake = false
    if comes_back(task, old) then
        redis.call('PERSIST', task_key(desk, old.manager, task.id))
        redis.call('ZREM', desk.prefix .. 'ended', task.id)
    end
    if not task.ended and (comes_back(task, old) or lost_its_place(desk, old)) then
        old.desk, task.wake = 'snoozed', true -- and so it comes to the queue
    end
    write_version(desk, task, old)
end

local function refill(desk, task)
    local old = stored(desk, task.id) or read_desk(desk, task.manager, task.id)
    if old and old.version > task.version and not desk.whole then
        return 0
    elseif old and old.version >= task.version then
        mend(desk, task, old)
    else
        write_version(desk, task, old)
        if old or not task.ended then
            announce(desk, task, old)
        end
    end
    return 1
end

-- FCALL cw_refill 1 <prefix>delivery HOLDER PARTITION PREV NEXT DELIVERED_AT RETENTION_S FEED_LENGTH
--                                    {DUE_S|'' MEMBERS NAME VALUE ...}...
-- The arguments are those of cw_apply; PARTITION, PREV and NEXT are not looked at. RETENTION_S is
-- what is left of it for tasks that have ended. An open task that was not there is told of once, as
-- created. Returns how many were written.
local function cw_refill(keys, args)
    local prefix, wrong = held_by(keys, args)
    local retention = tonumber(args[6])
    if not prefix then
        return wrong
    elseif not retention or not is_count(args[7]) then
        return refuse('cw_refill takes the arguments of cw_apply')
    end
    local tasks, what = read_tasks(args, 8)
    if not tasks then
        return refuse(what)
    end
    local desk = {prefix = prefix, delivered_at = args[5], retention = math.max(1, retention),
                  feed_length = args[7], now = now(),
                  whole = redis.call('HEXISTS', keys[1], 'refill') == 1}
    tell_limits(desk)
    local written = 0
    for _, task in ipairs(tasks) do
        written = written + refill(desk, task)
    end
    return written
end

-- ---- what people did ----

-- Only a desk that nobody has touched since it was filled.
local function recall(desk, task, asked)
    local key = task_key(desk, task.manager, task.id)
    if task.desk_rev ~= 1 or redis.call('HGET', key, 'note') ~= '' then
        return 0
    end
    local fields = {'note', asked.note, 'desk_by', asked.by, 'desk_rev', 2}
    if task.desk == 'queued' and asked.desk ~= 'queued' then
        unplace(desk, task.manager, task.id)
        if asked.desk == 'closed' then
            take_off(desk, task.manager, task.id)
            call_back(desk, task.chief, task.manager, task.id)
        else
            hold(desk, task, asked.desk, asked.over)
        end
        fields[7], fields[8], fields[9], fields[10] = 'desk', asked.desk, 'desk_until', asked.until_
    end
    redis.call('HSET', key, unpack(fields))
    return 1
end

-- FCALL cw_recall 1 <prefix>delivery HOLDER TASK DESK BY UNTIL_S UNTIL NOTE
-- Sets a desk as task.outcomes tells it. Returns whether it was.
local function cw_recall(keys, args)
    local prefix, wrong = held_by(keys, args)
    if not prefix then
        return wrong
    end
    local desks = {queued = true, claimed = true, snoozed = true, closed = true}
    if #args ~= 7 or not is_name(args[2]) or not desks[args[3]] or not is_count(args[5]) then
        return refuse('cw_recall 1 <prefix>delivery HOLDER TASK DESK BY UNTIL_S UNTIL NOTE')
    end
    local desk = {prefix = prefix}
    local task = stored(desk, args[2])
    return task and recall(desk, task, {desk = args[3], by = args[4], over = tonumber(args[5]),
                                        until_ = args[6], note = args[7]}) or 0
end

-- ---- what the outbox does not know ----

local function forget(desk, id)
    local task = stored(desk, id)
    if task and task.desk == 'closed' then
        return 0 -- it goes by itself
    end
    if task then
        take_off(desk, task.manager, id)
        call_back(desk, task.chief, task.manager, id)
        redis.call('DEL', task_key(desk, task.manager, id))
    end
    redis.call('HDEL', desk.prefix .. 'tasks', id)
    return 1
end

-- FCALL cw_forget 1 <prefix>delivery HOLDER TASK...
-- Drops tasks that are still on a desk. Returns how many.
local function cw_forget(keys, args)
    local prefix, wrong = held_by(keys, args)
    if not prefix then
        return wrong
    end
    local gone = 0
    for i = 2, #args do
        gone = gone + forget({prefix = prefix}, args[i])
    end
    return gone
end

redis.register_function('cw_refill_begin', cw_refill_begin)
redis.register_function('cw_refill', cw_refill)
redis.register_function('cw_refill_end', cw_refill_end)
redis.register_function('cw_recall', cw_recall)
redis.register_function('cw_forget', cw_forget)
