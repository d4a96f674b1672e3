using System.Buffers.Binary;
using System.Globalization;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>What of a LAS object lies behind its head: where the points end, and the extended records.</summary>
/// <param name="Points">Number of points that are there.</param>
/// <param name="Evlrs">The extended records, in order.</param>
/// <param name="Warnings">What is odd.</param>
internal sealed record LasBody(long Points, IReadOnlyList<LasVlr> Evlrs, IReadOnlyList<string> Warnings)
{
    // Extended records are read whole where they are no longer than this.
    private const int MaxContent = 1 << 20;
    private const int MaxEvlrs = 4096;

    /// <summary>How many points there are.</summary>
    /// <exception cref="CorruptObjectException">Fewer than the head says, and they are not to be salvaged.</exception>
    public static long PointsOf(PinnedObject source, LasHeader header, bool salvage)
    {
        var there = (source.Size - header.PointsOffset) / header.PointFormat.RecordLength;
        return header.Points <= there ? header.Points : salvage ? there : throw new CorruptObjectException(source.Uri.Display, CutShort(header.Points, there), byteOffset: source.Size);
    }

    /// <summary>The head, unless its points are compressed.</summary>
    /// <exception cref="UnsupportedFormatException">They are.</exception>
    public static LasHeader RefuseCompressed(LasHeader header, string source) =>
        header.IsCompressed ? throw new UnsupportedFormatException(source, "the points are compressed: the object is LAZ, not LAS", "Name the format of compressed points with --format laz.", 104) : header;

    /// <summary>Looks at what the head says of the object, and at its extended records: no request where there are none.</summary>
    /// <param name="source">The object.</param>
    /// <param name="header">Its head.</param>
    /// <param name="salvage">Whether an object that was cut short is taken as far as it goes.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="CorruptObjectException">It was cut short, or contradicts itself.</exception>
    public static async Task<LasBody> ReadAsync(PinnedObject source, LasHeader header, bool salvage, CancellationToken cancellationToken)
    {
        var warnings = new List<string>();
        var points = PointsOf(source, header, salvage);
        if (points < header.Points)
        {
            warnings.Add(CutShort(header.Points, points));
            return new LasBody(points, [], warnings);
        }

        var end = header.PointsOffset + (points * header.PointFormat.RecordLength);
        return await ReadBehindAsync(source, header, points, end, end, salvage, warnings, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at what the head says of the object, and at its extended records, where it is known how many points there are.</summary>
    /// <param name="source">The object.</param>
    /// <param name="header">Its head.</param>
    /// <param name="points">Number of points.</param>
    /// <param name="end">Where they end.</param>
    /// <param name="known">Where all that belongs to them ends.</param>
    /// <param name="salvage">Whether an object that was cut short is taken as far as it goes.</param>
    /// <param name="warnings">What is odd already.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="CorruptObjectException">It was cut short, or contradicts itself.</exception>
    public static async Task<LasBody> ReadBehindAsync(
        PinnedObject source, LasHeader header, long points, long end, long known, bool salvage, List<string> warnings, CancellationToken cancellationToken)
    {
        var length = header.PointFormat.RecordLength;
        if (header.UsesLegacyCounts && header.MinorVersion >= 4)
            warnings.Add($"the 64-bit number of points is 0; the legacy one, {points}, was taken");
        else if (header.MinorVersion >= 4 && header.LegacyPoints != 0 && header.LegacyPoints != points)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"the header speaks of {points} points, and in its legacy field of {header.LegacyPoints}"));
        if (header.PointFormat.IsExtended && header.MinorVersion < 4)
            warnings.Add($"point data record format {header.PointFormat.Id} in LAS 1.{header.MinorVersion}, which has formats up to 5");
        if (!header.HasPlaces || !double.IsFinite(header.Scale.Z) || header.Scale.Z == 0 || !double.IsFinite(header.Shift.Z))
            warnings.Add("a scale factor is 0 or no number, or an offset no number, so that coordinates are no places");

        var evlrs = await ReadEvlrsAsync(source, header, end, salvage, warnings, cancellationToken).ConfigureAwait(false);
        var isExact = known == end;
        if (evlrs.Count > 0)
            (known, isExact) = (evlrs.Max(evlr => evlr.End), false);
        if (header.HasWaveforms)
            known = Math.Max(known, await WaveformEndAsync(source, header, end, warnings, cancellationToken).ConfigureAwait(false));
        if (source.Size > known)
        {
            var rest = source.Size - known;
            warnings.Add(isExact && known == end && rest >= length
                ? string.Create(CultureInfo.InvariantCulture, $"{rest} bytes behind the points are in no record; they would hold {rest / length} points more")
                : string.Create(CultureInfo.InvariantCulture, $"{rest} bytes at the end are in no record"));
        }

        return new LasBody(points, evlrs, warnings);
    }

