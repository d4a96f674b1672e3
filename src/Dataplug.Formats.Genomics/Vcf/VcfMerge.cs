using System.Buffers;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Metadata;

namespace Dataplug.Formats.Genomics;

/// <summary>Puts together what the parts of an object know, in order, and writes the index of it.</summary>
internal sealed class VcfMerge(VcfContainer container, string? source, VcfGrid grid)
{
    private const int MaxListed = 4096;
    private const int MaxListedBytes = 256 << 10;
    private const int MaxContigs = 1 << 22;

    private readonly ArrayBufferWriter<byte> _headerBytes = new();
    private readonly List<VcfContigRun> _contigs = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly VcfMarkList _marks = new(grid);
    private readonly BinningIndexBuilder _binning = new();
    private VcfHeader? _header;
    private VirtualOffset _headerEnd;
    private VcfPlace _firstEmpty = VcfPlace.None;
    private long _lines;
    private long _records;
    private bool _areContigsTogether = true;

    /// <summary>Of BGZF: whether the end-of-file marker is there.</summary>
    public bool? HasEndMarker { get; set; }

    /// <summary>Adds the next part.</summary>
    /// <exception cref="CorruptObjectException">The part has a problem, or does not fit to those before it.</exception>
    public void Add(VcfPartial part)
    {
        if (part.FirstHeader.IsThere && _firstEmpty.IsThere)
            throw Corrupt("there is a header line after an empty line", part.FirstHeader);
        if (part.FirstHeader.IsThere && _records > 0)
            throw Corrupt("there is a header line after records", part.FirstHeader);
        if (part.FirstRecord.IsThere && _firstEmpty.IsThere)
            throw Corrupt("there is an empty line before it; empty lines may only come at the end", part.FirstRecord);
        _headerBytes.Write(part.Header.GetBuffer().AsSpan(0, (int)part.Header.Length));
        if (_headerBytes.WrittenCount > VcfScanner.MaxHeader)
            throw Corrupt($"the header is longer than {VcfScanner.MaxHeader} bytes", part.FirstHeader);
        if (part.HeaderEnd.Value > 0)
            _headerEnd = part.HeaderEnd;
        if (part.FirstRecord.IsThere)
        {
            _header ??= ParseHeader();
            if (part.Columns != _header.ColumnCount)
                throw Corrupt($"it has {part.Columns} columns where the line of column names has {_header.ColumnCount}", part.FirstRecord);
        }

        if (part.Problem is { } problem)
            throw Corrupt(problem, part.ProblemPlace);
        if (part.FirstEmpty.IsThere && !_firstEmpty.IsThere)
            _firstEmpty = part.FirstEmpty with { Line = _lines + part.FirstEmpty.Line };
        AddContigs(part);
        _marks.AddAll(part.Marks, _records);
        _lines += part.Lines;
        _records += part.Records;
    }

