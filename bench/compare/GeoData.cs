using System.Buffers.Binary;
using System.Globalization;
using Dataplug.Reports;

namespace Dataplug.Compare;

/// <summary>Makes point clouds and rasters, once.</summary>
internal sealed class GeoData(DirectoryInfo folder)
{
    private const int PulsesPerLine = 400;
    private const int LinesPerStrip = 4000;

    /// <summary>A point cloud as an aeroplane's scanner gives it: strips of scan lines to and fro, over hills with trees, in the order of time.</summary>
    /// <param name="points">Its points.</param>
    /// <param name="pointFormat">3 (LAS 1.2: times and colours) or 7 (LAS 1.4: the same).</param>
    /// <returns>The path.</returns>
    public async Task<string> PointsAsync(int points, int pointFormat)
    {
        var path = PathOf(string.Create(CultureInfo.InvariantCulture, $"points-{points}-{pointFormat}.las"));
        if (File.Exists(path))
            return path;
        Console.Error.WriteLine($"making {path}");
        var isNew = pointFormat == 7;
        var (headerLength, length) = isNew ? (375, 36) : (227, 34);
        await using (var output = new FileStream(path + ".part", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            output.Write(new byte[headerLength]);
            var scan = new Scan(pointFormat, length);
            var record = new byte[length];
            for (var i = 0; i < points; i++)
            {
                scan.Next(record);
                output.Write(record);
            }

            output.Position = 0;
            output.Write(scan.Header(headerLength, points));
        }

        File.Move(path + ".part", path);
        return path;
    }

    /// <summary>A point cloud that LASzip has compressed.</summary>
    public async Task<string> CompressedAsync(string points, string peer)
    {
        var path = Path.ChangeExtension(points, ".laz");
        if (!File.Exists(path))
        {
            await Machine.OutputAsync($"'{peer}' encode '{points}' '{path}.part'");
            File.Move(path + ".part", path);
        }

        return path;
    }

    /// <summary>An image of three bands, made by GDAL: cloud-optimised, or in strips.</summary>
    /// <param name="size">Its width and height, in pixels.</param>
    /// <param name="isCloudOptimized">Tiles of 512 and overviews, or strips of 16 rows.</param>
    public async Task<string> ImageAsync(int size, bool isCloudOptimized)
    {
        var path = PathOf(string.Create(CultureInfo.InvariantCulture, $"image-{size}-{(isCloudOptimized ? "cog" : "strips")}.tif"));
        if (File.Exists(path))
            return path;
        Console.Error.WriteLine($"making {path}");
        var raw = PathOf("image.raw");
        await File.WriteAllTextAsync(raw + ".hdr", string.Create(CultureInfo.InvariantCulture, $"ENVI\nsamples = {size}\nlines = {size}\nbands = 3\nheader offset = 0\nfile type = ENVI Standard\ndata type = 1\ninterleave = bip\nbyte order = 0\n"));
        await using (var output = new FileStream(raw, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            var random = new Random(11);
            var row = new byte[size * 3];
            for (var y = 0; y < size; y++)
            {
                for (var x = 0; x < size; x++)
                {
                    var height = 110 + (60 * Math.Sin(x / 310.0) * Math.Cos(y / 270.0)) + (25 * Math.Sin((x + y) / 37.0));
                    for (var band = 0; band < 3; band++)
                        row[(x * 3) + band] = (byte)Math.Clamp(height - (band * 12) + random.Next(-6, 7), 0, 255);
                }

                output.Write(row);
            }
        }

        var options = isCloudOptimized
            ? "-of COG -co COMPRESS=DEFLATE -co PREDICTOR=YES -co BLOCKSIZE=512"
            : "-of GTiff -co COMPRESS=DEFLATE -co PREDICTOR=2 -co BLOCKYSIZE=16";
        await Machine.OutputAsync($"gdal_translate -q -a_srs EPSG:32632 -a_ullr 500000 5500000 {500000 + size} {5500000 - size} {options} -co NUM_THREADS=2 '{raw}' '{path}.part.tif'");
        File.Move(path + ".part.tif", path);
        File.Delete(raw);
        File.Delete(raw + ".hdr");
        return path;
    }

    private string PathOf(string name)
    {
        folder.Create();
        return Path.GetFullPath(Path.Combine(folder.FullName, name));
    }

    private sealed class Scan(int pointFormat, int length)
    {
        private const double Spacing = 50;

        private readonly Random _random = new(7);
        private readonly long[] _byReturn = new long[15];
        private readonly (double Least, double Greatest)[] _bounds = [(double.MaxValue, double.MinValue), (double.MaxValue, double.MinValue), (double.MaxValue, double.MinValue)];
        private long _pulse = -1;
        private int _number = 1;
        private int _returns = 1;
        private int _ground;
        private int _intensity = 300;

        /// <summary>Makes the next point.</summary>
        public void Next(Span<byte> record)
        {
            if (_number < _returns)
            {
                _number++;
            }
            else
            {
                _pulse++;
                _number = 1;
                _returns = _random.Next(10) < 7 ? 1 : _random.Next(2, 5);
            }

            var (line, inLine) = (_pulse / PulsesPerLine, (int)(_pulse % PulsesPerLine));
            var (strip, along) = ((int)(line / LinesPerStrip), (int)(line % LinesPerStrip));
            var across = line % 2 == 0 ? inLine : PulsesPerLine - 1 - inLine;
            var x = (int)((((strip * (PulsesPerLine - 60)) + across) * Spacing) + _random.Next(-8, 9));
            var y = (int)(((strip % 2 == 0 ? along : LinesPerStrip - 1 - along) * Spacing) + _random.Next(-8, 9));
            _ground = (int)(20000 + (6000 * Math.Sin(x / 9000.0) * Math.Cos(y / 7000.0)) + _random.Next(-6, 7));
            var z = _number == _returns ? _ground : _ground + ((_returns - _number) * 500) + _random.Next(0, 900);
            _intensity = Math.Clamp(_intensity + _random.Next(-25, 26), 1, 2000);
            BinaryPrimitives.WriteInt32LittleEndian(record, x);
            BinaryPrimitives.WriteInt32LittleEndian(record[4..], y);
            BinaryPrimitives.WriteInt32LittleEndian(record[8..], z);
            BinaryPrimitives.WriteUInt16LittleEndian(record[12..], (ushort)_intensity);
            _byReturn[_number - 1]++;
            foreach (var (axis, value) in ((int, int)[])[(0, x), (1, y), (2, z)])
                _bounds[axis] = (Math.Min(_bounds[axis].Least, value), Math.Max(_bounds[axis].Greatest, value));
            var classification = (byte)(_number == _returns ? 2 : 5);
            var angle = (across * 40 / PulsesPerLine) - 20;
            int at;
            if (pointFormat == 7)
            {
                record[14] = (byte)(_number | (_returns << 4));
                record[15] = (byte)(line % 2 << 6);
                (record[16], record[17]) = (classification, 0);
                BinaryPrimitives.WriteInt16LittleEndian(record[18..], (short)(angle * 167));
                BinaryPrimitives.WriteUInt16LittleEndian(record[20..], (ushort)(strip + 1));
                at = 22;
            }
            else
            {
                record[14] = (byte)(_number | (_returns << 3) | (int)(line % 2 << 6));
                (record[15], record[16], record[17]) = (classification, (byte)angle, 0);
                BinaryPrimitives.WriteUInt16LittleEndian(record[18..], (ushort)(strip + 1));
                at = 20;
            }

            BinaryPrimitives.WriteDoubleLittleEndian(record[at..], 300_000 + (_pulse * 5e-6) + (strip * 120));
            var green = classification == 5 ? 24000 + (_random.Next(-20, 21) * 256) : 18000 + (_random.Next(-10, 11) * 256);
            BinaryPrimitives.WriteUInt16LittleEndian(record[(at + 8)..], (ushort)(green * 3 / 4));
            BinaryPrimitives.WriteUInt16LittleEndian(record[(at + 10)..], (ushort)green);
            BinaryPrimitives.WriteUInt16LittleEndian(record[(at + 12)..], (ushort)(green / 2));
        }

        /// <summary>The header of what was made; coordinates are centimetres.</summary>
        public byte[] Header(int headerLength, long points)
        {
            var header = new byte[headerLength];
            "LASF"u8.CopyTo(header);
            (header[24], header[25]) = (1, (byte)(pointFormat == 7 ? 4 : 2));
            "made for comparisons"u8.CopyTo(header.AsSpan(58));
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(92), 2026);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(94), (ushort)headerLength);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(96), headerLength);
            header[104] = (byte)pointFormat;
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(105), (ushort)length);
            if (pointFormat == 7)
            {
                BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(247), points);
                for (var i = 0; i < _byReturn.Length; i++)
                    BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(255 + (8 * i)), _byReturn[i]);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(107), (uint)points);
                for (var i = 0; i < 5; i++)
                    BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(111 + (4 * i)), (uint)_byReturn[i]);
            }

            for (var axis = 0; axis < 3; axis++)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(header.AsSpan(131 + (8 * axis)), 0.01);
                BinaryPrimitives.WriteDoubleLittleEndian(header.AsSpan(179 + (16 * axis)), _bounds[axis].Greatest * 0.01);
                BinaryPrimitives.WriteDoubleLittleEndian(header.AsSpan(187 + (16 * axis)), _bounds[axis].Least * 0.01);
            }

            return header;
        }
    }
}
