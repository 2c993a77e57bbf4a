-- The daemon's deliveries: task versions put into managers' queues, each outbox batch once.

local PURGE_MOST = 16 -- forgotten tasks swept per call

-- ---- where a version lies ----

-- A claimed or snoozed task keeps its place and its end there; the rest follows the record.
local function put_on(desk, task)
    local score = queue_score(task.priority, task.due)
    if task.desk == 'queued' then
        redis.call('ZADD', set_key(desk, task.manager, 'queue'), score, task.id)
    end
    if task.has_due then
        redis.call('ZADD', set_key(desk, task.manager, 'due'), task.due, task.id)
    else
        redis.call('ZREM', set_key(desk, task.manager, 'due'), task.id)
    end
    if task.chief ~= '' then
        redis.call('ZADD', set_key(desk, task.chief, 'escalated'), score,
                   task.manager .. '/' .. task.id)
        redis.call('SADD', desk.prefix .. 'managers', task.chief)
    end
end

-- ---- feeds ----

-- What a version means to the manager who holds it: one of these, and beside it woken, escalated.
-- Nothing is new on a desk that is closed: somebody has called before word of the hand-over came.
local function main_event(task, old)
    if task.state == 'withdrawn' then
        return 'withdrawn'
    elseif task.ended then
        return 'closed'
    elseif task.desk == 'closed' then
        return 'updated'
    elseif not old or old.manager ~= task.manager then
        return 'created'
    end
    return task.priority > old.priority and 'raised' or 'updated'
end

-- seen: to a manager who may know whose task it is.
local function tell_version(desk, manager, event, task, seen)
    local f = task.fields
    tell(desk, manager, event, task.id,
         {version = f.version, client_id = seen and f.client_id or '', priority = f.priority,
          at = f.updated_at or '', headline = seen and f.headline or ''})
end

local function announce(desk, task, old)
    -- The former manager learns that it is gone, and nothing of what it has become.
    local moved = old and old.manager ~= task.manager
    if moved then
        tell_version(desk, old.manager, 'handed_over', task, false)
    end
    tell_version(desk, task.manager, main_event(task, old), task, true)
    if old and not moved and old.desk == 'snoozed' and task.desk == 'queued' then
        tell_version(desk, task.manager, 'woken', task, true)
    end
    local goes_up = task.chief ~= '' and not (old and old.chief == task.chief)
    if goes_up and task.desk ~= 'closed' then
        tell_version(desk, task.manager, 'escalated', task, true)
        if task.chief ~= task.manager then
            tell_version(desk, task.chief, 'escalated', task, true)
        end
    end
end

-- ---- one version ----

-- Which desk a version leaves its task on. What is closed stays closed; a new manager finds it in
-- the queue, for claim and snooze were the former one's.
local function next_desk(task, old)
    if task.ended then
        return 'closed'
    elseif not old then
        return 'queued'
    elseif old.desk == 'closed' then
        return 'closed'
    elseif old.manager ~= task.manager or (old.desk == 'snoozed' and task.wake) then
        return 'queued'
    end
    return old.desk
end

-- The record's members as they came: to gather them anew costs more than to store them.
local function members(task)
    return unpack(task.args, task.first, task.last)
end

-- A desk that this version makes or changes. Notes stay.
local function write_desk(key, task, old)
    redis.call('HSET', key, 'desk', task.desk, 'desk_until', '',
               'desk_rev', string.format('%d', (old and old.desk_rev or 0) + 1))
    if not old then
        redis.call('HSET', key, 'desk_by', '', 'note', '')
    elseif task.desk == 'queued' then
        redis.call('HSET', key, 'desk_by', '')
    end
end

local function forget_later(desk, task, key)
    redis.call('EXPIRE', key, desk.retention)
    redis.call('ZADD', desk.prefix .. 'ended', desk.now + desk.retention, task.id)
end

-- Puts a version in the place of what was stored, which may be nil. task.listed: the index of tasks
-- names its manager already.
local function write_version(desk, task, old)
    local key = task_key(desk, task.manager, task.id)
    task.desk = next_desk(task, old)
    if old and old.manager ~= task.manager then
        redis.call('RENAME', task_key(desk, old.manager, task.id), key)
        take_off(desk, old.manager, task.id)
    end
    if old then
        call_back(desk, old.chief, old.manager, task.id)
    end
    if old and old.desk ~= task.desk then
        take_off(desk, task.manager, task.id)
    end
    if task.desk ~= 'closed' then
        put_on(desk, task)
    end
    if not old or old.desk ~= task.desk then
        write_desk(key, task, old)
    end
    redis.call('HSET', key, 'delivered_at', desk.delivered_at, members(task))
    if not task.listed then
        redis.call('HSET', desk.prefix .. 'tasks', task.id, task.manager)
        redis.call('SADD', desk.prefix .. 'managers', task.manager)
    end
    if task.ended then
        forget_later(desk, task, key)
    end
end

local function upsert(desk, task)
    local old = stored(desk, task.id)
    if old and old.version >= task.version then
        return 0
    end
    task.listed = old and old.manager == task.manager
    write_version(desk, task, old)
    announce(desk, task, old)
    return 1
