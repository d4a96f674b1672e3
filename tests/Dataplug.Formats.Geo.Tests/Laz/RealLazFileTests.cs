using System.Text.Json;
using Dataplug.Conformance.GZip;

namespace Dataplug.Formats.Geo.Laz.Tests;

/// <summary>Real files, whose point records are those that LASzip decompresses.</summary>
public sealed class RealLazFileTests
{
    private static readonly Lazy<JsonElement> Truth = new(() =>
    {
        using var file = File.OpenRead(Path.Combine(SharedData.Folder!, "TRUTH.json"));
        return JsonDocument.Parse(file).RootElement.Clone();
    });

    public static TheoryData<string> Files()
    {
        var files = new TheoryData<string>();
        if (SharedData.Folder is not null)
        {
            foreach (var name in new[] { "laz", "copc" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(SharedData.Folder, folder), "*.laz")).Order())
                files.Add(Path.GetRelativePath(SharedData.Folder, name));
        }
        else
        {
            files.Add("absent");
        }
        return files;
    }

    [SharedDataTheory]
    [MemberData(nameof(Files))]
    public async Task Points_are_those_that_LASzip_decompresses(string name)
    {
        var file = LazFile.Read(Path.Combine(SharedData.Folder!, name));
        file.Vlr.Validate(file.PointFormat, file.RecordLength);
        Assert.Equal(file.VlrBytes, file.Vlr.ToBytes());
        var records = await file.DecodeAsync();
        Assert.Equal(Truth.Value.GetProperty(name).GetProperty("decompressed").GetProperty("point_records_sha256").GetString(), LazFile.Hash(records));
    }

    [SharedDataTheory]
    [MemberData(nameof(Files))]
    public async Task Chunks_are_decompressed_alone_and_in_any_order(string name)
    {
        var file = LazFile.Read(Path.Combine(SharedData.Folder!, name));
        var whole = await file.DecodeAsync();
        var table = await file.ReadTableAsync();
        Assert.Null(table.Rebuilt);
        var order = Enumerable.Range(0, table.Count).ToArray();
        new Random(3).Shuffle(order);
        var decoder = new LazChunkDecoder(file.Vlr);
        var records = new byte[whole.Length];
        foreach (var i in order)
            file.Decode(i % 2 == 0 ? decoder : new LazChunkDecoder(file.Vlr), table[i], records);
        Assert.Equal(LazFile.Hash(whole), LazFile.Hash(records));
    }

    [SharedDataTheory]
    [MemberData(nameof(Files))]
    public async Task Chunks_and_their_table_are_compressed_to_the_bytes_that_the_file_has(string name)
    {
        var file = LazFile.Read(Path.Combine(SharedData.Folder!, name));
        var records = await file.DecodeAsync();
        var table = await file.ReadTableAsync();
        var encoder = new LazChunkEncoder(file.Vlr);
        for (var i = 0; i < table.Count; i++)
        {
            var chunk = table[i];
            var encoded = encoder.Encode(records.AsSpan((int)chunk.FirstPoint * file.RecordLength, (int)chunk.Points * file.RecordLength));
            Assert.Equal(LazFile.Hash(file.BytesOf(chunk)), LazFile.Hash(encoded));
        }
        var bytes = table.ToBytes(file.Vlr.HasVariableChunks);
        Assert.Equal(Convert.ToHexString(file.Bytes.AsSpan((int)table.End, bytes.Length)), Convert.ToHexString(bytes));
    }

    [SharedDataTheory]
    [MemberData(nameof(Files))]
    public async Task A_table_that_is_missing_is_made_of_the_chunks(string name)
    {
        var file = LazFile.Read(Path.Combine(SharedData.Folder!, name));
        var table = await file.ReadTableAsync();
        // As a writer leaves it that was interrupted: the place of the table is where it stands itself.
        BitConverter.TryWriteBytes(file.Bytes.AsSpan((int)file.Points.Offset), file.Points.Offset);
        var rebuilt = await file.ReadTableAsync();
        Assert.NotNull(rebuilt.Rebuilt);
        Assert.Equal(Enumerable.Range(0, table.Count).Select(i => table[i]), Enumerable.Range(0, rebuilt.Count).Select(i => rebuilt[i]));
    }
}