    /// <summary>Reads extended records from their bytes, one behind the other.</summary>
    public static IReadOnlyList<LasVlr> Parse(ReadOnlyMemory<byte> bytes, long offset)
    {
        var evlrs = new List<LasVlr>();
        while (bytes.Length >= LasVlr.ExtendedHeaderLength)
        {
            var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[20..]);
            if (length > (ulong)(bytes.Length - LasVlr.ExtendedHeaderLength))
                break;
            evlrs.Add(new LasVlr(bytes.Span, offset, isExtended: true, bytes.Slice(LasVlr.ExtendedHeaderLength, (int)length)));
            bytes = bytes[(LasVlr.ExtendedHeaderLength + (int)length)..];
            offset = evlrs[^1].End;
        }

        return evlrs;
    }

    private static string CutShort(long points, long there) =>
        string.Create(CultureInfo.InvariantCulture, $"the header speaks of {points} points, but only {there} are there: the object was cut short");

    private static async Task<List<LasVlr>> ReadEvlrsAsync(PinnedObject source, LasHeader header, long pointsEnd, bool salvage, List<string> warnings, CancellationToken cancellationToken)
    {
        var evlrs = new List<LasVlr>();
        if (header.EvlrCount == 0)
            return evlrs;
        var at = header.EvlrOffset;
        for (var i = 0L; i < header.EvlrCount; i++)
        {
            if (ProblemOf(at, pointsEnd, source.Size, i) is { } problem)
            {
                if (!salvage)
                    throw new CorruptObjectException(source.Uri.Display, problem, byteOffset: Math.Min(at, source.Size));
                warnings.Add(problem);
                break;
            }

            if (i == MaxEvlrs)
                throw new UnsupportedFormatException(source.Uri.Display, $"there are {header.EvlrCount} extended variable length records; up to {MaxEvlrs} are read", "Leave out those that nobody needs.", at);

            // Most are short: the header and all of them come in one request.
            var bytes = await source.ReadAsync(new ByteRange(at, Math.Min(source.Size - at, LasVlr.ExtendedHeaderLength + (4 << 10))), cancellationToken).ConfigureAwait(false);
            var evlr = new LasVlr(bytes, at, isExtended: true, default);
            if (evlr.Length > source.Size - at - LasVlr.ExtendedHeaderLength)
            {
                problem = string.Create(CultureInfo.InvariantCulture, $"extended variable length record {i + 1} has {(ulong)evlr.Length} bytes, which run over the end of the object");
                if (!salvage)
                    throw new CorruptObjectException(source.Uri.Display, problem, byteOffset: at);
                warnings.Add(problem);
                break;
            }

            if (evlr.Length <= MaxContent && !evlr.IsBoundToObject)
            {
                var start = at + LasVlr.ExtendedHeaderLength;
                var content = evlr.Length <= bytes.Length - LasVlr.ExtendedHeaderLength
                    ? bytes.AsMemory(LasVlr.ExtendedHeaderLength, (int)evlr.Length)
                    : await source.ReadAsync(new ByteRange(start, evlr.Length), cancellationToken).ConfigureAwait(false);
                evlr = new LasVlr(bytes, at, isExtended: true, content);
            }

            evlrs.Add(evlr);
            at = evlr.End;
        }

        return evlrs;
    }

    private static string? ProblemOf(long at, long pointsEnd, long size, long number) =>
        at < pointsEnd ? string.Create(CultureInfo.InvariantCulture, $"the extended variable length records are said to start at byte {at}, but the points end at byte {pointsEnd}")
        : at > size - LasVlr.ExtendedHeaderLength ? string.Create(CultureInfo.InvariantCulture, $"extended variable length record {number + 1} is said to start at byte {at}, but the object ends at byte {size}: it was cut short")
        : null;

    // LAS 1.3 has one extended record, that of the waveform data packets; LAS 1.4 has it among the others.
    private static async Task<long> WaveformEndAsync(PinnedObject source, LasHeader header, long pointsEnd, List<string> warnings, CancellationToken cancellationToken)
    {
        if (header.WaveformOffset < pointsEnd || header.WaveformOffset > source.Size - LasVlr.ExtendedHeaderLength)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"waveform data packets are said to start at byte {header.WaveformOffset}, where there are none"));
            return pointsEnd;
        }

        var record = new LasVlr(await source.ReadAsync(new ByteRange(header.WaveformOffset, LasVlr.ExtendedHeaderLength), cancellationToken).ConfigureAwait(false), header.WaveformOffset, isExtended: true, default);
        return record.Length <= source.Size - header.WaveformOffset - LasVlr.ExtendedHeaderLength ? record.End : source.Size;
    }
}
