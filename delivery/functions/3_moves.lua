-- People's moves. Whoever acts, the console, churnwatchctl, redis-cli or an operator's CRM, calls
--
--   FCALL cw_NAME 1 <prefix><manager>:queue TASK WHO …
--
-- TASK is a task on that manager's desk; WHO acts, a name of [A-Za-z0-9._-]{1,64}. A move that
-- counts changes `desk`, `desk_by`, `desk_until` and `note` as its row below says, raises `desk_rev`
-- by one, appends one entry to the manager's `outcomes` and one to the `feed`, and returns
-- {desk, desk_rev}. One that does not count changes nothing and says why:
--
--   CWARG    an argument is wrong
--   CWGONE   the task is not on this desk: it ended long ago, moved to another manager, never was
--   CWSTATE  the task is in a state, or a hand, from which this move cannot be made
--
-- The prefix must end in a character that no manager's id has, as "cw:" does.

local TEXT_MOST = 2000       -- bytes of one text
local NOTE_MOST = 32768      -- bytes of all that people have written about a task
local METHOD_MOST = 64
local LEASE_MOST = 7 * 86400 -- seconds of one claim
local SNOOZE_MOST = 366 * 86400
local OUTCOMES_MOST = 100000 -- moves of one manager that wait for the daemon

-- ---- arguments ----

-- Ranges of the byte after a leading one that UTF-8 narrows; elsewhere it is 80 to BF.
local second_byte = {[0xE0] = '^[\160-\191]', [0xED] = '^[\128-\159]',
                     [0xF0] = '^[\144-\191]', [0xF4] = '^[\128-\143]'}

local function sequence_length(c)
    return c < 0x80 and 1 or c < 0xC2 and 0 or c < 0xE0 and 2 or c < 0xF0 and 3 or
           c < 0xF5 and 4 or 0
end

local function is_utf8(text)
    local at = 1
    while at <= #text do
        local c = text:byte(at)
        local n = sequence_length(c)
        local rest = text:sub(at + 1, at + n - 1)
        if n == 0 or #rest ~= n - 1 or rest:find('[^\128-\191]') or
                (second_byte[c] and not rest:find(second_byte[c])) then
            return false
        end
        at = at + n
    end
    return true
end

-- Text that people read: UTF-8, no control characters but the end of a line and the tabulator.
local function is_text(text, most)
    return #text <= most and not text:find('[%z\1-\8\11-\31\127]') and is_utf8(text)
end

local function wrong_text(name, text, most)
    if not is_text(text, most) then
        return string.format('%s is UTF-8 text of at most %d bytes without control characters',
                             name, most)
    end
end

-- ---- the moves ----

-- Each row: the name and how the call is written; what is said of a task it was made on;
-- `from`, the desks it may be made from; `holder`, whether another's claim stands in its way;
-- `in_charge`, whether it does not for the desk's own manager and the chief; `read`, which takes
-- the arguments after WHO and returns what is asked for, or nil and what is wrong.
--
-- What is asked for: `desk` and `over` (seconds), where the task goes and until when; `text`, what
-- the person wrote; and what the outcome carries: `version`, `result`, `method`, `to`.

local results = {retained = true, recovering = true, no_issue = true, false_alarm = true,
                 lost = true, unreachable = true}

local function read_claim(desk, args)
    local lease = is_count(args[1]) and tonumber(args[1]) or 0
    if lease < 1 or lease > LEASE_MOST then
        return nil, string.format('LEASE_S is 1 to %d seconds', LEASE_MOST)
    end
    return {desk = 'claimed', over = desk.now + lease}
end

local function read_release()
    return {desk = 'queued'}
end

local function read_done(_, args)
    local version, result, method, note = unpack(args)
    if not is_count(version) or tonumber(version) < 1 then
        return nil, 'VERSION is the version of the task that was seen, 1 or more'
    elseif not results[result] then
        return nil, 'RESULT is retained, recovering, no_issue, false_alarm, lost or unreachable'
    end
    local wrong = wrong_text('METHOD', method, METHOD_MOST) or wrong_text('NOTE', note, TEXT_MOST)
    if wrong then
        return nil, wrong
    end
    return {desk = 'closed', version = tonumber(version), result = result, method = method,
            text = note}
