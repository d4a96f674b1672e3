using System.Diagnostics;
using Dataplug.Storage;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// A real S3 server (Ceph), started once for the test process and stopped with it; or the one that
/// <c>DATAPLUG_TEST_S3</c> gives: the lines that <c>tests/services/s3-up.sh</c> printed. When it can't be had, every test that
/// asks for it fails with the reason.
/// </summary>
public sealed class S3Server
{
    private static readonly Lazy<Task<S3Server>> Shared = new(StartAsync);

    private S3Server(IReadOnlyDictionary<string, string> settings)
    {
        Endpoint = settings["S3_ENDPOINT"];
        AccessKey = settings["S3_ACCESS_KEY"];
        SecretKey = settings["S3_SECRET_KEY"];
        RoleArn = settings["S3_ROLE_ARN"];
    }

    /// <summary>The server's URL.</summary>
    public string Endpoint { get; }

    /// <summary>The access key of the test user.</summary>
    public string AccessKey { get; }

    /// <summary>The secret key of the test user.</summary>
    public string SecretKey { get; }

    /// <summary>A role that the test user may assume; it may do anything with S3.</summary>
    public string RoleArn { get; }

    /// <summary>Options that reach the server as the test user.</summary>
    public S3Options Options => new() { EndpointUrl = Endpoint, AccessKey = AccessKey, SecretKey = SecretKey, Region = "us-east-1" };

    /// <summary>The environment with which other processes reach the server as the test user.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["AWS_ENDPOINT_URL_S3"] = Endpoint,
        ["AWS_ACCESS_KEY_ID"] = AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = SecretKey,
        ["AWS_REGION"] = "us-east-1",
    };

    /// <summary>The server of this process.</summary>
    /// <exception cref="InvalidOperationException">It can't be started; the message says why.</exception>
    public static Task<S3Server> GetAsync() => Shared.Value;

    /// <summary>Makes a bucket of its own for a test; the URI ends with a slash.</summary>
    public async Task<ObjectUri> NewBucketAsync()
    {
        var bucket = ObjectUri.ForS3("test-" + Guid.NewGuid().ToString("N"), "");
        await using var store = new S3Store(Options);
        if (!await store.CreateContainerAsync(bucket))
            throw new InvalidOperationException($"The bucket {bucket} was there already.");
        return bucket;
    }

    private static async Task<S3Server> StartAsync()
    {
        if (System.Environment.GetEnvironmentVariable("DATAPLUG_TEST_S3") is { Length: > 0 } given)
            return new S3Server(Parse(given, "DATAPLUG_TEST_S3"));

        var script = Path.Combine(Repository.Root, "tests", "services", "s3-up.sh");
        var (code, output, errors) = await RunAsync(script, [], TimeSpan.FromMinutes(15));
        if (code != 0)
            throw new InvalidOperationException($"The S3 server can't be started; {script} ended with {code}:\n{errors}\n{output}");
        var settings = Parse(output, script);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RunAsync(script, ["down", settings["S3_DIR"]], TimeSpan.FromSeconds(20)).GetAwaiter().GetResult();
        return new S3Server(settings);
    }

    private static Dictionary<string, string> Parse(string lines, string from)
    {
        var settings = lines.Split(['\n', ' ', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);
        foreach (var name in new[] { "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_ROLE_ARN" })
        {
            if (!settings.ContainsKey(name))
                throw new InvalidOperationException($"{from} does not give {name}; it gave:\n{lines}");
        }

        return settings;
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string script, string[] arguments, TimeSpan limit)
    {
        var start = new ProcessStartInfo("bash", [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["S3_OWNER"] = System.Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{script} can't be run.");
        using var stop = new CancellationTokenSource(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(stop.Token);
            var errors = process.StandardError.ReadToEndAsync(stop.Token);
            await process.WaitForExitAsync(stop.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{script} took longer than {limit}.");
        }
    }
}
