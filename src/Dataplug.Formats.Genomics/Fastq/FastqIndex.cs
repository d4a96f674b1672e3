using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The index of a FASTQ object in gzip: where its lines are, and what its reads are like.</summary>
public sealed class FastqIndex : ObjectIndex, IGZipIndexed
{
    private const int LinesPerRead = 4;

    private FastqIndex(SidecarReader sidecar, GZipLineIndex lineIndex)
        : base(sidecar)
    {
        LineIndex = lineIndex;
        try
        {
            Reads = Attributes.GetProperty("reads").GetInt64();
            Bases = Attributes.GetProperty("bases").GetInt64();
            Members = Attributes.GetProperty("members").GetInt64();
            MinReadLength = Attributes.TryGetProperty("minReadLength", out var shortest) ? shortest.GetInt64() : null;
            MaxReadLength = Attributes.TryGetProperty("maxReadLength", out var longest) ? longest.GetInt64() : null;
            MinQualityByte = Attributes.TryGetProperty("minQualityByte", out var lowest) ? lowest.GetByte() : null;
            MaxQualityByte = Attributes.TryGetProperty("maxQualityByte", out var highest) ? highest.GetByte() : null;
            QualityEncoding = FastqQuality.Parse(Attributes.GetProperty("qualityEncoding").GetString());
        }
        catch (Exception failure) when (failure is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CorruptIndexException(Source.Uri.Display, "the attributes of a FASTQ index are missing", innerException: failure);
        }

        if (Reads < 0 || Reads > Lines / LinesPerRead)
            throw new CorruptIndexException(Source.Uri.Display, $"{Reads} reads do not fit into {Lines} lines");
    }

    /// <summary>Where the lines are.</summary>
    public GZipLineIndex LineIndex { get; }

    /// <summary>Number of reads.</summary>
    public long Reads { get; }

    /// <summary>Number of lines: four a read, and those empty lines that may follow the last one.</summary>
    public long Lines => LineIndex.Lines;

    /// <summary>Number of bases of all reads.</summary>
    public long Bases { get; }

    /// <summary>Bases of the shortest read; null without reads.</summary>
    public long? MinReadLength { get; }

    /// <summary>Bases of the longest read; null without reads.</summary>
    public long? MaxReadLength { get; }

    /// <summary>Bases a read; null without reads.</summary>
    public double? MeanReadLength => Reads > 0 ? (double)Bases / Reads : null;

    /// <summary>The lowest quality byte, 33 to 126; null without bases.</summary>
    public byte? MinQualityByte { get; }

    /// <summary>The highest quality byte, 33 to 126; null without bases.</summary>
    public byte? MaxQualityByte { get; }

    /// <summary>The encoding that the range of quality bytes speaks for, <see cref="FastqQuality.Guess(byte, byte)"/>.</summary>
    public QualityEncoding QualityEncoding { get; }

    /// <summary>Bytes of decompressed FASTQ.</summary>
    public long UncompressedSize => LineIndex.ContentSize;

    /// <summary>Number of gzip members.</summary>
    public long Members { get; }

    /// <summary>
    /// Slices between cuts: slice i holds the reads from cut i up to, not including, cut i + 1. For strategies of your own.
    /// </summary>
    /// <param name="cuts">Read numbers that never fall, from 0 to <see cref="Reads"/>: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or too many.</exception>
    public IReadOnlyList<FastqSlice> Cut(IReadOnlyList<long> cuts)
    {
        LineCuts.Check(cuts, Reads, Source);
        var slices = new FastqSlice[cuts.Count - 1];
        for (var i = 0; i < slices.Length; i++)
        {
            // Empty lines after the last read belong to the last slice, so that the slices are the whole content.
            var endLine = i == slices.Length - 1 ? Lines : cuts[i + 1] * LinesPerRead;
            slices[i] = new FastqSlice
            {
                Source = Source,
                Index = i,
                Count = slices.Length,
                FirstRead = cuts[i],
                ReadCount = cuts[i + 1] - cuts[i],
                QualityEncoding = QualityEncoding,
                Lines = LineIndex.Locate(cuts[i] * LinesPerRead, endLine),
            };
        }

        return slices;
    }

    internal static async Task<FastqIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        return new FastqIndex(sidecar, await GZipLineIndex.LoadAsync(sidecar, cancellationToken).ConfigureAwait(false));
    }
}