end

local function read_snooze(desk, args)
    local over = is_count(args[1]) and tonumber(args[1]) or 0
    if over <= desk.now or over > desk.now + SNOOZE_MOST then
        return nil, 'UNTIL is in seconds since 1970, later than now and within 366 days'
    end
    local wrong = wrong_text('REASON', args[2], TEXT_MOST)
    if wrong then
        return nil, wrong
    end
    return {desk = 'snoozed', over = over, text = args[2]}
end

local function read_note(_, args)
    local wrong = args[1] == '' and 'TEXT is empty' or wrong_text('TEXT', args[1], TEXT_MOST)
    if wrong then
        return nil, wrong
    end
    return {text = args[1]}
end

local function read_reassign(desk, args)
    if not is_name(args[1]) or args[1] == desk.manager then
        return nil, 'TO is the id of another manager'
    end
    return {to = args[1]}
end

local function read_escalate(_, args)
    local wrong = wrong_text('REASON', args[1], TEXT_MOST)
    if wrong then
        return nil, wrong
    end
    return {text = args[1]}
end

local open_desks = {queued = true, claimed = true, snoozed = true}
local any_desk = {queued = true, claimed = true, snoozed = true, closed = true}

local moves = {
    {name = 'claim', usage = 'TASK WHO LEASE_S', said = 'claimed', from = open_desks,
     holder = true, read = read_claim},
    {name = 'release', usage = 'TASK WHO', said = 'released',
     from = {claimed = true, snoozed = true}, holder = true, in_charge = true, read = read_release},
    {name = 'done', usage = 'TASK WHO VERSION RESULT METHOD NOTE', said = 'done',
     from = open_desks, holder = true, read = read_done},
    {name = 'snooze', usage = 'TASK WHO UNTIL REASON', said = 'snoozed', from = open_desks,
     holder = true, read = read_snooze},
    {name = 'note', usage = 'TASK WHO TEXT', said = 'noted on', from = any_desk,
     read = read_note},
    {name = 'reassign', usage = 'TASK WHO TO', said = 'reassigned', from = open_desks,
     read = read_reassign},
    {name = 'escalate', usage = 'TASK WHO REASON', said = 'escalated', from = open_desks,
     read = read_escalate},
}

-- ---- whether a move counts ----

local function is_held_back(move, task, who)
    return move.holder and task.desk == 'claimed' and task.by ~= who and
           not (move.in_charge and (who == task.manager or who == task.chief))
end

-- Why the move cannot be made now; nil when it can.
local function wrong_state(move, task, who, asked)
    if not move.from[task.desk] then
        local state = task.state ~= 'open' and ' (' .. task.state .. ')' or ''
        return string.format('task %s is %s%s and cannot be %s', task.id, task.desk, state,
                             move.said)
    elseif is_held_back(move, task, who) then
        return string.format('task %s is claimed by %s until %s and cannot be %s by %s', task.id,
                             task.by, task.over, move.said, who)
    elseif move.name == 'escalate' and task.chief ~= '' then
        return string.format('task %s is escalated to %s already', task.id, task.chief)
    elseif asked.version and asked.version > task.version then
        return string.format('task %s has version %d; %d was never seen', task.id, task.version,
                             asked.version)
    end
end

-- The task's notes with one text more, each with when, who and by which move; nil when it is full.
local function longer_note(desk, task, who, name, asked)
    local key = task_key(desk, task.manager, task.id)
    local note = redis.call('HGET', key, 'note') or ''
    local line = string.format('%s %s%s: %s', instant(desk.now, task.updated_at), who,
                               name == 'note' and '' or ' ' .. name, asked.text)
    note = note == '' and line or note .. '\n' .. line
    return #note <= NOTE_MOST and note or nil
end

-- ---- what a move does ----

