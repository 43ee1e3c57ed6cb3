namespace MultiTurnTrainer.Sessions.Stores.Hot;

/// <summary>
/// What happens in Redis happens in one script, so that two servers never mix. KEYS: a hash with the version (v) and the first
/// event's (n); the list of events n to v; the list of the versions at which turns begin; the snapshot's version and bytes.
/// </summary>
internal static class RedisScripts
{
    /// <summary>The version of an erased session: nothing is newer.</summary>
    public const long Erased = 9_007_199_254_740_991;

    // The tail goes back to the first of the last turns.
    private const string Trim = """
        local most = tonumber(ARGV[2])
        while redis.call('LLEN', KEYS[3]) > most do redis.call('LPOP', KEYS[3]) end
        if redis.call('LLEN', KEYS[3]) == most then
            local first = tonumber(redis.call('LINDEX', KEYS[3], 0))
            local n = tonumber(redis.call('HGET', KEYS[1], 'n'))
            if first > n then
                redis.call('LTRIM', KEYS[2], first - n, -1)
                redis.call('HSET', KEYS[1], 'n', first)
            end
        end
        for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
        return 1
        """;

    /// <summary>Compare-and-set. ARGV: life, most turns, version before, version after, number of events, events, beginnings of turns.</summary>
    public const string Append =
        """
            local known = redis.call('HGET', KEYS[1], 'v')
            if known ~= ARGV[3] then
                if known ~= '9007199254740991' then redis.call('DEL', unpack(KEYS)) end
                return 0
            end
            local last = 5 + tonumber(ARGV[5])
            for i = 6, last do redis.call('RPUSH', KEYS[2], ARGV[i]) end
            for i = last + 1, #ARGV do redis.call('RPUSH', KEYS[3], ARGV[i]) end
            redis.call('HSET', KEYS[1], 'v', ARGV[4])

            """ + Trim;

    /// <summary>
    /// Puts a session in the place of an older one. ARGV: life, most turns, first event's version, version, number of events,
    /// snapshot's version or 0, its bytes, events, beginnings of turns.
    /// </summary>
    public const string Put =
        """
            local known = redis.call('HGET', KEYS[1], 'v')
            if known and tonumber(known) >= tonumber(ARGV[4]) then return 0 end
            redis.call('DEL', unpack(KEYS))
            local last = 7 + tonumber(ARGV[5])
            for i = 8, last do redis.call('RPUSH', KEYS[2], ARGV[i]) end
            for i = last + 1, #ARGV do redis.call('RPUSH', KEYS[3], ARGV[i]) end
            redis.call('HSET', KEYS[1], 'v', ARGV[4], 'n', ARGV[3])
            if ARGV[6] ~= '0' then redis.call('HSET', KEYS[4], 'v', ARGV[6], 'data', ARGV[7]) end

            """ + Trim;

    /// <summary>ARGV: life, the snapshot's version, its bytes. Only beside events that reach up to it.</summary>
    public const string Snapshot = """
        local known = redis.call('HGET', KEYS[1], 'v')
        if not known or known == '9007199254740991' or tonumber(known) < tonumber(ARGV[2]) then return 0 end
        local older = redis.call('HGET', KEYS[4], 'v')
        if older and tonumber(older) >= tonumber(ARGV[2]) then return 0 end
        redis.call('HSET', KEYS[4], 'v', ARGV[2], 'data', ARGV[3])
        redis.call('PEXPIRE', KEYS[4], ARGV[1])
        return 1
        """;

    /// <summary>
    /// ARGV: life, whether a snapshot may stand for the first events. Gives nothing, or the version, the version before the first event
    /// that is given, the snapshot's bytes or nothing, and the events.
    /// </summary>
    public const string Read = """
        local version, first = unpack(redis.call('HMGET', KEYS[1], 'v', 'n'))
        if not first then return {} end
        local n = tonumber(first)
        local known = 0
        local snapshot = ''
        if ARGV[2] == '1' then
            local kept = redis.call('HMGET', KEYS[4], 'v', 'data')
            if kept[1] then known = tonumber(kept[1]); snapshot = kept[2] end
        end
        if known < n - 1 then return {} end
        for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
        local found = { version, tostring(known), snapshot }
        for _, event in ipairs(redis.call('LRANGE', KEYS[2], known - n + 1, -1)) do found[#found + 1] = event end
        return found
        """;

    /// <summary>Leaves a mark, so that nobody who read it before brings it back. ARGV: life.</summary>
    public const string Erase = """
        redis.call('DEL', unpack(KEYS))
        redis.call('HSET', KEYS[1], 'v', '9007199254740991')
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return 1
        """;
}
