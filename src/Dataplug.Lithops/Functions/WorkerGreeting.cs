using System.Runtime.InteropServices;

namespace Dataplug.Lithops;

/// <summary>What a worker says of itself: the smallest function there is, to see whether a backend works.</summary>
/// <param name="Machine">The name of the machine, container or function that it runs on.</param>
/// <param name="System">Its operating system.</param>
/// <param name="Runtime">Its .NET.</param>
/// <param name="Architecture">Its kind of processor.</param>
/// <param name="Processors">How many of them it may use.</param>
/// <param name="ProcessId">Its process.</param>
public sealed record WorkerGreeting(string Machine, string System, string Runtime, string Architecture, int Processors, int ProcessId)
{
    /// <summary>A greeting from where this is called: <c>executor.CallAsync(WorkerGreeting.Here)</c>.</summary>
    public static WorkerGreeting Here() => new(
        Environment.MachineName,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Environment.ProcessId);
}
