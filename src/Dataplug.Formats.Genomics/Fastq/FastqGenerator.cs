using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Makes realistic FASTQ for demonstrations, tests and benchmarks: titles whose coordinates rise as on a flow cell, reads of
/// both strands of a pseudo-genome with sequencing errors, binned qualities that depend on their neighbours and fall towards the
/// end of a read. <c>gzip -6</c> makes of it about what it makes of real runs: a quarter.
/// </summary>
public static class FastqGenerator
{
    private const int BufferSize = 1 << 20;
    private const int QualityStages = 4;

    // HiSeq X / 4000 bins: Q2, Q12, Q22, Q27, Q32, Q37, Q41.
    private static ReadOnlySpan<byte> ShortBins => "#-7<AFJ"u8;

    // Nanopore-like: every second score from Q1 to Q33.
    private static ReadOnlySpan<byte> LongBins => "\"$&(*,.02468:<>@B"u8;

    /// <summary>Writes FASTQ to a stream, in pieces of at most a megabyte (or one read).</summary>
    /// <param name="destination">Takes plain, uncompressed FASTQ.</param>
    /// <param name="options">What to make; null for 100 000 reads of 150 bases.</param>
    /// <param name="cancellationToken">Cancels between pieces.</param>
    /// <returns>The number of bytes written.</returns>
    public static async Task<long> WriteAsync(Stream destination, FastqGeneratorOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        options ??= new FastqGeneratorOptions();
        options.Validate();
        var run = new Run(options);
        var buffer = new byte[Math.Max(BufferSize, run.MaxRecordLength)];
        long written = 0;
        while (run.Fill(buffer) is var length and > 0)
        {
            await destination.WriteAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            written += length;
        }

        return written;
    }

    /// <summary>The number of reads that make about a number of bytes of plain FASTQ.</summary>
    public static long EstimateReads(long bytes, FastqGeneratorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        double titles = options.LongReads ? 90 : 64;
        var mean = options.LongReads
            ? options.MinReadLength + (Run.MeanShare * (options.MaxReadLength - options.MinReadLength))
            : (options.MinReadLength + (double)options.MaxReadLength) / 2;
        return (long)Math.Ceiling(bytes / (titles + (2 * mean) + 5));
    }

    /// <summary>A run of the imagined machine: all state between reads.</summary>
    private sealed class Run
    {
        /// <summary>Long reads' mean length, as a share of the way from the shortest to the longest.</summary>
        public const double MeanShare = 0.25;

        private const int TitleRoom = 160;
        private static readonly byte[] Complements = MakeComplements();

        private readonly FastqGeneratorOptions _options;
        private readonly byte[] _genome;
        private readonly byte[] _titleStart;
        private readonly byte[] _titleEnd;

        // For each stage of a read and each bin, the bin that follows, drawn by 8 random bits.
        private readonly byte[] _next;
        private readonly byte[] _bins;
        private readonly int _meanErrorDistance;
        private ulong _random;
        private long _made;
        private int _tile = 1101;
        private int _lane = 1;
        private int _x = 1000;
        private int _y = 1000;

        public Run(FastqGeneratorOptions options)
        {
            _options = options;
            _random = options.Seed;
            _bins = (options.LongReads ? LongBins : ShortBins).ToArray();
            _next = options.LongReads ? MakeLongChain() : MakeShortChain();
            _meanErrorDistance = options.LongReads ? 25 : 350;
            _genome = MakeGenome(options.GenomeLength);
            var run = 100 + (NextRandom() % 400);
            var flowCell = new string([.. Enumerable.Range(0, 5).Select(_ => (char)('A' + (NextRandom() % 26)))]);
            var index = new string([.. Enumerable.Range(0, 8).Select(_ => "ACGT"[(int)(NextRandom() % 4)])]);
            _titleStart = Encoding.ASCII.GetBytes(options.LongReads ? "@" : $"@K00267:{run}:H{flowCell}BBXX:");
            _titleEnd = Encoding.ASCII.GetBytes(options.LongReads ? $" runid={flowCell}{run}\n" : $" {options.Mate}:N:0:{index}\n");
        }

