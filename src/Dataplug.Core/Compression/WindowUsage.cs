using System.Numerics;

namespace Dataplug.Compression;

/// <summary>Notes which bytes of an access point's window the output after it refers to.</summary>
/// <remarks>Only direct references count: a match that refers to output after the access point finds it decoded already. Matches
/// reach back 32768 bytes at most (RFC 1951, section 3.2.5), so that nothing more is learnt after as many bytes of output.</remarks>
internal sealed unsafe class WindowUsage
{
    // 0xFF for bytes that are referred to, else 0.
    private readonly byte[] _used = new byte[WindowCodec.MaxWindowLength];

    /// <summary>Where the output after the access point begins (moves with the buffer; may lie before its start).</summary>
    public byte* AccessPoint { get; set; }

    /// <summary>Forgets all.</summary>
    public void Clear() => Array.Clear(_used);

    /// <summary>Notes a match's source.</summary>
    /// <param name="source">Its first byte.</param>
    /// <param name="length">Its length in bytes; where it overlaps its own output, only what comes before counts.</param>
    public void Add(byte* source, int length)
    {
        var before = AccessPoint - source;
        if (before > 0 && before <= WindowCodec.MaxWindowLength)
            _used.AsSpan(WindowCodec.MaxWindowLength - (int)before, (int)Math.Min(length, before)).Fill(0xFF);
    }

    /// <summary>Zeroes the bytes of a window that were never referred to.</summary>
    /// <param name="window">The bytes that end at the access point.</param>
    public void Sparsify(Span<byte> window)
    {
        var used = _used.AsSpan(WindowCodec.MaxWindowLength - window.Length);
        var i = 0;
        for (; window.Length - i >= Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(window[i..]) & new Vector<byte>(used[i..])).CopyTo(window[i..]);
        for (; i < window.Length; i++)
            window[i] &= used[i];
    }
}
