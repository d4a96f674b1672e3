namespace Samples.Metaspace;

/// <summary>A tissue with some molecules, and more molecules to look for in it.</summary>
internal static class Demonstration
{
    /// <summary>The tissue.</summary>
    public static SyntheticTissue Tissue { get; } = new()
    {
        Planted =
        [
            new("C42H82NO8P", "+H", new(RegionShape.Disc, 0.35, 0.40, 0.22), 2500),   // PC 34:1
            new("C42H82NO8P", "+K", new(RegionShape.Disc, 0.35, 0.40, 0.22), 4000),
            new("C40H80NO8P", "+H", new(RegionShape.Ring, 0.50, 0.50, 0.30), 2000),   // PC 32:0
            new("C40H80NO8P", "+Na", new(RegionShape.Ring, 0.50, 0.50, 0.30), 900),
            new("C44H84NO8P", "+K", new(RegionShape.Disc, 0.65, 0.60, 0.20), 3000),   // PC 36:2
            new("C41H83N2O6P", "+K", new(RegionShape.Gradient, 0.15, 0.30, 0.30), 2200), // SM 36:1
            new("C27H46O", "+Na", new(RegionShape.Gradient, 0.80, 0.50, 0.25), 1500), // cholesterol
            new("C7H15NO3", "+H", new(RegionShape.Disc, 0.60, 0.30, 0.15), 6000),     // carnitine
            new("C10H13N5O4", "+H", new(RegionShape.Disc, 0.45, 0.70, 0.18), 3000),   // adenosine
            new("C10H17N3O6S", "+H", new(RegionShape.Ring, 0.45, 0.45, 0.25), 3500),  // glutathione
            new("C2H7NO3S", "+Na", new(RegionShape.Disc, 0.70, 0.40, 0.20), 5000),    // taurine
            new("C6H12O6", "+K", new(RegionShape.Disc, 0.30, 0.60, 0.20), 2600),      // hexose
        ],
    };

    /// <summary>The molecules that are looked for: the planted, and twice as many that are not there.</summary>
    public static IReadOnlyList<string> Formulas { get; } =
    [
        .. Tissue.Planted.Select(ion => ion.Formula).Distinct(),
        "C4H9N3O2", "C5H11NO2S", "C9H11NO2", "C11H12N2O2", "C8H11NO2", "C9H13N3O5", "C12H22O11", "C14H28O2", "C18H34O2", "C20H32O2",
        "C16H33NO3", "C21H39N7O12", "C23H45NO4", "C24H50NO7P", "C26H54NO7P", "C35H68O5", "C39H76NO8P", "C45H78NO8P", "C46H93NO3", "C55H98O6",
    ];
}
