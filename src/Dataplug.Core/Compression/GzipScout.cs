using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>A place where a block or a member begins.</summary>
/// <param name="Bit">Bits from the object's start.</param>
/// <param name="Output">Bytes of output before it: of the whole object, or of a part where that is said.</param>
/// <param name="IsMemberStart">Whether it is a member's header.</param>
internal readonly record struct GzipBoundary(long Bit, long Output, bool IsMemberStart);

/// <summary>
/// Decodes a range of a gzip object without what comes before it, and keeps only what the next range's decoder has to know: how the
/// window at the end follows from the window at the start, how much output there is, and its line feeds.
/// </summary>
/// <remarks>See <see cref="InflateDecoder.DecodeSymbols"/> for the symbols that stand for what is unknown.</remarks>
internal sealed unsafe class GzipScout
{
    private const int WindowLength = WindowCodec.MaxWindowLength;
    private const int OutputLength = 512 << 10;
    private const int TrailerLength = 8;

    private readonly InflateDecoder _inflate = new();
    private readonly GzipHeaderReader _header = new();
    private readonly ushort[] _symbols = GC.AllocateUninitializedArray<ushort>(WindowLength + OutputLength + InflateDecoder.OutputMargin, pinned: true);
    private readonly long[] _markers = new long[WindowLength];

    /// <summary>What became of it.</summary>
    public enum Outcome
    {
        /// <summary>There is a report.</summary>
        Found,

        /// <summary>The last block goes on behind the data.</summary>
        NeedsMoreData,

        /// <summary>No block was found, or the data are damaged.</summary>
        NotFound,
    }

    /// <summary>Decodes from the first block that is found to the first boundary at or after an end.</summary>
    /// <param name="data">Part of the object; <see cref="BlockFinder.Padding"/> bytes behind it are readable.</param>
    /// <param name="length">Bytes of it.</param>
    /// <param name="position">Where it is in the object, in bytes; at 0 a member begins.</param>
    /// <param name="end">Bytes from the part's start to the end.</param>
    /// <param name="report">What there is to know.</param>
    /// <param name="cancellationToken">Looked at for every block.</param>
    public Outcome TryScout(byte* data, int length, long position, int end, out GzipScoutReport? report, CancellationToken cancellationToken)
    {
        var finder = new BlockFinder(_inflate);
        var endBit = (long)end * 8;
        for (long from = 0; ;)
        {
            report = null;
            var candidate = position == 0 && from == 0
                ? new BlockCandidate(BlockCandidateKind.Member, 0, 0)
                : finder.Find(data, length, from, endBit);
            if (candidate.Kind == BlockCandidateKind.None)
                return Outcome.NotFound;
            report = new GzipScoutReport { FirstBit = position * 8 + candidate.FirstBit, StartBit = position * 8 + candidate.Bit, StartsAtMember = candidate.Kind == BlockCandidateKind.Member };
            switch (TryScoutFrom(data, length, position * 8, candidate, endBit, report, cancellationToken))
            {
                case InflateStatus.StreamEnd:
                    return Outcome.Found;
                case InflateStatus.NeedInput:
                    return Outcome.NeedsMoreData;
                case InflateStatus.OutputFull:
                    return Outcome.NotFound;
                default:
                    from = candidate.Bit + 1;
                    break;
            }
        }
    }

