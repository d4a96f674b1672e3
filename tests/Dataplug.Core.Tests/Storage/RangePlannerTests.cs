using Dataplug.Storage;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Storage;

public sealed class RangePlannerTests
{
    /// <summary>Ranges near each other, far apart, empty, repeated, and beyond what 32 bits hold.</summary>
    public static Arbitrary<ByteRange[]> Ranges()
    {
        var near = from offset in Gen.Choose(0, 3000) from length in Gen.Choose(0, 400) select new ByteRange(offset, length);
        var far = from offset in Gen.Choose(0, 2000) from length in Gen.Choose(0, 100) select new ByteRange(offset * 5_000_000_000L, length);
        return Gen.Frequency((5, near), (1, far)).ArrayOf().Where(ranges => ranges.Length <= 60).ToArbitrary();
    }

    public static Arbitrary<ReadManyOptions> Options() => (
        from gap in Gen.Choose(0, 200)
        from part in Gen.Choose(1, 500)
        from run in Gen.Choose(1, 2000)
        select new ReadManyOptions { MaxGap = gap, PartSize = part, MaxRunSize = run }).ToArbitrary();

    [Property(Arbitrary = [typeof(RangePlannerTests)])]
    public void Every_wanted_byte_is_where_the_plan_says(ByteRange[] ranges, ReadManyOptions options)
    {
        var plan = RangePlanner.Plan(ranges, options);
        Assert.Equal(ranges.Length, plan.Locations.Count);
        for (var i = 0; i < ranges.Length; i++)
        {
            var location = plan.Locations[i];
            if (ranges[i].Length == 0)
            {
                Assert.Equal(RangeLocation.Nowhere, location);
                continue;
            }

            var run = plan.Runs[location.Run].Range;
            Assert.Equal(ranges[i].Offset, run.Offset + location.Offset);
            Assert.True(run.Contains(ranges[i]));
        }
    }

    [Property(Arbitrary = [typeof(RangePlannerTests)])]
    public void Requests_tile_their_run_and_are_no_larger_than_allowed(ByteRange[] ranges, ReadManyOptions options)
    {
        foreach (var run in RangePlanner.Plan(ranges, options).Runs)
        {
            var at = run.Range.Offset;
            foreach (var request in run.Requests)
            {
                Assert.Equal(at, request.Offset);
                Assert.InRange(request.Length, 1, options.PartSize);
                at = request.End;
            }

            Assert.Equal(run.Range.End, at);
            Assert.True(run.Requests.Max(request => request.Length) - run.Requests.Min(request => request.Length) <= 1);
            Assert.Equal((run.Range.Length + options.PartSize - 1) / options.PartSize, run.Requests.Count);
        }
    }

    [Property(Arbitrary = [typeof(RangePlannerTests)])]
    public void Runs_are_in_order_and_merged_as_a_naive_reader_would(ByteRange[] ranges, ReadManyOptions options)
    {
        // Without a bound on runs: mark what is wanted, fill gaps that are small enough, and read off the runs.
        options = options with { MaxRunSize = long.MaxValue };
        var expected = new List<(long Start, long End)>();
        foreach (var range in ranges.Where(range => range.Length > 0).OrderBy(range => range.Offset))
        {
            if (expected.Count > 0 && range.Offset - expected[^1].End <= options.MaxGap)
                expected[^1] = (expected[^1].Start, Math.Max(expected[^1].End, range.End));
            else
                expected.Add((range.Offset, range.End));
        }

        Assert.Equal(expected, RangePlanner.Plan(ranges, options).Runs.Select(run => (run.Range.Offset, run.Range.End)));
    }

    [Property(Arbitrary = [typeof(RangePlannerTests)])]
    public void Runs_are_bounded_and_begin_and_end_with_wanted_bytes(ByteRange[] ranges, ReadManyOptions options)
    {
        foreach (var run in RangePlanner.Plan(ranges, options).Runs)
        {
            Assert.Contains(ranges, range => range.Length > 0 && range.Offset == run.Range.Offset);
            Assert.Contains(ranges, range => range.Length > 0 && range.End == run.Range.End);
            Assert.True(run.Range.Length <= options.MaxRunSize || ranges.Contains(run.Range), $"{run.Range} is larger than allowed");
        }
    }

    [Property(Arbitrary = [typeof(RangePlannerTests)])]
    public void Waves_hold_every_range_once_in_order_and_are_bounded(ByteRange[] ranges, PositiveInt maxBytes)
    {
        ArgumentNullException.ThrowIfNull(maxBytes);
        var next = 0;
        foreach (var wave in RangePlanner.Waves(ranges, maxBytes.Get))
        {
            Assert.Equal(next, wave.Start.Value);
            Assert.True(wave.End.Value > next);
            next = wave.End.Value;
            var bytes = ranges[wave].Sum(range => range.Length);
            Assert.True(bytes <= maxBytes.Get || wave.End.Value - wave.Start.Value == 1);
        }

        Assert.Equal(ranges.Length, next);
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(50, 50, 1)]
    [InlineData(51, 50, 2)]
    public void Neighbours_are_merged_up_to_the_gap_and_not_beyond(int gap, int maxGap, int runs) =>
        Assert.Equal(runs, RangePlanner.Plan([new ByteRange(0, 10), new ByteRange(10 + gap, 5)], new ReadManyOptions { MaxGap = maxGap }).Runs.Count);

    [Fact]
    public void Ranges_at_the_far_end_of_63_bits_do_not_overflow()
    {
        var far = new ByteRange(long.MaxValue - 10, 10);
        var plan = RangePlanner.Plan([far, new ByteRange(0, 1), far], new ReadManyOptions { MaxGap = long.MaxValue, MaxRunSize = 100 });
        Assert.Equal(2, plan.Runs.Count);
        Assert.Equal([1, 0, 1], plan.Locations.Select(location => location.Run));
        Assert.Equal(11, plan.TotalBytes);
    }

    [Fact]
    public void Plans_refuse_options_without_sense()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RangePlanner.Plan([], new ReadManyOptions { PartSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => RangePlanner.Plan([], new ReadManyOptions { MaxGap = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => RangePlanner.Waves([], 0));
    }
}
