using ZstdSharp;

namespace Dataplug.Compression;

/// <summary>All that a scan needs to work on a part of an object as if it had done all that comes before.</summary>
internal sealed record GzipPartStart
{
    /// <summary>Where the part begins: a boundary.</summary>
    public required GzipBoundary At { get; init; }

    /// <summary>The bytes before it that matches may refer to; empty at a member's start.</summary>
    public required ReadOnlyMemory<byte> Window { get; init; }

    /// <summary>Output before the last mark; −1 where there is none yet.</summary>
    public required long LastMark { get; init; }

    /// <summary>Output before the last access point.</summary>
    public required long LastAccessPoint { get; init; }

    /// <summary>Line feeds before the part.</summary>
    public required long LineFeeds { get; init; }

    /// <summary>Whether the part begins a line.</summary>
    public required bool IsAtLineStart { get; init; }

    /// <summary>Where the part ends, in bits: at a boundary; −1 for the object's end.</summary>
    public required long EndBit { get; init; }

    /// <summary>The start as bytes.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write(At.Bit);
            writer.Write(At.Output);
            writer.Write(At.IsMemberStart);
            writer.Write(LastMark);
            writer.Write(LastAccessPoint);
            writer.Write(LineFeeds);
            writer.Write(IsAtLineStart);
            writer.Write(EndBit);
            writer.Write(Window.Length);
            using var compressor = new Compressor();
            writer.Write(compressor.Wrap(Window.Span));
        }
        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="CorruptIndexException">The bytes are no start of a part.</exception>
    public static GzipPartStart FromBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
            var at = new GzipBoundary(reader.ReadInt64(), reader.ReadInt64(), reader.ReadBoolean());
            var (lastMark, lastAccessPoint, lineFeeds) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
            var (isAtLineStart, endBit, length) = (reader.ReadBoolean(), reader.ReadInt64(), reader.ReadInt32());
            if (length is < 0 or > WindowCodec.MaxWindowLength || at.Bit < 0 || at.Output < 0)
                throw Corrupt();
            var window = new byte[length];
            using var decompressor = new Decompressor();
            if (decompressor.Unwrap(bytes[(int)reader.BaseStream.Position..], window) != length)
                throw Corrupt();
            return new GzipPartStart
            {
                At = at,
                Window = window,
                LastMark = lastMark,
                LastAccessPoint = lastAccessPoint,
                LineFeeds = lineFeeds,
                IsAtLineStart = isAtLineStart,
                EndBit = endBit,
            };
        }
        catch (Exception failure) when (failure is ZstdException or EndOfStreamException)
        {
            throw Corrupt(failure);
        }
    }

    private static CorruptIndexException Corrupt(Exception? inner = null) =>
        new(null, "the start of a part of a gzip object is damaged", innerException: inner);
}
