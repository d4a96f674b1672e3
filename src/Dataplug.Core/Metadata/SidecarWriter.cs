using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ZstdSharp;

namespace Dataplug.Metadata;

/// <summary>
/// Writes an index sidecar front to back with bounded memory. The same input gives the same bytes (law 6): no times, no
/// random numbers.
/// </summary>
/// <remarks>The layout is specified in docs/index-format.md. Not safe for use by several threads at once.</remarks>
public sealed class SidecarWriter : IAsyncDisposable
{
    private readonly Stream _destination;
    private readonly byte[] _header;
    private readonly Compressor _compressor = new(SidecarLayout.CompressionLevel);
    private readonly List<SectionEntry> _sections = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<int> _blobLengths = [];
    private readonly List<ulong> _blobChecksums = [];
    private string? _blobSection;
    private long _blobStart;
    private long _position;
    private byte[] _attributes = "{}"u8.ToArray();
    private bool _hasAttributes;
    private bool _completed;

    /// <summary>Begins a sidecar on a stream that need not be seekable. The stream is not disposed with the writer.</summary>
    /// <param name="destination">Takes the bytes.</param>
    /// <param name="header">What the sidecar says of itself. The query of an <c>http(s)</c> source, where signatures are, is
    /// never written: docs/index-format.md, "Header".</param>
    /// <exception cref="ArgumentException">The format's id is empty, the version below 1, or the parameters are no JSON object.</exception>
    public SidecarWriter(Stream destination, SidecarHeader header)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentException.ThrowIfNullOrEmpty(header.FormatId);
        ArgumentOutOfRangeException.ThrowIfLessThan(header.FormatVersion, 1);
        try
        {
            using var parameters = JsonDocument.Parse(header.Parameters);
            if (parameters.RootElement.ValueKind != JsonValueKind.Object)
                throw new ArgumentException($"The parameters are no JSON object: {header.Parameters}", nameof(header));
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The parameters are no JSON: {header.Parameters}", nameof(header), e);
        }

