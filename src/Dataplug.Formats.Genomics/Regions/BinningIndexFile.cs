using System.Buffers.Binary;
using System.Text;
using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>Kinds of files that hold a <see cref="BinningIndex"/>.</summary>
public enum BinningIndexKind
{
    /// <summary>BAI (SAM specification, section 5.2): of BAM, positions below 2²⁹.</summary>
    Bai,

    /// <summary>CSI (CSIv1 specification): of anything, any number of levels, without a linear index.</summary>
    Csi,

    /// <summary>Tabix (tabix specification): of text in BGZF, with the sequences' names, positions below 2²⁹.</summary>
    Tbi,
}

/// <summary>How a tabix index says its text is laid out (tabix specification, table 1): columns are counted from 1, 0 is none.</summary>
/// <param name="Format">0 generic, 1 SAM, 2 VCF; plus 0x10000 where positions are as in BED.</param>
/// <param name="NameColumn">The column of the sequence's name.</param>
/// <param name="StartColumn">The column of the first position.</param>
/// <param name="EndColumn">The column of the last position.</param>
/// <param name="Comment">What comment lines begin with.</param>
/// <param name="SkipLines">Lines passed over at the start.</param>
public sealed record TabixLayout(int Format, int NameColumn, int StartColumn, int EndColumn, char Comment, int SkipLines)
{
    /// <summary>That of VCF.</summary>
    public static TabixLayout Vcf { get; } = new(2, 1, 2, 0, '#', 0);
}

/// <summary>A file of an index as it was read.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">The index.</param>
/// <param name="Layout">How the text is laid out; null in BAI, and in CSI that is not of text.</param>
public sealed record BinningIndexContent(BinningIndexKind Kind, BinningIndex Index, TabixLayout? Layout);

/// <summary>Reads and writes the indexes of samtools, tabix and bcftools.</summary>
public static class BinningIndexFile
{
    private const long MaxLength = 1L << 30;

    /// <summary>Reads an index, of whatever kind it is.</summary>
    /// <param name="stream">The file's bytes, compressed by BGZF or not; read to the end.</param>
    /// <param name="source">Its name for messages.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="UnsupportedFormatException">It is no such index.</exception>
    /// <exception cref="CorruptIndexException">It is damaged.</exception>
    public static async Task<BinningIndexContent> ReadAsync(Stream stream, string source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var bytes = await ReadAllAsync(stream, source, cancellationToken).ConfigureAwait(false);
        if (bytes is [0x1f, 0x8b, ..])
        {
            var inflate = new InflateStream(new MemoryStream(bytes, writable: false), new InflateReadOptions { Source = source, IsMemberStart = true });
            await using (inflate.ConfigureAwait(false))
                bytes = await ReadAllAsync(inflate, source, cancellationToken).ConfigureAwait(false);
        }

        var input = new Input(bytes, source);
        return bytes switch
        {
            [(byte)'B', (byte)'A', (byte)'I', 1, ..] => ReadBai(input),
            [(byte)'C', (byte)'S', (byte)'I', 1, ..] => ReadCsi(input),
            [(byte)'T', (byte)'B', (byte)'I', 1, ..] => ReadTbi(input),
            _ => throw new UnsupportedFormatException(source, "it is no index of the kinds BAI, CSI and TBI", "Give the .bai, .csi or .tbi file that samtools, bcftools or tabix made."),
        };
    }

