using System.Diagnostics;
using System.Runtime.InteropServices;
using Dataplug.Formats.Imzml;
using Dataplug.Storage;

namespace Dataplug.Bench.Tasks;

/// <summary>What a worker made of its spectra.</summary>
/// <param name="Begun">When it began, by <see cref="Stopwatch"/>.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="Bytes">What it downloaded.</param>
/// <param name="Spectra">Its spectra.</param>
/// <param name="Points">Their points.</param>
/// <param name="Sum">The sum of their intensities.</param>
/// <param name="MzSum">The sum of their m/z values.</param>
public sealed record IngestTimes(long Begun, long Ended, long Bytes, int Spectra, long Points, double Sum, double MzSum);

/// <summary>A data set in a store, of which a worker has to do a part.</summary>
/// <param name="Document">The document.</param>
/// <param name="Ibd">Its ibd.</param>
/// <param name="Part">Which part, from 0.</param>
/// <param name="Parts">Of how many.</param>
public sealed record StoredImzml(string Document, string Ibd, int Part, int Parts);

/// <summary>The ways in which workers come by the spectra of a data set. All of them read all m/z values and intensities and sum them.</summary>
public static class ImzmlTasks
{
    /// <summary>Reads a slice.</summary>
    public static async Task<IngestTimes> ReadSliceAsync(ImzmlSlice slice, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        var before = ObjectStores.Default.Statistics.BytesRead;
        var (spectra, points, sum, mzSum) = (0, 0L, 0.0, 0.0);
        var reader = await slice.OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false))
            {
                while (reader.TryRead(out var spectrum))
                {
                    spectra++;
                    points += spectrum.Mz.Length;
                    foreach (var intensity in spectrum.Intensities)
                        sum += intensity;
                    foreach (var mz in spectrum.Mz)
                        mzSum += mz;
                }
            }
        }

        return new IngestTimes(begun, Stopwatch.GetTimestamp(), ObjectStores.Default.Statistics.BytesRead - before, spectra, points, sum, mzSum);
    }

    /// <summary>Downloads a document and its ibd whole, parses the document, and reads its part of the spectra.</summary>
    public static async Task<IngestTimes> DownloadAsync(StoredImzml stored, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        var folder = Directory.CreateTempSubdirectory("dataplug-bench-");
        try
        {
            var (documentPath, ibdPath) = (Path.Combine(folder.FullName, "document"), Path.Combine(folder.FullName, "ibd"));
            var bytes = await DownloadAsync(stored.Document, documentPath, cancellationToken).ConfigureAwait(false);
            bytes += await DownloadAsync(stored.Ibd, ibdPath, cancellationToken).ConfigureAwait(false);
            PlainImzml document;
            using (var stream = new FileStream(documentPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 17, FileOptions.SequentialScan))
                document = PlainImzml.Read(stream);
            var count = document.Points.Count;
            var (first, end) = ((int)((long)count * stored.Part / stored.Parts), (int)((long)count * (stored.Part + 1) / stored.Parts));
            using var ibd = new FileStream(ibdPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
            var (buffer, points, sum, mzSum) = (Array.Empty<byte>(), 0L, 0.0, 0.0);
            for (var i = first; i < end; i++)
            {
                points += document.Points[i];
                mzSum += Sum(ibd, document.MzOffsets[i], document.Points[i], document.MzSize, ref buffer);
                sum += Sum(ibd, document.IntensityOffsets[i], document.Points[i], document.IntensitySize, ref buffer);
            }

            return new IngestTimes(begun, Stopwatch.GetTimestamp(), bytes, end - first, points, sum, mzSum);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<long> DownloadAsync(string uri, string path, CancellationToken cancellationToken)
    {
        var source = ObjectUri.Parse(uri);
        var read = await ObjectStores.Default.Get(source).OpenReadAsync(source, new ReadRequest(), cancellationToken).ConfigureAwait(false);
        await using (read.ConfigureAwait(false))
        {
            var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
            await using (file.ConfigureAwait(false))
            {
                await read.Content.CopyToAsync(file, 1 << 20, cancellationToken).ConfigureAwait(false);
                return file.Position;
            }
        }
    }

    private static double Sum(FileStream ibd, long offset, int points, int size, ref byte[] buffer)
    {
        if (buffer.Length < points * size)
            buffer = new byte[points * size];
        var bytes = buffer.AsSpan(0, points * size);
        ibd.Position = offset;
        ibd.ReadExactly(bytes);
        var sum = 0.0;
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("The arrays of an ibd are little-endian.");
        if (size == 8)
        {
            foreach (var value in MemoryMarshal.Cast<byte, double>(bytes))
                sum += value;
        }
        else
        {
            foreach (var value in MemoryMarshal.Cast<byte, float>(bytes))
                sum += value;
        }

        return sum;
    }
}
