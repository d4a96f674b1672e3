using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Conformance.GZip;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Fuzz;

/// <summary>The hand-made part of the corpus: edge cases, named. <c>--write-seeds</c> writes them; what fuzzing found lies beside them.</summary>
internal static class CorpusSeeds
{
    private static readonly byte[] Nothing = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>A small FASTQ member with several access points.</summary>
    public static byte[] Fastq()
    {
        var random = new Random(5);
        var text = new StringBuilder();
        // Few different reads: 120 KB of output in a few.
        var reads = Enumerable.Range(0, 12).Select(_ => string.Concat(Enumerable.Range(0, 60).Select(_ => "ACGT"[random.Next(4)]))).ToArray();
        for (var i = 0; i < 900; i++)
            text.Append("@r").Append(i % 50).Append('\n').Append(reads[random.Next(reads.Length)]).Append("\n+\n").Append('F', 60).Append('\n');
        return Member(Flushed(Encoding.ASCII.GetBytes(text.ToString()), CompressionLevel.SmallestSize, 9000));
    }

    /// <summary>Writes all seeds into a folder.</summary>
    public static void Write(string folder)
    {
        foreach (var (kind, name, content) in All())
        {
            var path = Directory.CreateDirectory(Path.Combine(folder, Corpus.FolderName(kind))).FullName;
            File.WriteAllBytes(Path.Combine(path, name), content);
        }
    }

