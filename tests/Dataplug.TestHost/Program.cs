using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dataplug;
using Dataplug.Conformance.Host;
using Dataplug.Conformance.Toys;
using Dataplug.Hosted;
using Dataplug.Lithops;
using Dataplug.Lithops.Backends.Http;
using Dataplug.Lithops.Protocol;
using Dataplug.Lithops.Worker;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

// What other processes do in the tests:
//   preprocess HOME SHARED|- FILE chunked|streamed CHUNK DELAY-MS [LAST-STEP]    one line per chunk, then the outcome; kills itself at a step
//   serve PIPE [CACHE]                                                a worker that is killed at the moment that DATAPLUG_DIE_AT names
//   client URL STORAGE FOLDER COUNT                                   submits a durable job to a worker service, names it, and waits for ever
//   catalog HOME                                                      opens (and migrates) the catalog, adds nothing
try
{
    switch (args)
    {
        case ["preprocess", var home, var shared, var file, var kind, var chunk, var delay, .. var last]:
            var format = new LinesFormat(
                int.Parse(chunk, CultureInfo.InvariantCulture),
                kind == "streamed",
                TimeSpan.FromMilliseconds(int.Parse(delay, CultureInfo.InvariantCulture)))
            {
                BeforeStep = step =>
                {
                    Console.WriteLine($"step {step}");
                    if (last is [var number] && step == long.Parse(number, CultureInfo.InvariantCulture))
                        Process.GetCurrentProcess().Kill();
                    return Task.CompletedTask;
                },
            };
            var options = new CloudObjectOptions
            {
                Metadata = new MetadataOptions { Home = home, Location = shared == "-" ? null : ObjectUri.Parse(shared) },
            };
            var report = await CloudObject.FromFile(format, file, options).PreprocessAsync(new PreprocessOptions { Workers = 2 });
            Console.WriteLine($"{report.Outcome} {report.ResumedFrom}");
            return 0;

        case ["catalog", var home]:
            var catalog = await Catalog.OpenAsync(new MetadataOptions { Home = home });
            Console.WriteLine((await catalog.ListAsync()).Count);
            return 0;

        case ["client", var url, var storage, var folder, var count]:
            var executor = new FunctionExecutor(new HttpBackend(new HttpBackendOptions
            {
                Url = new Uri(url),
                Storage = ObjectUri.Parse(storage),
                MaxParallelism = 4,
                HeartbeatInterval = TimeSpan.FromMilliseconds(200),
            }));
            var inputs = Enumerable.Range(0, int.Parse(count, CultureInfo.InvariantCulture)).Select(number => (number, folder));
            var futures = executor.MapAsync(MarkedTasks.SquareAsync, inputs, new JobOptions { Durable = true });
            Console.WriteLine(JsonSerializer.Serialize(await futures.WhenStoredAsync()));
            await Task.Delay(Timeout.Infinite);
            return 0;

        case ["serve", var pipe, .. var cache]:
            var key = MessageKey.Parse((await Console.In.ReadLineAsync())!);
            var stores = new ObjectStores().Register("file", () => new DyingStore());
            return await PipeService.RunAsync(pipe, new InvocationRunner(key, stores, new CodeCache(cache[0]), "dying"));

        default:
            return 2;
    }
}
catch (DataplugException e)
{
    Console.WriteLine($"{e.GetType().Name} {e.Message}");
    return 1;
}
