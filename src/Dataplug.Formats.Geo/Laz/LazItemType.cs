namespace Dataplug.Formats.Geo.Laz;

/// <summary>What part of a point record an item is, numbered as in the laszip VLR.</summary>
public enum LazItemType
{
    /// <summary>Extra bytes behind the fields of point data record formats 0 to 5.</summary>
    Byte = 0,

    /// <summary>The 20 bytes that point data record formats 0 to 5 begin with.</summary>
    Point10 = 6,

    /// <summary>The GPS time of formats 1, 3, 4 and 5: 8 bytes.</summary>
    GpsTime11 = 7,

    /// <summary>The colours of formats 2, 3 and 5: 6 bytes.</summary>
    Rgb12 = 8,

    /// <summary>The wave packet of formats 4 and 5: 29 bytes.</summary>
    WavePacket13 = 9,

    /// <summary>The 30 bytes that point data record formats 6 to 10 begin with.</summary>
    Point14 = 10,

    /// <summary>The colours of format 7: 6 bytes.</summary>
    Rgb14 = 11,

    /// <summary>The colours and near infrared of formats 8 and 10: 8 bytes.</summary>
    RgbNir14 = 12,

    /// <summary>The wave packet of formats 9 and 10: 29 bytes.</summary>
    WavePacket14 = 13,

    /// <summary>Extra bytes behind the fields of point data record formats 6 to 10.</summary>
    Byte14 = 14,
}
