using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Dataplug.Metadata;
using ZstdSharp;

namespace Dataplug.Formats.Imzml;

/// <summary>Where the spectra of a run of the document are: a row each, in packed columns.</summary>
/// <remarks>Slot 0 is the m/z array, slot 1 the intensity array; further slots are those of the layout. A row whose layout has fewer
/// arrays holds zeros in the slots that it lacks.</remarks>
internal sealed class SpectrumTable
{
    /// <summary>Layouts that one document may have.</summary>
    public const int MaxLayouts = 4096;

    /// <summary>Arrays that one spectrum may have.</summary>
    public const int MaxSlots = 64;

    private const int CompressionLevel = 3;

    private readonly Dictionary<SpectrumLayout, int> _layoutNumbers = [];

    public List<SpectrumLayout> Layouts { get; } = [];

    /// <summary>Number of the first row in the document.</summary>
    public long First { get; init; }

    public List<int> X { get; } = [];

    public List<int> Y { get; } = [];

    public List<int> Z { get; } = [];

    public List<int> Layout { get; } = [];

    public List<SpectrumSlot> Slots { get; } = [];

    public int Count => X.Count;

    public bool HasZ { get; set; }

    /// <summary>The layout's number, a new one where it was not there.</summary>
    public int NumberOf(SpectrumLayout layout)
    {
        if (_layoutNumbers.TryGetValue(layout, out var number))
            return number;
        if (Layouts.Count == MaxLayouts)
            throw new NotSupportedException($"more than {MaxLayouts} kinds of spectra");
        Layouts.Add(layout);
        _layoutNumbers.Add(layout, Layouts.Count - 1);
        EnsureSlots(layout.Arrays.Count);
        return Layouts.Count - 1;
    }

    /// <summary>Adds a row; the caller then sets its slots.</summary>
    public void Add(int layout, int x, int y, int z)
    {
        Layout.Add(layout);
        X.Add(x);
        Y.Add(y);
        Z.Add(z);
        foreach (var slot in Slots)
            slot.Add(default);
    }

    public void SetArray(int slot, SpectrumArray array) => Slots[slot].Set(Count - 1, array);

    public SpectrumArray ArrayOf(int row, int slot) => Slots[slot].Get(row);

    public SpectrumLayout LayoutOf(int row) => Layouts[Layout[row]];

    /// <summary>Makes room for so many rows like those of a table.</summary>
    public void Expect(SpectrumTable first, int count)
    {
        foreach (var layout in first.Layouts)
            NumberOf(layout);
        foreach (var column in (List<int>[])[X, Y, Z, Layout])
            column.EnsureCapacity(count);
        foreach (var slot in Slots)
        {
            slot.Offsets.EnsureCapacity(count);
            slot.Points.EnsureCapacity(count);
            slot.Lengths.EnsureCapacity(count);
        }
    }

    /// <summary>Adds the rows of a table that follows this one.</summary>
    public void Append(SpectrumTable next)
    {
        var numbers = next.Layouts.Select(NumberOf).ToArray();
        HasZ |= next.HasZ;
        X.AddRange(next.X);
        Y.AddRange(next.Y);
        Z.AddRange(next.Z);
        foreach (var layout in next.Layout)
            Layout.Add(numbers[layout]);
        for (var i = 0; i < Slots.Count; i++)
            Slots[i].Append(i < next.Slots.Count ? next.Slots[i] : null, next.Count);
    }

