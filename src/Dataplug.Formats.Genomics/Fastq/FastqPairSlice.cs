using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>The same reads of two objects of mates, R1 and R2. As a file: interleaved FASTQ, each read with its mate after it.</summary>
/// <remarks>The slice's own place (<see cref="Slice.Source"/>, <see cref="Ranges"/>) is that of the first reads; those of the second are in
/// <see cref="Second"/>.</remarks>
public sealed record FastqPairSlice : Slice<FastqPair, IReadOnlyList<FastqPair>>
{
    /// <summary>The kind of these slices: give it to a <see cref="SliceSerializer"/> that has to write or read them.</summary>
    public static SliceKind SliceKind { get; } = SliceKind.Of("fastq-pair", () => FastqPairSliceJson.Default.FastqPairSlice);

    /// <summary>The first reads.</summary>
    public required FastqSlice First { get; init; }

    /// <summary>Their mates.</summary>
    public required FastqSlice Second { get; init; }

    /// <summary>Number of pairs.</summary>
    [JsonIgnore]
    public long PairCount => First.ReadCount;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => SliceKind.Name;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => First.Ranges;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => [.. First.Blobs, .. Second.Blobs];

    /// <inheritdoc/>
    /// <exception cref="CorruptObjectException">Two reads are no mates; thrown by a read.</exception>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) => Task.FromResult<Stream>(new FastqPairStream(this));

    /// <inheritdoc/>
    /// <exception cref="CorruptObjectException">Two reads are no mates: their names differ.</exception>
    public override async IAsyncEnumerable<FastqPair> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var seconds = (Second with { Stores = Stores }).ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (seconds.ConfigureAwait(false))
        {
            var number = First.FirstRead;
            await foreach (var first in (First with { Stores = Stores }).ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                number++;
                if (!await seconds.MoveNextAsync().ConfigureAwait(false))
                    throw new CorruptObjectException(Second.Source.Uri.Display, $"read {number} of {First.Source.Uri.Display} has no mate");
                FastqPair.CheckMates(first, seconds.Current, number, First.Source.Uri.Display, Second.Source.Uri.Display);
                yield return new FastqPair(first, seconds.Current);
            }

            // The second reader, too, looks whether its slice has the reads that it should have.
            _ = await seconds.MoveNextAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FastqPair>> GetAsync(CancellationToken cancellationToken = default)
    {
        var pairs = new List<FastqPair>();
        await foreach (var pair in ReadAsync(cancellationToken).ConfigureAwait(false))
            pairs.Add(pair);
        return pairs;
    }

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        var ofFirst = First.Blobs.Count;
        return this with { First = (FastqSlice)First.WithBlobs([.. blobs.Take(ofFirst)]), Second = (FastqSlice)Second.WithBlobs([.. blobs.Skip(ofFirst)]) };
    }
}

/// <summary>Partitions two objects of mates jointly.</summary>
public static class FastqPairs
{
    /// <summary>Cuts two objects so that slice i of both holds the mates of the same fragments: at the same read numbers.</summary>
    /// <param name="first">The first reads (R1), preprocessed; its index is what the strategy cuts.</param>
    /// <param name="second">Their mates (R2), preprocessed, in the same order.</param>
    /// <param name="strategy">Any strategy for FASTQ.</param>
    /// <param name="cancellationToken">Cancels loading the indexes.</param>
    /// <exception cref="PartitionException">The objects have not the same number of reads.</exception>
    /// <exception cref="NotPreprocessedException">One has no index.</exception>
    public static async Task<IReadOnlyList<FastqPairSlice>> PartitionAsync(
        CloudObject<FastqIndex> first, CloudObject<FastqIndex> second, IPartitionStrategy<FastqIndex, FastqSlice> strategy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(strategy);
        var mates = await second.GetIndexAsync(cancellationToken).ConfigureAwait(false);
        var reads = await first.GetIndexAsync(cancellationToken).ConfigureAwait(false);
        if (reads.Reads != mates.Reads)
            throw new PartitionException(second.Uri.Display, $"it has {mates.Reads} reads, but {first.Uri.Display} has {reads.Reads}, so that they are not each other's mates", "Bring both files into the same order, with the same reads, e.g. with 'seqkit pair'.");
        var firsts = await first.PartitionAsync(strategy, cancellationToken).ConfigureAwait(false);
        var seconds = mates.Cut([.. firsts.Select(slice => slice.FirstRead), reads.Reads]);
        return [.. firsts.Zip(seconds, (read, mate) => new FastqPairSlice
        {
            Source = read.Source,
            Index = read.Index,
            Count = read.Count,
            Stores = read.Stores,
            First = read,
            Second = mate with { Stores = second.Options.Stores },
        })];
    }
}

/// <summary>Pairs as interleaved FASTQ.</summary>
internal sealed class FastqPairStream(FastqPairSlice slice) : ForwardStream
{
    private const int PieceLength = 64 << 10;

    private readonly MemoryStream _piece = new();
    private IAsyncEnumerator<FastqPair>? _pairs;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _pairs ??= slice.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        if (_piece.Position == _piece.Length)
        {
            _piece.SetLength(0);
            while (_piece.Length < PieceLength && await _pairs.MoveNextAsync().ConfigureAwait(false))
            {
                Write(_pairs.Current.First);
                Write(_pairs.Current.Second);
            }

            _piece.Position = 0;
        }

        return _piece.Read(buffer.Span);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_pairs is not null)
            await _pairs.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _pairs is { } pairs)
            pairs.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _piece.Dispose();
        base.Dispose(disposing);
    }

    private void Write(FastqRead read)
    {
        _piece.WriteByte((byte)'@');
        _piece.Write(read.TitleBytes.Span);
        _piece.WriteByte((byte)'\n');
        _piece.Write(read.SequenceBytes.Span);
        _piece.Write("\n+\n"u8);
        _piece.Write(read.QualityBytes.Span);
        _piece.WriteByte((byte)'\n');
    }
}

/// <summary>How <see cref="FastqPairSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FastqPairSlice))]
internal sealed partial class FastqPairSliceJson : JsonSerializerContext;
