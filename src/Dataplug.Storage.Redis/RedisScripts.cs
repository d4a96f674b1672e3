namespace Dataplug.Storage;

/// <summary>
/// What the server does in one go, so that nobody sees half of it (Redis runs a script as one step). Names of keys that are not
/// among KEYS begin with a prefix in ARGV, and have the hash tag of those that are.
/// </summary>
/// <remarks>The list of an object's chunks is text: <c>name:size,name:size,…</c>.</remarks>
internal static class RedisScripts
{
    private const string Chunks = """
        local function drop(prefix, version, chunks)
          for name in string.gmatch(chunks or '', '([^:,]+):%d+') do
            redis.call('UNLINK', prefix .. version .. ':' .. name)
          end
        end

        """;

    // What is wrong with a condition, and how a version is shown in place of the one before.
    private const string Versions = Chunks + """
        local function refusal(old, condition, expected)
          if condition == 'absent' and old then return {'THERE'} end
          if condition == 'match' and expected ~= '"' .. (old or '') .. '"' then return {'OTHER', old or ''} end
        end
        local function show(object, index, member, version, size, media, metadata, chunks)
          local time = redis.call('TIME')
          local modified = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
          redis.call('DEL', object)
          redis.call('HSET', object, 'version', version, 'size', size, 'modified', modified, 'type', media, 'metadata', metadata, 'chunks', chunks)
          redis.call('ZADD', index, 0, member)
          return {'OK', modified}
        end

        """;

    /// <summary>
    /// Shows a version, if its condition holds and its chunks are there, and drops the one before.
    /// KEYS: object, index, marker. ARGV: condition ('', 'absent', 'match'), expected ETag, version, size, media type ('' for none),
    /// metadata, chunks, member, prefix of chunks, and the content where it comes along (chunk '1').
    /// </summary>
    public const string Commit = Versions + """
        local old = redis.call('HMGET', KEYS[1], 'version', 'chunks', 'modified')
        local version = ARGV[3]
        if old[1] == version then return {'OK', old[3]} end
        local refused = refusal(old[1], ARGV[1], ARGV[2])
        if refused then return refused end
        local prefix = ARGV[9]
        if ARGV[10] then
          redis.call('SET', prefix .. version .. ':1', ARGV[10])
        else
          for name, size in string.gmatch(ARGV[7], '([^:,]+):(%d+)') do
            if redis.call('STRLEN', prefix .. version .. ':' .. name) ~= tonumber(size) then return {'GONE', name} end
          end
          for name in string.gmatch(ARGV[7], '([^:,]+):%d+') do
            redis.call('PERSIST', prefix .. version .. ':' .. name)
          end
        end
        if old[1] then drop(prefix, old[1], old[2]) end
        local shown = show(KEYS[1], KEYS[2], ARGV[8], version, ARGV[4], ARGV[5], ARGV[6], ARGV[7])
        redis.call('SET', KEYS[3], '1')
        return shown
        """;

    /// <summary>
    /// Reads the first bytes of a range of one version.
    /// KEYS: object. ARGV: expected ETag ('' for any), kind of range, offset, length, most bytes, prefix of chunks.
    /// </summary>
    public const string Read = """
        local object = redis.call('HMGET', KEYS[1], 'version', 'size', 'modified', 'type', 'metadata', 'chunks')
        local version = object[1]
        if not version then return {'NONE'} end
        if ARGV[1] ~= '' and ARGV[1] ~= '"' .. version .. '"' then return {'OTHER', version} end
        local size, kind, offset, length = tonumber(object[2]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
        local first, last = 0, size
        if kind == 'Suffix' then
          first = math.max(0, size - length)
        elseif kind == 'From' then
          if offset > 0 and offset >= size then return {'RANGE', object[2]} end
          first = offset
        elseif kind == 'Bounded' then
          if offset > size or (offset == size and length > 0) then return {'RANGE', object[2]} end
          first, last = offset, math.min(size, offset + length)
        end
        last = math.min(last, first + tonumber(ARGV[5]))
        local pieces, start = {}, 0
        for name, text in string.gmatch(object[6], '([^:,]+):(%d+)') do
          if start >= last then break end
          local count = tonumber(text)
          local from, to = math.max(first, start), math.min(last, start + count)
          if from < to then
            local piece = redis.call('GETRANGE', ARGV[6] .. version .. ':' .. name, string.format('%.0f', from - start), string.format('%.0f', to - start - 1))
            if #piece ~= to - from then return {'GONE', name} end
            pieces[#pieces + 1] = piece
          end
          start = start + count
        end
        return {'OK', version, object[2], object[3], object[4], object[5], #pieces == 1 and pieces[1] or table.concat(pieces)}
        """;

    /// <summary>One page of the index. KEYS: index. ARGV: from, to, number, prefix of objects.</summary>
    public const string List = """
        local page = {}
        local keys = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, ARGV[3])
        for i, key in ipairs(keys) do
          local object = redis.call('HMGET', ARGV[4] .. key, 'version', 'size', 'modified', 'type')
          for j, value in ipairs({key, object[1] or '', object[2] or '', object[3] or '', object[4] or ''}) do page[#page + 1] = value end
        end
        return page
        """;

    /// <summary>Deletes objects of one bucket. KEYS: index. ARGV: prefix of objects, prefix of chunks, members.</summary>
    public const string Delete = Chunks + """
        for i = 3, #ARGV do
          local object = ARGV[1] .. ARGV[i]
          local old = redis.call('HMGET', object, 'version', 'chunks')
          if old[1] then drop(ARGV[2], old[1], old[2]) end
          redis.call('DEL', object)
          redis.call('ZREM', KEYS[1], ARGV[i])
        end
        return 1
        """;

    /// <summary>
    /// Copies an object inside its bucket. KEYS: source, destination, index. ARGV: expected ETag of the source, condition, expected
    /// ETag of the destination, new version, media type, metadata, member, prefix of chunks.
    /// </summary>
    public const string Copy = Versions + """
        local source = redis.call('HMGET', KEYS[1], 'version', 'size', 'chunks')
        if not source[1] or ARGV[1] ~= '"' .. source[1] .. '"' then return {'SOURCE'} end
        local old = redis.call('HMGET', KEYS[2], 'version', 'chunks', 'modified')
        local version = ARGV[4]
        if old[1] == version then return {'OK', old[3]} end
        local refused = refusal(old[1], ARGV[2], ARGV[3])
        if refused then return refused end
        local prefix = ARGV[8]
        for name in string.gmatch(source[3], '([^:,]+):%d+') do
          if redis.call('COPY', prefix .. source[1] .. ':' .. name, prefix .. version .. ':' .. name, 'REPLACE') == 0 then
            drop(prefix, version, source[3])
            return {'GONE', name}
          end
        end
        if old[1] then drop(prefix, old[1], old[2]) end
        return show(KEYS[2], KEYS[3], ARGV[7], version, source[2], ARGV[5], ARGV[6], source[3])
        """;
}
