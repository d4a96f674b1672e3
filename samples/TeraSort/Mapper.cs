using System.Buffers.Binary;
using Dataplug.Lithops;
using Dataplug.Storage;

namespace Samples.TeraSort;

/// <summary>
/// The third stage: sorts one input, and writes it as one object, in which the share of every reducer lies in one piece. The object
/// begins with a table: for each reducer the offset of its share, and at last the size of the object, as little-endian numbers of eight
/// bytes. So there are as many objects as maps, and not maps times reducers of them; a reducer reads two ranges of each.
/// </summary>
internal static class Mapper
{
    private const int EntryLength = sizeof(long);

    /// <summary>Sorts one input.</summary>
    /// <param name="part">Which one.</param>
    /// <param name="splitters">The first key of each reducer but the first.</param>
    /// <param name="cancellationToken">Cancels the task.</param>
    /// <returns>How many records each reducer gets of it.</returns>
    public static async Task<long[]> MapAsync(SortPart part, byte[] splitters, CancellationToken cancellationToken)
    {
        var (job, map) = part;
        await using var storage = job.Open();
        var records = await storage.GetAsync(job.KeyOf(SortJob.Input, map), cancellationToken);
        if (records.Length % TeraRecord.Length != 0)
            throw new InvalidDataException($"{job.KeyOf(SortJob.Input, map)} does not end with a whole record.");
        var (shuffled, counts) = Sort(records, splitters, job.Reducers);
        await storage.PutAsync(job.KeyOf(SortJob.Shuffle, map), new MemoryStream(shuffled), cancellationToken: cancellationToken);
        return counts;
    }

    /// <summary>Reads a reducer's share of what a map wrote.</summary>
    public static async Task<byte[]> ReadShareAsync(Storage storage, SortJob job, int map, int reducer, CancellationToken cancellationToken)
    {
        var key = job.KeyOf(SortJob.Shuffle, map);
        var entries = await storage.GetAsync(key, ReadRange.Bounded((long)reducer * EntryLength, 2 * EntryLength), cancellationToken);
        var start = BinaryPrimitives.ReadInt64LittleEndian(entries);
        var end = BinaryPrimitives.ReadInt64LittleEndian(entries.AsSpan(EntryLength));
        if (end == start)
            return [];
        var share = await storage.GetAsync(key, ReadRange.Bounded(start, end - start), cancellationToken);
        return share.Length == end - start ? share : throw new InvalidDataException($"{key} ends before the share of reducer {reducer} does.");
    }

    private static (byte[] Shuffled, long[] Counts) Sort(byte[] records, byte[] splitters, int reducers)
    {
        var keys = new TeraKey[records.Length / TeraRecord.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = TeraKey.Read(TeraRecord.Key(records, i), i);
        Array.Sort(keys);

        var table = (reducers + 1) * EntryLength;
        var shuffled = GC.AllocateUninitializedArray<byte>(table + records.Length);
        var counts = new long[reducers];
        var done = 0;
        for (var reducer = 0; reducer < reducers; reducer++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(shuffled.AsSpan(reducer * EntryLength), table + ((long)done * TeraRecord.Length));
            var first = done;
            var end = reducer < reducers - 1 ? TeraKey.Read(splitters.AsSpan(reducer * TeraRecord.KeyLength)) : default;
            for (; done < keys.Length && (reducer == reducers - 1 || keys[done].CompareKeyTo(end) < 0); done++)
                records.AsSpan(keys[done].Index * TeraRecord.Length, TeraRecord.Length).CopyTo(shuffled.AsSpan(table + (done * TeraRecord.Length)));
            counts[reducer] = done - first;
        }

        BinaryPrimitives.WriteInt64LittleEndian(shuffled.AsSpan(reducers * EntryLength), shuffled.Length);
        return (shuffled, counts);
    }
}
