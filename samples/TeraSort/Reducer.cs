using System.IO.Pipelines;

namespace Samples.TeraSort;

/// <summary>The fourth stage: merges the shares of a reducer, all of which are sorted, into one output.</summary>
internal static class Reducer
{
    private const int ReadsAtOnce = 8;
    private const int RecordsPerFlush = 4096;

    /// <summary>Writes one output, while it is merged.</summary>
    /// <returns>Its number of records.</returns>
    public static async Task<long> ReduceAsync(SortPart part, CancellationToken cancellationToken)
    {
        var (job, reducer) = part;
        await using var storage = job.Open();
        var shares = new byte[job.Maps][];
        var reads = new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, job.Maps, reads, async (map, token) => shares[map] = await Mapper.ReadShareAsync(storage, job, map, reducer, token));

        var pipe = new Pipe();
        var merge = MergeAsync(shares, pipe.Writer, cancellationToken);
        await using (var merged = pipe.Reader.AsStream())
            await storage.PutAsync(job.KeyOf(SortJob.Output, reducer), merged, cancellationToken: cancellationToken);
        return await merge;
    }

    private static async Task<long> MergeAsync(byte[][] shares, PipeWriter output, CancellationToken cancellationToken)
    {
        try
        {
            var heads = new PriorityQueue<int, TeraKey>();
            for (var map = 0; map < shares.Length; map++)
            {
                if (shares[map].Length > 0)
                    heads.Enqueue(map, TeraKey.Read(shares[map], map));
            }

            var offsets = new int[shares.Length];
            var records = 0L;
            while (heads.TryPeek(out var map, out _))
            {
                shares[map].AsSpan(offsets[map], TeraRecord.Length).CopyTo(output.GetSpan(TeraRecord.Length));
                output.Advance(TeraRecord.Length);
                offsets[map] += TeraRecord.Length;
                if (offsets[map] < shares[map].Length)
                    heads.DequeueEnqueue(map, TeraKey.Read(shares[map].AsSpan(offsets[map]), map));
                else
                    heads.Dequeue();

                // Waits where the store is slower than the merge; false ends it where the store has given up.
                if (++records % RecordsPerFlush == 0 && (await output.FlushAsync(cancellationToken)).IsCompleted)
                    break;
            }

            await output.CompleteAsync();
            return records;
        }
        catch (Exception exception)
        {
            await output.CompleteAsync(exception);
            throw;
        }
    }
}
