using System.Buffers;
using System.Text.Json;

namespace Dataplug.Text;

/// <summary>
/// What a line-based format learns of a gzip object's content while it is decompressed: it counts the lines and may validate
/// and measure on the way. It sees the content once, in order, in pieces of any size, and carries only a bounded state from one
/// piece to the next.
/// </summary>
/// <remarks>The state can be written at any boundary between two pieces and read back by a new instance, which then gives the
/// same results as one that was never interrupted.</remarks>
public interface IGZipContent
{
    /// <summary>Line feeds seen so far.</summary>
    long LineFeeds { get; }

    /// <summary>Whether the next byte begins a line: at the start, or after a line feed.</summary>
    bool IsAtLineStart { get; }

    /// <summary>Bytes of content up to the end of the last whole record; for a format without records all that were seen. Where a
    /// damaged object is used up to its damage, the content ends there.</summary>
    long RecordEnd { get; }

    /// <summary>Takes the next piece.</summary>
    /// <param name="content">The decompressed bytes; valid only during the call.</param>
    /// <param name="place">Where the piece is, for error messages.</param>
    /// <exception cref="CorruptObjectException">The content breaks the rules of the format.</exception>
    /// <exception cref="UnsupportedFormatException">The content is of a kind that the format leaves out.</exception>
    void Append(ReadOnlySpan<byte> content, in GZipPlace place);

    /// <summary>The content has ended.</summary>
    /// <param name="place">The end.</param>
    /// <exception cref="CorruptObjectException">The content ends too early.</exception>
    void Complete(in GZipPlace place);

    /// <summary>Writes the state: a few hundred bytes.</summary>
    void Save(IBufferWriter<byte> state);

    /// <summary>Reads a state back into a new instance.</summary>
    void Restore(ReadOnlySpan<byte> state);

    /// <summary>After <see cref="Complete"/>: writes what is known of the whole content as properties of a JSON object that is
    /// already open.</summary>
    void WriteAttributes(Utf8JsonWriter attributes);
}
