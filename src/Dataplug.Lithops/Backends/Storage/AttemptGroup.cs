using Dataplug.Lithops.Jobs;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>Attempts that one worker runs one after another: one invocation, a status each.</summary>
internal sealed class AttemptGroup
{
    /// <summary>How long a worker may take to say that it is free.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(5);

    private readonly StorageJob _context;
    private readonly IWorkerLease _lease;
    private readonly IReadOnlyList<StorageAttempt> _attempts;
    private readonly GroupMember[] _members;
    private readonly Lock _gate = new();
    private readonly bool[] _over;
    private int _current;
    private bool _broken;

    private AttemptGroup(StorageJob context, IWorkerLease lease, IReadOnlyList<StorageAttempt> attempts)
    {
        _context = context;
        _lease = lease;
        _attempts = attempts;
        _over = new bool[attempts.Count];
        _members = [.. attempts.Select(attempt => new GroupMember(this, attempt.Call))];
    }

    /// <summary>Gives attempts to a worker, and watches them to their ends.</summary>
    /// <returns>Those that another worker may run, because this one was lost before their turn.</returns>
    /// <exception cref="BackendFailedException">The backend can't run anything.</exception>
    public static Task<IReadOnlyList<StorageAttempt>> RunAsync(StorageJob context, IWorkerLease lease, IReadOnlyList<StorageAttempt> attempts, IReadOnlyList<InvocationTask> tasks) =>
        new AttemptGroup(context, lease, attempts).RunAsync(tasks);

    /// <summary>Whether there are several.</summary>
    public bool IsShared => _attempts.Count > 1;

    public IWorkerLease Lease => _lease;

    public Task<byte[]?> Told { get; private set; } = Task.FromResult<byte[]?>(null);

    /// <summary>Whether it is an attempt's turn, or was.</summary>
    public bool IsAt(GroupMember member)
    {
        lock (_gate)
            return !_broken && _current < _members.Length && _members[_current] == member;
    }

    private async Task<IReadOnlyList<StorageAttempt>> RunAsync(IReadOnlyList<InvocationTask> tasks)
    {
        // A worker that has begun already: the time of the first attempt counts from here.
        if (_lease.Begun.IsCompletedSuccessfully)
            _members[0].Begin();
        else
            _ = BeginAsync();
        var invocation = new Invocation
        {
            Storage = _context.Options.Root,
            Job = _context.Job.Id,
            Count = _context.Job.TaskCount,
            Bundle = _context.Bundle,
            Function = _context.Function,
            Tasks = tasks,
            Environment = _context.Job.Environment.Count == 0 ? null : _context.Job.Environment,
            Files = _context.Files.Count == 0 ? null : _context.Files,
            TakesStored = _context.Extended?.TakesStored == true,
            KeepsResults = _context.Extended?.KeepsResults == true,
            IsDurable = _context.IsDurable,
            Channel = _context.Options.Channel,
            Timeout = _context.Job.TaskTimeout,
            Grace = _context.Job.CancellationGrace,
            Heartbeat = _context.Options.HeartbeatInterval,
        };
        Told = _lease.InvokeAsync(invocation.Sign(_context.Options.Key), Receive);
        var ends = await Task.WhenAll(_attempts.Select((_, i) => RunAsync(i))).ConfigureAwait(false);
        var left = _attempts.Where((_, i) => ends[i] == AttemptEnd.NotBegun).ToList();

        // Nobody wants what has not even begun, or what is still left to a worker that is lost.
        if ((!_members[0].HasTurn || left.Count > 0) && !_context.IsDetached)
            _lease.Kill();

        // It has said that the last attempt is over, and is about to say that it is free.
        else if (IsShared && _lease.TellsEach)
            await Task.WhenAny(Told, Task.Delay(LastWord)).ConfigureAwait(false);
        Told.IgnoreFailure();
        return left;
    }

    private async Task BeginAsync()
    {
        await _lease.Begun.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_lease.Begun.IsCompletedSuccessfully)
            _members[0].Begin();
    }

    private async Task<AttemptEnd> RunAsync(int index)
    {
        var end = await _attempts[index].RunAsync(_members[index]).ConfigureAwait(false);
        GroupMember? next = null;
        GroupMember[] passedOver = [];
        lock (_gate)
        {
            _over[index] = true;
            if (end == AttemptEnd.WorkerLost && _members[index].HasTurn && _current == index)
            {
                _broken = true;
                passedOver = _members[(index + 1)..];
            }
            else if (end == AttemptEnd.Ended || !_members[index].HasTurn)
            {
                var before = _current;
                while (_current < _over.Length && _over[_current])
                    _current++;
                if (_current > before && _current < _members.Length && !_broken)
                    next = _members[_current];
            }
        }

        next?.Begin();
        foreach (var member in passedOver)
            member.PassOver();
        return end;
    }

    private void Receive(WorkerNotice notice)
    {
        foreach (var attempt in _attempts)
        {
            if (attempt.Call == notice.Call)
                attempt.OnNotice(notice);
        }
    }
}

/// <summary>An attempt's share of a worker.</summary>
internal sealed class GroupMember(AttemptGroup group, string call)
{
    private readonly TaskCompletionSource<bool> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Worker => group.Lease.Worker;

    /// <summary>Whether it shares the worker with others.</summary>
    public bool IsShared => group.IsShared;

    /// <summary>Whether the worker says at once when this attempt ends.</summary>
    public bool Tells => group.Lease.Tells && (!IsShared || group.Lease.TellsEach);

    /// <summary>What the worker says of the whole invocation.</summary>
    public Task<byte[]?> Told => group.Told;

    /// <summary>Whether the worker has said that it is done with the whole invocation.</summary>
    public bool HasAnswered => group.Told.IsCompleted && group.Lease.Tells;

    /// <summary>Done when the attempt has begun, or when it is known that it won't.</summary>
    public Task Turn => _turn.Task;

    public bool HasTurn => _turn.Task is { IsCompletedSuccessfully: true, Result: true };

    public bool IsPassedOver => _turn.Task is { IsCompletedSuccessfully: true, Result: false };

    public void Begin() => _turn.TrySetResult(true);

    public void PassOver() => _turn.TrySetResult(false);

    /// <summary>Tells the worker to stop this attempt, and no other.</summary>
    public ValueTask<bool> CancelAsync() => !IsShared || group.IsAt(this) ? group.Lease.CancelAsync(call) : ValueTask.FromResult(false);

    /// <summary>Lets go of the worker.</summary>
    public void Detach() => group.Lease.Detach();

    /// <summary>Ends the worker, if it is at this attempt.</summary>
    public void Kill()
    {
        if (!IsShared || group.IsAt(this))
            group.Lease.Kill();
    }
}
