namespace Dataplug.Lithops.Backends;

/// <summary>What services answer, and that they don't.</summary>
internal static class Answers
{
    private const int Longest = 500;

    /// <summary>Whether a request failed before anything of it was sent: it can be sent again without having been received twice.</summary>
    public static bool IsUnsent(HttpRequestException exception) =>
        exception.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError;

    /// <summary>A header's first value; null when there is none.</summary>
    public static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>The beginning of an answer's text, in one line.</summary>
    public static async Task<string> TextAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            var text = (await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)).ReplaceLineEndings(" ").Trim();
            return text.Length <= Longest ? text : text[..Longest] + "…";
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or InvalidOperationException)
        {
            return "";
        }
    }
}
