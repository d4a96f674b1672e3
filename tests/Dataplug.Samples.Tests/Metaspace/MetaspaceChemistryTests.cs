using System.Text.Json;
using Samples.Metaspace;

namespace Dataplug.Samples.Tests.Metaspace;

/// <summary>Formulas, adducts and isotope patterns.</summary>
public sealed class MetaspaceChemistryTests
{
    [Theory]
    [InlineData("C6H12O6", "C6H12O6", 180.06338810)]
    [InlineData("CH3(CH2)14COOH", "C16H32O2", 256.24023027)]
    [InlineData("(CH3)2(NH)", "C2H7N", 45.05784922)]
    [InlineData("OH2", "H2O", 18.01056468)]
    [InlineData("NaCl", "ClNa", 57.95862196)]
    [InlineData("C27H46O", "C27H46O", 386.35486608)]
    [InlineData("C42H82NO8P", "C42H82NO8P", 759.57780554)]
    public void Formulas_are_read_and_weighed(string text, string hill, double mass)
    {
        var formula = Formula.Parse(text);
        Assert.Equal(hill, formula.ToString());
        Assert.Equal(formula, Formula.Parse(hill));
        Assert.Equal(mass, formula.MonoisotopicMass, 2e-7);
    }

    [Theory]
    [InlineData("")]
    [InlineData("()")]
    [InlineData("C6H12O6)")]
    [InlineData("(C6")]
    [InlineData("c6")]
    [InlineData("Xx2")]
    [InlineData("C0")]
    [InlineData("C999999999999")]
    [InlineData("(C100000)100000")]
    [InlineData("C-1")]
    [InlineData("H+")]
    public void What_is_no_formula_is_refused(string text) => Assert.Throws<FormatException>(() => Formula.Parse(text));

    [Fact]
    public void Groups_can_not_be_nested_without_end() =>
        Assert.Throws<FormatException>(() => Formula.Parse(new string('(', 100_000) + "C" + new string(')', 100_000)));

    [Theory]
    [InlineData("C6H12O6", "+H", "C6H13O6")]
    [InlineData("C6H12O6", "-H", "C6H11O6")]
    [InlineData("C6H12O6", "-H2O+H", "C6H11O5")]
    [InlineData("C6H12O6", "+Na", "C6H12NaO6")]
    [InlineData("C6H12O6", "+NH4", "C6H16NO6")]
    [InlineData("C2Cl4", "-H", null)]
    [InlineData("HO", "-HO", null)]
    public void Adducts_make_ions(string molecule, string adduct, string? ion) =>
        Assert.Equal(ion, Adduct.Parse(adduct).ApplyTo(Formula.Parse(molecule))?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("H")]
    [InlineData("+")]
    [InlineData("+H-")]
    public void What_is_no_adduct_is_refused(string text) => Assert.Throws<FormatException>(() => Adduct.Parse(text));

    [Fact]
    public void Decoys_are_eighty_elements()
    {
        Assert.Equal(80, Adduct.Decoys.Count);
        Assert.Equal(80, Adduct.Decoys.Distinct().Count());
        Assert.All(Adduct.Decoys, decoy => Assert.NotNull(Adduct.Parse(decoy).ApplyTo(Formula.Parse("C6H12O6"))));
    }

    [Fact]
    public void The_isotopes_of_every_element_are_all_of_it()
    {
        Assert.Equal(84, Element.All.Count());
        foreach (var element in Element.All)
        {
            Assert.Equal(1, element.Isotopes.Sum(isotope => isotope.Abundance), 1e-9);
            Assert.Equal(element.Isotopes.OrderBy(isotope => isotope.Mass), element.Isotopes);
        }
    }

