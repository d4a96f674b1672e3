namespace Dataplug.Formats.Imzml;

/// <summary>imzML 1.1: mass-spectrometry imaging, an XML document and its binary companion, the ibd. See docs/formats/imzml.md.</summary>
public static class Imzml
{
    /// <summary>The format: the ibd beside the document, no pass over it.</summary>
    public static ImzmlFormat Format { get; } = new(new ImzmlOptions());

    /// <summary>The format with an ibd elsewhere, with a pass over the ibd, or with checks.</summary>
    public static ImzmlFormat With(ImzmlOptions options) => new(options);
}
