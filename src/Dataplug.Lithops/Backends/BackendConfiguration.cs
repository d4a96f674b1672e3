using System.Globalization;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Lithops.Backends.Lambda;
using Dataplug.Lithops.Backends.Local;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Backends.Slurm;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends;

/// <summary>
/// Makes the backend that is configured: by arguments, by the environment, by the section <c>executor</c> of the configuration file, in this
/// order. docs/executors.md lists the keys.
/// </summary>
internal sealed class BackendConfiguration
{
    public const string BackendVariable = "DATAPLUG_BACKEND";
    public const string WorkersVariable = "DATAPLUG_WORKERS";
    public const string StorageVariable = "DATAPLUG_JOBS";
    public const string ChannelVariable = "DATAPLUG_CHANNEL";

    private static readonly string[] Names = ["local", "processes", "slurm", "aws-lambda", "http", "kubernetes"];

    private readonly string _directory;
    private readonly Func<string, string?> _environment;
    private readonly ConfigurationSection? _section;
    private readonly string? _file;

    private BackendConfiguration(string directory, Func<string, string?> environment)
    {
        _directory = directory;
        _environment = environment;
        _file = StorageConfiguration.FindFile(directory, environment);
        _section = _file is null ? null : ConfigurationFile.Read(_file).Section("executor");
    }

    /// <param name="name">The backend's name; null for the configured one.</param>
    /// <param name="workers">How many tasks run at once; null for the configured number.</param>
    /// <param name="directory">Where to look for the file first; null for the working directory.</param>
    /// <param name="environment">Looks variables up; null for those of the process.</param>
    /// <exception cref="ConfigurationException">What is configured can't be used.</exception>
    /// <exception cref="BackendFailedException">The backend can't be used here.</exception>
    public static IExecutorBackend Open(string? name, int? workers, string? directory = null, Func<string, string?>? environment = null) =>
        new BackendConfiguration(directory ?? Directory.GetCurrentDirectory(), environment ?? Environment.GetEnvironmentVariable).Open(name, workers);

    private IExecutorBackend Open(string? name, int? workers)
    {
        var (place, key) = name is not null ? (null, "backend") : IsSet(BackendVariable) ? ("environment", BackendVariable) : (_file, "executor.backend");
        name ??= Variable(BackendVariable) ?? _section?.Text("backend") ?? "local";
        workers ??= WorkersOfEnvironment() ?? _section?.Count("workers");
        try
        {
            return name switch
            {
                "local" => Checked(() => new LocalBackend(workers)),
                "processes" => Processes(workers),
                "slurm" => Slurm(workers),
                "aws-lambda" => Lambda(workers),
                "http" => Http(workers),
                "kubernetes" => Kubernetes(workers),
                _ => throw new ConfigurationException(place, key, $"there is no backend '{name}'", "Backends: " + string.Join(", ", Names) + "."),
            };
        }
        catch (ArgumentException exception)
        {
            throw new ConfigurationException(_file, "executor", exception.Message.ReplaceLineEndings(" ").TrimEnd('.'), "docs/executors.md lists what can be configured.", exception);
        }
    }

    private ProcessBackend Processes(int? workers)
    {
        var section = _section?.Section("processes");
        var defaults = new ProcessBackendOptions();
        var options = defaults with
        {
            MaxParallelism = workers,
            Storage = IsSet(StorageVariable) || _section?.Text("storage") is not null ? Storage("processes") : null,
            WorkerPath = PathOf(section?.Text("workerPath")),
            CodeCache = PathOf(section?.Text("codeCache")),
            StartTimeout = section?.Seconds("startTimeoutSeconds") ?? defaults.StartTimeout,
            HeartbeatInterval = _section?.Seconds("heartbeatIntervalSeconds") ?? defaults.HeartbeatInterval,
            HeartbeatTimeout = _section?.Seconds("heartbeatTimeoutSeconds") ?? defaults.HeartbeatTimeout,
        };
        return Checked(() => new ProcessBackend(options), section);
    }

    private SlurmBackend Slurm(int? workers)
    {
        var section = _section?.Section("slurm");
        var options = new SlurmBackendOptions { Storage = Storage("slurm") };
        options = Common(options, workers) with
        {
            Partition = section?.Text("partition"),
            Account = section?.Text("account"),
            CpusPerTask = section?.Count("cpusPerTask") ?? options.CpusPerTask,
            MemoryPerTask = section?.Count("memoryPerTaskMiB"),
            TimeLimit = section?.Count("timeLimitMinutes") is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
            SbatchArguments = section?.Text("sbatchArguments")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            WorkerPath = PathOf(section?.Text("workerPath")),
            DotnetPath = PathOf(section?.Text("dotnetPath")),
            CodeCache = PathOf(section?.Text("codeCache")),
            LogFolder = PathOf(section?.Text("logFolder")),
            MaxArraySize = section?.Count("maxArraySize") ?? options.MaxArraySize,
            PollInterval = section?.Seconds("pollIntervalSeconds") ?? options.PollInterval,
        };
        return Checked(() => new SlurmBackend(options), section);
    }

