using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>Where the catalog and the index sidecars are.</summary>
public sealed record MetadataOptions
{
    /// <summary>The folder of the catalog, of locks and of unfinished runs; null for <c>DATAPLUG_HOME</c>, else the user's
    /// data folder.</summary>
    public string? Home { get; init; }

    /// <summary>A location shared by a team where sidecars are kept, e.g. <c>s3://genomics.meta/</c>; null to keep them in
    /// <see cref="Home"/>. The key of a sidecar begins with the scheme and bucket (or host) of its object, so that objects of
    /// any number of buckets share one location. The store must have conditional writes.</summary>
    public ObjectUri? Location { get; init; }

    /// <summary>Keep the sidecars of an S3 object in the bucket named after its own with <c>.meta</c> at the end, as the
    /// Python Dataplug does; taken only when <see cref="Location"/> is null. Files and objects of web servers, which have no
    /// bucket, keep theirs in <see cref="Home"/>. The bucket is made when it is absent and making it is allowed.</summary>
    public bool UseMetaBucket { get; init; }

    /// <summary>For tests: leases that expire within a test's patience.</summary>
    internal LeaseTiming LeaseTiming { get; init; } = LeaseTiming.Default;
}
