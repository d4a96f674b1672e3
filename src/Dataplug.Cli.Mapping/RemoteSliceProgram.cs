using Dataplug.Lithops;
using Dataplug.Lithops.Functions;

namespace Dataplug.Cli.Mapping;

/// <summary>Runs a program on one slice where a worker is.</summary>
internal static class RemoteSliceProgram
{
    // The output comes back as one result, which is in memory anyhow.
    private const long SpoolMemoryLimit = 256 << 20;

    /// <summary>What travels.</summary>
    /// <param name="Slice">The slice, as it is written to files.</param>
    /// <param name="Command">The program and its arguments.</param>
    public sealed record Input(string Slice, string[] Command);

    /// <summary>Runs it once; its standard error is logged.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="ProgramFailedException">It failed.</exception>
    /// <exception cref="DataplugException">The slice could not be read.</exception>
    public static async Task<byte[]> RunAsync(Input input, TaskContext context)
    {
        var slice = KnownFormats.All.CreateSliceSerializer().Deserialize(input.Slice);
        var program = new SliceProgram(new CommandTemplate(input.Command), new SpoolMemory(SpoolMemoryLimit), (_, line) => context.Log(line));
        await using var spool = await program.RunAsync(slice, context.CancellationToken);
        using var output = new MemoryStream();
        await spool.WriteToAsync(output, context.CancellationToken);
        return output.ToArray();
    }

    /// <summary>A program may fail for a reason of the moment, a worker may be lost; what can't be started never can.</summary>
    public static bool IsWorthARetry(AttemptFailure failure) =>
        failure.ExceptionType == typeof(WorkerLostException).FullName
        || failure.ExceptionType == typeof(StorageException).FullName
        || (failure.ExceptionType == typeof(ProgramFailedException).FullName && !failure.Message.Contains(SliceProgram.CanNotBeStarted, StringComparison.Ordinal));
}