    private LambdaBackend Lambda(int? workers)
    {
        var section = _section?.Section("awsLambda");
        var storage = Storage("aws-lambda");
        if (storage.Scheme == "file")
            throw new ConfigurationException(_file, "executor.storage", $"functions of Lambda don't reach the folder {storage}", "Name an object store, as in s3://bucket/jobs.");
        var options = new LambdaBackendOptions { Storage = storage, Function = Required(section?.Text("function"), "executor.awsLambda.function", "the function's name") };
        options = Common(options, workers) with
        {
            Asynchronous = section?.Truth("asynchronous") ?? false,
            Lambda = new LambdaOptions
            {
                Region = section?.Text("region"),
                EndpointUrl = section?.Text("endpointUrl"),
                Profile = section?.Text("profile"),
                RetryFor = section?.Seconds("retryForSeconds") ?? options.Lambda.RetryFor,
            },
        };
        return Checked(() => new LambdaBackend(options), section);
    }

    private HttpBackend Http(int? workers)
    {
        var section = _section?.Section("http");
        var text = Required(Variable("DATAPLUG_HTTP_URL") ?? section?.Text("url"), "executor.http.url", "the service's URL");
        section?.Allow("url");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
            throw new ConfigurationException(_file, "executor.http.url", "this key is an http(s) URL");
        var options = new HttpBackendOptions { Storage = Storage("http"), Url = url };
        options = Common(options, workers) with
        {
            Headers = section?.Text("authorization") is { } authorization ? new Dictionary<string, string> { ["Authorization"] = authorization } : options.Headers,
            RetryFor = section?.Seconds("retryForSeconds") ?? options.RetryFor,
        };
        return Checked(() => new HttpBackend(options), section);
    }

    private IExecutorBackend Kubernetes(int? workers)
    {
        const string Assembly = "Dataplug.Lithops.Kubernetes";
        var type = Type.GetType($"{Assembly}.ConfiguredKubernetesBackend, {Assembly}")
            ?? throw new ConfigurationException(_file, "executor.backend", $"the backend 'kubernetes' is in the assembly {Assembly}, which is not here", $"Reference {Assembly} in the application.");
        var section = _section?.Section("kubernetes");
        return Checked(((ConfiguredBackend)Activator.CreateInstance(type)!).Read(section, Storage("kubernetes"), options => Common(options, workers), Required), section);
    }

    private T Common<T>(T options, int? workers)
        where T : RemoteBackendOptions
    {
        return options with
        {
            MaxParallelism = workers ?? options.MaxParallelism,
            Channel = Variable(ChannelVariable) ?? _section?.Text("channel"),
            Key = Variable(RemoteBackendOptions.KeyVariable) ?? _section?.Text("key"),
            HeartbeatInterval = _section?.Seconds("heartbeatIntervalSeconds") ?? options.HeartbeatInterval,
            HeartbeatTimeout = _section?.Seconds("heartbeatTimeoutSeconds") ?? options.HeartbeatTimeout,
        };
    }

    /// <summary>Where jobs go: named for them, else below the configured storage.</summary>
    private ObjectUri Storage(string backend)
    {
        var (text, place, key) = Variable(StorageVariable) is { } variable ? (variable, "environment", StorageVariable) : (Located(_section?.Text("storage")), _file, "executor.storage");
        if (text is null)
        {
            var storage = StorageOptions.Load(_directory, _environment);
            (text, place, key) = (storage.Location!.TrimEnd('/') + "/jobs", storage.LocationPlace, storage.LocationKey);
        }

        try
        {
            var uri = ObjectUri.Parse(text);
            return uri.Scheme is not ("http" or "https") ? uri : throw new ConfigurationException(place, key, "a web server can't be written to, and jobs have to be");
        }
        catch (InvalidUriException exception)
        {
            throw new ConfigurationException(place, key, $"for the jobs of {backend}: {exception.Problem}", exception.Cure, exception);
        }
    }

    /// <summary>Makes the backend when all that is configured of it has been read, and nothing is left that is misspelt.</summary>
    private T Checked<T>(Func<T> create, ConfigurationSection? used = null)
    {
        used?.Done();
        _section?.Allow("backend", "workers", "storage", "key", "channel", "heartbeatIntervalSeconds", "heartbeatTimeoutSeconds", "processes", "slurm", "awsLambda", "http", "kubernetes");
        _section?.Done();
        return create();
    }

    private int? WorkersOfEnvironment() => Variable(WorkersVariable) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw new ConfigurationException("environment", WorkersVariable, "this variable is a whole number from 1 on");

    private string Required(string? value, string key, string what) =>
        value ?? throw new ConfigurationException(_file, key, $"{what} is not configured", "docs/executors.md lists what can be configured.");

    /// <summary>A path is meant from the file on, wherever the program is started.</summary>
    private string? Located(string? text) => text is null || text.Contains("://", StringComparison.Ordinal) ? text : PathOf(text);

    private string? PathOf(string? text) => text is null ? null : Path.GetFullPath(text, Path.GetDirectoryName(_file)!);

    private string? Variable(string name) => _environment(name) is { Length: > 0 } value ? value : null;

    private bool IsSet(string name) => Variable(name) is not null;
}
