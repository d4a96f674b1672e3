using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using Dataplug.Compression;
using Dataplug.Conformance.Generators;
using Dataplug.Conformance.GZip;

namespace Dataplug.Bench;

/// <summary>What is decompressed.</summary>
public enum InflateKind
{
    /// <summary>Reads, zlib's level 1.</summary>
    Fastq1,

    /// <summary>Reads, level 6.</summary>
    Fastq6,

    /// <summary>Reads, level 9.</summary>
    Fastq9,

    /// <summary>Variants of 120 samples, level 6.</summary>
    Vcf,

    /// <summary>Base64 in lines, level 6: nearly all literals.</summary>
    Base64,

    /// <summary>Reads in stored blocks.</summary>
    Stored,

    /// <summary>Reads in blocks of the fixed code.</summary>
    Fixed,

    /// <summary>Reads in small blocks, level 6 with a flush every 8 KiB: the time goes into tables.</summary>
    SmallBlocks,
}

/// <summary>The decoding loop by kind of data, beside .NET's.</summary>
[Config(typeof(ThroughputConfig))]
[MemoryDiagnoser]
[BytesPerOperation(Length)]
public class InflateKindBenchmarks
{
    private const int Length = 16 << 20;

    private readonly byte[] _buffer = new byte[128 << 10];
    private byte[] _gzip = [];

    /// <summary>What is decompressed.</summary>
    [ParamsAllValues]
    public InflateKind Kind { get; set; }

    [GlobalSetup]
    public async Task CompressAsync()
    {
        var plain = Kind switch
        {
            InflateKind.Vcf => await FirstAsync(stream => new VcfGenerator().WriteAsync(stream, Length / 1000)),
            InflateKind.Base64 => await FirstAsync(stream => new Base64Generator().WriteAsync(stream, Length / 77 + 1)),
            _ => SyntheticReads.Fastq(Length),
        };
        var deflate = Kind switch
        {
            InflateKind.Stored => DeflateSamples.Compress(plain, DeflateKind.Stored, new Random(1)),
            InflateKind.Fixed => ByZlib(plain, 6, ZLibCompressionStrategy.Fixed, Length),
            InflateKind.Fastq1 => ByZlib(plain, 1, ZLibCompressionStrategy.Default, Length),
            InflateKind.Fastq9 => ByZlib(plain, 9, ZLibCompressionStrategy.Default, Length),
            InflateKind.SmallBlocks => ByZlib(plain, 6, ZLibCompressionStrategy.Default, 8 << 10),
            _ => ByZlib(plain, 6, ZLibCompressionStrategy.Default, Length),
        };
        _gzip = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, .. deflate, .. BitConverter.GetBytes(System.IO.Hashing.Crc32.HashToUInt32(plain)), .. BitConverter.GetBytes(plain.Length)];
    }

    [Benchmark(Baseline = true)]
    public long SystemGZipStream() => Drain(new GZipStream(new MemoryStream(_gzip), CompressionMode.Decompress));

    [Benchmark]
    public long InflateStream() => Drain(new InflateStream(new MemoryStream(_gzip), new InflateReadOptions()));

    private static byte[] ByZlib(byte[] plain, int level, ZLibCompressionStrategy strategy, int flushEvery)
    {
        using var output = new MemoryStream();
        using (var deflate = new DeflateStream(output, new ZLibCompressionOptions { CompressionLevel = level, CompressionStrategy = strategy }, leaveOpen: true))
        {
            foreach (var part in plain.Chunk(flushEvery))
            {
                deflate.Write(part);
                if (part.Length < plain.Length)
                    deflate.Flush();
            }
        }
        return output.ToArray();
    }

    private static async Task<byte[]> FirstAsync(Func<Stream, Task> write)
    {
        using var text = new MemoryStream();
        await write(text);
        return text.Length >= Length ? text.GetBuffer()[..Length] : throw new InvalidOperationException($"{text.Length} bytes were made instead of {Length}.");
    }

    private long Drain(Stream stream)
    {
        using (stream)
        {
            long length = 0;
            for (int read; (read = stream.Read(_buffer)) > 0;)
                length += read;
            return length == Length ? length : throw new InvalidOperationException($"{length} bytes instead of {Length}.");
        }
    }
}
