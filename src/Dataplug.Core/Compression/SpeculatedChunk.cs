namespace Dataplug.Compression;

/// <summary>A block that was decoded without knowing whether it is one.</summary>
/// <param name="StartBit">Where its header begins, in bits from the object's start.</param>
/// <param name="EndBit">Where it ends.</param>
/// <param name="Start">Its first symbol in <see cref="SpeculatedChunk.Symbols"/>, or its first byte in
/// <see cref="SpeculatedChunk.Bytes"/>.</param>
/// <param name="Length">Bytes of output.</param>
/// <param name="IsBytes">Whether its output is bytes.</param>
/// <param name="IsLast">Whether it is the last one of its deflate stream.</param>
internal readonly record struct SpeculatedBlock(long StartBit, long EndBit, int Start, int Length, bool IsBytes, bool IsLast);

/// <summary>
/// Part of a gzip object, decoded from a guessed start: its blocks, first to symbols, and to bytes from where the unknown window is
/// no longer referred to.
/// </summary>
/// <remarks>Nothing here is taken for true until somebody who decoded all that comes before arrives at the start of one of the
/// blocks: from there on the bits allow nothing else.</remarks>
internal sealed unsafe class SpeculatedChunk : IDisposable
{
    private const int WindowLength = WindowCodec.MaxWindowLength;
    private const int TrailerLength = 8;

    // Each begins with its window: of the symbols it is markers for all times.
    private readonly LargeBuffer _symbols;
    private readonly LargeBuffer _bytes;
    private readonly ushort* _symbolsEnd;
    private readonly byte* _bytesEnd;
    private int _symbolCount;
    private int _byteCount;

    private readonly InflateDecoder _inflate = new();
    private readonly BlockFinder _finder;
    private readonly GzipHeaderReader _header = new();

    /// <param name="maxOutput">The most output that is kept; a chunk that has more ends early.</param>
    public SpeculatedChunk(int maxOutput)
    {
        _finder = new BlockFinder(_inflate);
        var length = WindowLength + maxOutput + InflateDecoder.OutputMargin;
        _symbols = new LargeBuffer((nuint)length * sizeof(ushort));
        _bytes = new LargeBuffer((nuint)length);
        Symbols = (ushort*)_symbols.Start + WindowLength;
        Bytes = _bytes.Start + WindowLength;
        _symbolsEnd = (ushort*)_symbols.Start + length;
        _bytesEnd = _bytes.Start + length;
        for (var i = 0; i < WindowLength; i++)
            (Symbols - WindowLength)[i] = (ushort)(InflateDecoder.FirstMarker + i);
    }

    /// <summary>The blocks, one after another; between two of them there may be a member's trailer and the next one's header.</summary>
    public List<SpeculatedBlock> Blocks { get; } = [];

    /// <summary>The first place where the first block may have begun; see <see cref="BlockCandidate.FirstBit"/>.</summary>
    public long FirstBit { get; private set; }

    /// <summary>Whether any output is symbols, so that the 32 KiB before the start are needed.</summary>
    public bool NeedsWindow => _symbolCount > 0;

    /// <summary>Output as symbols.</summary>
    public ushort* Symbols { get; }

    /// <summary>Output as bytes.</summary>
    public byte* Bytes { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _symbols.Dispose();
        _bytes.Dispose();
    }

    /// <summary>Decodes from the first block that is found to the first boundary at or after an end.</summary>
    /// <param name="data">Part of the object; <see cref="BlockFinder.Padding"/> bytes behind it are readable.</param>
    /// <param name="length">Bytes of it.</param>
    /// <param name="position">Where it is in the object, in bytes.</param>
    /// <param name="end">Bytes from the part's start to the end.</param>
    /// <returns>False when no block was found before the end.</returns>
    public bool TryDecode(byte* data, int length, long position, int end)
    {
        var endBit = (long)end * 8;
        for (long from = 0; ;)
        {
            var candidate = _finder.Find(data, length, from, endBit);
            if (candidate.Kind == BlockCandidateKind.None)
                return false;
            if (TryDecodeFrom(data, length, position * 8, candidate, endBit))
            {
                // Only a stored block's header may begin at one place or another. Of a member the header is not a block's start: who
                // arrives at a block within it has come to another place.
                FirstBit = candidate.Kind != BlockCandidateKind.Stored && Blocks.Count > 0 ? Blocks[0].StartBit : position * 8 + candidate.FirstBit;
                return true;
            }
            from = candidate.Bit + 1;
        }
    }

    private bool TryDecodeFrom(byte* data, int length, long baseBit, BlockCandidate candidate, long endBit)
    {
        // Blocks that come before an error are kept where they are too many to be chance.
        const int enough = 3;

        Blocks.Clear();
        _symbolCount = _byteCount = 0;
        var cursor = new InflateCursor { In = data + (candidate.Bit >> 3), InEnd = data + length, Bit = (int)(candidate.Bit & 7) };
        var isBytes = candidate.Kind == BlockCandidateKind.Member;
        if (isBytes)
        {
            if (!TryEnterMember(ref cursor))
                return false;
        }
        else
        {
            _inflate.Reset();
            cursor.Out = (byte*)Symbols;
            cursor.OutEnd = (byte*)_symbolsEnd;
            cursor.History = _symbols.Start;
        }

        for (; ; )
        {
            var start = (cursor.In - data) * 8 + cursor.Bit;
            if (start >= endBit)
                return true;
            var status = isBytes ? _inflate.Decode(ref cursor) : _inflate.DecodeSymbols(ref cursor);
            if (status is not (InflateStatus.BlockEnd or InflateStatus.StreamEnd))
                return Blocks.Count >= (status == InflateStatus.Corrupt ? enough : 1);

            var count = isBytes ? (int)(cursor.Out - Bytes) : (int)((ushort*)cursor.Out - Symbols);
            var before = isBytes ? _byteCount : _symbolCount;
            var isLast = status == InflateStatus.StreamEnd;
            Blocks.Add(new(baseBit + start, baseBit + (cursor.In - data) * 8 + cursor.Bit, before, count - before, isBytes, isLast));
            if (isBytes)
                _byteCount = count;
            else
                _symbolCount = count;
            if (isLast)
            {
                cursor.In += (cursor.Bit + 7 >> 3) + TrailerLength;
                cursor.Bit = 0;
                if (cursor.In >= cursor.InEnd || !TryEnterMember(ref cursor))
                    return true;
                isBytes = true;
            }
            else if (!isBytes && count >= WindowLength && SymbolResolver.AreBytes(Symbols + count - WindowLength, WindowLength))
            {
                // The window is known from here on.
                for (var i = 0; i < WindowLength; i++)
                    (Bytes - WindowLength)[i] = (byte)Symbols[count - WindowLength + i];
                UseBytes(ref cursor, WindowLength);
                isBytes = true;
            }
        }
    }

    /// <summary>Reads a member's header; what follows is decoded to bytes, with nothing before it.</summary>
    private bool TryEnterMember(ref InflateCursor cursor)
    {
        _header.Reset();
        if (!_header.Append(new ReadOnlySpan<byte>(cursor.In, (int)(cursor.InEnd - cursor.In)), out var consumed, out _, out _))
            return false;
        cursor.In += consumed;
        _inflate.Reset();
        UseBytes(ref cursor, 0);
        return true;
    }

    private void UseBytes(ref InflateCursor cursor, int history)
    {
        cursor.Out = Bytes + _byteCount;
        cursor.OutEnd = _bytesEnd;
        cursor.History = cursor.Out - history;
    }
}
