using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>The first bytes of a CSV object and what they tell; the same for every chunk.</summary>
internal sealed class CsvHead
{
    private CsvHead(ReadOnlyMemory<byte> bytes, bool isWhole, CsvOptions options)
    {
        Bytes = bytes;
        IsWhole = isWhole;
        ByteOrderMarkLength = ByteOrderMark.LengthOf(bytes.Span);
        Dialect = CsvDialect.Detect(Content.Span, isWhole, options);
        FirstRowFields = CountFirstRow();
    }

    /// <summary>The bytes, at most <see cref="CsvDialect.HeadLength"/>.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The bytes after the byte order mark.</summary>
    public ReadOnlyMemory<byte> Content => Bytes[ByteOrderMarkLength..];

    /// <summary>Whether they are all of the object.</summary>
    public bool IsWhole { get; }

    /// <summary>3 when there is a UTF-8 byte order mark, else 0.</summary>
    public int ByteOrderMarkLength { get; }

    /// <summary>What separates and quotes fields.</summary>
    public CsvDialect Dialect { get; }

    /// <summary>Fields of the first row; 0 when there is none or it is longer than the head.</summary>
    public int FirstRowFields { get; }

    /// <summary>Reads the head of an object: one range GET.</summary>
    /// <exception cref="UnsupportedFormatException">The object is UTF-16 or UTF-32.</exception>
    public static async Task<CsvHead> ReadAsync(PinnedObject source, CsvOptions options, CancellationToken cancellationToken)
    {
        var bytes = await source.ReadAsync(new ByteRange(0, Math.Min(source.Size, CsvDialect.HeadLength)), cancellationToken).ConfigureAwait(false);
        ByteOrderMark.RefuseWide(bytes, source.Uri.Display);
        return new CsvHead(bytes, bytes.Length == source.Size, options);
    }

    /// <summary>The line ends of the rows in the head.</summary>
    public LineEnding FindLineEnding()
    {
        var fields = new CsvFields(Dialect);
        long lf = 0, crlf = 0, cr = 0;
        for (var rest = FirstRow(Content.Span); !rest.IsEmpty; rest = FirstRow(rest))
        {
            var length = fields.Split(rest, IsWhole);
            if (length < 0)
                break;
            var last = rest[length - 1];
            rest = rest[length..];
            if (last == (byte)'\n')
                lf++;
            else if (last == (byte)'\r' && rest.StartsWith("\n"u8))
                crlf++;
            else if (last == (byte)'\r' && (IsWhole || !rest.IsEmpty))
                cr++;
        }

        return TextEncodings.StyleOf(lf, crlf, cr);
    }

    private static ReadOnlySpan<byte> FirstRow(ReadOnlySpan<byte> bytes) => bytes[CsvSample.SkipLineEnds(bytes)..];

    private int CountFirstRow()
    {
        var row = FirstRow(Content.Span);
        var fields = new CsvFields(Dialect);
        return !row.IsEmpty && fields.Split(row, IsWhole) >= 0 ? fields.Count : 0;
    }
}
