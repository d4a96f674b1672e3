using System.Text.Json.Serialization.Metadata;

namespace Dataplug.Partitioning;

/// <summary>A kind of slice that can be read back: its name and how it is (de)serialised.</summary>
/// <remarks>Contracts take longer to make than small objects take to index, and a tool knows many formats: each is made when a slice of
/// its kind is first met.</remarks>
public sealed class SliceKind
{
    private readonly Lazy<JsonTypeInfo> _contract;

    private SliceKind(string name, Type type, Func<JsonTypeInfo> contract)
    {
        Name = name;
        Type = type;
        _contract = new Lazy<JsonTypeInfo>(contract);
    }

    /// <summary>The kind, as <see cref="Slice.Kind"/>.</summary>
    public string Name { get; }

    /// <summary>The type of its slices.</summary>
    public Type Type { get; }

    /// <summary>How they are (de)serialised.</summary>
    public JsonTypeInfo Contract => _contract.Value;

    /// <summary>Makes a kind.</summary>
    /// <typeparam name="TSlice">The type of its slices.</typeparam>
    /// <param name="name">The kind, as <see cref="Slice.Kind"/>.</param>
    /// <param name="contract">Gives the source-generated contract; called when it is first needed.</param>
    public static SliceKind Of<TSlice>(string name, Func<JsonTypeInfo<TSlice>> contract)
        where TSlice : Slice
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(contract);
        return new SliceKind(name, typeof(TSlice), contract);
    }
}
