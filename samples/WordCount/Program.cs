// The most frequent words of a text, plain or gzip: dotnet run --project samples/WordCount -- https://host/book.txt
using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Dataplug;
using Dataplug.Formats;
using Dataplug.Lithops;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;

var uri = new Argument<string>("text") { Description = "The text: a path, s3://bucket/key or another URI." };
var slices = new Option<int>("--slices") { Description = "Into how many slices it is cut.", DefaultValueFactory = _ => 8 };
var top = new Option<int>("--top") { Description = "How many words are shown.", DefaultValueFactory = _ => 10 };
var command = new RootCommand("Counts the words of a text.") { uri, slices, top };
command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(uri), parsed.GetRequiredValue(slices), parsed.GetRequiredValue(top), cancellationToken));

var arguments = command.Parse(args);
if (arguments.Errors is [var error, ..])
    return Fail(error.Message, exitCode: 2);
try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (DataplugException exception)
{
    return Fail(exception.Message, exitCode: 1);
}
catch (OperationCanceledException)
{
    return Fail("stopped.", exitCode: 130);
}

static int Fail(string problem, int exitCode)
{
    Console.Error.WriteLine("wordcount: " + problem.ReplaceLineEndings(" "));
    return exitCode;
}

static async Task<int> RunAsync(string uri, int slices, int top, CancellationToken cancellationToken)
{
    if (slices < 1 || top < 1)
        return Fail("--slices and --top are numbers from 1 on.", exitCode: 2);

    #region count
    await using var executor = FunctionExecutor.Open();
    var text = await CloudObject.DetectAsync(ObjectUri.Parse(uri), new FormatRegistry(RawText.Format, GZipText.Format), cancellationToken: cancellationToken);
    await text.PreprocessAsync(cancellationToken: cancellationToken);
    var counts = text switch
    {
        CloudObject<GZipTextIndex> gzip => executor.MapReduceAsync(
            Words.CountAsync, await gzip.PartitionAsync(GZipTextPartition.IntoSlices(slices), cancellationToken), Words.Add, cancellationToken: cancellationToken),
        CloudObject<RawTextIndex> raw => executor.MapReduceAsync(
            Words.CountAsync, await raw.PartitionAsync(TextPartition.IntoChunks(slices, TextUnit.Words), cancellationToken), Words.Add, cancellationToken: cancellationToken),
        _ => throw new UnsupportedFormatException(uri, $"it is {text.Format.Id}"),
    };
    #endregion

    var words = await counts;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{words.Values.Sum():N0} words, {words.Count:N0} different"));
    foreach (var (word, count) in words.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(top))
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,12:N0}  {word}"));
    return 0;
}

/// <summary>Words in lower case: runs of letters, marks and digits, with apostrophes inside them.</summary>
internal static partial class Words
{
    /// <summary>Counts the words of a slice whose records are lines or words.</summary>
    public static async Task<Dictionary<string, long>> CountAsync<TSlice>(TSlice slice, CancellationToken cancellationToken)
        where TSlice : Slice<string, string>
    {
        var counts = new Dictionary<string, long>();
        var spans = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        await foreach (var record in slice.ReadAsync(cancellationToken))
        {
            var text = record.ToLowerInvariant().AsSpan();
            foreach (var match in Word().EnumerateMatches(text))
            {
                var word = text.Slice(match.Index, match.Length);
                spans[word] = spans.TryGetValue(word, out var count) ? count + 1 : 1;
            }
        }

        return counts;
    }

    /// <summary>Adds the counts of all slices.</summary>
    public static Dictionary<string, long> Add(IReadOnlyList<Dictionary<string, long>> slices)
    {
        var sums = new Dictionary<string, long>();
        foreach (var (word, count) in slices.SelectMany(counts => counts))
            sums[word] = sums.GetValueOrDefault(word) + count;
        return sums;
    }

    [GeneratedRegex(@"[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*")]
    private static partial Regex Word();
}
