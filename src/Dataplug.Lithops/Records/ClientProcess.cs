using System.ComponentModel;
using System.Diagnostics;

namespace Dataplug.Lithops;

/// <summary>The process that runs an executor.</summary>
/// <param name="Machine">The name of its machine.</param>
/// <param name="ProcessId">Its id there.</param>
/// <param name="Started">When it began: ids are given again.</param>
public sealed record ClientProcess(string Machine, int ProcessId, DateTimeOffset Started)
{
    // Start times are computed from ticks since boot, and by each process anew.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(10);

    /// <summary>This process.</summary>
    public static ClientProcess Current { get; } = OfThis();

    /// <summary>Whether it still runs; null when it is on another machine.</summary>
    public bool? IsRunning()
    {
        if (Machine != Environment.MachineName)
            return null;
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return (process.StartTime.ToUniversalTime() - Started.UtcDateTime).Duration() < Tolerance;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return false;
        }
        catch (Win32Exception)
        {
            // There is one, of somebody else.
            return true;
        }
    }

    private static ClientProcess OfThis()
    {
        using var process = Process.GetCurrentProcess();
        return new ClientProcess(Environment.MachineName, process.Id, process.StartTime.ToUniversalTime());
    }
}
