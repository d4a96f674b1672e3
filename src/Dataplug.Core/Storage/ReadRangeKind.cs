namespace Dataplug.Storage;

/// <summary>The forms of a <see cref="ReadRange"/>.</summary>
public enum ReadRangeKind
{
    /// <summary>The whole object.</summary>
    All,

    /// <summary>From an offset, a number of bytes.</summary>
    Bounded,

    /// <summary>From an offset to the end.</summary>
    From,

    /// <summary>The last bytes.</summary>
    Suffix,
}
