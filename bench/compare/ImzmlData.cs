using System.Globalization;
using System.Runtime.InteropServices;

namespace Dataplug.Compare;

/// <summary>A generated data set.</summary>
/// <param name="Document">The path of its document; the ibd is beside it.</param>
/// <param name="Spectra">Its spectra.</param>
/// <param name="Points">Points of all of them.</param>
/// <param name="OffsetSum">The sum of the offsets of the intensity arrays, modulo 2⁶⁴: whoever has read the document knows it.</param>
internal sealed record ImzmlDataSet(string Document, int Spectra, long Points, long OffsetSum)
{
    /// <summary>The path of the ibd.</summary>
    public string Ibd => Path.ChangeExtension(Document, ".ibd");
}

/// <summary>Makes imzML data sets, once.</summary>
internal sealed class ImzmlData(DirectoryInfo folder)
{
    private const int UuidLength = 16;
    private const int ContinuousPoints = 8399;
    private const int Width = 1000;

    /// <summary>A document whose ibd takes no room: all its intensities are zeros that are not stored. Only an m/z axis is.</summary>
    public async Task<ImzmlDataSet> SparseAsync(int spectra, bool isContinuous)
    {
        var mzSize = isContinuous ? 4 : 8;
        var (points, offsets, position) = (0L, 0L, (long)UuidLength + (isContinuous ? ContinuousPoints * 4 : 0));
        var path = PathOf(string.Create(CultureInfo.InvariantCulture, $"{spectra}-{(isContinuous ? "continuous" : "processed")}.imzML"));
        var isThere = File.Exists(path);
        var uuid = UuidOf(spectra, isContinuous);
        await using (var document = isThere ? null : Begin(path, uuid, spectra, isContinuous, mzSize))
        {
            for (var i = 0; i < spectra; i++)
            {
                var count = isContinuous ? ContinuousPoints : PointsOf(i, 1000);
                var mz = isContinuous ? UuidLength : position;
                var intensities = isContinuous ? position : position + (count * mzSize);
                document?.Write(i, 1 + (i % Width), 1 + (i / Width), count, mz, mzSize, intensities);
                position = intensities + (count * 4);
                points += count;
                offsets += intensities;
            }
        }

        var set = new ImzmlDataSet(path, spectra, points, offsets);
        if (isThere)
            return set;
        await using (var ibd = File.Create(set.Ibd))
        {
            await ibd.WriteAsync(uuid.ToByteArray(bigEndian: true));
            if (isContinuous)
                await ibd.WriteAsync(MemoryMarshal.AsBytes(Enumerable.Range(0, ContinuousPoints).Select(i => 100 + (i / 12f)).ToArray().AsSpan()).ToArray());
            ibd.SetLength(position);
        }

        File.Move(path + ".part", path);
        return set;
    }

    /// <summary>A processed data set that is all there: spectra of about 1000 points, m/z values of 8 bytes and intensities of 4.</summary>
    public async Task<ImzmlDataSet> FullAsync(int megabytes)
    {
        const int mzSize = 8;
        var path = PathOf(string.Create(CultureInfo.InvariantCulture, $"{megabytes}MB.imzML"));
        var spectra = (int)(megabytes * 1_000_000L / (1000 * (mzSize + 4)));
        var (points, offsets, position) = (0L, 0L, (long)UuidLength);
        var isThere = File.Exists(path);
        var uuid = UuidOf(spectra, isContinuous: false);
        await using (var document = isThere ? null : Begin(path, uuid, spectra, isContinuous: false, mzSize))
        await using (var ibd = isThere ? null : new FileStream(Path.ChangeExtension(path, ".ibd"), FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            if (ibd is not null)
                await ibd.WriteAsync(uuid.ToByteArray(bigEndian: true));
            var random = new Random(5);
            for (var i = 0; i < spectra; i++)
            {
                var count = PointsOf(i, 1000);
                var intensities = position + (count * mzSize);
                if (document is not null && ibd is not null)
                {
                    document.Write(i, 1 + (i % Width), 1 + (i / Width), count, position, mzSize, intensities);
                    var (mz, values, last) = (new double[count], new float[count], 100.0);
                    for (var at = 0; at < count; at++)
                        (mz[at], values[at]) = (last += random.NextDouble(), (float)Math.Round(random.NextDouble() * 1000));
                    ibd.Write(MemoryMarshal.AsBytes(mz.AsSpan()));
                    ibd.Write(MemoryMarshal.AsBytes(values.AsSpan()));
                }

                position = intensities + (count * 4);
                points += count;
                offsets += intensities;
            }
        }

        if (!isThere)
            File.Move(path + ".part", path);
        return new ImzmlDataSet(path, spectra, points, offsets);
    }

    // From half of the mean to one and a half of it, in no order.
    private static int PointsOf(int spectrum, int mean) => (mean / 2) + (int)((uint)spectrum * 2654435761u % (uint)mean);

    private static Guid UuidOf(int spectra, bool isContinuous) => new(spectra, isContinuous ? (short)1 : (short)2, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);

    private static ImzmlDocument Begin(string path, Guid uuid, int spectra, bool isContinuous, int mzSize)
    {
        Console.Error.WriteLine($"making {path}");
        return new ImzmlDocument(path + ".part", uuid, spectra, isContinuous, mzSize);
    }

    private string PathOf(string name)
    {
        folder.Create();
        return Path.GetFullPath(Path.Combine(folder.FullName, name));
    }
}
