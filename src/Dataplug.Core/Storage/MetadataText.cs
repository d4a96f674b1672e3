using System.Text;

namespace Dataplug.Storage;

/// <summary>
/// For stores over HTTP: user metadata as header values, which are ASCII: anything else is written as encoded words (RFC 2047 §2), the way S3
/// itself shows values that a header can't hold.
/// </summary>
public static class MetadataText
{
    private const string Prefix = "=?UTF-8?B?";
    private const string Suffix = "?=";

    // An encoded word has at most 75 characters: 63 of base64 at most, so 45 bytes.
    private const int WordBytes = 45;

    /// <summary>The value as a header can carry it.</summary>
    public static string Encode(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length > 0 && value[0] != ' ' && value[^1] != ' ' && !value.Contains("=?", StringComparison.Ordinal) && value.All(c => c is >= ' ' and <= '~'))
            return value;

        var words = new List<string>();
        var bytes = new List<byte>(WordBytes);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in value.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(utf8);
            if (bytes.Count + length > WordBytes)
            {
                words.Add(Word(bytes));
                bytes.Clear();
            }

            bytes.AddRange(utf8[..length]);
        }

        words.Add(Word(bytes));
        return string.Join(' ', words);
    }

    /// <summary>The value that a header carries; one that is no sequence of encoded words is itself.</summary>
    public static string Decode(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!value.StartsWith("=?", StringComparison.Ordinal))
            return value;
        var bytes = new List<byte>();
        foreach (var word in value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryDecodeWord(word, bytes))
                return value;
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string Word(List<byte> bytes) => Prefix + Convert.ToBase64String(bytes.ToArray()) + Suffix;

    private static bool TryDecodeWord(string word, List<byte> bytes)
    {
        var parts = word.Split('?');
        if (parts.Length != 5 || parts[0] != "=" || parts[4] != "=" || !parts[1].Equals("UTF-8", StringComparison.OrdinalIgnoreCase))
            return false;
        if (parts[2] is "B" or "b")
        {
            var decoded = new byte[parts[3].Length];
            if (!Convert.TryFromBase64String(parts[3], decoded, out var length))
                return false;
            bytes.AddRange(decoded.AsSpan(0, length));
            return true;
        }

        return parts[2] is "Q" or "q" && TryDecodeQuoted(parts[3], bytes);
    }

    private static bool TryDecodeQuoted(string text, List<byte> bytes)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '=')
            {
                if (i + 2 >= text.Length || !byte.TryParse(text.AsSpan(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value))
                    return false;
                bytes.Add(value);
                i += 2;
            }
            else
            {
                bytes.Add(text[i] == '_' ? (byte)' ' : (byte)text[i]);
            }
        }

        return true;
    }
}
