namespace Samples.Metaspace;

/// <summary>What is looked for: molecules, the adducts that make ions of them, and decoys.</summary>
internal sealed record IonDatabase
{
    /// <summary>The adducts looked for; +H, +Na, +K.</summary>
    public IReadOnlyList<string> Adducts { get; init; } = ["+H", "+Na", "+K"];

    /// <summary>The charge of all ions, not 0; 1.</summary>
    public int Charge { get; init; } = 1;

    /// <summary>What the ions are measured with; an orbitrap of 140,000 at m/z 200.</summary>
    public Instrument Instrument { get; init; } = new(Analyser.Orbitrap, 140_000);

    /// <summary>How many isotope peaks of an ion are looked for, ≥ 1; 4.</summary>
    public int Peaks { get; init; } = IsotopePattern.DefaultPeaks;

    /// <summary>Decoys for each target; 20.</summary>
    public int Decoys { get; init; } = FalseDiscovery.DefaultDecoys;

    /// <summary>Chooses the decoys.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>The ions of a molecule: the targets, and then the decoys.</summary>
    /// <param name="formula">The molecule.</param>
    /// <returns>None where the molecule lacks what every adduct takes away.</returns>
    /// <exception cref="FormatException">The formula or an adduct is none.</exception>
    public IReadOnlyList<IonPattern> IonsOf(string formula)
    {
        var molecule = Formula.Parse(formula);
        var name = molecule.ToString();
        var ions = new List<IonPattern>();
        foreach (var adduct in Adducts.Distinct())
            Add(adduct, target: true);
        if (ions.Count > 0)
        {
            foreach (var adduct in FalseDiscovery.DecoysOf(name, [.. Adducts], Decoys, Seed))
                Add(adduct, target: false);
        }

        return ions;

        void Add(string adduct, bool target)
        {
            if (Adduct.Parse(adduct).ApplyTo(molecule) is not { } ion)
                return;
            var pattern = IsotopePattern.Of(ion, Charge, Instrument, Peaks);
            ions.Add(new IonPattern(name, adduct, Charge, target, pattern.Mzs, pattern.Intensities));
        }
    }
}
