using System.Buffers.Binary;
using BitMiracle.LibJpeg.Classic;

namespace Dataplug.Formats.Geo;

/// <summary>Decodes blocks of JPEG (TIFF Technical Note 2) by BitMiracle.LibJpeg.NET. BitMiracle.LibTiff.NET has the same decoder within, but
/// gives YCbCr only as RGB that differs from GDAL's: see <see cref="YCbCrImage"/>.</summary>
internal static class JpegBlock
{
    /// <summary>Decompresses a block; YCbCr becomes RGB, other samples are taken as they are.</summary>
    /// <exception cref="CorruptObjectException">The block is no such image.</exception>
    public static void Decode(RasterLayout layout, TiffProfile profile, ReadOnlyMemory<byte> stored, int rows, byte[] raw, Func<string, Exception?, CorruptObjectException> corrupt)
    {
        var frame = JpegFrame.Find(stored.Span) ?? throw corrupt("a block is no JPEG image", null);
        if (frame.Width != layout.BlockWidth || frame.Height < rows || frame.Height > Math.Max(rows, layout.BlockHeight) || frame.Components != layout.SamplesPerBlock || frame.Bits != 8)
            throw corrupt($"a block of {layout.BlockWidth} x {rows} pixels of {layout.SamplesPerBlock} samples is a JPEG image of {frame.Width} x {frame.Height} of {frame.Components} with {frame.Bits} bits", null);
        var isYCbCr = layout.Photometric == 6;
        if (isYCbCr && !frame.IsChromaSimple)
            throw corrupt("a block is a JPEG image whose chroma is not sampled as TIFF allows", null);

        var rowBytes = (int)layout.RowBytes;
        var needed = isYCbCr ? frame.Height : rows;
        var pixels = isYCbCr ? new byte[(long)rowBytes * frame.Height] : raw;
        var errors = new SilentErrors();
        try
        {
            var jpeg = new jpeg_decompress_struct(errors);
            if (profile.Find(TiffTag.JpegTables) is { Bytes.Length: > 4 } tables)
            {
                jpeg.jpeg_stdio_src(new MemoryStream(tables.Bytes, writable: false));
                jpeg.jpeg_read_header(false);
            }

            jpeg.jpeg_stdio_src(new MemoryStream(stored.ToArray(), writable: false));
            jpeg.jpeg_read_header(true);
            jpeg.Jpeg_color_space = jpeg.Out_color_space = isYCbCr ? J_COLOR_SPACE.JCS_YCbCr : J_COLOR_SPACE.JCS_UNKNOWN;
            jpeg.Do_fancy_upsampling = false;
            jpeg.jpeg_start_decompress();
            byte[][] row = [new byte[rowBytes]];
            for (var i = 0; i < needed; i++)
            {
                if (jpeg.jpeg_read_scanlines(row, 1) != 1)
                    throw corrupt("a block of JPEG ends before its last row", null);
                row[0].CopyTo(pixels, i * rowBytes);
            }
        }
        catch (Exception failure) when (failure is not (DataplugException or OutOfMemoryException))
        {
            // Damage shows as exceptions of all kinds, as of indexes out of range.
            throw corrupt("a block of JPEG is damaged", failure);
        }

        if (errors.Num_warnings > 0)
            throw corrupt("a block of JPEG is damaged", null);
        if (isYCbCr)
            new YCbCrImage(layout.BlockWidth, frame.Height, frame.HorizontalSampling, frame.VerticalSampling).ToRgb(pixels, raw);
    }

    // The library prints by default. Errors are thrown, and warnings, which are of damage, are counted.
    private sealed class SilentErrors : jpeg_error_mgr
    {
        public override void output_message()
        {
        }
    }
}

/// <summary>What the frame header of a JPEG image says (ITU-T T.81, B.2.2).</summary>
internal readonly record struct JpegFrame(int Width, int Height, int Components, int Bits, int HorizontalSampling, int VerticalSampling, bool IsChromaSimple)
{
    public static JpegFrame? Find(ReadOnlySpan<byte> jpeg)
    {
        if (!jpeg.StartsWith<byte>([0xff, 0xd8]))
            return null;
        for (var at = 2; at + 4 <= jpeg.Length;)
        {
            if (jpeg[at] != 0xff)
                return null;
            var marker = jpeg[at + 1];
            if (marker == 0xff)
            {
                at++;
                continue;
            }

            // Before the frame only segments with a length.
            var length = BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 2)..]);
            if (length < 2 || length > jpeg.Length - at - 2)
                return null;
            if (marker is >= 0xc0 and <= 0xcf and not (0xc4 or 0xc8 or 0xcc))
            {
                var body = jpeg.Slice(at + 4, length - 2);
                return body.Length < 9 || body.Length < 6 + (3 * body[5])
                    ? null
                    : new JpegFrame(BinaryPrimitives.ReadUInt16BigEndian(body[3..]), BinaryPrimitives.ReadUInt16BigEndian(body[1..]), body[5], body[0], body[7] >> 4, body[7] & 15, body[5] == 3 && body[10] == 0x11 && body[13] == 0x11 && (body[7] >> 4) is 1 or 2 or 4 && (body[7] & 15) is 1 or 2 or 4);
            }

            at += 2 + length;
        }

        return null;
    }
}
