using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>The memory of all models of one coder, in pinned blocks that are used again for every chunk. Models are made when the first
/// symbol needs them: of the thousands that a format has, a chunk uses a few dozens, and small chunks are cheap.</summary>
internal sealed unsafe class ModelArena(bool decoding)
{
    private const int BlockLength = 1 << 18;
    private const int Alignment = 32;

    // A fresh model of each size in use, copied rather than computed.
    private readonly SymbolModel*[] _fresh = new SymbolModel*[SymbolModel.MaxSymbols + 1];
    private readonly List<byte[]> _freshBlocks = [];
    private readonly List<byte[]> _blocks = [];
    private int _block = -1;
    private byte* _next;
    private byte* _end;

    /// <summary>Bytes of memory that this holds, however much of it is in use.</summary>
    public long Allocated => _blocks.Sum(block => (long)block.Length);

    /// <summary>Forgets all that was made; every pointer into the arena is void.</summary>
    public void Reset()
    {
        _block = -1;
        _next = _end = null;
    }

    /// <summary>Gives a model whose symbols are equally likely.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public SymbolModel* Symbols(int symbols)
    {
        var fresh = _fresh[symbols];
        if (fresh == null)
            fresh = _fresh[symbols] = MakeFresh(symbols);
        var length = SymbolModel.LengthOf(symbols, decoding);
        var model = (SymbolModel*)Take(length);
        Buffer.MemoryCopy(fresh, model, length, length);
        return model;
    }

    /// <summary>Gives room of zeros for a structure.</summary>
    public T* Make<T>()
        where T : unmanaged
    {
        var room = Take(sizeof(T));
        Unsafe.InitBlockUnaligned(room, 0, (uint)sizeof(T));
        return (T*)room;
    }

    /// <summary>Gives room of zeros for pointers to models that are not made yet.</summary>
    public SymbolModel** Pointers(int count)
    {
        var length = count * sizeof(SymbolModel*);
        var room = Take(length);
        Unsafe.InitBlockUnaligned(room, 0, (uint)length);
        return (SymbolModel**)room;
    }

    private static byte* Align(byte* address) => (byte*)(((nuint)address + (Alignment - 1)) & ~(nuint)(Alignment - 1));

    private SymbolModel* MakeFresh(int symbols)
    {
        var block = GC.AllocateUninitializedArray<byte>(SymbolModel.LengthOf(symbols, decoding) + Alignment, pinned: true);
        _freshBlocks.Add(block);
        var model = (SymbolModel*)Align((byte*)Unsafe.AsPointer(ref block[0]));
        SymbolModel.Initialize(model, symbols, decoding);
        return model;
    }

    private byte* Take(int length)
    {
        length = (length + Alignment - 1) & ~(Alignment - 1);
        if (_end - _next < length)
            NextBlock(length);
        var taken = _next;
        _next += length;
        return taken;
    }

    private void NextBlock(int length)
    {
        // A block too small for an unusually large structure is passed over, until the next chunk.
        do
        {
            if (++_block == _blocks.Count)
                _blocks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(BlockLength, length) + Alignment, pinned: true));
            var block = _blocks[_block];
            _next = Align((byte*)Unsafe.AsPointer(ref block[0]));
            _end = (byte*)Unsafe.AsPointer(ref block[0]) + block.Length;
        }
        while (_end - _next < length);
    }
}
