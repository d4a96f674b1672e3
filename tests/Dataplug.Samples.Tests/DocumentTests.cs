using System.Text.RegularExpressions;
using Dataplug.Conformance.Servers;

namespace Dataplug.Samples.Tests;

/// <summary>What the documents show is what the samples do, and links lead somewhere.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents() => [.. Directory
        .EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Repository.Root, path))
        .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or "BenchmarkDotNet.Artifacts"))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_csharp_block_is_a_region_of_a_sample(string document)
    {
        if (document == "docs/executors.md")
            return; // held to ExecutorsDocumentTests, which runs its snippets

        var text = File.ReadAllText(Path.Combine(Repository.Root, document));
        var blocks = CSharpBlock().Matches(text);
        var snippets = Snippet().Matches(text);
        Assert.Equal(snippets.Count, blocks.Count);
        foreach (Match snippet in snippets)
            Assert.Equal(Region(snippet.Groups["file"].Value, snippet.Groups["region"].Value), snippet.Groups["code"].Value.TrimEnd());
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_relative_link_leads_to_a_file(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        foreach (Match link in Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, document))))
        {
            var target = link.Groups["target"].Value.Split('#')[0];
            if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
                Assert.True(Path.Exists(Path.Combine(folder, target)), $"{document} links to {target}, which is not there");
        }
    }

    // The lines between "#region name" and "#endregion", with the common indentation taken off.
    private static string Region(string file, string region)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, file))
            .SkipWhile(line => line.Trim() != "#region " + region).Skip(1)
            .TakeWhile(line => line.Trim() != "#endregion").ToArray();
        Assert.NotEmpty(lines);
        var indentation = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[indentation..])).TrimEnd();
    }

    [GeneratedRegex("^```csharp$", RegexOptions.Multiline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"<!-- snippet: (?<file>[^# ]+)#(?<region>\S+) -->\n```csharp\n(?<code>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();
}
