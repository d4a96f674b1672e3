namespace Dataplug.Storage;

/// <summary>For stores: the order of keys in listings: that of their UTF-8 bytes, as S3 lists them, which is the order of code points.</summary>
public static class KeyOrder
{
    /// <summary>Compares two keys; negative where the left comes first.</summary>
    public static int Compare(string left, string right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            char a = left[i], b = right[i];
            if (a == b)
                continue;

            // UTF-16 puts the surrogates (code points from U+10000) before U+E000 to U+FFFF.
            return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
        }

        return left.Length.CompareTo(right.Length);
    }
}
