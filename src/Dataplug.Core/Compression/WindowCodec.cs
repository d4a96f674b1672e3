using System.Buffers.Binary;
using ZstdSharp;

namespace Dataplug.Compression;

/// <summary>
/// Packs the window of an access point for storage. Windows of which little matters, the rest being zero, go through
/// a coder made for them; others become a zstd frame (RFC 8878). An empty window is an empty encoding.
/// </summary>
/// <remarks>Layout (docs/formats/gzip-text.md, "Windows"): two bytes, little endian, whose low 15 bits are the window's length
/// minus 1; the highest bit tells how the rest is coded, and whether the code's length comes first. Whoever stores the encoding guards it with a checksum of its own. The
/// same window gives the same bytes on every machine.</remarks>
public static class WindowCodec
{
    /// <summary>The longest window, in bytes: the farthest distance of RFC 1951, section 3.2.5.</summary>
    public const int MaxWindowLength = 32768;

    private const int HeaderLength = 2;
    private const int SparseHeaderLength = 4;
    private const int SparseFlag = 1 << 15;

    // Most windows are sparse. Of the others level 9 makes 6 % less and takes five times as long.
    private const int Level = 3;

    [ThreadStatic]
    private static Compressor? _compressor;

    [ThreadStatic]
    private static Decompressor? _decompressor;

    [ThreadStatic]
    private static SparseWindowCoder? _sparse;

    /// <summary>Packs a window.</summary>
    /// <param name="window">0 to 32768 bytes; zeros (bytes never referred to) cost next to nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window is longer than 32768 bytes.</exception>
    public static byte[] Encode(ReadOnlySpan<byte> window)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window.Length, MaxWindowLength, nameof(window));
        if (window.IsEmpty)
            return [];
        if (window.Length - window.Count((byte)0) <= SparseWindowCoder.MaxUsed && (_sparse ??= new SparseWindowCoder()).TryEncode(window, out var code))
        {
            var encoded = new byte[SparseHeaderLength + code.Length];
            BinaryPrimitives.WriteUInt16LittleEndian(encoded, (ushort)(SparseFlag | (window.Length - 1)));
            BinaryPrimitives.WriteUInt16LittleEndian(encoded.AsSpan(HeaderLength), (ushort)code.Length);
            code.CopyTo(encoded.AsSpan(SparseHeaderLength));
            return encoded;
        }

        var compressor = _compressor ??= new Compressor(Level);
        var buffer = new byte[HeaderLength + Compressor.GetCompressBound(window.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(buffer, (ushort)(window.Length - 1));
        return buffer.AsSpan(0, HeaderLength + compressor.Wrap(window, buffer.AsSpan(HeaderLength))).ToArray();
    }

    /// <summary>Unpacks a window.</summary>
    /// <param name="encoded">What <see cref="Encode"/> gave.</param>
    /// <exception cref="CorruptIndexException">The bytes are not an encoded window.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty)
            return [];
        if (encoded.Length <= HeaderLength)
            throw new CorruptIndexException(null, $"an encoded window of {encoded.Length} bytes is too short to be one");
        var header = BinaryPrimitives.ReadUInt16LittleEndian(encoded);
        var window = new byte[(header & ~SparseFlag) + 1];
        if ((header & SparseFlag) != 0)
            DecodeSparse(encoded, window);
        else
            DecodeFrame(encoded[HeaderLength..], window);
        return window;
    }

    private static void DecodeSparse(ReadOnlySpan<byte> encoded, byte[] window)
    {
        if (encoded.Length < SparseHeaderLength || BinaryPrimitives.ReadUInt16LittleEndian(encoded[HeaderLength..]) != encoded.Length - SparseHeaderLength)
            throw new CorruptIndexException(null, $"an encoded window of {encoded.Length} bytes is shorter or longer than it says");
        if (!(_sparse ??= new SparseWindowCoder()).TryDecode(encoded[SparseHeaderLength..], window))
            throw new CorruptIndexException(null, $"an encoded window does not unpack to the {window.Length} bytes that it claims");
    }

    private static void DecodeFrame(ReadOnlySpan<byte> frame, byte[] window)
    {
        try
        {
            var decompressor = _decompressor ??= new Decompressor();
            if (decompressor.Unwrap(frame, window) == window.Length)
                return;
        }
        catch (ZstdException failure)
        {
            throw new CorruptIndexException(null, "an encoded window is not a zstd frame", innerException: failure);
        }
        throw new CorruptIndexException(null, $"an encoded window does not unpack to the {window.Length} bytes that it claims");
    }
}
