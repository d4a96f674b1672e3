using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>The pass over a zstd object, free of I/O: pieces of input on one side, a partial result on the other.</summary>
internal sealed class ZstdTextScan : IDisposable
{
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(2);

    private readonly PinnedObject _source;
    private readonly ZstdTextOptions _options;
    private readonly SalvageEnd? _salvage;
    private readonly ZstdSeekTableCheck? _seekTable;
    private readonly ZstdDecoder _decoder;
    private readonly IGZipContent _content;
    private readonly long _spacing;
    private GZipLinePartial.Builder _partial = new();
    private bool _isVerified = true;
    private long _units;
    private long _lastMark = -1;
    private long _lastFrameMark = -1;
    private long _output;
    private long _checkpointOffset;
    private long _checkpointTime = Stopwatch.GetTimestamp();
    private (ReadOnlyMemory<byte> Partial, ReadOnlyMemory<byte> State)? _checkpoint;

    public ZstdTextScan(PinnedObject source, ZstdTextOptions options, IGZipContent content, SalvageEnd? salvage, ZstdSeekTableCheck? seekTable, ReadOnlyMemory<byte>? resumeFrom)
    {
        _content = content;
        _source = source;
        _options = options;
        _salvage = salvage;
        _seekTable = seekTable;
        _spacing = options.MarkSpacingFor(source.Size);
        if (resumeFrom is not { } state)
        {
            _decoder = new ZstdDecoder(source.Uri.Display);
            return;
        }

        var reader = new GZipLinePartial.Reader(state.Span);
        _content.Restore(reader.ReadBytes());
        var (offset, frames) = (reader.ReadInt64(), reader.ReadInt64());
        (_output, _units, _lastMark, _lastFrameMark) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        VerifiedContentEnd = reader.ReadInt64();
        _isVerified = VerifiedContentEnd == _output;
        seekTable?.Resume(_units, reader.ReadByte() != 0);
        _checkpointOffset = offset;
        _decoder = new ZstdDecoder(source.Uri.Display, offset, _output, frames);
    }

    /// <summary>Bytes of the object consumed so far.</summary>
    public long BytePosition => _decoder.BytePosition;

    /// <summary>Bytes of the object, and of its content, up to the last end of a block or frame.</summary>
    public long GoodStoredEnd { get; private set; }

    public long GoodContentEnd { get; private set; }

    /// <summary>Bytes of content up to the end of the last frame that ended well.</summary>
    public long VerifiedContentEnd { get; private set; }

    /// <summary>Decodes what can be decoded.</summary>
    /// <returns>How many bytes were consumed.</returns>
    public int Push(ReadOnlySpan<byte> input, CancellationToken cancellationToken)
    {
        var length = input.Length;
        for (; ; )
        {
            cancellationToken.ThrowIfCancellationRequested();
            var happened = _decoder.Advance(input, out var consumed);
            input = input[consumed..];
            Deliver();
            switch (happened)
            {
                case ZstdEvent.NeedInput:
                    return length - input.Length;
                case ZstdEvent.FrameStart:
                    KeepCheckpoint();
                    Mark(isFrameStart: true);
                    break;
                case ZstdEvent.BlockBoundary:
                    Note();
                    // A slice that ends with a frame reads its checksum, too.
                    if (!_decoder.IsBeforeChecksum)
                        Mark(isFrameStart: false);
                    break;
                case ZstdEvent.FrameEnd:
                    _units++;
                    Note();
                    _seekTable?.EndFrame(BytePosition, _output, _decoder.FrameOffset);
                    _isVerified &= _decoder.HasChecksum || _decoder.IsSkippable;
                    if (_isVerified)
                        VerifiedContentEnd = _output;
                    break;
            }
        }
    }

    /// <summary>There is no more input.</summary>
    public void End(int unconsumed)
    {
        if (_salvage is null)
            _decoder.EndInput(unconsumed);
    }

    /// <summary>Whether there is a checkpoint to store; each is handed out once.</summary>
    public bool TryTakeCheckpoint(out ReadOnlyMemory<byte> partial, out ReadOnlyMemory<byte> state)
    {
        (partial, state) = _checkpoint.GetValueOrDefault();
        if (_checkpoint is null)
            return false;
        _checkpoint = null;
        return true;
    }

