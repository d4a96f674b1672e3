namespace Dataplug.Formats.Geo.Laz;

/// <summary>How the points of an object are compressed, numbered as in the laszip VLR.</summary>
public enum LazCompressor
{
    /// <summary>Not at all: point records lie one behind another.</summary>
    None = 0,

    /// <summary>All points in one stream, as the first versions of LASzip did.</summary>
    Pointwise = 1,

    /// <summary>In chunks, each of them a stream of points.</summary>
    Chunked = 2,

    /// <summary>In chunks, each of them a stream for every field (point data record formats 6 to 10).</summary>
    Layered = 3,
}
