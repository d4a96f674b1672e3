namespace Dataplug.Formats.Geo.Laz.Tests;

/// <summary>What is compressed here are the bytes that LASzip 3.5.0 (its own C++ library, which wrote what the hashes are of) makes of the
/// same records: every point data record format in every version of its items, single bytes drawn by chance included. What is decompressed
/// are the records.</summary>
public sealed class LaszipBytesTests
{
    // By format and version of items, the first 16 digits of the SHA-256 of the chunk that LASzip makes of: realistic records of seeds 1 and 2
    // and hostile ones of seed 1, without extra bytes (in the order of _kinds), and then with five.
    private static readonly Dictionary<(int Format, int Version), string> Hashes = new()
    {
        [(0, 1)] = "c2673faa3954ad7d 67ff3a865aad666f 76bf4c6bea293b08 e46f597691705af6 985ff1f1b9f6beb9 6a4d07a638668d44",
        [(0, 2)] = "36c485d4a60299bf 7f36b05fdf23a022 0c679e06edfc9391 98773108d052ccb5 b0d560c9844dfbe1 dfe3524c1f9dffdd",
        [(1, 1)] = "b7c2c73d0869e04d 077a4966405744f7 e7133af3814c8747 f0fc883b7fd3393e 1c9871ff4eb500ef 0454bd18d66a0672",
        [(1, 2)] = "10295ff16962bc1c 911ed0a54f5d5966 d4fd078b681c4f8b d03fd592981b4825 116377af7697a90e 8f99e6ab9a1f49de",
        [(2, 1)] = "71a411c45a7dd399 f4fa6ed74a375dab 4aaf4228b25886ae d2005b4264e2a6e0 4deb1f63518d7a49 4dcfd6cc0cbe875a",
        [(2, 2)] = "0a64d843a4edba1e 2410ade8c0e5d667 58f676e441d67440 967373e79d334fc1 df6893c0aa8c21bd 187aca19bfd88f10",
        [(3, 1)] = "906a73542a3d158d 0ff7940e6fea0f78 7e4588624f2d10c4 8358151f0ff8c22c 0b0440e12932d3c7 9de802d103bf07b4",
        [(3, 2)] = "77e07824676a900a 01aaa6b7ff19c6d3 148879debaee61fb 4b57d803c9e24cc4 9dc17283db6d0787 3b77908c924ae13f",
        [(4, 1)] = "3418cf5fa1206480 01c865023f83ad45 456edf48ec3b35b6 62139ef8e1589756 b6ec6083974d4fed 9949da92a41a03cf",
        [(4, 2)] = "3adc4938076a384d 58522dc46f436ab7 69b05c97a1f1cd58 c1f52cb621653190 04538f76ec4cfb84 073d18b71310b185",
        [(5, 1)] = "9cb5144825a844e4 ef12169ab4c9dacf cd507f3803146329 407d2e436ca9e714 b3b4a9d386af59d7 ad62605ba0ecdac2",
        [(5, 2)] = "94ed1148f39b9558 743f7337c1cb3e2d 133f4cedce24c484 d9b7ae7eeb3ad896 f48610b6d906e71c 75df85cbc482940a",
        [(6, 3)] = "9003fd94f8debb9b 62494bb9a19ab0a1 2a827422214c729c 3028afb6102e3f89 883e6ece51c8ad94 128a418ced5ddffe",
        [(6, 4)] = "9003fd94f8debb9b 62494bb9a19ab0a1 2a827422214c729c 3028afb6102e3f89 883e6ece51c8ad94 2cfc65c65cca9fac",
        [(7, 3)] = "c20c287d58e56162 ec8d3bf2e52ec7be 1263aa42aa86c3e6 e52d9a747e98688b 69e9eb1640c9b55e c49886533e28ec19",
        [(7, 4)] = "c20c287d58e56162 0b71860d7ad3f1db 644ef427884064ef e52d9a747e98688b e6a6059ad8b177df ec796962a87fa47a",
        [(8, 3)] = "26fc332bbad50fba a2a635bd889bcd28 b8b243d4bb3d0978 d655e3950b2a3f15 9f7e44c901ea7acb ed3645e3c7ee8374",
        [(8, 4)] = "26fc332bbad50fba 5cc0f9f7429fcc4b 6913967e0e49a983 d655e3950b2a3f15 85855bfae1195ea6 d4ebb1960f5908d6",
        [(9, 3)] = "c2f32403a207a19d 4001a84b1d1fca95 2280b26a3ac36d20 30566eb08bb3d201 a44e1582dc66fb37 fab3da97c4ac7175",
        [(9, 4)] = "c2f32403a207a19d 2c71f9b753270e1c fcc8bf71b6723f4d 30566eb08bb3d201 d9a58dd544b15a76 3e24ec715b0b8342",
        [(10, 3)] = "3fa777017db32a41 2101f0ef6cd68125 f913393ce4ccdf2d e1dc0f8f99137a90 c639ba12fd76703f c5e1c57c66530c49",
        [(10, 4)] = "3fa777017db32a41 c6dce4f5ed1888b2 e83044f471536d60 e1dc0f8f99137a90 5e0ea130fc66cea7 77b376c42cd0f59c",
    };

    public static TheoryData<int, int> FormatsAndVersions()
    {
        var data = new TheoryData<int, int>();
        foreach (var (format, version) in Hashes.Keys)
            data.Add(format, version);
        return data;
    }

    [Theory]
    [MemberData(nameof(FormatsAndVersions))]
    public void Records_are_compressed_to_the_bytes_of_LASzip_and_back(int format, int version)
    {
        var hashes = new List<string>();
        foreach (var extra in new[] { 0, 5 })
        {
            var vlr = LazVlr.Create(format, PointRecords.LengthOf(format) + extra, itemVersion: version);
            var encoder = new LazChunkEncoder(vlr);
            var decoder = new LazChunkDecoder(vlr);
            foreach (var records in new[] { PointRecords.Realistic(format, extra, 1500, 1), PointRecords.Realistic(format, extra, 1500, 2), PointRecords.Hostile(format, extra, 400, 1) })
            {
                var copy = records.ToArray();
                var chunk = encoder.Encode(records);
                Assert.Equal(copy, records);
                hashes.Add(LazFile.Hash(chunk)[..16]);
                var decoded = new byte[records.Length];
                decoder.Decode(chunk, records.Length / vlr.RecordLength, decoded);
                Assert.Equal(LazFile.Hash(records), LazFile.Hash(decoded));
            }
        }
        Assert.Equal(Hashes[(format, version)], string.Join(' ', hashes));
    }
}
