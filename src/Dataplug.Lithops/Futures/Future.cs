using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Futures;

namespace Dataplug.Lithops;

/// <summary>A task of a job, seen from outside: where it stands and, in <see cref="Future{TResult}"/>, its result.</summary>
public abstract class Future
{
    // Written under the ledger's gate; the state last, so that who sees the task ended sees all of it without the gate.
    private volatile FutureState _state;

    private protected Future(FutureLedger ledger, int index)
    {
        Ledger = ledger;
        Index = index;
    }

    /// <summary>The id of the job that the task belongs to.</summary>
    public string JobId => Ledger.JobId;

    /// <summary>The name of the job that the task belongs to.</summary>
    public string JobName => Ledger.JobName;

    /// <summary>The task's place in its job, from 0.</summary>
    public int Index { get; }

    /// <summary>Where the task stands.</summary>
    public FutureState State => _state;

    /// <summary>Whether the task has ended: with a result, a failure or cancelled.</summary>
    public bool IsDone => _state >= FutureState.Succeeded;

    /// <summary>How much of the running attempt is done, from 0 to 1, as its function reports; 1 when the task has succeeded.</summary>
    public double Progress => _state == FutureState.Succeeded ? 1 : Volatile.Read(ref Data.Fraction);

    /// <summary>Why the task failed; null when it did not.</summary>
    public DataplugException? Exception => _state == FutureState.Failed ? Data.Failure : null;

    /// <summary>When the task did what, and where.</summary>
    public TaskStatistics Statistics => Ledger.StatisticsOf(this);

    internal FutureLedger Ledger { get; }

    /// <summary>The attempt under way, for whoever runs the job.</summary>
    internal object? Attempt { get; set; }

    internal bool CancelRequested { get; set; }

    // One object per task, and many of them: plain fields in place of properties and objects.
    internal ref Record Data => ref _data;

    private Record _data;

    /// <summary>
    /// Cancels the task: a queued one never starts; a running one is told by its token, and ends as cancelled when its function
    /// returns, or after <see cref="ExecutorOptions.CancellationGrace"/> when it does not.
    /// </summary>
    /// <returns>False when the task had ended already.</returns>
    public bool Cancel() => Ledger.Control.Cancel(this);

    /// <summary>Waits until the task has ended, however. Does not throw for its failure.</summary>
    /// <param name="cancellationToken">Ends the wait, and leaves the task alone.</param>
    public Task WhenSettledAsync(CancellationToken cancellationToken = default) =>
        TaskContext.WaitLendingSlotAsync(Ledger.WhenSettled(this).WaitAsync(cancellationToken), Ledger.Control.Owner);

    /// <summary>The same with a limit.</summary>
    /// <exception cref="TimeoutException">It has not ended within the time.</exception>
    internal Task WhenSettledAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        TaskContext.WaitLendingSlotAsync(Ledger.WhenSettled(this).WaitAsync(timeout, Ledger.Time, cancellationToken), Ledger.Control.Owner);

    internal void SetState(FutureState state) => _state = state;

    internal readonly record struct EarlierAttempt(long StartedAt, long DurationTicks, string? Worker);

    internal struct Record
    {
        public DataplugException? Failure;
        public TaskCompletionSource? Waiter;
        public string? Worker;
        public long QueuedAt;
        public long StartedAt;
        public long EndedAt;
        public long DurationTicks;
        public long TotalDurationTicks;
        public AttemptReport? Report;
        public double Fraction;
        public List<EarlierAttempt>? Earlier;

        /// <summary>The other attempt while two run, or the one that lost while it hasn't stopped; null else.</summary>
        public SecondRun? Second;
        public int Attempts;

        /// <summary>How many attempts run: 0, 1 or 2.</summary>
        public byte Runs;
        public bool Abandoned;

        /// <summary>An attempt has succeeded: what comes from another one counts for nothing.</summary>
        public bool IsWon;
    }

    /// <summary>An attempt that runs beside that of the <see cref="Record"/>.</summary>
    internal sealed class SecondRun
    {
        public required int Attempt { get; init; }

        public required long StartedAt { get; set; }

        public required string? Worker { get; set; }

        /// <summary>What it reports of itself, from 0 to 1.</summary>
        public double Fraction { get; set; }

        /// <summary>What the attempt of the record reports.</summary>
        public double OtherFraction { get; set; }
    }
}
