using System.Globalization;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>A part of a point record that is compressed by itself.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Size">Its bytes in a record.</param>
/// <param name="Version">How it is compressed: 1 or 2 for the items of formats 0 to 5, 3 or 4 for those of formats 6 to 10, 0 where points
/// are not compressed.</param>
public readonly record struct LazItem(LazItemType Type, int Size, int Version)
{
    /// <summary>As in "POINT14 version 3".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Type.ToString().ToUpperInvariant()} version {Version}");
}
