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

    public ObjectUri Input(string call) => At($"jobs/{call}/input");

    /// <summary>The signed <see cref="InvocationStatus"/>; once it is there, the attempt is over.</summary>
    public ObjectUri Status(string call) => At($"jobs/{call}/status");

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
