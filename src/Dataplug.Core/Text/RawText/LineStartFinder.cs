namespace Dataplug.Text;

/// <summary>Finds line starts: at the start, after LF, and after CR unless LF follows.</summary>
internal sealed class LineStartFinder : RecordStartFinder
{
    private byte _before = (byte)'\n';

    /// <inheritdoc/>
    public override int Find(ReadOnlySpan<byte> bytes, ref long toPass)
    {
        var i = 0;
        while (i < bytes.Length)
        {
            if (_before == (byte)'\n' || (_before == (byte)'\r' && bytes[i] != (byte)'\n'))
            {
                if (toPass == 0)
                    return i;
                toPass--;
            }

            // On to the byte after the next line end, which may start a line.
            var end = bytes[i..].IndexOfAny((byte)'\n', (byte)'\r');
            i = end < 0 ? bytes.Length : i + end + 1;
            _before = bytes[i - 1];
        }

        return -1;
    }
}
