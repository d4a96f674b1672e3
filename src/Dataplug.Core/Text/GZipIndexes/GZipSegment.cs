using System.Buffers;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// The content between two points of another program's index: decoded from the first, it must end exactly at the second, with
/// the second's window before it. Counts lines and marks places on the way.
/// </summary>
internal sealed class GZipSegment
{
    private const int ReadLength = 256 << 10;

    // A decoder may look a little beyond the end of a block.
    private const int LookAhead = 16;

    private readonly List<Mark> _marks = [];

    private GZipSegment()
    {
    }

    /// <summary>Line feeds in the content.</summary>
    public long LineFeeds { get; private set; }

    /// <summary>Whether the content ends inside a line; null where there is none.</summary>
    public bool? EndsInsideLine { get; private set; }

    /// <summary>Bytes of content before the end.</summary>
    public long ContentEnd { get; private set; }

    /// <summary>Members that ended.</summary>
    public long Members { get; private set; }

    /// <summary>Where the gzip header begins behind which the second point lies; null where it lies elsewhere.</summary>
    public long? HeaderOffset { get; private set; }

    /// <summary>The whole window at the second point.</summary>
    public ReadOnlyMemory<byte> Window { get; private set; }

    /// <summary>Places between the two points, both excluded, about as far apart as the marks of an index of our own.</summary>
    public IReadOnlyList<Mark> Marks => _marks;

