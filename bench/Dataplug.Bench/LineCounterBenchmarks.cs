using BenchmarkDotNet.Attributes;
using Dataplug.Compression;

namespace Dataplug.Bench;

/// <summary>Counting lines in a piece of output that lies in the second-level cache, as the scan's visitors do.</summary>
[Config(typeof(ThroughputConfig))]
[BytesPerOperation(Length)]
public class LineCounterBenchmarks
{
    private const int Length = 128 << 10;

    private readonly byte[] _data = SyntheticReads.Fastq(Length);

    [Benchmark(Baseline = true)]
    public int ByteByByte()
    {
        var count = 0;
        foreach (var value in _data)
        {
            if (value == (byte)'\n')
                count++;
        }
        return count;
    }

    [Benchmark]
    public int LineCounterCount() => LineCounter.Count(_data);
}
