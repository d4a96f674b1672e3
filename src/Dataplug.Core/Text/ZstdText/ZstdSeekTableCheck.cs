using System.IO.Hashing;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>Holds the frames that a scan meets against the seek table of the object, if it has one.</summary>
internal sealed class ZstdSeekTableCheck
{
    private readonly ZstdSeekTable? _table;
    private readonly string _source;
    private readonly XxHash64 _hash = new();
    private long _frames;

    private ZstdSeekTableCheck(ZstdSeekTable? table, bool matches, string source)
    {
        _table = table;
        _source = source;
        Matches = matches;
    }

    /// <summary>Number of frames that the table lists; null where it could not be read.</summary>
    public int? Count => _table?.Count;

    /// <summary>Whether the table has checksums.</summary>
    public bool HasChecksums => _table is { HasChecksums: true };

    /// <summary>Whether all frames so far are as the table says. A table that does not match is ignored, as zstd(1) ignores it.</summary>
    public bool Matches { get; private set; }

    /// <summary>Frames met so far.</summary>
    public long Frames => _frames;

    /// <summary>Reads the table.</summary>
    /// <returns>Null when the object has none.</returns>
    public static async Task<ZstdSeekTableCheck?> BeginAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        try
        {
            var table = await ZstdSeekTable.ReadAsync(source, cancellationToken).ConfigureAwait(false);
            return table is null ? null : new ZstdSeekTableCheck(table, table.CoversObject, source.Uri.Display);
        }
        catch (CorruptObjectException)
        {
            return new ZstdSeekTableCheck(null, false, source.Uri.Display);
        }
    }

    /// <summary>Goes on after an interruption at a frame's start.</summary>
    public void Resume(long frames, bool matches)
    {
        _frames = frames;
        Matches &= matches;
    }

    /// <summary>Takes content of the current frame.</summary>
    public void Append(ReadOnlySpan<byte> content)
    {
        if (Matches && HasChecksums)
            _hash.Append(content);
    }

    /// <summary>A frame has ended, a skippable one perhaps, but not that of the table.</summary>
    /// <exception cref="CorruptObjectException">The frame is where the table says, and its content has another checksum.</exception>
    public void EndFrame(long storedEnd, long contentEnd, long frameOffset)
    {
        if (Matches && storedEnd <= _table!.TableOffset)
        {
            var number = (int)_frames;
            Matches = number < _table.Count && _table.CompressedOffsets.Span[number + 1] == storedEnd && _table.UncompressedOffsets.Span[number + 1] == contentEnd;
            if (Matches && HasChecksums)
            {
                var actual = (uint)_hash.GetCurrentHashAsUInt64();
                if (actual != _table.Checksums.Span[number])
                {
                    throw new CorruptObjectException(_source, $"the content of frame {number + 1}, which begins at byte {frameOffset}, has the checksum {actual:x8}, but the seek table says {_table.Checksums.Span[number]:x8}", byteOffset: frameOffset)
                    {
                        MemberNumber = number + 1,
                        MemberOffset = frameOffset,
                    };
                }
            }
        }

        _hash.Reset();
        _frames++;
    }

    /// <summary>Whether the whole table was found to be right.</summary>
    public bool IsVerified(long frames) => Matches && _table!.Count == frames;
}
