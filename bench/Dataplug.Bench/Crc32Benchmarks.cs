using BenchmarkDotNet.Attributes;
using Dataplug.Compression;

namespace Dataplug.Bench;

/// <summary>CRC-32 of a piece of output that lies in the second-level cache, as the scan computes it.</summary>
[Config(typeof(ThroughputConfig))]
[BytesPerOperation(Length)]
public class Crc32Benchmarks
{
    private const int Length = 128 << 10;

    private readonly byte[] _data = SyntheticReads.Fastq(Length);

    [Benchmark(Baseline = true)]
    public uint SystemIOHashing() => System.IO.Hashing.Crc32.HashToUInt32(_data);

    [Benchmark]
    public uint SharpZipLib()
    {
        var crc = new ICSharpCode.SharpZipLib.Checksum.Crc32();
        crc.Update(_data);
        return (uint)crc.Value;
    }

    [Benchmark]
    public uint Folded() => Crc32.Append(0, _data);

    [Benchmark]
    public uint SlicedByEight() => Crc32.Slice8(0, _data);
}
