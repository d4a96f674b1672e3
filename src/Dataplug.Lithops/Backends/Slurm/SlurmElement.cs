using System.Globalization;

namespace Dataplug.Lithops.Backends.Slurm;

/// <summary>An element of a job array as <c>squeue</c> shows it.</summary>
/// <param name="Id">As in <c>17_3</c>.</param>
/// <param name="State">As in <c>RUNNING</c>: squeue(1), "JOB STATE CODES".</param>
/// <param name="ExitCode">As squeue gives it.</param>
/// <param name="Reason">Why it waits or has ended.</param>
internal readonly record struct SlurmElement(string Id, string State, string ExitCode, string Reason)
{
    /// <summary>The columns of <see cref="Parse"/>.</summary>
    public const string Format = "JobArrayID:.40,State:.20,exit_code:.12,Reason:.60";

    /// <summary>Whether its program has been started and not ended.</summary>
    public bool IsRunning => State is "RUNNING" or "COMPLETING" or "SIGNALING" or "STAGE_OUT" or "STOPPED" or "SUSPENDED";

    /// <summary>Whether it will not run any more.</summary>
    public bool HasEnded => State is "BOOT_FAIL" or "CANCELLED" or "COMPLETED" or "DEADLINE" or "FAILED" or "NODE_FAIL" or "OUT_OF_MEMORY"
        or "PREEMPTED" or "REVOKED" or "SPECIAL_EXIT" or "TIMEOUT";

    /// <summary>Its end, in words.</summary>
    public string Describe() => State switch
    {
        "COMPLETED" => "Slurm says that it has ended",
        "CANCELLED" => "it was cancelled in Slurm",
        "OUT_OF_MEMORY" => "Slurm ended it because it took more memory than it may",
        "TIMEOUT" or "DEADLINE" => "Slurm ended it because its time was over",
        "NODE_FAIL" or "BOOT_FAIL" => "its node failed",
        "PREEMPTED" => "Slurm ended it for a job that goes before it",
        _ => string.Create(CultureInfo.InvariantCulture, $"Slurm says {State}, exit code {ExitCode}, {Reason}"),
    };

    /// <summary>Reads what squeue wrote by <see cref="Format"/>, without a header.</summary>
    public static IEnumerable<SlurmElement> Parse(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line.Split((char[]?)null, 4, StringSplitOptions.RemoveEmptyEntries) is [var id, var state, var code, .. var reason])
                yield return new SlurmElement(id, state, code, reason is [var why] ? why : "");
        }
    }
}
