using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>A chunk of the stored object in memory, with some bytes before and behind it.</summary>
internal sealed unsafe class SpeculativeInput
{
    /// <summary>Bytes before the chunk: what the one before may leave unconsumed.</summary>
    public const int Headroom = 1 << 10;

    private readonly byte[] _buffer;

    public SpeculativeInput(SpeculationOptions options)
    {
        Capacity = options.ChunkLength + options.Overlap;
        _buffer = GC.AllocateUninitializedArray<byte>(Headroom + Capacity + BlockFinder.Padding, pinned: true);
    }

    /// <summary>The most bytes from the chunk's start on.</summary>
    public int Capacity { get; }

    /// <summary>Where the chunk begins in the object, in bytes.</summary>
    public long Position { get; set; }

    /// <summary>Bytes from the chunk's start on.</summary>
    public int Length { get; set; }

    /// <summary>Whether the object ends with these bytes.</summary>
    public bool IsLast { get; set; }

    /// <summary>Whether it was given to a worker.</summary>
    public bool IsClaimed => Completion is not null;

    /// <summary>When it was given to a worker: completed when that is done, with null when no block was found.</summary>
    public TaskCompletionSource<SpeculatedChunk?>? Completion { get; set; }

    /// <summary>When it was given to a worker: ends when that is done.</summary>
    public Task<SpeculatedChunk?>? Result => Completion?.Task;

    /// <summary>Whether nobody wants the result any more.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>Who still reads it: the scan, and a worker that it was given to.</summary>
    public int Users { get; set; }

    /// <summary>All bytes: <see cref="Headroom"/> before the chunk, then <see cref="Length"/>.</summary>
    public Span<byte> All => _buffer.AsSpan(0, Headroom + Length);

    /// <summary>Room behind the bytes that are there.</summary>
    public Memory<byte> Free => _buffer.AsMemory(Headroom + Length, Capacity - Length);

    /// <summary>The chunk's first byte.</summary>
    public byte* Start => (byte*)Unsafe.AsPointer(ref _buffer[Headroom]);

    /// <summary>Begins with what of the chunk before lies in this one's headroom and in this one.</summary>
    /// <param name="before">The chunk before; it may be this one, if it is done with.</param>
    /// <param name="chunkLength">Its length without what lies behind it.</param>
    public void Follow(SpeculativeInput before, int chunkLength)
    {
        var length = before.Length - chunkLength;
        before._buffer.AsSpan(chunkLength, Headroom + length).CopyTo(_buffer);
        Begin(before.Position + chunkLength);
        Length = length;
    }

    /// <summary>Begins an object, or the rest of one.</summary>
    public void Begin(long position)
    {
        Position = position;
        Length = 0;
        IsGivenUp = false;
        Completion = null;
        Users = 1;
    }
}