        _destination = destination;
        Header = header;
        _header = SidecarHeaderCodec.Encode(header);
        if (_header.Length > SidecarLayout.MaximumHeaderLength)
            throw new ArgumentException($"The header takes {_header.Length} bytes; the limit is {SidecarLayout.MaximumHeaderLength}.", nameof(header));
    }

    /// <summary>The header that was given.</summary>
    public SidecarHeader Header { get; }

    /// <summary>Sets the object's attributes; the value must be a JSON object. At most once.</summary>
    /// <exception cref="ArgumentException">Not a JSON object.</exception>
    /// <exception cref="InvalidOperationException">They were set before.</exception>
    public void SetAttributes(JsonElement attributes)
    {
        if (attributes.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"Attributes are a JSON object, not {attributes.ValueKind}.", nameof(attributes));
        if (_hasAttributes || _completed)
            throw new InvalidOperationException("The attributes were set before, or the sidecar is complete.");
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            attributes.WriteTo(json);
        _attributes = buffer.WrittenSpan.ToArray();
        _hasAttributes = true;
    }

    /// <summary>Writes a section: bytes that are read back as a whole, at most 256 MiB.</summary>
    /// <param name="name">Its name: 1 to 64 ASCII letters, digits, '.', '-', '_' or '/'; each only once.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <exception cref="ArgumentException">A bad or used name, or too much content.</exception>
    public ValueTask WriteSectionAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ClaimName(name);
        return WriteFrameAsync(name, SectionKind.Bytes, content, 0, 0, 0, cancellationToken);
    }

    /// <summary>Writes a column of 64-bit numbers (delta, zigzag, varint, zstd): cheap for numbers that rise slowly. At most
    /// 2²⁶ values.</summary>
    /// <param name="name">Its name, as for <see cref="WriteSectionAsync"/>.</param>
    /// <param name="values">The numbers.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <exception cref="ArgumentException">A bad or used name, or too many values.</exception>
    public ValueTask WriteColumnAsync(string name, ReadOnlyMemory<long> values, CancellationToken cancellationToken = default)
    {
        if (values.Length > SidecarLayout.MaximumCount)
            throw new ArgumentException($"A column of {values.Length} values; the limit is {SidecarLayout.MaximumCount}.", nameof(values));
        ClaimName(name);
        var encoded = new ArrayBufferWriter<byte>(Math.Max(256, values.Length));
        ColumnCodec.Encode(values.Span, encoded);
        return WriteFrameAsync(name, SectionKind.Column, encoded.WrittenMemory, values.Length, 0, 0, cancellationToken);
    }

    /// <summary>Adds a blob to a section of blobs, each addressable by itself. Blobs of one section are written one after
    /// another, before any other section is begun. A blob is stored as it is given, not compressed, at most 16 MiB.</summary>
    /// <inheritdoc cref="WriteSectionAsync"/>
    public async ValueTask WriteBlobAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        if (content.Length > SidecarLayout.MaximumBlobLength)
            throw new ArgumentException($"A blob of {content.Length} bytes; the limit is {SidecarLayout.MaximumBlobLength}.", nameof(content));
        if (_blobSection != name)
        {
            ClaimName(name);
            await EndBlobsAsync(cancellationToken).ConfigureAwait(false);
            await BeginAsync(cancellationToken).ConfigureAwait(false);
            _blobSection = name;
            _blobStart = _position;
        }

        if (_completed)
            throw new InvalidOperationException("The sidecar is complete.");
        if (_blobLengths.Count == SidecarLayout.MaximumCount)
            throw new ArgumentException($"Too many blobs in '{name}'; the limit is {SidecarLayout.MaximumCount}.", nameof(name));
        _blobLengths.Add(content.Length);
        _blobChecksums.Add(SidecarLayout.Checksum(content.Span));
        await WriteAsync(content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes directory and trailer. Without it the sidecar is incomplete and no reader accepts it.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        if (_completed)
            throw new InvalidOperationException("The sidecar is complete.");
        await EndBlobsAsync(cancellationToken).ConfigureAwait(false);
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        _completed = true;

        var directory = EncodeDirectory();
        if (directory.Length > SidecarLayout.MaximumDirectoryLength)
            throw new InvalidOperationException($"Header, attributes and directory take {directory.Length} bytes; the limit is {SidecarLayout.MaximumDirectoryLength}.");
        var offset = _position;
        var frame = Compress(directory.Span);
        await WriteAsync(frame, cancellationToken).ConfigureAwait(false);

        var trailer = new byte[SidecarLayout.TrailerLength];
        BinaryPrimitives.WriteUInt64LittleEndian(trailer, (ulong)offset);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(8), (uint)frame.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(12), (uint)directory.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer.AsSpan(16), SidecarLayout.Checksum(frame));
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(24), SidecarLayout.Version);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer.AsSpan(32), SidecarLayout.Checksum(trailer.AsSpan(0, 32)));
        SidecarLayout.EndMagic.CopyTo(trailer.AsSpan(40));
        await WriteAsync(trailer, cancellationToken).ConfigureAwait(false);
        await _destination.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _compressor.Dispose();
        return ValueTask.CompletedTask;
    }

    private ReadOnlyMemory<byte> EncodeDirectory()
    {
        var buffer = new ArrayBufferWriter<byte>(_header.Length + _attributes.Length + (_sections.Count * 80) + 12);
        WriteUInt32((uint)_header.Length);
        buffer.Write(_header);
        WriteUInt32((uint)_attributes.Length);
        buffer.Write(_attributes);
        WriteUInt32((uint)_sections.Count);
        foreach (var section in _sections)
        {
            buffer.Write([(byte)section.Kind, (byte)section.Name.Length]);
            buffer.Write(Encoding.ASCII.GetBytes(section.Name));
            WriteUInt64((ulong)section.Offset);
            WriteUInt64((ulong)section.StoredLength);
            WriteUInt64((ulong)section.ContentLength);
            WriteUInt64((ulong)section.Count);
            WriteUInt64(section.Checksum);
            WriteUInt64((ulong)section.DataOffset);
            WriteUInt64((ulong)section.DataLength);
        }

        return buffer.WrittenMemory;

        void WriteUInt32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(buffer.GetSpan(4), value);
            buffer.Advance(4);
        }

        void WriteUInt64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), value);
            buffer.Advance(8);
        }
    }

    private void ClaimName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_completed)
            throw new InvalidOperationException("The sidecar is complete.");
        if (!SidecarLayout.IsSectionName(name))
            throw new ArgumentException($"'{name}' is no name for a section: 1 to 64 ASCII letters, digits, '.', '-', '_', '/'.", nameof(name));
        if (_sections.Count + 1 > SidecarLayout.MaximumSections)
            throw new ArgumentException($"Too many sections; the limit is {SidecarLayout.MaximumSections}.", nameof(name));
        if (!_names.Add(name))
            throw new ArgumentException($"There is a section '{name}' already.", nameof(name));
    }

    private async ValueTask WriteFrameAsync(string name, SectionKind kind, ReadOnlyMemory<byte> content, long count, long dataOffset, long dataLength, CancellationToken cancellationToken)
    {
        if (content.Length > SidecarLayout.MaximumContentLength)
            throw new ArgumentException($"Section '{name}' holds {content.Length} bytes; the limit is {SidecarLayout.MaximumContentLength}.", nameof(content));
        if (kind != SectionKind.Blobs)
            await EndBlobsAsync(cancellationToken).ConfigureAwait(false);
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        var frame = Compress(content.Span);
        _sections.Add(new SectionEntry(name, kind, _position, frame.Length, content.Length, count, SidecarLayout.Checksum(frame), dataOffset, dataLength));
        await WriteAsync(frame, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask EndBlobsAsync(CancellationToken cancellationToken)
    {
        if (_blobSection is not { } name)
            return;
        _blobSection = null;
        var table = BlobTable.Encode(_blobLengths, _blobChecksums);
        var count = _blobLengths.Count;
        _blobLengths.Clear();
        _blobChecksums.Clear();
        await WriteFrameAsync(name, SectionKind.Blobs, table, count, _blobStart, _position - _blobStart, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        if (_position > 0)
            return;
        var preamble = new byte[SidecarLayout.PreambleLength];
        SidecarLayout.Magic.CopyTo(preamble);
        BinaryPrimitives.WriteUInt32LittleEndian(preamble.AsSpan(8), SidecarLayout.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(preamble.AsSpan(12), (uint)_header.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(preamble.AsSpan(16), SidecarLayout.Checksum(_header));
        await WriteAsync(preamble, cancellationToken).ConfigureAwait(false);
        await WriteAsync(_header, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _destination.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        _position += bytes.Length;
    }

    private byte[] Compress(ReadOnlySpan<byte> content) => _compressor.Wrap(content).ToArray();
}
