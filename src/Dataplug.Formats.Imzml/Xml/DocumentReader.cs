using System.Globalization;
using System.Text;
using System.Xml;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>
/// Reads imzML by <see cref="XmlReader"/>: the head of every document, and the spectra of those that <see cref="SpectrumScanner"/> does
/// not read. No document type declaration, no entities but XML's own, no deep nesting, no endless names or values.
/// </summary>
internal sealed class DocumentReader : IDisposable
{
    private const int MaxDepth = 64;

    private static readonly XmlReaderSettings Settings = new()
    {
        Async = true,
        CloseInput = true,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        MaxCharactersFromEntities = 1 << 20,
    };

    private readonly XmlReader _xml;
    private readonly GuardedStream _guard;
    private readonly string _source;
    private string _place = "";

    private DocumentReader(XmlReader xml, GuardedStream guard, string source)
    {
        _xml = xml;
        _guard = guard;
        _source = source;
    }

    /// <summary>Opens a document.</summary>
    /// <param name="stream">Its bytes.</param>
    /// <param name="start">Its first bytes, a few hundred or more, which say what encoding it has.</param>
    /// <param name="source">Its name, for messages.</param>
    public static DocumentReader Open(Stream stream, ReadOnlySpan<byte> start, string source)
    {
        var encoding = DocumentEncoding.Detect(start) ?? throw new UnsupportedFormatException(source, $"the document's encoding '{DocumentEncoding.Name(start)}' is not known", "Write the document again, in UTF-8.");
        var guard = new GuardedStream(stream, source);
        var text = new StreamReader(guard, encoding, detectEncodingFromByteOrderMarks: true, bufferSize: 64 << 10);
        return new DocumentReader(XmlReader.Create(text, Settings), guard, source);
    }

    /// <summary>Reads up to the start of the spectrum list.</summary>
    public Task<ImzmlHead> ReadHeadAsync(CancellationToken cancellationToken) => GuardAsync(ReadHeadCoreAsync, cancellationToken);

    /// <summary>After the head: reads all spectra, and the rest of the document.</summary>
    public Task<bool> ReadSpectraAsync(SpectrumBuilder builder, CancellationToken cancellationToken) => GuardAsync(
        async cancelled =>
        {
            await ReadSpectraCoreAsync(builder, cancelled).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public void Dispose() => _xml.Dispose();

    private async Task<T> GuardAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read(cancellationToken).ConfigureAwait(false);
        }
        catch (XmlException failure)
        {
            throw new CorruptObjectException(_source, "not well-formed XML, or with a document type declaration, which is refused: " + Clause(failure.Message), innerException: failure);
        }
        catch (DecoderFallbackException failure)
        {
            throw new CorruptObjectException(_source, "its bytes are not of the encoding that it declares", innerException: failure);
        }
        catch (FormatException failure)
        {
            throw new CorruptObjectException(_source, $"{failure.Message}{_place}", innerException: failure);
        }
        catch (NotSupportedException failure)
        {
            throw new UnsupportedFormatException(_source, $"{failure.Message}{_place}", "Convert the data set to plain or zlib-compressed arrays of 32 or 64 bits.");
        }
    }

