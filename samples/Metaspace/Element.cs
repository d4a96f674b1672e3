using System.Collections.Frozen;
using System.Globalization;

namespace Samples.Metaspace;

/// <summary>An element and its stable isotopes.</summary>
/// <param name="Symbol">Its symbol, such as <c>Na</c>.</param>
/// <param name="Isotopes">Its isotopes, by mass.</param>
internal sealed partial record Element(string Symbol, IReadOnlyList<Isotope> Isotopes)
{
    private static readonly FrozenDictionary<string, Element> BySymbol = Table.Split('\n').Select(ReadRow).ToFrozenDictionary(element => element.Symbol);

    /// <summary>All elements that nature has isotopes of.</summary>
    public static IEnumerable<Element> All => BySymbol.Values;

    /// <summary>The mass of the most abundant isotope, in dalton.</summary>
    public double MonoisotopicMass { get; } = Isotopes.MaxBy(isotope => isotope.Abundance).Mass;

    /// <summary>The element of a symbol.</summary>
    /// <returns>The element; null where there is none.</returns>
    public static Element? Find(string symbol) => BySymbol.GetValueOrDefault(symbol);

    private static Element ReadRow(string row)
    {
        var fields = row.Split(' ');
        var numbers = fields.Skip(1).Select(field => double.Parse(field, NumberStyles.Float, CultureInfo.InvariantCulture)).Chunk(2);
        return new Element(fields[0], [.. numbers.Select(pair => new Isotope(pair[0], pair[1]))]);
    }
}
