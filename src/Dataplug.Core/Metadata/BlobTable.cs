namespace Dataplug.Metadata;

/// <summary>Where the blobs of one sidecar section lie: 16 bytes of memory a blob.</summary>
public sealed class BlobTable
{
    /// <summary>Number of blobs.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>The place of blob <paramref name="index"/>, from 0.</summary>
    public BlobReference this[int index] => throw new NotImplementedException();
}
