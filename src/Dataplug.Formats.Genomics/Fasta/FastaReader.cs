using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Reads FASTA sequence by sequence, and each piece by piece, so that a chromosome needs no more memory than a read. Allocates nothing a
/// sequence, unless its name is asked for as a string.
/// </summary>
/// <remarks>Not safe for use by several threads at once.</remarks>
public sealed class FastaReader : IAsyncDisposable
{
    private const int BufferLength = 256 << 10;

    private readonly Stream _stream;
    private readonly string? _source;
    private readonly ArrayBufferWriter<byte> _title = new();
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
    private FastaLead? _lead;
    private int _start;
    private int _end;
    private bool _ended;
    private bool _isAtLineStart = true;
    private bool _isInSequence;

    /// <summary>Reads a stream of FASTA.</summary>
    /// <param name="stream">Plain FASTA; owned.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <param name="lead">The sequence within which the stream begins; null where it begins with a header.</param>
    public FastaReader(Stream stream, string? source = null, FastaLead? lead = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        _source = source;
        _lead = lead;
    }

    /// <summary>The present sequence's title: what follows '>' in its header line; valid until the next call of <see cref="NextAsync"/>.</summary>
    public ReadOnlySpan<byte> Title => _title.WrittenSpan;

    /// <summary>The present sequence's name: the title up to the first blank.</summary>
    public string Name => Encoding.UTF8.GetString(Title[..NameEnd(out _)].TrimStart((byte)' '));

    /// <summary>The rest of the present sequence's title.</summary>
    public string Description
    {
        get
        {
            _ = NameEnd(out var description);
            return Encoding.UTF8.GetString(Title[description..]);
        }
    }

    /// <summary>Bases of the sequence before what the stream has of it.</summary>
    public long Offset { get; private set; }

    /// <summary>Goes on to the next sequence; what is left of the present one is passed over.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="CorruptObjectException">There are letters before the first header.</exception>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken = default)
    {
        if (_lead is { } lead)
        {
            _lead = null;
            Offset = lead.Offset;
            _title.ResetWrittenCount();
            _title.Write(Encoding.UTF8.GetBytes(lead.Title));
            return _isInSequence = true;
        }

        while (_isInSequence && !(await ReadBasesAsync(cancellationToken).ConfigureAwait(false)).IsEmpty)
        {
            // Passed over.
        }

        Offset = 0;
        _title.ResetWrittenCount();
        for (; ; )
        {
            if (_start == _end && !await FillAsync(cancellationToken).ConfigureAwait(false))
                return false;
            if (_buffer[_start] == (byte)'>')
                break;
            if (_buffer[_start] is not ((byte)'\n' or (byte)'\r' or (byte)' ' or (byte)'\t'))
                throw new CorruptObjectException(_source, "there are letters before the first header, which begins with '>'");
            _start++;
        }

        _start++;
        while (!TakeTitle())
        {
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                break;
        }

        _isAtLineStart = true;
        return _isInSequence = true;
    }

    /// <summary>The next bases of the present sequence, at most 256 KiB, without line ends; empty at its end. Valid until the next
    /// call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBasesAsync(CancellationToken cancellationToken = default)
    {
        while (_isInSequence)
        {
            if (_start == _end && !await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                _isInSequence = false;
                break;
            }

            var length = LengthToHeader();
            if (length == 0)
            {
                _isInSequence = false;
                break;
            }

            var kept = FastaBytes.KeepLetters(_buffer.AsSpan(_start, length));
            var bases = _buffer.AsMemory(_start, kept);
            _start += length;
            if (kept > 0)
                return bases;
        }

        return default;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        (_start, _end, _ended, _isInSequence) = (0, 0, true, false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private int NameEnd(out int description)
    {
        var start = Title.IndexOfAnyExcept((byte)' ', (byte)'\t');
        var end = start < 0 ? -1 : Title[start..].IndexOfAny((byte)' ', (byte)'\t');
        if (end < 0)
            return description = Title.Length;
        description = start + end + 1;
        return start + end;
    }

    // Up to the next '>' that begins a line; whether the byte after what there is begins one is remembered.
    private int LengthToHeader()
    {
        var rest = _buffer.AsSpan(_start, _end - _start);
        if (_isAtLineStart && rest[0] == (byte)'>')
            return 0;
        var header = rest.IndexOf("\n>"u8);
        var length = header < 0 ? rest.Length : header + 1;
        _isAtLineStart = rest[length - 1] == (byte)'\n';
        return length;
    }

    private bool TakeTitle()
    {
        var rest = _buffer.AsSpan(_start, _end - _start);
        var feed = rest.IndexOf((byte)'\n');
        var part = feed < 0 ? rest : rest[..feed];
        if (_title.WrittenCount + part.Length > FastaScanner.MaxHeaderText && _title.WrittenCount < FastaScanner.MaxHeaderText)
            part = part[..(FastaScanner.MaxHeaderText - _title.WrittenCount)];
        if (_title.WrittenCount < FastaScanner.MaxHeaderText)
            _title.Write(part);
        _start = feed < 0 ? _end : _start + feed + 1;
        if (feed < 0)
            return false;
        if (Title.EndsWith("\r"u8))
        {
            var length = _title.WrittenCount - 1;
            var title = _title.WrittenSpan[..length].ToArray();
            _title.ResetWrittenCount();
            _title.Write(title);
        }

        return true;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_ended)
            return false;
        (_start, _end) = (0, await _stream.ReadAsync(_buffer.AsMemory(0, BufferLength), cancellationToken).ConfigureAwait(false));
        _ended = _end == 0;
        return !_ended;
    }
}

/// <summary>The sequence within which a piece begins.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Its bases before the piece.</param>
public sealed record FastaLead(string Name, long Offset)
{
    /// <summary>The title that a piece has as a file: the name, and <c>offset=</c> with the bases before.</summary>
    internal string Title => string.Create(CultureInfo.InvariantCulture, $"{Name} offset={Offset}");
}
