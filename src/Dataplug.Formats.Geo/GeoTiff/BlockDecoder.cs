using System.IO.Compression;
using System.Runtime.InteropServices;
using ZstdSharp;

namespace Dataplug.Formats.Geo;

/// <summary>Turns blocks (tiles and strips) as they are stored into samples: decompression, byte order, predictor, bits.</summary>
/// <param name="layout">The image.</param>
/// <param name="profile">Its codec tables.</param>
/// <param name="source">The object's name, for messages.</param>
internal sealed class BlockDecoder(RasterLayout layout, TiffProfile profile, string source)
{
    private readonly int _sampleSize = RasterTypes.SizeOf(layout.Type);
    private readonly int _pixelSize = RasterTypes.SizeOf(layout.Type) * layout.SamplesPerBlock;

    /// <summary>Decodes a block.</summary>
    /// <param name="stored">Its bytes as stored.</param>
    /// <param name="rows">Its rows as stored.</param>
    /// <param name="offset">Where it is in the object.</param>
    /// <returns>Row by row, pixel by pixel, the samples in memory's byte order.</returns>
    /// <exception cref="CorruptObjectException">The bytes are no such block.</exception>
    public byte[] Decode(ReadOnlyMemory<byte> stored, int rows, long offset)
    {
        var length = layout.RowBytes * rows;
        if (length > (TiffCompression.MaximumRatio(layout.Compression, layout.RowBytes) * stored.Length) || length > Array.MaxLength)
            throw Corrupt($"a block of {stored.Length} bytes can't hold {rows} rows of {layout.RowBytes} bytes", offset);
        if (layout.IsBitReversed && layout.Compression != TiffCompression.Jpeg && !TiffCompression.IsCcitt(layout.Compression))
            stored = ByteOrder.ReverseBits(stored.Span);
        var raw = GC.AllocateUninitializedArray<byte>((int)length);
        switch (layout.Compression)
        {
            case TiffCompression.None:
                stored.Span[..raw.Length].CopyTo(raw);
                break;
            case TiffCompression.Deflate or TiffCompression.OldDeflate:
                Inflate(stored, raw, offset);
                break;
            case TiffCompression.Zstd:
                Unzstd(stored.Span, raw, offset);
                break;
            case TiffCompression.PackBits:
                if (!PackBits.TryDecode(stored.Span, raw))
                    throw Corrupt("a block compressed by PackBits ends before its last row", offset);
                break;
            case TiffCompression.Jpeg:
                JpegBlock.Decode(layout, profile, stored, rows, raw, (problem, cause) => Corrupt(problem, offset, cause));
                return raw;
            case TiffCompression.Lzw:
                LibTiffBlock.DecodeLzw(stored.Span, raw, problem => Corrupt(problem, offset));
                break;
            default:
                LibTiffBlock.DecodeCcitt(layout, profile, stored.Span, rows, raw, problem => Corrupt(problem, offset));
                break;
        }

        var rowBytes = (int)layout.RowBytes;
        if (layout.Predictor == 3)
        {
            Predictors.UndoFloatingPoint(raw, rowBytes, layout.SamplesPerBlock, _sampleSize);
            return raw;
        }

        if (layout.IsBigEndian)
            ByteOrder.Reverse(raw, RasterTypes.ComponentSizeOf(layout.Type));
        if (layout.Predictor == 2)
            Predictors.UndoHorizontal(raw, rowBytes, layout.SamplesPerBlock, layout.BitsPerSample);
        return layout.BitsPerSample < 8 ? Unpack(raw, rows) : raw;
    }

