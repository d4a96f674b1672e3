using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Dataplug.Formats.Imzml.Xml;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>The sections of an index, and how they are written.</summary>
internal static class ImzmlIndexContent
{
    public const string HeadSection = "head";
    public const string LayoutsSection = "layouts";
    public const string StatisticsSection = "statistics";
    public const string QuantilesSection = "mz/quantiles";
    public const string MzBlocksSection = "mz/blocks";

    /// <summary>Rows of a blob of the finest table of spectra; each coarser one has so many times more.</summary>
    public const int FinestTable = 1024;
    public const int TableGrowth = 8;

    /// <summary>Rows of the largest blob: at 30 bytes each it stays within a blob's limit.</summary>
    public const int CoarsestTable = FinestTable * TableGrowth * TableGrowth * TableGrowth;

    /// <summary>Blobs that one slice should need at most.</summary>
    public const int BlobsPerSlice = 4;

    /// <summary>Points of the distribution of m/z values that are kept.</summary>
    public const int Quantiles = 1024;

    public static string TableSection(int level) => string.Create(CultureInfo.InvariantCulture, $"spectra/{level}");

    public static string SlotSection(string column, int slot) => string.Create(CultureInfo.InvariantCulture, $"{column}/{slot}");

    /// <summary>Rows of each level of tables, the finest first.</summary>
    public static IReadOnlyList<int> Levels(int count)
    {
        var levels = new List<int> { FinestTable };
        while ((count + levels[^1] - 1) / levels[^1] > BlobsPerSlice && levels[^1] < CoarsestTable)
            levels.Add(levels[^1] * TableGrowth);
        return levels;
    }

    /// <summary>The UUID that the document gives its ibd, as 32 lower-case digits; null where it gives none.</summary>
    public static string? UuidOf(ImzmlHead head)
    {
        var digits = string.Concat((head.ContentValue(CvTerm.Uuid) ?? "").Where(char.IsAsciiHexDigit)).ToLowerInvariant();
        return digits.Length == 32 ? digits : null;
    }

    public static (HashAlgorithmName Algorithm, string Value)? ChecksumOf(ImzmlHead head) =>
        head.ContentValue(CvTerm.IbdSha1) is { Length: > 0 } sha1 ? (HashAlgorithmName.SHA1, sha1.Trim())
        : head.ContentValue(CvTerm.IbdSha256) is { Length: > 0 } sha256 ? (HashAlgorithmName.SHA256, sha256.Trim())
        : head.ContentValue(CvTerm.IbdMd5) is { Length: > 0 } md5 ? (HashAlgorithmName.MD5, md5.Trim())
        : null;

    /// <summary>Whether all spectra have one m/z array: in the same bytes, stored in the same way.</summary>
    public static bool SharesMz(SpectrumTable table, bool isContinuous)
    {
        var first = -1;
        var others = 0;
        for (var row = 0; row < table.Count; row++)
        {
            if (table.ArrayOf(row, 0).Points == 0)
                continue;
            if (first < 0)
                first = row;
            else if (table.ArrayOf(row, 0) != table.ArrayOf(first, 0) || (table.Layout[row] != table.Layout[first] && table.LayoutOf(row).Arrays[0] != table.LayoutOf(first).Arrays[0]))
                return false;
            else
                others++;
        }

        return first >= 0 && (others > 0 || isContinuous);
    }