    /// <summary>Some rows as bytes: in a partial result, or in a blob of the index.</summary>
    public byte[] Encode(int start, int count)
    {
        var buffer = new ArrayBufferWriter<byte>(1024 + (count * 8));
        var layouts = JsonSerializer.SerializeToUtf8Bytes(Layouts, ImzmlJson.Default.ListSpectrumLayout);
        WriteInt64(buffer, First + start);
        WriteInt64(buffer, count);
        WriteInt64(buffer, HasZ ? 1 : 0);
        WriteInt64(buffer, Slots.Count);
        WriteBytes(buffer, layouts);
        var (values, encoded) = (new long[count], new ArrayBufferWriter<byte>(Math.Max(16, count * 2)));
        foreach (var column in (List<int>[])[X, Y, Z, Layout])
            WriteColumn(buffer, column, start, values, encoded);
        foreach (var slot in Slots)
        {
            WriteColumn(buffer, slot.Offsets, start, count, encoded);
            WriteColumn(buffer, slot.Points, start, values, encoded);
            WriteColumn(buffer, slot.Lengths, start, count, encoded);
        }

        using var compressor = new Compressor(CompressionLevel);
        var frame = compressor.Wrap(buffer.WrittenSpan);
        var bytes = new byte[8 + frame.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, buffer.WrittenCount);
        frame.CopyTo(bytes.AsSpan(8));
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="CorruptIndexException">It is something else.</exception>
    public static SpectrumTable Decode(ReadOnlySpan<byte> bytes, string source)
    {
        // zstd makes at most some thousand times of what it reads.
        if (bytes.Length < 8 || BinaryPrimitives.ReadInt64LittleEndian(bytes) is var length && (length < 40 || length / 50_000 > bytes.Length || length > Array.MaxLength))
            throw Corrupt(source);
        var content = new byte[length];
        try
        {
            using var decompressor = new Decompressor();
            if (decompressor.Unwrap(bytes[8..], content) != content.Length)
                throw Corrupt(source);
            return Parse(content, source);
        }
        catch (Exception failure) when (failure is ZstdException or JsonException or ArgumentOutOfRangeException or NotSupportedException)
        {
            throw new CorruptIndexException(source, "a table of spectra in the index is damaged", innerException: failure);
        }
    }

    private static SpectrumTable Parse(ReadOnlySpan<byte> content, string source)
    {
        var at = 0;
        var first = ReadInt64(content, ref at, long.MaxValue, source);
        var count = (int)ReadInt64(content, ref at, content.Length, source);
        var hasZ = ReadInt64(content, ref at, 1, source) != 0;
        var slots = (int)ReadInt64(content, ref at, MaxSlots, source);
        var layouts = JsonSerializer.Deserialize(ReadBytes(content, ref at, source), ImzmlJson.Default.ListSpectrumLayout) ?? throw Corrupt(source);
        var table = new SpectrumTable { First = first, HasZ = hasZ };
        foreach (var layout in layouts)
            table.NumberOf(layout);
        if (table.Layouts.Count != layouts.Count || table.Slots.Count != slots)
            throw Corrupt(source);
        var values = new long[count];
        foreach (var column in (List<int>[])[table.X, table.Y, table.Z, table.Layout])
        {
            ReadColumn(content, ref at, values, source);
            AddChecked(column, values, source);
        }

        foreach (var slot in table.Slots)
        {
            ReadColumn(content, ref at, values, source);
            slot.Offsets.AddRange(values);
            ReadColumn(content, ref at, values, source);
            AddChecked(slot.Points, values, source);
            ReadColumn(content, ref at, values, source);
            slot.Lengths.AddRange(values);
        }

        if (at != content.Length || table.Layout.Exists(layout => layout < 0 || layout >= layouts.Count))
            throw Corrupt(source);
        return table;
    }

    internal static void AddChecked(List<int> column, ReadOnlySpan<long> values, string source)
    {
        column.EnsureCapacity(column.Count + values.Length);
        foreach (var value in values)
        {
            if (value != (int)value)
                throw Corrupt(source);
            column.Add((int)value);
        }
    }

    private void EnsureSlots(int count)
    {
        while (Slots.Count < count)
            Slots.Add(new SpectrumSlot(Count));
    }

    private static CorruptIndexException Corrupt(string source) => new(source, "a table of spectra in the index is damaged");

    private static void WriteInt64(ArrayBufferWriter<byte> buffer, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    private static void WriteBytes(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> bytes)
    {
        WriteInt64(buffer, bytes.Length);
        buffer.Write(bytes);
    }

    // The array and the second buffer are used again and again.
    private static void WriteColumn(ArrayBufferWriter<byte> buffer, List<int> column, int start, long[] values, ArrayBufferWriter<byte> encoded)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = column[start + i];
        WriteColumn(buffer, values, encoded);
    }

    private static void WriteColumn(ArrayBufferWriter<byte> buffer, List<long> column, int start, int count, ArrayBufferWriter<byte> encoded) =>
        WriteColumn(buffer, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(column).Slice(start, count), encoded);

    private static void WriteColumn(ArrayBufferWriter<byte> buffer, ReadOnlySpan<long> values, ArrayBufferWriter<byte> encoded)
    {
        encoded.ResetWrittenCount();
        ColumnCodec.Encode(values, encoded);
        WriteBytes(buffer, encoded.WrittenSpan);
    }

    private static long ReadInt64(ReadOnlySpan<byte> content, ref int at, long limit, string source)
    {
        if (content.Length - at < 8)
            throw Corrupt(source);
        var value = BinaryPrimitives.ReadInt64LittleEndian(content[at..]);
        at += 8;
        return value >= 0 && value <= limit ? value : throw Corrupt(source);
    }

    private static ReadOnlySpan<byte> ReadBytes(ReadOnlySpan<byte> content, ref int at, string source)
    {
        var length = (int)ReadInt64(content, ref at, content.Length, source);
        if (length > content.Length - at)
            throw Corrupt(source);
        at += length;
        return content.Slice(at - length, length);
    }

    private static void ReadColumn(ReadOnlySpan<byte> content, ref int at, Span<long> values, string source)
    {
        if (!ColumnCodec.TryDecode(ReadBytes(content, ref at, source), values))
            throw Corrupt(source);
    }
}

/// <summary>One array of every row.</summary>
internal sealed class SpectrumSlot
{
    /// <summary>Creates a slot whose first rows have nothing.</summary>
    public SpectrumSlot(int rows)
    {
        for (var i = 0; i < rows; i++)
            Add(default);
    }

    public List<long> Offsets { get; } = [];

    public List<int> Points { get; } = [];

    /// <summary>Stored bytes.</summary>
    public List<long> Lengths { get; } = [];

    public SpectrumArray Get(int row) => new(Offsets[row], Points[row], Lengths[row]);

    public void Set(int row, SpectrumArray array) => (Offsets[row], Points[row], Lengths[row]) = (array.Offset, array.Points, array.Length);

    public void Add(SpectrumArray array)
    {
        Offsets.Add(array.Offset);
        Points.Add(array.Points);
        Lengths.Add(array.Length);
    }

    public void Append(SpectrumSlot? next, int rows)
    {
        if (next is not null)
        {
            Offsets.AddRange(next.Offsets);
            Points.AddRange(next.Points);
            Lengths.AddRange(next.Lengths);
            return;
        }

        for (var i = 0; i < rows; i++)
            Add(default);
    }
}

/// <summary>Where one array is in the ibd.</summary>
/// <param name="Offset">Its first byte (IMS:1000102).</param>
/// <param name="Points">Its numbers (IMS:1000103).</param>
/// <param name="Length">Its stored bytes (IMS:1000104).</param>
internal readonly record struct SpectrumArray(long Offset, int Points, long Length);
