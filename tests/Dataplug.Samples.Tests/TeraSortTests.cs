using System.Text.RegularExpressions;
using Dataplug.Conformance.Servers;
using Dataplug.Lithops;

namespace Dataplug.Samples.Tests;

/// <summary>TeraSort over the stores that there are, held against a sort in memory; and its validator against outputs that are wrong.</summary>
public sealed partial class TeraSortTests : IDisposable
{
    private const int RecordLength = 100;
    private const int Records = 20_011;

    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-terasort-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("file", "local")]
    [InlineData("file", "processes")]
    [InlineData("s3", "local")]
    [InlineData("s3", "processes")]
    [InlineData("redis", "local")]
    [InlineData("redis", "processes")]
    public async Task Outputs_are_the_sorted_input(string kind, string backend)
    {
        var place = await ConfiguredStorage.CreateAsync(kind, _folder);
        var output = (await RunAsync(place, backend, "--records", $"{Records}", "--maps", "5", "--reducers", "3", "--keep")).Succeeded();
        Assert.Matches(Report(), output);
        Assert.Contains($"on {backend} (", output, StringComparison.Ordinal);

        await using var storage = await OpenAsync(kind, place);
        var keys = await storage.ListAsync("terasort/").Select(item => item.Key).ToListAsync();
        Assert.Equal((5, 5, 3), (Count("input"), Count("shuffle"), Count("output")));
        int Count(string part) => keys.Count(key => key.StartsWith($"terasort/{part}/", StringComparison.Ordinal));

        var input = await ReadAsync(storage, keys, "input");
        Assert.Equal(Records, input.Count);
        var sorted = input.Order(Comparer<byte[]>.Create((one, other) => one.AsSpan(0, 10).SequenceCompareTo(other.AsSpan(0, 10))));
        Assert.Equal(sorted.SelectMany(record => record), (await ReadAsync(storage, keys, "output")).SelectMany(record => record));

        // Splitters that were not sampled well would give some reducers little to do.
        foreach (var key in keys.Where(key => key.StartsWith("terasort/output/", StringComparison.Ordinal)))
            Assert.InRange((await storage.HeadAsync(key)).Size, Records * RecordLength / 3 * 0.8, Records * RecordLength / 3 * 1.2);
    }

    [Fact]
    public async Task Records_are_those_of_gensort()
    {
        var place = await ConfiguredStorage.CreateAsync("file", _folder);
        (await RunAsync(place, "local", "generate", "--records", "3", "--maps", "2")).Succeeded();
        await using var storage = await OpenAsync("file", place);
        var records = (await storage.GetAsync("terasort/input/part-00000")).Concat(await storage.GetAsync("terasort/input/part-00001")).Chunk(RecordLength).ToArray();

        // The first state of gensort's generator begins with the name of the benchmark's founder.
        Assert.Equal("JimGrayRIP"u8.ToArray(), records[0][0..10]);
        Assert.Equal("95E0E48262B3EDFE0447", Convert.ToHexString(records[1][0..10]));
        Assert.Equal([0x00, 0x11, .. "00000000000000000000000000000002"u8, 0x88, 0x99, 0xAA, 0xBB], records[2][10..48]);
        Assert.Equal("222200002222000022220000222200002222000000001111"u8.ToArray(), records[0][48..96]);
        Assert.Equal([0xCC, 0xDD, 0xEE, 0xFF], records[2][96..100]);
    }

    // 7a27e2d0d55de is the checksum that gensort -c, valsort and Hadoop's TeraValidate give for the first million records.
    [Fact]
    public async Task The_checksum_is_that_of_gensort()
    {
        var place = await ConfiguredStorage.CreateAsync("file", _folder);
        var output = (await RunAsync(place, "local", "--records", "1000000")).Succeeded();
        Assert.EndsWith("1,000,000 records in order, checksum 7a27e2d0d55de, 0 duplicate keys\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--records", "3", "--maps", "7", "--reducers", "5")]
    [InlineData("--records", "1", "--maps", "1", "--reducers", "1")]
    public async Task Tasks_may_have_nothing_to_do(params string[] arguments)
    {
        var place = await ConfiguredStorage.CreateAsync("file", _folder);
        Assert.Matches(Report(), (await RunAsync(place, "local", arguments)).Succeeded());
        await using var storage = await OpenAsync("file", place);
        Assert.Empty(await storage.ListAsync().ToListAsync());
    }

    [Theory]
    [InlineData("order", "output 1 is out of order at its record 41.")]
    [InlineData("outputs", "output 1 begins before the one before it ends.")]
    [InlineData("value", "the checksum of the outputs is ")]
    [InlineData("lost", "records came out of 2000")]
    [InlineData("cut", "output 1 ends within a record")]
    [InlineData("missing", "part-00001")]
    public async Task The_validator_finds_outputs_that_are_wrong(string damage, string found)
    {
        var place = await ConfiguredStorage.CreateAsync("file", _folder);
        string[] run = ["--records", "2000", "--maps", "3", "--reducers", "3", "--name", "runs/7"];
        (await RunAsync(place, "local", ["generate", .. run])).Succeeded();
        (await RunAsync(place, "local", ["sort", .. run])).Succeeded();
        Assert.Contains("2,000 records in order", (await RunAsync(place, "local", ["validate", .. run])).Succeeded(), StringComparison.Ordinal);

        await using var storage = await OpenAsync("file", place);
        const string key = "runs/7/output/part-00001";
        var output = await storage.GetAsync(key);
        switch (damage)
        {
            case "order":
                var records = output.Chunk(RecordLength).ToArray();
                (records[40], records[41]) = (records[41], records[40]);
                output = [.. records.SelectMany(record => record)];
                break;
            case "outputs":
                await storage.CopyAsync("runs/7/output/part-00002", key);
                await storage.PutAsync("runs/7/output/part-00002", output);
                output = null;
                break;
            case "value":
                output[(70 * RecordLength) + 60] ^= 1;
                break;
            case "lost":
                output = output[..^RecordLength];
                break;
            case "cut":
                output = output[..^1];
                break;
            default:
                await storage.DeleteAsync(key);
                output = null;
                break;
        }

        if (output is not null)
            await storage.PutAsync(key, output);
        var line = (await RunAsync(place, "local", ["validate", .. run])).Failed(exitCode: 1);
        Assert.Contains(damage == "outputs" ? found.Replace("output 1", "output 2", StringComparison.Ordinal) : found, line, StringComparison.Ordinal);
    }

    private static async Task<List<byte[]>> ReadAsync(Lithops.Storage storage, List<string> keys, string part)
    {
        var records = new List<byte[]>();
        foreach (var key in keys.Where(key => key.StartsWith($"terasort/{part}/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            records.AddRange((await storage.GetAsync(key)).Chunk(RecordLength));
        return records;
    }

    private static async Task<Lithops.Storage> OpenAsync(string kind, ConfiguredStorage place) => Lithops.Storage.Open(new StorageOptions
    {
        Location = place.Location,
        S3 = kind == "s3" ? (await S3Server.GetAsync()).Options : null,
        Redis = kind == "redis" ? (await RedisServer.GetAsync()).Options : null,
    });

    private Task<SampleProgram> RunAsync(ConfiguredStorage place, string backend, params string[] arguments) => SampleProgram.RunAsync(
        "TeraSort", new Dictionary<string, string>(place.Environment) { ["DATAPLUG_HOME"] = Path.Combine(_folder, "home"), ["DATAPLUG_BACKEND"] = backend }, arguments);

    [GeneratedRegex("""
        ^[\d,]+ records, .*
        generate +\d+\.\d\d s +\d+\.\d MB/s
        sample +\d+\.\d\d s
        map +\d+\.\d\d s +\d+\.\d MB/s
        reduce +\d+\.\d\d s +\d+\.\d MB/s
        validate +\d+\.\d\d s +\d+\.\d MB/s
        [\d,]+ records in order, checksum [0-9a-f]+, 0 duplicate keys
        $
        """)]
    private static partial Regex Report();
}
