using Dataplug.Storage;

namespace Dataplug.Core.Tests.Storage;

public sealed class PrefetchStreamTests
{
    [Fact]
    public async Task The_answer_is_read_on_while_its_reader_works_but_not_without_bound()
    {
        var source = new CountingStream(length: 8 << 20);
        await using var stream = new PrefetchStream(source);
        Assert.Equal(0, source.Given);

        var first = new byte[1];
        Assert.Equal(1, await stream.ReadAsync(first));
        await source.WaitForAsync(PrefetchStream.Ahead);
        await Task.Delay(50);
        Assert.InRange(source.Given, PrefetchStream.Ahead, PrefetchStream.Ahead + (256 << 10));

        var rest = new MemoryStream();
        await stream.CopyToAsync(rest);
        Assert.True(CountingStream.Content(8 << 20).AsSpan().SequenceEqual((byte[])[.. first, .. rest.ToArray()]));
    }

    [Fact]
    public async Task A_failure_comes_after_the_bytes_before_it_and_every_time()
    {
        await using var stream = new PrefetchStream(new CountingStream(length: 300_000, failAtEnd: true));
        var bytes = new byte[300_000];
        await stream.ReadExactlyAsync(bytes);
        Assert.Equal(CountingStream.Content(300_000), bytes);
        await Assert.ThrowsAsync<StorageException>(() => ReadAsync(stream));
        await Assert.ThrowsAsync<StorageException>(() => ReadAsync(stream));
    }

    [Fact]
    public async Task Disposal_ends_a_read_that_hangs_and_closes_the_answer()
    {
        var source = new CountingStream(length: 10, hangAtEnd: true);
        var stream = new PrefetchStream(source);
        Assert.Equal(10, await stream.ReadAsync(new byte[100]));
        using var impatient = new CancellationTokenSource(20);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(stream, impatient.Token));

        await stream.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(source.IsDisposed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadAsync(stream));
    }

    private static Task<int> ReadAsync(Stream stream, CancellationToken cancellationToken = default) => stream.ReadAsync(new byte[100], cancellationToken).AsTask();

    private sealed class CountingStream(int length, bool failAtEnd = false, bool hangAtEnd = false) : ForwardStream
    {
        private int _given;

        public int Given => Volatile.Read(ref _given);

        public bool IsDisposed { get; private set; }

        public static byte[] Content(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];

        public async Task WaitForAsync(int bytes)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (Given < bytes)
                await Task.Delay(5, limit.Token);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var count = Math.Min(Math.Min(buffer.Length, 10_007), length - _given);
            if (count == 0 && failAtEnd)
                throw new StorageException("x", "the connection was lost");
            if (count == 0 && hangAtEnd)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            for (var i = 0; i < count; i++)
                buffer.Span[i] = (byte)((_given + i) * 7);
            Volatile.Write(ref _given, _given + count);
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
