using System.Runtime.InteropServices;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>Reads the spectra of a slice as spans: fill, then read until there is none, and so on.</summary>
/// <remarks>At most 64 MiB of stored arrays are in memory, unless a single spectrum has more. Not for use by several threads at once.</remarks>
public sealed class SpectrumReader : IAsyncDisposable
{
    private readonly PinnedObject _ibd;
    private readonly SpectrumTable _table;
    private readonly int[] _numbers;
    private readonly SpectrumPiece[] _pieces;
    private readonly SpectrumSelection _selection;
    private readonly IAsyncEnumerator<SpectrumWave> _waves;
    private readonly CancellationTokenSource _stop = new();
    private SpectrumWave? _wave;
    private int _next;
    private double[] _mz = [];
    private double[] _intensities = [];
    private double[] _other = [];
    private int[] _chosen = [];
    private (SpectrumPiece Piece, SpectrumArray Array, ArrayLayout? Layout) _axis;
    private bool _isSorted;

    private SpectrumReader(ImzmlSlice slice, PinnedObject ibd, SpectrumTable table, int[] numbers, SpectrumPiece[] pieces)
    {
        _ibd = ibd;
        _table = table;
        _numbers = numbers;
        _pieces = pieces;
        _selection = slice.Selection;
        _waves = SpectrumFetch.ReadAsync(ibd, table, pieces, table.Slots.Count, slice.MaxGap ?? ReadManyOptions.Default.MaxGap, _stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    /// <summary>Number of spectra.</summary>
    public int Count => _pieces.Length;

    internal SpectrumTable Table => _table;

    internal PinnedObject Ibd => _ibd;

    /// <summary>Fetches more spectra.</summary>
    /// <returns>False when all have been read.</returns>
    /// <exception cref="StaleIndexException">The ibd changed since it was indexed.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken = default)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _stop);
        try
        {
            _wave = await _waves.MoveNextAsync().ConfigureAwait(false) ? _waves.Current : null;
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }

        return _wave is not null;
    }

    /// <summary>Reads the next spectrum of those that were fetched.</summary>
    /// <param name="spectrum">The spectrum; its spans are good until the next call.</param>
    /// <returns>False when there is none.</returns>
    /// <exception cref="CorruptObjectException">An array does not decompress to what the document says.</exception>
    public bool TryRead(out SpectrumView spectrum)
    {
        if (_wave is null || _next >= _wave.Start + _wave.Count)
        {
            spectrum = default;
            return false;
        }

        var piece = _pieces[_next];
        var layout = _table.LayoutOf(piece.Row);
        if (_mz.Length < piece.Points)
            (_mz, _intensities, _axis) = (new double[piece.Points], new double[piece.Points], default);
        var mz = _mz.AsSpan(0, piece.Points);
        var intensities = _intensities.AsSpan(0, piece.Points);
        (SpectrumPiece, SpectrumArray, ArrayLayout?) axis = (piece with { Row = 0 }, _table.ArrayOf(piece.Row, 0), layout.Arrays[0]);
        if (axis != _axis || piece.Points == 0)
        {
            Decode(piece, 0, mz);
            _isSorted = !_selection.IsWindow || SpectrumStatistics.IsSorted(mz);
            _axis = axis;
        }

        Decode(piece, 1, intensities);
        var (first, count) = (0, piece.Points);
        int[]? chosen = null;
        if (_selection.IsWindow && _isSorted)
        {
            first = LowerBound(mz, _selection.MinMz ?? double.NegativeInfinity);
            count = LowerBound(mz, _selection.MaxMz ?? double.PositiveInfinity, orEnd: _selection.MaxMz is null) - first;
        }
        else if (_selection.IsWindow)
        {
            chosen = _chosen.Length < piece.Points ? _chosen = new int[piece.Points] : _chosen;
            (first, count) = (0, Choose(mz, chosen));

            // The axis as it was stored is needed no more.
            _axis = default;
            Keep(mz, chosen, count);
            Keep(intensities, chosen, count);
        }

        spectrum = new SpectrumView(this, _next, _numbers[_next], piece, layout, mz.Slice(first, count), intensities.Slice(first, count), first, chosen);
        _next++;
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _waves.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    internal static async Task<SpectrumReader> OpenAsync(ImzmlSlice slice, PinnedObject ibd, CancellationToken cancellationToken)
    {
        var name = slice.Source.Uri.Display;
        var loaded = await Task.WhenAll(slice.Blobs.Select(blob => blob.LoadAsync(slice.Stores, cancellationToken))).ConfigureAwait(false);
        var wanted = slice.Selection.Numbers is { } packed ? PackedRuns.Unpack(packed, name) : null;
        var table = new SpectrumTable();
        var (numbers, pieces, tableStart) = (new List<int>(), new List<SpectrumPiece>(), 0);
        (int First, int Points)? window = null;
        for (var i = 0; i < slice.Tables.Count; i++)
        {
            var part = SpectrumTable.Decode(loaded[i].Span, name);
            var blocks = slice.MzBlocks is null ? null : Dataplug.Formats.Imzml.MzBlocks.Decode(loaded[slice.Tables.Count + i].Span, name);
            if (part.First > int.MaxValue - part.Count || (blocks is not null && blocks.Count != part.Count) || part.Slots.Count < 2 && part.Count > 0)
                throw new CorruptIndexException(name, "parts of the index contradict each other");
            table.Append(part);
            var run = 0;
            for (var row = 0; row < part.Count; row++)
            {
                var number = (int)part.First + row;
                if (number < slice.Selection.First || number >= slice.Selection.End || slice.Selection.Area?.Contains(part.X[row], part.Y[row], part.Z[row]) == false)
                    continue;
                while (wanted is not null && run < wanted.Count && wanted[run].End <= number)
                    run++;
                if (wanted is not null && (run == wanted.Count || wanted[run].Offset > number))
                    continue;
                var points = part.ArrayOf(row, 0).Points;
                var (first, count) = (0, points);
                if (slice.Selection.IsWindow && blocks is not null)
                    (first, count, _) = blocks.Find(row, points, slice.Selection.MinMz ?? double.NegativeInfinity, slice.Selection.MaxMz ?? double.PositiveInfinity);
                else if (slice.Selection.IsWindow && points > 0)
                    (first, count) = window ??= await FindOnAxisAsync(slice, ibd, part, row, cancellationToken).ConfigureAwait(false);
                numbers.Add(number);
                pieces.Add(new SpectrumPiece(tableStart + row, first, count));
            }

            tableStart += part.Count;
        }

        return numbers.Count == slice.SpectrumCount
            ? new SpectrumReader(slice, ibd, table, [.. numbers], [.. pieces])
            : throw new CorruptIndexException(name, $"the index has {numbers.Count} spectra of the slice, which has {slice.SpectrumCount}", "Partition the data set again; if that fails too, preprocess it with force.");
    }

    internal ReadOnlyMemory<byte> StoredOf(int piece, int slot) => _wave!.BytesOf(piece, slot);

    internal ReadOnlySpan<double> DecodeOther(int piece, int slot, int first, int count, int[]? chosen)
    {
        var points = _pieces[piece].Points;
        if (_other.Length < points)
            _other = new double[points];
        var values = _other.AsSpan(0, points);
        Decode(_pieces[piece], slot, values, piece);
        if (chosen is not null)
            Keep(values, chosen, count);
        return values.Slice(first, count);
    }

    // All spectra share one axis: where the window is on it.
    private static async Task<(int First, int Points)> FindOnAxisAsync(ImzmlSlice slice, PinnedObject ibd, SpectrumTable table, int row, CancellationToken cancellationToken)
    {
        var array = table.ArrayOf(row, 0);
        var layout = table.LayoutOf(row).Arrays[0];
        var axis = new double[array.Points];
        ArrayDecoder.Decode(await ibd.ReadAsync(new ByteRange(array.Offset, array.Length), cancellationToken).ConfigureAwait(false), layout, array.Points, 0, axis, ibd.Uri.Display, array.Offset);
        if (!SpectrumStatistics.IsSorted(axis))
            return (0, array.Points);
        var first = LowerBound(axis, slice.Selection.MinMz ?? double.NegativeInfinity);
        return (first, LowerBound(axis, slice.Selection.MaxMz ?? double.PositiveInfinity, orEnd: slice.Selection.MaxMz is null) - first);
    }

    internal static int LowerBound(ReadOnlySpan<double> sorted, double value, bool orEnd = false)
    {
        if (orEnd)
            return sorted.Length;
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (int)(((uint)low + (uint)high) / 2);
            if (sorted[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static void Keep(Span<double> values, int[] chosen, int count)
    {
        for (var i = 0; i < count; i++)
            values[i] = values[chosen[i]];
    }

    // NaN belongs to the first window of all, so that no point is lost.
    private int Choose(ReadOnlySpan<double> mz, int[] chosen)
    {
        var count = 0;
        for (var i = 0; i < mz.Length; i++)
        {
            if (double.IsNaN(mz[i]) ? _selection.MinMz is null : mz[i] >= (_selection.MinMz ?? double.NegativeInfinity) && (_selection.MaxMz is not { } high || mz[i] < high))
                chosen[count++] = i;
        }

        return count;
    }

    private void Decode(SpectrumPiece piece, int slot, Span<double> values) => Decode(piece, slot, values, _next);

    private void Decode(SpectrumPiece piece, int slot, Span<double> values, int number)
    {
        if (piece.Points == 0)
            return;
        var array = _table.ArrayOf(piece.Row, slot);
        if (array.Points == 0)
            values.Clear();
        else if (array.Points < piece.First + piece.Points)
            throw new CorruptObjectException(_ibd.Uri.Display, $"an array of spectrum {_numbers[number]} has {array.Points} points, its intensities have more", byteOffset: array.Offset);
        else
            ArrayDecoder.Decode(_wave!.BytesOf(number, slot), _table.LayoutOf(piece.Row).Arrays[slot], array.Points, piece.First, values, _ibd.Uri.Display, array.Offset);
    }
}

/// <summary>A spectrum in a reader's memory: good until the next one is read.</summary>
public readonly ref struct SpectrumView
{
    private readonly SpectrumReader _reader;
    private readonly int _pieceNumber;
    private readonly SpectrumPiece _piece;
    private readonly int _first;
    private readonly int[]? _chosen;

    internal SpectrumView(SpectrumReader reader, int pieceNumber, int number, SpectrumPiece piece, SpectrumLayout layout, ReadOnlySpan<double> mz, ReadOnlySpan<double> intensities, int first, int[]? chosen)
    {
        _reader = reader;
        _pieceNumber = pieceNumber;
        _piece = piece;
        _first = first;
        _chosen = chosen;
        Number = number;
        Layout = layout;
        Mz = mz;
        Intensities = intensities;
    }

    /// <summary>Its number in the document, from 0.</summary>
    public int Number { get; }

    /// <summary>Its column in the image (IMS:1000050).</summary>
    public int X => _reader.Table.X[_piece.Row];

    /// <summary>Its row (IMS:1000051).</summary>
    public int Y => _reader.Table.Y[_piece.Row];

    /// <summary>Its layer (IMS:1000052); 1 where the document has none.</summary>
    public int Z => _reader.Table.Z[_piece.Row];

    /// <summary>What kind of spectrum it is, and how its arrays are stored.</summary>
    public SpectrumLayout Layout { get; }

    /// <summary>Its m/z values: of a window only those in it.</summary>
    public ReadOnlySpan<double> Mz { get; }

    /// <summary>Its intensities, as many.</summary>
    public ReadOnlySpan<double> Intensities { get; }

    /// <summary>Reads one of its other arrays, as many values; they are good until the next call.</summary>
    /// <param name="array">The array's place in <see cref="SpectrumLayout.Arrays"/>, from 2.</param>
    public ReadOnlySpan<double> ReadOther(int array)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(array, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(array, Layout.Arrays.Count);
        return _reader.DecodeOther(_pieceNumber, array, _first, Mz.Length, _chosen);
    }

    /// <summary>A copy that stays.</summary>
    public Spectrum ToSpectrum()
    {
        var others = Layout.Arrays.Count <= 2 ? [] : new ReadOnlyMemory<double>[Layout.Arrays.Count - 2];
        for (var i = 0; i < others.Length; i++)
            others[i] = ReadOther(i + 2).ToArray();
        return new Spectrum(Number, X, Y, Z, Mz.ToArray(), Intensities.ToArray(), Layout, others);
    }

    /// <summary>Where one of its arrays is in the ibd.</summary>
    internal SpectrumArray SourceOf(int slot) => _reader.Table.ArrayOf(_piece.Row, slot);

    /// <summary>The stored bytes of one of its arrays: as they are where no points are left out and what is stored is wanted, else the numbers
    /// of its points, not compressed.</summary>
    internal ReadOnlyMemory<byte> Store(int slot, bool asStored)
    {
        var bytes = _reader.StoredOf(_pieceNumber, slot);
        if (asStored || _piece.Points == 0)
            return bytes;
        var layout = Layout.Arrays[slot];
        var array = _reader.Table.ArrayOf(_piece.Row, slot);
        if (array.Points == 0)
            return default;
        var (raw, start) = layout.Compression == ArrayCompression.None ? (bytes, 0) : (ArrayDecoder.Decompress(bytes, layout, array.Points, _reader.Ibd.Uri.Display, array.Offset), _piece.First);
        if (_chosen is null)
            return raw.Slice((start + _first) * layout.ElementSize, Mz.Length * layout.ElementSize);
        var chosen = new byte[Mz.Length * layout.ElementSize];
        for (var i = 0; i < Mz.Length; i++)
            raw.Span.Slice((start + _chosen[i]) * layout.ElementSize, layout.ElementSize).CopyTo(chosen.AsSpan(i * layout.ElementSize));
        return chosen;
    }
}