        public int MaxRecordLength => TitleRoom + (2 * _options.MaxReadLength) + 5;

        public int Fill(Span<byte> buffer)
        {
            var length = 0;
            while (_made < _options.Reads && buffer.Length - length >= MaxRecordLength)
            {
                length += WriteRead(buffer[length..]);
                _made++;
            }

            return length;
        }

        // SplitMix64 (Steele, Lea, Flood 2014): one state word, any seed will do.
        private ulong NextRandom()
        {
            var z = _random += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }

        private int NextBelow(int limit) => (int)Math.BigMul(NextRandom(), (ulong)limit, out _);

        // Whole numbers only: logarithms may differ in the last digit from machine to machine.
        private int NextErrorDistance() => 1 + NextBelow(2 * _meanErrorDistance);

        private int WriteRead(Span<byte> buffer)
        {
            var at = WriteTitle(buffer);
            var length = NextLength();
            var sequence = buffer.Slice(at, length);
            var qualities = buffer.Slice(at + length + 3, length);
            "\n+\n"u8.CopyTo(buffer[(at + length)..]);
            TakeFromGenome(sequence);
            WriteQualities(qualities);
            for (long error = NextErrorDistance(); error < length; error += NextErrorDistance())
            {
                var unknown = (NextRandom() & 15) == 0;
                sequence[(int)error] = unknown ? (byte)'N' : "ACGT"u8[(int)(NextRandom() & 3)];
                qualities[(int)error] = unknown ? _bins[0] : _bins[(int)(NextRandom() % 3)];
            }

            buffer[at + (2 * length) + 3] = (byte)'\n';
            return at + (2 * length) + 4;
        }

        private int NextLength()
        {
            var span = _options.MaxReadLength - _options.MinReadLength;
            if (span == 0)
                return _options.MinReadLength;
            if (!_options.LongReads)
                return _options.MinReadLength + NextBelow(span + 1);
            // The product of two even draws: many short reads, few long ones.
            return _options.MinReadLength + NextBelow(NextBelow(span + 1) + 1);
        }

        private int WriteTitle(Span<byte> buffer)
        {
            _titleStart.CopyTo(buffer);
            var at = _titleStart.Length;
            if (_options.LongReads)
            {
                Append(buffer, ref at, (long)(NextRandom() >> 16), new StandardFormat('x', 16));
                buffer[at++] = (byte)'-';
                Append(buffer, ref at, (long)(NextRandom() >> 16), new StandardFormat('x', 12));
                " read="u8.CopyTo(buffer[at..]);
                at += 6;
                Append(buffer, ref at, _made, default);
                " ch="u8.CopyTo(buffer[at..]);
                at += 4;
                Append(buffer, ref at, 1 + NextBelow(512), default);
            }
            else
            {
                // Reads come tile by tile, in rows of rising y.
                _x += 1 + NextBelow(40);
                if (_x > 32000)
                {
                    _x = 1000 + NextBelow(40);
                    _y += 1 + NextBelow(30);
                    if (_y > 49000)
                        (_y, _tile) = (1000, _tile + 1);
                    if (_tile > 1128)
                        (_tile, _lane) = (1101, (_lane % 8) + 1);
                }

                Append(buffer, ref at, _lane, default);
                buffer[at++] = (byte)':';
                Append(buffer, ref at, _tile, default);
                buffer[at++] = (byte)':';
                Append(buffer, ref at, _x, default);
                buffer[at++] = (byte)':';
                Append(buffer, ref at, _y, default);
            }

            _titleEnd.CopyTo(buffer[at..]);
            return at + _titleEnd.Length;

            static void Append(Span<byte> buffer, ref int at, long value, StandardFormat format)
            {
                Utf8Formatter.TryFormat(value, buffer[at..], out var written, format);
                at += written;
            }
        }

