using System.Buffers;
using System.IO.Pipelines;
using Dataplug.Compression;

namespace Dataplug.Core.Tests.Compression;

/// <summary>An access point as it was reported.</summary>
internal sealed record RecordedAccessPoint(InflateMark Mark, byte[] Window, GzipScanState State);

/// <summary>Keeps all that a scan reports, and checks the promises about its order as it comes.</summary>
internal sealed class GzipRecording : IGzipVisitor
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly long _start;

    /// <param name="start">Output offset at which the scan begins.</param>
    public GzipRecording(long start = 0) => _start = start;

    public byte[] Output => _output.WrittenSpan.ToArray();

    public List<InflateMark> Marks { get; } = [];

    public List<RecordedAccessPoint> AccessPoints { get; } = [];

    public List<GzipMember> Members { get; } = [];

    /// <summary>Output offsets at which lead-ins end.</summary>
    public Dictionary<InflateMark, long> LeadInEnds { get; } = [];

    public GzipScanResult? Result { get; private set; }

    public void OnOutput(ReadOnlySpan<byte> output)
    {
        Assert.False(output.IsEmpty);
        _output.Write(output);
    }

    public void OnMark(in InflateMark mark)
    {
        Assert.Equal(_start + _output.WrittenCount, mark.OutputOffset);
        Marks.Add(mark);
    }

    public void OnLeadInEnd(in InflateMark mark, long outputOffset)
    {
        Assert.Contains(mark, Marks);
        Assert.False(mark.IsMemberStart);
        Assert.Equal(_start + _output.WrittenCount, outputOffset);
        LeadInEnds.Add(mark, outputOffset);
    }

    public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state)
    {
        Assert.Contains(mark, Marks);
        if (AccessPoints.Count > 0)
            Assert.True(AccessPoints[^1].Mark.OutputOffset < mark.OutputOffset);
        Assert.Equal(mark, state.Mark);
        // With a lead-in the state keeps the whole window.
        Assert.Equal(window.Length, state.Window.Length);
        if (!LeadInEnds.ContainsKey(mark))
            Assert.Equal(window, state.Window.Span);
        AccessPoints.Add(new(mark, window.ToArray(), state));
    }

    public void OnMember(GzipMember member)
    {
        Assert.Equal(_start + _output.WrittenCount, member.OutputOffset + member.OutputLength);
        Members.Add(member);
    }

    public GzipRecording WithResult(GzipScanResult result)
    {
        Result = result;
        return this;
    }

    public static async Task<GzipRecording> OfAsync(byte[] gzip, GzipScanOptions? options = null, GzipScanState? resumeFrom = null)
    {
        var start = (int)(resumeFrom?.Mark.CompressedByteOffset ?? 0);
        using var input = new MemoryStream(gzip, start, gzip.Length - start);
        return await OfAsync(input, options, resumeFrom);
    }

    public static async Task<GzipRecording> OfAsync(Stream input, GzipScanOptions? options = null, GzipScanState? resumeFrom = null)
    {
        var recording = new GzipRecording(resumeFrom?.Mark.OutputOffset ?? 0);
        recording.Result = await GzipScanner.ScanAsync(input, recording, options ?? new(), resumeFrom);
        return recording;
    }

    public static async Task<GzipRecording> OfPipeAsync(Stream input, GzipScanOptions? options = null)
    {
        var recording = new GzipRecording();
        var reader = PipeReader.Create(input, new StreamPipeReaderOptions(bufferSize: 64, minimumReadSize: 1));
        recording.Result = await GzipScanner.ScanAsync(reader, recording, options ?? new());
        await reader.CompleteAsync();
        return recording;
    }

    /// <summary>Equal in all that must not depend on how the input came.</summary>
    public static void AssertEqual(GzipRecording expected, GzipRecording actual)
    {
        Assert.Equal(expected.Output, actual.Output);
        Assert.Equal(expected.Marks, actual.Marks);
        AssertEqual(expected.AccessPoints, actual.AccessPoints);
        AssertEqual(expected.Members, actual.Members);
        Assert.Equal(expected.Result, actual.Result);
    }

    public static void AssertEqual(IReadOnlyList<RecordedAccessPoint> expected, IReadOnlyList<RecordedAccessPoint> actual)
    {
        Assert.Equal(expected.Select(a => a.Mark), actual.Select(a => a.Mark));
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.Equal(e.Window, a.Window);
            Assert.Equal(e.State.ToBytes(), a.State.ToBytes());
        }
    }

    public static void AssertEqual(IReadOnlyList<GzipMember> expected, IReadOnlyList<GzipMember> actual)
    {
        // A record compares the extra field's memory by place; here its bytes count.
        Assert.Equal(expected.Select(m => m with { ExtraField = default }), actual.Select(m => m with { ExtraField = default }));
        Assert.Equal(expected.Select(m => Convert.ToHexString(m.ExtraField.Span)), actual.Select(m => Convert.ToHexString(m.ExtraField.Span)));
    }
}

/// <summary>Gives its bytes in reads of random lengths, some of them asynchronously.</summary>
internal sealed class RandomReadsStream(byte[] bytes, Random random, int maxRead) : Stream
{
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var length = Math.Min(Math.Min(buffer.Length, bytes.Length - _position), random.Next(1, maxRead + 1));
        bytes.AsSpan(_position, length).CopyTo(buffer);
        _position += length;
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (random.Next(50) == 0)
            await Task.Yield();
        return Read(buffer.Span);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
