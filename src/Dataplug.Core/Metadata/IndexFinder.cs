using Dataplug.Formats;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>Looks for an object's index where it belongs. The catalog is not asked: the place follows from the names.</summary>
internal static class IndexFinder
{
    /// <summary>Opens the sidecar, if there is one, and compares it with the object.</summary>
    /// <exception cref="CorruptIndexException">There is one, but it is damaged.</exception>
    public static async Task<FoundIndex> FindAsync(DataFormat format, ObjectUri uri, CloudObjectOptions options, Task<ObjectInfo> current, CancellationToken cancellationToken)
    {
        var source = SourceName.Of(uri);
        var place = SidecarPlace.Of(source, format.Id, options.Metadata);
        SidecarReader? reader = null;
        Exception? failure = null;
        try
        {
            // Both requests are under way at once.
            reader = await SidecarReader.OpenAsync(options.Stores, place.Uri, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectNotFoundException)
        {
            // No sidecar, or no metadata bucket yet.
        }
        catch (DataplugException e)
        {
            failure = e;
        }

        // An error about the object itself says more than one about its index.
        var info = await current.ConfigureAwait(false);
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        if (reader is null)
            return new FoundIndex(place, info, null, IndexMatch.Missing);
        var match = Compare(reader, format, source, info);
        if (match != IndexMatch.Current)
            return new FoundIndex(place, info, reader, match);
        IReadOnlyList<ObjectInfo> companions = await format.FindCompanionsAsync(uri, options.Stores, cancellationToken).ConfigureAwait(false);
        return new FoundIndex(place, info, reader, AreSame(reader.Header.Source.Companions ?? [], companions) ? match : IndexMatch.OtherCompanions) { Companions = companions };
    }

    // By their places, as the object itself is: the same data may be read by other URIs elsewhere.
    private static bool AreSame(IReadOnlyList<SourceIdentity> indexed, IReadOnlyList<ObjectInfo> current) =>
        indexed.Count == current.Count && indexed.Zip(current).All(pair => pair.First.ETag == pair.Second.ETag && pair.First.Size == pair.Second.Size);

    private static IndexMatch Compare(SidecarReader reader, DataFormat format, SourceName source, ObjectInfo info)
    {
        var header = reader.Header;
        return reader.SourceName != source || header.FormatId != format.Id ? IndexMatch.OtherObject
            : header.FormatVersion != format.IndexVersion ? IndexMatch.OtherVersion
            : !format.AcceptsIndexOf(header.Parameters) ? IndexMatch.OtherParameters
            : header.Source.ETag != info.ETag || header.Source.Size != info.Size ? IndexMatch.OtherContent
            : IndexMatch.Current;
    }
}

/// <summary>An object's index, as far as there is one.</summary>
/// <param name="Place">Where it belongs.</param>
/// <param name="Current">The object as it is now.</param>
/// <param name="Reader">The open sidecar; null when there is none.</param>
/// <param name="Match">How it fits.</param>
internal sealed record FoundIndex(SidecarPlace Place, ObjectInfo Current, SidecarReader? Reader, IndexMatch Match)
{
    /// <summary>The object's companions as they are now; asked for only where the rest fits.</summary>
    public IReadOnlyList<ObjectInfo> Companions { get; init; } = [];

    /// <summary>The identity of the object as it is now.</summary>
    public SourceIdentity Identity => SourceIdentity.Of(Current) with { Companions = Companions.Count == 0 ? null : [.. Companions.Select(SourceIdentity.Of)] };

    /// <summary>The sidecar when it is good, with the URI by which the object is read here.</summary>
    public SidecarReader RequireCurrent(DataFormat format)
    {
        var name = Current.Uri.Display;
        var header = Reader?.Header;
        return Match switch
        {
            IndexMatch.Current => Reader!.WithSource(Identity),
            IndexMatch.OtherCompanions => throw new StaleIndexException(name, DescribeCompanions()),
            IndexMatch.OtherContent => throw new StaleIndexException(name,
                $"the object changed since it was indexed: the index is of ETag {header!.Source.ETag} with {header.Source.Size} bytes, the object has ETag {Current.ETag} with {Current.Size} bytes"),
            IndexMatch.OtherVersion => throw new NotPreprocessedException(name,
                $"its index has version {header!.FormatVersion} of format '{format.Id}', this program uses version {format.IndexVersion}", "Preprocess it again: a new index is made."),
            IndexMatch.OtherParameters => throw new NotPreprocessedException(name,
                $"its index was made with the parameters {header!.Parameters}, asked for is {format.Parameters}", "Preprocess it with these parameters, or ask for those of the index."),
            IndexMatch.OtherObject => throw new NotPreprocessedException(name, $"the sidecar {Place.Uri.Display} is of another object, {header!.Source.Uri.Display}"),
            _ => throw new NotPreprocessedException(name, $"the object has no '{format.Id}' index ({Place.Uri.Display})"),
        };
    }

    private string DescribeCompanions()
    {
        var indexed = Reader!.Header.Source.Companions ?? [];
        var changed = indexed.Zip(Companions).FirstOrDefault(pair => pair.First.ETag != pair.Second.ETag || pair.First.Size != pair.Second.Size);
        return changed.Second is null
            ? "other objects belong to it than when it was indexed"
            : $"{changed.Second.Uri.Display}, which belongs to it, changed since it was indexed: the index is of ETag {changed.First.ETag} with {changed.First.Size} bytes, the object has ETag {changed.Second.ETag} with {changed.Second.Size} bytes";
    }
}

/// <summary>How a sidecar fits an object.</summary>
internal enum IndexMatch
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>It speaks of another object.</summary>
    OtherObject,

    /// <summary>Its sections have another version.</summary>
    OtherVersion,

    /// <summary>It was made with other parameters.</summary>
    OtherParameters,

    /// <summary>The object changed since.</summary>
    OtherContent,

    /// <summary>An object that belongs to it changed since.</summary>
    OtherCompanions,

    /// <summary>It is good.</summary>
    Current,
}