        private void TakeFromGenome(Span<byte> sequence)
        {
            var reverse = (NextRandom() & 1) == 0;
            for (var done = 0; done < sequence.Length;)
            {
                // A read that runs over the genome's end goes on somewhere else.
                var from = NextBelow(_genome.Length);
                var piece = _genome.AsSpan(from, Math.Min(sequence.Length - done, _genome.Length - from));
                var destination = sequence.Slice(done, piece.Length);
                if (reverse)
                {
                    for (var i = 0; i < piece.Length; i++)
                        destination[i] = Complements[piece[piece.Length - 1 - i]];
                }
                else
                {
                    piece.CopyTo(destination);
                }

                done += piece.Length;
            }
        }

        private void WriteQualities(Span<byte> qualities)
        {
            var count = _bins.Length;
            var bin = count - 1 - NextBelow(2);
            var next = _next.AsSpan();
            var bins = _bins.AsSpan();
            var stageLength = (qualities.Length + QualityStages - 1) / QualityStages;
            for (var stage = 0; stage * stageLength < qualities.Length; stage++)
            {
                var part = qualities.Slice(stage * stageLength, Math.Min(stageLength, qualities.Length - (stage * stageLength)));
                var table = next[(stage * count * 256)..];
                for (var i = 0; i < part.Length;)
                {
                    var bits = NextRandom();
                    for (var end = Math.Min(i + 8, part.Length); i < end; i++, bits >>= 8)
                    {
                        bin = table[(bin * 256) + (int)(bits & 255)];
                        part[i] = bins[bin];
                    }
                }
            }
        }

        // Mostly the best bin; a fall is followed by a fast recovery; falls grow likelier from stage to stage.
        private static byte[] MakeShortChain()
        {
            var bins = ShortBins.Length;
            var table = new byte[QualityStages * bins * 256];
            for (var stage = 0; stage < QualityStages; stage++)
            {
                for (var bin = 0; bin < bins; bin++)
                {
                    var row = table.AsSpan(((stage * bins) + bin) * 256, 256);
                    var best = bins - 1;
                    var falls = 6 + (8 * stage) + (bin < best ? 24 : 0);
                    var deepFalls = 2 + (3 * stage);
                    var stays = bin < best ? 70 - (6 * stage) : 256;
                    for (var draw = 0; draw < 256; draw++)
                    {
                        row[draw] = (byte)(draw < deepFalls ? draw % 3
                            : draw < deepFalls + falls ? Math.Max(0, bin - 1 - (draw % 2))
                            : draw < deepFalls + falls + stays ? bin
                            : Math.Min(best, bin + 1 + (draw % 3)));
                    }
                }
            }

            return table;
        }

        // A slow random walk that is drawn to the middle bins.
        private static byte[] MakeLongChain()
        {
            var bins = LongBins.Length;
            var table = new byte[QualityStages * bins * 256];
            for (var row = 0; row < QualityStages * bins; row++)
            {
                var bin = row % bins;
                var up = 96 - (4 * bin);
                for (var draw = 0; draw < 256; draw++)
                {
                    var step = 1 + ((draw >> 2) % 3);
                    table[(row * 256) + draw] = (byte)Math.Clamp(draw < up ? bin + step : draw < up + 64 ? bin : bin - step, 0, bins - 1);
                }
            }

            return table;
        }

        private static byte[] MakeComplements()
        {
            var table = new byte[256];
            (table['A'], table['C'], table['G'], table['T']) = ((byte)'T', (byte)'G', (byte)'C', (byte)'A');
            return table;
        }

        private byte[] MakeGenome(int length)
        {
            var genome = new byte[length];
            for (var i = 0; i < length; i++)
                genome[i] = "ACGT"u8[(int)(NextRandom() >> 62)];
            return genome;
        }
    }
}
