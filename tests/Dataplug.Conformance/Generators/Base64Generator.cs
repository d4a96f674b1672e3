using System.Buffers.Text;

namespace Dataplug.Conformance.Generators;

/// <summary>Base64 of random bytes in lines of 76 characters (RFC 2045, section 6.8): text without a repetition, which a
/// compressor can only pack by its alphabet.</summary>
/// <param name="seed">Determines everything.</param>
public sealed class Base64Generator(int seed = 1)
{
    private const int BytesPerLine = 57;
    private const int LineLength = 77;

    /// <summary>Writes whole lines.</summary>
    /// <param name="destination">Takes the text.</param>
    /// <param name="lines">Lines to write, 77 bytes each.</param>
    /// <param name="cancellationToken">Cancels between pieces.</param>
    public async Task WriteAsync(Stream destination, long lines, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        const int batch = 8192;
        var random = new Random(seed);
        var raw = new byte[batch * BytesPerLine];
        var text = new byte[batch * LineLength];
        while (lines > 0)
        {
            var count = (int)Math.Min(batch, lines);
            random.NextBytes(raw);
            for (var i = 0; i < count; i++)
            {
                Base64.EncodeToUtf8(raw.AsSpan(i * BytesPerLine, BytesPerLine), text.AsSpan(i * LineLength), out _, out _);
                text[(i * LineLength) + LineLength - 1] = (byte)'\n';
            }
            await destination.WriteAsync(text.AsMemory(0, count * LineLength), cancellationToken);
            lines -= count;
        }
    }
}
