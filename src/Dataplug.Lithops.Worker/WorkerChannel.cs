using System.Text;
using System.Text.Json;
using Dataplug.Lithops.Protocol;
using StackExchange.Redis;

namespace Dataplug.Lithops.Worker;

/// <summary>The worker's end of a job's channel: tells the client what happens, and hears what to stop.</summary>
internal sealed class WorkerChannel : IAsyncDisposable
{
    private readonly JobChannel _channel;
    private readonly MessageKey _key;
    private readonly string _job;
    private readonly IAsyncDisposable _subscription;

    private WorkerChannel(JobChannel channel, MessageKey key, string job, IAsyncDisposable subscription)
    {
        _channel = channel;
        _key = key;
        _job = job;
        _subscription = subscription;
    }

    /// <summary>Opens the channel of an invocation.</summary>
    /// <returns>Null when there is none, or when it can't be reached: storage has all that matters.</returns>
    public static async Task<WorkerChannel?> TryOpenAsync(Invocation invocation, MessageKey key, CallStops stops)
    {
        if (invocation.Channel is not { } address)
            return null;
        try
        {
            var channel = await JobChannel.OpenAsync(address).ConfigureAwait(false);
            var subscription = await channel.ListenAsync(JobChannel.CancelsOf(invocation.Job), message => Hear(message, key, stops)).ConfigureAwait(false);
            return new WorkerChannel(channel, key, invocation.Job, subscription);
        }
        catch (Exception exception) when (exception is RedisException or FormatException)
        {
            return null;
        }
    }

    public void Tell(WorkerNotice notice) =>
        _channel.Tell(JobChannel.NoticesOf(_job), _key.Sign(MessageKey.NoticePurpose, JsonSerializer.SerializeToUtf8Bytes(notice, ProtocolJson.Default.WorkerNotice)));

    public ValueTask DisposeAsync() => _subscription.DisposeAsync();

    private static void Hear(byte[] message, MessageKey key, CallStops stops)
    {
        try
        {
            stops.Stop(Encoding.UTF8.GetString(key.Verify(MessageKey.CancelPurpose, message).Span));
        }
        catch (PayloadRefusedException)
        {
            // Not from the client.
        }
    }
}
