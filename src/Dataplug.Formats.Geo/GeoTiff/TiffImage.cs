namespace Dataplug.Formats.Geo;

/// <summary>One image of a TIFF as its directory has it.</summary>
internal sealed record TiffImage
{
    /// <summary>Where its directory is.</summary>
    public required long DirectoryOffset { get; init; }

    /// <summary>NewSubfileType: 1 of lower resolution, 2 a page, 4 a mask.</summary>
    public required long SubfileType { get; init; }

    public required RasterLayout Layout { get; init; }

    /// <summary>Where its blocks are, in TIFF's order: rows of blocks, band by band where the bands are apart. 0 of blocks that are not
    /// there.</summary>
    public required long[] Offsets { get; init; }

    /// <summary>Their lengths; 0 of blocks that are not there.</summary>
    public required long[] Counts { get; init; }

    public required TiffProfile Profile { get; init; }

    /// <summary>The georeferencing tags, of which windows have their own.</summary>
    public required IReadOnlyDictionary<ushort, double[]> Places { get; init; }

    public bool IsReduced => (SubfileType & 1) != 0;

    public bool IsMask => (SubfileType & 4) != 0;
}