end

-- Redis expires a closed task's record by itself; its line in the index goes here, a few at a time.
local function purge(desk)
    local ids = redis.call('ZRANGEBYSCORE', desk.prefix .. 'ended', '-inf', '(' .. desk.now,
                           'LIMIT', 0, PURGE_MOST)
    for _, id in ipairs(ids) do
        if not stored(desk, id) then
            redis.call('HDEL', desk.prefix .. 'tasks', id)
        end
        redis.call('ZREM', desk.prefix .. 'ended', id)
    end
end

-- ---- arguments ----

-- Members that are looked at here. The others are stored as they came: none of them is a name that
-- people or deliveries write, for the daemon passes no such record on (delivery/record.c).
local READ = {task_id = true, manager = true, version = true, priority = true, state = true,
              client_id = true, headline = true, updated_at = true, escalated_to = true, wake = true}

-- Of one task among the arguments.
local function read_members(args, first, last)
    local fields = {}
    for i = first, last, 2 do
        if READ[args[i]] then
            fields[args[i]] = args[i + 1]
        end
    end
    return fields
end

-- One task: due seconds or '', the number of members, then name and value of each.
-- Returns the task and where the next one begins, or nil and what is wrong.
local function read_task(args, at)
    local due, count = args[at], tonumber(args[at + 1])
    if not count or #args < at + 1 + 2 * count then
        return nil, 'a task is cut short'
    end
    local task = {args = args, first = at + 2, last = at + 1 + 2 * count}
    local f = read_members(args, task.first, task.last)
    if not is_name(f.task_id) or not is_name(f.manager) or not is_count(f.version) or
            not is_count(f.priority) or not f.state then
        return nil, 'a task lacks task_id, manager, version, priority or state'
    end
    if f.escalated_to and f.escalated_to ~= '' and not is_name(f.escalated_to) then
        return nil, 'escalated_to is no manager'
    end
    task.fields = f
    task.id, task.manager, task.state = f.task_id, f.manager, f.state
    task.version, task.priority = tonumber(f.version), tonumber(f.priority)
    task.chief, task.wake = f.escalated_to or '', f.wake == 'true'
    task.ended = task.state ~= 'open'
    task.has_due = due ~= ''
    task.due = math.max(0, math.min(tonumber(due) or DUE_MOST, DUE_MOST))
    return task, task.last + 1
end

local function read_tasks(args, at)
    local tasks = {}
    while at <= #args do
        local task, after = read_task(args, at)
        if not task then
            return nil, after
        end
        tasks[#tasks + 1] = task
        at = after
    end
    return tasks
end

-- ---- the functions ----

-- People's moves know no settings; they find here what concerns them.
local function tell_limits(desk)
    local key = desk.prefix .. 'limits'
    if redis.call('HGET', key, 'feed_length') ~= desk.feed_length then
        redis.call('HSET', key, 'feed_length', desk.feed_length)
    end
end

-- FCALL cw_apply 1 <prefix>delivery EPOCH PARTITION PREV NEXT DELIVERED_AT RETENTION_S FEED_LENGTH
--                                   {DUE_S|'' MEMBERS NAME VALUE …}…
-- PREV must be the stored offset (-1: none is); a batch at or below it was applied before and does
-- nothing. Returns {stored offset, versions written}.
-- Errors: CWEPOCH when this is another Redis than the daemon knew, CWGAP <stored offset>, CWARG.
local function cw_apply(keys, args)
    local prefix = keys[1] and keys[1]:match('^(.*)delivery$')
    local partition, prev, next_offset = args[2], tonumber(args[3]), tonumber(args[4])
    local retention = tonumber(args[6])
    if not prefix or not is_count(partition) or not prev or not next_offset or not retention or
            not is_count(args[7]) then
        return refuse('cw_apply 1 <prefix>delivery EPOCH PARTITION PREV NEXT DELIVERED_AT ' ..
                      'RETENTION_S FEED_LENGTH {DUE_S MEMBERS NAME VALUE ...}...')
    end
    local at_rest = redis.call('HMGET', keys[1], 'epoch', partition)
    if at_rest[1] ~= args[1] then
        return redis.error_reply('CWEPOCH ' .. (at_rest[1] or ''))
    end
    local now_at = tonumber(at_rest[2] or '-1')
    if next_offset <= now_at then
        return {now_at, 0}
    elseif prev ~= now_at then
        return redis.error_reply(string.format('CWGAP %.0f', now_at))
    end
    local tasks, wrong = read_tasks(args, 8)
    if not tasks then
        return refuse(wrong)
    end
    local desk = {prefix = prefix, delivered_at = args[5], retention = retention,
                  feed_length = args[7], now = now()}
    tell_limits(desk)
    local written = 0
    for _, task in ipairs(tasks) do
        written = written + upsert(desk, task)
    end
    redis.call('HSET', keys[1], partition, args[4])
    purge(desk)
    return {next_offset, written}
end

redis.register_function('cw_apply', cw_apply)
