using System.Globalization;
using System.Net.Http.Headers;

namespace Dataplug.Storage;

/// <summary>For stores over HTTP: the Range and Content-Range headers (RFC 9110 §14).</summary>
public static class HttpRange
{
    /// <summary>The value of a Range header; null where the whole object is asked for.</summary>
    public static string? Format(ReadRange range) => range.Kind switch
    {
        ReadRangeKind.Bounded => string.Create(CultureInfo.InvariantCulture, $"bytes={range.Offset}-{range.Offset + range.Length - 1}"),
        ReadRangeKind.From when range.Offset > 0 => string.Create(CultureInfo.InvariantCulture, $"bytes={range.Offset}-"),
        ReadRangeKind.Suffix => string.Create(CultureInfo.InvariantCulture, $"bytes=-{range.Length}"),
        _ => null,
    };

    /// <summary>Holds what an answer says it is against what was asked for.</summary>
    /// <param name="uri">The object.</param>
    /// <param name="asked">What was asked for.</param>
    /// <param name="contentRange">The answer's Content-Range; null for an answer with the whole object.</param>
    /// <param name="contentLength">The answer's Content-Length; negative where it has none.</param>
    /// <returns>The bytes of the object that the body holds, and the object's size.</returns>
    /// <exception cref="StorageException">The answer is not one to this request.</exception>
    public static (ByteRange Given, long Size) Check(ObjectUri uri, ReadRange asked, string? contentRange, long contentLength)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (contentRange is null)
        {
            if (contentLength < 0)
                throw new StorageException(uri.Display, "the server does not say how long the object is", "Copy the object to a server that sends Content-Length.");
            return Format(asked) is null || asked.Resolve(contentLength, uri) == new ByteRange(0, contentLength)
                ? (new ByteRange(0, contentLength), contentLength)
                : throw new StorageException(uri.Display, "the server sent the whole object instead of a range: it does not support range requests", "Copy the object to a server that supports ranges.", byteOffset: asked.Offset);
        }

        if (!ContentRangeHeaderValue.TryParse(contentRange, out var said) || said is not { Unit: "bytes", From: { } from, To: { } to, Length: { } size } || to >= size)
            throw new StorageException(uri.Display, $"the server answered a range request with an unusable Content-Range '{contentRange}'");
        var given = ByteRange.FromBounds(from, to + 1);
        if (given != asked.Resolve(size, uri))
            throw new StorageException(uri.Display, $"the server answered with the bytes {given} of {size}, which were not asked for", byteOffset: asked.Offset);
        if (contentLength >= 0 && contentLength != given.Length)
            throw new StorageException(uri.Display, $"the server announced {contentLength} bytes for the range {given}", byteOffset: given.Offset);
        return (given, size);
    }
}
