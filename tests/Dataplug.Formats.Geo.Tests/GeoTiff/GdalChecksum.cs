namespace Dataplug.Formats.Geo.Tests;

/// <summary>The checksum of a band that <c>gdalinfo -checksum</c> prints, written from GDAL's description of it: the sum, in 16 bits, of
/// each value's remainder by one of eleven primes in turn; floating-point numbers are rounded first.</summary>
internal static class GdalChecksum
{
    private static readonly int[] Primes = [7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43];

    public static int Of(Raster raster, int band)
    {
        var (sum, prime) = (0, 0);
        for (var row = 0; row < raster.Rows; row++)
        {
            for (var column = 0; column < raster.Columns; column++)
            {
                if (raster.Type >= RasterType.ComplexInt16)
                {
                    var value = raster.ComplexAt(band, row, column);
                    Add(value.Real);
                    Add(value.Imaginary);
                }
                else
                {
                    Add(raster[band, row, column]);
                }
            }
        }

        return sum;

        void Add(double value)
        {
            int number;
            if (raster.Type is RasterType.Float16 or RasterType.Float32 or RasterType.Float64 or RasterType.ComplexFloat32 or RasterType.ComplexFloat64)
            {
                number = double.IsFinite(value)
                    ? value + 0.5 < -2147483647.0 ? -2147483647 : value + 0.5 > 2147483647 ? 2147483647 : (int)Math.Floor(value + 0.5)
                    : int.MinValue;
            }
            else
            {
                number = (int)Math.Clamp(value, int.MinValue, int.MaxValue);
            }

            sum = (sum + (number % Primes[prime])) & 0xffff;
            prime = (prime + 1) % Primes.Length;
        }
    }
}
