using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;

namespace Dataplug.Fuzz;

/// <summary>
/// Runs campaigns in processes of their own, because a read beyond a guard page, an overflow of the stack or of the memory limit ends
/// the process, and a hang never does: then the input that did it is known all the same.
/// </summary>
/// <param name="executions">Executions in all.</param>
/// <param name="seed">Seed of the first worker; those of the others are made from it.</param>
/// <param name="workers">Processes.</param>
/// <param name="targets">Names of targets; empty for all.</param>
/// <param name="findings">Where inputs go that are findings.</param>
/// <param name="output">Where to report.</param>
/// <param name="hangTime">How long one execution may take.</param>
internal sealed class Supervisor(long executions, int seed, int workers, IReadOnlyList<string> targets, DirectoryInfo findings, TextWriter output, TimeSpan hangTime)
{
    /// <summary>Heap of a worker process, in bytes: what grows with what an input claims does not fit.</summary>
    private const string HeapLimit = "0x20000000";

    /// <summary>Bytes between two collections: executions that take megabytes would be collected all the time.</summary>
    private const string CollectionBudget = "0x4000000";

    /// <summary>An execution takes some milliseconds at most; one that takes so long never ends.</summary>
    public static readonly TimeSpan HangTime = TimeSpan.FromSeconds(30);

    /// <summary>Runs all; gives the exit code: 0 when nothing was found.</summary>
    public async Task<int> RunAsync()
    {
        var clock = Stopwatch.StartNew();
        var codes = await Task.WhenAll(Enumerable.Range(0, workers).Select(RunWorkerAsync));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{executions:N0} executions asked for, seed {seed}, {workers} worker(s), {clock.Elapsed.TotalSeconds:F0} s: {(codes.All(code => code == 0) ? "nothing found" : "FINDINGS, see above")}"));
        return codes.Max();
    }

    /// <summary>Writes an input that is a finding, so that <c>--replay</c> can run it again.</summary>
    public static string Save(DirectoryInfo folder, string target, byte[] input)
    {
        folder.Create();
        var path = Path.Combine(folder.FullName, $"{target}-{Convert.ToHexStringLower(XxHash3.Hash(input))}");
        File.WriteAllBytes(path, input);
        return path;
    }

    private async Task<int> RunWorkerAsync(int worker)
    {
        var share = executions / workers + (worker < executions % workers ? 1 : 0);
        var scratch = Path.GetTempFileName();
        try
        {
            using var current = new CurrentInput(scratch);
            // This process is the program itself, or dotnet, or one that runs tests.
            var isProgram = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == typeof(Supervisor).Assembly.GetName().Name;
            var start = new ProcessStartInfo(isProgram ? Environment.ProcessPath! : "dotnet") { RedirectStandardOutput = true };
            if (!isProgram)
                start.ArgumentList.Add(typeof(Supervisor).Assembly.Location);
            foreach (var argument in (string[])["--worker", scratch, "--executions", share.ToString(CultureInfo.InvariantCulture), "--seed", (seed + (worker * 1_000_003)).ToString(CultureInfo.InvariantCulture), "--findings", findings.FullName, .. targets.SelectMany(target => (string[])["--target", target])])
                start.ArgumentList.Add(argument);
            start.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit;
            start.Environment["DOTNET_GCgen0size"] = CollectionBudget;
            start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
            using var process = Process.Start(start)!;
            process.OutputDataReceived += (_, line) =>
            {
                if (line.Data is { } text)
                {
                    lock (output)
                        output.WriteLine(text);
                }
            };
            process.BeginOutputReadLine();
            var exit = process.WaitForExitAsync();
            long seen = -1;
            while (await Task.WhenAny(exit, Task.Delay(hangTime)) != exit)
            {
                if (current.Executions == seen && seen > 0)
                {
                    process.Kill(entireProcessTree: true);
                    await exit;
                    return await ReportAsync(current, $"does not end within {hangTime.TotalSeconds} s");
                }
                seen = current.Executions;
            }
            // 0: nothing found; 1: findings, which the worker has reported itself.
            return process.ExitCode is 0 or 1 ? process.ExitCode : await ReportAsync(current, $"ended the process with exit code {process.ExitCode}");
        }
        finally
        {
            File.Delete(scratch);
        }
    }

    private async Task<int> ReportAsync(CurrentInput current, string problem)
    {
        var (target, input) = current.Last;
        await output.WriteLineAsync($"FINDING: {target} {problem}, execution {current.Executions}; input: {Save(findings, target, input)}");
        return 1;
    }
}
