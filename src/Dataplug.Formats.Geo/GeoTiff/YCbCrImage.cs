namespace Dataplug.Formats.Geo;

/// <summary>
/// Turns JPEG's luma and subsampled chroma into RGB as libjpeg-turbo does, which GDAL uses: chroma is interpolated between its samples
/// (weights 3 and 1), and colours are those of JFIF. The JPEG standard leaves this open, so that decoders differ by a few units; this one gives
/// the pixels that GDAL gives.
/// </summary>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
/// <param name="across">Columns that a chroma sample stands for: 1, 2 or 4.</param>
/// <param name="down">Rows that it stands for.</param>
internal sealed class YCbCrImage(int width, int height, int across, int down)
{
    private readonly int _columns = (width + across - 1) / across;
    private readonly int _rows = (height + down - 1) / down;

    /// <summary>Converts the first rows.</summary>
    /// <param name="pixels">Y, Cb and Cr of each pixel, row after row, chroma repeated for all pixels that it stands for.</param>
    /// <param name="rgb">Takes red, green and blue of each pixel; as many rows as fit.</param>
    public void ToRgb(ReadOnlySpan<byte> pixels, Span<byte> rgb)
    {
        var (cb, cr) = (new byte[_columns * _rows], new byte[_columns * _rows]);
        for (var i = 0; i < cb.Length; i++)
        {
            var at = ((i / _columns * down * width) + (i % _columns * across)) * 3;
            (cb[i], cr[i]) = (pixels[at + 1], pixels[at + 2]);
        }

        var (wideCb, wideCr) = (new byte[_columns * across], new byte[_columns * across]);
        var rows = Math.Min(height, rgb.Length / (3 * width));
        for (var row = 0; row < rows; row++)
        {
            Widen(cb, row, wideCb);
            Widen(cr, row, wideCr);
            var line = pixels.Slice(row * width * 3, width * 3);
            var target = rgb.Slice(row * width * 3, width * 3);
            for (var column = 0; column < width; column++)
            {
                int y = line[3 * column];
                var (b, r) = (wideCb[column] - 128, wideCr[column] - 128);

                // 1.402, 0.34414, 0.71414 and 1.772 in 16 bits, rounded.
                target[3 * column] = Clamp(y + (((91881 * r) + 32768) >> 16));
                target[(3 * column) + 1] = Clamp(y + (((-22554 * b) - (46802 * r) + 32768) >> 16));
                target[(3 * column) + 2] = Clamp(y + (((116130 * b) + 32768) >> 16));
            }
        }
    }

    private static byte Clamp(int value) => (byte)Math.Clamp(value, 0, 255);

    private void Widen(byte[] plane, int row, byte[] target)
    {
        var at = row / down;
        var near = plane.AsSpan(at * _columns, _columns);

        // The row of chroma on the other side of this row of pixels; at the edges the same.
        var upper = row % down == 0;
        var other = plane.AsSpan(Math.Clamp(upper ? at - 1 : at + 1, 0, _rows - 1) * _columns, _columns);
        switch (across, down)
        {
            case (1, 1):
                near.CopyTo(target);
                break;
            case (1, 2):
                for (var i = 0; i < _columns; i++)
                    target[i] = (byte)(((near[i] * 3) + other[i] + (upper ? 1 : 2)) >> 2);
                break;
            case (2, 1) when _columns > 2:
                for (var i = 0; i < _columns; i++)
                {
                    target[2 * i] = i == 0 ? near[0] : (byte)(((near[i] * 3) + near[i - 1] + 1) >> 2);
                    target[(2 * i) + 1] = i == _columns - 1 ? near[i] : (byte)(((near[i] * 3) + near[i + 1] + 2) >> 2);
                }

                break;
            case (2, 2) when _columns > 2:
                for (var i = 0; i < _columns; i++)
                {
                    var sum = (near[i] * 3) + other[i];
                    var left = i == 0 ? sum : (near[i - 1] * 3) + other[i - 1];
                    var right = i == _columns - 1 ? sum : (near[i + 1] * 3) + other[i + 1];
                    target[2 * i] = (byte)(((sum * 3) + left + 8) >> 4);
                    target[(2 * i) + 1] = (byte)(((sum * 3) + right + 7) >> 4);
                }

                break;
            default:
                for (var i = 0; i < target.Length; i++)
                    target[i] = near[i / across];
                break;
        }
    }
}
