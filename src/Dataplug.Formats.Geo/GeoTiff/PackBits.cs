namespace Dataplug.Formats.Geo;

/// <summary>PackBits: TIFF 6.0, section 9.</summary>
internal static class PackBits
{
    /// <summary>Decompresses as much as fits; what is behind it does not count.</summary>
    /// <returns>Whether the target is full.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> stored, Span<byte> target)
    {
        while (!target.IsEmpty && !stored.IsEmpty)
        {
            var n = (sbyte)stored[0];
            stored = stored[1..];
            if (n == -128)
                continue;
            var length = Math.Min(n >= 0 ? n + 1 : 1 - n, target.Length);
            if (n >= 0)
            {
                if (stored.Length < length)
                    return false;
                stored[..length].CopyTo(target);
                stored = stored[length..];
            }
            else
            {
                if (stored.IsEmpty)
                    return false;
                target[..length].Fill(stored[0]);
                stored = stored[1..];
            }

            target = target[length..];
        }

        return target.IsEmpty;
    }
}
