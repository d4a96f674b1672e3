using Dataplug.Formats.Imzml;
using Dataplug.Formats.Imzml.Imaging;

namespace Samples.Metaspace;

/// <summary>What a task gets: the ions that it looks for, and where the part of all spectra is that they may be in.</summary>
/// <param name="Slice">The window of m/z of the segment, of all spectra.</param>
/// <param name="Ions">The ions.</param>
internal sealed record SegmentTask(ImzmlSlice Slice, IonPattern[] Ions)
{
    /// <summary>Reads the spectra, one after another in the same memory, and collects the images of the ions.</summary>
    public async Task<SegmentImages> CollectAsync(MassTolerance tolerance, PixelRectangle pixels, CancellationToken cancellationToken)
    {
        var images = new SegmentImages(Ions, tolerance, pixels);
        await using var reader = await Slice.OpenReaderAsync(cancellationToken);
        while (await reader.FillAsync(cancellationToken))
        {
            while (reader.TryRead(out var spectrum))
                images.Add(spectrum.X, spectrum.Y, spectrum.Mz, spectrum.Intensities);
        }

        return images;
    }
}
