namespace Dataplug.Formats.Genomics;

/// <summary>The two reads of a fragment.</summary>
/// <param name="First">The read of one end.</param>
/// <param name="Second">The read of the other.</param>
public sealed record FastqPair(FastqRead First, FastqRead Second)
{
    /// <summary>Whether two names are those of mates: the same, or the same but for <c>/1</c> and <c>/2</c> at their ends.</summary>
    public static bool AreMates(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.SequenceEqual(second))
            return true;
        return first.Length == second.Length && first.Length > 2 && first[..^1].SequenceEqual(second[..^1])
            && first[^2] is (byte)'/' or (byte)'.' or (byte)'_' && first[^1] == (byte)'1' && second[^1] == (byte)'2';
    }

    /// <summary>Checks that reads are mates.</summary>
    /// <exception cref="CorruptObjectException">They are not.</exception>
    internal static void CheckMates(FastqRead first, FastqRead second, long pair, string firstSource, string secondSource)
    {
        if (AreMates(System.Text.Encoding.UTF8.GetBytes(first.Name), System.Text.Encoding.UTF8.GetBytes(second.Name)))
            return;
        throw new CorruptObjectException(
            secondSource,
            firstSource == secondSource
                ? $"pair {pair} is of '{first.Name}' and '{second.Name}', which are no mates"
                : $"read {pair} is '{second.Name}', but its mate in {firstSource} is '{first.Name}'",
            "Bring both files into the same order, with the same reads, e.g. with 'seqkit pair'.");
    }
}
