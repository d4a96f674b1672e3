using Dataplug.Storage;
using FsCheck;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Storage;

public sealed class RetryTests
{
    [Property]
    public void Waits_lie_between_zero_and_a_bound_that_doubles(PositiveInt repetition, int seed)
    {
        ArgumentNullException.ThrowIfNull(repetition);
        var options = new RetryOptions { BaseDelay = TimeSpan.FromMilliseconds(100), MaxDelay = TimeSpan.FromSeconds(5), Random = new Random(seed) };
        var bound = Math.Min(5000, 100 * Math.Pow(2, repetition.Get - 1));
        Assert.InRange(new RetryState(options).DelayBefore(repetition.Get, null).TotalMilliseconds, 0, bound);
    }

    [Fact]
    public void Waits_are_spread_over_the_whole_of_it()
    {
        var state = new RetryState(new RetryOptions { BaseDelay = TimeSpan.FromSeconds(1), Random = new Random(1) });
        var waits = Enumerable.Range(0, 1000).Select(_ => state.DelayBefore(1, null).TotalSeconds).ToList();
        Assert.InRange(waits.Min(), 0, 0.05);
        Assert.InRange(waits.Max(), 0.95, 1);
        Assert.InRange(waits.Average(), 0.45, 0.55);
    }

    [Fact]
    public async Task What_the_server_asks_for_is_waited()
    {
        var time = new RecordingTime();
        var store = new ResilientStore(new FailingStore(2, TimeSpan.FromSeconds(7)), new RetryOptions { BaseDelay = TimeSpan.FromMilliseconds(10), Time = time });
        await store.HeadAsync(ObjectUri.Parse("fail://x/y"));
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)], time.Waits);
    }

    [Fact]
    public async Task A_wait_beyond_the_limit_is_not_begun()
    {
        var time = new RecordingTime();
        var store = new ResilientStore(new FailingStore(2, TimeSpan.FromHours(1)), new RetryOptions { Time = time });
        var failure = await Assert.ThrowsAsync<StorageException>(() => store.HeadAsync(ObjectUri.Parse("fail://x/y")));
        Assert.Contains("3600 s", failure.Message, StringComparison.Ordinal);
        Assert.Empty(time.Waits);
    }

    [Fact]
    public async Task Without_retries_the_failure_comes_as_it_is()
    {
        var store = new ResilientStore(new FailingStore(1, null), RetryOptions.None);
        var failure = await Assert.ThrowsAsync<StorageException>(() => store.HeadAsync(ObjectUri.Parse("fail://x/y")));
        Assert.DoesNotContain("given up", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listing_that_can_not_be_resumed_begins_again_and_repeats_nothing()
    {
        var store = new ResilientStore(new FailingStore(0, null) { ListBreaks = 3 }, new RetryOptions { BaseDelay = TimeSpan.Zero });
        var keys = new List<string>();
        await foreach (var info in store.ListAsync(ObjectUri.Parse("fail://x/")))
            keys.Add(info.Uri.Key);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"k{i}"), keys);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("0", 0)]
    [InlineData(null, null)]
    [InlineData("soon", null)]
    [InlineData("-5", null)]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT", null)]
    public void Retry_After_is_read(string? text, int? seconds) =>
        Assert.Equal(seconds, HttpFaults.ParseRetryAfter(text)?.TotalSeconds);

    [Fact]
    public void Retry_After_may_be_a_date() =>
        Assert.InRange(HttpFaults.ParseRetryAfter(DateTimeOffset.UtcNow.AddHours(1).ToString("r"))!.Value.TotalMinutes, 50, 60);

    [Theory]
    [InlineData(1, 8 << 20, null, 8 << 20)]
    [InlineData(1000, 8 << 20, null, 8 << 20)]
    [InlineData(1001, 8 << 20, null, 16 << 20)]
    [InlineData(9999, 8 << 20, null, 512 << 20)]
    [InlineData(9999, 1 << 30, null, 1 << 30)]
    [InlineData(1, 8 << 20, 100L, 8 << 20)]
    [InlineData(1, 8 << 20, 5L << 40, 549755814)]
    public void Parts_grow_so_that_ten_thousand_hold_the_object(int number, int wanted, long? length, int expected) =>
        Assert.Equal(expected, ObjectUpload.PartSize(number, wanted, length));

    [Property]
    public void Metadata_survives_as_ASCII(NonNull<string> value)
    {
        var text = new string([.. value.Get.Where(c => !char.IsSurrogate(c))]);
        var encoded = MetadataText.Encode(text);
        Assert.All(encoded, c => Assert.InRange(c, ' ', '~'));
        Assert.Equal(text, MetadataText.Decode(encoded));
    }

    [Theory]
    [InlineData("=?UTF-8?Q?caf=C3=A9_noir?=", "café noir")]
    [InlineData("=?utf-8?b?w6k=?=", "é")]
    [InlineData("=?UTF-8?B?!!?=", "=?UTF-8?B?!!?=")]
    [InlineData("plain", "plain")]
    public void Metadata_that_others_encoded_is_read(string value, string expected) => Assert.Equal(expected, MetadataText.Decode(value));

    /// <summary>A clock that notes waits down and lets them pass at once.</summary>
    private sealed class RecordingTime : TimeProvider
    {
        public List<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    private sealed class FailingStore(int failures, TimeSpan? retryAfter) : IObjectStore
    {
        private int _left = failures;

        public int ListBreaks { get; set; }

        public StoreCapabilities Capabilities => StoreCapabilities.Remote;

        public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) => _left-- > 0
            ? throw new StorageException(uri.Display, "busy", isTransient: true, statusCode: 503, retryAfter: retryAfter)
            : Task.FromResult(new ObjectInfo { Uri = uri, Size = 1, ETag = "\"x\"" });

        public async IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < 10; i++)
            {
                await Task.Yield();
                if (i == 4 + ListBreaks && ListBreaks-- > 0)
                    throw new StorageException(prefix.Display, "lost", isTransient: true);
                yield return new ObjectInfo { Uri = prefix.WithKey($"k{i}"), Size = i, ETag = "\"x\"" };
            }
        }

        public Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}
