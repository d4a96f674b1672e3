using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug;

/// <summary>What a <see cref="CloudObject"/> works with.</summary>
public sealed record CloudObjectOptions
{
    /// <summary>The stores; those of the process by default.</summary>
    public ObjectStores Stores { get; init; } = ObjectStores.Default;

    /// <summary>Where indexes are kept.</summary>
    public MetadataOptions Metadata { get; init; } = new();
}
