using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>Where a piece of content is in its object.</summary>
internal readonly struct VcfPiece
{
    private readonly bool _isBlock;
    private readonly int _length;
    private readonly long _start;
    private readonly long _end;
    private readonly int _skipped;

    private VcfPiece(bool isBlock, int length, long start, long end, int skipped = 0)
    {
        _skipped = skipped;
        _isBlock = isBlock;
        _length = length;
        _start = start;
        _end = end;
    }

    /// <summary>A piece of content of which only the offset in the content counts.</summary>
    public static VcfPiece Plain(long offset, int length) => new(false, length, offset, offset + length);

    /// <summary>The present block of BGZF.</summary>
    public static VcfPiece Block(BgzfReader blocks) => new(true, blocks.Content.Length, blocks.BlockOffset, blocks.NextOffset);

    /// <summary>The place of a byte, or after the last one: there, of BGZF, the start of the next block.</summary>
    public VirtualOffset At(int index)
    {
        index += _skipped;
        return !_isBlock ? new VirtualOffset(_start + index, 0) : index == _length ? new VirtualOffset(_end, 0) : new VirtualOffset(_start, index);
    }

    /// <summary>About how many stored bytes come before it.</summary>
    public long StoredAt(int index)
    {
        index += _skipped;
        return !_isBlock || _length == 0 ? _start + index : _start + (index * (_end - _start) / _length);
    }

    /// <summary>The piece without its first bytes.</summary>
    public VcfPiece From(int skipped) => new(_isBlock, _length, _start, _end, _skipped + skipped);
}