    public static async Task WriteAsync(
        SidecarWriter writer, PinnedObject ibd, ImzmlHead head, SpectrumTable table, SpectrumStatistics? statistics, ImzmlCheck check, List<string> warnings, CancellationToken cancellationToken)
    {
        var (isContinuous, isProcessed) = (head.HasContent(CvTerm.Continuous), head.HasContent(CvTerm.Processed));
        var shares = SharesMz(table, isContinuous);
        if (isContinuous && !shares && table.Count > 0)
            warnings.Add("the document says that its spectra share one m/z array (continuous), which they do not");
        if (!isContinuous && !isProcessed)
            warnings.Add("the document does not say whether it is continuous or processed");
        var attributes = Describe(ibd, head, table, statistics, shares, check, warnings);
        writer.SetAttributes(JsonSerializer.SerializeToElement(attributes, ImzmlJson.Default.ImzmlAttributes));
        await writer.WriteSectionAsync(HeadSection, JsonSerializer.SerializeToUtf8Bytes(head, ImzmlJson.Default.ImzmlHead), cancellationToken).ConfigureAwait(false);
        await writer.WriteSectionAsync(LayoutsSection, JsonSerializer.SerializeToUtf8Bytes(table.Layouts, ImzmlJson.Default.ListSpectrumLayout), cancellationToken).ConfigureAwait(false);
        var values = new long[table.Count];
        foreach (var (name, column) in ((string, List<int>)[])[("x", table.X), ("y", table.Y), ("z", table.Z), ("layout", table.Layout)])
            await writer.WriteColumnAsync(name, Widen(column, values), cancellationToken).ConfigureAwait(false);
        for (var slot = 0; slot < table.Slots.Count; slot++)
        {
            await writer.WriteColumnAsync(SlotSection("offset", slot), Copy(table.Slots[slot].Offsets, values), cancellationToken).ConfigureAwait(false);
            await writer.WriteColumnAsync(SlotSection("points", slot), Widen(table.Slots[slot].Points, values), cancellationToken).ConfigureAwait(false);
            await writer.WriteColumnAsync(SlotSection("length", slot), Copy(table.Slots[slot].Lengths, values), cancellationToken).ConfigureAwait(false);
        }

        var levels = Levels(table.Count);
        for (var level = 0; level < levels.Count; level++)
        {
            for (var row = 0; row < table.Count; row += levels[level])
                await writer.WriteBlobAsync(TableSection(level), table.Encode(row, Math.Min(levels[level], table.Count - row)), cancellationToken).ConfigureAwait(false);
        }

        if (await QuantilesAsync(ibd, table, statistics, shares, cancellationToken).ConfigureAwait(false) is { } quantiles)
            await writer.WriteSectionAsync(QuantilesSection, MemoryMarshal.AsBytes(quantiles.AsSpan()).ToArray(), cancellationToken).ConfigureAwait(false);
        if (statistics is null)
            return;
        await writer.WriteSectionAsync(StatisticsSection, statistics.Encode(), cancellationToken).ConfigureAwait(false);

        // Where spectra share their m/z axis, the axis says where a window is.
        if (!shares)
        {
            for (var row = 0; row < table.Count; row += levels[^1])
                await writer.WriteBlobAsync(MzBlocksSection, statistics.Blocks.Encode(row, Math.Min(levels[^1], table.Count - row)), cancellationToken).ConfigureAwait(false);
        }
    }

    private static long[] Widen(List<int> column, long[] values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = column[i];
        return values;
    }

    private static long[] Copy(List<long> column, long[] values)
    {
        column.CopyTo(values);
        return values;
    }

    // m/z values between which there are about as many points each; null where nothing is known of them.
    private static async Task<double[]?> QuantilesAsync(PinnedObject ibd, SpectrumTable table, SpectrumStatistics? statistics, bool shares, CancellationToken cancellationToken)
    {
        if (shares)
        {
            var row = table.Slots[0].Points.FindIndex(points => points > 0);
            var array = table.ArrayOf(row, 0);
            var axis = new double[array.Points];
            ArrayDecoder.Decode(await ibd.ReadAsync(new ByteRange(array.Offset, array.Length), cancellationToken).ConfigureAwait(false), table.LayoutOf(row).Arrays[0], array.Points, 0, axis, ibd.Uri.Display, array.Offset);
            Array.Sort(axis);
            return [.. Enumerable.Range(0, Quantiles + 1).Select(i => axis[(int)Math.Min(axis.Length - 1, (long)axis.Length * i / Quantiles)])];
        }

        if (statistics is null)
            return null;
        var samples = new List<(float Mz, int Points)>();
        for (var row = 0; row < table.Count; row++)
            statistics.Blocks.Sample(row, table.ArrayOf(row, 0).Points, samples);
        if (samples.Count == 0)
            return [];
        samples.Sort();
        var total = samples.Sum(sample => (long)sample.Points);
        var quantiles = new double[Quantiles + 1];
        var (at, before) = (0, 0L);
        for (var i = 0; i <= Quantiles; i++)
        {
            while (at < samples.Count - 1 && before + samples[at].Points <= total * i / Quantiles)
                before += samples[at++].Points;
            quantiles[i] = samples[at].Mz;
        }

        return quantiles;
    }

