namespace Dataplug.Formats.Geo.Laz;

/// <summary>The fields of point data record formats 6 to 10 that can be left out when a chunk is decompressed, because each has a layer of
/// its own. x, y, returns and scanner channel are decompressed always. The values are LASzip's.</summary>
[Flags]
#pragma warning disable CA1711 // They are flags of fields.
public enum LazFields
{
    /// <summary>x, y, return number, number of returns and scanner channel.</summary>
    XyReturns = 0,

    /// <summary>z.</summary>
    Z = 1 << 0,

    /// <summary>The classification.</summary>
    Classification = 1 << 1,

    /// <summary>The classification flags, scan direction and edge of flight line.</summary>
    Flags = 1 << 2,

    /// <summary>The intensity.</summary>
    Intensity = 1 << 3,

    /// <summary>The scan angle.</summary>
    ScanAngle = 1 << 4,

    /// <summary>The user data.</summary>
    UserData = 1 << 5,

    /// <summary>The point source ID.</summary>
    PointSource = 1 << 6,

    /// <summary>The GPS time.</summary>
    GpsTime = 1 << 7,

    /// <summary>Red, green and blue.</summary>
    Rgb = 1 << 8,

    /// <summary>Near infrared.</summary>
    Nir = 1 << 9,

    /// <summary>The wave packet.</summary>
    WavePacket = 1 << 10,

    /// <summary>All extra bytes.</summary>
    ExtraBytes = 1 << 16,

    /// <summary>All fields.</summary>
    All = Z | Classification | Flags | Intensity | ScanAngle | UserData | PointSource | GpsTime | Rgb | Nir | WavePacket | ExtraBytes,
}
