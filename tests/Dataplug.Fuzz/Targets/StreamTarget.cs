using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>InflateStream from an object's start, read synchronously and asynchronously: the bytes of GZipStream, and all that could
/// be decoded before a refusal.</summary>
internal sealed class StreamTarget : IFuzzTarget
{
    public string Name => "stream";

    public InputKind Kind => InputKind.Gzip;

    public string Run(byte[] input, Random random)
    {
        var zlib = Zlib.Gunzip(input);
        using var whole = new InflateStream(new MemoryStream(input), new InflateReadOptions());
        var (output, refusal, isCut) = Drain(whole, Verdict.OutputLimit, random);
        var outcome = GzipRules.Check(input, new Verdict(output, refusal?.Problem, isCut), zlib, refusal, deliversAll: true);

        var maxRead = Math.Max(input.Length / 32, random.Next(1, random.Next(2) == 0 ? 20 : 5000));
        using var pieces = new InflateStream(new PiecesStream(input, random, maxRead), new InflateReadOptions());
        var again = Drain(pieces, Verdict.OutputLimit, random);
        if (!again.Output.AsSpan().SequenceEqual(output) || again.Refusal?.Message != refusal?.Message || again.IsCut != isCut)
            throw new FuzzFinding($"in pieces it gives {again.Output.Length} bytes and ends with '{again.Refusal?.Message}', whole {output.Length} and '{refusal?.Message}'");

        // As a part of a longer object, an end in the middle is no error; anything else still is.
        using var part = new InflateStream(new PiecesStream(input, random, maxRead), new InflateReadOptions { ExpectMoreData = true });
        var partial = Drain(part, Verdict.OutputLimit, random);
        var isCutShort = refusal?.Problem.StartsWith("it is cut short", StringComparison.Ordinal) == true || input.Length == 0;
        if (!partial.Output.AsSpan().SequenceEqual(output) || (partial.Refusal?.Message != refusal?.Message && !(isCutShort && partial.Refusal is null)))
            throw new FuzzFinding($"as a part it gives {partial.Output.Length} bytes and ends with '{partial.Refusal?.Message}', whole {output.Length} and '{refusal?.Message}'");
        return outcome;
    }

    /// <summary>Reads a stream up to a limit, in reads of random sizes; a refusal must come again when it is read again.</summary>
    internal static (byte[] Output, CorruptObjectException? Refusal, bool IsCut) Drain(InflateStream stream, int limit, Random random)
    {
        var output = new MemoryStream();
        var buffer = new byte[random.Next(4) == 0 ? random.Next(200, 2000) : 16 << 10];
        try
        {
            while (output.Length < limit)
            {
                var want = buffer.AsMemory(0, (int)Math.Min(limit - output.Length, random.Next(2) == 0 ? buffer.Length : random.Next(100, buffer.Length)));
                var read = random.Next(2) == 0 ? stream.Read(want.Span) : stream.ReadAsync(want).AsTask().GetAwaiter().GetResult();
                if (read == 0)
                    return (output.ToArray(), null, false);
                output.Write(want.Span[..read]);
            }
            return (output.ToArray(), null, true);
        }
        catch (CorruptObjectException refusal)
        {
            try
            {
                _ = stream.Read(buffer);
            }
            catch (CorruptObjectException again) when (again.Message == refusal.Message)
            {
                return (output.ToArray(), refusal, false);
            }
            throw new FuzzFinding("read again after a refusal, it does not refuse again");
        }
    }
}
