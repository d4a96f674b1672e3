using System.Text.Json;
using Dataplug.Metadata;

namespace Dataplug.Text;

/// <summary>
/// Content that leaves columns of its own in the index, beside those of the lines: what it finds is taken from it piece by piece, and
/// put together in the order of the content by a <see cref="IGZipColumns"/>.
/// </summary>
/// <remarks>The columns may not depend on where the pieces were taken (law 6).</remarks>
public interface IGZipIndexedContent : IGZipPartContent
{
    /// <summary>Takes what was found since the last time: bytes in a layout of the format's own, often none. Called at every mark, and
    /// at the end after <see cref="IGZipContent.Complete"/>.</summary>
    ReadOnlyMemory<byte> TakeFound();

    /// <summary>Makes what puts the pieces together.</summary>
    IGZipColumns CreateColumns();
}

/// <summary>Puts together what an <see cref="IGZipIndexedContent"/> found.</summary>
public interface IGZipColumns
{
    /// <summary>Adds the next piece.</summary>
    /// <exception cref="CorruptIndexException">The bytes are no such piece.</exception>
    void Add(ReadOnlySpan<byte> found);

    /// <summary>Writes the columns.</summary>
    /// <param name="writer">Takes the sections.</param>
    /// <param name="place">The end of the content, for messages.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="CorruptObjectException">The pieces together break a rule of the format.</exception>
    Task WriteAsync(SidecarWriter writer, GZipPlace place, CancellationToken cancellationToken);

    /// <summary>After <see cref="WriteAsync"/>: writes attributes beside those of the content.</summary>
    void WriteAttributes(Utf8JsonWriter attributes);
}
