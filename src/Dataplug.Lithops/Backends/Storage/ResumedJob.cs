using System.Runtime.CompilerServices;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>A durable job of another process, as it was found.</summary>
/// <param name="Stored">What that process has stored.</param>
/// <param name="Attempts">The number of the last attempt at each task that was given to a worker.</param>
/// <param name="Store">Where it is.</param>
/// <param name="Layout">How its objects lie.</param>
internal sealed record ResumedJob(StoredJob Stored, IReadOnlyDictionary<int, int> Attempts, IObjectStore Store, JobLayout Layout)
{
    public int Count => Stored.Inputs.Sum(inputs => inputs.Lengths.Count);

    /// <summary>The tasks that were cancelled before the job was stored.</summary>
    public IEnumerable<int> Canceled => Stored.Inputs.SelectMany(inputs => inputs.Lengths).Index().Where(input => input.Item < 0).Select(input => input.Index);

    public int AttemptOf(int index) => Attempts.TryGetValue(index, out var attempt) ? attempt : 1;

    /// <summary>The inputs as they travel, in their order.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> InputsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var (number, inputs) in Stored.Inputs.Index())
        {
            var content = await Store.ReadVerifiedAsync(Layout.Inputs(Stored.Job, number), inputs.Digest, cancellationToken).ConfigureAwait(false);
            var at = 0;
            foreach (var length in inputs.Lengths)
            {
                yield return content.AsMemory(at, Math.Max(0, length));
                at += Math.Max(0, length);
            }
        }
    }
}
