namespace Dataplug.Formats.Imzml.Xml;

/// <summary>A spectrum element as literal bytes with holes, against which the next ones are held.</summary>
internal sealed class SpectrumTemplate
{
    private readonly byte[] _sample;
    private readonly Hole[] _holes;
    private readonly int _layout;
    private readonly int[] _slots;
    private readonly bool _hasZ;
    private readonly ArrayLayout[] _arrays;
    private readonly long[] _offsets;
    private readonly long[] _points;
    private readonly long?[] _lengths;
    private readonly bool[] _countsByDefault;

    private SpectrumTemplate(byte[] sample, Hole[] holes, int layout, int[] slots, ArrayLayout[] arrays, bool[] countsByDefault)
    {
        _sample = sample;
        _holes = holes;
        _layout = layout;
        _slots = slots;
        _arrays = arrays;
        _countsByDefault = countsByDefault;
        _hasZ = holes.Any(hole => hole.Kind == HoleKind.Z);
        _offsets = new long[slots.Length];
        _points = new long[slots.Length];
        _lengths = new long?[slots.Length];
    }

    /// <summary>Makes a template of a spectrum.</summary>
    /// <param name="sample">Its bytes.</param>
    /// <param name="holes">Its values, in any order.</param>
    /// <param name="table">Where its row is.</param>
    /// <param name="row">The row.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="slots">For each array in the document's order its slot.</param>
    /// <returns>Null where something that differs from spectrum to spectrum stands elsewhere, in a group of parameters.</returns>
    public static SpectrumTemplate? Create(ReadOnlySpan<byte> sample, List<Hole> holes, SpectrumTable table, int row, int layout, int[] slots)
    {
        // Attributes may stand in any order.
        var own = holes.OrderBy(hole => hole.Start).ToArray();
        var arrays = slots.Select(slot => table.Layouts[layout].Arrays[slot]).ToArray();
        var byDefault = new bool[slots.Length];
        if (Keep(HoleKind.X, -1, true) != 1 || Keep(HoleKind.Y, -1, true) != 1)
            return null;
        _ = Keep(HoleKind.Z, -1, true);
        if (table.HasZ && table.Z[row] != 1 && !own.Any(hole => hole.Kind == HoleKind.Z))
            return null;
        for (var i = 0; i < slots.Length; i++)
        {
            if (Keep(HoleKind.Offset, i, false) != 1 || Keep(HoleKind.Length, i, false) is not (var lengths and <= 1) || Keep(HoleKind.Points, i, false) is not (var points and <= 1))
                return null;
            byDefault[i] = points == 0;
            if ((lengths == 0 && arrays[i].Compression != ArrayCompression.None) || (points == 0 && !own.Any(hole => hole.Kind == HoleKind.DefaultLength)))
                return null;
        }

        // Of positions the first counts; the others are of no matter.
        int Keep(HoleKind kind, int array, bool onlyFirst)
        {
            var count = 0;
            for (var i = 0; i < own.Length; i++)
            {
                if (own[i].Kind != kind || (array >= 0 && own[i].Array != array))
                    continue;
                if (onlyFirst && count > 0)
                    own[i] = own[i] with { Kind = HoleKind.Any };
                else
                    count++;
            }

            return count;
        }

        return new SpectrumTemplate(sample.ToArray(), own, layout, slots, arrays, byDefault);
    }

    /// <summary>Holds bytes against the template; where they fit, a row is added.</summary>
    /// <returns>The length of the element; 0 where the bytes don't fit, or end before it does.</returns>
    public int Match(ReadOnlySpan<byte> bytes, SpectrumBuilder builder)
    {
        var sample = _sample.AsSpan();
        var (at, from) = (0, 0);
        long x = 0, y = 0, z = 1, byDefault = 0;
        Array.Clear(_lengths);
        foreach (ref readonly var hole in _holes.AsSpan())
        {
            var literal = sample[from..hole.Start];
            if (!bytes[at..].StartsWith(literal))
                return 0;
            at += literal.Length;
            from = hole.Start + hole.Width;
            var quote = sample[from];
            if (hole.Kind == HoleKind.Any)
            {
                var width = bytes[at..].IndexOf(quote);
                if (width < 0)
                    return 0;
                var text = bytes.Slice(at, width);
                if (text.IndexOfAny((byte)'<', (byte)'&') >= 0 || text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) >= 0)
                    return 0;
                at += width;
                continue;
            }

            if (!TryReadNumber(bytes, ref at, quote, out var value))
                return 0;
            switch (hole.Kind)
            {
                case HoleKind.X:
                    x = value;
                    break;
                case HoleKind.Y:
                    y = value;
                    break;
                case HoleKind.Z:
                    z = value;
                    break;
                case HoleKind.DefaultLength:
                    byDefault = value;
                    break;
                case HoleKind.Offset:
                    _offsets[hole.Array] = value;
                    break;
                case HoleKind.Points:
                    _points[hole.Array] = value;
                    break;
                default:
                    _lengths[hole.Array] = value;
                    break;
            }
        }

        var rest = sample[from..];
        if (!bytes[at..].StartsWith(rest))
            return 0;
        var table = builder.Table;
        table.Add(_layout, SpectrumBuilder.Coordinate(x), SpectrumBuilder.Coordinate(y), SpectrumBuilder.Coordinate(z));
        table.HasZ |= _hasZ;
        for (var i = 0; i < _slots.Length; i++)
            table.SetArray(_slots[i], builder.ArrayOf(_arrays[i], _offsets[i], _countsByDefault[i] ? byDefault : _points[i], _lengths[i]));
        return at + rest.Length;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> bytes, ref int at, byte quote, out long value)
    {
        const int MaxDigits = 18;
        value = 0;
        var i = at;
        var isNegative = i < bytes.Length && bytes[i] == (byte)'-';
        if (isNegative)
            i++;
        var first = i;
        for (; i < bytes.Length && (uint)(bytes[i] - '0') <= 9; i++)
            value = unchecked((value * 10) + (bytes[i] - '0'));
        if (i == first || i - first > MaxDigits || i >= bytes.Length || bytes[i] != quote)
            return false;
        value = isNegative ? -value : value;
        at = i;
        return true;
    }
}
