namespace Dataplug.Text;

/// <summary>
/// Content that can be learnt part by part, on many machines: an instance for a part begins with the first record that starts in it
/// and ends with the last one, wherever that ends; what the parts know is put together afterwards.
/// </summary>
public interface IGZipPartContent : IGZipContent
{
    /// <summary>Whether no record has begun that has not ended: what comes next begins one, or nothing more comes.</summary>
    bool IsBetweenRecords { get; }

    /// <summary>Begins in the middle of an object, with the first record that starts there: what comes before it is passed over,
    /// only its line feeds are counted. Called on a new instance.</summary>
    /// <param name="lineFeeds">Line feeds before the place.</param>
    /// <param name="isAtLineStart">Whether the place begins a line.</param>
    void BeginAt(long lineFeeds, bool isAtLineStart);

    /// <summary>Adds what the next part knows.</summary>
    /// <param name="following">What <see cref="IGZipContent.Save"/> of the next part's instance wrote.</param>
    /// <exception cref="CorruptIndexException">The bytes are no such state.</exception>
    void Merge(ReadOnlySpan<byte> following);
}
