namespace Dataplug.Storage;

/// <summary>How a stream is uploaded.</summary>
public sealed record UploadOptions
{
    /// <summary>Parts of 8 MiB, four at a time: 40 MiB of memory.</summary>
    public static UploadOptions Default { get; } = new();

    /// <summary>Bytes per part. Raised to what the store demands, and where 10 000 parts would not hold the object.</summary>
    public int PartSize { get; init; } = 8 << 20;

    /// <summary>Parts under way at once; memory is this many parts and one more that is being filled.</summary>
    public int Parallelism { get; init; } = 4;
}
