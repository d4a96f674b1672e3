namespace Samples.TeraSort;

/// <summary>The first stage: makes the records.</summary>
internal static class Generator
{
    /// <summary>Writes one input.</summary>
    /// <returns>Its checksum.</returns>
    public static async Task<ulong> GenerateAsync(SortPart part, CancellationToken cancellationToken)
    {
        var (job, map) = part;
        var first = job.FirstRecord(map);
        var records = GC.AllocateUninitializedArray<byte>((int)((job.FirstRecord(map + 1) - first) * TeraRecord.Length));
        TeraRecord.Generate(first, records);
        await using var storage = job.Open();
        await storage.PutAsync(job.KeyOf(SortJob.Input, map), new MemoryStream(records), cancellationToken: cancellationToken);
        return TeraChecksum.Of(records);
    }
}
