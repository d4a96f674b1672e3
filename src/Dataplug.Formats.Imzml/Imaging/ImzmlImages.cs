using Dataplug.Partitioning;

namespace Dataplug.Formats.Imzml.Imaging;

/// <summary>Images and mean spectra of a data set. All sum over spectra of the same pixel; pixels without a spectrum are told apart from
/// those without intensity.</summary>
public static class ImzmlImages
{
    /// <summary>The intensities around one m/z, summed in each pixel.</summary>
    /// <remarks>Where spectra share their m/z axis, or the data set was indexed with statistics, only that window is fetched; else all of the
    /// ibd is read.</remarks>
    /// <param name="data">The data set, preprocessed.</param>
    /// <param name="mz">The m/z, > 0.</param>
    /// <param name="tolerance">How far from it a point may be, limits included.</param>
    /// <param name="z">The layer; null for the first one.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="NotPreprocessedException">The data set has no index.</exception>
    public static async Task<IonImage> ReadIonImageAsync(this CloudObject<ImzmlIndex> data, double mz, MassTolerance tolerance, int? z = null, CancellationToken cancellationToken = default) =>
        (await data.ReadIonImagesAsync([mz], tolerance, z, cancellationToken).ConfigureAwait(false))[0];

    /// <summary>The images of several m/z, in one pass over the window in which all of them lie.</summary>
    /// <inheritdoc cref="ReadIonImageAsync"/>
    public static async Task<IReadOnlyList<IonImage>> ReadIonImagesAsync(this CloudObject<ImzmlIndex> data, IReadOnlyList<double> mz, MassTolerance tolerance, int? z = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(mz);
        if (mz.Count == 0)
            return [];
        var index = await data.GetIndexAsync(cancellationToken).ConfigureAwait(false);
        var windows = mz.Select(tolerance.Window).ToArray();
        var builders = windows.Select(_ => Begin(index)).ToArray();
        var layer = z ?? index.DataSet.MinZ;
        var strategy = index.DataSet.SharesMz || index.DataSet.HasStatistics
            ? ImzmlPartition.ByMzWindow(windows.Min(window => window.Low), Math.BitIncrement(windows.Max(window => window.High)))
            : ImzmlPartition.IntoSlices(1);
        await ReadAsync(data, strategy, layer, (in SpectrumView spectrum) =>
        {
            var isSorted = SpectrumStatistics.IsSorted(spectrum.Mz);
            for (var i = 0; i < windows.Length; i++)
            {
                builders[i].MarkSpectrum(spectrum.X, spectrum.Y);
                if (Sum(spectrum, windows[i].Low, windows[i].High, isSorted) is var sum and not 0)
                    builders[i].Add(spectrum.X, spectrum.Y, sum);
            }
        }, cancellationToken).ConfigureAwait(false);
        return [.. builders.Select(builder => builder.ToImage())];
    }

    /// <summary>The sums of all intensities of each pixel (total ion current). With statistics no data is read.</summary>
    /// <inheritdoc cref="ReadIonImageAsync"/>
    public static Task<IonImage> ReadTotalIonCurrentImageAsync(this CloudObject<ImzmlIndex> data, int? z = null, CancellationToken cancellationToken = default) =>
        ReadStatisticImageAsync(data, z, static (index, spectrum) => index.TotalIonCurrentOf(spectrum), static (in SpectrumView spectrum) => Sum(spectrum, double.NegativeInfinity, double.PositiveInfinity, isSorted: false), cancellationToken);

    /// <summary>The largest intensities of each pixel (base peak). With statistics no data is read.</summary>
    /// <inheritdoc cref="ReadIonImageAsync"/>
    public static Task<IonImage> ReadBasePeakImageAsync(this CloudObject<ImzmlIndex> data, int? z = null, CancellationToken cancellationToken = default) =>
        ReadStatisticImageAsync(data, z, static (index, spectrum) => index.BasePeakOf(spectrum).Intensity, static (in SpectrumView spectrum) =>
        {
            var largest = 0.0;
            foreach (var intensity in spectrum.Intensities)
                largest = Math.Max(largest, intensity);
            return largest;
        }, cancellationToken);

