using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Dataplug.Preprocessing;

/// <summary>Who is at work on an object.</summary>
/// <param name="Host">The machine.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Since">Since when.</param>
/// <param name="ProcessSpace">On Linux the namespace in which the process id is meant: containers may share a host's name.</param>
internal sealed record RunHolder(string Host, int ProcessId, DateTimeOffset Since, string? ProcessSpace)
{
    public static RunHolder Me() => new(Environment.MachineName, Environment.ProcessId, DateTimeOffset.UtcNow, OwnProcessSpace());

    /// <summary>Whether the process was on this machine and is gone.</summary>
    [JsonIgnore]
    public bool IsKnownDead
    {
        get
        {
            if (Host != Environment.MachineName || ProcessSpace != OwnProcessSpace())
                return false;
            try
            {
                using var process = Process.GetProcessById(ProcessId);
                return process.HasExited;
            }
            catch (ArgumentException)
            {
                return true;
            }
        }
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"process {ProcessId} on {Host} since {Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");

    public static PreprocessingInProgressException InProgress(string objectName, RunHolder? holder) =>
        new(objectName, "the object is being preprocessed by " + (holder?.ToString() ?? "another run"));

    private static string? OwnProcessSpace()
    {
        try
        {
            return OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunHolder))]
[JsonSerializable(typeof(RunFingerprint), GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(LeaseContent))]
internal sealed partial class RunJson : JsonSerializerContext;
