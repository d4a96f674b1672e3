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
        if (!_run.Force && (await LookAsync(cancellationToken).ConfigureAwait(false)).Good is { } good)
            return await KnownAsync(good, cancellationToken).ConfigureAwait(false);

        using var held = RunLock.Acquire(_home, _hash, _uri.Display);
        if (!_place.IsShared)
            return await RunAloneAsync(cancellationToken).ConfigureAwait(false);

        var lease = await RunLease.AcquireAsync(_options.Stores, _place, _uri.Display, _options.Metadata.LeaseTiming, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
            try
            {
                return await RunAloneAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                lease.ThrowIfLost();
                throw;
            }
        }
    }

    // Another run may have finished between the first look and the lock.
    private async Task<PreprocessReport> RunAloneAsync(CancellationToken cancellationToken)
    {
        var (finished, current) = await LookAsync(cancellationToken).ConfigureAwait(false);
        if (finished is not null && !_run.Force)
            return await KnownAsync(finished, cancellationToken).ConfigureAwait(false);
        var companions = await _format.FindCompanionsAsync(_uri, _options.Stores, cancellationToken).ConfigureAwait(false);
        var source = new PinnedObject(_options.Stores.Get(_uri), current) { Companions = [.. companions.Select(companion => new PinnedObject(_options.Stores.Get(companion.Uri), companion))] };
        return await IndexAsync(source, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(SidecarReader? Good, ObjectInfo Current)> LookAsync(CancellationToken cancellationToken)
    {
        var current = _options.Stores.Get(_uri).HeadAsync(_uri, cancellationToken);
        try
        {
            var found = await IndexFinder.FindAsync(_format, _uri, _options, current, cancellationToken).ConfigureAwait(false);
            return (found.Match == IndexMatch.Current ? found.Reader!.WithSource(found.Identity) : null, found.Current);
        }
        catch (CorruptIndexException)
        {
            // A damaged index is as good as none: it is made anew.
            return (null, await current.ConfigureAwait(false));
        }
    }

    // There is a good index. In a shared location someone else may have made it: then this catalog does not know it yet.
    private async Task<PreprocessReport> KnownAsync(SidecarReader good, CancellationToken cancellationToken)
    {
        var isKnown = CatalogDatabase.Contains(_home, _name, _format.Id, good.Header.Source.ETag, _place.Uri.Value);
        if (!isKnown)
        {
            var catalog = await Catalog.OpenAsync(_options.Metadata, cancellationToken).ConfigureAwait(false);
            await catalog.AddAsync(good, cancellationToken).ConfigureAwait(false);
        }

        return Report(isKnown || !_place.IsShared ? PreprocessOutcome.AlreadyIndexed : PreprocessOutcome.Adopted, good.Header.Source, good, 0);
    }

    private async Task<PreprocessReport> IndexAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        var preprocessor = _run.Preprocessor ?? _format.CreatePreprocessor();
        var folder = RunFolder.Open(RunPath, Fingerprint(source, preprocessor));
        RunRecorder? recorder = null;
        try
        {
            var (partials, progress, resumedFrom) = preprocessor switch
            {
                IChunkedPreprocessor chunked => await MapAsync(chunked, source, folder, Record, cancellationToken).ConfigureAwait(false),
                ITwoPassPreprocessor { CanSplit: true } twoPass when _run.Executor is not null => await MapTwiceAsync(twoPass, source, folder, Record, cancellationToken).ConfigureAwait(false),
                IStreamingPreprocessor streaming => await StreamAsync(streaming, source, folder, Record, cancellationToken).ConfigureAwait(false),
                _ => throw new InvalidOperationException($"The preprocessor of format '{_format.Id}' is neither streaming nor chunked."),
            };
            var temporary = await MergeAsync(preprocessor, folder, partials, source, cancellationToken).ConfigureAwait(false);
            try
            {
                await RequireUnchangedAsync(source, cancellationToken).ConfigureAwait(false);
                await PublishAsync(temporary, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                File.Delete(temporary);
            }

            // Read back before what it was made of is thrown away.
            var sidecar = await SidecarReader.OpenAsync(_options.Stores, _place.Uri, cancellationToken).ConfigureAwait(false);
            await recorder!.FinishAsync(CatalogRunState.Succeeded, sidecar: sidecar).ConfigureAwait(false);
            folder.Delete();
            progress.Finish();
            return Report(PreprocessOutcome.Indexed, SourceIdentity.Of(source), sidecar, resumedFrom);
        }
        catch (Exception e)
        {
            // What was done is of no use to any later run when the object is bad or has changed.
            if (e is StaleIndexException or CorruptObjectException or UnsupportedFormatException)
                folder.Delete();
            if (recorder is not null)
                await RecordFailureAsync(recorder, e).ConfigureAwait(false);
            throw;
        }

        RunRecorder Record(long bytesDone, IEnumerable<ChunkRow> chunks)
        {
            var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            var run = new RunRow
            {
                Id = _hash,
                Source = _name.Text,
                Uri = _name.Uri.Value,
                ETag = source.ETag,
                Size = source.Size,
                FormatId = _format.Id,
                State = nameof(CatalogRunState.Running),
                BytesDone = bytesDone,
                Folder = RunPath,
                Host = Environment.MachineName,
                ProcessId = Environment.ProcessId,
                StartedAt = now,
                UpdatedAt = now,
            };
            run.Chunks.AddRange(chunks);
            return recorder = RunRecorder.Start(_options.Metadata, run);
        }
    }

    private static async Task RecordFailureAsync(RunRecorder recorder, Exception failure)
    {
        try
        {
            await recorder.FinishAsync(
                failure is OperationCanceledException ? CatalogRunState.Cancelled : CatalogRunState.Failed,
                failure is OperationCanceledException ? null : failure.Message).ConfigureAwait(false);
        }
        catch (DataplugException)
        {
            // The failure that is being reported is the one that matters; the catalog's may even be it.
        }
    }

    private async Task<(Range Partials, ProgressTracker Progress, long ResumedFrom)> MapAsync(
        IChunkedPreprocessor preprocessor, PinnedObject source, RunFolder folder, Func<long, IEnumerable<ChunkRow>, RunRecorder> record, CancellationToken cancellationToken)
    {
        var chunks = Check(preprocessor.PlanChunks(source.Size), source);
        var done = Enumerable.Range(0, chunks.Count).Select(folder.HasPartial).ToArray();
        var resumedFrom = chunks.Where((_, i) => done[i]).Sum(chunk => chunk.Length);
        var recorder = record(resumedFrom, Rows(chunks, i => done[i]));
        var progress = new ProgressTracker(source.Size, resumedFrom, _run.Progress);
        var identity = SourceIdentity.Of(source);
        var tasks = chunks.Select((chunk, i) => new ChunkTask(_format.Id, _format.Parameters, identity, chunk, i, chunks.Count)).Where(task => !done[task.Index]);
        await RunTasksAsync([.. tasks], folder, 0, 1, progress, recorder, cancellationToken).ConfigureAwait(false);
        return (0..chunks.Count, progress, resumedFrom);
    }

    // The first pass's results come first in the folder, the second's after them. Each pass is half of the progress.
    private async Task<(Range Partials, ProgressTracker Progress, long ResumedFrom)> MapTwiceAsync(
        ITwoPassPreprocessor preprocessor, PinnedObject source, RunFolder folder, Func<long, IEnumerable<ChunkRow>, RunRecorder> record, CancellationToken cancellationToken)
    {
        const int passes = 2;
        var chunks = Check(preprocessor.PlanChunks(source.Size), source);
        var count = chunks.Count;
        var scouted = Enumerable.Range(0, Math.Max(0, count - 1)).Select(folder.HasPartial).ToArray();
        var mapped = Enumerable.Range(count, count).Select(folder.HasPartial).ToArray();
        var resumedFrom = (chunks.Where((_, i) => i < scouted.Length && scouted[i]).Sum(chunk => chunk.Length) + chunks.Where((_, i) => mapped[i]).Sum(chunk => chunk.Length)) / passes;
        var recorder = record(resumedFrom, Rows(chunks, i => mapped[i]));
        var progress = new ProgressTracker(source.Size, resumedFrom, _run.Progress);
        var identity = SourceIdentity.Of(source);

        // Of the last chunk nobody needs to know anything.
        var scouts = chunks.Take(count - 1).Select((chunk, i) => new ChunkTask(_format.Id, _format.Parameters, identity, chunk, i, count) { Pass = ChunkPass.Scout });
        await RunTasksAsync([.. scouts.Where(task => !scouted[task.Index])], folder, 0, passes, progress, null, cancellationToken).ConfigureAwait(false);
        var resolved = await preprocessor.ResolveAsync(chunks, PartialsAsync(folder, ..Math.Max(0, count - 1), cancellationToken), source, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < count; i++)
        {
            if (resolved[i] is null && !mapped[i])
                folder.WritePartial(count + i, []);
        }

        var maps = chunks.Select((chunk, i) => new ChunkTask(_format.Id, _format.Parameters, identity, chunk, i, count) { Resolved = resolved[i]?.ToArray() });
        await RunTasksAsync([.. maps.Where(task => task.Resolved is not null && !mapped[task.Index])], folder, count, passes, progress, recorder, cancellationToken).ConfigureAwait(false);
        return (count..(2 * count), progress, resumedFrom);
    }

    private IReadOnlyList<ByteRange> Check(IReadOnlyList<ByteRange> chunks, PinnedObject source)
    {
        for (var i = 0; i < chunks.Count; i++)
        {
            if (chunks[i].End > source.Size)
                throw new InvalidOperationException($"Chunk {i} of format '{_format.Id}', {chunks[i]}, runs over the end of the object's {source.Size} bytes.");
        }

        return chunks;
    }

    private IEnumerable<ChunkRow> Rows(IReadOnlyList<ByteRange> chunks, Func<int, bool> isDone) =>
        chunks.Select((chunk, i) => new ChunkRow { RunId = _hash, Index = i, Offset = chunk.Offset, Length = chunk.Length, IsDone = isDone(i) });

    private async Task RunTasksAsync(
        IReadOnlyList<ChunkTask> tasks, RunFolder folder, int firstPartial, int passes, ProgressTracker progress, RunRecorder? recorder, CancellationToken cancellationToken)
    {
        if (tasks.Count == 0)
            return;
        var executor = _run.Executor ?? new LocalChunkExecutor(_format, _options.Stores, _run.Workers);
        var missing = tasks.Select(task => task.Index).ToHashSet();
        var completed = progress.Done;
        await executor.RunAsync(tasks, (task, partial) =>
        {
            folder.WritePartial(firstPartial + task.Index, partial.Span);
            long bytesDone;
            lock (missing)
            {
                // An executor may deliver twice what it tried twice.
                if (missing.Remove(task.Index))
                    completed += task.Range.Length / passes;
                bytesDone = completed;
            }

            progress.AdvanceTo(bytesDone);
            recorder?.Advance(bytesDone, task.Index);
            return ValueTask.CompletedTask;
        }, new Deltas(progress, passes), cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (missing.Count > 0)
            throw new StorageException(_uri.Display, $"the executor ended without the result of chunk {missing.Min()} of {tasks[0].Count}", "Preprocess again; only what is missing is done.");
    }

    private async Task<(Range Partials, ProgressTracker Progress, long ResumedFrom)> StreamAsync(
        IStreamingPreprocessor preprocessor, PinnedObject source, RunFolder folder, Func<long, IEnumerable<ChunkRow>, RunRecorder> record, CancellationToken cancellationToken)
    {
        var state = folder.ReadState();
        var resumedFrom = Math.Clamp(state?.BytesDone ?? 0, 0, source.Size);
        var progress = new ProgressTracker(source.Size, resumedFrom, _run.Progress);
        var run = new StreamingRun(source, folder, state, progress, record(resumedFrom, []), _run.Workers == 0 ? Environment.ProcessorCount : _run.Workers);
        if (state is not { IsComplete: true })
        {
            await preprocessor.RunAsync(run, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            run.Complete();
        }

        return (..run.Partials, progress, resumedFrom);
    }

    private async Task<string> MergeAsync(IPreprocessor preprocessor, RunFolder folder, Range partials, PinnedObject source, CancellationToken cancellationToken)
    {
        var path = Path.Combine(DataplugHome.Ensure(_home.TemporaryPath), _hash + ".dpi");
        try
        {
            var file = DataplugHome.Guard(path, () => new HomeFileStream(path));
            await using (file.ConfigureAwait(false))
            {
                var header = new SidecarHeader(_format.Id, _format.IndexVersion, SourceIdentity.Of(source), _format.Parameters);
                var writer = new SidecarWriter(file, header);
                await using (writer.ConfigureAwait(false))
                {
                    await preprocessor.MergeAsync(PartialsAsync(folder, partials, cancellationToken), source, writer, cancellationToken).ConfigureAwait(false);
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

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> PartialsAsync(RunFolder folder, Range partials, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = partials.Start.Value; i < partials.End.Value; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return folder.ReadPartial(i);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    private async Task RequireUnchangedAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        foreach (var read in (PinnedObject[])[source, .. source.Companions])
        {
            var now = await _options.Stores.Get(read.Uri).HeadAsync(read.Uri, cancellationToken).ConfigureAwait(false);
            if (now.ETag != read.ETag || now.Size != read.Size)
                throw new StaleIndexException(read.Uri.Display, $"the object changed while it was preprocessed: ETag {read.ETag} became {now.ETag}", "Preprocess it again once it is written.");
        }
    }

    private async Task PublishAsync(string temporary, CancellationToken cancellationToken)
    {
        if (_place.IsShared)
        {
            await SidecarUpload.RunAsync(_options.Stores, temporary, _place.Uri, cancellationToken).ConfigureAwait(false);
            return;
        }

        DataplugHome.Ensure(_home.IndexesPath);
        DataplugHome.Guard(_place.Uri.Key, () =>
        {
            File.Move(temporary, _place.Uri.Key, overwrite: true);
            return true;
        });
    }

    private PreprocessReport Report(PreprocessOutcome outcome, SourceIdentity source, SidecarReader sidecar, long resumedFrom) =>
        new(outcome, source, _format.Id, _place.Uri, sidecar.Info.Size, _watch.Elapsed, resumedFrom) { Warnings = ObjectIndex.ReadWarnings(sidecar.Attributes) };

    // The build of the plugin is part of it: the layout of partial results is the plugin's own and may change with any edit.
    private string Fingerprint(PinnedObject source, IPreprocessor preprocessor) => JsonSerializer.Serialize(
        new RunFingerprint(
            _format.Id,
            _format.IndexVersion,
            _format.Parameters,
            preprocessor.GetType().FullName + (preprocessor is IIdentifiedPreprocessor identified ? " " + identified.Identity : ""),
            preprocessor.GetType().Module.ModuleVersionId,
            _name.Text,
            string.Join(' ', [source.ETag, .. source.Companions.Select(companion => companion.ETag)]),
            source.Size),
        RunJson.Default.RunFingerprint);

    private sealed class Deltas(ProgressTracker progress, int passes) : IProgress<long>
    {
        public void Report(long value) => progress.Add(value / passes);
    }

    private sealed class StreamingRun(PinnedObject source, RunFolder folder, StreamingState? state, ProgressTracker progress, RunRecorder recorder, int workers) : IStreamingRun
    {
        private bool _isComplete;

        public int Workers { get; } = workers;

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
            recorder.Advance(progress.Done);
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
