namespace Dataplug.Preprocessing;

/// <summary>How an object is preprocessed.</summary>
public sealed record PreprocessOptions
{
    /// <summary>Index again even where there is a good index.</summary>
    public bool Force { get; init; }

    /// <summary>Threads at work at once on this machine; 0 for as many as there are cores. The index does not depend on it.</summary>
    public int Workers { get; init; }

    /// <summary>Runs the chunks elsewhere; null for this machine.</summary>
    public IChunkExecutor? Executor { get; init; }

    /// <summary>Takes progress reports, a few a second.</summary>
    public IProgress<PreprocessProgress>? Progress { get; init; }

    /// <summary>Takes the place of the format's own preprocessor.</summary>
    public IPreprocessor? Preprocessor { get; init; }
}

/// <summary>How far a preprocessing run is.</summary>
/// <param name="BytesDone">Bytes of the object done, those of an earlier, interrupted run included.</param>
/// <param name="BytesTotal">The object's size in bytes.</param>
/// <param name="BytesPerSecond">The rate of this run over the last seconds; 0 at first.</param>
/// <param name="Elapsed">Since this run began.</param>
/// <param name="Remaining">Estimated time to the end; null while there is no rate.</param>
/// <param name="ResumedFrom">The bytes that an earlier run had done.</param>
public sealed record PreprocessProgress(long BytesDone, long BytesTotal, double BytesPerSecond, TimeSpan Elapsed, TimeSpan? Remaining, long ResumedFrom);
