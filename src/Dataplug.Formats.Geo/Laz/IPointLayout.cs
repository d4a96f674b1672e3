namespace Dataplug.Formats.Geo;

/// <summary>Where the blocks of points are in an object, in the order of their bytes.</summary>
internal interface IPointLayout
{
    /// <summary>Number of blocks.</summary>
    int Blocks { get; }

    /// <summary>The number of a block's first point; of the block behind the last, the number of points.</summary>
    long FirstPointOf(int block);

    /// <summary>Where a block begins, in bytes.</summary>
    long OffsetOf(int block);

    /// <summary>Where a block ends, in bytes.</summary>
    long EndOf(int block);
}
