using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ZstdSharp;

namespace Dataplug.Formats.Imzml;

/// <summary>
/// For every spectrum the m/z of the first point of each block of so many points, and of the last point: where in the arrays a mass
/// window is, without reading them. 32-bit floats, rounded so that a block never seems to hold less than it does.
/// </summary>
internal sealed class MzBlocks
{
    private const int CompressionLevel = 3;
    private readonly List<float> _bounds = [];
    private readonly List<int> _starts = [0];

    public MzBlocks(int blockPoints) => BlockPoints = blockPoints;

    /// <summary>Points of a block, the last one of a spectrum aside.</summary>
    public int BlockPoints { get; }

    public int Count => _starts.Count - 1;

    /// <summary>Points of a block for an ibd of a size: a thousand, more where that would make more than some million blocks.</summary>
    public static int BlockPointsOf(long ibdSize) => (int)Math.Clamp(ibdSize / 12_000_000, 1024, 1 << 24);

    /// <summary>Adds a spectrum.</summary>
    /// <param name="mz">Its m/z values.</param>
    /// <param name="isSorted">Whether they never fall; where they do, the spectrum is one block.</param>
    public void Add(ReadOnlySpan<double> mz, bool isSorted)
    {
        if (!mz.IsEmpty && isSorted)
        {
            for (var i = 0; i < mz.Length; i += BlockPoints)
                _bounds.Add(Down(mz[i]));
            _bounds.Add(Up(mz[^1]));
        }
        else if (!mz.IsEmpty)
        {
            // Two bounds that fall: not sorted, look at all.
            _bounds.Add(float.PositiveInfinity);
            _bounds.Add(float.NegativeInfinity);
        }

        _starts.Add(_bounds.Count);
    }

    public void Append(MzBlocks next)
    {
        var shift = _bounds.Count;
        _bounds.AddRange(next._bounds);
        foreach (var start in next._starts.Skip(1))
            _starts.Add(start + shift);
    }

    /// <summary>The points among which are all those of a spectrum that lie in a window.</summary>
    public (int First, int Points, bool IsSorted) Find(int row, int points, double low, double high)
    {
        var bounds = CollectionsMarshal.AsSpan(_bounds)[_starts[row].._starts[row + 1]];
        if (bounds.IsEmpty || points == 0)
            return (0, 0, true);
        if (bounds[0] > bounds[^1])
            return (0, points, false);
        var blocks = bounds.Length - 1;
        var first = 0;
        while (first < blocks && Up(bounds[first + 1]) < low)
            first++;
        var end = first;
        while (end < blocks && bounds[end] < high)
            end++;
        var from = Math.Min((long)first * BlockPoints, points);
        return ((int)from, (int)(Math.Min((long)end * BlockPoints, points) - from), true);
    }

    /// <summary>The first m/z values of all blocks, each for as many points as its block has: for cuts that share points evenly.</summary>
    public void Sample(int row, int points, List<(float Mz, int Points)> samples)
    {
        var bounds = CollectionsMarshal.AsSpan(_bounds)[_starts[row].._starts[row + 1]];
        for (var i = 0; i < bounds.Length - 1; i++)
        {
            if (float.IsFinite(bounds[i]))
                samples.Add((bounds[i], Math.Min(BlockPoints, points - (i * BlockPoints))));
        }
    }

    public byte[] Encode(int start, int count)
    {
        var bounds = CollectionsMarshal.AsSpan(_bounds)[_starts[start].._starts[start + count]];
        var content = new byte[12 + (4 * count) + (4 * bounds.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(content, BlockPoints);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(4), count);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(8), bounds.Length);
        for (var i = 0; i < count; i++)
            BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(12 + (4 * i)), _starts[start + i + 1] - _starts[start + i]);

        // Bytes of equal weight together compress better.
        var floats = content.AsSpan(12 + (4 * count));
        for (var i = 0; i < bounds.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(bounds[i]);
            for (var b = 0; b < 4; b++)
                floats[(b * bounds.Length) + i] = (byte)(bits >> (8 * b));
        }

        using var compressor = new Compressor(CompressionLevel);
        return [.. BitConverter.GetBytes(content.Length), .. compressor.Wrap(content)];
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="CorruptIndexException">It is something else.</exception>
    public static MzBlocks Decode(ReadOnlySpan<byte> bytes, string source)
    {
        try
        {
            if (bytes.Length < 4 || BinaryPrimitives.ReadInt32LittleEndian(bytes) is not (>= 12 and var length) || length / 50_000 > bytes.Length)
                throw new CorruptIndexException(source, "the m/z blocks in the index are damaged");
            var content = new byte[length];
            using var decompressor = new Decompressor();
            if (decompressor.Unwrap(bytes[4..], content) == length && Parse(content) is { } blocks)
                return blocks;
        }
        catch (ZstdException failure)
        {
            throw new CorruptIndexException(source, "the m/z blocks in the index are damaged", innerException: failure);
        }

        throw new CorruptIndexException(source, "the m/z blocks in the index are damaged");
    }

    private static MzBlocks? Parse(ReadOnlySpan<byte> content)
    {
        var points = BinaryPrimitives.ReadInt32LittleEndian(content);
        var count = BinaryPrimitives.ReadInt32LittleEndian(content[4..]);
        var bounds = BinaryPrimitives.ReadInt32LittleEndian(content[8..]);
        if (points < 1 || count < 0 || bounds < 0 || 12 + (4L * count) + (4L * bounds) != content.Length)
            return null;
        var blocks = new MzBlocks(points);
        for (var i = 0; i < count; i++)
        {
            var width = BinaryPrimitives.ReadInt32LittleEndian(content[(12 + (4 * i))..]);
            if (width is < 0 or 1 || width > bounds - blocks._starts[^1])
                return null;
            blocks._starts.Add(blocks._starts[^1] + width);
        }

        if (blocks._starts[^1] != bounds)
            return null;
        var floats = content[(12 + (4 * count))..];
        for (var i = 0; i < bounds; i++)
            blocks._bounds.Add(BitConverter.UInt32BitsToSingle(floats[i] | ((uint)floats[bounds + i] << 8) | ((uint)floats[(2 * bounds) + i] << 16) | ((uint)floats[(3 * bounds) + i] << 24)));
        return blocks;
    }

    private static float Down(double value) => (float)value is var near && near > value ? MathF.BitDecrement(near) : (float)value;

    private static float Up(double value) => (float)value is var near && near < value ? MathF.BitIncrement(near) : (float)value;

    private static float Up(float value) => MathF.BitIncrement(value);
}
