namespace Dataplug.Formats.Geo;

/// <summary>What is counted of some points.</summary>
internal sealed class LasSummary
{
    /// <summary>Number of points.</summary>
    public long Points { get; set; }

    /// <summary>Number of points of each return number, 0 to 15.</summary>
    public long[] ByReturn { get; } = new long[16];

    /// <summary>Least and greatest coordinates.</summary>
    public LasBounds Bounds { get; set; } = LasBounds.None;

    /// <summary>Adds point records.</summary>
    public void Add(ReadOnlySpan<byte> records, LasPointFormat format)
    {
        var bounds = Bounds;
        for (; !records.IsEmpty; records = records[format.RecordLength..])
        {
            bounds = bounds.Include(LasPoints.RawXOf(records), LasPoints.RawYOf(records), LasPoints.RawZOf(records));
            ByReturn[format.ReturnNumberOf(records)]++;
            Points++;
        }

        Bounds = bounds;
    }
}