    /// <summary>Writes an index: CSI and tabix compressed by BGZF, BAI not, as samtools, bcftools and tabix do.</summary>
    /// <param name="destination">Takes the bytes.</param>
    /// <param name="kind">What to write.</param>
    /// <param name="index">The index.</param>
    /// <param name="layout">How the text is laid out; of BAM null.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <exception cref="UnsupportedFormatException">The kind can't hold the index: positions beyond 2²⁹, or no names for tabix.</exception>
    public static async Task WriteAsync(Stream destination, BinningIndexKind kind, BinningIndex index, TabixLayout? layout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(index);
        if (kind != BinningIndexKind.Csi && index.Scheme != BinningScheme.Classic)
            throw new UnsupportedFormatException(null, $"there are positions beyond {BinningScheme.Classic.MaxPosition}, which a {kind.ToString().ToUpperInvariant()} index can't hold", "Export it as csi.");
        if (kind != BinningIndexKind.Csi && index.References.Any(reference => reference.Bins.Count > 0 && reference.Linear.Count == 0))
            throw new UnsupportedFormatException(null, "the index has no linear part", "Export it as csi, or preprocess the object again with force.");
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, Encoding.UTF8, leaveOpen: true))
        {
            switch (kind)
            {
                case BinningIndexKind.Bai:
                    writer.Write("BAI\u0001"u8);
                    break;
                case BinningIndexKind.Tbi:
                    writer.Write("TBI\u0001"u8);
                    break;
                default:
                    writer.Write("CSI\u0001"u8);
                    writer.Write(index.Scheme.MinShift);
                    writer.Write(index.Scheme.Depth);
                    var extra = layout is null ? [] : Describe(layout, index);
                    writer.Write(extra.Length);
                    writer.Write(extra);
                    break;
            }

            writer.Write(index.References.Count);
            if (kind == BinningIndexKind.Tbi)
                writer.Write(Describe(layout ?? throw new ArgumentNullException(nameof(layout)), index));
            foreach (var reference in index.References)
                Write(writer, reference, index.Scheme, kind);
            if (index.UnplacedCount is { } unplaced)
                writer.Write(unplaced);
        }

        if (kind == BinningIndexKind.Bai)
        {
            content.Position = 0;
            await content.CopyToAsync(destination, cancellationToken).ConfigureAwait(false);
            return;
        }

        var bgzf = new BgzfWriter(destination, leaveOpen: true);
        await using (bgzf.ConfigureAwait(false))
        {
            await bgzf.WriteAsync(content.GetBuffer().AsMemory(0, (int)content.Length), cancellationToken).ConfigureAwait(false);
            await bgzf.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream, string source, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var piece = new byte[128 << 10];
        for (int read; (read = await stream.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            bytes.Write(piece, 0, read);
            if (bytes.Length > MaxLength)
                throw new CorruptIndexException(source, $"it has more than {MaxLength} bytes");
        }

        return bytes.ToArray();
    }

    private static BinningIndexContent ReadBai(Input input)
    {
        input.Skip(4);
        var references = new BinnedReference[input.ReadCount(8)];
        for (var i = 0; i < references.Length; i++)
            references[i] = ReadReference(input, null, BinningScheme.Classic, hasLinear: true);
        return new BinningIndexContent(BinningIndexKind.Bai, new BinningIndex(BinningScheme.Classic, references, input.ReadUnplaced()), null);
    }

    private static BinningIndexContent ReadTbi(Input input)
    {
        input.Skip(4);
        var count = input.ReadCount(8);
        var (layout, names) = ReadLayout(input, count);
        var references = new BinnedReference[count];
        for (var i = 0; i < count; i++)
            references[i] = ReadReference(input, names[i], BinningScheme.Classic, hasLinear: true);
        return new BinningIndexContent(BinningIndexKind.Tbi, new BinningIndex(BinningScheme.Classic, references, input.ReadUnplaced()), layout);
    }

    private static BinningIndexContent ReadCsi(Input input)
    {
        input.Skip(4);
        var scheme = new BinningScheme(input.ReadInt32(), input.ReadInt32());
        if (scheme.MinShift is < 1 or > 30 || scheme.Depth is < 0 or > 9)
            throw input.Corrupt($"its bins of 2^{scheme.MinShift} positions on {scheme.Depth} levels make no sense");
        var extraLength = input.ReadCount(1);
        var extra = new Input(input.Take(extraLength), input.Source);
        var count = input.ReadCount(4);
        TabixLayout? layout = null;
        IReadOnlyList<string>? names = null;
        if (extraLength >= 28)
            (layout, names) = ReadLayout(extra, null);
        var references = new BinnedReference[count];
        for (var i = 0; i < count; i++)
            references[i] = ReadReference(input, names is not null && i < names.Count ? names[i] : null, scheme, hasLinear: false);
        return new BinningIndexContent(BinningIndexKind.Csi, new BinningIndex(scheme, references, input.ReadUnplaced()), layout);
    }

    private static (TabixLayout Layout, IReadOnlyList<string> Names) ReadLayout(Input input, int? count)
    {
        var layout = new TabixLayout(input.ReadInt32(), input.ReadInt32(), input.ReadInt32(), input.ReadInt32(), (char)(input.ReadInt32() & 0xFF), input.ReadInt32());
        var text = input.Take(input.ReadCount(1));
        var names = text.Length == 0 ? [] : Encoding.UTF8.GetString(text.AsSpan()[..(text[^1] == 0 ? ^1 : ^0)]).Split('\0');
        return count is null || names.Length == count ? (layout, names) : throw input.Corrupt($"it has {names.Length} names for {count} sequences");
    }

    private static BinnedReference ReadReference(Input input, string? name, BinningScheme scheme, bool hasLinear)
    {
        var bins = new List<IndexBin>();
        var numbers = new HashSet<int>();
        ReferenceMetadata? metadata = null;
        for (var left = input.ReadCount(hasLinear ? 8 : 16); left > 0; left--)
        {
            var number = input.ReadInt32();
            var firstOverlap = hasLinear ? default : input.ReadOffset();
            var chunks = new VirtualChunk[input.ReadCount(16)];
            if (number == scheme.MetadataBin)
            {
                if (chunks.Length != 2)
                    throw input.Corrupt("a bin of counts has other than two entries");
                metadata = new ReferenceMetadata(new VirtualChunk(input.ReadOffset(), input.ReadOffset()), input.ReadInt64(), input.ReadInt64());
                continue;
            }

            if (number < 0 || number >= scheme.BinCount || !numbers.Add(number))
                throw input.Corrupt($"there is no bin {number}, or it comes twice");
            for (var i = 0; i < chunks.Length; i++)
            {
                chunks[i] = new VirtualChunk(input.ReadOffset(), input.ReadOffset());
                if (chunks[i].End < chunks[i].Start)
                    throw input.Corrupt($"a chunk of bin {number} ends before it starts");
            }

            bins.Add(new IndexBin(number, firstOverlap, chunks));
        }

        var linear = new VirtualOffset[hasLinear ? input.ReadCount(8) : 0];
        for (var i = 0; i < linear.Length; i++)
            linear[i] = input.ReadOffset();
        return new BinnedReference(name, bins, linear, metadata);
    }

    private static void Write(BinaryWriter writer, BinnedReference reference, BinningScheme scheme, BinningIndexKind kind)
    {
        writer.Write(reference.Bins.Count + (reference.Metadata is null ? 0 : 1));
        foreach (var bin in reference.Bins)
        {
            writer.Write(bin.Number);
            if (kind == BinningIndexKind.Csi)
                writer.Write(FirstOverlap(reference, bin, scheme).Value);
            writer.Write(bin.Chunks.Count);
            foreach (var chunk in bin.Chunks)
            {
                writer.Write(chunk.Start.Value);
                writer.Write(chunk.End.Value);
            }
        }

        if (reference.Metadata is { } metadata)
        {
            writer.Write(scheme.MetadataBin);
            if (kind == BinningIndexKind.Csi)
                writer.Write(0UL);
            writer.Write(2);
            writer.Write(metadata.Extent.Start.Value);
            writer.Write(metadata.Extent.End.Value);
            writer.Write(metadata.Mapped);
            writer.Write(metadata.Unmapped);
        }

        if (kind == BinningIndexKind.Csi)
            return;
        writer.Write(reference.Linear.Count);
        foreach (var offset in reference.Linear)
            writer.Write(offset.Value);
    }

    private static VirtualOffset FirstOverlap(BinnedReference reference, IndexBin bin, BinningScheme scheme)
    {
        if (bin.FirstOverlap.Value > 0 || reference.Linear.Count == 0)
            return bin.FirstOverlap;
        var window = scheme.FirstWindow(bin.Number);
        return window < reference.Linear.Count ? reference.Linear[window] : default;
    }

    private static byte[] Describe(TabixLayout layout, BinningIndex index)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            foreach (var number in (ReadOnlySpan<int>)[layout.Format, layout.NameColumn, layout.StartColumn, layout.EndColumn, layout.Comment, layout.SkipLines])
                writer.Write(number);
            var names = index.References.Select(reference => reference.Name ?? throw new UnsupportedFormatException(null, "the index does not tell the sequences' names", "Preprocess the object again with force.")).ToArray();
            writer.Write(names.Sum(name => Encoding.UTF8.GetByteCount(name) + 1));
            foreach (var name in names)
            {
                writer.Write(Encoding.UTF8.GetBytes(name));
                writer.Write((byte)0);
            }
        }

        return bytes.ToArray();
    }

    private sealed class Input(byte[] bytes, string source)
    {
        private int _position;

        public string Source => source;

        public void Skip(int count) => _position += count;

        public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Next(4));

        public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Next(8));

        public VirtualOffset ReadOffset() => new(BinaryPrimitives.ReadUInt64LittleEndian(Next(8)));

        /// <summary>A number of items that each take some bytes: no more than there can be.</summary>
        public int ReadCount(int bytesEach)
        {
            var count = ReadInt32();
            return count >= 0 && count <= (bytes.Length - _position) / bytesEach ? count : throw Corrupt($"it says that {count} items follow, more than there can be");
        }

        // Old indexes end without it.
        public long? ReadUnplaced() => bytes.Length - _position >= 8 ? ReadInt64() : null;

        public byte[] Take(int count) => Next(count).ToArray();

        public CorruptIndexException Corrupt(string problem) => new(source, $"{problem} (at byte {_position} of its content)", "Make the index again with samtools, bcftools or tabix.");

        private ReadOnlySpan<byte> Next(int count)
        {
            if (count > bytes.Length - _position)
                throw Corrupt("it is cut short");
            _position += count;
            return bytes.AsSpan(_position - count, count);
        }
    }
}
