using System.Globalization;
using System.Text;
using Dataplug.Lithops.Backends.Arrays;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Slurm;

/// <summary>Slurm's job arrays, by its own programs.</summary>
internal sealed class SlurmScheduler : IArrayScheduler
{
    /// <summary>How many identifiers go into one command.</summary>
    private const int ManyIds = 500;

    /// <summary>How much of the beginning and of the end of what an element printed is told, in characters. A crash of .NET begins with
    /// its cause, and other programs end with it.</summary>
    private const int LongestPart = 1000;

    private readonly SlurmBackendOptions _options;
    private readonly WorkerProgram _program;
    private readonly Dictionary<string, string?> _environment;
    private readonly string _logs;

    public SlurmScheduler(SlurmBackendOptions options, WorkerProgram program, MessageKey key)
    {
        _options = options;
        _program = program;
        _logs = options.LogFolder
            ?? (options.Storage.Scheme == "file" ? Path.Combine(options.Storage.Key, "slurm") : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dataplug", "slurm"));

        // By the environment, which only the user's own processes can read, and neither by arguments nor by the script.
        _environment = new Dictionary<string, string?>(options.Environment) { [RemoteBackendOptions.KeyVariable] = key.ToText() };
    }

    public string Name => "slurm";

    public int MaxArraySize => _options.MaxArraySize;

    public TimeSpan SubmitDelay => _options.SubmitDelay;

    public TimeSpan PollInterval => _options.PollInterval;

    public async Task<IReadOnlyList<string>> SubmitAsync(string array, string prefix, int count, long? memory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_logs);
        var answer = Available(await SlurmCommand.RunAsync("sbatch", Arguments(count, memory), Script(prefix), _environment, cancellationToken).ConfigureAwait(false), "sbatch");

        // "17", or "17;cluster".
        var id = answer.Output.Trim().Split(';')[0];
        if (!answer.IsOk || id.Length == 0 || !id.All(char.IsAsciiDigit))
            throw new BackendFailedException(Name, "sbatch: " + answer.Problem, "Try the same options with sbatch by hand; see SlurmBackendOptions.");
        return [.. Enumerable.Range(0, count).Select(index => string.Create(CultureInfo.InvariantCulture, $"{id}_{index}"))];
    }

    public async Task<IReadOnlyDictionary<string, ArrayElement>> WatchAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var arrays = ids.Select(id => id.Split('_')[0]).Distinct();
        var answer = Available(
            await SlurmCommand.RunAsync("squeue", ["--noheader", "--array", "--states=all", "--Format=" + SlurmElement.Format, "--jobs=" + string.Join(',', arrays)], cancellationToken: cancellationToken).ConfigureAwait(false),
            "squeue");

        // What has been forgotten is no error, unless all has.
        if (!answer.IsOk && !answer.Error.Contains("Invalid job id", StringComparison.Ordinal))
            throw new SchedulerUnavailableException("squeue: " + answer.Problem);
        var elements = new Dictionary<string, ArrayElement>();
        var wanted = ids.ToHashSet();
        foreach (var element in SlurmElement.Parse(answer.Output).Where(element => wanted.Contains(element.Id)))
        {
            elements[element.Id] = element switch
            {
                { State: "COMPLETED" } => new ArrayElement(ArrayElementState.Completed),
                { HasEnded: true } => new ArrayElement(ArrayElementState.Lost, element.Describe() + await OutputAsync(element.Id).ConfigureAwait(false), element.State == "OUT_OF_MEMORY"),
                { IsRunning: true } => new ArrayElement(ArrayElementState.Running),
                _ => new ArrayElement(ArrayElementState.Waiting),
            };
        }

        return elements;
    }

    public async Task CancelAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        // One that has ended meanwhile is complained of, and that is all.
        foreach (var some in ids.Chunk(ManyIds))
            Available(await SlurmCommand.RunAsync("scancel", some, cancellationToken: cancellationToken).ConfigureAwait(false), "scancel");
    }

    public void Forget(string id)
    {
        try
        {
            File.Delete(LogOf(id));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It stays, and harms nobody.
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static SlurmAnswer Available(SlurmAnswer answer, string program) =>
        answer.IsUnavailable ? throw new SchedulerUnavailableException($"{program}: {answer.Problem}") : answer;

    private IEnumerable<string> Arguments(int count, long? wanted)
    {
        yield return "--parsable";
        yield return "--no-requeue";
        yield return "--export=ALL";
        yield return "--job-name=dataplug";
        yield return string.Create(CultureInfo.InvariantCulture, $"--array=0-{count - 1}");
        yield return "--ntasks=1";
        yield return string.Create(CultureInfo.InvariantCulture, $"--cpus-per-task={_options.CpusPerTask}");
        yield return "--output=" + Path.Combine(_logs, "%A_%a.log");
        if ((wanted is { } bytes ? (bytes + (1 << 20) - 1) >> 20 : (long?)_options.MemoryPerTask) is { } memory)
            yield return string.Create(CultureInfo.InvariantCulture, $"--mem={memory}M");
        if (_options.TimeLimit is { } limit)
            yield return string.Create(CultureInfo.InvariantCulture, $"--time={Math.Ceiling(limit.TotalMinutes)}");
        if (_options.Partition is { } partition)
            yield return "--partition=" + partition;
        if (_options.Account is { } account)
            yield return "--account=" + account;
        foreach (var argument in _options.SbatchArguments)
            yield return argument;
    }

    private string Script(string prefix)
    {
        var command = new StringBuilder("#!/bin/sh\nexec");
        foreach (var word in (string[])[_program.FileName, .. _program.Arguments, "run"])
            command.Append(' ').Append(Quote(word));

        // The element's number is appended by the shell.
        command.Append(' ').Append(Quote(prefix)).Append("\"$SLURM_ARRAY_TASK_ID\"");
        if (_options.CodeCache is { } cache)
            command.Append(' ').Append(Quote(cache));
        return command.Append('\n').ToString();

        static string Quote(string word) => "'" + word.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
    }

    private string LogOf(string id) => Path.Combine(_logs, id + ".log");

    private async Task<string> OutputAsync(string id)
    {
        try
        {
            var text = (await File.ReadAllTextAsync(LogOf(id), CancellationToken.None).ConfigureAwait(false)).Trim();
            return text.Length == 0 ? "" : "; it printed: " + (text.Length > 2 * LongestPart ? $"{text[..LongestPart]} … {text[^LongestPart..]}" : text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
