namespace Dataplug.Text;

/// <summary>Finds record starts in a stream of bytes that begins where a record may begin.</summary>
public abstract class RecordStartFinder
{
    /// <summary>
    /// Takes bytes up to, not including, the first record start after <paramref name="toPass"/> others.
    /// </summary>
    /// <param name="bytes">The next bytes.</param>
    /// <param name="toPass">Record starts still to be passed; counted down.</param>
    /// <returns>The index of that record start, of which the next call finds itself in front again; −1 when all bytes were
    /// taken.</returns>
    public abstract int Find(ReadOnlySpan<byte> bytes, ref long toPass);
}
