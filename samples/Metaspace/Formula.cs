using System.Globalization;
using System.Text;

namespace Samples.Metaspace;

/// <summary>A molecular formula: how many atoms of which elements. Immutable; equal formulas have equal <see cref="ToString"/>.</summary>
internal sealed class Formula : IEquatable<Formula>
{
    // More than any molecule that an imaging mass spectrometer sees has, and little enough for a number of atoms to stay one.
    private const int MostAtoms = 100_000;
    private const int DeepestGroup = 32;

    private readonly SortedDictionary<string, int> _atoms;

    private Formula(SortedDictionary<string, int> atoms) => _atoms = atoms;

    /// <summary>The elements and their counts, ≥ 1, by symbol.</summary>
    public IReadOnlyDictionary<string, int> Atoms => _atoms;

    /// <summary>The mass with the most abundant isotope of every element, in dalton.</summary>
    public double MonoisotopicMass => _atoms.Sum(pair => pair.Value * Element.Find(pair.Key)!.MonoisotopicMass);

    /// <summary>Reads a formula such as <c>C6H12O6</c> or <c>CH3(CH2)14COOH</c>.</summary>
    /// <param name="text">Symbols, each with a count or without, and groups in parentheses.</param>
    /// <exception cref="FormatException">It is no formula, or of elements that nature has no isotopes of.</exception>
    public static Formula Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = 0;
        var atoms = ReadGroup(text, ref at, depth: 0);
        if (at < text.Length)
            throw Wrong(text, at, "a closing parenthesis without an opening one");
        return atoms.Count > 0 ? new Formula(atoms) : throw Wrong(text, 0, "no element");
    }

    /// <summary>Adds the atoms of another formula, or takes them away.</summary>
    /// <param name="other">The other.</param>
    /// <param name="times">How many times it is added; negative to take it away.</param>
    /// <returns>The formula; null where there would be less than none of an element, or nothing, or too many atoms.</returns>
    public Formula? Add(Formula other, int times = 1)
    {
        var atoms = new SortedDictionary<string, int>(_atoms, StringComparer.Ordinal);
        foreach (var (symbol, count) in other._atoms)
        {
            var sum = atoms.GetValueOrDefault(symbol) + ((long)count * times);
            if (sum is < 0 or > MostAtoms)
                return null;
            if (sum == 0)
                _ = atoms.Remove(symbol);
            else
                atoms[symbol] = (int)sum;
        }

        return atoms.Count > 0 ? new Formula(atoms) : null;
    }

    public bool Equals(Formula? other) => other is not null && _atoms.SequenceEqual(other._atoms);

    public override bool Equals(object? obj) => Equals(obj as Formula);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The formula in Hill's order: carbon, hydrogen, then the others by symbol; all by symbol where there is no carbon.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var carbon = _atoms.ContainsKey("C");
        foreach (var (symbol, count) in _atoms.OrderBy(pair => carbon ? pair.Key switch { "C" => 0, "H" => 1, _ => 2 } : 0).ThenBy(pair => pair.Key, StringComparer.Ordinal))
        {
            _ = text.Append(symbol);
            if (count > 1)
                _ = text.Append(CultureInfo.InvariantCulture, $"{count}");
        }

        return text.ToString();
    }

    // Up to the end, or to the parenthesis that closes the group.
    private static SortedDictionary<string, int> ReadGroup(string text, ref int at, int depth)
    {
        if (depth > DeepestGroup)
            throw Wrong(text, at, "groups too deep within each other");
        var atoms = new SortedDictionary<string, int>(StringComparer.Ordinal);
        while (at < text.Length && text[at] != ')')
        {
            var start = at;
            if (text[at] == '(')
            {
                at++;
                var group = ReadGroup(text, ref at, depth + 1);
                if (at == text.Length || group.Count == 0)
                    throw Wrong(text, start, "a group that is empty or not closed");
                at++;
                var times = ReadCount(text, ref at);
                foreach (var (symbol, count) in group)
                    AddAtoms(symbol, (long)count * times, start);
            }
            else
            {
                if (!char.IsAsciiLetterUpper(text[at]))
                    throw Wrong(text, start, $"'{text[at]}', which begins no element");
                at++;
                while (at < text.Length && char.IsAsciiLetterLower(text[at]))
                    at++;
                var symbol = text[start..at];
                if (Element.Find(symbol) is null)
                    throw Wrong(text, start, $"'{symbol}', which is no element with isotopes in nature");
                AddAtoms(symbol, ReadCount(text, ref at), start);
            }
        }

        return atoms;

        void AddAtoms(string symbol, long count, int where)
        {
            var sum = atoms.GetValueOrDefault(symbol) + count;
            atoms[symbol] = sum <= MostAtoms ? (int)sum : throw Wrong(text, where, "too many atoms");
        }
    }

    private static int ReadCount(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        if (at == start)
            return 1;
        return int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MostAtoms
            ? count
            : throw Wrong(text, start, "a count that is 0 or too large");
    }

    private static FormatException Wrong(string text, int at, string what) => new($"'{text}' is no molecular formula: there is {what}, at its position {at + 1}.");
}
