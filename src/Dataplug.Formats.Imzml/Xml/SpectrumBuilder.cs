using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>Makes rows of a <see cref="SpectrumTable"/> of what stands in spectrum elements, whoever reads them.</summary>
/// <param name="groups">The referenceable parameter groups of the document.</param>
/// <param name="table">Takes the rows.</param>
internal sealed class SpectrumBuilder(IReadOnlyDictionary<string, IReadOnlyList<HeaderParam>> groups, SpectrumTable table)
{
    /// <summary>An array of a name of its own is known by it.</summary>
    private const string NoName = "";

    private readonly List<ArrayDraft> _arrays = [];
    private long? _x;
    private long? _y;
    private long? _z;
    private long _defaultLength;
    private int _msLevel;
    private SpectrumRepresentation _representation;
    private Polarity _polarity;
    private ArrayDraft? _array;

    public SpectrumTable Table => table;

    /// <summary>Arrays whose encoded length contradicts the number of their points; the number is what counts.</summary>
    public long Contradictions { get; private set; }

    /// <summary>Begins a spectrum.</summary>
    /// <param name="defaultLength">Its <c>defaultArrayLength</c>; null where it has none.</param>
    public void Begin(long? defaultLength)
    {
        _arrays.Clear();
        (_x, _y, _z, _array) = (null, null, null, null);
        (_msLevel, _representation, _polarity) = (0, SpectrumRepresentation.Unknown, Polarity.Unknown);
        _defaultLength = defaultLength ?? 0;
    }

    public void BeginArray()
    {
        if (_array is not null)
            throw new FormatException("a binaryDataArray stands in another one");
        if (_arrays.Count == SpectrumTable.MaxSlots)
            throw new FormatException($"a spectrum has more than {SpectrumTable.MaxSlots} arrays");
        _array = new ArrayDraft();
    }

    public void EndArray()
    {
        _arrays.Add(_array ?? throw new FormatException("a binaryDataArray ends that did not begin"));
        _array = null;
    }

    public void Group(string name)
    {
        if (!groups.TryGetValue(name, out var parameters))
            throw new FormatException($"there is no referenceableParamGroup '{name}'");
        foreach (var parameter in parameters)
            Param(parameter.Term, parameter.Utf8Value, parameter.Name);
    }

    /// <summary>Takes one cvParam.</summary>
    public void Param(int term, ReadOnlySpan<byte> value, string name = NoName)
    {
        switch (term)
        {
            case CvTerm.PositionX:
                _x ??= Integer(value, "position x");
                break;
            case CvTerm.PositionY:
                _y ??= Integer(value, "position y");
                break;
            case CvTerm.PositionZ:
                _z ??= Integer(value, "position z");
                break;
            case CvTerm.CentroidSpectrum when _array is null:
                _representation = SpectrumRepresentation.Centroid;
                break;
            case CvTerm.ProfileSpectrum when _array is null:
                _representation = SpectrumRepresentation.Profile;
                break;
            case CvTerm.PositiveScan when _array is null:
                _polarity = Polarity.Positive;
                break;
            case CvTerm.NegativeScan when _array is null:
                _polarity = Polarity.Negative;
                break;
            case CvTerm.MsLevel when _array is null:
                _msLevel = (int)Math.Clamp(value.IsEmpty ? 0 : Integer(value, "ms level"), 0, 100);
                break;
            default:
                _array?.Take(term, value, name);
                break;
        }
    }

    /// <summary>Ends the spectrum: a row more.</summary>
    /// <returns>The layout's number, and for each array of the document, in its order, the slot that it is in.</returns>
    /// <exception cref="FormatException">It lacks what a spectrum must have.</exception>
    /// <exception cref="NotSupportedException">It has arrays that can't be read.</exception>
    public (int Layout, int[] Slots) End()
    {
        if (_array is not null)
            throw new FormatException("a binaryDataArray does not end");
        if (_x is not { } x || _y is not { } y)
            throw new FormatException("a spectrum has no position x or y (IMS:1000050, IMS:1000051)");
        var slots = new int[_arrays.Count];
        var ordered = new ArrayDraft[_arrays.Count];
        var other = 2;
        var (hasMz, hasIntensity) = (false, false);
        for (var i = 0; i < _arrays.Count; i++)
        {
            var kind = _arrays[i].Kind;
            slots[i] = kind switch
            {
                ArrayKind.Mz when !hasMz => 0,
                ArrayKind.Intensity when !hasIntensity => 1,
                ArrayKind.Other => other++,
                _ => throw new FormatException($"a spectrum has two {(kind == ArrayKind.Mz ? "m/z" : "intensity")} arrays"),
            };
            hasMz |= slots[i] == 0;
            hasIntensity |= slots[i] == 1;
        }

        if (!hasMz || !hasIntensity)
            throw new FormatException($"a spectrum has no {(hasMz ? "intensity array (MS:1000515)" : "m/z array (MS:1000514)")}");
        for (var i = 0; i < slots.Length; i++)
            ordered[slots[i]] = _arrays[i];
        var layout = table.NumberOf(new SpectrumLayout([.. ordered.Select(array => array.ToLayout())], _representation, _polarity, _msLevel));
        table.Add(layout, Coordinate(x), Coordinate(y), Coordinate(_z ?? 1));
        table.HasZ |= _z is not null;
        for (var i = 0; i < ordered.Length; i++)
            table.SetArray(i, ArrayOf(table.Layouts[layout].Arrays[i], ordered[i].Offset, ordered[i].Points ?? _defaultLength, ordered[i].Length));
        return (layout, slots);
    }

