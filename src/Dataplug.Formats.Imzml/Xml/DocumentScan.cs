using System.Buffers;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>Reads the spectra that start in a range of a document, byte by byte.</summary>
internal sealed class DocumentScan
{
    // Heads have some kilobytes, and are read once a chunk.
    private const int FirstFetch = 64 << 10;
    private const int BufferSize = 1 << 20;

    private readonly PinnedObject _source;
    private readonly ByteRange _range;
    private readonly IProgress<long>? _progress;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private long _position;
    private Stream? _stream;
    private long _fetched;

    public DocumentScan(PinnedObject source, ByteRange range, IProgress<long>? progress)
    {
        _source = source;
        _range = range;
        _progress = progress;
    }

    /// <summary>The head of the document; null where it has to be read otherwise.</summary>
    public ImzmlHead? Head { get; private set; }

    /// <summary>Why the document has to be read otherwise; null where it need not be.</summary>
    public string? Problem { get; private set; }

    /// <summary>Where that was noticed.</summary>
    public long ProblemAt { get; private set; }

    /// <summary>Where the list of spectra begins.</summary>
    public HeadPlace? Place { get; private set; }

    /// <summary>Where the first spectrum starts that is read here; −1 where there is none.</summary>
    public long First { get; private set; } = -1;

    /// <summary>Where the next one starts, which belongs to another range; −1 behind the last one.</summary>
    public long Next { get; private set; } = -1;

    /// <summary>Whether the list and the document end here, as they should.</summary>
    public bool IsComplete { get; private set; }

    public SpectrumBuilder? Builder { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var rented = _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            await RunCoreAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (FormatException failure)
        {
            Depart(failure.Message);
        }
        catch (NotSupportedException failure)
        {
            Depart(failure.Message);
        }
        finally
        {
            if (_stream is not null)
                await _stream.DisposeAsync().ConfigureAwait(false);
            ArrayPool<byte>.Shared.Return(rented);
            (_position, _start, _end, _buffer) = (Here, 0, 0, []);
        }
    }

    private long Here => _position + _start;

