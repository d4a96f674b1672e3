using System.Text;
using System.Text.Json.Nodes;
using Dataplug.Conformance.Toys;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Partitioning;

public sealed class SliceSerializerTests
{
    private static readonly SliceKind Kind = new LinesFormat().SliceKind;
    private static readonly SliceSerializer Plain = new([Kind]);
    private static readonly SliceSerializer Signed = new([Kind], "a secret"u8.ToArray());

    private static readonly LinesSlice Sample = new()
    {
        Source = new SourceIdentity(ObjectUri.Parse("s3://b/ä key+<>.txt"), "\"e-1\"", 1000),
        Index = 1,
        Count = 3,
        Range = new ByteRange(10, 20),
        Mark = new BlobReference { Sidecar = ObjectUri.Parse("s3://b.meta/k.dpi"), Offset = 5, Length = 7, Checksum = "0123456789abcdef" },
        Weight = 0.1,
    };

    [Fact]
    public void A_slice_is_one_line_of_versioned_JSON()
    {
        var text = Plain.Serialize(Sample);
        Assert.DoesNotContain('\n', text);
        Assert.StartsWith("""{"dataplug":1,"kind":"toy-lines","slice":{""", text, StringComparison.Ordinal);
        Assert.Matches("\"check\":\"sha256:[0-9a-f]{64}\"}$", text);
        Assert.InRange(text.Length, 1, 600);
    }

    [Property(MaxTest = 300)]
    public Property Any_slice_comes_back_the_same() => Prop.ForAll(Slices().ToArbitrary(), slice =>
    {
        foreach (var serializer in (SliceSerializer[])[Plain, Signed])
        {
            var text = serializer.Serialize(slice);
            Assert.Equal(slice, serializer.Deserialize(text));
            Assert.Equal(text, serializer.Serialize(serializer.Deserialize(text)));
        }
    });

    [Property(MaxTest = 500)]
    public Property Any_other_character_is_refused_or_means_the_same() => Prop.ForAll(
        Slices().Zip(Gen.Choose(0, int.MaxValue)).Zip(Gen.Choose(32, 126)).ToArbitrary(),
        changed =>
        {
            var ((slice, at), character) = changed;
            foreach (var serializer in (SliceSerializer[])[Plain, Signed])
            {
                var text = new StringBuilder(serializer.Serialize(slice));
                text[at % text.Length] = (char)character;
                if (TryDeserialize(serializer, text.ToString()) is { } read)
                    Assert.Equal(slice, read);
            }
        });

    [Property(MaxTest = 300)]
    public void Foreign_text_is_refused(string? text) => Assert.Null(TryDeserialize(Plain, text ?? ""));

    [Fact]
    public void Order_and_white_space_do_not_matter()
    {
        var node = JsonNode.Parse(Plain.Serialize(Sample))!;
        Assert.Equal(Sample, Plain.Deserialize(Reversed(node).ToJsonString(new() { WriteIndented = true })));
    }

    [Fact]
    public void Every_change_of_a_value_and_every_property_too_many_or_too_few_is_refused()
    {
        var tried = 0;
        foreach (var change in Changes(JsonNode.Parse(Plain.Serialize(Sample))!))
        {
            Assert.Null(TryDeserialize(Plain, change.ToJsonString()));
            tried++;
        }

        Assert.InRange(tried, 40, 200);
        foreach (var change in Changes(JsonNode.Parse(Signed.Serialize(Sample))!))
            Assert.Null(TryDeserialize(Signed, change.ToJsonString()));
    }

    [Fact]
    public void Doubled_properties_are_refused()
    {
        var text = Plain.Serialize(Sample);
        Assert.Null(TryDeserialize(Plain, text.Replace("\"index\":1", "\"index\":1,\"index\":1", StringComparison.Ordinal)));
        Assert.Null(TryDeserialize(Plain, text.Replace("\"dataplug\":1", "\"dataplug\":1,\"dataplug\":1", StringComparison.Ordinal)));
    }

