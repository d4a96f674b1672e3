using System.Text.RegularExpressions;

namespace Dataplug.Fuzz;

/// <summary>
/// Where the verdicts of ours and of zlib must agree, and the only ways in which they may differ; docs/fuzzing.md gives the reasons.
/// </summary>
internal static partial class GzipRules
{
    private const int MaxTextLength = 64 << 10;

    /// <summary>Holds our verdict on a gzip object against zlib's.</summary>
    /// <param name="input">The object.</param>
    /// <param name="ours">Our verdict.</param>
    /// <param name="zlib">The verdict of GZipStream.</param>
    /// <param name="refusal">Our refusal; null when there was none.</param>
    /// <param name="deliversAll">True when all that could be decoded is promised to be delivered before a refusal.</param>
    /// <returns>The class of the outcome.</returns>
    public static string Check(byte[] input, Verdict ours, Verdict zlib, CorruptObjectException? refusal, bool deliversAll)
    {
        var common = Math.Min(ours.Output.Length, zlib.Output.Length);
        if (!ours.Output.AsSpan(0, common).SequenceEqual(zlib.Output.AsSpan(0, common)))
            throw new FuzzFinding($"the output differs from zlib's at byte {ours.Output.AsSpan(0, common).CommonPrefixLength(zlib.Output.AsSpan(0, common))}");
        if (refusal?.ByteOffset is { } offset && (offset < 0 || offset > input.Length))
            throw new FuzzFinding($"it refuses an object of {input.Length} bytes at byte {offset}");
        if (ours.IsCut && zlib.IsCut)
            return "accepted up to the limit";
        if (ours.IsCut || zlib.IsCut)
        {
            // One was stopped, the other ended near the limit: look at the whole.
            if (zlib.IsCut && refusal is not null)
                return Check(input, ours, Zlib.Gunzip(input, 256 << 20), refusal, deliversAll: false);
            throw new FuzzFinding($"{(ours.IsCut ? "ours" : "zlib")} goes on where the other ends, after {common} bytes");
        }
        if (refusal is null)
        {
            if (zlib.Refusal is not null)
                throw new FuzzFinding($"it takes what zlib refuses ('{zlib.Refusal}')");
            return ours.Output.Length == zlib.Output.Length ? "accepted" : throw new FuzzFinding($"it gives {ours.Output.Length} bytes, zlib {zlib.Output.Length}");
        }
        if (zlib.Refusal is null)
            return Excuse(input, zlib, refusal);
        if (deliversAll && ours.Output.Length < zlib.Output.Length)
            throw new FuzzFinding($"before it refuses it delivers {ours.Output.Length} bytes, zlib {zlib.Output.Length}");
        return Outcome(refusal);
    }

    /// <summary>A refusal without its numbers.</summary>
    public static string Outcome(DataplugException refusal) => "refused: " + Numbers().Replace(refusal.Problem, "#");

    [GeneratedRegex(@"\b[0-9a-f]*[0-9][0-9a-f]*\b")]
    private static partial Regex Numbers();

    /// <summary>The rules by which we may refuse what zlib takes.</summary>
    private static string Excuse(byte[] input, Verdict zlib, CorruptObjectException refusal)
    {
        // Rule 2: GZipStream ignores whatever follows the last member. So do we, but for the magic number of another compression. The
        // object up to there must be one that zlib takes, with all of the output.
        if (refusal.Problem.Contains("a stream of another compression than gzip", StringComparison.Ordinal))
        {
            var at = (int)refusal.ByteOffset!.Value;
            var before = Zlib.Gunzip(input[..at], 256 << 20);
            if (input[at] == 0x1F && input[at + 1] is 0x1E or 0x9D or 0x9E or 0xA0 && before.Refusal is null && before.Output.AsSpan().SequenceEqual(zlib.Output))
                return "allowed: another compression after the last member";
        }

        // Rule 3: a file name or comment beyond 64 KiB is refused; RFC 1952 sets no limit, memory does.
        if (refusal.Problem.Contains($"longer than {MaxTextLength} bytes", StringComparison.Ordinal))
        {
            var from = (int)refusal.ByteOffset!.Value;
            if (input.AsSpan(from, MaxTextLength + 1).IndexOf((byte)0) < 0)
                return "allowed: a text of more than 64 KiB in a header";
        }
        throw new FuzzFinding($"it refuses what zlib takes: {refusal.Problem}");
    }
}