-- `over` and `text` are absent or empty where a move has none.
local function write_desk(desk, task, who, asked, note)
    local fields = {'desk_rev', task.desk_rev + 1}
    local function put(name, value)
        fields[#fields + 1] = name
        fields[#fields + 1] = value
    end
    task.desk_rev = task.desk_rev + 1
    if note then
        put('note', note)
    end
    if asked.desk then
        put('desk', asked.desk)
        put('desk_by', asked.desk == 'queued' and '' or who)
        put('desk_until', asked.over and instant(asked.over, task.updated_at) or '')
        task.desk = asked.desk
    end
    redis.call('HSET', task_key(desk, task.manager, task.id), unpack(fields))
end

local function place(desk, task, asked)
    if asked.desk == 'closed' then
        take_off(desk, task.manager, task.id)
        call_back(desk, task.chief, task.manager, task.id)
        return
    end
    unplace(desk, task.manager, task.id)
    if asked.desk == 'queued' then
        enqueue(desk, task)
    else
        hold(desk, task, asked.desk, asked.over)
    end
end

-- For the daemon, which makes of it an event in task.outcomes. `outcomes-waiting` names the
-- managers that have any, by when the first of them came.
local function append_outcome(desk, task, who, name, asked)
    local key = set_key(desk, task.manager, 'outcomes')
    local entry = {'action', name, 'task_id', task.id, 'client_id', task.client_id,
                   'version', asked.version or task.version, 'who', who,
                   'at', instant(desk.now, task.updated_at)}
    local function put(field, value)
        if value and value ~= '' then
            entry[#entry + 1] = field
            entry[#entry + 1] = value
        end
    end
    put('until', asked.over and instant(asked.over, task.updated_at))
    put('to', asked.to)
    put('result', asked.result)
    put('method', asked.method)
    put('note', asked.text)
    redis.call('XADD', key, '*', unpack(entry))
    redis.call('ZADD', desk.prefix .. 'outcomes-waiting', 'NX', moment(), task.manager)
end

local function tell_feed(desk, task, who, name, asked)
    local more = {'who', who}
    if asked.text and asked.text ~= '' then
        more[3], more[4] = 'note', asked.text
    end
    tell_move(desk, task, name, more)
end

-- ---- one call ----

local function outcomes_are_full(desk)
    return redis.call('XLEN', set_key(desk, desk.manager, 'outcomes')) >= OUTCOMES_MOST
end

-- The desk, who acts on what, and what is asked for; or nil and what is wrong.
local function read_call(move, keys, args)
    local prefix, manager = (keys[1] or ''):match('^(.-)([%w._-]+):queue$')
    local _, words = move.usage:gsub('%S+', '')
    if not prefix or #manager > 64 or #args ~= words then
        return nil, 'cw_' .. move.name .. ' 1 <prefix><manager>:queue ' .. move.usage
    elseif not is_name(args[1]) then
        return nil, 'TASK is no task id'
    elseif not is_name(args[2]) then
        return nil, 'WHO is a name of 1 to 64 letters, digits, ".", "_" or "-"'
    end
    local desk = open_desk(prefix)
    desk.manager = manager
    local asked, wrong = move.read(desk, {unpack(args, 3)})
    return asked and desk, asked or wrong
end

local function make_move(move, keys, args)
    local desk, asked = read_call(move, keys, args)
    if not desk then
        return refuse(asked)
    end
    local id, who = args[1], args[2]
    local task = read_desk(desk, desk.manager, id)
    if not task then
        return redis.error_reply(string.format('CWGONE task %s is not on the desk of %s', id,
                                               desk.manager))
    end
    local wrong = wrong_state(move, task, who, asked)
    if not wrong and outcomes_are_full(desk) then
        wrong = 'too many moves of ' .. desk.manager .. ' wait for churnwatchd; is it running?'
    end
    if wrong then
        return redis.error_reply('CWSTATE ' .. wrong)
    end
    local note
    if asked.text and asked.text ~= '' then
        note = longer_note(desk, task, who, move.name, asked)
        if not note then
            return refuse(string.format('the notes of task %s are full at %d bytes', id, NOTE_MOST))
        end
    end
    if asked.desk then
        place(desk, task, asked)
    end
    write_desk(desk, task, who, asked, note)
    append_outcome(desk, task, who, move.name, asked)
    tell_feed(desk, task, who, move.name, asked)
    return {task.desk, task.desk_rev}
end

for i = 1, #moves do
    redis.register_function('cw_' .. moves[i].name, function(keys, args)
        return make_move(moves[i], keys, args)
    end)
end
