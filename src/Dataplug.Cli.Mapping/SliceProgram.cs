using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dataplug.Partitioning;

namespace Dataplug.Cli.Mapping;

/// <summary>Runs a program on one slice: the slice on its standard input, its standard output to a spool.</summary>
/// <param name="command">The program.</param>
/// <param name="memory">What the outputs may take.</param>
/// <param name="onErrorLine">Takes the programs' standard error: the number of a slice, and a line.</param>
internal sealed class SliceProgram(CommandTemplate command, SpoolMemory memory, Action<int, string> onErrorLine)
{
    /// <summary>Part of the message of a program that is not there.</summary>
    public const string CanNotBeStarted = "can't be started";

    private const int BufferSize = 1 << 16;
    private const int KeptLines = 5;
    private const int LongestLine = 8192;

    /// <summary>Runs it once.</summary>
    /// <returns>What it wrote; the caller disposes it.</returns>
    /// <exception cref="ProgramFailedException">It failed.</exception>
    /// <exception cref="DataplugException">The slice could not be read.</exception>
    public async Task<Spool> RunAsync(Slice slice, CancellationToken cancellationToken)
    {
        // Before the program is started: a slice that can't even be opened needs no program.
        await using var content = await slice.OpenReadAsync(cancellationToken);
        using var process = Start(slice);
        var spool = new Spool(memory);
        try
        {
            // Ends the reads below too, as the pipes close with the program.
            await using var kill = cancellationToken.UnsafeRegister(_ => Kill(process), null);
            var lines = new Queue<string>();
            var output = spool.FillFromAsync(process.StandardOutput.BaseStream, CancellationToken.None);
            var errors = PassErrorsAsync(process.StandardError.BaseStream, slice.Index, lines);
            var feeding = FeedAsync(content, process, cancellationToken);
            await Task.WhenAll(output, errors, feeding);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            if (process.ExitCode != 0)
                throw new ProgramFailedException(Reason(process.ExitCode), couldStart: true, [.. lines]);
            return spool;
        }
        catch
        {
            Kill(process);
            await spool.DisposeAsync();
            throw;
        }
    }

    private Process Start(Slice slice)
    {
        var start = command.For(slice);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new ProgramFailedException($"'{start.FileName}' {CanNotBeStarted}: {exception.Message}", couldStart: false, []);
        }
    }

    private static async Task FeedAsync(Stream content, Process process, CancellationToken cancellationToken)
    {
        var input = process.StandardInput.BaseStream;
        var buffer = new byte[BufferSize];
        try
        {
            while (true)
            {
                var length = await content.ReadAsync(buffer, cancellationToken);
                if (length == 0)
                    break;
                try
                {
                    await input.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
                }
                catch (IOException)
                {
                    // The program has read enough, as 'head' does, or is gone; its exit code says whether that is a failure.
                    break;
                }
            }
        }
        catch
        {
            // It must not take the part that it got for the whole slice.
            Kill(process);
            throw;
        }

        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // Closed on the other side already.
        }
    }

    private async Task PassErrorsAsync(Stream source, int index, Queue<string> lines)
    {
        var buffer = new byte[LongestLine];
        var filled = 0;
        while (true)
        {
            var length = await source.ReadAsync(buffer.AsMemory(filled));
            filled += length;
            var start = 0;
            while (buffer.AsSpan(start, filled - start).IndexOf((byte)'\n') is var end and >= 0)
            {
                Pass(buffer.AsSpan(start, end));
                start += end + 1;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled > 0 && (length == 0 || filled == buffer.Length))
            {
                Pass(buffer.AsSpan(0, filled));
                filled = 0;
            }

            if (length == 0)
                return;
        }

        void Pass(ReadOnlySpan<byte> bytes)
        {
            var line = Encoding.UTF8.GetString(bytes).TrimEnd('\r');
            onErrorLine(index, line);
            lines.Enqueue(line);
            if (lines.Count > KeptLines)
                _ = lines.Dequeue();
        }
    }

    private static string Reason(int exitCode) => exitCode > 128 && !OperatingSystem.IsWindows()
        ? string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode} (signal {exitCode - 128})")
        : string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}");

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended already.
        }
    }
}
