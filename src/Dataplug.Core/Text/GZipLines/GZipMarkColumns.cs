using Dataplug.Compression;
using Dataplug.Metadata;

namespace Dataplug.Text;

/// <summary>
/// Marks with their line counts in three columns of bounded length: whenever there are too many, every second one goes, the
/// first always staying. Which ones stay depends on their order alone.
/// </summary>
internal sealed class GZipMarkColumns
{
    /// <summary>The most marks that are kept: 6 MiB in memory.</summary>
    public const int Limit = 1 << 18;

    private readonly int _limit;
    private long[] _bits = new long[16];
    private long[] _outputs = new long[16];
    private long[] _lines = new long[16];
    private long _seen;

    public GZipMarkColumns(int limit = Limit) => _limit = limit;

    private GZipMarkColumns(long[] bits, long[] outputs, long[] lines)
    {
        _limit = Math.Max(bits.Length, 1);
        (_bits, _outputs, _lines) = (bits, outputs, lines);
        Count = bits.Length;
    }

    public int Count { get; private set; }

    /// <summary>Of how many marks one is kept.</summary>
    public long Stride { get; private set; } = 1;

    public ReadOnlySpan<long> Bits => _bits.AsSpan(0, Count);

    public ReadOnlySpan<long> Outputs => _outputs.AsSpan(0, Count);

    /// <summary>Line feeds before each mark times 4, plus 2 inside a line, plus 1 at a member's start.</summary>
    public ReadOnlySpan<long> Lines => _lines.AsSpan(0, Count);

    public static long PackLine(long lineFeeds, bool isAtLineStart, bool isMemberStart) =>
        (lineFeeds << 2) | (isAtLineStart ? 0L : 2L) | (isMemberStart ? 1L : 0L);

    public static long KeyOf(long packedLine) => packedLine >> 1;

    public static bool IsMemberStart(long packedLine) => (packedLine & 1) != 0;

    /// <summary>Adds a mark, or not, when its turn is not one of those that are kept.</summary>
    public void Add(long bit, long output, long packedLine)
    {
        if (_seen++ % Stride != 0)
            return;
        if (Count == _limit)
        {
            // Numbers 0, s, 2s, … are there; 0, 2s, 4s, … stay.
            Stride *= 2;
            var kept = (Count + 1) / 2;
            for (var i = 1; i < kept; i++)
                (_bits[i], _outputs[i], _lines[i]) = (_bits[2 * i], _outputs[2 * i], _lines[2 * i]);
            Count = kept;
            if ((_seen - 1) % Stride != 0)
                return;
        }

        if (Count == _bits.Length)
        {
            var capacity = Math.Min(_limit, Count * 2);
            Array.Resize(ref _bits, capacity);
            Array.Resize(ref _outputs, capacity);
            Array.Resize(ref _lines, capacity);
        }

        (_bits[Count], _outputs[Count], _lines[Count]) = (bit, output, packedLine);
        Count++;
    }

    public async ValueTask WriteAsync(SidecarWriter writer, string name, CancellationToken cancellationToken)
    {
        await writer.WriteColumnAsync(name + ".bit", _bits.AsMemory(0, Count), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(name + ".output", _outputs.AsMemory(0, Count), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(name + ".line", _lines.AsMemory(0, Count), cancellationToken).ConfigureAwait(false);
    }

    public static async Task<GZipMarkColumns> ReadAsync(SidecarReader sidecar, string name, CancellationToken cancellationToken)
    {
        var bits = await sidecar.ReadColumnAsync(name + ".bit", cancellationToken).ConfigureAwait(false);
        var outputs = await sidecar.ReadColumnAsync(name + ".output", cancellationToken).ConfigureAwait(false);
        var lines = await sidecar.ReadColumnAsync(name + ".line", cancellationToken).ConfigureAwait(false);
        return bits.Length == outputs.Length && bits.Length == lines.Length
            ? new GZipMarkColumns(bits, outputs, lines)
            : throw new CorruptIndexException(sidecar.Header.Source.Uri.Display, $"the columns '{name}' are not of the same length");
    }
}