    [Fact]
    public void With_a_key_only_slices_signed_with_it_are_accepted()
    {
        var other = new SliceSerializer([Kind], "another"u8.ToArray());
        Assert.Equal(Sample, Signed.Deserialize(Signed.Serialize(Sample)));
        Assert.Contains("signed with another key", Refuse(Signed, other.Serialize(Sample)).Message, StringComparison.Ordinal);
        Assert.Contains("not signed", Refuse(Signed, Plain.Serialize(Sample)).Message, StringComparison.Ordinal);
        Assert.Contains(SliceSerializer.KeyVariable, Refuse(Plain, Signed.Serialize(Sample)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SliceSerializer([Kind], ReadOnlyMemory<byte>.Empty));
    }

    [Fact]
    public void Unknown_kinds_and_versions_are_named()
    {
        var text = Plain.Serialize(Sample);
        Assert.Contains("version 2", Refuse(Plain, text.Replace("\"dataplug\":1", "\"dataplug\":2", StringComparison.Ordinal)).Message, StringComparison.Ordinal);
        Assert.Contains("'toy-other'", Refuse(Plain, text.Replace("toy-lines", "toy-other", StringComparison.Ordinal)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SliceSerializer([]).Serialize(Sample));
        Assert.Throws<ArgumentException>(() => new SliceSerializer([SliceKind.Of("x", () => ToyJson.Default.LinesSlice)]).Serialize(Sample));
    }

    [Fact]
    public void Slices_that_make_no_sense_are_refused_even_when_their_check_is_good()
    {
        foreach (var bad in (LinesSlice[])[Sample with { Index = 3 }, Sample with { Index = -1 }, Sample with { Source = Sample.Source with { Size = -1 } }])
            Refuse(Plain, Plain.Serialize(bad));
    }

    [Fact]
    public async Task A_file_of_slices_is_one_a_line()
    {
        var slices = Enumerable.Range(0, 300).Select(i => Sample with { Index = i, Count = 300 }).ToArray();
        var file = new MemoryStream();
        await Plain.WriteAsync(file, slices);
        Assert.Equal(300, Encoding.UTF8.GetString(file.ToArray()).Count(c => c == '\n'));

        file.Position = 0;
        Assert.Equal(slices, await Plain.ReadAsync(file).ToListAsync());

        // Without a last newline, with CRLF and with empty lines.
        var text = Encoding.UTF8.GetString(file.ToArray()).TrimEnd().Replace("\n", "\r\n\r\n", StringComparison.Ordinal);
        Assert.Equal(slices, await Plain.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text))).ToListAsync());
        Assert.Empty(await Plain.ReadAsync(new MemoryStream()).ToListAsync());
    }

    [Fact]
    public async Task The_line_that_is_no_slice_is_named()
    {
        var text = Plain.Serialize(Sample) + "\n\n" + Plain.Serialize(Sample).Replace("\"length\":20", "\"length\":21", StringComparison.Ordinal) + "\n";
        var read = new List<Slice>();
        var refused = await Assert.ThrowsAsync<InvalidSliceException>(async () =>
        {
            await foreach (var slice in Plain.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text))))
                read.Add(slice);
        });
        Assert.Single(read);
        Assert.Contains("line 3:", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Sample.Source.Uri.Display, refused.ObjectName);
    }

    [Fact]
    public async Task A_line_without_end_is_refused_in_bounded_memory()
    {
        var refused = await Assert.ThrowsAsync<InvalidSliceException>(async () => await Plain.ReadAsync(new EndlessStream()).ToListAsync());
        Assert.Contains("line 1", refused.Message, StringComparison.Ordinal);
        Refuse(Plain, new string(' ', SliceSerializer.MaximumLength + 1));
    }

    private static InvalidSliceException Refuse(SliceSerializer serializer, string text) => Assert.Throws<InvalidSliceException>(() => serializer.Deserialize(text));

    private static Slice? TryDeserialize(SliceSerializer serializer, string text)
    {
        try
        {
            return serializer.Deserialize(text);
        }
        catch (InvalidSliceException)
        {
            return null;
        }
    }

    private static Gen<LinesSlice> Slices()
    {
        var text = Gen.Choose(1, 0x2fff).Where(c => c is not (>= 0xd800 and < 0xe000)).Select(c => (char)c).NonEmptyListOf().Select(c => new string([.. c]));
        var number = Gen.OneOf(Gen.Choose(0, 100).Select(i => (long)i), Gen.Choose(0, int.MaxValue).Select(i => (long)i * i / 2));
        var blob = Gen.OneOf(
            Gen.Constant<BlobReference?>(null),
            text.Zip(number).Select(t => (BlobReference?)new BlobReference { Sidecar = ObjectUri.ForS3("m", t.Item1), Offset = t.Item2, Length = (int)(t.Item2 & 0xffff), Checksum = "00" }),
            text.Select(t => (BlobReference?)new BlobReference { Inline = Convert.ToBase64String(Encoding.UTF8.GetBytes(t)), Checksum = t }));
        return text.Zip(text).Zip(number.Zip(number)).Zip(blob).Select(t =>
        {
            var (((key, etag), (size, offset)), mark) = t;
            return new LinesSlice
            {
                Source = new SourceIdentity(ObjectUri.ForS3("b", key), etag, size),
                Index = (int)(offset & 0xff),
                Count = 256,
                Range = new ByteRange(offset, size),
                Mark = mark,
                Weight = offset / 7.0,
            };
        });
    }

    private static JsonNode Reversed(JsonNode node) => node is JsonObject properties
        ? new JsonObject(properties.Reverse().Select(p => KeyValuePair.Create(p.Key, p.Value is null ? null : Reversed(p.Value))))
        : node.DeepClone();

    // Every leaf changed in several ways, every property removed, one added to every object.
    private static IEnumerable<JsonNode> Changes(JsonNode root)
    {
        foreach (var path in Paths(root).ToArray())
        {
            var value = Find(root, path)!;
            foreach (var other in Others(value))
            {
                var copy = root.DeepClone();
                ((JsonObject)Find(copy, path[..^1])!)[path[^1]] = other;
                yield return copy;
            }

            var removed = root.DeepClone();
            ((JsonObject)Find(removed, path[..^1])!).Remove(path[^1]);
            yield return removed;
            if (value is JsonObject)
            {
                var added = root.DeepClone();
                ((JsonObject)Find(added, path)!)["extra"] = 1;
                yield return added;
            }
        }

        var outer = (JsonObject)root.DeepClone();
        outer["extra"] = 1;
        yield return outer;
    }

    private static IEnumerable<string[]> Paths(JsonNode node) => node is not JsonObject properties
        ? []
        : properties.SelectMany(p => p.Value is null ? [] : Paths(p.Value).Select(rest => (string[])[p.Key, .. rest]).Prepend([p.Key]));

    private static JsonNode? Find(JsonNode node, string[] path) => path.Aggregate((JsonNode?)node, (at, name) => at![name]);

    private static IEnumerable<JsonNode?> Others(JsonNode value)
    {
        yield return null;
        yield return new JsonArray();
        if (value is JsonValue leaf && leaf.TryGetValue<string>(out var text))
            yield return text + "x";
        else if (value is JsonValue)
            yield return value.GetValue<double>() + 1;
    }

    private sealed class EndlessStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)'x');
            return count;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