    /// <returns>StreamEnd when the end was reached, NeedInput when the data end before it, Corrupt when this was no block, OutputFull when
    /// it was, but the data are damaged later on.</returns>
    private InflateStatus TryScoutFrom(byte* data, int length, long baseBit, BlockCandidate candidate, long endBit, GzipScoutReport report, CancellationToken cancellationToken)
    {
        const int enough = 3;

        var start = (ushort*)Unsafe.AsPointer(ref _symbols[0]);
        for (var i = 0; i < WindowLength; i++)
            start[i] = (ushort)(InflateDecoder.FirstMarker + i);
        Array.Clear(_markers);
        var outputBase = -(long)WindowLength;
        var counted = start + WindowLength;
        var cursor = new InflateCursor
        {
            In = data + (candidate.Bit >> 3),
            InEnd = data + length,
            Bit = (int)(candidate.Bit & 7),
            Out = (byte*)counted,
            OutEnd = (byte*)(start + _symbols.Length),
            History = (byte*)start,
        };
        _inflate.Reset();
        var atMember = candidate.Kind == BlockCandidateKind.Member;
        for (var blocks = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var here = (cursor.In - data) * 8 + cursor.Bit;
            if (blocks > 0)
                report.Boundaries.Add(new(baseBit + here, outputBase + ((ushort*)cursor.Out - start), atMember));
            if (here >= endBit)
                break;
            if (atMember)
            {
                _header.Reset();
                if (!_header.Append(new ReadOnlySpan<byte>(cursor.In, (int)(cursor.InEnd - cursor.In)), out var consumed, out var problem, out _))
                    return problem is null ? InflateStatus.NeedInput : blocks >= enough ? InflateStatus.OutputFull : InflateStatus.Corrupt;
                cursor.In += consumed;
                cursor.History = cursor.Out;
                _inflate.Reset();
                atMember = false;
            }

            InflateStatus status;
            while ((status = _inflate.DecodeSymbols(ref cursor)) == InflateStatus.OutputFull)
            {
                Count(counted, (int)((ushort*)cursor.Out - counted), report);
                var shift = (ushort*)cursor.Out - (start + WindowLength);
                Buffer.MemoryCopy(start + shift, start, WindowLength * sizeof(ushort), WindowLength * sizeof(ushort));
                outputBase += shift;
                counted = start + WindowLength;
                cursor.Out = (byte*)counted;
                cursor.History = (byte*)Math.Max((nuint)start, (nuint)((ushort*)cursor.History - shift));
            }
            if (status == InflateStatus.NeedInput)
                return status;
            if (status == InflateStatus.Corrupt)
                return blocks >= enough ? InflateStatus.OutputFull : InflateStatus.Corrupt;
            blocks++;
            if (status == InflateStatus.StreamEnd)
            {
                cursor.In += (cursor.Bit + 7 >> 3) + TrailerLength;
                cursor.Bit = 0;
                if (cursor.InEnd - cursor.In < 2)
                    return InflateStatus.NeedInput;
                // What comes behind the last member is for those who come from there.
                if (cursor.In[0] != 0x1F || cursor.In[1] != 0x8B)
                    return InflateStatus.OutputFull;
                atMember = true;
            }
        }

        Count(counted, (int)((ushort*)cursor.Out - counted), report);
        report.EndsAtMember = atMember;
        report.EndBit = baseBit + (cursor.In - data) * 8 + cursor.Bit;
        report.Output = outputBase + ((ushort*)cursor.Out - start);
        var window = (int)Math.Min(WindowLength, (ushort*)cursor.Out - (ushort*)cursor.History);
        report.Window = atMember ? [] : new ReadOnlySpan<ushort>((ushort*)cursor.Out - window, window).ToArray();
        report.LastSymbol = report.Output > 0 ? ((ushort*)cursor.Out)[-1] : (ushort)0;
        for (var i = 0; i < WindowLength; i++)
        {
            if (_markers[i] > 0)
                report.Markers.Add((i, _markers[i]));
        }
        return InflateStatus.StreamEnd;
    }

    /// <summary>Counts line feeds, and how often each marker occurs: it may stand for one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Count(ushort* symbols, int count, GzipScoutReport report)
    {
        report.LineFeeds += new ReadOnlySpan<ushort>(symbols, count).Count((ushort)0x0A);
        ref var markers = ref _markers[0];
        const int step = 64;
        for (var i = 0; i < count; i += step)
        {
            var end = Math.Min(step, count - i);
            if (SymbolResolver.AreBytes(symbols + i, end))
                continue;
            for (var j = i; j < i + end; j++)
            {
                if (symbols[j] >= InflateDecoder.FirstMarker)
                    Unsafe.Add(ref markers, symbols[j] - InflateDecoder.FirstMarker)++;
            }
        }
    }
}