    /// <summary>After <see cref="End"/>: what is left, with the totals. A checkpoint that was not taken is part of it.</summary>
    public ReadOnlyMemory<byte> Complete()
    {
        _content.Complete(new GZipPlace(_source.Uri, BytePosition, _output));
        _partial.AddFound(TakeFound().Span);
        var end = _salvage is null ? 0 : GZipLinePartial.PackEnd(_salvage.StoredEnd, isSalvaged: true);
        _partial.AddTotals(_content.LineFeeds + (_content.IsAtLineStart ? 0 : 1), _output, end, WriteAttributes());
        var last = _partial.ToBytes();
        return TryTakeCheckpoint(out var untaken, out _) ? GZipLinePartial.Concatenate(untaken.Span, last) : last;
    }

    public void Dispose() => _decoder.Dispose();

    private void Deliver()
    {
        var output = _decoder.Output;
        if (output.IsEmpty)
            return;
        _content.Append(output, new GZipPlace(_source.Uri, BytePosition, _output));
        _seekTable?.Append(output);
        _output += output.Length;
        _decoder.TakeOutput(output.Length);
    }

    private void Note() => (GoodStoredEnd, GoodContentEnd) = (BytePosition, _output);

    // Starts of frames are marked by the distance from one another, so that marks inside frames do not displace them.
    private void Mark(bool isFrameStart)
    {
        if (_lastMark >= 0 && _output - (isFrameStart ? _lastFrameMark : _lastMark) < _spacing)
            return;
        // Two places of the same content are one mark, the first.
        if (_output == _lastMark && !isFrameStart)
            return;
        _partial.AddFound(TakeFound().Span);
        _lastMark = _output;
        if (isFrameStart)
            _lastFrameMark = _output;
        _partial.AddMark(BytePosition * 8, _output, GZipMarkColumns.PackLine(_content.LineFeeds, _content.IsAtLineStart, isFrameStart));
    }

    private void KeepCheckpoint()
    {
        if (_checkpoint is not null || _output == 0)
            return;
        if (BytePosition - _checkpointOffset < _options.CheckpointSpacing && Stopwatch.GetElapsedTime(_checkpointTime) < CheckpointInterval)
            return;
        _partial.AddFound(TakeFound().Span);
        var content = new ArrayBufferWriter<byte>();
        _content.Save(content);
        var state = new ArrayBufferWriter<byte>();
        GZipLinePartial.WriteBytes(state, content.WrittenSpan);
        foreach (var number in (ReadOnlySpan<long>)[BytePosition, _decoder.FrameCount, _output, _units, _lastMark, _lastFrameMark, VerifiedContentEnd])
            GZipLinePartial.WriteInt64(state, number);
        state.Write([_seekTable is { Matches: true } ? (byte)1 : (byte)0]);
        _checkpoint = (_partial.ToBytes(), state.WrittenSpan.ToArray());
        _partial = new GZipLinePartial.Builder();
        _checkpointOffset = BytePosition;
        _checkpointTime = Stopwatch.GetTimestamp();
    }

    private ReadOnlyMemory<byte> TakeFound() => _content is IGZipIndexedContent indexed ? indexed.TakeFound() : default;

    private byte[] WriteAttributes()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            _content.WriteAttributes(json);
            json.WriteNumber("uncompressedSize", _output);
            json.WriteNumber("frames", _decoder.FrameCount);
            var remarks = new IndexRemarks(json);
            if (_seekTable is not null)
                WriteSeekTable(json, remarks);
            if (_salvage is not null)
                remarks.AddSalvage(_salvage);
            remarks.Complete();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private void WriteSeekTable(Utf8JsonWriter json, IndexRemarks remarks)
    {
        // The last frame that was met is that of the table.
        var isVerified = _seekTable!.IsVerified(_units - 1);
        json.WriteStartObject("seekTable");
        if (_seekTable.Count is { } count)
            json.WriteNumber("frames", count);
        json.WriteBoolean("checksums", _seekTable.HasChecksums);
        json.WriteBoolean("verified", isVerified);
        json.WriteEndObject();
        if (!isVerified)
            remarks.Add($"the zstd seek table at the end does not describe this object's frames and was ignored");
    }
}
