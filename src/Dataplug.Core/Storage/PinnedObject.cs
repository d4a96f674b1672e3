using System.Runtime.CompilerServices;

namespace Dataplug.Storage;

/// <summary>
/// An object held at one version: every read asks for the same ETag, so that bytes of two versions are never mixed.
/// </summary>
/// <remarks>All reads throw <see cref="StaleIndexException"/> once the object has another ETag.</remarks>
public sealed class PinnedObject
{
    private readonly IObjectStore _store;

    /// <summary>Pins an object to what is known of it; nothing is read.</summary>
    public PinnedObject(IObjectStore store, ObjectInfo info)
    {
        _store = store;
        Info = info;
    }

    /// <summary>The object as it was pinned.</summary>
    public ObjectInfo Info { get; }

    /// <summary>Other objects that are one with it, pinned as well: <see cref="Formats.DataFormat.FindCompanionsAsync"/>. Usually none.</summary>
    public IReadOnlyList<PinnedObject> Companions { get; init; } = [];

    /// <summary>The object.</summary>
    public ObjectUri Uri => Info.Uri;

    /// <summary>Its size in bytes.</summary>
    public long Size => Info.Size;

    /// <summary>Its version.</summary>
    public string ETag => Info.ETag;

    /// <summary>Whether every read goes over a network.</summary>
    internal bool IsRemote => _store.Capabilities.HasFlag(StoreCapabilities.Remote);

    /// <summary>Reads a range that lies wholly inside the object.</summary>
    /// <exception cref="RangeNotSatisfiableException">The range runs over the end of the object.</exception>
    public async Task<byte[]> ReadAsync(ByteRange range, CancellationToken cancellationToken = default)
    {
        RequireInside(range);
        if (range.Length == 0)
            return [];

        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.Length, Array.MaxLength);
        var bytes = GC.AllocateUninitializedArray<byte>((int)range.Length);
        await ReadIntoAsync(range, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>Reads many ranges with few requests; the answers are in the order of the ranges.</summary>
    /// <exception cref="RangeNotSatisfiableException">A range runs over the end of the object.</exception>
    public Task<IReadOnlyList<ReadOnlyMemory<byte>>> ReadManyAsync(IReadOnlyList<ByteRange> ranges, CancellationToken cancellationToken = default) =>
        ReadManyAsync(ranges, ReadManyOptions.Default, cancellationToken);

    /// <summary>Reads many ranges with few requests; the answers are in the order of the ranges and all in memory. Ranges that
    /// overlap or lie close together share memory.</summary>
    /// <exception cref="RangeNotSatisfiableException">A range runs over the end of the object.</exception>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ReadManyAsync(IReadOnlyList<ByteRange> ranges, ReadManyOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        ArgumentNullException.ThrowIfNull(options);
        foreach (var range in ranges)
        {
            RequireInside(range);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(range.Length, Array.MaxLength, nameof(ranges));
        }

        var plan = RangePlanner.Plan(ranges, options);
        var runs = plan.Runs.Select(run => GC.AllocateUninitializedArray<byte>(checked((int)run.Range.Length))).ToArray();
        var requests = plan.Runs.SelectMany((run, i) => run.Requests.Select(request => (Run: i, Start: run.Range.Offset, Range: request)));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(requests, parallel, async (request, stop) =>
        {
            var target = runs[request.Run].AsMemory((int)(request.Range.Offset - request.Start), (int)request.Range.Length);
            await ReadIntoAsync(request.Range, target, stop).ConfigureAwait(false);
        }).ConfigureAwait(false);

        var answers = new ReadOnlyMemory<byte>[ranges.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            if (plan.Locations[i] is { Run: >= 0 } location)
                answers[i] = runs[location.Run].AsMemory((int)location.Offset, (int)ranges[i].Length);
        }

        return answers;
    }

    /// <summary>Reads many ranges with few requests, in the order of the ranges, and holds no more than
    /// <see cref="ReadManyOptions.MaxBytesInFlight"/> of them at once.</summary>
    /// <exception cref="RangeNotSatisfiableException">A range runs over the end of the object.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> StreamManyAsync(
        IReadOnlyList<ByteRange> ranges, ReadManyOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        options ??= ReadManyOptions.Default;
        options.Validate();
        foreach (var wave in RangePlanner.Waves(ranges, options.MaxBytesInFlight))
        {
            var (start, count) = wave.GetOffsetAndLength(ranges.Count);
            foreach (var answer in await ReadManyAsync([.. Enumerable.Range(start, count).Select(i => ranges[i])], options, cancellationToken).ConfigureAwait(false))
                yield return answer;
        }
    }

    /// <summary>A forward-only stream over a range that lies wholly inside the object.</summary>
    /// <param name="range">The bytes to stream.</param>
    /// <param name="options">How many requests of what size are under way at once; null for one plain request, which is right
    /// for slices.</param>
    /// <exception cref="RangeNotSatisfiableException">The range runs over the end of the object.</exception>
    public Stream OpenRead(ByteRange range, ReadAheadOptions? options = null)
    {
        RequireInside(range);
        if (range.Length == 0)
            return Stream.Null;
        // Reading ahead hides the way to a server; on this machine it would only copy every byte once more.
        return options is null || !IsRemote
            ? new SingleReadStream(_store, Uri, new ReadRequest(range, ETag))
            : new ReadAheadStream(_store, Uri, ETag, range, options);
    }

    /// <summary>The store that it is read through.</summary>
    internal IObjectStore Store => _store;

    /// <summary>One plain request, whose answer is read ahead of its reader where a network lies between.</summary>
    internal Stream OpenPrefetched(ByteRange range) =>
        range.Length > 0 && _store.Capabilities.HasFlag(StoreCapabilities.Remote) ? new PrefetchStream(OpenRead(range)) : OpenRead(range);

    private async Task ReadIntoAsync(ByteRange range, Memory<byte> target, CancellationToken cancellationToken)
    {
        var read = await _store.OpenReadAsync(Uri, new ReadRequest(range, ETag), cancellationToken).ConfigureAwait(false);
        await using (read.ConfigureAwait(false))
            await read.Content.ReadExactlyAsync(target, cancellationToken).ConfigureAwait(false);
    }

    private void RequireInside(ByteRange range)
    {
        if (range.End > Size)
            throw new RangeNotSatisfiableException(Uri.Display, $"the range {range} runs over the end of the object's {Size} bytes", byteOffset: range.Offset);
    }
}