    /// <summary>Where an array is, of what the document says.</summary>
    public SpectrumArray ArrayOf(ArrayLayout layout, long? offset, long points, long? length)
    {
        if (points is < 0 or > int.MaxValue)
            throw new FormatException($"an array of {points} points can't be");
        if (offset is not { } start)
            throw points == 0 ? new FormatException("an array has no external offset (IMS:1000102) and no external array length (IMS:1000103)") : new FormatException("an array has no external offset (IMS:1000102)");
        if (layout.Compression != ArrayCompression.None)
            return new SpectrumArray(start, (int)points, length ?? throw new FormatException("a compressed array has no external encoded length (IMS:1000104)"));
        var stored = points * layout.ElementSize;
        if (length is { } said && said != stored)
            Contradictions++;
        return new SpectrumArray(start, (int)points, stored);
    }

    public static int Coordinate(long value) => value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new FormatException($"the position {value} can't be");

    /// <summary>A whole number, also one that is written with a point or an exponent.</summary>
    public static long Integer(ReadOnlySpan<byte> text, string what)
    {
        text = text.Trim(" \t\r\n"u8);
        if (!text.IsEmpty && text[0] == (byte)'+')
            text = text[1..];
        if (Utf8Parser.TryParse(text, out long value, out var read) && read == text.Length)
            return value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && real == Math.Floor(real) && Math.Abs(real) <= 1L << 53)
            return (long)real;
        throw new FormatException($"the {what} '{Encoding.UTF8.GetString(text.Length > 40 ? text[..40] : text)}' is no whole number");
    }

    private sealed class ArrayDraft
    {
        private ArrayElement? _element;
        private ArrayCompression? _compression;
        private string? _unsupported;
        private int _term;
        private string _name = NoName;

        public ArrayKind Kind => _term switch
        {
            CvTerm.MzArray => ArrayKind.Mz,
            CvTerm.IntensityArray => ArrayKind.Intensity,
            _ => ArrayKind.Other,
        };

        public long? Offset { get; private set; }

        public long? Points { get; private set; }

        public long? Length { get; private set; }

        public void Take(int term, ReadOnlySpan<byte> value, string name)
        {
            switch (term)
            {
                case CvTerm.ExternalOffset:
                    Offset = Integer(value, "external offset");
                    break;
                case CvTerm.ExternalArrayLength:
                    Points = Integer(value, "external array length");
                    break;
                case CvTerm.ExternalEncodedLength:
                    Length = Integer(value, "external encoded length");
                    break;
                case CvTerm.MzArray or CvTerm.IntensityArray:
                    _term = term;
                    break;
                case CvTerm.NoCompression:
                    _compression ??= ArrayCompression.None;
                    break;
                case CvTerm.ZLib:
                    _compression = ArrayCompression.ZLib;
                    break;
                case CvTerm.Float32:
                    _element = ArrayElement.Float32;
                    break;
                case CvTerm.Float64:
                    _element = ArrayElement.Float64;
                    break;
                case CvTerm.Int32 or CvTerm.ImagingInt32:
                    _element = ArrayElement.Int32;
                    break;
                case CvTerm.Int64 or CvTerm.ImagingInt64:
                    _element = ArrayElement.Int64;
                    break;
                case CvTerm.ImagingInt8:
                    _element = ArrayElement.Int8;
                    break;
                case CvTerm.ImagingInt16:
                    _element = ArrayElement.Int16;
                    break;
                case CvTerm.Float16:
                    _unsupported = "16-bit floats (MS:1000520)";
                    break;
                default:
                    if (CvTerm.UnsupportedCompression(term) is { } compression)
                        _unsupported = $"{compression} ({CvTerm.ToAccession(term)})";
                    else if (_term == 0 && CvTerm.IsOtherArray(term))
                        (_term, _name) = (term, term == CvTerm.NonStandardArray && !value.IsEmpty ? Encoding.UTF8.GetString(value) : name);
                    break;
            }
        }

        public ArrayLayout ToLayout()
        {
            if (_unsupported is not null)
                throw new NotSupportedException($"arrays hold {_unsupported}");
            var kind = Kind;
            if (_element is not { } element)
                throw new FormatException("an array does not say how its numbers are stored (MS:1000521, MS:1000523 and so on)");
            return new ArrayLayout(kind, element, _compression ?? ArrayCompression.None, _term == 0 ? "" : CvTerm.ToAccession(_term), kind switch
            {
                ArrayKind.Mz => "m/z array",
                ArrayKind.Intensity => "intensity array",
                _ => _name,
            });
        }
    }
}
