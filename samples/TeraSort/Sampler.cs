using Dataplug.Storage;

namespace Samples.TeraSort;

/// <summary>The second stage: looks at some keys of every input, and finds keys that cut them into equal shares.</summary>
internal static class Sampler
{
    private const int KeysPerReducer = 512;
    private const int RunsPerPart = 16;

    /// <summary>Reads short runs of records, spread evenly over one input.</summary>
    /// <returns>Their keys, one after another.</returns>
    public static async Task<byte[]> SampleAsync(SortPart part, CancellationToken cancellationToken)
    {
        var (job, map) = part;
        var records = job.FirstRecord(map + 1) - job.FirstRecord(map);
        var wanted = Math.Min(records, Math.Max(RunsPerPart, (long)KeysPerReducer * job.Reducers / job.Maps));
        var runs = Math.Min(RunsPerPart, wanted);
        var ranges = new List<ByteRange>();
        for (var run = 0L; run < runs; run++)
        {
            var first = records * run / runs;
            var length = Math.Min(wanted / runs, (records * (run + 1) / runs) - first);
            ranges.Add(new ByteRange(first * TeraRecord.Length, length * TeraRecord.Length));
        }

        await using var storage = job.Open();
        var samples = ranges.Count == 0 ? [] : await storage.GetManyAsync(job.KeyOf(SortJob.Input, map), ranges, cancellationToken);
        var keys = new List<byte>();
        foreach (var sample in samples)
        {
            for (var i = 0; i < sample.Length / TeraRecord.Length; i++)
                keys.AddRange(TeraRecord.Key(sample.Span, i));
        }

        return [.. keys];
    }

    /// <summary>Keys between which equally many of the sampled keys lie, in order; one fewer than there are reducers.</summary>
    public static byte[] Split(IReadOnlyList<byte[]> samples, int reducers)
    {
        var keys = samples.SelectMany(sample => sample.Chunk(TeraRecord.KeyLength)).ToArray();
        Array.Sort(keys, (one, other) => one.AsSpan().SequenceCompareTo(other));
        return keys.Length == 0
            ? new byte[(reducers - 1) * TeraRecord.KeyLength]
            : [.. Enumerable.Range(1, reducers - 1).SelectMany(reducer => keys[(long)keys.Length * reducer / reducers])];
    }
}
