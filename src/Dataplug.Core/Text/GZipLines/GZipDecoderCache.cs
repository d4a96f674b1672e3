using System.Runtime.CompilerServices;
using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Decoders that stand at the end of a slice that was read to its end, so that the slice that begins there goes on without
/// decoding anything twice: it fetches only what comes after, and no window.
/// </summary>
/// <remarks>
/// <para>There is one for each <see cref="ObjectStores"/>. A decoder is found by store, URI, ETag, size and line, is given to one
/// reader only, and holds no connection. Each keeps at most about a megabyte; the oldest goes when there are more than
/// <see cref="Capacity"/>.</para>
/// <para>All members may be called from many threads at once.</para>
/// </remarks>
public sealed class GZipDecoderCache
{
    private static readonly ConditionalWeakTable<ObjectStores, GZipDecoderCache> Caches = [];

    private readonly Lock _lock = new();
    private readonly LinkedList<(Key Key, PausedDecoder Decoder)> _decoders = [];
    private int _capacity = 2 * Environment.ProcessorCount;

    /// <summary>The decoders of the slices that are read through these stores.</summary>
    /// <param name="stores">The stores.</param>
    public static GZipDecoderCache Of(ObjectStores stores)
    {
        ArgumentNullException.ThrowIfNull(stores);
        return Caches.GetValue(stores, _ => new GZipDecoderCache());
    }

    /// <summary>How many decoders are kept, ≥ 0; two a core by default, 0 for none: every slice then decodes from its own access
    /// point.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public int Capacity
    {
        get => Volatile.Read(ref _capacity);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Volatile.Write(ref _capacity, value);
            Evict(value);
        }
    }

    /// <summary>How many decoders are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _decoders.Count;
        }
    }

    /// <summary>Lets all decoders go.</summary>
    public void Clear() => Evict(0);

    /// <summary>Keeps a decoder for whoever reads on from a line.</summary>
    internal void Put(long line, PausedDecoder decoder)
    {
        lock (_lock)
            _decoders.AddLast((Key.Of(decoder.Stored.Source, line), decoder));
        Evict(Capacity);
    }

    /// <summary>The decoder that stands before the first line of a range, ready to go on to the range's end; null when there is
    /// none. It belongs to the caller.</summary>
    internal PausedDecoder? Take(PinnedObject source, GZipLineRange range)
    {
        var key = Key.Of(source, range.FirstLine);
        PausedDecoder? found = null;
        lock (_lock)
        {
            for (var node = _decoders.Last; node is not null; node = node.Previous)
            {
                // One that has fetched more than the slice may fetch, or less than where its access point is, is of another plan.
                if (node.Value.Key == key && node.Value.Decoder.Stored.End is var end && end >= range.Start && end <= range.End)
                {
                    found = node.Value.Decoder;
                    _decoders.Remove(node);
                    break;
                }
            }
        }

        if (found is not null)
        {
            found.Stored.ExtendTo(range.End);
            found.Content.GoOn(expectMoreData: range.End < source.Size);
        }

        return found;
    }

    private void Evict(int capacity)
    {
        for (; ; )
        {
            PausedDecoder oldest;
            lock (_lock)
            {
                if (_decoders.Count <= capacity)
                    return;
                oldest = _decoders.First!.Value.Decoder;
                _decoders.RemoveFirst();
            }

            // Nothing is open: this gives buffers back, and does not wait.
            oldest.Content.Dispose();
        }
    }

    private readonly record struct Key(IObjectStore Store, string Uri, string ETag, long Size, long Line)
    {
        public static Key Of(PinnedObject source, long line) => new(source.Store, source.Uri.Value, source.ETag, source.Size, line);
    }
}

/// <summary>A decoder that waits between two lines.</summary>
/// <param name="Content">The decompressed bytes that come after <paramref name="Read"/>; owns <paramref name="Stored"/>.</param>
/// <param name="Stored">The stored bytes that it reads.</param>
/// <param name="Read">What was read of the content beyond the last line.</param>
internal sealed record PausedDecoder(InflateStream Content, GZipSpanStream Stored, ReadOnlyMemory<byte> Read);
