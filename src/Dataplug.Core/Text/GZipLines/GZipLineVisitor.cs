using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>What a line-indexing pass keeps while it scans: marks with their line counts, windows, the first member's header,
/// and at every mark the format's state, so that the pass can be taken up again there.</summary>
internal sealed class GZipLineVisitor(IGZipContent content, ObjectUri uri, long checkpointSpacing, SalvageEnd? salvage = null) : IGzipVisitor
{
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(2);

    private readonly ArrayBufferWriter<byte> _state = new();
    private readonly Queue<PassedMark> _marks = new();
    private GZipLinePartial.Builder _partial = new();
    private long _output;
    private long _lastMarkOffset;
    private byte[] _firstMember = [];
    private BgzfSight _bgzf = BgzfSight.Nothing;
    private LeadInEnd _leadInEnd;

    private long _checkpointOffset;
    private long _checkpointTime = Stopwatch.GetTimestamp();
    private Checkpoint? _checkpoint;

    public void OnOutput(ReadOnlySpan<byte> output)
    {
        if (salvage is not null && output.Length > salvage.ContentEnd - _output)
            output = output[..(int)(salvage.ContentEnd - _output)];
        content.Append(output, new GZipPlace(uri, _lastMarkOffset, _output));
        _output += output.Length;
    }

    public void OnMark(in InflateMark mark)
    {
        if (mark.OutputOffset > salvage?.ContentEnd)
            return;
        _lastMarkOffset = mark.CompressedByteOffset;
        var found = TakeFound();
        _state.ResetWrittenCount();
        content.Save(_state);
        _marks.Enqueue(new PassedMark(mark, PackLine(mark.IsMemberStart), _firstMember, _bgzf, _state.WrittenSpan.ToArray(), found));
    }

    public void OnLeadInEnd(in InflateMark mark, long outputOffset) => OnLeadInEnd(mark, outputOffset, PackLine(isMemberStart: false));

    /// <summary>As <see cref="OnLeadInEnd(in InflateMark, long)"/>, where the content has not seen all before that place.</summary>
    public void OnLeadInEnd(in InflateMark mark, long outputOffset, long packedLine) => _leadInEnd = new LeadInEnd(mark, outputOffset, packedLine);

