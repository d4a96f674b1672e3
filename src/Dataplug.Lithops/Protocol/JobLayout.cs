using System.Globalization;
using System.Security.Cryptography;
using Dataplug.Storage;

namespace Dataplug.Lithops.Protocol;

/// <summary>Where the objects of jobs are, below one root; see docs/job-layout.md.</summary>
internal sealed class JobLayout(ObjectUri root)
{
    public ObjectUri Root => root;

    /// <summary>A file of an application, named by its content.</summary>
    public ObjectUri Code(string digest) => At($"code/{digest}");

    /// <summary>The manifest of an application, named by its content.</summary>
    public ObjectUri Bundle(string digest) => At($"bundles/{digest}");

    /// <summary>A function and its captured variables, named by its content.</summary>
    public ObjectUri Function(string digest) => At($"functions/{digest}");

    /// <summary>All that belongs to one job.</summary>
    public ObjectUri Job(string job) => At($"jobs/{job}/");

    /// <summary>The signed <see cref="StoredJob"/> of a durable job.</summary>
    public ObjectUri Stored(string job) => At($"jobs/{job}/job");

    /// <summary>Inputs of a durable job, many in one object.</summary>
    public ObjectUri Inputs(string job, int number) => At(string.Create(CultureInfo.InvariantCulture, $"jobs/{job}/inputs/{number}"));

    /// <summary>Tells that an attempt of a durable job was given to a worker, by being there.</summary>
    public ObjectUri Sent(string call) => At($"jobs/{call}/sent");

    /// <summary>Results of a job that outlive it.</summary>
    public ObjectUri Kept(string job) => At($"results/{job}/");

    /// <summary>One of them.</summary>
    public ObjectUri Kept(string job, string name) => At($"results/{job}/{name}");

    public ObjectUri Input(string call) => At($"jobs/{call}/input");

    /// <summary>The signed <see cref="InvocationStatus"/>; once it is there, the attempt is over.</summary>
    public ObjectUri Status(string call)
    {
        var job = call.AsSpan(0, call.IndexOf('/', StringComparison.Ordinal));
        return At($"jobs/{job}/status{call.AsSpan(job.Length)}");
    }

    /// <summary>All of a job's statuses, and nothing else, so that one listing tells of all that have ended.</summary>
    public ObjectUri Statuses(string job) => At($"jobs/{job}/status/");

    /// <summary>The attempt that a status is of.</summary>
    public string CallOfStatus(string job, ObjectUri status) => job + status.Key[(Statuses(job).Key.Length - 1)..];

    /// <summary>A long result. Each run of an attempt has a name of its own for it, which the status tells.</summary>
    public ObjectUri Result(string call, string name) => At($"jobs/{call}/{name}");

    /// <summary>The worker's sign of life, written again and again.</summary>
    public ObjectUri Alive(string call) => At($"jobs/{call}/alive");

    /// <summary>Tells the worker to stop, by being there.</summary>
    public ObjectUri Cancel(string call) => At($"jobs/{call}/cancel");

    /// <summary>A signed invocation, for workers that are started with nothing but a number.</summary>
    public ObjectUri ArrayElement(string array, int index) => At(string.Create(CultureInfo.InvariantCulture, $"arrays/{array}/{index}"));

    /// <summary>The name of some content.</summary>
    public static string Digest(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private ObjectUri At(string path) => root.WithKey(root.Key.Length == 0 || root.Key.EndsWith('/') ? root.Key + path : string.Create(CultureInfo.InvariantCulture, $"{root.Key}/{path}"));
}
