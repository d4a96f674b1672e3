using Dataplug.Lithops;

namespace Dataplug.Cli.Output;

/// <summary>States as people and programs read them.</summary>
internal static class JobText
{
    public static string State(JobState state) => state switch
    {
        JobState.Canceled => "cancelled",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static string State(FutureState state) => state switch
    {
        FutureState.Canceled => "cancelled",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static string Color(string state) => state switch
    {
        "succeeded" => "green",
        "failed" or "lost" => "red",
        "running" => "blue",
        _ => "grey",
    };
}
