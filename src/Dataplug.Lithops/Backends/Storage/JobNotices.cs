using System.Collections.Concurrent;
using System.Text;
using Dataplug.Lithops.Protocol;
using StackExchange.Redis;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>The client's end of a job's channel: passes what workers tell on to the attempts, and tells workers to stop.</summary>
internal sealed class JobNotices : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Action<WorkerNotice>> _receivers = new(StringComparer.Ordinal);
    private readonly JobChannel _channel;
    private readonly MessageKey _key;
    private readonly string _job;
    private IAsyncDisposable? _subscription;

    private JobNotices(JobChannel channel, MessageKey key, string job)
    {
        _channel = channel;
        _key = key;
        _job = job;
    }

    /// <exception cref="BackendFailedException">The channel can't be reached.</exception>
    public static async Task<JobNotices> OpenAsync(string address, MessageKey key, string job)
    {
        try
        {
            var notices = new JobNotices(await JobChannel.OpenAsync(address).ConfigureAwait(false), key, job);
            notices._subscription = await notices._channel.ListenAsync(JobChannel.NoticesOf(job), notices.Receive).ConfigureAwait(false);
            return notices;
        }
        catch (RedisException exception)
        {
            throw new BackendFailedException(address, "the channel of notices can't be reached: " + exception.Message, "Start the server, or leave the channel away: then storage is asked.", null, exception);
        }
    }

    /// <summary>Passes on what is told of an attempt, until the registration is disposed.</summary>
    public IDisposable Register(string call, Action<WorkerNotice> receiver)
    {
        _receivers[call] = receiver;
        return new Registration(this, call);
    }

    /// <summary>Tells whichever worker has the attempt to stop it.</summary>
    public void Cancel(string call) => _channel.Tell(JobChannel.CancelsOf(_job), _key.Sign(MessageKey.CancelPurpose, Encoding.UTF8.GetBytes(call)));

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not null)
            await _subscription.DisposeAsync().ConfigureAwait(false);
    }

    private void Receive(byte[] message)
    {
        try
        {
            var notice = ProtocolJson.Read(_key.Verify(MessageKey.NoticePurpose, message).Span, ProtocolJson.Default.WorkerNotice, "notice");
            if (_receivers.TryGetValue(notice.Call, out var receiver))
                receiver(notice);
        }
        catch (PayloadRefusedException)
        {
            // Somebody else's: whoever may write to the channel may shout, and is not heard.
        }
    }

    private sealed class Registration(JobNotices notices, string call) : IDisposable
    {
        public void Dispose() => notices._receivers.TryRemove(call, out _);
    }
}
