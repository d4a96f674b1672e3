using System.Text;
using Dataplug.Conformance.Servers;

namespace Dataplug.Formats.Geo.Laz.Tests;

/// <summary>What is compressed here, an independent decoder decompresses: npm's laz-perf, which knows formats 0 to 3 and 6 to 8.</summary>
public sealed class LazPerfTests
{
    [LazPerfFact]
    public async Task Laz_perf_reads_what_was_compressed()
    {
        var folder = Directory.CreateTempSubdirectory("dataplug-laz-");
        try
        {
            var paths = new List<string>();
            var hashes = new List<string>();
            foreach (var format in new[] { 0, 1, 2, 3, 6, 7, 8 })
            {
                for (var round = 0; round < 4; round++)
                {
                    var extra = round * 2;
                    var length = PointRecords.LengthOf(format) + extra;
                    var records = round == 3 ? PointRecords.Hostile(format, extra, 700, 3) : PointRecords.Realistic(format, extra, 2500, 40 + round);
                    var vlr = LazVlr.Create(format, length, round == 1 ? LazVlr.VariableChunks : 600);
                    var sizes = round == 1 ? new[] { 1, 1500, 999 } : [600, 600, 600, 600, 100];
                    var chunks = new List<byte[]>();
                    for (int i = 0, at = 0; at < records.Length; at += chunks[i++].Length)
                        chunks.Add(records[at..Math.Min(records.Length, at + sizes[i] * length)]);
                    var path = Path.Combine(folder.FullName, $"{format}-{round}.laz");
                    await File.WriteAllBytesAsync(path, LazFile.Make(format, vlr, chunks).Bytes);
                    paths.Add(path);
                    hashes.Add(LazFile.Hash(records));
                }
            }

            // A slice of a file: what lies wholly inside is copied, what is cut is compressed again.
            foreach (var format in new[] { 3, 7 })
            {
                var (slice, records) = await LazSliceTests.CutAsync(format, 1234, 4321);
                var path = Path.Combine(folder.FullName, $"{format}-slice.laz");
                await File.WriteAllBytesAsync(path, slice.Bytes);
                paths.Add(path);
                hashes.Add(LazFile.Hash(records));
            }

            var programs = await InstalledPrograms.Geo;
            var script = Path.Combine(Repository.Root, "tests", "Dataplug.Formats.Geo.Tests", "Laz", "laz-perf.cjs");
            var printed = await programs.RunAsync("node", [script, programs.Place("laz_perf"), .. paths]);
            Assert.Equal(hashes, Encoding.ASCII.GetString(printed).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

/// <summary>A test that needs npm's laz-perf, which <c>tests/services/geo-tools.sh</c> installs; it is reported as skipped where that can't
/// be tried.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LazPerfFactAttribute : FactAttribute
{
    public LazPerfFactAttribute() => Skip = IsThere("bash") && (IsThere("apt-get") || IsThere("npm"))
        ? null!
        : "laz-perf is installed by bash with npm or Debian's apt-get, and neither is here";

    private static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
