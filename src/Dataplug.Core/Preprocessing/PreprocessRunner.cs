using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Preprocessing;

/// <summary>
/// Turns one object into its sidecar: decides what is still to be done, keeps what is done, and lets no second run in.
/// </summary>
internal sealed class PreprocessRunner
{
    private readonly DataFormat _format;
    private readonly ObjectUri _uri;
    private readonly CloudObjectOptions _options;
    private readonly PreprocessOptions _run;
    private readonly DataplugHome _home;
    private readonly SourceName _name;
    private readonly SidecarPlace _place;
    private readonly string _hash;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public PreprocessRunner(DataFormat format, ObjectUri uri, CloudObjectOptions options, PreprocessOptions run)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(run.Workers, nameof(run));
        _format = format;
        _uri = uri;
        _options = options;
        _run = run;
        _home = DataplugHome.Of(options.Metadata);
        _name = SourceName.Of(uri);
        _place = SidecarPlace.Of(_name, format.Id, options.Metadata);
        _hash = _name.HashWith(format.Id);
    }

    private string RunPath => Path.Combine(_home.RunsPath, _hash);

    public async Task<PreprocessReport> RunAsync(CancellationToken cancellationToken)
    {
        if (!_run.Force && await LookAsync(cancellationToken).ConfigureAwait(false) is { Good: { } good })
            return good;

        using var held = RunLock.Acquire(_home, _hash, _uri.Display);

        // Another run may have finished between the first look and the lock.
        var (finished, current) = await LookAsync(cancellationToken).ConfigureAwait(false);
        if (finished is not null && !_run.Force)
            return finished;
        return await IndexAsync(new PinnedObject(_options.Stores.Get(_uri), current), cancellationToken).ConfigureAwait(false);
    }

    private async Task<(PreprocessReport? Good, ObjectInfo Current)> LookAsync(CancellationToken cancellationToken)
    {
        var current = _options.Stores.Get(_uri).HeadAsync(_uri, cancellationToken);
        try
        {
            var found = await IndexFinder.FindAsync(_format, _uri, _options, current, cancellationToken).ConfigureAwait(false);
            return found.Match == IndexMatch.Current
                ? (Report(PreprocessOutcome.AlreadyIndexed, found.Current, found.Reader!.Info.Size, 0), found.Current)
                : (null, found.Current);
        }
        catch (CorruptIndexException)
        {
            // A damaged index is as good as none: it is made anew.
            return (null, await current.ConfigureAwait(false));
        }
    }

    private async Task<PreprocessReport> IndexAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        var preprocessor = _format.CreatePreprocessor();
        var folder = RunFolder.Open(RunPath, Fingerprint(source, preprocessor));
        try
        {
            var (count, progress, resumedFrom) = preprocessor switch
            {
                IChunkedPreprocessor chunked => await MapAsync(chunked, source, folder, cancellationToken).ConfigureAwait(false),
                IStreamingPreprocessor streaming => await StreamAsync(streaming, source, folder, cancellationToken).ConfigureAwait(false),
                _ => throw new InvalidOperationException($"The preprocessor of format '{_format.Id}' is neither streaming nor chunked."),
            };
            var temporary = await MergeAsync(preprocessor, folder, count, source, cancellationToken).ConfigureAwait(false);
            try
            {
                await RequireUnchangedAsync(source, cancellationToken).ConfigureAwait(false);
                var size = await PublishAsync(temporary, cancellationToken).ConfigureAwait(false);
                folder.Delete();
                progress.Finish();
                return Report(PreprocessOutcome.Indexed, source.Info, size, resumedFrom);
            }
            finally
            {
                File.Delete(temporary);
            }
        }
        catch (Exception e) when (e is StaleIndexException or CorruptObjectException or UnsupportedFormatException)
        {
            // What was done is of no use to any later run.
            folder.Delete();
            throw;
        }
    }

    private async Task<(int Count, ProgressTracker Progress, long ResumedFrom)> MapAsync(
        IChunkedPreprocessor preprocessor, PinnedObject source, RunFolder folder, CancellationToken cancellationToken)
    {
        var chunks = preprocessor.PlanChunks(source.Size);
        var identity = SourceIdentity.Of(source.Info);
        var done = new bool[chunks.Count];
        var tasks = new List<ChunkTask>();
        long resumedFrom = 0;
        for (var i = 0; i < chunks.Count; i++)
        {
            if (chunks[i].End > source.Size)
                throw new InvalidOperationException($"Chunk {i} of format '{_format.Id}', {chunks[i]}, runs over the end of the object's {source.Size} bytes.");
            done[i] = folder.HasPartial(i);
            if (done[i])
                resumedFrom += chunks[i].Length;
            else
                tasks.Add(new ChunkTask(_format.Id, _format.Parameters, identity, chunks[i], i, chunks.Count));
        }

        var progress = new ProgressTracker(source.Size, resumedFrom, _run.Progress);
        if (tasks.Count > 0)
        {
            var executor = _run.Executor ?? new LocalChunkExecutor(_format, _options.Stores, _run.Workers);
            var completed = resumedFrom;
            await executor.RunAsync(tasks, (task, partial) =>
            {
                folder.WritePartial(task.Index, partial.Span);
                lock (done)
                {
                    // An executor may deliver twice what it tried twice.
                    if (!done[task.Index])
                    {
                        done[task.Index] = true;
                        completed += task.Range.Length;
                    }
                }

                progress.AdvanceTo(Interlocked.Read(ref completed));
                return ValueTask.CompletedTask;
            }, new Deltas(progress), cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (Array.IndexOf(done, false) is var missing and >= 0)
                throw new StorageException(_uri.Display, $"the executor ended without the result of chunk {missing} of {chunks.Count}", "Preprocess again; only what is missing is done.");
        }

        return (chunks.Count, progress, resumedFrom);
    }

    private async Task<(int Count, ProgressTracker Progress, long ResumedFrom)> StreamAsync(
        IStreamingPreprocessor preprocessor, PinnedObject source, RunFolder folder, CancellationToken cancellationToken)
    {
        var state = folder.ReadState();
        var resumedFrom = Math.Clamp(state?.BytesDone ?? 0, 0, source.Size);
        var progress = new ProgressTracker(source.Size, resumedFrom, _run.Progress);
        var run = new StreamingRun(source, folder, state, progress);
        if (state is not { IsComplete: true })
        {
            await preprocessor.RunAsync(run, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            run.Complete();
        }

        return (run.Partials, progress, resumedFrom);
    }

    private async Task<string> MergeAsync(IPreprocessor preprocessor, RunFolder folder, int count, PinnedObject source, CancellationToken cancellationToken)
    {
        var path = Path.Combine(DataplugHome.Ensure(_home.TemporaryPath), _hash + ".dpi");
        try
        {
            var file = DataplugHome.Guard(path, () => new HomeFileStream(path));
            await using (file.ConfigureAwait(false))
            {
                var header = new SidecarHeader(_format.Id, _format.IndexVersion, SourceIdentity.Of(source.Info), _format.Parameters);
                var writer = new SidecarWriter(file, header);
                await using (writer.ConfigureAwait(false))
                {
                    await preprocessor.MergeAsync(PartialsAsync(folder, count, cancellationToken), source, writer, cancellationToken).ConfigureAwait(false);
                    await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
                }

                file.FlushToDisk();
            }

            return path;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> PartialsAsync(RunFolder folder, int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return folder.ReadPartial(i);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    private async Task RequireUnchangedAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        var now = await _options.Stores.Get(_uri).HeadAsync(_uri, cancellationToken).ConfigureAwait(false);
        if (now.ETag != source.ETag || now.Size != source.Size)
            throw new StaleIndexException(_uri.Display, $"the object changed while it was preprocessed: ETag {source.ETag} became {now.ETag}", "Preprocess it again once it is written.");
    }

    private async Task<long> PublishAsync(string temporary, CancellationToken cancellationToken)
    {
        var size = new FileInfo(temporary).Length;
        if (_place.IsShared)
        {
            await SidecarUpload.RunAsync(_options.Stores, temporary, _place.Uri, cancellationToken).ConfigureAwait(false);
            return size;
        }

        DataplugHome.Ensure(_home.IndexesPath);
        DataplugHome.Guard(_place.Uri.Key, () =>
        {
            File.Move(temporary, _place.Uri.Key, overwrite: true);
            return true;
        });
        return size;
    }

    private PreprocessReport Report(PreprocessOutcome outcome, ObjectInfo info, long size, long resumedFrom) =>
        new(outcome, SourceIdentity.Of(info), _format.Id, _place.Uri, size, _watch.Elapsed, resumedFrom);

    // The build of the plugin is part of it: the layout of partial results is the plugin's own and may change with any edit.
    private string Fingerprint(PinnedObject source, IPreprocessor preprocessor) => JsonSerializer.Serialize(
        new RunFingerprint(
            _format.Id,
            _format.IndexVersion,
            _format.Parameters,
            preprocessor.GetType().FullName ?? "",
            preprocessor.GetType().Module.ModuleVersionId,
            _name.Text,
            source.ETag,
            source.Size),
        RunJson.Default.RunFingerprint);

    private sealed class Deltas(ProgressTracker progress) : IProgress<long>
    {
        public void Report(long value) => progress.Add(value);
    }

    private sealed class StreamingRun(PinnedObject source, RunFolder folder, StreamingState? state, ProgressTracker progress) : IStreamingRun
    {
        private bool _isComplete;

        public int Partials { get; private set; } = state?.Partials ?? 0;

        public PinnedObject Source => source;

        public ReadOnlyMemory<byte>? ResumeState => state?.Resume;

        public Task CheckpointAsync(ReadOnlyMemory<byte> partialResult, ReadOnlyMemory<byte> resumeState, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_isComplete)
                throw new InvalidOperationException("The pass has ended: its last checkpoint had an empty state.");

            // The partial result first: a state never speaks of one that isn't there.
            folder.WritePartial(Partials, partialResult.Span);
            Partials++;
            _isComplete = resumeState.IsEmpty;
            folder.WriteState(new StreamingState(Partials, progress.Done, _isComplete, resumeState));
            return Task.CompletedTask;
        }

        public void ReportProgress(long bytesDone) => progress.AdvanceTo(bytesDone);

        public void Complete()
        {
            if (!_isComplete)
                folder.WriteState(new StreamingState(Partials, progress.Done, true, ReadOnlyMemory<byte>.Empty));
        }
    }
}

/// <summary>Everything that partial results depend on.</summary>
internal sealed record RunFingerprint(
    string Format, int IndexVersion, string Parameters, string Preprocessor, Guid Build, string Source, string ETag, long Size);
