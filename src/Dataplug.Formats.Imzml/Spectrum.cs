namespace Dataplug.Formats.Imzml;

/// <summary>One spectrum.</summary>
/// <param name="Number">Its number in the document, from 0.</param>
/// <param name="X">Its column in the image (IMS:1000050), from 1 as a rule.</param>
/// <param name="Y">Its row (IMS:1000051).</param>
/// <param name="Z">Its layer (IMS:1000052); 1 where the document has none.</param>
/// <param name="Mz">Its m/z values.</param>
/// <param name="Intensities">Its intensities, as many.</param>
/// <param name="Layout">What kind of spectrum it is, and how its arrays are stored.</param>
/// <param name="OtherArrays">The arrays of its layout behind the first two, as many values each.</param>
public sealed record Spectrum(long Number, int X, int Y, int Z, ReadOnlyMemory<double> Mz, ReadOnlyMemory<double> Intensities, SpectrumLayout Layout, IReadOnlyList<ReadOnlyMemory<double>> OtherArrays);
