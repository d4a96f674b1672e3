using System.Globalization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Makes an index of a tabix or CSI index. The header is read, some of the places that the index knows are looked at, and everything
/// from the last of them to the object's end.
/// </summary>
internal sealed class VcfIndexImport(BinningIndexContent index, string name) : IStreamingPreprocessor, IIdentifiedPreprocessor
{
    private const int Looks = 8;
    private const int HeaderGuess = 256 << 10;

    // What an interrupted import left is of no use to a later one.
    public string Identity { get; } = Guid.NewGuid().ToString("N");

    public Task RunAsync(IStreamingRun run, CancellationToken cancellationToken) => run.CheckpointAsync(default, default, cancellationToken);

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var (header, headerEnd, hasRecords) = await ReadHeaderAsync(source, cancellationToken).ConfigureAwait(false);
        var end = new VirtualOffset(source.Size, 0);
        var contigs = FindContigs(headerEnd, end, source);
        if (hasRecords != contigs.Count > 0)
            throw Foreign(source, hasRecords ? "it has no records, but the object has" : "it has records, but the object has none");
        var marks = new VcfMarkList(VcfGrid.For(source.Size));
        if (hasRecords)
            marks.Add(new VcfMark(headerEnd, 0, 0, headerEnd.Block));
        var last = headerEnd;
        foreach (var place in index.Index.KnownStarts())
        {
            if (place < headerEnd || place >= end)
                throw Foreign(source, $"it has a record at {place}, where there can be none");
            if (place > headerEnd)
                marks.Add(new VcfMark(place, 0, 0, place.Block));
            last = place;
        }

