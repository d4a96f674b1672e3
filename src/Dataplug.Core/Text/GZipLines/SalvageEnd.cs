using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>Where the usable part of a damaged object ends, and why.</summary>
/// <param name="EndBit">Bits from the object's start to the end of the last part that decodes.</param>
/// <param name="ContentEnd">Bytes of content that are used: up to a record's end.</param>
/// <param name="VerifiedEnd">Bytes of content whose checksums were verified; those after it are of the member that holds the damage.</param>
/// <param name="Damage">What is wrong, and where.</param>
internal sealed record SalvageEnd(long EndBit, long ContentEnd, long VerifiedEnd, CorruptObjectException Damage)
{
    private const int ReadLength = 512 << 10;

    /// <summary>Bytes of the object that are used.</summary>
    public long StoredEnd => (EndBit + 7) >> 3;

    /// <summary>
    /// Reads an object up to its damage: the last block boundary before broken deflate data, the end of the data before a broken
    /// header or trailer, or whatever was read when the content broke the rules of its format.
    /// </summary>
    /// <returns>Null when nothing is damaged.</returns>
    /// <exception cref="CorruptObjectException">Nothing before the damage is usable.</exception>
    public static async Task<SalvageEnd?> FindAsync(PinnedObject source, IGZipContent content, DeflateContainer container, CancellationToken cancellationToken)
    {
        using var search = new Search(source.Uri, content, container);
        var stored = source.OpenRead(new ByteRange(0, source.Size), ReadAheadOptions.Default);
        await using (stored.ConfigureAwait(false))
        {
            var buffer = new byte[ReadLength];
            var length = 0;
            for (; ; )
            {
                var read = await stored.ReadAtLeastAsync(buffer.AsMemory(length), buffer.Length - length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                var isLast = length + read < buffer.Length;
                length += read;
                var consumed = search.Push(buffer.AsSpan(0, length));
                length -= consumed;
                buffer.AsSpan(consumed, length).CopyTo(buffer);
                if (search.IsDamaged || isLast)
                    return search.End(length);
            }
        }
    }

    private sealed class Search(ObjectUri uri, IGZipContent content, DeflateContainer container) : IDisposable
    {
        private readonly GzipDecoder _decoder = new(uri.Display, container);
        private long _endBit;
        private long _contentEnd;
        private long _verifiedEnd;
        private CorruptObjectException? _damage;

        public bool IsDamaged => _damage is not null;

        public int Push(ReadOnlySpan<byte> input)
        {
            var length = input.Length;
            for (; ; )
            {
                GzipEvent happened;
                try
                {
                    happened = _decoder.Advance(input, out var consumed);
                    input = input[consumed..];
                }
                catch (CorruptObjectException damage)
                {
                    // All of a member's output has been decoded where its trailer disagrees.
                    if (_decoder.IsBeforeTrailer && Deliver())
                        Note();
                    _damage ??= damage;
                    return length;
                }

                if (happened == GzipEvent.NeedInput)
                    return length - input.Length;
                if (!Deliver())
                    return length;
                if (happened == GzipEvent.OutputFull)
                    continue;
                Note();
                if (happened == GzipEvent.MemberEnd && container != DeflateContainer.Raw)
                    _verifiedEnd = _decoder.OutputPosition;
            }
        }

        public SalvageEnd? End(int unconsumed)
        {
            try
            {
                if (_damage is null)
                {
                    if (_decoder.IsBeforeTrailer && Deliver())
                        Note();
                    _decoder.EndInput(unconsumed);
                    content.Complete(new GZipPlace(uri, _decoder.DataEnd, _decoder.OutputPosition));
                    return null;
                }
            }
            catch (CorruptObjectException damage)
            {
                _damage ??= damage;
            }

            if (_contentEnd == 0)
                throw _damage;
            return new SalvageEnd(_endBit, _contentEnd, Math.Min(_verifiedEnd, _contentEnd), _damage);
        }

        public void Dispose() => _decoder.Dispose();

        private void Note()
        {
            _endBit = _decoder.BitPosition;
            _contentEnd = content.RecordEnd;
        }

        // False when the content breaks the rules of its format: what it makes usable lies before the decoder's place.
        private bool Deliver()
        {
            var output = _decoder.Output;
            try
            {
                content.Append(output, new GZipPlace(uri, _decoder.BitPosition >> 3, _decoder.OutputPosition - output.Length));
            }
            catch (CorruptObjectException damage)
            {
                _damage = damage;
                Note();
                return false;
            }

            _decoder.TakeOutput(output.Length);
            return true;
        }
    }
}
