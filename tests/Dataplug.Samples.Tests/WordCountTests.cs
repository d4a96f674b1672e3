using System.Globalization;
using System.IO.Compression;
using System.Text;
using Dataplug.Conformance.Servers;
using Dataplug.Lithops;

namespace Dataplug.Samples.Tests;

/// <summary>WordCount, held against a count that is made letter by letter.</summary>
public sealed class WordCountTests : IDisposable
{
    private static readonly string[] Vocabulary = ["the", "The", "read", "contig", "don't", "k-mer", "naïve", "ÜBER", "über", "42", "rock'n'roll", "'quoted'", "...", "o’clock", "読む"];

    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-words-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("text.txt", "local")]
    [InlineData("text.txt", "processes")]
    [InlineData("text.txt.gz", "local")]
    [InlineData("text.txt.gz", "processes")]
    public async Task Counts_are_those_of_the_whole_text(string name, string backend)
    {
        var text = MakeText(words: 60_000);
        var path = await WriteAsync(name, text);
        var program = await SampleProgram.RunAsync("WordCount", Environment(("DATAPLUG_BACKEND", backend)), path, "--slices", "7", "--top", "8");
        Assert.Equal(Expected(text, top: 8), program.Succeeded());
    }

    [Fact]
    public async Task A_text_in_s3_is_counted_with_the_same_program()
    {
        var text = MakeText(words: 20_000);
        var path = await WriteAsync("text.txt.gz", text);
        var place = await ConfiguredStorage.CreateAsync("s3", _folder);
        await using (var storage = Lithops.Storage.Open(new StorageOptions { Location = place.Location, S3 = (await S3Server.GetAsync()).Options }))
            await storage.UploadFileAsync(path, "text.txt.gz");
        var program = await SampleProgram.RunAsync("WordCount", [.. Environment(), .. place.Environment], place.Location + "/text.txt.gz", "--top", "3");
        Assert.Equal(Expected(text, top: 3), program.Succeeded());
    }

    [Fact]
    public async Task An_empty_text_has_no_words()
    {
        var path = await WriteAsync("text.txt.gz", "\n");
        Assert.Equal("0 words, 0 different\n", (await SampleProgram.RunAsync("WordCount", Environment(), path)).Succeeded());
    }

    private static string MakeText(int words)
    {
        var random = new Random(5);
        var text = new StringBuilder();
        for (var i = 0; i < words; i++)
        {
            var word = Vocabulary[(int)(Vocabulary.Length * Math.Pow(random.NextDouble(), 2))];
            text.Append(word).Append(random.Next(30) == 0 ? random.Next(10_000).ToString(CultureInfo.InvariantCulture) : "").Append(random.Next(12) switch { 0 => "\n", 1 => ", ", 2 => "\r\n", 3 => " — ", _ => " " });
        }

        return text.ToString();
    }

    private static string Expected(string text, int top)
    {
        var counts = new Dictionary<string, long>();
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && (IsLetter(text[end]) || (text[end] is '\'' or '’' && end > at && end + 1 < text.Length && IsLetter(text[end + 1]))))
                end++;
            if (end > at)
            {
                var word = text[at..end].ToLowerInvariant();
                counts[word] = counts.GetValueOrDefault(word) + 1;
            }

            at = end + 1;
        }

        var lines = counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(top)
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value,12:N0}  {pair.Key}\n"));
        return string.Create(CultureInfo.InvariantCulture, $"{counts.Values.Sum():N0} words, {counts.Count:N0} different\n") + string.Concat(lines);
    }

    private static bool IsLetter(char c) => char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private async Task<string> WriteAsync(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        await using Stream file = File.Create(path);
        await using var content = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Optimal) : file;
        await content.WriteAsync(Encoding.UTF8.GetBytes(text));
        return path;
    }

    private Dictionary<string, string> Environment(params (string Name, string Value)[] more) =>
        new(more.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))) { ["DATAPLUG_HOME"] = Path.Combine(_folder, "home") };
}
