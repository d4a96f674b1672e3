using Dataplug.Formats.Imzml.Imaging;
using Samples.Metaspace;

namespace Dataplug.Samples.Tests.Metaspace;

/// <summary>The parts of the score, and false discovery rates.</summary>
public sealed class MetaspaceScoreTests
{
    private static readonly double[] Heights = [1, 0.6, 0.2, 0.05];

    [PythonTheory]
    [InlineData(1, 24, 18, 0.0, false)]
    [InlineData(2, 24, 18, 0.5, false)]
    [InlineData(3, 31, 9, 0.2, true)]
    [InlineData(4, 7, 40, 1.0, true)]
    [InlineData(5, 12, 12, 3.0, true)]
    public async Task Scores_are_those_of_the_script(int seed, int width, int height, double noise, bool masked)
    {
        var random = new Random(seed);
        var mask = Enumerable.Range(0, width * height).Select(i => !masked || random.NextDouble() < 0.8 || i == 0).ToArray();
        var form = Enumerable.Range(0, width * height).Select(i => Math.Max(0, 1 - (Math.Pow((i % width) - (width / 3.0), 2) / 30) - (Math.Pow((i / width) - (height / 2.0), 2) / 30))).ToArray();
        form[width + 1] = 8; // a hot spot
        var images = Heights.Select(h => new IonImage(width, height, [.. form.Select(value => Math.Max(0, (h * value) + (noise * h * (random.NextDouble() - 0.7))))], mask)).ToArray();
        var script = await MetaspaceScript.RunAsync(new { task = "msm", width, height, mask, images = images.Select(image => image.Values.ToArray()), intensities = Heights, levels = 30 });

        var score = MsmScore.Of(images, Heights);
        Assert.Equal(script.GetProperty("spectral").GetDouble(), score.Spectral, 1e-12);
        Assert.Equal(script.GetProperty("spatial").GetDouble(), score.Spatial, 1e-12);
        var chaos = SpatialChaos.Measure(images[0].WithoutHotSpots());
        Assert.Equal(script.GetProperty("chaos").GetDouble(), chaos, 1e-12);
        Assert.Equal(score.Spatial > 0 ? chaos : 0, score.Chaos);
        Assert.Equal(score.Chaos * score.Spatial * score.Spectral, score.Msm);
        Assert.InRange(chaos, 0.05, 0.999);
    }

    [Fact]
    public void Chaos_of_images_reckoned_by_hand()
    {
        // One region of 5 × 5 at every level: 1 − 1 ∕ 25.
        Assert.Equal(1 - (1 / 25.0), SpatialChaos.Measure(Square(12, 3, 3, 5)), 1e-12);

        // Four of them, up to the border. With a gap of two pixels between them the dilation would have closed it.
        var four = new double[14 * 14];
        foreach (var (x, y) in new[] { (0, 0), (9, 0), (0, 9), (9, 9) })
        {
            for (var i = 0; i < 25; i++)
                four[((y + (i / 5)) * 14) + x + (i % 5)] = 3;
        }

        Assert.Equal(1 - (4 / 100.0), SpatialChaos.Measure(new IonImage(14, 14, four)), 1e-12);

        // Single pixels don't survive the erosion; the empty image has none.
        Assert.Equal(0, SpatialChaos.Measure(Square(12, 4, 4, 1)));
        Assert.Equal(0, SpatialChaos.Measure(new IonImage(12, 12, new double[144])));

        // Half of the levels see the outer square alone, half the inner one too, which is one region as well.
        var steps = Square(12, 2, 2, 8).Values.ToArray();
        for (var i = 0; i < 9; i++)
            steps[((5 + (i / 3)) * 12) + 5 + (i % 3)] = 2;
        Assert.Equal(1 - (1 / 64.0), SpatialChaos.Measure(new IonImage(12, 12, steps)), 1e-12);
    }

    [Fact]
    public void A_perfect_ion_scores_near_one_and_a_strewn_one_low()
    {
        var random = new Random(1);
        var square = Square(20, 4, 4, 10);
        IonImage Times(IonImage image, double factor) => new(image.Width, image.Height, [.. image.Values.ToArray().Select(value => value * factor)]);
        var perfect = MsmScore.Of([.. Heights.Select(h => Times(square, h))], Heights);
        Assert.Equal((1.0, 1.0), (Math.Round(perfect.Spatial, 12), Math.Round(perfect.Spectral, 12)));
        Assert.InRange(perfect.Msm, 0.98, 1);

        var strewn = MsmScore.Of([.. Heights.Select(_ => new IonImage(20, 20, [.. Enumerable.Range(0, 400).Select(_ => random.NextDouble() < 0.1 ? random.NextDouble() : 0)]))], Heights);
        Assert.InRange(strewn.Msm, 0, 0.1);
    }

