namespace Dataplug.Storage;

/// <summary>The answer to a read: a forward-only stream of the bytes, and where in the object they are.</summary>
public sealed class ObjectRead : IAsyncDisposable
{
    /// <summary>Creates the answer; it owns <paramref name="content"/>.</summary>
    public ObjectRead(ObjectInfo info, ByteRange range, Stream content)
    {
        Info = info;
        Range = range;
        Content = content;
    }

    /// <summary>The object as it was when the read began.</summary>
    public ObjectInfo Info { get; }

    /// <summary>The bytes that <see cref="Content"/> holds, after clipping to the object's end.</summary>
    public ByteRange Range { get; }

    /// <summary>The bytes. A stream that ends early throws a <see cref="StorageException"/>, it never just ends.</summary>
    public Stream Content { get; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