    /// <summary>Writes the columns.</summary>
    /// <param name="writer">Takes the sections.</param>
    /// <param name="end">The place after the content.</param>
    /// <param name="size">What the grid of the marks goes by: bytes of the stored object, or of the content of gzip.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task WriteAsync(SidecarWriter writer, VirtualOffset end, long size, CancellationToken cancellationToken)
    {
        _header ??= ParseHeader();
        _marks.Coarsen(VcfGrid.For(size));
        await VcfColumns.WriteAsync(writer, new VcfColumns.Content
        {
            HeaderEnd = _headerEnd,
            End = end,
            Contigs = _contigs,
            Places = [.. _marks.Marks.Select(mark => mark.Place)],
            Numbers = [.. _marks.Marks.Select(mark => mark.Number)],
            Starts = [.. _marks.Marks.Select(mark => mark.Start)],
        }, cancellationToken).ConfigureAwait(false);
        if (_binning.Unsorted is not null)
            return;
        var binning = _binning.Build([.. _contigs.Select(contig => contig.Name)]);
        await writer.WriteSectionAsync(VcfColumns.Binning, BinningIndexCodec.ToBytes(binning), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>After <see cref="WriteAsync"/>: writes the attributes into an open object.</summary>
    public void WriteAttributes(Utf8JsonWriter attributes)
    {
        WriteHeader(attributes, _header!);
        attributes.WriteNumber("records", _records);
        attributes.WriteNumber("lines", _lines);
        attributes.WriteNumber("contigsWithRecords", _contigs.Count);
        attributes.WriteBoolean("contigsTogether", _areContigsTogether);
        attributes.WriteBoolean("sorted", _binning.Unsorted is null);
        if (_binning.Unsorted is { } unsorted)
            attributes.WriteString("unsorted", unsorted.Problem);
        WriteRemarks(attributes, HasEndMarker, HasEndMarker == false ? VcfPreprocessor.MissingEndMarker : null);
    }

    /// <summary>Writes what is known of the header.</summary>
    public static void WriteHeader(Utf8JsonWriter attributes, VcfHeader header)
    {
        if (header.FileFormat is { } format)
            attributes.WriteString("fileFormat", format.Length <= MaxListed ? format : format[..MaxListed]);
        attributes.WriteNumber("headerSize", header.Bytes.Length);
        attributes.WriteNumber("columns", header.ColumnCount);
        attributes.WriteNumber("sampleCount", header.Samples.Count);
        WriteList("samples", header.Samples, name => name.Length, attributes.WriteStringValue);
        attributes.WriteNumber("contigCount", header.Contigs.Count);
        WriteList("contigs", header.Contigs, contig => contig.Id.Length, contig =>
        {
            attributes.WriteStartObject();
            attributes.WriteString("id", contig.Id);
            if (contig.Length is { } length)
                attributes.WriteNumber("length", length);
            attributes.WriteEndObject();
        });
        foreach (var (name, definitions) in new[] { ("info", header.Info), ("format", header.Format), ("filters", header.Filters), ("alts", header.Alts) })
        {
            WriteList(name, definitions, definition => definition.Id.Length + (definition.Number?.Length ?? 0) + (definition.Type?.Length ?? 0), definition =>
            {
                attributes.WriteStartObject();
                attributes.WriteString("id", definition.Id);
                if (definition.Number is { } number)
                    attributes.WriteString("number", number);
                if (definition.Type is { } type)
                    attributes.WriteString("type", type);
                attributes.WriteEndObject();
            });
        }

        // Lists are for people; an index stays small whatever a header holds.
        void WriteList<T>(string name, IReadOnlyList<T> items, Func<T, int> lengthOf, Action<T> write)
        {
            attributes.WriteStartArray(name);
            long length = 0;
            foreach (var item in items.Take(MaxListed))
            {
                length += lengthOf(item);
                if (length > MaxListedBytes)
                    break;
                write(item);
            }

            attributes.WriteEndArray();
        }
    }

    /// <summary>Writes what is odd about an object.</summary>
    public static void WriteRemarks(Utf8JsonWriter attributes, bool? hasEndMarker, string? warning)
    {
        if (hasEndMarker is { } hasMarker)
            attributes.WriteBoolean("bgzfEndMarker", hasMarker);
        if (warning is null)
            return;
        attributes.WriteStartArray("warnings");
        attributes.WriteStringValue(warning);
        attributes.WriteEndArray();
    }

    private VcfHeader ParseHeader() => VcfHeader.Parse(_headerBytes.WrittenSpan.ToArray(), source);

    private void AddContigs(VcfPartial part)
    {
        var numbers = new int[part.Contigs.Count];
        _areContigsTogether &= part.AreContigsTogether;
        for (var i = 0; i < numbers.Length; i++)
        {
            var run = part.Contigs[i];
            if (_numbers.TryGetValue(run.Name, out numbers[i]))
            {
                _areContigsTogether &= numbers[i] == _contigs.Count - 1 && i == 0;
                _contigs[numbers[i]].Append(run);
                continue;
            }

            numbers[i] = _contigs.Count;
            if (numbers[i] == MaxContigs)
                throw Corrupt($"the records name more than {MaxContigs} contigs", part.FirstRecord);
            _contigs.Add(run);
            _numbers.Add(run.Name, numbers[i]);
        }

        _binning.Append(part.Binning, numbers);
    }

    private CorruptObjectException Corrupt(string problem, VcfPlace place) =>
        VcfLineError.Of(container, source, problem, _lines + place.Line, place.Place);
}
