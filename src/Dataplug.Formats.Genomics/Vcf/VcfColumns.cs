using Dataplug.Compression;
using Dataplug.Metadata;

namespace Dataplug.Formats.Genomics;

/// <summary>The sections of a VCF index (README.md, "The index").</summary>
internal static class VcfColumns
{
    /// <summary>What <see cref="BinningIndexCodec"/> wrote, of the contigs in their order; missing where the object is not sorted.</summary>
    public const string Binning = "binning";

    private const string ContigNames = "contigs";

    /// <summary>The columns.</summary>
    public sealed record Content
    {
        public required VirtualOffset HeaderEnd { get; init; }

        public required VirtualOffset End { get; init; }

        public required IReadOnlyList<VcfContigRun> Contigs { get; init; }

        public required VirtualOffset[] Places { get; init; }

        /// <summary>Records before each mark; empty where they are not known.</summary>
        public required long[] Numbers { get; init; }

        /// <summary>First position of the record at each mark; empty where they are not known.</summary>
        public required long[] Starts { get; init; }
    }

    /// <summary>Writes the columns.</summary>
    public static async Task WriteAsync(SidecarWriter writer, Content content, CancellationToken cancellationToken)
    {
        await writer.WriteColumnAsync("body", new[] { (long)content.HeaderEnd.Value, (long)content.End.Value }, cancellationToken).ConfigureAwait(false);
        using var names = new MemoryStream();
        using (var text = new BinaryWriter(names))
        {
            foreach (var contig in content.Contigs)
                text.Write(contig.Name);
        }

        await writer.WriteSectionAsync(ContigNames, names.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("contigs.start", Column(contig => (long)contig.Start.Value), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("contigs.end", Column(contig => (long)contig.End.Value), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("contigs.records", Column(contig => contig.Records), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("contigs.maxEnd", Column(contig => contig.MaxEnd), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("marks.place", Array.ConvertAll(content.Places, place => (long)place.Value), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("marks.record", content.Numbers, cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("marks.position", content.Starts, cancellationToken).ConfigureAwait(false);

        long[] Column(Func<VcfContigRun, long> value) => [.. content.Contigs.Select(value)];
    }

    /// <summary>Reads the columns.</summary>
    /// <exception cref="CorruptIndexException">They contradict each other.</exception>
    public static async Task<Content> ReadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        var body = await sidecar.ReadColumnAsync("body", cancellationToken).ConfigureAwait(false);
        var names = await sidecar.ReadSectionAsync(ContigNames, cancellationToken).ConfigureAwait(false);
        var starts = await sidecar.ReadColumnAsync("contigs.start", cancellationToken).ConfigureAwait(false);
        var ends = await sidecar.ReadColumnAsync("contigs.end", cancellationToken).ConfigureAwait(false);
        var records = await sidecar.ReadColumnAsync("contigs.records", cancellationToken).ConfigureAwait(false);
        var maxEnds = await sidecar.ReadColumnAsync("contigs.maxEnd", cancellationToken).ConfigureAwait(false);
        var places = await sidecar.ReadColumnAsync("marks.place", cancellationToken).ConfigureAwait(false);
        var numbers = await sidecar.ReadColumnAsync("marks.record", cancellationToken).ConfigureAwait(false);
        var positions = await sidecar.ReadColumnAsync("marks.position", cancellationToken).ConfigureAwait(false);
        var count = starts.Length;
        if (body.Length != 2 || (ulong)body[0] > (ulong)body[1] || ends.Length != count || records.Length != count || maxEnds.Length != count
            || (numbers.Length != places.Length && numbers.Length > 0) || (positions.Length != places.Length && positions.Length > 0)
            || !IsRising(places, unsigned: true) || !IsRising(numbers, unsigned: false)
            || Enumerable.Range(0, count).Any(i => (ulong)starts[i] > (ulong)ends[i] || (ulong)starts[i] < (ulong)body[0] || (ulong)ends[i] > (ulong)body[1] || records[i] < 0)
            || places.Any(place => (ulong)place < (ulong)body[0] || (ulong)place > (ulong)body[1]))
        {
            throw Corrupt(sidecar);
        }

        var contigs = new VcfContigRun[count];
        try
        {
            using var reader = new BinaryReader(new MemoryStream(names, writable: false));
            for (var i = 0; i < count; i++)
            {
                contigs[i] = new VcfContigRun(reader.ReadString(), new VirtualOffset((ulong)starts[i]))
                {
                    End = new VirtualOffset((ulong)ends[i]),
                    Records = records[i],
                    MaxEnd = maxEnds[i],
                };
            }
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or ArgumentException)
        {
            throw Corrupt(sidecar);
        }

        return new Content
        {
            HeaderEnd = new VirtualOffset((ulong)body[0]),
            End = new VirtualOffset((ulong)body[1]),
            Contigs = contigs,
            Places = Array.ConvertAll(places, place => new VirtualOffset((ulong)place)),
            Numbers = numbers,
            Starts = positions,
        };
    }

    private static bool IsRising(long[] values, bool unsigned)
    {
        for (var i = 1; i < values.Length; i++)
        {
            if (unsigned ? (ulong)values[i] <= (ulong)values[i - 1] : values[i] < values[i - 1])
                return false;
        }

        return true;
    }

    private static CorruptIndexException Corrupt(SidecarReader sidecar) => new(sidecar.Header.Source.Uri.Display, "the columns of its VCF index contradict each other");
}
