using System.Buffers.Binary;
using System.Text;

namespace Dataplug.Compression;

/// <summary>
/// Takes a gzip member's header (RFC 1952, section 2.3) in pieces of any size and keeps its bytes.
/// </summary>
internal sealed class GzipHeaderReader
{
    /// <summary>Longest file name and longest comment that are taken, in bytes; RFC 1952 sets no limit, memory does.</summary>
    public const int MaxTextLength = 64 << 10;

    private const int FixedLength = 10;

    [Flags]
    private enum Flags : byte
    {
        Text = 1,
        HeaderCrc = 2,
        Extra = 4,
        Name = 8,
        Comment = 16,
        Reserved = 0xE0,
    }

    private enum Part
    {
        Fixed,
        ExtraLength,
        Extra,
        Name,
        Comment,
        HeaderCrc,
        Done,
    }

    private byte[] _bytes = new byte[64];
    private int _length;
    private Part _part;
    private int _partStart;
    private int _extraStart;
    private int _extraLength;
    private string? _name;
    private string? _comment;

    /// <summary>The bytes taken so far; after <see cref="Append"/> gave true the whole header.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Begins with a new header.</summary>
    public void Reset()
    {
        _length = 0;
        _part = Part.Fixed;
        _partStart = 0;
        _extraStart = _extraLength = 0;
        _name = _comment = null;
    }

    /// <summary>Takes bytes until the header is complete or the input used up.</summary>
    /// <param name="input">The bytes that follow those of the previous call.</param>
    /// <param name="consumed">How many of them belong to the header.</param>
    /// <param name="problem">What is wrong with the header; null when nothing is.</param>
    /// <param name="problemAt">Offset in bytes of the wrong field from the header's start.</param>
    /// <returns>True when the header is complete.</returns>
    public bool Append(ReadOnlySpan<byte> input, out int consumed, out string? problem, out int problemAt)
    {
        problem = null;
        problemAt = 0;
        var start = input;
        while (problem is null)
        {
            // The end of the part as far as it is known: of texts it is where their zero stands.
            var end = _part switch
            {
                Part.Fixed => FixedLength,
                Part.ExtraLength or Part.HeaderCrc => _partStart + 2,
                Part.Extra => _partStart + _extraLength,
                _ => 0,
            };
            switch (_part)
            {
                case Part.Done:
                    consumed = start.Length - input.Length;
                    return true;
                case Part.Name or Part.Comment:
                    var zero = input.IndexOf((byte)0);
                    Store(ref input, zero < 0 ? Math.Min(input.Length, MaxTextLength + 1) : Math.Min(zero + 1, MaxTextLength + 2));
                    if (_length - _partStart > MaxTextLength + 1 || zero < 0 && _length - _partStart > MaxTextLength)
                    {
                        problem = $"a gzip header's {(_part == Part.Name ? "file name" : "comment")} is longer than {MaxTextLength} bytes";
                        problemAt = _partStart;
                    }
                    else if (zero < 0)
                    {
                        consumed = start.Length - input.Length;
                        return false;
                    }
                    else
                    {
                        EndPart(out problem, out problemAt);
                    }
                    break;
                default:
                    Store(ref input, Math.Min(input.Length, end - _length));
                    if (_length < end)
                    {
                        if (_part == Part.Fixed)
                            CheckFixed(ref problem, ref problemAt);
                        if (problem is not null)
                            break;
                        consumed = start.Length - input.Length;
                        return false;
                    }
                    EndPart(out problem, out problemAt);
                    break;
            }
        }
        consumed = start.Length - input.Length;
        return false;
    }

    /// <summary>The complete header's fields as a member whose data are still to come.</summary>
    public GzipMember ToMember(long offset, long outputOffset) => new()
    {
        Offset = offset,
        HeaderLength = _length,
        CompressedLength = 0,
        OutputOffset = outputOffset,
        OutputLength = 0,
        Crc32 = 0,
        ISize = 0,
        ModificationTime = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(4)),
        ExtraFlags = _bytes[8],
        OperatingSystem = _bytes[9],
        IsText = (HeaderFlags & Flags.Text) != 0,
        FileName = _name,
        Comment = _comment,
        ExtraField = _bytes.AsSpan(_extraStart, _extraLength).ToArray(),
        HasHeaderCrc = (HeaderFlags & Flags.HeaderCrc) != 0,
    };

    private Flags HeaderFlags => (Flags)_bytes[3];

    private void Store(ref ReadOnlySpan<byte> input, int count)
    {
        if (_length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_length + count, _bytes.Length * 2));
        input[..count].CopyTo(_bytes.AsSpan(_length));
        _length += count;
        input = input[count..];
    }

    /// <summary>Checks ID1, ID2, CM and the reserved flags as far as they are there.</summary>
    private void CheckFixed(ref string? problem, ref int problemAt)
    {
        if (_length > 0 && _bytes[0] != 0x1F || _length > 1 && _bytes[1] != 0x8B)
            problem = "it does not begin with the gzip magic number 1F 8B";
        else if (_length > 2 && _bytes[2] != 8)
            (problem, problemAt) = ($"a gzip header names compression method {_bytes[2]}, only 8 (deflate) is defined", 2);
        else if (_length > 3 && (HeaderFlags & Flags.Reserved) != 0)
            (problem, problemAt) = ("a gzip header sets reserved flags", 3);
    }

    /// <summary>Evaluates the part that just became complete and moves to the next one that the flags announce.</summary>
    private void EndPart(out string? problem, out int problemAt)
    {
        problem = null;
        problemAt = 0;
        switch (_part)
        {
            case Part.Fixed:
                CheckFixed(ref problem, ref problemAt);
                break;
            case Part.ExtraLength:
                _extraLength = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(_partStart));
                _extraStart = _length;
                break;
            case Part.Name:
                _name = Encoding.Latin1.GetString(_bytes, _partStart, _length - 1 - _partStart);
                break;
            case Part.Comment:
                _comment = Encoding.Latin1.GetString(_bytes, _partStart, _length - 1 - _partStart);
                break;
            case Part.HeaderCrc:
                var stored = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(_partStart));
                if (stored != (ushort)Crc32.Append(0, _bytes.AsSpan(0, _partStart)))
                    (problem, problemAt) = ("a gzip header's CRC-16 does not match its bytes", _partStart);
                break;
        }
        _partStart = _length;
        do
            _part++;
        while (!IsAnnounced(_part));
    }

    private bool IsAnnounced(Part part) => part switch
    {
        Part.ExtraLength or Part.Extra => (HeaderFlags & Flags.Extra) != 0,
        Part.Name => (HeaderFlags & Flags.Name) != 0,
        Part.Comment => (HeaderFlags & Flags.Comment) != 0,
        Part.HeaderCrc => (HeaderFlags & Flags.HeaderCrc) != 0,
        _ => true,
    };
}
