using System.Text.Json.Serialization;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>
/// A result that stayed where its task put it, in the backend's storage: a handle that other tasks take in its place, so that it doesn't
/// pass through the client. Plain data: it may be an input, part of one, or captured.
/// </summary>
/// <typeparam name="T">The type of the result.</typeparam>
public sealed record StoredResult<T>
{
    /// <summary>The result as it travels, when it has at most 16 KiB; null else.</summary>
    [JsonPropertyName("content")]
    public byte[]? Content { get; init; }

    /// <summary>The URI of its object, when it is longer; null else.</summary>
    [JsonPropertyName("location")]
    public string? Location { get; init; }

    /// <summary>The SHA-256 of that object.</summary>
    [JsonPropertyName("digest")]
    public string? Digest { get; init; }

    /// <summary>How long it is as it travels, in bytes; 0 in the process that made it.</summary>
    [JsonPropertyName("length")]
    public long Length { get; init; }

    /// <summary>The result itself, on backends in this process.</summary>
    [JsonIgnore]
    internal LocalValue? Value { get; init; }

    /// <summary>Gets the result.</summary>
    /// <param name="stores">The stores by which it is reached; null for <see cref="ObjectStores.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PayloadRefusedException">The object is gone, or not the one that was written.</exception>
    public async Task<T> ReadAsync(ObjectStores? stores = null, CancellationToken cancellationToken = default)
    {
        if (Value is { } here)
            return here.Value;
        var payload = Content;
        if (payload is null)
        {
            var location = ObjectUri.Parse(Location ?? throw new InvalidOperationException("This result was made by a backend in another process, where it has stayed."));
            payload = await (stores ?? ObjectStores.Default).Get(location).ReadVerifiedAsync(location, Digest ?? "", cancellationToken).ConfigureAwait(false);
        }

        return PayloadCodec.Create<T>("a stored result", "it", ShippedFunction.DefaultSerializerOptions).Read(payload);
    }

    /// <summary>A value in this process.</summary>
    internal sealed record LocalValue(T Value);
}
