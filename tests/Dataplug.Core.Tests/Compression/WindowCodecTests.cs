using Dataplug.Compression;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Compression;

[Properties(Arbitrary = [typeof(Seeds)])]
public sealed class WindowCodecTests
{
    private static byte[] Window(Random random)
    {
        var window = GzipObjects.Data(random, WindowCodec.MaxWindowLength + 1);
        // A sparse one: pieces of zeros.
        for (var i = random.Next(40); i > 0 && window.Length > 0; i--)
        {
            var at = random.Next(window.Length);
            window.AsSpan(at, Math.Min(window.Length - at, random.Next(2000))).Clear();
        }
        return window;
    }

    [Property]
    public void A_window_comes_back_as_it_was(Seed seed)
    {
        var window = Window(seed.Random());
        Assert.Equal(window, WindowCodec.Decode(WindowCodec.Encode(window)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32767)]
    [InlineData(32768)]
    public void Windows_at_the_limits_come_back(int length)
    {
        var window = new byte[length];
        new Random(1).NextBytes(window);
        Assert.Equal(window, WindowCodec.Decode(WindowCodec.Encode(window)));
        Array.Clear(window);
        var encoded = WindowCodec.Encode(window);
        Assert.Equal(window, WindowCodec.Decode(encoded));
        Assert.InRange(encoded.Length, 0, 64);
    }

    [Fact]
    public void A_longer_window_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WindowCodec.Encode(new byte[32769]));

    [Property(MaxTest = 500)]
    public void Garbage_is_refused_or_gives_some_window_and_throws_nothing_else(Seed seed)
    {
        var random = seed.Random();
        var encoded = WindowCodec.Encode(Window(random));
        if (random.Next(3) == 0)
            random.NextBytes(encoded = new byte[random.Next(200)]);
        else if (encoded.Length > 0 && random.Next(2) == 0)
            encoded = encoded[..random.Next(encoded.Length)];
        else if (encoded.Length > 0)
            encoded[random.Next(encoded.Length)] ^= (byte)random.Next(1, 256);
        try
        {
            Assert.InRange(WindowCodec.Decode(encoded).Length, 0, WindowCodec.MaxWindowLength);
        }
        catch (CorruptIndexException)
        {
        }
        // What went wrong before must not spoil what comes after on the same thread.
        var window = Window(random);
        Assert.Equal(window, WindowCodec.Decode(WindowCodec.Encode(window)));
    }

    [Property]
    public void A_cut_encoding_is_always_refused(Seed seed)
    {
        var random = seed.Random();
        var encoded = WindowCodec.Encode(Window(random));
        if (encoded.Length == 0)
            return;
        Assert.Throws<CorruptIndexException>(() => WindowCodec.Decode(encoded.AsSpan(0, random.Next(1, encoded.Length))));
        Assert.Throws<CorruptIndexException>(() => WindowCodec.Decode([.. encoded, 7]));
    }
}
