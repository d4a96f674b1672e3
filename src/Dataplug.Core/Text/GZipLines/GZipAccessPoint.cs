using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>A place in a gzip object where decoding can begin.</summary>
/// <param name="BitOffset">Bits from the start of the stored object.</param>
/// <param name="ContentOffset">Bytes of content before it.</param>
/// <param name="LeadIn">Bytes of content after it that can't be had from it.</param>
/// <param name="LineFeeds">Line feeds before the end of the lead-in.</param>
/// <param name="Window">Where its window is; null at the start of a member.</param>
internal readonly record struct GZipAccessPoint(long BitOffset, long ContentOffset, int LeadIn, long LineFeeds, BlobReference? Window)
{
    /// <summary>Whether a gzip header begins here.</summary>
    public bool IsMemberStart => Window is null;

    /// <summary>The stored byte that holds the first bit.</summary>
    public long ByteOffset => BitOffset >> 3;

    /// <summary>Fetches the window: one small request, or none at the start of a member.</summary>
    /// <exception cref="CorruptIndexException">The window is damaged.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> LoadWindowAsync(ObjectStores stores, CancellationToken cancellationToken) =>
        Window is null ? default : WindowCodec.Decode((await Window.LoadAsync(stores, cancellationToken).ConfigureAwait(false)).Span);
}