    /// <summary>Copies a part of a decoded block into the bands of a raster.</summary>
    /// <param name="block">What <see cref="Decode"/> gave.</param>
    /// <param name="fromColumn">The part's first column in the block.</param>
    /// <param name="fromRow">The part's first row in the block.</param>
    /// <param name="target">Takes it, at a place of its own.</param>
    /// <param name="toColumn">The part's first column there.</param>
    /// <param name="toRow">The part's first row there.</param>
    /// <param name="columns">Columns of the part.</param>
    /// <param name="rows">Rows of the part.</param>
    /// <param name="samples">Which sample of a pixel goes into which band.</param>
    public void Copy(ReadOnlySpan<byte> block, int fromColumn, int fromRow, Raster target, int toColumn, int toRow, int columns, int rows, ReadOnlySpan<(int Sample, int Band)> samples)
    {
        foreach (var (sample, band) in samples)
        {
            var bytes = target.BandBytes(band).Span;
            for (var row = 0; row < rows; row++)
            {
                var from = block.Slice((int)((((long)(fromRow + row) * layout.BlockWidth) + fromColumn) * _pixelSize), columns * _pixelSize);
                var to = bytes.Slice((int)((((long)(toRow + row) * target.Columns) + toColumn) * _sampleSize), columns * _sampleSize);
                if (layout.SamplesPerBlock == 1)
                    from.CopyTo(to);
                else
                    Pick(from, to, sample);
            }
        }
    }

    private void Pick(ReadOnlySpan<byte> from, Span<byte> to, int sample)
    {
        switch (_sampleSize)
        {
            case 1:
                Pick<byte>(from, to, sample);
                break;
            case 2:
                Pick<ushort>(from, to, sample);
                break;
            case 4:
                Pick<uint>(from, to, sample);
                break;
            case 8:
                Pick<ulong>(from, to, sample);
                break;
            default:
                Pick<UInt128>(from, to, sample);
                break;
        }
    }

    private void Pick<T>(ReadOnlySpan<byte> from, Span<byte> to, int sample)
        where T : unmanaged
    {
        var pixels = MemoryMarshal.Cast<byte, T>(from);
        var picked = MemoryMarshal.Cast<byte, T>(to);
        var step = layout.SamplesPerBlock;
        for (int i = 0, at = sample; i < picked.Length; i++, at += step)
            picked[i] = pixels[at];
    }

    private void Inflate(ReadOnlyMemory<byte> stored, byte[] raw, long offset)
    {
        try
        {
            using var zlib = new ZLibStream(MemoryMarshal.TryGetArray(stored, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(stored.ToArray()), CompressionMode.Decompress);
            if (zlib.ReadAtLeast(raw, raw.Length, throwOnEndOfStream: false) < raw.Length)
                throw Corrupt("a block compressed by deflate ends before its last row", offset);

            // Only the read behind the last byte looks at the checksum.
            _ = zlib.ReadByte();
        }
        catch (InvalidDataException failure)
        {
            throw Corrupt("a block compressed by deflate is damaged", offset, failure);
        }
    }

    private void Unzstd(ReadOnlySpan<byte> stored, byte[] raw, long offset)
    {
        try
        {
            using var zstd = new Decompressor();
            if (zstd.Unwrap(stored, raw) < raw.Length)
                throw Corrupt("a block compressed by zstd ends before its last row", offset);
        }
        catch (ZstdException failure)
        {
            throw Corrupt("a block compressed by zstd is damaged", offset, failure);
        }
    }

    // Section "Bilevel Images": the first pixel is in the high bits, rows begin with a byte.
    private byte[] Unpack(byte[] raw, int rows)
    {
        var bits = layout.BitsPerSample;
        var perRow = layout.BlockWidth * layout.SamplesPerBlock;
        var length = (long)perRow * rows;
        if (length > Array.MaxLength)
            throw new UnsupportedFormatException(source, $"blocks of {layout.BlockWidth} x {layout.BlockHeight} pixels are too large", "Cut them into smaller ones: gdal_translate -of COG IN.tif OUT.tif");
        var samples = GC.AllocateUninitializedArray<byte>((int)length);
        var mask = (1 << bits) - 1;
        for (var row = 0; row < rows; row++)
        {
            var from = raw.AsSpan((int)(row * layout.RowBytes));
            var to = samples.AsSpan(row * perRow, perRow);
            for (var i = 0; i < to.Length; i++)
            {
                var bit = (long)i * bits;
                to[i] = (byte)((from[(int)(bit >> 3)] >> (8 - bits - (int)(bit & 7))) & mask);
            }
        }

        return samples;
    }

    private CorruptObjectException Corrupt(string problem, long offset, Exception? cause = null) =>
        new(source, problem, byteOffset: offset, innerException: cause);
}
