using System.Buffers;
using System.Text;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>What a <see cref="VcfLineStream"/> lets through.</summary>
internal sealed record VcfLineSelection
{
    /// <summary>Records at the start that are left out.</summary>
    public long Skip { get; init; }

    /// <summary>Records that are let through; null for all.</summary>
    public long? Take { get; init; }

    /// <summary>Which records are meant; null for all.</summary>
    public VcfFilter? Filter { get; init; }

    /// <summary>The samples whose columns are kept, in this order; null for all as they are.</summary>
    public IReadOnlyList<string>? Samples { get; init; }

    /// <summary>Whether header lines are let through.</summary>
    public bool KeepsHeader { get; init; } = true;

    /// <summary>Whether empty lines are let through.</summary>
    public bool KeepsEmpty { get; init; }
}

/// <summary>The lines of a VCF text that are meant, with the columns that are meant, byte for byte else.</summary>
internal sealed class VcfLineStream(Stream inner, VcfLineSelection selection, string source) : ForwardStream
{
    private const int FirstBuffer = 128 << 10;
    private const int MaxLine = 1 << 30;

    private readonly byte[]? _contig = selection.Filter?.ContigBytes();
    private readonly ArrayBufferWriter<byte> _output = new(FirstBuffer);
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private MemoryStream? _header = selection.Samples is null ? null : new MemoryStream();
    private VcfColumnPicker? _picker;
    private int _start;
    private int _end;
    private int _given;
    private long _skip = selection.Skip;
    private long _left = selection.Take ?? long.MaxValue;
    private bool _ended;
    private bool _isDone;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while (_given == _output.WrittenCount)
        {
            if (_isDone)
                return 0;
            MakeRoom();
            var read = inner.Read(_buffer.AsSpan(_end));
            Take(read);
        }

        return Give(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (_given == _output.WrittenCount)
        {
            if (_isDone)
                return 0;
            MakeRoom();
            Take(await inner.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false));
        }

        return Give(buffer.Span);
    }

    public override async ValueTask DisposeAsync()
    {
        ReturnBuffer();
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            ReturnBuffer();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _isDone = true;
    }

    private int Give(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _output.WrittenCount - _given);
        _output.WrittenSpan.Slice(_given, length).CopyTo(buffer);
        _given += length;
        return length;
    }

    private void MakeRoom()
    {
        _output.ResetWrittenCount();
        _given = 0;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end < _buffer.Length)
            return;
        if (_buffer.Length >= MaxLine)
            throw new UnsupportedFormatException(source, $"a line is longer than {MaxLine / 2} bytes", "Cut the object with a strategy that needs no look at its lines: chunks or bytes.");
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void Take(int read)
    {
        _ended = read == 0;
        var from = _ended ? _start : _end;
        _end += read;
        while (!_isDone && _start < _end)
        {
            // What was there before has no line feed.
            var feed = _buffer.AsSpan(Math.Max(from, _start), _end - Math.Max(from, _start)).IndexOf((byte)'\n');
            if (feed < 0 && !_ended)
                return;
            var next = feed < 0 ? _end : Math.Max(from, _start) + feed + 1;
            AddLine(_buffer.AsSpan(_start, next - _start));
            _start = next;
        }

        _isDone |= _ended;
    }

    private void AddLine(ReadOnlySpan<byte> line)
    {
        if (line[0] == (byte)'#')
        {
            AddHeader(line);
            return;
        }

        var text = line.TrimEnd("\r\n"u8);
        if (text.IsEmpty)
        {
            if (selection.KeepsEmpty)
                _output.Write(line);
            return;
        }

        if (_skip > 0)
        {
            _skip--;
            return;
        }

        if (_left == 0)
        {
            // Only empty lines are left to be looked for.
            _isDone = !selection.KeepsEmpty;
            return;
        }

        if (selection.Filter is { } filter)
        {
            if (VcfFields.Parse(text, out var fields) is { } problem)
                throw new CorruptObjectException(source, $"a record of a slice is damaged: {problem}", "Preprocess the object again with force, then partition it again.");
            switch (filter.Answer(text, fields, _contig))
            {
                case VcfFilterAnswer.No:
                    return;
                case VcfFilterAnswer.NoMore:
                    _isDone = !selection.KeepsEmpty;
                    return;
            }
        }

        _left--;
        if (_picker is null)
            _output.Write(line);
        else
            _picker.Write(line, text.Length, _output);
    }

    private void AddHeader(ReadOnlySpan<byte> line)
    {
        if (_header is not null)
        {
            _header.Write(line);
            if (line.StartsWith("#CHROM"u8))
            {
                var header = VcfHeader.Parse(_header.ToArray(), source);
                _picker = new VcfColumnPicker(header.Find(selection.Samples!, source), header.Samples.Count, source);
                _header = null;
                if (selection.KeepsHeader)
                    _picker.Write(line, line.TrimEnd("\r\n"u8).Length, _output);
                return;
            }
        }

        if (selection.KeepsHeader)
            _output.Write(line);
    }
}

/// <summary>Writes lines with the columns of some samples only.</summary>
internal sealed class VcfColumnPicker(int[] samples, int sampleCount, string source)
{
    private readonly int[] _ends = new int[sampleCount + 1];

    /// <summary>Writes a line: its first eight columns, FORMAT where there are samples, theirs, and the line's end.</summary>
    /// <param name="line">The line with its end.</param>
    /// <param name="length">Bytes of it without its end.</param>
    /// <param name="output">Takes the bytes.</param>
    public void Write(ReadOnlySpan<byte> line, int length, IBufferWriter<byte> output)
    {
        var at = 0;
        for (var column = 0; column < VcfFields.FixedColumns; column++)
            at = EndOfColumn(line[..length], at == 0 ? 0 : at + 1);
        var fixedEnd = at;
        if (samples.Length == 0)
        {
            output.Write(line[..fixedEnd]);
            output.Write(line[length..]);
            return;
        }

        for (var i = 0; i <= sampleCount; i++)
        {
            if (at >= length)
                throw new CorruptObjectException(source, "a record of a slice has fewer columns than the header has", "Preprocess the object again with force, then partition it again.");
            at = EndOfColumn(line[..length], at + 1);
            _ends[i] = at;
        }

        output.Write(line[.._ends[0]]);
        foreach (var sample in samples)
            output.Write(line[_ends[sample].._ends[sample + 1]]);
        output.Write(line[length..]);
    }

    private static int EndOfColumn(ReadOnlySpan<byte> line, int start)
    {
        var tab = line[start..].IndexOf((byte)'\t');
        return tab < 0 ? line.Length : start + tab;
    }
}
