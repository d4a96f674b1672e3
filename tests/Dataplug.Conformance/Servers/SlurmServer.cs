namespace Dataplug.Conformance.Servers;

/// <summary>
/// A real Slurm, started once for the test process and stopped with it; or the one that <c>DATAPLUG_TEST_SLURM</c> gives: the lines that
/// <c>tests/services/slurm-up.sh</c> printed. When it can't be had, every test that asks for it fails with the reason.
/// </summary>
public sealed class SlurmServer
{
    private const string Script = "slurm-up.sh";
    private static readonly string[] Needed = ["SLURM_CONF"];
    private static readonly Lazy<Task<SlurmServer>> Shared = new(StartAsync);

    private SlurmServer()
    {
    }

    /// <summary>The cluster of this process, which finds it through its environment.</summary>
    /// <exception cref="InvalidOperationException">It can't be started; the message says why.</exception>
    public static Task<SlurmServer> GetAsync() => Shared.Value;

    private static async Task<SlurmServer> StartAsync()
    {
        var settings = await ServerScript.StartAsync(Script, "SLURM_", "DATAPLUG_TEST_SLURM", Needed);
        System.Environment.SetEnvironmentVariable("SLURM_CONF", settings["SLURM_CONF"]);
        return new SlurmServer();
    }
}
