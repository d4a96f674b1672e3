using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Conformance.GZip;

/// <summary>A streaming run in memory that can be killed right after a checkpoint, and taken up again.</summary>
public sealed class InterruptibleRun(PinnedObject source) : IStreamingRun
{
    private readonly List<ReadOnlyMemory<byte>> _partials = [];
    private int _killAfter = int.MaxValue;

    public PinnedObject Source { get; } = source;

    public int Workers { get; init; } = 1;

    public ReadOnlyMemory<byte>? ResumeState { get; private set; }

    public IReadOnlyList<ReadOnlyMemory<byte>> Partials => _partials;

    public long BytesDone { get; private set; }

    public Task CheckpointAsync(ReadOnlyMemory<byte> partialResult, ReadOnlyMemory<byte> resumeState, CancellationToken cancellationToken)
    {
        _partials.Add(partialResult.ToArray());
        ResumeState = resumeState.ToArray();
        return --_killAfter == 0 && resumeState.Length > 0 ? throw new KilledException() : Task.CompletedTask;
    }

    public void ReportProgress(long bytesDone) => BytesDone = bytesDone;

    /// <summary>Runs to the end; where asked, killed after every so many checkpoints and begun anew each time.</summary>
    /// <returns>The number of kills.</returns>
    public async Task<int> RunToEndAsync(Func<IPreprocessor> create, int killAfter = int.MaxValue)
    {
        for (var kills = 0; ; kills++)
        {
            _killAfter = killAfter;
            try
            {
                await ((IStreamingPreprocessor)create()).RunAsync(this, CancellationToken.None);
                return kills;
            }
            catch (KilledException)
            {
                // Begin again from the checkpoint, as after a real kill: with a new preprocessor.
            }
        }
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadPartialsAsync()
    {
        foreach (var partial in _partials)
        {
            await Task.Yield();
            yield return partial;
        }
    }

    private sealed class KilledException : Exception;
}
