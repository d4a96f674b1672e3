namespace Dataplug.Formats.Geo.Laz;

/// <summary>What the layer of x, y and returns tells the other layers about a point, in 17 bits.</summary>
internal readonly struct PointContext
{
    private readonly uint _bits;

    public PointContext(int channel, int otherContext, bool timeChanges, bool angleChanges, bool sourceChanges, int place, int level, int heightContext) =>
        _bits = (uint)(channel | otherContext << 2 | (timeChanges ? 1 << 4 : 0) | (angleChanges ? 1 << 5 : 0) | (sourceChanges ? 1 << 6 : 0)
            | place << 7 | level << 9 | heightContext << 12);

    /// <summary>The scanner channel, which is the context of all fields of POINT14: 0 to 3.</summary>
    public int Channel => (int)(_bits & 3);

    /// <summary>The context of the other items: 0 to 3.</summary>
    public int OtherContext => (int)(_bits >> 2 & 3);

    /// <summary>1 where the GPS time is another than that of the last point of the channel, or 0.</summary>
    public int TimeChange => (int)(_bits >> 4 & 1);

    /// <summary>Whether the scan angle is another than that of the last point of the channel.</summary>
    public bool AngleChanges => (_bits >> 5 & 1) != 0;

    /// <summary>Whether the point source ID is another than that of the last point of the channel.</summary>
    public bool SourceChanges => (_bits >> 6 & 1) != 0;

    /// <summary>The place of the return in its pulse: single 3, first 2, last 1, or in between 0.</summary>
    public int Place => (int)(_bits >> 7 & 3);

    /// <summary>See <see cref="ReturnContexts.Level"/>.</summary>
    public int Level => (int)(_bits >> 9 & 7);

    /// <summary>The context of z: 0 to 19.</summary>
    public int HeightContext => (int)(_bits >> 12 & 31);
}