    private static byte[] Member(byte[] deflate) => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, .. deflate, .. DeflateBlocks.Of(deflate).Trailer];

    private static IEnumerable<(InputKind Kind, string Name, byte[] Content)> All()
    {
        foreach (var (name, deflate) in DeflateData())
        {
            yield return (InputKind.Deflate, name, deflate);
            if (DeflateBlocks.Of(deflate) is { Length: > 0 } && deflate.Length < 3000)
                yield return (InputKind.Gzip, name + ".gz", Member(deflate));
        }
        foreach (var (name, gzip) in GzipData())
            yield return (InputKind.Gzip, name + ".gz", gzip);
        foreach (var (name, gzip) in BlocksData())
            yield return (InputKind.Blocks, name + ".gz", gzip);
        foreach (var (name, window) in ((string, byte[])[])[("empty", []), ("one", [7]), ("text", "the window of an access point, the window"u8.ToArray()), ("zeros-32768", new byte[32768]), ("random-300", RandomBytes(300)), ("sparse", Sparse())])
            yield return (InputKind.Window, name, WindowCodec.Encode(window));
        yield return (InputKind.Window, "claims-65536", [255, 255, .. WindowCodec.Encode([1])[2..]]);
        yield return (InputKind.Window, "claims-2", [1, 0, .. WindowCodec.Encode([1])[2..]]);
        foreach (var (i, state) in States().Index())
            yield return (InputKind.State, $"state-{i}", state);
        yield return (InputKind.Column, "empty", [0, 0]);
        yield return (InputKind.Column, "rising", [5, 0, 2, 4, 4, 0x80, 1, 1]);
        yield return (InputKind.Column, "extremes", [2, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1]);
        yield return (InputKind.Column, "not-the-shortest-form", [1, 0, 0x80, 0]);
        yield return (InputKind.Column, "too-long-a-number", [1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2]);
        yield return (InputKind.Sidecar, "plain", SidecarAsync(hasSections: true).GetAwaiter().GetResult());
        yield return (InputKind.Sidecar, "no-sections", SidecarAsync(hasSections: false).GetAwaiter().GetResult());
    }

    private static IEnumerable<(string, byte[])> DeflateData()
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 60).Select(i => $"@read{i % 7} ACGTTTGACA{(i * i) % 13}\n+\nFFFF:F,F#{i % 3}\n")));
        foreach (var kind in Enum.GetValues<DeflateKind>())
            yield return ("kind-" + kind.ToString().ToLowerInvariant(), DeflateSamples.Compress(text, kind, new Random((int)kind)));
        yield return ("fixed-empty", [3, 0]);
        yield return ("stored-empty", [1, 0, 0, 255, 255]);
        yield return ("stored-complement-wrong", [1, 1, 0, 255, 255, 65]);
        yield return ("stored-65535", DeflateSamples.Compress(new byte[65535], DeflateKind.Fixed, new Random(1)));
        yield return ("reserved-type", [7]);
        yield return ("empty", []);
        yield return ("no-last-block", [0, 0, 0, 255, 255]);
        yield return ("fixed-symbol-286", Write(writer => { writer.Bits(1, 1); writer.Bits(1, 2); writer.Bits(0b01100011, 8); writer.Bits(0, 16); }));
        yield return ("fixed-distance-30", Write(writer => { writer.Bits(1, 1); writer.Bits(1, 2); writer.Bits(0b00001100, 8); writer.Bits(0b1000000, 7); writer.Bits(0b01111, 5); writer.Bits(0, 20); }));
        yield return ("distance-too-far-by-one", Write(writer => writer.Fixed([Token.Literal(65), Token.Match(3, 2)], isLast: true)));
        yield return ("distance-32768", Write(writer =>
        {
            writer.Fixed([Token.Literal(65), .. Enumerable.Repeat(Token.Match(258, 1), 128), Token.Match(258, 32768), Token.Match(3, 32768)], isLast: true);
        }));
        yield return ("length-258-as-284", Write(writer =>
        {
            var lengths = new int[285];
            lengths[65] = lengths[256] = 2;
            lengths[284] = 1;
            writer.Dynamic([Token.Literal(65), Token.Match(258, 1)], isLast: true, lengths, [1], new Random(1), longest258: true);
        }));
        yield return ("only-end-of-block", Write(writer =>
        {
            var lengths = new int[257];
            lengths[256] = 1;
            writer.Dynamic([], isLast: true, lengths, [0], new Random(1));
        }));
        yield return ("no-end-of-block", Write(writer =>
        {
            var lengths = new int[257];
            lengths[65] = lengths[66] = 1;
            writer.DynamicHeader(isLast: true, lengths, [1], new Random(1));
        }));
        yield return ("oversubscribed", Write(writer =>
        {
            var lengths = new int[257];
            lengths[65] = lengths[66] = lengths[256] = 1;
            writer.DynamicHeader(isLast: true, lengths, [1], new Random(1));
        }));
        yield return ("incomplete", Write(writer =>
        {
            var lengths = new int[257];
            lengths[65] = lengths[66] = lengths[256] = 2;
            writer.DynamicHeader(isLast: true, lengths, [1], new Random(1));
        }));
        yield return ("incomplete-distances", Write(writer =>
        {
            var lengths = new int[258];
            lengths[65] = 1;
            lengths[256] = lengths[257] = 2;
            writer.DynamicHeader(isLast: true, lengths, [2, 2], new Random(1));
        }));
        yield return ("match-without-distance-code", Write(writer =>
        {
            var lengths = new int[258];
            lengths[65] = 1;
            lengths[256] = lengths[257] = 2;
            writer.DynamicHeader(isLast: true, lengths, [0], new Random(1));
            // Symbols 65, 257: codewords 0, 11.
            writer.Bits(0b110, 3);
            writer.Bits(0, 40);
        }));
        yield return ("single-distance-code-unused-half", Write(writer =>
        {
            var lengths = new int[258];
            lengths[65] = 1;
            lengths[256] = lengths[257] = 2;
            writer.DynamicHeader(isLast: true, lengths, [1], new Random(1));
            writer.Bits(0b110, 3);
            writer.Bits(1, 1);
            writer.Bits(0, 40);
        }));
        yield return ("too-many-length-codes", Write(writer => { writer.Bits(5, 3); writer.Bits(30, 5); writer.Bits(0, 30); }));
        yield return ("too-many-distance-codes", Write(writer => { writer.Bits(5, 3); writer.Bits(0, 5); writer.Bits(30, 5); writer.Bits(0, 30); }));
        for (var seed = 0; seed < 6; seed++)
            yield return ($"random-{seed}", DeflateSamples.HandMade(new Random(seed * 7 + 1), 900).Deflate);
        yield return ("zlib-text", System6(text));
        yield return ("zlib-text-flushed", Flushed(text, CompressionLevel.Fastest, 200));
    }

    private static IEnumerable<(string, byte[])> GzipData()
    {
        var hello = Member(System6("hello, hello, hello"u8.ToArray()));
        yield return ("fastq-access-points", Fastq());
        yield return ("two-members", [.. hello, .. hello]);
        yield return ("empty-members", [.. Empty(), .. hello, .. Empty(), .. Empty()]);
        yield return ("zero-padding", [.. hello, .. new byte[37]]);
        yield return ("zero-padding-then-member", [.. hello, 0, 0, .. hello]);
        yield return ("garbage-after", [.. hello, 1, 2, 3]);
        yield return ("compress-after", [.. hello, 0x1F, 0x9D, 0x90, 1, 2, 3]);
        yield return ("magic-after", [.. hello, 0x1F]);
        yield return ("half-header-after", [.. hello, 0x1F, 0x8B, 8]);
        yield return ("wrong-crc", [.. hello[..^8], 1, 2, 3, 4, .. hello[^4..]]);
        yield return ("wrong-length", [.. hello[..^4], 1, 2, 3, 4]);
        yield return ("all-header-fields", [0x1F, 0x8B, 8, 0x1D, 1, 2, 3, 4, 2, 3, 5, 0, 1, 2, 3, 4, 5, (byte)'n', 0, (byte)'c', 0, .. hello[10..]]);
        yield return ("header-crc", WithHeaderCrc([0x1F, 0x8B, 8, 2, 0, 0, 0, 0, 0, 3], hello[10..]));
        yield return ("header-crc-wrong", [0x1F, 0x8B, 8, 2, 0, 0, 0, 0, 0, 3, 9, 9, .. hello[10..]]);
        yield return ("reserved-flag", [0x1F, 0x8B, 8, 0x20, 0, 0, 0, 0, 0, 3, .. hello[10..]]);
        yield return ("method-7", [0x1F, 0x8B, 7, 0, 0, 0, 0, 0, 0, 3, .. hello[10..]]);
        yield return ("bgzf", GZipSamples.Compress(Encoding.ASCII.GetBytes("a small BGZF file\n"), GZipLayout.Bgzf));
        // 300 bytes that unfold to a slide of the buffer and several windows.
        yield return ("run-of-zeros", Member(System6(new byte[260_000])));
        yield return ("deep-windows", Member(Write(writer =>
        {
            var random = new Random(3);
            var tokens = Enumerable.Range(0, 300).Select(_ => Token.Literal((byte)random.Next(256))).ToList();
            writer.Fixed(tokens, isLast: false);
            var length = 300;
            for (var block = 0; block < 12; block++)
            {
                tokens.Clear();
                for (var i = 0; i < 60; i++)
                {
                    tokens.Add(Token.Match(258, random.Next(3) == 0 ? Math.Min(length, 32768) : random.Next(1, Math.Min(length, 32768) + 1)));
                    length += 258;
                }
                writer.Fixed(tokens, isLast: block == 11);
            }
        })));
    }

    private static IEnumerable<(string, byte[])> BlocksData()
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1200).Select(i => $"@read{i % 7} ACGTTTGACA{(i * i) % 101}\n+\nFFFF:F,F#{i % 13}\n")));
        var flushed = Member(Flushed(text, CompressionLevel.Optimal, 900));
        yield return ("flushed", flushed);
        yield return ("fastq-twice", [.. Fastq(), .. Fastq()]);
        foreach (var kind in (DeflateKind[])[DeflateKind.Dynamic, DeflateKind.EmptyBlocks, DeflateKind.FullFlush, DeflateKind.LongCodes])
            yield return ("kind-" + kind.ToString().ToLowerInvariant(), Member(DeflateSamples.Compress(text.AsSpan(0, 9000), kind, new Random((int)kind))));
        // Starts of blocks and of a member that are none, once with their end missing.
        yield return ("gzip-in-stored", Member(Write(writer =>
        {
            writer.Stored(flushed, isLast: false);
            writer.Stored(flushed.AsSpan(0, flushed.Length / 2), isLast: false);
            writer.Fixed([Token.Literal(10), Token.Match(258, flushed.Length), Token.Match(258, 1)], isLast: true);
        })));
        // What the window before is needed for to the end, over more than it holds.
        yield return ("markers-for-ever", Member(Write(writer =>
        {
            var random = new Random(4);
            var lengths = new int[286];
            lengths.AsSpan(0, 256).Fill(9);
            lengths[256] = lengths[285] = 2;
            var distances = new int[30];
            distances[29] = 1;
            writer.Dynamic([.. Enumerable.Range(0, 300).Select(_ => Token.Literal((byte)random.Next(256)))], isLast: false, lengths, distances, random);
            writer.Fixed([.. Enumerable.Range(0, 128).Select(_ => Token.Match(258, 258))], isLast: false);
            for (var block = 0; block < 9; block++)
                writer.Dynamic([.. Enumerable.Repeat(Token.Match(258, 32768), 40)], isLast: block == 8, lengths, distances, random);
        })));
        // A member that begins less than a window before what the next chunks know.
        yield return ("members", [.. flushed, .. Empty(), .. Member(Flushed(text.AsSpan(0, 3000).ToArray(), CompressionLevel.Fastest, 300)), .. Member(System6(text)), .. new byte[20]]);
    }

    private static byte[] Empty() => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, .. Nothing];

    private static byte[] WithHeaderCrc(byte[] header, byte[] rest)
    {
        var crc = System.IO.Hashing.Crc32.HashToUInt32(header);
        return [.. header, (byte)crc, (byte)(crc >> 8), .. rest];
    }

    private static byte[] Write(Action<DeflateWriter> write)
    {
        var writer = new DeflateWriter();
        write(writer);
        return writer.ToArray();
    }

    private static byte[] System6(byte[] content)
    {
        var output = new MemoryStream();
        using (var deflate = new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(content);
        return output.ToArray();
    }

    private static byte[] Flushed(byte[] content, CompressionLevel level, int every)
    {
        var output = new MemoryStream();
        using (var deflate = new DeflateStream(output, level, leaveOpen: true))
        {
            foreach (var part in content.Chunk(every))
            {
                deflate.Write(part);
                deflate.Flush();
            }
        }
        return output.ToArray();
    }

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(9).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Sparse()
    {
        var window = new byte[32768];
        for (var i = 0; i < 40; i++)
            window[i * 797] = (byte)(i + 1);
        return window;
    }

    private static List<byte[]> States()
    {
        var collector = new StateCollector();
        GzipScanner.ScanAsync(new MemoryStream([.. Fastq(), .. Empty()]), collector, new GzipScanOptions { MarkSpacing = 1, AccessPointSpacing = 40_000 }).GetAwaiter().GetResult();
        return [.. collector.States.Take(3), collector.States[^1]];
    }

    private static async Task<byte[]> SidecarAsync(bool hasSections)
    {
        var file = new MemoryStream();
        var header = new SidecarHeader("toy", 1, new SourceIdentity(ObjectUri.Parse("s3://b/k"), "\"e\"", 5), "{}");
        await using (var writer = new SidecarWriter(file, header))
        {
            if (hasSections)
            {
                writer.SetAttributes(JsonDocument.Parse("""{"reads":3}""").RootElement);
                await writer.WriteColumnAsync("offsets", new long[] { 0, 100, 250, 90, long.MaxValue });
                await writer.WriteBlobAsync("windows", "first window"u8.ToArray());
                await writer.WriteBlobAsync("windows", "third"u8.ToArray());
                await writer.WriteSectionAsync("note", "a note"u8.ToArray());
            }
            await writer.CompleteAsync();
        }
        return file.ToArray();
    }

    private sealed class StateCollector : IGzipVisitor
    {
        public List<byte[]> States { get; } = [];

        public void OnOutput(ReadOnlySpan<byte> output)
        {
        }

        public void OnMark(in InflateMark mark)
        {
        }

        public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state) => States.Add(state.ToBytes());

        public void OnMember(GzipMember member)
        {
        }
    }
}