    public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state)
    {
        if (mark.OutputOffset > salvage?.ContentEnd)
            return;
        var passed = TakeMarksUpTo(mark);
        if (!mark.IsMemberStart)
        {
            var usable = _leadInEnd.Mark == mark ? _leadInEnd : new LeadInEnd(mark, mark.OutputOffset, passed.Line);
            // Of a damaged object nothing after its end can be had.
            if (usable.OutputOffset <= (salvage?.ContentEnd ?? long.MaxValue))
                _partial.AddWindow(mark.CompressedBitOffset, mark.OutputOffset, usable.Line, usable.OutputOffset - mark.OutputOffset, WindowCodec.Encode(window));
        }

        // The one before has not been stored yet: the next access point will do.
        if (Volatile.Read(ref _checkpoint) is not null)
            return;
        if (mark.CompressedByteOffset - _checkpointOffset < checkpointSpacing && Stopwatch.GetElapsedTime(_checkpointTime) < CheckpointInterval)
            return;
        if (mark.OutputOffset == 0)
            return;
        var checkpoint = new Checkpoint(_partial.ToBytes(), SaveState(passed, state), mark.CompressedByteOffset);
        _partial = new GZipLinePartial.Builder();
        _checkpointOffset = mark.CompressedByteOffset;
        _checkpointTime = Stopwatch.GetTimestamp();
        Volatile.Write(ref _checkpoint, checkpoint);
    }

    public void OnMember(GzipMember member)
    {
        if (_firstMember.Length == 0)
            _firstMember = Describe(member);
        _bgzf = _bgzf.With(member);
    }

    /// <summary>Whether there is a checkpoint to store; each is handed out once. May be called from another thread.</summary>
    public bool TryTakeCheckpoint(out ReadOnlyMemory<byte> partial, out ReadOnlyMemory<byte> state, out long bytesDone)
    {
        var checkpoint = Interlocked.Exchange(ref _checkpoint, null);
        (partial, state, bytesDone) = checkpoint is null ? default : (checkpoint.Partial, checkpoint.State, checkpoint.BytesDone);
        return checkpoint is not null;
    }

    /// <summary>After the scan: what is left, with the totals. A checkpoint that was not taken is part of it.</summary>
    public ReadOnlyMemory<byte> TakeLastPartial(GzipScanResult result)
    {
        while (_marks.TryDequeue(out var mark))
            Add(mark);
        _partial.AddFound(TakeFound().Span);
        new GZipLineTotals(content, _output, result.MemberCount, _firstMember, _bgzf, result.TrailingBytes, salvage).AddTo(_partial);
        return TakePartial();
    }

    /// <summary>Begins with a part in the middle of an object.</summary>
    public void BeginAt(GzipPartStart start)
    {
        _output = start.At.Output;
        _lastMarkOffset = _checkpointOffset = start.At.Bit >> 3;
    }

    /// <summary>After the scan of a part: what it found, and the state of the content.</summary>
    public ReadOnlyMemory<byte> TakePart(GzipPartEnd end)
    {
        while (_marks.TryDequeue(out var mark))
            Add(mark);
        _partial.AddFound(TakeFound().Span);
        _state.ResetWrittenCount();
        content.Save(_state);
        _partial.AddPart(new GZipLinePart(end, _firstMember, _bgzf, _state.WrittenSpan.ToArray()));
        return TakePartial();
    }

    private ReadOnlyMemory<byte> TakePartial()
    {
        var last = _partial.ToBytes();
        return TryTakeCheckpoint(out var untaken, out _, out _) ? GZipLinePartial.Concatenate(untaken.Span, last) : last;
    }

    /// <summary>Goes back to the place of a checkpoint.</summary>
    public GzipScanState Restore(ReadOnlySpan<byte> state)
    {
        var reader = new GZipLinePartial.Reader(state);
        content.Restore(reader.ReadBytes());
        _firstMember = reader.ReadBytes().ToArray();
        _bgzf = (BgzfSight)reader.ReadByte();
        var scan = GzipScanState.FromBytes(reader.ReadBytes());
        _output = scan.Mark.OutputOffset;
        _lastMarkOffset = _checkpointOffset = scan.Mark.CompressedByteOffset;
        return scan;
    }

    private static byte[] SaveState(in PassedMark passed, GzipScanState scan)
    {
        var state = new ArrayBufferWriter<byte>();
        GZipLinePartial.WriteBytes(state, passed.ContentState);
        GZipLinePartial.WriteBytes(state, passed.FirstMember);
        state.Write([(byte)passed.Bgzf]);
        GZipLinePartial.WriteBytes(state, scan.ToBytes());
        return state.WrittenSpan.ToArray();
    }

    private PassedMark TakeMarksUpTo(in InflateMark mark)
    {
        while (_marks.TryDequeue(out var passed))
        {
            Add(passed);
            if (passed.Mark == mark)
                return passed;
        }

        throw new InvalidOperationException($"The access point at bit {mark.CompressedBitOffset} was no mark before.");
    }

    // What was found before a mark comes before it.
    private void Add(in PassedMark passed)
    {
        _partial.AddFound(passed.Found.Span);
        _partial.AddMark(passed.Mark.CompressedBitOffset, passed.Mark.OutputOffset, passed.Line);
    }

    private ReadOnlyMemory<byte> TakeFound() => content is IGZipIndexedContent indexed ? indexed.TakeFound() : default;

    private long PackLine(bool isMemberStart) => GZipMarkColumns.PackLine(content.LineFeeds, content.IsAtLineStart, isMemberStart);

    // Of millions of members the headers would be the bulk of the index; that of the first tells where the object comes from.
    public static byte[] Describe(GzipMember member)
    {
        const int longest = 200;
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (member.FileName is { } name)
                json.WriteString("fileName", name.Length <= longest ? name : name[..longest]);
            if (member.Comment is { } comment)
                json.WriteString("comment", comment.Length <= longest ? comment : comment[..longest]);
            if (member.ModificationTime != 0)
                json.WriteString("modified", DateTimeOffset.FromUnixTimeSeconds(member.ModificationTime).UtcDateTime);
            json.WriteNumber("operatingSystem", member.OperatingSystem);
            json.WriteBoolean("bgzf", BgzfBlock.TryReadSize(member.ExtraField.Span, out _));
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    // From where on the output of an access point can be had, and the line there.
    private readonly record struct LeadInEnd(InflateMark Mark, long OutputOffset, long Line);

    private sealed record Checkpoint(ReadOnlyMemory<byte> Partial, ReadOnlyMemory<byte> State, long BytesDone);

    private readonly record struct PassedMark(InflateMark Mark, long Line, byte[] FirstMember, BgzfSight Bgzf, byte[] ContentState, ReadOnlyMemory<byte> Found);
}
