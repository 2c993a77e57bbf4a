-- Deliberate mistakes of delivery, in the library of builds with CW_FAULTS alone: cw_put is cw_apply
-- that does not look whether a batch follows the last one; cw_write knows neither of offsets nor that
-- a version may be there already.

local function write_all(keys, args, write)
    local tasks, wrong = read_tasks(args, 8)
    if not tasks then
        return nil, wrong
    end
    local desk = {prefix = keys[1]:match('^(.*)delivery$'), delivered_at = args[5],
                  retention = tonumber(args[6]), feed_length = args[7], now = now()}
    for _, task in ipairs(tasks) do
        write(desk, task)
    end
    return #tasks
end

local function write_anyway(desk, task)
    local old = stored(desk, task.id)
    write_version(desk, task, old)
    announce(desk, task, old, false)
end

redis.register_function('cw_put', function(keys, args)
    local written, wrong = write_all(keys, args, upsert)
    if not written then
        return refuse(wrong)
    end
    redis.call('HSET', keys[1], args[2], args[4])
    return {tonumber(args[4]), written}
end)

redis.register_function('cw_write', function(keys, args)
    local written, wrong = write_all(keys, args, write_anyway)
    if not written then
        return refuse(wrong)
    end
    return {tonumber(args[4]), written}
end)
