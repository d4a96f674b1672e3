using System.Buffers;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Compression;

/// <summary>
/// The blocks of a BGZF object from a block on, one after another, decompressed and verified. With several workers blocks are
/// decompressed at the same time, and ahead of whoever takes them.
/// </summary>
/// <remarks>Memory: about 2 MiB, and 9 MiB with several workers. Not safe for use by several threads at once.</remarks>
public sealed class BgzfReader : IAsyncDisposable
{
    private const int BlocksAlone = 8;
    private const int BlocksTogether = 64;
    private const int MaxReadAhead = 2 * BgzfBlock.MaxLength;

    private readonly Stream _stored;
    private readonly string _source;
    private readonly int _workers;
    private readonly bool _endsAnywhere;
    private readonly Batch[] _batches;
    private Task<Batch>? _coming;
    private Batch _batch;
    private int _next;
    private int _current = -1;
    private long _position;
    private byte[] _rest = [];
    private int _lastTaken = BlocksTogether * BgzfBlock.MaxLength;
    private bool _ended;

    /// <summary>Reads blocks from a stream.</summary>
    /// <param name="stored">Stored bytes from a block's start on; owned.</param>
    /// <param name="offset">Where that is in the object.</param>
    /// <param name="source">The object's name for messages.</param>
    /// <param name="workers">Blocks decompressed at once.</param>
    /// <param name="endsAnywhere">Whether the stream may end within a block, which is then not given.</param>
    internal BgzfReader(Stream stored, long offset, string source, int workers = 1, bool endsAnywhere = false)
    {
        _stored = stored;
        _position = offset;
        _source = source;
        _workers = workers;
        _endsAnywhere = endsAnywhere;
        var blocks = workers > 1 ? BlocksTogether : BlocksAlone;
        _batches = workers > 1 ? [new Batch(blocks), new Batch(blocks)] : [new Batch(blocks)];
        _batch = _batches[^1];
        NextOffset = offset;
    }

