namespace Samples.Metaspace;

/// <summary>What a molecule gains or loses when it becomes an ion, such as <c>+H</c>, <c>-H</c>, <c>+Na</c>, <c>-H2O+H</c>.</summary>
internal sealed class Adduct
{
    private readonly IReadOnlyList<(Formula Formula, int Times)> _parts;

    private Adduct(string text, IReadOnlyList<(Formula Formula, int Times)> parts) => (Text, _parts) = (text, parts);

    /// <summary>
    /// The elements that METASPACE takes for decoys, in its order: nobody expects a molecule that has gained one of them, so whatever is found
    /// of such ions is found by chance (Palmer et al. 2017, Methods; <c>sm/engine/annotation/fdr.py</c> of its engine).
    /// </summary>
    public static IReadOnlyList<string> Decoys { get; } = [..
        """
        He Li Be B C N O F Ne Mg Al Si P S Cl Ar Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As
        Se Br Kr Rb Sr Y Zr Nb Mo Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Sm Eu
        Gd Tb Dy Ho Ir Th Pt Os Yb Lu Bi Pb Re Tl Tm U W Au Er Hf Hg Ta
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(symbol => "+" + symbol)];

    /// <summary>The adduct as it was written.</summary>
    public string Text { get; }

    /// <summary>Reads an adduct.</summary>
    /// <param name="text">Formulas, each after its sign.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static Adduct Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = new List<(Formula, int)>();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] is not ('+' or '-'))
                throw new FormatException($"'{text}' is no adduct: write formulas, each after its sign, such as +H or -H2O+H.");
            var end = text.AsSpan(at + 1).IndexOfAny('+', '-');
            end = end < 0 ? text.Length : at + 1 + end;
            parts.Add((Formula.Parse(text[(at + 1)..end]), text[at] == '+' ? 1 : -1));
            at = end;
        }

        return parts.Count > 0 ? new Adduct(text, parts) : throw new FormatException("An adduct is not empty.");
    }

    /// <summary>What a molecule is with the adduct.</summary>
    /// <param name="molecule">The molecule.</param>
    /// <returns>The formula of the ion; null where the molecule does not have what the adduct takes away.</returns>
    public Formula? ApplyTo(Formula molecule)
    {
        // What is gained first: a molecule may lose more of it than it had.
        var ion = molecule;
        foreach (var (formula, times) in _parts.OrderByDescending(part => part.Times))
            ion = ion?.Add(formula, times);
        return ion;
    }

    /// <summary><see cref="Text"/>.</summary>
    public override string ToString() => Text;
}
