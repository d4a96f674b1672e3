using System.Buffers.Binary;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>What is no sound TIFF, or one that is not read.</summary>
public sealed class GeoTiffFaultTests : GeoTiffBench
{
    private static readonly TiffSample Plain = new() { Width = 64, Height = 64, Tile = (16, 16), Compression = 8, DirectoriesFirst = true };

    [Fact]
    public async Task Directories_that_lead_nowhere_are_refused()
    {
        var stored = TiffBuilder.Build(Plain);
        foreach (var (damage, problem) in new (Action<byte[]>, string)[]
        {
            (file => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), 0), "no image"),
            (file => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), uint.MaxValue), "is said to be at byte"),
            (file => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), (uint)file.Length - 1), "a directory"),
            (file => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), 0), "0 entries"),
            (file => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), ushort.MaxValue), "65535 entries"),
            (file => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(NextOf(file)), 8), "follows itself"),
            (file => BinaryPrimitives.WriteUInt16LittleEndian(file, 0), "does not begin as a TIFF"),
            (file => Entry(file, 256, value: 0), "the width of an image is 0"),
            (file => Entry(file, 322, value: 0), "the width of tiles"),
            (file => Entry(file, 324, count: 3), "places of 3"),
            (file => Entry(file, 325, count: 3), "lengths of 3"),
            (file => Entry(file, 324, count: 100_000_000), "values of type"),
            (file => Entry(file, 324, value: (uint)file.Length), "would take"),
            (file => Entry(file, 257, value: 65535), "has 16384 tiles"),
            (file => Entry(file, 277, value: 0), "0 samples"),
            (file => Entry(file, 284, value: 3), "planar configuration 3"),
            (file => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan((int)Value(file, 324)), (uint)file.Length), "tile 0"),
        })
        {
            var damaged = stored.ToArray();
            damage(damaged);
            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(damaged));
            Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
            Assert.NotNull(refused.ByteOffset);
            Assert.NotNull(refused.Cure);
        }
    }

    [Fact]
    public async Task What_is_not_read_is_refused_by_name()
    {
        var stored = TiffBuilder.Build(Plain);
        foreach (var (tag, value, problem) in new[]
        {
            (259, 34887, "LERC"), (259, 50001, "WebP"), (259, 34925, "LZMA"), (259, 6, "old JPEG"), (259, 34712, "JPEG 2000"), (259, 50002, "JPEG XL"), (259, 12345, "code 12345"),
            (258, 12, "12 bits"), (258, 24, "24 bits"), (339, 9, "sample format 9"), (262, 6, "YCbCr"),
        })
        {
            var changed = stored.ToArray();
            Entry(changed, tag, value: (uint)value);
            var refused = await Assert.ThrowsAsync<UnsupportedFormatException>(() => IndexAsync(changed));
            Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
            Assert.Contains("gdal_translate", refused.Cure, StringComparison.Ordinal);
        }

        var mixed = TiffBuilder.Build(Plain with { Bands = 3 });
        BinaryPrimitives.WriteUInt16LittleEndian(mixed.AsSpan((int)Value(mixed, 258)), 16);
        Assert.Contains("different BitsPerSample", (await Assert.ThrowsAsync<UnsupportedFormatException>(() => IndexAsync(mixed))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_of_LZW_that_ends_a_byte_early_is_refused()
    {
        var stored = TiffBuilder.Build(Plain with { Width = 16, Height = 16, Compression = 5 });
        var (offset, length) = ((int)Value(stored, 324), (int)Value(stored, 325));
        var raw = PlainLzw.Decompress(stored.AsSpan(offset, length), 256);
        var shorter = PlainLzw.Compress(raw[..^1]);
        Assert.InRange(shorter.Length, 1, length);
        shorter.CopyTo(stored, offset);
        Entry(stored, 325, value: (uint)shorter.Length);
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => ReadAsync(stored));
        Assert.Contains("Not enough data", refused.Problem, StringComparison.Ordinal);
        Assert.Equal(offset, refused.ByteOffset);
    }

    [Fact]
    public async Task Warnings_tell_what_is_odd()
    {
        var stored = TiffBuilder.Build(Plain with { Overviews = 1 });
        BinaryPrimitives.WriteUInt32LittleEndian(stored.AsSpan(EntryOf(stored, 254, 1) + 8), 2);
        var index = await (await IndexAsync(stored)).GetIndexAsync();
        Assert.Single(index.Levels);
        Assert.Contains("1 other image in the object is not read", Assert.Single(index.Warnings), StringComparison.Ordinal);
    }

    [SharedDataFact]
    public async Task Real_files_cut_short_or_damaged_end_in_typed_errors()
    {
        var random = new Random(5);
        foreach (var name in new[] { "cogeo.tif", "alpha.tif", "cog_no_offest.tif", "austrian_capitals_model_tie_points_pixel_is_point.tif", "RGBA.uint16.tif" })
        {
            var stored = await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "geotiff", name));
            for (var i = 0; i < 12; i++)
            {
                var damaged = i % 3 == 0 ? stored[..random.Next(stored.Length)] : stored.ToArray();
                for (var n = 0; n < 5 && damaged.Length > 0; n++)
                    damaged[i % 2 == 0 ? random.Next(damaged.Length) : random.Next(Math.Min(2000, damaged.Length))] ^= (byte)random.Next(1, 256);
                try
                {
                    foreach (var slice in (await (await IndexAsync(damaged)).PartitionAsync(GeoTiffPartition.BySize(700, 700))).Take(2))
                        _ = await slice.GetAsync().WaitAsync(TimeSpan.FromSeconds(30));
                }
                catch (DataplugException refused)
                {
                    Assert.True(refused is CorruptObjectException or UnsupportedFormatException or PartitionException or InvalidSliceException, refused.ToString());
                }
            }
        }
    }

    private static int NextOf(byte[] file) => 8 + 2 + (12 * BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(8)));

    internal static int EntryOf(byte[] file, int tag, int directory = 0)
    {
        var start = 8;
        for (; directory > 0; directory--)
            start = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(start + 2 + (12 * BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(start)))));
        for (var at = start + 2; ; at += 12)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at)) == tag)
                return at;
        }
    }

    private static uint Value(byte[] file, int tag) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(EntryOf(file, tag) + 8));

    internal static void Entry(byte[] file, int tag, uint? value = null, uint? count = null)
    {
        var at = EntryOf(file, tag);
        if (count is { } values)
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at + 4), values);
        if (value is { } number)
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at + 8), number);
    }
}
