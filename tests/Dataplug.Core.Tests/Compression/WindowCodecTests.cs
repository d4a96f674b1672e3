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
        // A very sparse one, as most are.
        if (random.Next(2) == 0)
        {
            var (every, longest) = (random.Next(1, 500), random.Next(1, 40));
            for (var i = 0; i < window.Length;)
            {
                var gap = Math.Min(window.Length - i, random.Next(2 * every));
                window.AsSpan(i, gap).Clear();
                i += gap + random.Next(1, longest + 1);
            }
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

    // Around the number of bytes up to which windows count as sparse, in one run and in as many as can be.
    [Theory]
    [InlineData(8191, 1)]
    [InlineData(8192, 1)]
    [InlineData(8193, 1)]
    [InlineData(8191, 4)]
    [InlineData(8192, 4)]
    [InlineData(8193, 3)]
    public void Windows_around_the_limit_of_sparseness_come_back(int used, int step)
    {
        var random = new Random(2);
        var window = new byte[32768];
        for (var i = 0; i < used; i++)
            window[i * step] = (byte)random.Next(1, 256);
        Assert.Equal(window, WindowCodec.Decode(WindowCodec.Encode(window)));
    }

    [Fact]
    public void A_window_is_the_bytes_that_the_documentation_says()
    {
        // docs/formats/gzip-text.md, "Windows".
        var window = new byte[100];
        "ACGT"u8.CopyTo(window.AsSpan(10));
        "ACG"u8.CopyTo(window.AsSpan(97));
        Assert.Equal("638008003645B13BCF9ED4DE", Convert.ToHexString(WindowCodec.Encode(window)));
    }

    [Fact]
    public void Ten_thousand_bases_scattered_over_a_window_take_little_more_than_their_entropy()
    {
        var random = new Random(3);
        var window = new byte[32768];
        var used = 0;
        for (var at = random.Next(100); at < window.Length - 20 && used < 4000; at += random.Next(1, 100))
        {
            for (var run = random.Next(4, 16); run > 0; run--, used++)
                window[at++] = (byte)"ACGT"[random.Next(4)];
        }
        // Two bits a base; a gap of 1 to 99 has 6.6 bits, a run of 4 to 15 has 3.6.
        var entropy = ((2 * used) + ((6.6 + 3.6) * used / 9.5)) / 8;
        Assert.InRange(WindowCodec.Encode(window).Length, entropy, 1.12 * entropy);
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