    private ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, _end - _start);

    private void Depart(string problem) => (Problem, ProblemAt) = (problem, Here);

    private async Task RunCoreAsync(CancellationToken cancellationToken)
    {
        if (!await ReadHeadAsync(cancellationToken).ConfigureAwait(false))
            return;
        var place = Place!;
        if (_range.End <= place.End && !(_range.End == _source.Size))
        {
            Next = place.End;
            return;
        }

        var isFirst = _range.Offset < place.End;
        Open(isFirst ? place.End : _range.Offset);
        var builder = Builder = new SpectrumBuilder(Head!.Groups, new SpectrumTable());
        if (place.IsEmpty)
        {
            if (isFirst)
                await CloseAsync(place.Open, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (!isFirst && !await FindFirstAsync(cancellationToken).ConfigureAwait(false))
            return;
        var scanner = new SpectrumScanner(builder);
        while (true)
        {
            if (!await SkipWhiteSpaceAsync(cancellationToken).ConfigureAwait(false))
                return;
            if (Bytes.StartsWith("</"u8))
            {
                await CloseAsync(place.Open, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (!Bytes.StartsWith("<spectrum"u8) || Bytes.Length < 10 || !SpectrumScanner.IsWhiteSpace(Bytes[9]))
            {
                Depart("something else where a spectrum should be");
                return;
            }

            if (Here >= _range.End)
            {
                Next = Here;
                return;
            }

            if (First < 0)
                First = Here;
            int length;
            while ((length = scanner.Scan(Bytes)) == 0)
            {
                if (scanner.Departure is { } departure)
                {
                    Depart(departure);
                    return;
                }

                if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                {
                    Depart("the document ends in the middle of a spectrum");
                    return;
                }
            }

            _start += length;
        }
    }

    private async Task<bool> ReadHeadAsync(CancellationToken cancellationToken)
    {
        for (long length = FirstFetch; ; length *= 4)
        {
            length = Math.Min(length, Math.Min(_source.Size, HeadPlace.MaxLength));
            var bytes = await _source.ReadAsync(new ByteRange(0, length), cancellationToken).ConfigureAwait(false);
            if (!DocumentEncoding.IsAsciiCompatible(bytes))
            {
                Depart("an encoding that is not read byte by byte");
                return false;
            }

            Place = HeadPlace.Find(bytes, out var departs);
            if (Place is { } place)
            {
                using var reader = DocumentReader.Open(new MemoryStream(bytes, 0, (int)place.End, writable: false), bytes, _source.Uri.Display);
                Head = await reader.ReadHeadAsync(cancellationToken).ConfigureAwait(false);
                return true;
            }

            if (departs || length == _source.Size || length == HeadPlace.MaxLength)
            {
                Depart("no list of spectra that is found byte by byte");
                return false;
            }
        }
    }

    // The first spectrum that starts in the range, or behind it.
    private async Task<bool> FindFirstAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = Bytes.IndexOf("<spectrum"u8);
            if (at >= 0 && at + 9 < Bytes.Length)
            {
                _start += at;
                if (SpectrumScanner.IsWhiteSpace(Bytes[9]))
                    return true;
                _start += 9;
                continue;
            }

            _start = at >= 0 ? _start + at : Math.Max(_start, _end - 8);
            if (Here >= _range.End || !await FillAsync(cancellationToken).ConfigureAwait(false))
                return false;
        }
    }

    // The rest of the document: it must close what is open, and hold no more spectra.
    private async Task CloseAsync(IReadOnlyList<string> open, CancellationToken cancellationToken)
    {
        var names = open.ToList();
        while (names.Count > 0)
        {
            if (!Close(names))
            {
                if (Problem is not null)
                    return;
                if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                {
                    Depart("the document does not end as it should");
                    return;
                }
            }
        }

        while (true)
        {
            if (Bytes.IndexOfAnyExcept(" \t\r\n"u8) >= 0)
            {
                Depart("the document goes on behind its end");
                return;
            }

            _start = _end;
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                break;
        }

        IsComplete = true;
    }

    // Reads tags as far as there are bytes; true when all elements are closed.
    private bool Close(List<string> names)
    {
        var tags = new TagReader(Bytes);
        var done = 0;
        while (names.Count > 0)
        {
            if (!tags.SkipText())
            {
                if (!tags.IsShort)
                    Depart("text behind the spectra that is not plain");
                break;
            }

            if (!tags.Read())
            {
                if (!tags.IsShort)
                    Depart(tags.Problem);
                break;
            }

            var name = System.Text.Encoding.ASCII.GetString(tags.Name);
            if (tags.IsEnd)
            {
                if (names[^1] != name)
                {
                    Depart("an end tag without its start");
                    break;
                }

                names.RemoveAt(names.Count - 1);
            }
            else
            {
                if (name is "spectrum" or "spectrumList" || names.Count == TagReader.MaxDepth)
                {
                    Depart("spectra behind the list of spectra");
                    break;
                }

                if (!tags.IsEmpty)
                    names.Add(name);
            }

            done = tags.Position;
        }

        _start += done;
        return names.Count == 0;
    }

    private async Task<bool> SkipWhiteSpaceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var skip = Bytes.IndexOfAnyExcept(" \t\r\n"u8);
            _start = skip < 0 ? _end : _start + skip;
            if (skip >= 0 && Bytes.Length >= 16)
                return true;
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                if (skip >= 0)
                    return true;
                Depart("the document ends in its list of spectra");
                return false;
            }
        }
    }

    private void Open(long position)
    {
        _position = position;
        (_start, _end) = (0, 0);
        _fetched = Math.Max(position, Math.Min(_source.Size, _range.End + (64 << 10)));
        _stream = _source.OpenRead(ByteRange.FromBounds(position, _fetched));
    }

    // More bytes behind those that are there; those before the start may go.
    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            Bytes.CopyTo(_buffer);
            _position += _start;
            (_start, _end) = (0, _end - _start);
            _progress?.Report(Math.Clamp(_position - _range.Offset, 0, _range.Length));
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        while (true)
        {
            var read = await _stream!.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read > 0)
            {
                _end += read;
                return true;
            }

            if (_fetched == _source.Size)
                return false;
            await _stream.DisposeAsync().ConfigureAwait(false);
            var next = Math.Min(_source.Size, _fetched + (1 << 20));
            _stream = _source.OpenRead(ByteRange.FromBounds(_fetched, next));
            _fetched = next;
        }
    }
}
