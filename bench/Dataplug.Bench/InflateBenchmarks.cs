using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using Dataplug.Compression;
using ICSharpCode.SharpZipLib.GZip;

namespace Dataplug.Bench;

/// <summary>Decompressing reads: our decoder as a stream and as an indexing scan, beside .NET's and SharpZipLib's.</summary>
[Config(typeof(ThroughputConfig))]
[MemoryDiagnoser]
[BytesPerOperation(Length)]
public class InflateBenchmarks
{
    private const int Length = 32 << 20;

    private readonly byte[] _buffer = new byte[128 << 10];
    private byte[] _gzip = [];

    [GlobalSetup]
    public void Compress()
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
            gzip.Write(SyntheticReads.Fastq(Length));
        _gzip = output.ToArray();
    }

    [Benchmark(Baseline = true)]
    public long SystemGZipStream() => Drain(new GZipStream(new MemoryStream(_gzip), CompressionMode.Decompress));

    [Benchmark]
    public long SharpZipLib() => Drain(new GZipInputStream(new MemoryStream(_gzip)));

    [Benchmark]
    public long InflateStream() => Drain(new InflateStream(new MemoryStream(_gzip), new InflateReadOptions()));

    /// <summary>With CRC-32, marks, access points and sparse windows, packed, and line count.</summary>
    [Benchmark]
    public async Task<long> ScanWithIndex()
    {
        var visitor = new IndexingVisitor();
        await GzipScanner.ScanAsync(new MemoryStream(_gzip), visitor, new GzipScanOptions());
        return visitor.Lines.Lines + visitor.WindowBytes;
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

    private sealed class IndexingVisitor : IGzipVisitor
    {
        public LineCounter Lines;

        public long WindowBytes { get; private set; }

        public void OnOutput(ReadOnlySpan<byte> output) => Lines.Add(output);

        public void OnMark(in InflateMark mark)
        {
        }

        public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state) => WindowBytes += WindowCodec.Encode(window).Length;

        public void OnMember(GzipMember member)
        {
        }
    }
}
