using System.Globalization;
using System.Text;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>Reads and writes the indexes that <c>samtools faidx</c> makes (faidx(5)): a line a sequence with its name, its length, where its
/// first base is, and the bases and bytes of its lines.</summary>
public static class FaidxFile
{
    private const string Cure = "Make the index again with 'samtools faidx', or preprocess the object instead.";

    /// <summary>Writes the index of a FASTA object, the same bytes as samtools: without sequences of no bases, and of several with one name
    /// the first.</summary>
    /// <param name="index">The index.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <exception cref="UnsupportedFormatException">A sequence has lines of different length, which samtools refuses too.</exception>
    public static async Task ExportAsync(FastaIndex index, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(destination);
        var writer = new StreamWriter(destination, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        await using (writer.ConfigureAwait(false))
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < index.Count; i++)
            {
                var sequence = index[i];
                if (sequence.IsRagged)
                    throw new UnsupportedFormatException(index.Source.Uri.Display, $"sequence '{sequence.Name}' has lines of different length, which a .fai file can't describe", "Wrap the lines alike, e.g. with 'seqkit seq -w 60'.", index is FastaGZipIndex ? null : sequence.HeaderOffset);
                if (sequence.Length > 0 && names.Add(sequence.Name))
                    await writer.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{sequence.Name}\t{sequence.Length}\t{sequence.Offset}\t{sequence.LineBases}\t{sequence.LineWidth}").AsMemory(), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Makes the index of a plain FASTA object of the one that samtools made. Of the object only some headers and line ends are read, to
    /// see that it is the right one.
    /// </summary>
    /// <param name="source">The object.</param>
    /// <param name="fai">The other program's index.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="force">Whether to import even where there is a good index.</param>
    /// <param name="cancellationToken">Cancels the import.</param>
    /// <exception cref="CorruptIndexException">The index is damaged, or is not of this object.</exception>
    public static async Task<PreprocessReport> ImportAsync(CloudObject<FastaIndex> source, Stream fai, string name, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(fai);
        var lines = await ReadAsync(fai, name, cancellationToken).ConfigureAwait(false);
        return await source.PreprocessAsync(new PreprocessOptions { Force = force, Preprocessor = new Import(lines, name) }, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<List<Entry>> ReadAsync(Stream fai, string name, CancellationToken cancellationToken)
    {
        var entries = new List<Entry>();
        using var reader = new StreamReader(fai, leaveOpen: true);
        for (long number = 1; await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line; number++)
        {
            var fields = line.Split('\t');
            var numbers = new long[4];
            if (fields.Length != 5 || !fields.Skip(1).Select((field, i) => long.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])).ToArray().All(isNumber => isNumber))
            {
                var isFastq = fields.Length == 6;
                throw new CorruptIndexException(name, string.Create(CultureInfo.InvariantCulture, $"line {number} is not {(isFastq ? "one of FASTA but of FASTQ" : "NAME, LENGTH, OFFSET, LINEBASES, LINEWIDTH")}"), Cure);
            }

            var entry = new Entry(fields[0], numbers[0], numbers[1], numbers[2], numbers[3]);
            if (entry.Length < 1 || entry.LineBases < 1 || entry.LineWidth <= entry.LineBases || entry.LineWidth > entry.LineBases + 2 || entry.Offset < 2
                || (entries.Count > 0 && entry.Offset <= entries[^1].Offset + entries[^1].Span))
            {
                throw new CorruptIndexException(name, string.Create(CultureInfo.InvariantCulture, $"the numbers in line {number} contradict each other or the line before"), Cure);
            }

            entries.Add(entry);
        }

        return entries;
    }

    /// <summary>A line of the file.</summary>
    private sealed record Entry(string Name, long Length, long Offset, long LineBases, long LineWidth)
    {
        /// <summary>Bytes from its first base to its last.</summary>
        public long Span => ((Length - 1) / LineBases * LineWidth) + ((Length - 1) % LineBases) + 1;
    }

    /// <summary>Looks for the header of every sequence where the one before ends.</summary>
    private sealed class Import(List<Entry> entries, string name) : IStreamingPreprocessor, IIdentifiedPreprocessor
    {
        // Headers that are looked at: the first, the last, and some between.
        private const int Samples = 64;

        // The index is read once: what an interrupted import left is of no use to a later one.
        public string Identity { get; } = Guid.NewGuid().ToString("N");

        public Task RunAsync(IStreamingRun run, CancellationToken cancellationToken) => run.CheckpointAsync(default, default, cancellationToken);

        public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
        {
            if (entries.Count > 0 && entries[^1].Offset + entries[^1].Span > source.Size)
                throw Foreign($"its last sequence ends behind the object's {source.Size} bytes");
            var step = Math.Max(1, entries.Count / Samples);
            var assembler = new FastaAssembler();
            long end = 0;
            for (var i = 0; i < entries.Count; i++)
            {
                var entry = entries[i];
                if (i == 0 || i % step == 0 || i == entries.Count - 1)
                    await CheckAsync(entry, end, source, cancellationToken).ConfigureAwait(false);
                assembler.AddSequence(entry.Name, end, entry.Offset, entry.Length, entry.LineBases, entry.LineWidth);

                // The last line's end is as long as the others', but for the last line of the object.
                end = Math.Min(source.Size, entry.Offset + entry.Span + (entry.LineWidth - entry.LineBases));
            }

            await FastaPreprocessor.WriteAsync(assembler, source, writer, cancellationToken).ConfigureAwait(false);
        }

        private async Task CheckAsync(Entry entry, long before, PinnedObject source, CancellationToken cancellationToken)
        {
            var header = await source.ReadAsync(ByteRange.FromBounds(before, entry.Offset), cancellationToken).ConfigureAwait(false);
            var text = header.AsSpan().TrimStart("\r\n"u8);
            var title = text.IsEmpty || text[0] != (byte)'>' ? default : text[1..].TrimStart((byte)' ');
            if (title.IsEmpty || !title.StartsWith(Encoding.UTF8.GetBytes(entry.Name)) || title[^1] != (byte)'\n' || title[..^1].Contains((byte)'\n'))
                throw Foreign($"the header of '{entry.Name}' is not where the index has it, before byte {entry.Offset}, or there are sequences that it leaves out");
            var line = await source.ReadAsync(new ByteRange(entry.Offset, Math.Min(entry.LineWidth, source.Size - entry.Offset)), cancellationToken).ConfigureAwait(false);
            var bases = (int)Math.Min(entry.Length, entry.LineBases);
            if (line.Length < bases || FastaBytes.Count(line.AsSpan(0, bases)).Letters != bases || (entry.Length > entry.LineBases && (line.Length < entry.LineWidth || line[^1] != (byte)'\n')))
                throw Foreign($"the first line of '{entry.Name}' has not {bases} bases");
        }

        private CorruptIndexException Foreign(string problem) => new(name, $"it is not of this object: {problem}", Cure);
    }
}
