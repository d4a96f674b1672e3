using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Dataplug.Preprocessing;

namespace Dataplug.Cli.Chunks;

/// <summary>
/// Runs preprocessing chunks in processes of their own on this machine: each gets a task a line on its standard input, and answers
/// with a status byte, a length and that many bytes (<see cref="ChunkWorker"/>).
/// </summary>
/// <param name="count">Processes at once.</param>
/// <param name="arguments">Arguments that the workers need as well: those of the stores.</param>
/// <param name="error">Takes the workers' standard error.</param>
internal sealed class ChunkProcesses(int count, IReadOnlyList<string> arguments, TextWriter error) : IChunkExecutor
{
    // A process that dies (killed, out of memory) may do so for reasons of its own.
    private const int Tries = 2;

    /// <inheritdoc/>
    public async Task RunAsync(
        IReadOnlyList<ChunkTask> tasks,
        Func<ChunkTask, ReadOnlyMemory<byte>, ValueTask> onPartial,
        IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        var waiting = new ConcurrentQueue<ChunkTask>(tasks);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = Enumerable.Range(0, Math.Min(count, tasks.Count)).Select(_ => RunWorkerAsync()).ToArray();
        try
        {
            await Task.WhenAll(workers);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // One failed, and the others were stopped: the failure is what counts.
            await workers.First(worker => worker.IsFaulted);
        }

        async Task RunWorkerAsync()
        {
            Process? process = null;
            try
            {
                while (waiting.TryDequeue(out var task))
                {
                    for (var attempt = 1; ; attempt++)
                    {
                        process ??= Start();
                        if (await TryRunAsync(process, task, failed.Token) is { } partial)
                        {
                            await onPartial(task, partial);
                            progress?.Report(task.Range.Length);
                            break;
                        }

                        process.Dispose();
                        process = null;
                        if (attempt == Tries)
                            throw new WorkFailedException($"the process that worked on chunk {task.Index} of {task.Source.Uri.Display} ended without an answer, {Tries} times", []);
                    }
                }
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
            finally
            {
                if (process is not null)
                    End(process);
            }
        }
    }

    private Process Start()
    {
        var assembly = typeof(ChunkProcesses).Assembly.Location;
        var program = assembly.Length == 0 ? Environment.ProcessPath! : Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        var isHosted = !File.Exists(program);
        var start = new ProcessStartInfo(isHosted ? "dotnet" : program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[.. isHosted ? new[] { assembly } : [], ChunkWorkerCommand.Name, .. arguments])
            start.ArgumentList.Add(argument);
        try
        {
            var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, line) =>
            {
                if (line.Data is { } text)
                    error.WriteLine(text);
            };
            process.BeginErrorReadLine();
            return process;
        }
        catch (Win32Exception exception)
        {
            throw new WorkFailedException($"'{start.FileName}' can't be started: {exception.Message}", []);
        }
    }

    /// <returns>Null when the process is gone.</returns>
    private static async Task<ReadOnlyMemory<byte>?> TryRunAsync(Process process, ChunkTask task, CancellationToken cancellationToken)
    {
        // A worker that is stopped half-way has nothing to clean up.
        await using var kill = cancellationToken.UnsafeRegister(_ => Kill(process), null);
        try
        {
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(task).AsMemory(), CancellationToken.None);
            await process.StandardInput.FlushAsync(CancellationToken.None);
            var output = process.StandardOutput.BaseStream;
            var head = new byte[ChunkWorker.HeadLength];
            await output.ReadExactlyAsync(head, CancellationToken.None);
            var answer = new byte[BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1))];
            await output.ReadExactlyAsync(answer, CancellationToken.None);
            return head[0] == ChunkWorker.Done ? answer : throw new WorkFailedException(Encoding.UTF8.GetString(answer), []);
        }
        catch (IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    // It ends by itself when its input does.
    private static void End(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended.
        }

        process.Dispose();
    }
}