    /// <summary>Reads the content from one point to another.</summary>
    /// <param name="source">The object.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where it must end; null for the object's end.</param>
    /// <param name="indexName">The index's name, for messages.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="CorruptIndexException">The object has no such points.</exception>
    /// <exception cref="CorruptObjectException">The object is damaged at its end.</exception>
    public static async Task<GZipSegment> ReadAsync(PinnedObject source, GZipIndexPoint from, GZipIndexPoint? to, string indexName, CancellationToken cancellationToken)
    {
        var segment = new GZipSegment();
        using var decoder = new GzipDecoder(source.Uri.Display);
        if (from.IsMemberStart)
            decoder.StartAtMember(from.BitOffset >> 3, from.ContentOffset, 0);
        else
            decoder.StartAtBlock(from.BitOffset, from.ContentOffset, from.Window.Span);

        // A point behind a header is recognised by the input's end there.
        var isBehindHeader = to is { IsMemberStart: false, Window.IsEmpty: true };
        var start = from.BitOffset >> 3;
        var end = to is null ? source.Size : Math.Min(source.Size, ((to.BitOffset + 7) >> 3) + (isBehindHeader ? 0 : LookAhead));
        var buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        var stored = source.OpenPrefetched(ByteRange.FromBounds(start, end));
        await using (stored.ConfigureAwait(false))
        {
            try
            {
                var length = 0;
                for (var ended = false; !ended;)
                {
                    var read = await stored.ReadAsync(buffer.AsMemory(length, ReadLength - length), cancellationToken).ConfigureAwait(false);
                    ended = read == 0;
                    length += read;
                    if (segment.Push(decoder, buffer.AsSpan(0, length), from, to, out var consumed))
                        return segment;
                    length -= consumed;
                    buffer.AsSpan(consumed, length).CopyTo(buffer);
                }

                if (to is null)
                {
                    decoder.EndInput(length);
                    segment.Finish(decoder);
                    return segment;
                }

                throw new CorruptIndexException(indexName, Unlike(to), "Make the index again from this very object, or preprocess the object.");
            }
            catch (CorruptObjectException failure) when (to is not null || !from.IsMemberStart)
            {
                // Decoding from a place that is none, or with another window, ends like this.
                throw new CorruptIndexException(indexName,
                    $"index and object disagree after the point at byte {from.BitOffset >> 3}, or the object is damaged there: {failure.Problem}",
                    "Make the index again from this very object; if that fails too, the object is damaged.", failure.ByteOffset, failure);
            }
            catch (MismatchException)
            {
                throw new CorruptIndexException(indexName, Unlike(to!), "Make the index again from this very object, or preprocess the object.");
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static string Unlike(GZipIndexPoint to) =>
        $"the index is not of this object: the point at byte {to.BitOffset >> 3}, byte {to.ContentOffset} of the content, is not there or has other content before it";

    // True when the second point was reached.
    private bool Push(GzipDecoder decoder, ReadOnlySpan<byte> input, GZipIndexPoint from, GZipIndexPoint? to, out int consumed)
    {
        consumed = 0;
        for (; ; )
        {
            var happened = decoder.Advance(input[consumed..], out var taken);
            consumed += taken;
            switch (happened)
            {
                case GzipEvent.NeedInput:
                    // Behind a header, of whose member nothing was decoded yet.
                    if (to is { IsMemberStart: false, Window.IsEmpty: true } && decoder.BitPosition == to.BitOffset && decoder.OutputPosition == decoder.MemberOutputOffset
                        && (decoder.MemberOffset + decoder.MemberHeader.Length) * 8 == to.BitOffset && decoder.MemberHeader.Length > 0)
                    {
                        HeaderOffset = decoder.MemberOffset;
                        return Arrive(decoder, to);
                    }

                    return false;
                case GzipEvent.BlockBoundary or GzipEvent.MemberStart:
                    Take(decoder);
                    if (to is not null && decoder.BitPosition == to.BitOffset)
                        return to.IsMemberStart == (happened == GzipEvent.MemberStart) ? Arrive(decoder, to) : throw new MismatchException();
                    if (to is not null && decoder.BitPosition > to.BitOffset)
                        throw new MismatchException();
                    var lastMark = _marks.Count > 0 ? _marks[^1].ContentOffset : from.ContentOffset;
                    if (decoder.OutputPosition - lastMark >= GzipScanOptions.DefaultMarkSpacing)
                        _marks.Add(new Mark(decoder.BitPosition, decoder.OutputPosition, LineFeeds, EndsInsideLine, happened == GzipEvent.MemberStart));
                    break;
                default:
                    Take(decoder);
                    break;
            }
        }
    }

    private bool Arrive(GzipDecoder decoder, GZipIndexPoint to)
    {
        Finish(decoder);
        Window = to.IsMemberStart || HeaderOffset is not null ? default : decoder.Window.ToArray();
        if (ContentEnd != to.ContentOffset || !IsLike(to.Window.Span, Window.Span))
            throw new MismatchException();
        if (_marks.Count > 0 && HeaderOffset is { } header && _marks[^1].BitOffset == header * 8)
            _marks.RemoveAt(_marks.Count - 1);
        return true;
    }

    // Bytes that no later content refers to may be zero; what lies before a member's start is anything.
    private static bool IsLike(ReadOnlySpan<byte> given, ReadOnlySpan<byte> found)
    {
        var length = Math.Min(given.Length, found.Length);
        if (length == 0)
            return found.IsEmpty;
        given = given[^length..];
        found = found[^length..];
        for (var i = 0; i < length; i++)
        {
            if (given[i] != found[i] && given[i] != 0)
                return false;
        }

        return true;
    }

    private void Finish(GzipDecoder decoder)
    {
        Take(decoder);
        ContentEnd = decoder.OutputPosition;
        Members = decoder.MemberCount;
    }

    private void Take(GzipDecoder decoder)
    {
        var output = decoder.Output;
        if (output.IsEmpty)
            return;
        LineFeeds += LineCounter.Count(output);
        EndsInsideLine = output[^1] != (byte)'\n';
        decoder.TakeOutput(output.Length);
    }

    /// <summary>A place between two blocks or members.</summary>
    /// <param name="BitOffset">Bits from the object's start.</param>
    /// <param name="ContentOffset">Bytes of content before it.</param>
    /// <param name="LineFeeds">Line feeds between the segment's start and it.</param>
    /// <param name="IsInsideLine">Whether it is inside a line; null where no content of the segment lies before it.</param>
    /// <param name="IsMemberStart">Whether a gzip header begins here.</param>
    public readonly record struct Mark(long BitOffset, long ContentOffset, long LineFeeds, bool? IsInsideLine, bool IsMemberStart);

    private sealed class MismatchException : Exception;
}