    /// <summary>The mean of all spectra. Where they share their m/z axis, on that axis; else in bins.</summary>
    /// <param name="data">The data set, preprocessed.</param>
    /// <param name="binWidth">The width of a bin: in ppm of its m/z, or in Da. Of no matter where spectra share their m/z axis.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>m/z values, the middles of bins, in rising order; and for each the mean of the spectra's sums in it. Empty bins are left out.</returns>
    /// <exception cref="NotPreprocessedException">The data set has no index.</exception>
    public static async Task<MeanSpectrum> ReadMeanSpectrumAsync(this CloudObject<ImzmlIndex> data, MassTolerance binWidth, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var index = await data.GetIndexAsync(cancellationToken).ConfigureAwait(false);
        var sums = new Dictionary<long, double>();
        double[] axis = [], axisSums = [];
        var count = 0L;
        await ReadAsync(data, ImzmlPartition.IntoSlices(1), null, (in SpectrumView spectrum) =>
        {
            count++;
            if (index.DataSet.SharesMz)
            {
                if (axis.Length == 0)
                    (axis, axisSums) = (spectrum.Mz.ToArray(), new double[spectrum.Mz.Length]);
                for (var i = 0; i < spectrum.Intensities.Length; i++)
                    axisSums[i] += spectrum.Intensities[i];
                return;
            }

            for (var i = 0; i < spectrum.Mz.Length; i++)
            {
                if (BinOf(spectrum.Mz[i], binWidth) is { } bin)
                    System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(sums, bin, out _) += spectrum.Intensities[i];
            }
        }, cancellationToken).ConfigureAwait(false);
        return index.DataSet.SharesMz
            ? new MeanSpectrum(axis, [.. axisSums.Select(sum => sum / Math.Max(1, count))])
            : new MeanSpectrum([.. sums.Keys.Order().Select(bin => MiddleOf(bin, binWidth))], [.. sums.OrderBy(bin => bin.Key).Select(bin => bin.Value / Math.Max(1, count))]);
    }

    private static IonImageBuilder Begin(ImzmlIndex index) =>
        new(Math.Max(1, checked((int)index.DataSet.Width)), Math.Max(1, checked((int)index.DataSet.Height)), index.DataSet.MinX, index.DataSet.MinY);

    private static async Task<IonImage> ReadStatisticImageAsync(
        CloudObject<ImzmlIndex> data, int? z, Func<ImzmlIndex, int, double> known, SpectrumValue read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);
        var index = await data.GetIndexAsync(cancellationToken).ConfigureAwait(false);
        var builder = Begin(index);
        var layer = z ?? index.DataSet.MinZ;
        if (index.DataSet.HasStatistics)
        {
            for (var spectrum = 0; spectrum < index.Spectra; spectrum++)
            {
                var position = index.PositionOf(spectrum);
                if (position.Z == layer)
                    Add(position.X, position.Y, known(index, spectrum));
            }
        }
        else
        {
            await ReadAsync(data, ImzmlPartition.IntoSlices(1), layer, (in SpectrumView spectrum) => Add(spectrum.X, spectrum.Y, read(spectrum)), cancellationToken).ConfigureAwait(false);
        }

        return builder.ToImage();

        void Add(int x, int y, double value)
        {
            builder.MarkSpectrum(x, y);
            builder.Add(x, y, value);
        }
    }

    private static async Task ReadAsync(CloudObject<ImzmlIndex> data, IPartitionStrategy<ImzmlIndex, ImzmlSlice> strategy, int? z, SpectrumAction action, CancellationToken cancellationToken)
    {
        foreach (var slice in await data.PartitionAsync(strategy, cancellationToken).ConfigureAwait(false))
        {
            var reader = await slice.OpenReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.FillAsync(cancellationToken).ConfigureAwait(false))
                    TakeAll(reader, z, action);
            }
        }
    }

    private static void TakeAll(SpectrumReader reader, int? z, SpectrumAction action)
    {
        while (reader.TryRead(out var spectrum))
        {
            if (z is null || spectrum.Z == z)
                action(spectrum);
        }
    }

    private static double Sum(in SpectrumView spectrum, double low, double high, bool isSorted)
    {
        var sum = 0.0;
        var start = isSorted ? SpectrumReader.LowerBound(spectrum.Mz, low) : 0;
        for (var i = start; i < spectrum.Mz.Length; i++)
        {
            if (spectrum.Mz[i] > high && isSorted)
                break;
            if (spectrum.Mz[i] >= low && spectrum.Mz[i] <= high)
                sum += spectrum.Intensities[i];
        }

        return sum;
    }

    private static long? BinOf(double mz, MassTolerance width) =>
        !double.IsFinite(mz) || mz <= 0 ? null
        : (long)Math.Floor(width.Unit == MassToleranceUnit.Ppm ? Math.Log(mz) / Math.Log(1 + (width.Value * 1e-6)) : mz / width.Value);

    private static double MiddleOf(long bin, MassTolerance width) =>
        width.Unit == MassToleranceUnit.Ppm ? Math.Pow(1 + (width.Value * 1e-6), bin + 0.5) : (bin + 0.5) * width.Value;

    private delegate void SpectrumAction(in SpectrumView spectrum);

    private delegate double SpectrumValue(in SpectrumView spectrum);
}

/// <summary>A mean spectrum.</summary>
/// <param name="Mz">m/z values, rising.</param>
/// <param name="Intensities">Mean intensities, as many.</param>
public sealed record MeanSpectrum(IReadOnlyList<double> Mz, IReadOnlyList<double> Intensities);
