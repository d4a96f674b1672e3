using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>
/// Notes which bytes of an access point's window matter to the output that is wanted: all of it, or all after a lead-in.
/// </summary>
/// <remarks>
/// <para>Without a lead-in a byte matters when a match refers to it directly: a match that refers to output after the access
/// point finds it decoded already. Matches reach back 32768 bytes at most (RFC 1951, section 3.2.5), so that nothing more is
/// learnt after as many bytes of output.</para>
/// <para>With one, the output of the lead-in is thrown away, and a byte of the window matters when it lives on, copied from match to
/// match, until a match after the lead-in refers to a copy of it. Copies of copies share their origins, and literals have none:
/// of windows of sequencing reads a lead-in of 256 KiB leaves a twentieth.</para>
/// </remarks>
internal sealed unsafe class WindowUsage
{
    private const int WindowLength = WindowCodec.MaxWindowLength;

    /// <summary>Entries that a copy may write too much: a vector's.</summary>
    private const int Margin = 32;

    /// <summary>Entries of the origins' buffer; when it is full, those of the last 32 KiB go to its start.</summary>
    private const int Capacity = (4 * WindowLength) + Margin;

    // 0xFF for bytes that matter, else 0. The byte after the last stands for bytes without origin.
    private readonly byte[] _used = new byte[WindowLength + 1];

    // Of each byte of window and lead-in, the byte of the window that it is a copy of (counted from the window's end, 1 for the last),
    // or 0. Entries up to _filled are there; bytes between two matches are literals.
    private readonly ushort[] _origins = GC.AllocateUninitializedArray<ushort>(Capacity);
    private long _base;
    private long _filled;
    private long _leadIn;

    /// <summary>Where the output after the access point begins (moves with the buffer; may lie before its start).</summary>
    public byte* AccessPoint { get; set; }

    /// <summary>Bytes of output after the access point that must be decoded before all is known.</summary>
    public long Reach => _leadIn + WindowLength;

    /// <summary>Forgets all, and begins anew.</summary>
    /// <param name="leadIn">Bytes of output after the access point that nobody wants.</param>
    public void Begin(long leadIn)
    {
        Array.Clear(_used);
        _leadIn = leadIn;
        if (leadIn == 0)
            return;
        for (var i = 0; i < WindowLength; i++)
            _origins[i] = (ushort)(WindowLength - i);
        _base = -WindowLength;
        _filled = 0;
    }

    /// <summary>Notes a match.</summary>
    /// <param name="target">Where its first byte goes.</param>
    /// <param name="source">Its source's first byte, at most 32768 before.</param>
    /// <param name="length">Its length in bytes, at most 258; it may overlap its source.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(byte* target, byte* source, int length)
    {
        var from = source - AccessPoint;
        if (from >= _leadIn)
            return;
        if (_leadIn == 0)
        {
            var before = -from;
            if (before <= WindowLength)
                _used.AsSpan(WindowLength - (int)before, (int)Math.Min(length, before)).Fill(0xFF);
            return;
        }

        var to = target - AccessPoint;
        var inLeadIn = (int)Math.Clamp(_leadIn - to, 0, length);
        if (inLeadIn > 0)
            Copy(to, from, inLeadIn);
        if (inLeadIn < length && from + inLeadIn < _leadIn)
            Use(from + inLeadIn, (int)Math.Min(length - inLeadIn, _leadIn - from - inLeadIn));
    }

    /// <summary>Zeroes the bytes of a window that do not matter.</summary>
    /// <param name="window">The bytes that end at the access point.</param>
    public void Sparsify(Span<byte> window)
    {
        var used = _used.AsSpan(WindowLength - window.Length, window.Length);
        var i = 0;
        for (; window.Length - i >= Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(window[i..]) & new Vector<byte>(used[i..])).CopyTo(window[i..]);
        for (; i < window.Length; i++)
            window[i] &= used[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Copy(long to, long from, int length)
    {
        FillLiterals(to, length);
        _filled = to + length;
        fixed (ushort* origins = _origins)
        {
            var target = origins + (to - _base);
            var source = origins + (from - _base);
            var end = target + length;
            if (to - from >= Vector<ushort>.Count)
            {
                for (; target < end; target += Vector<ushort>.Count, source += Vector<ushort>.Count)
                    Unsafe.WriteUnaligned(target, Unsafe.ReadUnaligned<Vector<ushort>>(source));
            }
            else
            {
                while (target < end)
                    *target++ = *source++;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Use(long from, int length)
    {
        FillLiterals(from + length, 0);
        foreach (var origin in _origins.AsSpan((int)(from - _base), length))
            _used[WindowLength - origin] = 0xFF;
    }

    // Up to a place, and makes room for some more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FillLiterals(long end, int room)
    {
        var literals = end - _filled;
        if (literals >= WindowLength)
        {
            Array.Clear(_origins, 0, WindowLength);
            _base = end - WindowLength;
            _filled = end;
        }
        else if (literals > 0)
        {
            if (end - _base > Capacity - Margin)
                Slide();
            _origins.AsSpan((int)(_filled - _base), (int)literals).Clear();
            _filled = end;
        }
        if (_filled + room - _base > Capacity - Margin)
            Slide();
    }

    private void Slide()
    {
        var keep = _filled - WindowLength;
        _origins.AsSpan((int)(keep - _base), WindowLength).CopyTo(_origins);
        _base = keep;
    }
}
