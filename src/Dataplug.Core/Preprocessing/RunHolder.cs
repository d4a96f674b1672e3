using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Dataplug.Preprocessing;

/// <summary>Who is at work on an object.</summary>
/// <param name="Host">The machine.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Since">Since when.</param>
internal sealed record RunHolder(string Host, int ProcessId, DateTimeOffset Since)
{
    public static RunHolder Me() => new(Environment.MachineName, Environment.ProcessId, DateTimeOffset.UtcNow);

    /// <summary>Whether the process was on this machine and is gone.</summary>
    [JsonIgnore]
    public bool IsKnownDead
    {
        get
        {
            if (Host != Environment.MachineName)
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

    public static PreprocessingInProgressException InProgress(string objectName, RunHolder? holder) =>
        new(objectName, holder is null
            ? "the object is being preprocessed by another run"
            : string.Create(CultureInfo.InvariantCulture, $"the object is being preprocessed by process {holder.ProcessId} on {holder.Host} since {holder.Since:yyyy-MM-dd HH:mm:ss}Z"));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunHolder))]
[JsonSerializable(typeof(RunFingerprint))]
internal sealed partial class RunJson : JsonSerializerContext;
