using System.Buffers;
using System.Text;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>
/// Reads spectrum elements byte by byte, as all known instruments and converters write them: ASCII markup without comments, entities,
/// namespace prefixes or text. What departs from that is left to <see cref="DocumentReader"/>, which gives the same rows.
/// </summary>
/// <remarks>
/// Spectra of one document differ in some numbers only. The first one is read token by token and remembered as a template, literal
/// bytes with holes; the next ones are compared with it, and only what stands in the holes is read.
/// </remarks>
internal sealed class SpectrumScanner
{
    /// <summary>The most bytes that one spectrum element may take.</summary>
    public const int MaxSpectrumLength = 16 << 20;

    /// <summary>After so many templates in vain, spectra are read token by token alone.</summary>
    private const int MaxMisses = 64;

    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);

    private readonly SpectrumBuilder _builder;
    private readonly List<Hole> _holes = [];
    private SpectrumTemplate? _template;
    private int _misses;
    private int _arrayNumber;

    public SpectrumScanner(SpectrumBuilder builder) => _builder = builder;

    /// <summary>Why the document has to be read otherwise; null as long as it need not be.</summary>
    public string? Departure { get; private set; }

    /// <summary>How many spectra were read token by token.</summary>
    public long TokenReads { get; private set; }

    /// <summary>Reads one spectrum, which starts with the first byte.</summary>
    /// <param name="bytes">The document from there on.</param>
    /// <returns>The length of the element; 0 where more bytes are needed, or where <see cref="Departure"/> is set.</returns>
    /// <exception cref="FormatException">It lacks what a spectrum must have.</exception>
    /// <exception cref="NotSupportedException">It has arrays that can't be read.</exception>
    public int Scan(ReadOnlySpan<byte> bytes)
    {
        if (_template?.Match(bytes, _builder) is > 0 and var length)
            return length;
        if (bytes.IndexOf("</spectrum>"u8) < 0)
            return bytes.Length < MaxSpectrumLength ? 0 : Depart($"a spectrum element has more than {MaxSpectrumLength} bytes");
        if (_template is not null)
            _misses++;
        _template = null;
        TokenReads++;
        return ScanTokens(bytes);
    }

    /// <summary>Whether a byte is XML's white space.</summary>
    public static bool IsWhiteSpace(byte value) => WhiteSpace.Contains(value);

    private int Depart(string why)
    {
        Departure = why;
        return 0;
    }

    private int ScanTokens(ReadOnlySpan<byte> bytes)
    {
        _holes.Clear();
        _arrayNumber = -1;
        var canLearn = _misses < MaxMisses;
        var tags = new TagReader(bytes);
        Span<Range> open = stackalloc Range[TagReader.MaxDepth];
        var depth = 0;
        var before = _builder.Table.Count;
        do
        {
            if (!tags.Read())
                return Depart(tags.Problem);
            if (tags.IsEnd)
            {
                if (depth == 0 || !bytes[open[depth - 1]].SequenceEqual(tags.Name))
                    return Depart("an end tag without its start");
                depth--;
                if (tags.Name.SequenceEqual("binaryDataArray"u8))
                    _builder.EndArray();
            }
            else
            {
                canLearn &= Take(tags, depth == 0);
                if (!tags.IsEmpty)
                {
                    if (depth == TagReader.MaxDepth)
                        return Depart("elements stand in one another too deep");
                    open[depth++] = tags.NameRange;
                }
            }

            if (depth > 0 && !tags.SkipWhiteSpace())
                return Depart("text between the elements of a spectrum");
        }
        while (depth > 0);
        var (layout, slots) = _builder.End();
        if (canLearn)
            _template = SpectrumTemplate.Create(bytes[..tags.Position], _holes, _builder.Table, before, layout, slots);
        return tags.Position;
    }

    // Gives a tag to the builder and notes its holes; false where no template can be made.
    private bool Take(in TagReader tag, bool isSpectrum)
    {
        var name = tag.Name;
        if (isSpectrum)
        {
            long? length = tag.TryGet("defaultArrayLength"u8, out var at) ? SpectrumBuilder.Integer(tag.Value(at), "defaultArrayLength") : null;
            _builder.Begin(length);
            AddHole(tag, "index"u8, HoleKind.Any);
            AddHole(tag, "id"u8, HoleKind.Any);
            AddHole(tag, "defaultArrayLength"u8, HoleKind.DefaultLength);
            if (tag.IsEmpty)
                throw new FormatException("a spectrum is empty");
            return true;
        }

        if (name.SequenceEqual("cvParam"u8))
        {
            var term = tag.TryGet("accession"u8, out var at) ? CvTerm.Parse(tag.Value(at)) : 0;
            var value = tag.TryGet("value"u8, out at) ? tag.Value(at) : default;
            _builder.Param(term, value, CvTerm.IsOtherArray(term) && tag.TryGet("name"u8, out at) ? Encoding.ASCII.GetString(tag.Value(at)) : "");
            if (!value.IsEmpty && term is not (CvTerm.MsLevel or CvTerm.NonStandardArray))
            {
                AddHole(tag, "value"u8, term switch
                {
                    CvTerm.PositionX => HoleKind.X,
                    CvTerm.PositionY => HoleKind.Y,
                    CvTerm.PositionZ => HoleKind.Z,
                    CvTerm.ExternalOffset => HoleKind.Offset,
                    CvTerm.ExternalArrayLength => HoleKind.Points,
                    CvTerm.ExternalEncodedLength => HoleKind.Length,
                    _ => HoleKind.Any,
                });
            }

            return true;
        }

        if (name.SequenceEqual("userParam"u8))
        {
            AddHole(tag, "value"u8, HoleKind.Any);
            return true;
        }

        if (name.SequenceEqual("referenceableParamGroupRef"u8))
        {
            _builder.Group(tag.TryGet("ref"u8, out var at) ? Encoding.ASCII.GetString(tag.Value(at)) : throw new FormatException("a referenceableParamGroupRef names no group"));
            return true;
        }

        if (name.SequenceEqual("binaryDataArray"u8))
        {
            _arrayNumber++;
            _builder.BeginArray();
            AddHole(tag, "encodedLength"u8, HoleKind.Any);
            if (tag.IsEmpty)
                _builder.EndArray();
            return true;
        }

        return !name.SequenceEqual("spectrum"u8) ? true : throw new FormatException("a spectrum stands in another one");
    }

    private void AddHole(in TagReader tag, ReadOnlySpan<byte> attribute, HoleKind kind)
    {
        if (tag.TryGet(attribute, out var at))
            _holes.Add(new Hole(kind, _arrayNumber, tag.ValueStart(at), tag.Value(at).Length));
    }
}

/// <summary>What a hole of a template holds.</summary>
internal enum HoleKind
{
    /// <summary>Printable text that nobody needs.</summary>
    Any,
    DefaultLength,
    X,
    Y,
    Z,
    Offset,
    Points,
    Length,
}

/// <summary>A value in a spectrum element.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Array">The number of its array in the document's order.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="Width">Its bytes.</param>
internal readonly record struct Hole(HoleKind Kind, int Array, int Start, int Width);