    private static ImzmlAttributes Describe(PinnedObject ibd, ImzmlHead head, SpectrumTable table, SpectrumStatistics? statistics, bool shares, ImzmlCheck check, List<string> warnings)
    {
        var (minX, maxX) = Bounds(table.X);
        var (minY, maxY) = Bounds(table.Y);
        var (minZ, maxZ) = Bounds(table.Z);
        var used = table.Layout.Distinct().Select(layout => table.Layouts[layout]).ToArray();
        var pixelX = head.ScanSetting(CvTerm.PixelSizeX);
        var representation = used.Select(layout => layout.Representation).Distinct().ToArray();
        var polarity = used.Select(layout => layout.Polarity).Distinct().ToArray();
        return new ImzmlAttributes
        {
            Spectra = table.Count,
            Points = table.Slots.Count > 1 ? table.Slots[1].Points.Sum(points => (long)points) : 0,
            Mode = head.HasContent(CvTerm.Continuous) ? "continuous" : head.HasContent(CvTerm.Processed) ? "processed" : null,
            SharesMz = shares,
            Ibd = SourceText(ibd.Uri),
            IbdBytes = ibd.Size,
            Uuid = UuidOf(head),
            IbdChecksum = ChecksumOf(head) is var (algorithm, value) ? $"{algorithm.Name} {value}" : null,
            Checked = check,
            MinX = minX,
            MinY = minY,
            MinZ = minZ,
            Width = table.Count == 0 ? 0 : (long)maxX - minX + 1,
            Height = table.Count == 0 ? 0 : (long)maxY - minY + 1,
            Depth = table.Count == 0 ? 0 : (long)maxZ - minZ + 1,
            HasZ = table.HasZ,
            PixelSizeX = pixelX,
            PixelSizeY = head.ScanSetting(CvTerm.PixelSizeY) ?? pixelX,
            Representation = representation is [var one] and not [SpectrumRepresentation.Unknown] ? one.ToString().ToLowerInvariant()
                : DeclaredRepresentation(head, representation),
            Polarity = polarity switch
            {
                [Polarity.Positive] => "positive",
                [Polarity.Negative] => "negative",
                [Polarity.Unknown] or [] => "unknown",
                _ => "mixed",
            },
            Arrays = [.. used.SelectMany(layout => layout.Arrays).Distinct().Select(array => $"{(array.Name.Length > 0 ? array.Name : array.Accession.Length > 0 ? array.Accession : "array without a name")}: {array.Element}{(array.Compression == ArrayCompression.None ? "" : ", " + array.Compression)}")],
            Software = head.Software,
            HasStatistics = statistics is not null,
            MinMz = Extreme(statistics?.MinMz, Math.Min),
            MaxMz = Extreme(statistics?.MaxMz, Math.Max),
            Warnings = warnings,
        };
    }

    private static string DeclaredRepresentation(ImzmlHead head, SpectrumRepresentation[] found) =>
        found.Length > 1 ? "mixed" : head.HasContent(CvTerm.CentroidSpectrum) == head.HasContent(CvTerm.ProfileSpectrum) ? "unknown" : head.HasContent(CvTerm.CentroidSpectrum) ? "centroid" : "profile";

    // Without the query, where signatures are.
    private static string SourceText(ObjectUri uri) => uri.Scheme is "http" or "https" ? uri.Value.Split('?')[0] : uri.Value;

    private static (int Min, int Max) Bounds(List<int> column) => column.Count == 0 ? (0, 0) : (column.Min(), column.Max());

    private static double? Extreme(List<double>? values, Func<double, double, double> better)
    {
        double? extreme = null;
        foreach (var value in values ?? [])
        {
            if (double.IsFinite(value))
                extreme = extreme is { } known ? better(known, value) : value;
        }

        return extreme;
    }
}