        if (hasRecords)
            await CheckAsync(source, marks.Marks, contigs, last, cancellationToken).ConfigureAwait(false);
        await VcfColumns.WriteAsync(writer, new VcfColumns.Content
        {
            HeaderEnd = headerEnd,
            End = end,
            Contigs = contigs,
            Places = [.. marks.Marks.Select(mark => mark.Place)],
            Numbers = [],
            Starts = [],
        }, cancellationToken).ConfigureAwait(false);
        var references = index.Index.References.ToDictionary(reference => reference.Name!, StringComparer.Ordinal);
        var binning = new BinningIndex(index.Index.Scheme, [.. contigs.Select(contig => references[contig.Name])], index.Index.UnplacedCount);
        await writer.WriteSectionAsync(VcfColumns.Binning, BinningIndexCodec.ToBytes(binning), cancellationToken).ConfigureAwait(false);
        var hasMarker = await VcfPreprocessor.HasEndMarkerAsync(source, cancellationToken).ConfigureAwait(false);
        writer.SetAttributes(VcfPreprocessor.Attributes(json =>
        {
            VcfMerge.WriteHeader(json, header);
            if (index.Index.References.All(reference => reference.Bins.Count == 0 || reference.Metadata is not null))
                json.WriteNumber("records", contigs.Sum(contig => contig.Records));
            json.WriteNumber("contigsWithRecords", contigs.Count);
            json.WriteBoolean("contigsTogether", true);
            json.WriteBoolean("sorted", true);
            json.WriteString("importedFrom", index.Kind == BinningIndexKind.Tbi ? "tbi" : "csi");
            VcfMerge.WriteRemarks(json, hasMarker, hasMarker ? null : VcfPreprocessor.MissingEndMarker);
        }));
    }

    private static async Task<(VcfHeader Header, VirtualOffset End, bool HasRecords)> ReadHeaderAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        var scanner = new VcfScanner(VcfGrid.For(source.Size));
        var blocks = BgzfReader.Open(source, ByteRange.FromBounds(0, Math.Min(source.Size, HeaderGuess)));
        await using (blocks.ConfigureAwait(false))
        {
            while (!scanner.Partial.FirstRecord.IsThere && scanner.Partial.Problem is null)
            {
                if (!await blocks.NextAsync(cancellationToken).ConfigureAwait(false))
                {
                    scanner.Complete(new VirtualOffset(blocks.NextOffset, 0));
                    break;
                }

                if (blocks.BlockOffset == 0)
                    VcfLineError.RefuseBcf(blocks.Content.Span, source.Uri.Display);
                scanner.Append(blocks.Content.Span, VcfPiece.Block(blocks));
            }
        }

        var partial = scanner.Partial;
        return partial.Problem is { } problem
            ? throw VcfLineError.Of(VcfContainer.Bgzf, source.Uri.Display, problem, partial.ProblemPlace.Line, partial.ProblemPlace.Place)
            : (VcfHeader.Parse(partial.Header.ToArray(), source.Uri.Display), partial.HeaderEnd, partial.FirstRecord.IsThere);
    }

    private List<VcfContigRun> FindContigs(VirtualOffset headerEnd, VirtualOffset end, PinnedObject source)
    {
        var contigs = new List<VcfContigRun>();
        for (var i = 0; i < index.Index.References.Count; i++)
        {
            var reference = index.Index.References[i];
            if (index.Index.Extent(i) is not { } extent)
                continue;
            contigs.Add(new VcfContigRun(reference.Name!, extent.Start) { End = extent.End, Records = reference.Metadata is { } counts ? counts.Mapped + counts.Unmapped : 0 });
        }

        contigs.Sort((a, b) => a.Start.CompareTo(b.Start));
        var from = headerEnd;
        if (index.Index.References.DistinctBy(reference => reference.Name).Count() < index.Index.References.Count)
            throw Foreign(source, "it has two contigs of the same name");
        foreach (var contig in contigs)
        {
            if (contig.Start < from || contig.End > end || contig.End <= contig.Start || contig.Records < 0)
                throw Foreign(source, $"its contig '{contig.Name}' lies from {contig.Start} to {contig.End}, where it can't be");
            from = contig.End;
        }

        return contigs;
    }

    // Records begin where the index says; behind the last place nothing comes but what it knows.
    private async Task CheckAsync(PinnedObject source, IReadOnlyList<VcfMark> marks, List<VcfContigRun> contigs, VirtualOffset last, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Looks; i++)
        {
            var place = i < Math.Min(Looks / 2, contigs.Count) ? contigs[i * contigs.Count / Math.Min(Looks / 2, contigs.Count)].Start : marks[(int)((long)(marks.Count - 1) * i / (Looks - 1))].Place;
            await LookAsync(source, place, contigs, toEnd: false, cancellationToken).ConfigureAwait(false);
        }

        await LookAsync(source, last, contigs, toEnd: true, cancellationToken).ConfigureAwait(false);
    }

    private async Task LookAsync(PinnedObject source, VirtualOffset place, List<VcfContigRun> contigs, bool toEnd, CancellationToken cancellationToken)
    {
        var scanner = new VcfScanner(VcfGrid.For(source.Size));
        try
        {
            var blocks = BgzfReader.Open(source, ByteRange.FromBounds(place.Block, toEnd ? source.Size : Math.Min(source.Size, place.Block + HeaderGuess)));
            await using (blocks.ConfigureAwait(false))
            {
                if (!await blocks.NextAsync(cancellationToken).ConfigureAwait(false) || place.Within > blocks.Content.Length
                    || (place.Within > 0 && blocks.Content.Span[place.Within - 1] != (byte)'\n'))
                {
                    throw Foreign(source, $"no line begins at {place}");
                }

                var isDone = false;
                do
                {
                    var piece = VcfPiece.Block(blocks);
                    var content = blocks.BlockOffset == place.Block ? blocks.Content.Span[place.Within..] : blocks.Content.Span;
                    if (blocks.BlockOffset == place.Block)
                        piece = piece.From(place.Within);
                    if (toEnd)
                        scanner.Append(content, piece);
                    else
                        isDone = scanner.AppendRest(content, piece);
                }
                while (!isDone && scanner.Partial.Problem is null && await blocks.NextAsync(cancellationToken).ConfigureAwait(false));
                if (!isDone)
                    scanner.Complete(new VirtualOffset(blocks.NextOffset, 0));
            }
        }
        catch (CorruptObjectException failure) when (failure.ByteOffset == place.Block)
        {
            throw Foreign(source, $"no block begins at {place.Block}");
        }

        var partial = scanner.Partial;
        var contig = contigs.FindLast(contig => contig.Start <= place);
        if (partial.Problem is { } problem)
            throw Foreign(source, $"the line at {place} is no record, or one behind it: {problem}");
        if (partial.Contigs is not [var found] || found.Name != contig?.Name)
            throw Foreign(source, $"at {place} there is no record of contig '{contig?.Name}'");
        if (toEnd && found.End != contig.End)
            throw Foreign(source, $"its last record ends at {contig.End}, the object's at {found.End}");
    }

    private CorruptIndexException Foreign(PinnedObject source, string problem) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"it is not of {source.Uri.Display}: {problem}"), "Make the index again with bcftools or tabix, or preprocess the object without it.");
}