    /// <summary>Opens an object at a block.</summary>
    /// <param name="source">The object.</param>
    /// <param name="range">From the start of a block to where it is read to in few requests; blocks after it may be read on.</param>
    /// <param name="workers">Blocks decompressed at once, ≥ 1.</param>
    public static BgzfReader Open(PinnedObject source, ByteRange range, int workers = 1)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        return new BgzfReader(OpenStored(source, range), range.Offset, source.Uri.Display, workers);
    }

    /// <summary>Opens an object at the first block that starts at or behind a place: a header is one where its block decompresses and
    /// its checksum fits.</summary>
    /// <param name="source">The object.</param>
    /// <param name="range">From the place to where it is read to in few requests; blocks after it may be read on.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The reader; at the object's end where no block starts behind the place.</returns>
    public static async Task<BgzfReader> OpenNearAsync(PinnedObject source, ByteRange range, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (range.Offset == 0)
            return Open(source, range);
        var stored = OpenStored(source, range);
        try
        {
            // The block before may reach as far as its own length into the range.
            var head = new byte[Math.Min(source.Size - range.Offset, 2 * BgzfBlock.MaxLength)];
            _ = await stored.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            var start = FindBlock(head);
            return new BgzfReader(new PrefixedStream(head.AsMemory(start), stored), range.Offset + start, source.Uri.Display);
        }
        catch
        {
            await stored.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Offset of the present block in the stored object.</summary>
    public long BlockOffset { get; private set; }

    /// <summary>Offset of the block after the present one.</summary>
    public long NextOffset { get; private set; }

    /// <summary>The present block's content, at most 65536 bytes, often none of the last block; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Content => _current < 0 ? default : _batch.ContentOf(_current);

    /// <summary>The present block as it is stored, for whoever passes it on; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Stored => _current < 0 ? default : _batch.StoredOf(_current);

    /// <summary>Goes on to the next block.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="CorruptObjectException">The object is not BGZF, damaged, or cut short.</exception>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken = default)
    {
        if (_next == _batch.Count)
        {
            _current = -1;
            if (_batch.Failure is { } failure)
                throw failure;
            _batch = await TakeBatchAsync(cancellationToken).ConfigureAwait(false);
            _next = 0;
            if (_batch.Count == 0)
                return _batch.Failure is { } atOnce ? throw atOnce : false;
        }

        _current = _next++;
        (BlockOffset, NextOffset) = _batch.PlaceOf(_current);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_coming is { } coming)
        {
            _coming = null;
            await ((Task)coming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _current = -1;
        foreach (var batch in _batches)
            batch.Return();
        await _stored.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The place of the first sound block in some bytes; their length where there is none.</summary>
    private static int FindBlock(ReadOnlySpan<byte> bytes)
    {
        var decoder = BgzfDecoder.Rent();
        var output = new byte[BgzfDecoder.OutputLength];
        ReadOnlySpan<byte> magic = [0x1f, 0x8b, 8, 4];
        try
        {
            for (var start = 0; start < bytes.Length; start++)
            {
                var found = bytes[start..].IndexOf(magic);
                if (found < 0)
                    break;
                start += found;
                if (BgzfBlock.TryReadHeader(bytes[start..], out var size) && start + size <= bytes.Length
                    && decoder.Decode(bytes.Slice(start, size), output, out _) is null)
                {
                    return start;
                }
            }
        }
        finally
        {
            decoder.Return();
        }

        return bytes.Length;
    }

    private static GZipSpanStream OpenStored(PinnedObject source, ByteRange range) =>
        new(source, range, part => source.OpenRead(part, ReadAheadOptions.Default), end => Math.Min(source.Size, end + (2 * BgzfBlock.MaxLength)));

    private async Task<Batch> TakeBatchAsync(CancellationToken cancellationToken)
    {
        if (_batches.Length == 1)
            return await FillAsync(_batches[0], cancellationToken).ConfigureAwait(false);
        var coming = _coming ?? FillAsync(_batches[0], cancellationToken);
        _coming = null;
        var batch = await coming.ConfigureAwait(false);
        var other = batch == _batches[0] ? _batches[1] : _batches[0];
        _coming = Task.Run(() => FillAsync(other, cancellationToken), CancellationToken.None);
        return batch;
    }

    private async Task<Batch> FillAsync(Batch batch, CancellationToken cancellationToken)
    {
        batch.Clear();
        _rest.CopyTo(batch.Input, 0);
        var length = _rest.Length;
        _rest = [];

        // About as much as the batch before took: what is left over is copied.
        var wanted = Math.Min(batch.Input.Length, _lastTaken + MaxReadAhead);
        if (!_ended && length < wanted)
        {
            var read = await _stored.ReadAtLeastAsync(batch.Input.AsMemory(length, wanted - length), wanted - length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            _ended = read < wanted - length;
            length += read;
        }

        var start = 0;
        while (start < length && batch.Count < batch.Capacity && batch.Failure is null)
        {
            var isKnown = BgzfBlock.TryReadHeader(batch.Input.AsSpan(start, length - start), out var size);
            if (isKnown && start + size <= length)
            {
                batch.Add(start, size, _position);
                start += size;
                _position += size;
            }
            else if (size < 0)
            {
                batch.Failure = Corrupt(_position, _position == 0 ? "the object is not BGZF" : "there is no header of a BGZF block");
            }
            else
            {
                if (_ended)
                {
                    if (!_endsAnywhere)
                        batch.Failure = Corrupt(_position, "the object is cut short within a BGZF block");
                    start = length;
                }

                break;
            }
        }

        _rest = batch.Input[start..length];
        _lastTaken = start;
        if (_workers > 1 && batch.Count > 1)
            Parallel.For(0, batch.Count, new ParallelOptions { MaxDegreeOfParallelism = _workers, CancellationToken = cancellationToken }, batch.Decode);
        else
            batch.DecodeAll();
        if (batch.FirstBad is { } bad)
        {
            batch.Failure = Corrupt(batch.PlaceOf(bad.Block).Start, $"a BGZF block is damaged: {bad.Problem}");
            batch.CutAt(bad.Block);
        }

        return batch;
    }

    private CorruptObjectException Corrupt(long offset, string problem) => new(_source, problem, byteOffset: offset) { MemberOffset = offset };

    private sealed class Batch(int capacity)
    {
        private byte[] _output = ArrayPool<byte>.Shared.Rent(capacity * BgzfDecoder.OutputLength);
        private readonly (int Start, int Length, long Offset)[] _blocks = new (int, int, long)[capacity];
        private readonly int[] _lengths = new int[capacity];
        private readonly string?[] _problems = new string?[capacity];

        public byte[] Input { get; private set; } = ArrayPool<byte>.Shared.Rent(capacity * BgzfBlock.MaxLength);

        public int Capacity => capacity;

        public int Count { get; private set; }

        /// <summary>What comes after the blocks.</summary>
        public CorruptObjectException? Failure { get; set; }

        public (int Block, string Problem)? FirstBad
        {
            get
            {
                var bad = Array.FindIndex(_problems, 0, Count, problem => problem is not null);
                return bad < 0 ? null : (bad, _problems[bad]!);
            }
        }

        // Readers of slices are many and short: a megabyte each is not left to the garbage collector.
        public void Return()
        {
            if (Input.Length == 0)
                return;
            ArrayPool<byte>.Shared.Return(Input);
            ArrayPool<byte>.Shared.Return(_output);
            (Input, _output, Count) = ([], [], 0);
        }

        public void Clear() => (Count, Failure) = (0, null);

        public void Add(int start, int length, long offset) => _blocks[Count++] = (start, length, offset);

        public void CutAt(int block) => Count = block;

        public (long Start, long End) PlaceOf(int block) => (_blocks[block].Offset, _blocks[block].Offset + _blocks[block].Length);

        public ReadOnlyMemory<byte> ContentOf(int block) => _output.AsMemory(block * BgzfDecoder.OutputLength, _lengths[block]);

        public ReadOnlyMemory<byte> StoredOf(int block) => Input.AsMemory(_blocks[block].Start, _blocks[block].Length);

        public void DecodeAll()
        {
            for (var i = 0; i < Count; i++)
                Decode(i);
        }

        public void Decode(int block)
        {
            var decoder = BgzfDecoder.Rent();
            _problems[block] = decoder.Decode(Input.AsSpan(_blocks[block].Start, _blocks[block].Length), _output.AsSpan(block * BgzfDecoder.OutputLength, BgzfDecoder.OutputLength), out _lengths[block]);
            decoder.Return();
        }
    }
}
