namespace Dataplug.Formats.Imzml.Imaging;

/// <summary>
/// Colours for intensities, 256 from the lowest to the highest. Equal steps look equally wide, and lightness alone tells the order, so that
/// pictures can be read in print and by those who see colours differently.
/// </summary>
public sealed partial class ColorMap
{
    /// <summary>How many colours a map has.</summary>
    public const int Count = 256;

    private const int Channels = 3;

    private readonly byte[] _table;

    private ColorMap(string name, byte[] table) => (Name, _table) = (name, table);

    /// <summary>From dark violet over green to yellow.</summary>
    public static ColorMap Viridis { get; } = new("viridis", Convert.FromBase64String(ViridisTable));

    /// <summary>From black over red and orange to pale yellow.</summary>
    public static ColorMap Inferno { get; } = new("inferno", Convert.FromBase64String(InfernoTable));

    /// <summary>From black over violet and pink to pale yellow.</summary>
    public static ColorMap Magma { get; } = new("magma", Convert.FromBase64String(MagmaTable));

    /// <summary>From dark blue over gray to yellow; looks nearly the same to the red-green colour-blind.</summary>
    public static ColorMap Cividis { get; } = new("cividis", Convert.FromBase64String(CividisTable));

    /// <summary>From black to white.</summary>
    public static ColorMap Gray { get; } = new("gray", [.. Enumerable.Range(0, Count * Channels).Select(i => (byte)(i / Channels))]);

    /// <summary>All maps.</summary>
    public static IReadOnlyList<ColorMap> All { get; } = [Viridis, Inferno, Magma, Cividis, Gray];

    /// <summary>The map's name, in lower case.</summary>
    public string Name { get; }

    /// <summary>The colours one after the other, each red, green, blue.</summary>
    public ReadOnlyMemory<byte> Table => _table;

    /// <summary>One colour.</summary>
    /// <param name="index">From 0 to 255.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such colour.</exception>
    public (byte Red, byte Green, byte Blue) this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return (_table[Channels * index], _table[(Channels * index) + 1], _table[(Channels * index) + 2]);
        }
    }

    /// <summary>The colour of an intensity: that of the index nearest to 255 · intensity.</summary>
    /// <param name="intensity">Between 0 and 1; beyond are the colours of these.</param>
    /// <exception cref="ArgumentOutOfRangeException">The intensity is not a number.</exception>
    public (byte Red, byte Green, byte Blue) At(double intensity) =>
        double.IsNaN(intensity)
            ? throw new ArgumentOutOfRangeException(nameof(intensity), intensity, "An intensity is a number.")
            : this[(int)Math.Round(Math.Clamp(intensity, 0, 1) * (Count - 1), MidpointRounding.AwayFromZero)];

    /// <summary>The map of a name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <exception cref="ArgumentException">There is no map of that name.</exception>
    public static ColorMap Of(string name) =>
        All.FirstOrDefault(map => string.Equals(map.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no colour map '{name}'; there are {string.Join(", ", All.Select(map => map.Name))}.", nameof(name));

    /// <summary>The map's name.</summary>
    public override string ToString() => Name;
}
