namespace Dataplug.Simulate;

/// <summary>A function service as the simulation knows it.</summary>
/// <param name="Workers">Functions at once.</param>
/// <param name="StartSeconds">From the call of a new function to its first instruction.</param>
/// <param name="CallsPerSecond">How many functions a second the client can call.</param>
/// <param name="RequestSeconds">From a request to the store to its first byte.</param>
/// <param name="BytesPerSecond">What one function reads from the store.</param>
/// <param name="ClientBytesPerSecond">What the client reads and writes.</param>
/// <param name="MemoryGigabytes">Memory of a function, which is paid for.</param>
internal sealed record Cluster(
    int Workers,
    double StartSeconds = 0.5,
    double CallsPerSecond = 500,
    double RequestSeconds = 0.03,
    double BytesPerSecond = 80e6,
    double ClientBytesPerSecond = 100e6,
    double MemoryGigabytes = 1.0);

/// <summary>What a simulated run came to.</summary>
/// <param name="Workers">Functions at once.</param>
/// <param name="Seconds">From the first call to the written index.</param>
/// <param name="ScoutSeconds">Of these, to the end of the first pass.</param>
/// <param name="ResolveSeconds">Between the passes.</param>
/// <param name="MapSeconds">The second pass.</param>
/// <param name="MergeSeconds">The merge.</param>
/// <param name="GigabyteSeconds">What is paid for: memory times the time that functions ran.</param>
/// <param name="BytesRead">Bytes read from the store, by all.</param>
internal sealed record SimulatedRun(
    int Workers, double Seconds, double ScoutSeconds, double ResolveSeconds, double MapSeconds, double MergeSeconds, double GigabyteSeconds, double BytesRead);

/// <summary>
/// A discrete-event simulation of a two-pass run: functions are called at the client's rate, start, take chunks from a queue, read,
/// compute and send their result; the client receives the results one after another, and resolves and merges alone.
/// </summary>
internal sealed class ClusterSimulation(Cluster cluster, ChunkCosts costs, long objectBytes)
{
    private readonly Random _random = new(1);
    private double _paidSeconds;

    public SimulatedRun Run()
    {
        var chunks = (int)((objectBytes + costs.ChunkBytes - 1) / costs.ChunkBytes);
        var workers = Math.Min(cluster.Workers, chunks);
        // Of the last chunk nobody needs to know anything: it has no first pass.
        var scouted = Pass(0, chunks - 1, workers, cold: true, costs.Scouts, costs.ScoutReadBytes, 0, costs.ScoutReportBytes);
        var resolved = scouted + (chunks * costs.ResolveSeconds);
        // The functions are warm by now.
        var mapped = Pass(resolved, chunks, workers, cold: false, costs.Maps, costs.MapReadBytes, costs.StartBytes, costs.PartialBytes);
        var merged = mapped + (chunks * costs.MergeSeconds);
        return new SimulatedRun(
            cluster.Workers, merged, scouted, resolved - scouted, mapped - resolved, merged - mapped, _paidSeconds * cluster.MemoryGigabytes,
            (chunks - 1) * costs.ScoutReadBytes + (chunks * costs.MapReadBytes));
    }

    /// <summary>One pass; returns when the client has its last result.</summary>
    private double Pass(double start, int chunks, int workers, bool cold, IReadOnlyList<double> cpu, double readBytes, double taskBytes, double resultBytes)
    {
        // Events in the order of time: a worker is free for its next chunk.
        var free = new PriorityQueue<int, double>();
        for (var worker = 0; worker < workers; worker++)
            free.Enqueue(worker, start + (worker / cluster.CallsPerSecond) + (cold ? cluster.StartSeconds : 0));
        var results = new PriorityQueue<int, double>();
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            free.TryDequeue(out var worker, out var at);
            // Reading and computing overlap; what takes longer counts. Chunks differ as those measured did.
            var busy = cluster.RequestSeconds
                + Math.Max(readBytes / cluster.BytesPerSecond, cpu[_random.Next(cpu.Count)])
                + cluster.RequestSeconds + ((taskBytes + resultBytes) / cluster.BytesPerSecond);
            _paidSeconds += busy;
            free.Enqueue(worker, at + busy);
            results.Enqueue(chunk, at + busy);
        }

        var client = start;
        while (results.TryDequeue(out _, out var at))
            client = Math.Max(client, at) + (resultBytes / cluster.ClientBytesPerSecond);
        return client;
    }
}
