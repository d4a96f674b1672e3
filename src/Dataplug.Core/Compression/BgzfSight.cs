namespace Dataplug.Compression;

/// <summary>What the members seen so far say about BGZF.</summary>
internal enum BgzfSight : byte
{
    /// <summary>There was no member yet.</summary>
    Nothing,

    /// <summary>A member is no BGZF block.</summary>
    Gzip,

    /// <summary>All are BGZF blocks, the last one is not the end marker.</summary>
    Blocks,

    /// <summary>All are BGZF blocks, the last one is the end marker.</summary>
    BlocksAndEndMarker,
}

/// <summary>Adds members to a <see cref="BgzfSight"/>.</summary>
internal static class BgzfSights
{
    public static BgzfSight With(this BgzfSight sight, GzipMember member)
    {
        if (sight == BgzfSight.Gzip || !BgzfBlock.TryReadSize(member.ExtraField.Span, out _))
            return BgzfSight.Gzip;
        return BgzfBlock.IsEndMarker(member) ? BgzfSight.BlocksAndEndMarker : BgzfSight.Blocks;
    }

    /// <summary>What the members of two parts say together.</summary>
    public static BgzfSight Then(this BgzfSight sight, BgzfSight following) =>
        following == BgzfSight.Nothing ? sight
        : sight == BgzfSight.Gzip ? sight
        : following;
}
