using System.Numerics;
using System.Runtime.InteropServices;

namespace Dataplug.Formats.Geo;

/// <summary>Undoes predictors: TIFF 6.0, section 14, and TIFF Technical Note 3 of Adobe for floating-point numbers.</summary>
internal static class Predictors
{
    /// <summary>Adds up differences to the pixel on the left.</summary>
    /// <param name="bytes">Rows of samples in memory's byte order.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="samples">Samples of a pixel.</param>
    /// <param name="bits">Bits of a sample: 8, 16, 32 or 64.</param>
    public static void UndoHorizontal(Span<byte> bytes, int rowBytes, int samples, int bits)
    {
        for (; bytes.Length >= rowBytes && rowBytes > 0; bytes = bytes[rowBytes..])
        {
            var row = bytes[..rowBytes];
            switch (bits)
            {
                case 8:
                    AddUp(row, samples);
                    break;
                case 16:
                    AddUp(MemoryMarshal.Cast<byte, ushort>(row), samples);
                    break;
                case 32:
                    AddUp(MemoryMarshal.Cast<byte, uint>(row), samples);
                    break;
                default:
                    AddUp(MemoryMarshal.Cast<byte, ulong>(row), samples);
                    break;
            }
        }
    }

    /// <summary>Adds up the bytes of a row, then takes the bytes of each number together: first are the most significant ones of all
    /// numbers of the row, then the next, whatever the byte order of the object.</summary>
    public static void UndoFloatingPoint(Span<byte> bytes, int rowBytes, int samples, int size)
    {
        var planes = new byte[rowBytes];
        var numbers = rowBytes / size;
        for (; bytes.Length >= rowBytes && rowBytes > 0; bytes = bytes[rowBytes..])
        {
            var row = bytes[..rowBytes];
            AddUp(row, samples);
            row.CopyTo(planes);
            for (var i = 0; i < numbers; i++)
            {
                for (var j = 0; j < size; j++)
                    row[(i * size) + j] = planes[((size - 1 - j) * numbers) + i];
            }
        }
    }

    private static void AddUp<T>(Span<T> row, int step)
        where T : unmanaged, INumberBase<T>
    {
        for (var i = step; i < row.Length; i++)
            row[i] = unchecked(row[i] + row[i - step]);
    }
}
