using System.Text.Json.Serialization.Metadata;

namespace Dataplug.Partitioning;

/// <summary>A kind of slice that can be read back: its name and how it is (de)serialised.</summary>
/// <param name="Name">The kind, as <see cref="Slice.Kind"/>.</param>
/// <param name="TypeInfo">The source-generated contract of the concrete slice type.</param>
public sealed record SliceKind(string Name, JsonTypeInfo TypeInfo);
