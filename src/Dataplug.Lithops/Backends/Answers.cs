namespace Dataplug.Lithops.Backends;

/// <summary>What services answer, for messages.</summary>
internal static class Answers
{
    private const int Longest = 500;

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