    private async Task<ImzmlHead> ReadHeadCoreAsync(CancellationToken cancellationToken)
    {
        var groups = new Dictionary<string, IReadOnlyList<HeaderParam>>(StringComparer.Ordinal);
        var (content, scanSettings, instrument, software) = (new List<HeaderParam>(), new List<HeaderParam>(), new List<HeaderParam>(), new List<string>());
        List<HeaderParam>? group = null;
        var isMzml = false;
        var section = "";
        while (await NextAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_xml.NodeType == XmlNodeType.EndElement)
            {
                if (_xml.LocalName == "referenceableParamGroup")
                    group = null;
                else if (_xml.LocalName == section)
                    section = "";
                continue;
            }

            if (_xml.NodeType != XmlNodeType.Element)
                continue;
            switch (_xml.LocalName)
            {
                case "mzML":
                    isMzml = true;
                    break;
                case "fileContent" or "scanSettingsList" or "instrumentConfigurationList" when !_xml.IsEmptyElement:
                    section = _xml.LocalName;
                    break;
                case "referenceableParamGroup" when _xml.GetAttribute("id") is { } id:
                    group = [];
                    if (!groups.TryAdd(id, group))
                        throw new FormatException($"there are two referenceableParamGroups '{id}'");
                    if (_xml.IsEmptyElement)
                        group = null;
                    break;
                case "software" when _xml.GetAttribute("id") is { } id:
                    software.Add(id + (_xml.GetAttribute("version") is { Length: > 0 } version ? " " + version : ""));
                    break;
                case "cvParam" or "userParam":
                    (group ?? section switch
                    {
                        "fileContent" => content,
                        "scanSettingsList" => scanSettings,
                        "instrumentConfigurationList" => instrument,
                        _ => null,
                    })?.Add(ReadParam());
                    break;
                case "referenceableParamGroupRef" when section.Length > 0 && _xml.GetAttribute("ref") is { } reference && groups.TryGetValue(reference, out var referenced):
                    (section switch
                    {
                        "fileContent" => content,
                        "scanSettingsList" => scanSettings,
                        _ => instrument,
                    }).AddRange(referenced);
                    break;
                case "spectrum":
                    throw new FormatException("a spectrum stands outside of a spectrumList");
                case "spectrumList":
                    if (!isMzml)
                        throw new FormatException("the document is no mzML");
                    var count = long.TryParse(_xml.GetAttribute("count"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
                    return new ImzmlHead { Content = content, ScanSettings = scanSettings, Instrument = instrument, Software = software, Groups = groups, SpectrumCount = count };
                default:
                    break;
            }
        }

        throw new FormatException(isMzml ? "the document has no spectrumList" : "the document is no mzML");
    }

    private async Task ReadSpectraCoreAsync(SpectrumBuilder builder, CancellationToken cancellationToken)
    {
        var listDepth = _xml.Depth;
        if (!_xml.IsEmptyElement)
        {
            var isInSpectrum = false;
            while (await NextAsync(cancellationToken).ConfigureAwait(false) && !(_xml.NodeType == XmlNodeType.EndElement && _xml.Depth == listDepth))
            {
                _place = string.Create(CultureInfo.InvariantCulture, $" (spectrum {builder.Table.Count}, counted from 0)");
                if (_xml.NodeType == XmlNodeType.EndElement)
                {
                    if (_xml.LocalName == "spectrum")
                    {
                        _ = builder.End();
                        isInSpectrum = false;
                    }
                    else if (_xml.LocalName == "binaryDataArray" && isInSpectrum)
                    {
                        builder.EndArray();
                    }
                }
                else if (_xml.NodeType == XmlNodeType.Element)
                {
                    ReadElement(builder, ref isInSpectrum);
                }
            }
        }

        _place = "";
        while (await NextAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_xml is { NodeType: XmlNodeType.Element, LocalName: "spectrum" or "spectrumList" })
                throw new FormatException("the document has spectra behind its spectrumList");
        }
    }

    private void ReadElement(SpectrumBuilder builder, ref bool isInSpectrum)
    {
        var isEmpty = _xml.IsEmptyElement;
        switch (_xml.LocalName)
        {
            case "spectrum":
                if (isInSpectrum)
                    throw new FormatException("a spectrum stands in another one");
                var length = _xml.GetAttribute("defaultArrayLength");
                builder.Begin(length is null ? null : SpectrumBuilder.Integer(Encoding.UTF8.GetBytes(length), "defaultArrayLength"));
                isInSpectrum = true;
                if (isEmpty)
                    _ = builder.End();
                break;
            case "binaryDataArray" when isInSpectrum:
                builder.BeginArray();
                if (isEmpty)
                    builder.EndArray();
                break;
            case "cvParam" when isInSpectrum:
                builder.Param(CvTerm.Parse(Encoding.UTF8.GetBytes(_xml.GetAttribute("accession") ?? "")), Encoding.UTF8.GetBytes(_xml.GetAttribute("value") ?? ""), _xml.GetAttribute("name") ?? "");
                break;
            case "referenceableParamGroupRef" when isInSpectrum:
                builder.Group(_xml.GetAttribute("ref") ?? throw new FormatException("a referenceableParamGroupRef names no group"));
                break;
            default:
                break;
        }
    }

    private HeaderParam ReadParam() => new(
        _xml.LocalName == "cvParam" ? _xml.GetAttribute("cvRef") : null,
        _xml.LocalName == "cvParam" ? _xml.GetAttribute("accession") : null,
        _xml.GetAttribute("name") ?? "",
        _xml.GetAttribute("value"),
        _xml.GetAttribute("unitAccession"),
        _xml.GetAttribute("unitName"));

    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _guard.Grant();
        if (!await _xml.ReadAsync().ConfigureAwait(false))
            return false;
        if (_xml.Depth > MaxDepth)
            throw new FormatException($"elements stand in one another more than {MaxDepth} deep");
        return true;
    }

    private static string Clause(string message) => message.TrimEnd('.');
}