    [Fact]
    public void What_has_no_score_scores_nothing()
    {
        var dark = new IonImage(4, 4, new double[16]);
        var even = new IonImage(4, 4, [.. Enumerable.Repeat(0.1, 16)]);
        var square = Square(4, 0, 0, 3);
        Assert.Equal(MsmScore.None, MsmScore.Of([dark, square], [1, 0.5]));
        Assert.Equal(0, MsmScore.Of([square], [1]).Msm);
        Assert.Equal(0, MsmScore.Of([square, dark], [1, 0.5]).Msm);
        Assert.Equal(0, MsmScore.SpatialCorrelation([square, even], [1, 0.5]));
        Assert.Equal(0, MsmScore.SpatialCorrelation([even, even], [1, 0.5]));
        Assert.Throws<ArgumentException>(() => MsmScore.Of([square], [1, 0.5]));
        Assert.Throws<ArgumentException>(() => MsmScore.Of([square, Square(5, 0, 0, 3)], [1, 0.5]));
    }

    [PythonTheory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task Rates_are_those_of_the_script(int seed, bool succession)
    {
        // Scores of few digits, so that there are ties, and some of 0.
        var random = new Random(seed);
        var targets = Enumerable.Range(0, 60).Select(i => Math.Round(Math.Max(0, random.NextDouble() + (i < 20 ? 0.4 : -0.3)), 2)).ToArray();
        var decoys = Enumerable.Range(0, 1200).Select(_ => Math.Round(Math.Max(0, random.NextDouble() - 0.4), 2)).ToArray();
        var script = await MetaspaceScript.RunAsync(new { task = "fdr", targets, decoys, ratio = 20, succession });
        var rates = FalseDiscovery.Estimate(targets, decoys, 20, succession);
        Assert.Equal(System.Text.Json.JsonSerializer.Deserialize<double[]>(script.GetProperty("rates"))!, rates, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Contains(rates, rate => rate < 0.1);
        Assert.Contains(rates, rate => rate is > 0.2 and < 1);
        Assert.Contains(rates, rate => rate == 1);
    }

    [Fact]
    public void Rates_reckoned_by_hand()
    {
        // Above 0.9 no decoy, above 0.5 one, above 0.1 all three: (0+1)/2/(1+1), (1+1)/2/(2+1), (3+1)/2/(3+1).
        Assert.Equal([0.25, 1 / 3.0, 0.5, 1], FalseDiscovery.Estimate([0.9, 0.5, 0.1, 0], [0.6, 0.2, 0.1, 0, 0, 0], 2));

        // The rate does not fall with the score: the first is no worse than those below it.
        Assert.Equal([1 / 3.0, 1 / 3.0, 1 / 3.0], FalseDiscovery.Estimate([0.5, 0.4, 0.3], [0.9], 1, ruleOfSuccession: false));
        Assert.Empty(FalseDiscovery.Estimate([], [0.5], 20));
        Assert.Equal((0.05, 0.1, 0.5, 1.0), (FalseDiscovery.LevelOf(0.054), FalseDiscovery.LevelOf(0.056), FalseDiscovery.LevelOf(0.21), FalseDiscovery.LevelOf(0.51)));
    }

    [Fact]
    public void Decoys_are_drawn_for_each_formula_and_the_same_ones_again()
    {
        string[] targets = ["+H", "+Cl"];
        var decoys = FalseDiscovery.DecoysOf("C6H12O6", targets);
        Assert.Equal(20, decoys.Distinct().Count());
        Assert.Empty(decoys.Intersect(targets));
        Assert.Subset(Adduct.Decoys.ToHashSet(), decoys.ToHashSet());
        Assert.Equal(decoys, FalseDiscovery.DecoysOf("C6H12O6", targets));
        Assert.NotEqual(decoys, FalseDiscovery.DecoysOf("C6H12O6", targets, seed: 7));
        Assert.Equal(79, FalseDiscovery.DecoysOf("C6H12O6", targets, count: 100).Count);

        // Over many formulas each is drawn about as often as any other: 20 of 79.
        var drawn = Enumerable.Range(1, 400).SelectMany(i => FalseDiscovery.DecoysOf($"C{i}H4", targets)).GroupBy(decoy => decoy).ToArray();
        Assert.Equal(79, drawn.Length);
        Assert.All(drawn, group => Assert.InRange(group.Count(), 60, 150));
    }

    private static IonImage Square(int size, int x, int y, int side)
    {
        var values = new double[size * size];
        for (var i = 0; i < side * side; i++)
            values[((y + (i / side)) * size) + x + (i % side)] = 1;
        return new IonImage(size, size, values);
    }
}
