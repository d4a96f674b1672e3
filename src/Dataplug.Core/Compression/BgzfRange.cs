using System.Text.Json.Serialization;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Compression;

/// <summary>A run of the content of a BGZF object: what is needed to read it, with one range GET and nothing else.</summary>
public sealed record BgzfRange
{
    /// <summary>The place of its first byte.</summary>
    public required VirtualOffset Start { get; init; }

    /// <summary>The place after its last byte.</summary>
    public required VirtualOffset End { get; init; }

    /// <summary>Offset in the stored object up to which it is read: the end of the last block that is needed, or a place behind it.</summary>
    public required long StoredEnd { get; init; }

    /// <summary>Whether there is nothing in it, so that nothing is fetched.</summary>
    [JsonIgnore]
    public bool IsEmpty => Start >= End;

    /// <summary>The bytes that are fetched.</summary>
    [JsonIgnore]
    public ByteRange Range => IsEmpty ? new ByteRange(Start.Block, 0) : ByteRange.FromBounds(Start.Block, StoredEnd);

    /// <summary>A run where the length of the last block is not known: as far as it may reach.</summary>
    /// <param name="start">The place of its first byte.</param>
    /// <param name="end">The place after its last byte.</param>
    /// <param name="size">Bytes of the stored object.</param>
    public static BgzfRange Between(VirtualOffset start, VirtualOffset end, long size) => new()
    {
        Start = start,
        End = end,
        StoredEnd = end.Within == 0 ? end.Block : Math.Min(size, end.Block + BgzfBlock.MaxLength),
    };

    /// <summary>Opens the run, decompressed.</summary>
    /// <param name="source">The object, pinned.</param>
    /// <exception cref="InvalidSliceException">The numbers make no sense.</exception>
    public Stream Open(PinnedObject source)
    {
        Validate(source);
        return IsEmpty ? Stream.Null : new BgzfStream(OpenReader(source), this, source.Uri.Display);
    }

    /// <summary>Opens the blocks that the run lies in: whole, also what of the first and of the last is not in it.</summary>
    /// <param name="source">The object, pinned.</param>
    /// <exception cref="InvalidSliceException">The numbers make no sense.</exception>
    public BgzfReader OpenBlocks(PinnedObject source)
    {
        Validate(source);
        return OpenReader(source);
    }

    // What is read may end within the block after the last.
    private BgzfReader OpenReader(PinnedObject source) =>
        new(new GZipSpanStream(source, Range), Start.Block, source.Uri.Display, endsAnywhere: StoredEnd < source.Size);

    private void Validate(PinnedObject source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (StoredEnd > source.Size || StoredEnd < Start.Block || (!IsEmpty && End.Block > StoredEnd))
            throw new InvalidSliceException(source.Uri.Display, "the slice's numbers contradict each other");
    }
}

/// <summary>The content of a <see cref="BgzfRange"/>.</summary>
internal sealed class BgzfStream(BgzfReader blocks, BgzfRange range, string source) : ForwardStream
{
    private ReadOnlyMemory<byte> _content;
    private bool _begun;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while (_content.IsEmpty && !_ended)
            Take(blocks.NextAsync().AsTask().GetAwaiter().GetResult());
        return Give(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (_content.IsEmpty && !_ended)
            Take(await blocks.NextAsync(cancellationToken).ConfigureAwait(false));
        return Give(buffer.Span);
    }

    public override async ValueTask DisposeAsync()
    {
        (_content, _ended) = (default, true);
        await blocks.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        (_content, _ended) = (default, true);
        if (disposing)
            blocks.DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    private int Give(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _content.Length);
        _content.Span[..length].CopyTo(buffer);
        _content = _content[length..];
        return length;
    }

    private void Take(bool isBlock)
    {
        if (!isBlock || blocks.BlockOffset > range.End.Block)
            throw new CorruptObjectException(source, "its BGZF blocks are not where the index has them", "Preprocess the object again with force, then partition it again.", isBlock ? blocks.BlockOffset : range.StoredEnd);
        var content = blocks.Content;
        var skip = _begun ? 0 : range.Start.Within;
        var end = blocks.BlockOffset == range.End.Block ? range.End.Within : content.Length;
        if (skip > content.Length || end > content.Length || skip > end)
            throw new CorruptObjectException(source, "a BGZF block has less content than the index has", "Preprocess the object again with force, then partition it again.", blocks.BlockOffset);
        _content = content[skip..end];
        _begun = true;
        _ended = blocks.BlockOffset == range.End.Block || (blocks.NextOffset == range.End.Block && range.End.Within == 0);
    }
}
