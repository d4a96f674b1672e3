using System.Globalization;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Worker;

/// <summary>The worker program. Not top-level statements: ASP.NET Core makes their class public.</summary>
/// <remarks>
/// <para>What backends start. CACHE is the folder for the code of applications.</para>
/// <list type="bullet">
/// <item><c>serve PIPE [CACHE]</c>: any number of invocations through a pipe; the key is the first line of standard input</item>
/// <item><c>run URI [CACHE]</c>: the invocation in an object</item>
/// <item><c>http [CACHE]</c>: a service; where it listens is in DATAPLUG_WORKER_URLS, or its port in PORT (8080), and how many invocations
/// it takes at once in DATAPLUG_WORKER_CONCURRENCY (1)</item>
/// <item><c>lambda [CACHE]</c>: a custom runtime of AWS Lambda</item>
/// </list>
/// <para>But for <c>serve</c> the key is in DATAPLUG_WORKER_KEY.</para>
/// </remarks>
internal static class EntryPoint
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            switch (args)
            {
                case ["serve", var pipe, .. var cache] when cache.Length <= 1:
                    var key = MessageKey.Parse(await Console.In.ReadLineAsync() ?? throw new FormatException("There is no key on standard input."));
                    return await PipeService.RunAsync(pipe, NewRunner(key, cache));

                case ["run", var uri, .. var cache] when cache.Length <= 1:
                    return await SingleInvocation.RunAsync(ObjectUri.Parse(uri), NewRunner(KeyOfEnvironment(), cache));

                case ["http", .. var cache] when cache.Length <= 1:
                    var service = new HttpService(NewRunner(KeyOfEnvironment(), cache), WorkerName(), Concurrency());
                    var console = Console.Out;
                    TaskConsole.TakeOver();
                    return await service.RunAsync(Urls(), urls => console.WriteLine("listening on " + urls), CancellationToken.None);

                case ["lambda", .. var cache] when cache.Length <= 1:
                    using (var lambda = new LambdaService(Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API") ?? throw new FormatException("There is no Runtime API in AWS_LAMBDA_RUNTIME_API.")))
                    {
                        return await lambda.RunAsync(() =>
                        {
                            var runner = NewRunner(KeyOfEnvironment(), cache);
                            TaskConsole.TakeOver();
                            return runner;
                        });
                    }

                default:
                    await Console.Error.WriteLineAsync("This program is started by Dataplug's executors, as 'serve PIPE', 'run URI', 'http' or 'lambda', each with an optional folder for code.");
                    return 2;
            }
        }
        catch (Exception exception) when (exception is DataplugException or FormatException or IOException or TimeoutException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync("dataplug worker: " + exception.Message);
            return 1;
        }
    }

    private static InvocationRunner NewRunner(MessageKey key, string[] cache)
    {
        // The same stores as the client's, from the same configuration where that is here.
        StorageOptions.LoadStores().AddTo(ObjectStores.Default);
        var codes = new CodeCache(cache is [var folder] ? folder : CodeCache.DefaultFolder);
        codes.Prune(DateTime.UtcNow);
        return new InvocationRunner(key, ObjectStores.Default, codes, WorkerName());
    }

    private static string WorkerName() => string.Create(CultureInfo.InvariantCulture, $"{Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_STREAM_NAME") ?? Environment.MachineName}/{Environment.ProcessId}");

    // Not left where tasks and the programs that they start could read it.
    private static MessageKey KeyOfEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(RemoteBackendOptions.KeyVariable);
        Environment.SetEnvironmentVariable(RemoteBackendOptions.KeyVariable, null);
        return MessageKey.Parse(text ?? throw new FormatException($"There is no key in {RemoteBackendOptions.KeyVariable}."));
    }

    private static int Concurrency() => Environment.GetEnvironmentVariable("DATAPLUG_WORKER_CONCURRENCY") is not { Length: > 0 } text ? 1
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw new FormatException($"DATAPLUG_WORKER_CONCURRENCY is a number of at least 1, not '{text}'.");

    private static string Urls() => Environment.GetEnvironmentVariable("DATAPLUG_WORKER_URLS") is { Length: > 0 } urls ? urls : "http://*:" + (Environment.GetEnvironmentVariable("PORT") is { Length: > 0 } port ? port : "8080");
}
