using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Dataplug.Cli.Output;
using Dataplug.Lithops;

namespace Dataplug.Cli.Commands;

/// <summary><c>dataplug hello</c>: whether the configured backend works, and how quickly it answers.</summary>
internal static class HelloCommand
{
    public static Command Create(SharedOptions shared, Func<ParseResult, Session> open)
    {
        var backend = new Option<string?>("--backend") { HelpName = "NAME", Description = "local, processes, slurm, aws-lambda, http or kubernetes. Default: DATAPLUG_BACKEND, else 'executor.backend' of dataplug.json." };
        var command = new CommandWithExamples("hello", "Run a tiny function on the configured backend, twice: which worker answers, and how quickly.",
            "dataplug hello",
            "dataplug hello --backend processes",
            "dataplug hello --json")
        {
            backend, shared.Storage, shared.Json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            await using var session = open(result);
            await using var executor = FunctionExecutor.Open(result.GetValue(backend), environment: session.Terminal.Variables);

            // The second finds the worker running and the code there.
            var (first, _, _) = await CallAsync(executor, cancellationToken);
            var (second, worker, greeting) = await CallAsync(executor, cancellationToken);
            var answer = new HelloAnswer(
                executor.BackendName,
                executor.MaxParallelism,
                worker,
                greeting.Machine,
                greeting.System,
                greeting.Runtime,
                greeting.Architecture,
                greeting.Processors,
                greeting.ProcessId,
                session.Storage.Location.Display,
                first.TotalMilliseconds,
                second.TotalMilliseconds);
            if (session.Json)
            {
                session.WriteJson(answer);
                return ExitCodes.Ok;
            }

            var output = session.Terminal.OutputText;
            output.WriteLine($"backend     {answer.Backend}, {answer.MaxParallelism} at once");
            output.WriteLine($"worker      {answer.Worker} on {answer.Machine}");
            output.WriteLine($"            {answer.System}, {answer.Architecture}, {answer.Processors} processors, {answer.Runtime}");
            output.WriteLine($"storage     {answer.Storage}");
            output.WriteLine($"round trip  {Milliseconds(first)} the first time, {Milliseconds(second)} the second");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<(TimeSpan Time, string Worker, WorkerGreeting Greeting)> CallAsync(FunctionExecutor executor, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var future = executor.CallAsync(WorkerGreeting.Here, new JobOptions { Name = "hello" }, cancellationToken);
        var greeting = await future.GetResultAsync(cancellationToken);
        return (Stopwatch.GetElapsedTime(start), future.Statistics.Worker ?? "", greeting);
    }

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");
}
