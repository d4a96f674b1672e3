namespace Dataplug.Compare;

/// <summary>The part of a document between two markers; the prose around it stays.</summary>
internal sealed class DocumentSection(string path, string name)
{
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
