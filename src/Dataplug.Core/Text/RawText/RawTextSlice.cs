using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// A piece of a text: whole lines or whole words. Its records are lines (without line ends) or words, whichever it is cut at;
/// its value is all of its text. Reading costs one range GET; an empty slice costs none.
/// </summary>
public sealed record RawTextSlice : Slice<string, string>
{
    // Decoding to a string at most doubles it, and a string has at most 2^30 characters.
    private const long MaxStringBytes = 1 << 30;

    /// <summary>What was never cut, and what the records are.</summary>
    public required TextUnit Unit { get; init; }

    /// <summary>How bytes become characters.</summary>
    public required TextEncoding Encoding { get; init; }

    /// <summary>Offset of the first byte that is fetched.</summary>
    public required long Offset { get; init; }

    /// <summary>Number of bytes that are fetched; 0 for an empty slice.</summary>
    public required long Length { get; init; }

    /// <summary>Number of the first line (or word), counted over the whole object from 0.</summary>
    public required long First { get; init; }

    /// <summary>Number of lines (or words).</summary>
    public required long Records { get; init; }

    /// <summary>Lines that are fetched before the slice's own and left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Skip { get; init; }

    /// <summary>Lines that are fetched after the slice's own and left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Surplus { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => RawTextFormat.FormatId;

    // U+FEFF is a byte order mark only as the first character of the object; a slice may fetch that and leave it out.
    private bool StartsObject => Offset == 0 && Skip == 0;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => Length == 0 ? [] : [new ByteRange(Offset, Length)];

    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) => Task.FromResult(Open());

    /// <summary>Opens the records as bytes, for those who want no strings.</summary>
    public Task<RawTextReader> OpenReaderAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(CreateReader());
    }

    /// <summary>Reads the lines (or words) one after another, decoded, without line ends and without the byte order mark.</summary>
    public override async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = CreateReader();
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                yield return reader.GetString();
        }
    }

    /// <summary>Reads the whole piece as one string, line ends included, without the byte order mark.</summary>
    /// <exception cref="PartitionException">The slice is larger than 1 GiB and fits in no string.</exception>
    public override async Task<string> GetAsync(CancellationToken cancellationToken = default)
    {
        if (Length > MaxStringBytes)
        {
            throw new PartitionException(
                Source.Uri.Display, $"a slice of {Length} bytes fits in no string", "Cut the object into smaller slices, or read the slice line by line.", Offset);
        }

        var content = Open();
        await using (content.ConfigureAwait(false))
        {
            using var bytes = new MemoryStream((int)Length);
            await content.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
            var text = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
            return Encoding.ToEncoding().GetString(text[(StartsObject ? ByteOrderMark.LengthOf(text) : 0)..]);
        }
    }

    private RawTextReader CreateReader() => new(Open(), StartsObject, Unit, Encoding, Source.Uri.Display);

    private Stream Open()
    {
        if (Length == 0)
            return Stream.Null;
        var bytes = PinSource().OpenRead(new ByteRange(Offset, Length));
        return Skip == 0 && Surplus == 0 ? bytes : new RecordWindowStream(bytes, new LineStartFinder(), Skip, Records);
    }
}
