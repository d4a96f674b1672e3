namespace Samples.TeraSort;

/// <summary>The last stage, as valsort does it: whether every output is in order, and all of them in theirs, and nothing was lost.</summary>
internal static class Validator
{
    /// <summary>Reads one output, and finds what is out of order in it.</summary>
    public static async Task<OutputSummary> SummarizeAsync(SortPart part, CancellationToken cancellationToken)
    {
        var (job, reducer) = part;
        await using var storage = job.Open();
        await using var output = await storage.OpenReadAsync(job.KeyOf(SortJob.Output, reducer), cancellationToken);

        var buffer = new byte[TeraRecord.Length * 10_000];
        var (records, checksum, duplicates, unordered) = (0L, 0UL, 0L, -1L);
        byte[] first = [];
        byte[] last = [];
        int length;
        while ((length = await output.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
        {
            if (length % TeraRecord.Length != 0)
                return new OutputSummary(reducer, records, checksum, duplicates, unordered, first, last, EndsWithin: true);
            checksum += TeraChecksum.Of(buffer.AsSpan(0, length));
            for (var i = 0; i < length / TeraRecord.Length; i++)
            {
                var key = TeraRecord.Key(buffer, i);
                var order = last.Length == 0 ? -1 : last.AsSpan().SequenceCompareTo(key);
                if (order == 0)
                    duplicates++;
                else if (order > 0 && unordered < 0)
                    unordered = records;
                if (first.Length == 0)
                    first = key.ToArray();
                if (last.Length == 0)
                    last = new byte[TeraRecord.KeyLength];
                key.CopyTo(last);
                records++;
            }
        }

        return new OutputSummary(reducer, records, checksum, duplicates, unordered, first, last, EndsWithin: false);
    }

    /// <summary>Holds all outputs against each other and against the input.</summary>
    public static Verdict Judge(IReadOnlyList<OutputSummary> outputs, InputSummary input)
    {
        var problems = new List<string>();
        var duplicates = outputs.Sum(output => output.Duplicates);
        byte[] last = [];
        foreach (var output in outputs)
        {
            if (output.EndsWithin)
                problems.Add($"output {output.Reducer} ends within a record");
            if (output.Unordered >= 0)
                problems.Add($"output {output.Reducer} is out of order at its record {output.Unordered}");
            if (output.First.Length > 0 && last.Length > 0)
            {
                var order = last.AsSpan().SequenceCompareTo(output.First);
                if (order > 0)
                    problems.Add($"output {output.Reducer} begins before the one before it ends");
                else if (order == 0)
                    duplicates++;
            }

            last = output.Last.Length > 0 ? output.Last : last;
        }

        var records = outputs.Sum(output => output.Records);
        var checksum = outputs.Aggregate(0UL, (sum, output) => sum + output.Checksum);
        if (records != input.Records)
            problems.Add($"{records} records came out of {input.Records}");
        if (checksum != input.Checksum)
            problems.Add($"the checksum of the outputs is {checksum:x}, that of the input {input.Checksum:x}");
        return new Verdict(records, checksum, duplicates, [.. problems]);
    }
}
