using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Dataplug.Text;

/// <summary>
/// Checks whether one chunk of a text is UTF-8 so that the answers of all chunks together are the answer for the text.
/// </summary>
/// <remarks>
/// A chunk answers for the bytes from the first character start at or after its own start, to the first character start at or
/// after its end; a character start is looked for over at most three bytes (no UTF-8 character has more than three
/// continuation bytes, so four in a row are invalid wherever the cut is).
/// </remarks>
internal sealed class Utf8Validator
{
    private const int MaxContinuation = 3;
    private readonly byte[] _pending = new byte[4];
    private int _pendingLength;
    private int _toSkip;

    /// <param name="atStart">Whether the chunk is at the start of the text.</param>
    public Utf8Validator(bool atStart) => _toSkip = atStart ? 0 : MaxContinuation;

    /// <summary>Whether all bytes so far are well-formed.</summary>
    public bool IsValid { get; private set; } = true;

    /// <summary>Whether all bytes so far are below 0x80.</summary>
    public bool IsAscii { get; private set; } = true;

    /// <summary>Takes the next bytes of the chunk.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (!IsValid)
            return;
        if (IsAscii && Ascii.IsValid(bytes))
        {
            if (bytes.Length > 0)
                _toSkip = 0;
            return;
        }

        IsAscii = false;
        while (_toSkip > 0 && bytes.Length > 0)
        {
            if (!IsContinuation(bytes[0]))
            {
                _toSkip = 0;
                break;
            }

            bytes = bytes[1..];
            _toSkip--;
        }

        while (_pendingLength > 0 && bytes.Length > 0 && IsValid)
        {
            _pending[_pendingLength++] = bytes[0];
            bytes = bytes[1..];
            CheckPending();
        }

        if (bytes.IsEmpty || !IsValid)
            return;

        // Whole characters are checked in bulk; one that may go on in the next bytes waits.
        var tail = IncompleteTail(bytes);
        IsValid = Utf8.IsValid(bytes[..^tail]);
        bytes[^tail..].CopyTo(_pending);
        _pendingLength = tail;
    }

    /// <summary>Takes the (at most three) bytes after the chunk and ends it.</summary>
    public void Finish(ReadOnlySpan<byte> after)
    {
        if (!IsAscii || (after.Length > 0 && IsContinuation(after[0])))
        {
            var length = 0;
            while (length < Math.Min(after.Length, MaxContinuation) && IsContinuation(after[length]))
                length++;
            Add(after[..length]);
        }

        IsValid &= _pendingLength == 0;
    }

    private void CheckPending()
    {
        switch (Rune.DecodeFromUtf8(_pending.AsSpan(0, _pendingLength), out _, out var consumed))
        {
            case OperationStatus.Done when consumed == _pendingLength:
                _pendingLength = 0;
                break;
            case OperationStatus.NeedMoreData:
                break;
            default:
                IsValid = false;
                break;
        }
    }

    private static int IncompleteTail(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= Math.Min(MaxContinuation, bytes.Length); length++)
        {
            var lead = bytes[^length];
            if (IsContinuation(lead))
                continue;
            return Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
        }

        return 0;
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
