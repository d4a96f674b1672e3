namespace Dataplug.Compression;

/// <summary>
/// Blocks that were decoded ahead, for a decoder that arrives at them: it asks at every block's start, and copies what it gets instead
/// of decoding.
/// </summary>
internal sealed unsafe class SpeculatedBlocks
{
    private readonly SymbolResolver _resolver = new();
    private readonly Queue<SpeculatedChunk> _chunks = new();
    private readonly Action<SpeculatedChunk> _release;
    private SpeculatedChunk? _chunk;
    private bool _isAnchored;
    private int _next;

    /// <param name="release">Takes back chunks that are no longer needed.</param>
    public SpeculatedBlocks(Action<SpeculatedChunk> release) => _release = release;

    /// <summary>Bytes that were copied instead of decoded.</summary>
    public long Copied { get; private set; }

    /// <summary>Gives the next chunk; chunks come in the order of the object.</summary>
    public void Add(SpeculatedChunk chunk) => _chunks.Enqueue(chunk);

    /// <summary>Lets all chunks go.</summary>
    public void Clear()
    {
        while (_chunk is not null || _chunks.Count > 0)
            Drop();
    }

    /// <summary>Looks for the block that begins at a place.</summary>
    /// <param name="bit">The place, where a block begins; places rise from call to call.</param>
    /// <param name="window">The bytes before it that matches may refer to.</param>
    /// <param name="mayTake">False when the block is to be decoded all the same.</param>
    /// <param name="block">The block; its output is copied by <see cref="Copy"/> before the next call.</param>
    public bool TryTake(long bit, ReadOnlySpan<byte> window, bool mayTake, out SpeculatedBlock block)
    {
        block = default;
        for (; ; )
        {
            if (_chunk is null)
            {
                if (!_chunks.TryDequeue(out _chunk))
                    return false;
                _next = 0;
                _isAnchored = false;
            }
            var blocks = _chunk.Blocks;
            while (_next < blocks.Count && blocks[_next].StartBit < bit)
            {
                // Past the first block without having met its start: then nothing says what the markers stand for.
                if (!_isAnchored)
                    break;
                _next++;
            }
            if (_next == blocks.Count || !_isAnchored && blocks[0].StartBit < bit)
            {
                Drop();
                continue;
            }
            if (!_isAnchored && bit >= _chunk.FirstBit)
            {
                if (_chunk.NeedsWindow)
                {
                    if (window.Length < WindowCodec.MaxWindowLength)
                    {
                        Drop();
                        continue;
                    }
                    _resolver.SetWindow(window);
                }
                _isAnchored = true;
            }
            if (!_isAnchored || (_next == 0 ? bit < _chunk.FirstBit : blocks[_next].StartBit != bit))
                return false;
            if (!mayTake)
                return false;
            block = blocks[_next++];
            return true;
        }
    }

    /// <summary>Copies part of a block's output.</summary>
    /// <param name="block">The block that was taken last.</param>
    /// <param name="from">Bytes of it that were copied before.</param>
    /// <param name="count">Bytes to copy.</param>
    /// <param name="output">Takes them; <see cref="SymbolResolver.Margin"/> more are writable.</param>
    public void Copy(in SpeculatedBlock block, int from, int count, byte* output)
    {
        var chunk = _chunk!;
        if (block.IsBytes)
            Buffer.MemoryCopy(chunk.Bytes + block.Start + from, output, count, count);
        else
            _resolver.Resolve(chunk.Symbols + block.Start + from, count, output);
        Copied += count;
    }

    private void Drop()
    {
        var chunk = _chunk ?? _chunks.Dequeue();
        _chunk = null;
        _release(chunk);
    }
}
