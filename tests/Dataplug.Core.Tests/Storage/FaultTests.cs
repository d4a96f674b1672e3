using Dataplug.Conformance.Servers;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Storage;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.
/// <summary>A real S3 server behind a proxy that misbehaves.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private static readonly RetryOptions Quick = new() { MaxAttempts = 8, BaseDelay = TimeSpan.FromMilliseconds(1), IdleTimeout = TimeSpan.FromSeconds(1) };

    private FaultProxy _proxy = null!;
    private S3Server _server = null!;
    private ObjectUri _bucket = null!;
    private S3Store _raw = null!;
    private ResilientStore _store = null!;
    private S3Store _direct = null!;

    public async Task InitializeAsync()
    {
        _server = await S3Server.GetAsync();
        _bucket = await _server.NewBucketAsync();
        _proxy = new FaultProxy(_server.Endpoint);
        _raw = new S3Store(_server.Options with { EndpointUrl = _proxy.Endpoint });
        _store = new ResilientStore(_raw, Quick);
        _direct = new S3Store(_server.Options);
    }

    public async Task DisposeAsync()
    {
        if (_store is null)
            return;
        await _store.DisposeAsync();
        await _direct.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Theory]
    [InlineData(FaultKind.RefuseRequest, 0)]
    [InlineData(FaultKind.Reset, -1)]
    [InlineData(FaultKind.Reset, 0)]
    [InlineData(FaultKind.Reset, 70_000)]
    [InlineData(FaultKind.ShortBody, 0)]
    [InlineData(FaultKind.ShortBody, 99_999)]
    [InlineData(FaultKind.Stall, -1)]
    [InlineData(FaultKind.Stall, 50_000)]
    [InlineData(FaultKind.Status, 0)]
    public async Task A_read_survives_each_fault_and_goes_on_where_it_was(FaultKind kind, int afterBytes)
    {
        var (pinned, content) = await SeedAsync(300_000);
        var fault = new Fault(kind) { AfterBytes = afterBytes, RetryAfter = "0" };
        _proxy.Enqueue(fault, fault);
        Assert.Equal(content, await pinned.ReadAsync(new ByteRange(0, content.Length)));
        Assert.Equal(2, _proxy.FaultCount);

        var gets = _proxy.Requests.Where(request => request.Method == "GET").ToList();
        Assert.Equal(3, gets.Count);
        Assert.All(gets, request => Assert.Contains($"If-Match: {pinned.ETag}", request.Head, StringComparison.OrdinalIgnoreCase));
        if (afterBytes > 0)
        {
            // At most what a buffer holds is asked for twice.
            Assert.DoesNotContain("bytes=0-", gets[2].Head, StringComparison.OrdinalIgnoreCase);
            Assert.InRange(_proxy.BytesToClient, content.Length, content.Length + (4 * 70_000));
        }

        Assert.Equal(2, _store.Statistics.Retries);
    }

    [Theory]
    [InlineData(FaultKind.Reset, 5)]
    [InlineData(FaultKind.ShortBody, 5)]
    public async Task Without_retries_a_broken_body_is_an_error_and_not_an_end(FaultKind kind, int afterBytes)
    {
        await SeedAsync(100_000);
        _proxy.Enqueue(new Fault(kind) { AfterBytes = afterBytes });
        await using var read = await _raw.OpenReadAsync(Key("object"), new ReadRequest(ReadRange.All));
        var failure = await Assert.ThrowsAsync<StorageException>(() => read.Content.CopyToAsync(Stream.Null));
        Assert.True(failure.IsTransient);
        Assert.NotNull(failure.ByteOffset);
    }

    [Fact]
    public async Task Of_two_hundred_reads_with_one_in_ten_faulty_every_one_is_right()
    {
        var (pinned, content) = await SeedAsync(2_000_000);
        _proxy.Script = Fault.Randomly(seed: 42, share: 0.1, maxBytes: 6000);
        var random = new Random(7);
        var ranges = Enumerable.Range(0, 250).Select(_ => new ByteRange(random.Next(content.Length - 10_000), random.Next(1, 10_000))).ToList();
        await Parallel.ForEachAsync(ranges, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (range, stop) =>
            Assert.Equal(content.AsSpan((int)range.Offset, (int)range.Length).ToArray(), await pinned.ReadAsync(range, stop)));
        Assert.InRange(_proxy.FaultCount, 10, 60);
    }

    [Fact]
    public async Task Long_streams_survive_random_faults()
    {
        var (pinned, content) = await SeedAsync(8_000_000);
        _proxy.Script = Fault.Randomly(seed: 43, share: 0.3, maxBytes: 900_000);
        foreach (var options in new[] { null, new ReadAheadOptions { PartSize = 500_000, Parallelism = 4 } })
        {
            await using var stream = pinned.OpenRead(new ByteRange(0, content.Length), options);
            var got = new MemoryStream();
            await stream.CopyToAsync(got);
            Assert.Equal(content, got.ToArray());
        }

        var answers = await pinned.ReadManyAsync([.. Enumerable.Range(0, 100).Select(i => new ByteRange(i * 70_000, 50_000))], new ReadManyOptions { MaxGap = 0 });
        for (var i = 0; i < answers.Count; i++)
            Assert.True(answers[i].Span.SequenceEqual(content.AsSpan(i * 70_000, 50_000)));
        Assert.True(_proxy.FaultCount > 5);
    }

    [Fact]
    public async Task Writing_listing_and_deleting_survive_random_faults()
    {
        _proxy.Script = Fault.Randomly(seed: 44, share: 0.15, maxBytes: 2000);
        await Parallel.ForAsync(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, stop) =>
            await _store.PutAsync(Key($"many/{i:00}"), new byte[i], i % 2 == 0 ? PutOptions.CreateOnly : PutOptions.Overwrite, stop));
        var content = new byte[23 << 20];
        new Random(1).NextBytes(content);
        await _store.UploadAsync(Key("large"), new MemoryStream(content), PutOptions.CreateOnly, new UploadOptions { PartSize = 5 << 20, Parallelism = 3 });
        await _store.CopyAsync(Key("many/07"), Key("copy"), PutOptions.CreateOnly);

        var listed = new List<ObjectInfo>();
        await foreach (var info in _store.ListAsync(Key("many/")))
            listed.Add(info);
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"many/{i:00}"), listed.Select(info => info.Uri.Key));
        Assert.Equal(Enumerable.Range(0, 60).Select(i => (long)i), listed.Select(info => info.Size));
        Assert.Equal(7, (await _direct.HeadAsync(Key("copy"))).Size);
        Assert.Equal(content, await new PinnedObject(_store, await _store.HeadAsync(Key("large"))).ReadAsync(new ByteRange(0, content.Length)));
        await _store.DeleteAsync([.. listed.Select(info => info.Uri)]);
        Assert.True(_proxy.FaultCount > 5);
        _proxy.Script = _ => null;
        var left = new List<string>();
        await foreach (var info in _store.ListAsync(Key("")))
            left.Add(info.Uri.Key);
        Assert.Equal(["copy", "large"], left);
    }

    [Fact]
    public async Task Attempts_are_bounded_and_the_last_failure_is_told()
    {
        var (pinned, _) = await SeedAsync(1000);
        _proxy.Script = _ => new Fault(FaultKind.Status) { StatusCode = 503 };
        var before = _proxy.RequestCount;
        var failure = await Assert.ThrowsAsync<StorageException>(() => pinned.ReadAsync(new ByteRange(0, 10)));
        Assert.Equal(Quick.MaxAttempts, _proxy.RequestCount - before);
        Assert.Equal(503, failure.StatusCode);
        Assert.Contains("given up after 8 attempts", failure.Message, StringComparison.Ordinal);
        Assert.Contains("object", failure.ObjectName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_breaks_off_again_and_again_without_progress_ends_in_an_error()
    {
        var (pinned, _) = await SeedAsync(1_000_000);
        _proxy.Script = _ => new Fault(FaultKind.ShortBody) { AfterBytes = 10 };
        var failure = await Assert.ThrowsAsync<StorageException>(() => pinned.ReadAsync(new ByteRange(0, 1_000_000)));
        Assert.Contains("given up", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(400)]
    [InlineData(404)]
    public async Task What_will_not_pass_is_not_repeated(int status)
    {
        var (pinned, _) = await SeedAsync(1000);
        _proxy.Script = _ => new Fault(FaultKind.Status) { StatusCode = status };
        var before = _proxy.RequestCount;
        await Assert.ThrowsAnyAsync<DataplugException>(() => pinned.ReadAsync(new ByteRange(0, 10)));
        Assert.Equal(1, _proxy.RequestCount - before);
    }

    [Fact]
    public async Task An_object_replaced_between_a_break_and_the_resumption_is_stale()
    {
        var (pinned, _) = await SeedAsync(300_000);
        _proxy.Script = request =>
        {
            if (request.Method != "GET")
                return null;
            if (_proxy.FaultCount == 0)
                return new Fault(FaultKind.ShortBody) { AfterBytes = 1000 };
            _direct.PutAsync(Key("object"), new byte[300_000], PutOptions.Overwrite).GetAwaiter().GetResult();
            return null;
        };

        // Also without a pin of the caller's own: the first answer's ETag is held on to.
        await using var read = await _store.OpenReadAsync(Key("object"), new ReadRequest(ReadRange.All));
        await Assert.ThrowsAsync<StaleIndexException>(() => read.Content.CopyToAsync(Stream.Null));
        Assert.NotEqual(pinned.ETag, (await _direct.HeadAsync(Key("object"))).ETag);
    }

    [Theory]
    [InlineData(FaultKind.Stall, 1000)]
    [InlineData(FaultKind.Stall, -1)]
    public async Task Cancellation_ends_a_stalled_read_at_once(FaultKind kind, int afterBytes)
    {
        var (info, content) = await SeedAsync(300_000);
        _proxy.Script = _ => new Fault(kind) { AfterBytes = afterBytes };
        await using var patient = new ResilientStore(new S3Store(_server.Options with { EndpointUrl = _proxy.Endpoint }), Quick with { IdleTimeout = TimeSpan.FromMinutes(10) });
        var pinned = new PinnedObject(patient, info.Info);
        foreach (var options in new[] { null, new ReadAheadOptions { PartSize = 50_000 } })
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            var stream = pinned.OpenRead(new ByteRange(0, content.Length), options);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadExactlyAsync(new byte[content.Length], stop.Token).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
            await stream.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public async Task A_creation_whose_answer_is_lost_is_not_taken_for_another_s()
    {
        _proxy.Enqueue(new Fault(FaultKind.Reset) { AfterBytes = -1 });
        var info = await _store.PutAsync(Key("lock"), "mine"u8.ToArray(), new PutOptions { IfAbsent = true, UserMetadata = new Dictionary<string, string> { ["a"] = "b" } });
        Assert.Equal(1, _proxy.FaultCount);
        Assert.Equal("a", Assert.Single(info.UserMetadata).Key);
        Assert.Equal("a", Assert.Single((await _store.HeadAsync(Key("lock"))).UserMetadata).Key);
        await Assert.ThrowsAsync<PreconditionFailedException>(() => _store.PutAsync(Key("lock"), "mine"u8.ToArray(), PutOptions.CreateOnly));
    }

    [Fact]
    public async Task A_creation_that_another_wins_meanwhile_is_refused_even_with_the_same_content()
    {
        _proxy.Script = request =>
        {
            if (request.Method != "PUT" || _proxy.FaultCount > 0)
                return null;
            _direct.PutAsync(Key("lock"), "same"u8.ToArray(), PutOptions.CreateOnly).GetAwaiter().GetResult();
            return new Fault(FaultKind.RefuseRequest);
        };
        await Assert.ThrowsAsync<PreconditionFailedException>(() => _store.PutAsync(Key("lock"), "same"u8.ToArray(), PutOptions.CreateOnly));
    }

    [Fact]
    public async Task A_replacement_whose_answer_is_lost_succeeds_once()
    {
        var first = await _store.PutAsync(Key("state"), "one"u8.ToArray(), PutOptions.Overwrite);

        // The server's habit with tags is found out before, so that the fault hits the write itself.
        var second = await _store.PutAsync(Key("state"), "two"u8.ToArray(), new PutOptions { IfMatch = first.ETag });
        _proxy.Enqueue(new Fault(FaultKind.Reset) { AfterBytes = -1 });
        var third = await _store.PutAsync(Key("state"), "three"u8.ToArray(), new PutOptions { IfMatch = second.ETag });
        Assert.Equal(1, _proxy.FaultCount);
        Assert.Equal(third.ETag, (await _direct.HeadAsync(Key("state"))).ETag);
    }

    [Fact]
    public async Task A_completion_whose_answer_is_lost_succeeds()
    {
        var content = new byte[6 << 20];
        new Random(3).NextBytes(content);
        _proxy.Script = request => request.Method == "POST" && request.Target.Contains("uploadId=", StringComparison.Ordinal) && _proxy.FaultCount == 0
            ? new Fault(FaultKind.Reset) { AfterBytes = -1 } : null;
        var info = await _store.UploadAsync(Key("large"), new MemoryStream(content), PutOptions.CreateOnly, new UploadOptions { PartSize = 5 << 20 });
        Assert.Equal(1, _proxy.FaultCount);
        Assert.Equal(content.Length, info.Size);
        Assert.Empty((await _store.HeadAsync(Key("large"))).UserMetadata);
        Assert.Equal(content, await new PinnedObject(_direct, await _direct.HeadAsync(Key("large"))).ReadAsync(new ByteRange(0, content.Length)));
    }

    [Fact]
    public async Task Disposing_a_stream_read_ahead_stops_its_requests()
    {
        var (pinned, content) = await SeedAsync(3_000_000);
        _proxy.Script = request => request.Method == "GET" ? new Fault(FaultKind.Latency) { Delay = TimeSpan.FromMilliseconds(50) } : null;
        var before = _proxy.RequestCount;
        var stream = pinned.OpenRead(new ByteRange(0, content.Length), new ReadAheadOptions { PartSize = 100_000, Parallelism = 3 });
        await stream.ReadExactlyAsync(new byte[150_000]);
        await stream.DisposeAsync();
        var after = _proxy.RequestCount - before;

        // One part read, the second begun, three more in flight at most.
        Assert.InRange(after, 2, 4);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadExactlyAsync(new byte[1]).AsTask());
        Assert.Equal(after, _proxy.RequestCount - before);
    }

    [Fact]
    public async Task Requests_and_bytes_are_counted_for_whoever_measures()
    {
        var (pinned, _) = await SeedAsync(500_000);
        using var outer = StoreMetrics.Measure();
        await pinned.ReadAsync(new ByteRange(0, 1000));
        using (var inner = StoreMetrics.Measure())
        {
            _proxy.Enqueue(new Fault(FaultKind.Status) { RetryAfter = "0" });
            await pinned.ReadManyAsync([new ByteRange(0, 100), new ByteRange(400_000, 50)], new ReadManyOptions { MaxGap = 1000 });
            Assert.Equal(3, inner.Statistics.Reads);
            Assert.Equal(150, inner.Statistics.BytesRead);
            Assert.Equal(1, inner.Statistics.Retries);
            Assert.Equal(1, inner.Statistics.Failures);
        }

        await _store.PutAsync(Key("new"), new byte[77], PutOptions.Overwrite);
        Assert.Equal(4, outer.Statistics.Reads);
        Assert.Equal(5, outer.Statistics.Requests);
        Assert.Equal(1150, outer.Statistics.BytesRead);
        Assert.Equal(77, outer.Statistics.BytesWritten);
        Assert.True(outer.Statistics.RequestTime > TimeSpan.Zero);
    }

    private ObjectUri Key(string key) => _bucket.WithKey(key);

    private async Task<(PinnedObject Pinned, byte[] Content)> SeedAsync(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        await _direct.PutAsync(Key("object"), content, PutOptions.Overwrite);
        return (new PinnedObject(_store, await _direct.HeadAsync(Key("object"))), content);
    }
}