    [Fact]
    public void Fine_structure_is_whole_and_exact()
    {
        // Of Br2 the three combinations are known by hand.
        var lines = IsotopePattern.FineStructure(Formula.Parse("Br2"));
        Assert.Equal([0.5069 * 0.5069, 2 * 0.5069 * 0.4931, 0.4931 * 0.4931], lines.Select(line => line.Probability), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(78.9183376 + 80.9162897, lines[1].Mass, 1e-9);
        foreach (var formula in new[] { "C6H12O6", "C42H82NO8P", "C10H10Br2Cl2S2N3Sn", "C200H300N50O60S2" })
            Assert.Equal(1, IsotopePattern.FineStructure(Formula.Parse(formula)).Sum(line => line.Probability), 1e-6);
    }

    [Fact]
    public void Ions_weigh_less_by_the_electrons_that_they_lack()
    {
        var instrument = new Instrument(Analyser.Orbitrap, 1e6);
        Assert.Equal(181.070665, IsotopePattern.Of(Formula.Parse("C6H13O6"), 1, instrument).Mzs[0], 1e-6);
        Assert.Equal(179.056112, IsotopePattern.Of(Formula.Parse("C6H11O6"), -1, instrument).Mzs[0], 1e-6);
        Assert.Equal((182.079038 - 0.00109716) / 2, IsotopePattern.Of(Formula.Parse("C6H14O6"), 2, instrument).Mzs[0], 1e-5);
    }

    [Fact]
    public void Resolving_power_falls_as_the_analyser_has_it()
    {
        Assert.Equal(70_000, new Instrument(Analyser.Orbitrap, 140_000).ResolvingPowerAt(800));
        Assert.Equal(35_000, new Instrument(Analyser.Fticr, 140_000).ResolvingPowerAt(800));
        Assert.Equal(140_000, new Instrument(Analyser.Tof, 140_000).ResolvingPowerAt(800));
        Assert.Equal(new Instrument(Analyser.Fticr, 1e6), Instrument.Parse("fticr:1e6"));
        Assert.Throws<FormatException>(() => Instrument.Parse("orbitrap"));
        Assert.Throws<FormatException>(() => Instrument.Parse("1:140000"));
    }

    // With resolving power enough, the 34S of two sulphurs is apart from their two 13C.
    [Fact]
    public void Resolving_power_tells_peaks_apart()
    {
        var ion = Formula.Parse("C20H33N6O12S2");
        Assert.InRange(Peaks(1_000_000).Count(mz => Math.Abs(mz - Peaks(1_000_000)[0] - 2) < 0.02), 3, 6);
        Assert.Equal(1, Peaks(20_000).Count(mz => Math.Abs(mz - Peaks(20_000)[0] - 2) < 0.02));

        double[] Peaks(double power) => IsotopePattern.Of(ion, 1, new Instrument(Analyser.Fticr, power), peaks: 10).Mzs;
    }

    [PythonTheory]
    [InlineData("C6H13O6", 1, "Orbitrap", 140_000)] // glucose
    [InlineData("C27H46ONa", 1, "Orbitrap", 140_000)] // cholesterol
    [InlineData("C42H82NO8PK", 1, "Orbitrap", 140_000)] // PC 34:1
    [InlineData("C42H81NO8P", -1, "Fticr", 400_000)]
    [InlineData("C10H10Br2Cl2S2N3", 1, "Orbitrap", 140_000)]
    [InlineData("C10H10Br2Cl2S2N3", 1, "Fticr", 1_000_000)]
    [InlineData("C20H34N6O12S2", 2, "Orbitrap", 240_000)] // oxidised glutathione
    [InlineData("C10H17N3O6SSn", 1, "Orbitrap", 140_000)] // a decoy
    [InlineData("C27H46OK", 1, "Tof", 30_000)]
    [InlineData("C6H12O6", 1, "Tof", 500)]
    public async Task Isotope_patterns_are_those_of_the_script(string formula, int charge, string analyser, double power)
    {
        var ion = Formula.Parse(formula);
        var pattern = IsotopePattern.Of(ion, charge, new Instrument(Enum.Parse<Analyser>(analyser), power));
        var script = await MetaspaceScript.RunAsync(new { task = "isotopes", atoms = ion.Atoms, charge, analyser, power, peaks = IsotopePattern.DefaultPeaks });
        Assert.Equal(script.GetProperty("mzs").Deserialize<double[]>()!, pattern.Mzs, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(script.GetProperty("intensities").Deserialize<double[]>()!, pattern.Intensities, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(1, pattern.Intensities.Max());
    }
}
