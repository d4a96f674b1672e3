using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Worker;

/// <summary>Runs one invocation that lies in storage, for backends that start a process per task.</summary>
internal static class SingleInvocation
{

    /// <returns>The exit code: 0 when there is a status, whatever it says of the function.</returns>
    public static async Task<int> RunAsync(ObjectUri uri, InvocationRunner runner)
    {
        var invocation = await ObjectStores.Default.Get(uri).TryReadAsync(uri, CancellationToken.None).ConfigureAwait(false)
            ?? throw new PayloadRefusedException(uri.Display, "there is no invocation");
        TaskConsole.TakeOver();
        var outcome = await runner.RunAsync(invocation, notices: null, CancellationToken.None).ConfigureAwait(false);
        if (outcome.IsAbandoned)
            Environment.Exit(0);
        return 0;
    }
}
