namespace Dataplug.Reports;

/// <summary>The part of a document between two markers; the prose around it stays.</summary>
internal sealed class DocumentSection(string path, string name)
{
    /// <summary>A section of <c>benchmarks.md</c>.</summary>
    /// <param name="docs">The folder of the documents.</param>
    /// <param name="name">The name of the section.</param>
    public static DocumentSection OfBenchmarks(DirectoryInfo docs, string name) => new(Path.Combine(docs.FullName, "benchmarks.md"), name);

    /// <summary>Writes a picture beside the documents.</summary>
    /// <param name="docs">The folder of the documents.</param>
    /// <param name="name">The picture's file name.</param>
    /// <param name="svg">The picture.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task WriteImageAsync(DirectoryInfo docs, string name, string svg, CancellationToken cancellationToken) =>
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(docs.FullName, "images")).FullName, name), svg, cancellationToken);

    /// <summary>Replaces what stands between <c>&lt;!-- name:begin --&gt;</c> and <c>&lt;!-- name:end --&gt;</c>.</summary>
    public async Task ReplaceAsync(string body, CancellationToken cancellationToken)
    {
        var (begin, end) = ($"<!-- {name}:begin -->", $"<!-- {name}:end -->");
        var text = await File.ReadAllTextAsync(path, cancellationToken);
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = text.IndexOf(end, StringComparison.Ordinal);
        if (from < begin.Length || to < from)
            throw new InvalidOperationException($"{path} has no '{begin}' … '{end}'");
        await File.WriteAllTextAsync(path, text[..from] + "\n" + body + text[to..], cancellationToken);
    }
}
