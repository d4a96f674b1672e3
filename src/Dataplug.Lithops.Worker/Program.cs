using Dataplug;
using Dataplug.Lithops.Protocol;
using Dataplug.Lithops.Worker;
using Dataplug.Storage;

// What backends start:
//   serve PIPE [CACHE]    any number of invocations through a pipe; the key is the first line of standard input
//   run URI [CACHE]       one invocation out of an object; the key is in the variable DATAPLUG_WORKER_KEY
// CACHE is the folder for the code of applications.
try
{
    switch (args)
    {
        case ["serve", var pipe, .. var cache] when cache.Length <= 1:
            var key = MessageKey.Parse(await Console.In.ReadLineAsync() ?? throw new FormatException("There is no key on standard input."));
            return await PipeService.RunAsync(pipe, NewRunner(key, cache));

        case ["run", var uri, .. var cache] when cache.Length <= 1:
            var secret = MessageKey.Parse(Environment.GetEnvironmentVariable(SingleInvocation.KeyVariable) ?? throw new FormatException($"There is no key in {SingleInvocation.KeyVariable}."));
            Environment.SetEnvironmentVariable(SingleInvocation.KeyVariable, null);
            return await SingleInvocation.RunAsync(ObjectUri.Parse(uri), NewRunner(secret, cache));

        default:
            await Console.Error.WriteLineAsync("This program is started by Dataplug's executors, as 'serve PIPE [CACHE]' or 'run URI [CACHE]'.");
            return 2;
    }
}
catch (Exception exception) when (exception is DataplugException or FormatException or IOException or TimeoutException)
{
    await Console.Error.WriteLineAsync("dataplug worker: " + exception.Message);
    return 1;
}

static InvocationRunner NewRunner(MessageKey key, string[] cache)
{
    var codes = new CodeCache(cache is [var folder] ? folder : CodeCache.DefaultFolder);
    codes.Prune(DateTime.UtcNow);
    return new InvocationRunner(key, ObjectStores.Default, codes, $"{Environment.MachineName}/{Environment.ProcessId}");
}
