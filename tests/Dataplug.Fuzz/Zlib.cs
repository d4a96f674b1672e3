using System.IO.Compression;

namespace Dataplug.Fuzz;

/// <summary>What a decoder made of an input.</summary>
/// <param name="Output">What it delivered, up to <see cref="Verdict.OutputLimit"/> (rule 1).</param>
/// <param name="Refusal">Why it refused the input; null when it took it, or when it was stopped.</param>
/// <param name="IsCut">It was stopped at the limit.</param>
internal sealed record Verdict(byte[] Output, string? Refusal, bool IsCut)
{
    /// <summary>Rule 1: decoding is stopped after so many bytes of output; they are compared, what follows is not.</summary>
    public const int OutputLimit = 384 << 10;
}

/// <summary>The oracle: zlib, as .NET brings it (System.IO.Compression).</summary>
internal static class Zlib
{
    /// <summary>Rule 5: of no input at all, .NET's streams give no output and no complaint; to zlib it is data cut short.</summary>
    private static readonly Verdict NoInput = new([], "truncated: there is no input", IsCut: false);

    [ThreadStatic]
    private static byte[]? _buffer;

    public static Verdict Gunzip(byte[] input, int limit = Verdict.OutputLimit) =>
        input.Length == 0 ? NoInput : Drain(new GZipStream(new MemoryStream(input), CompressionMode.Decompress), limit);

    public static Verdict Inflate(byte[] input, int limit = Verdict.OutputLimit) =>
        input.Length == 0 ? NoInput : Drain(new DeflateStream(new MemoryStream(input), CompressionMode.Decompress), limit);

    /// <summary>Whether zlib found nothing wrong with the data but that they end too early.</summary>
    public static bool IsCutShort(Verdict verdict) => verdict.Refusal?.Contains("truncated", StringComparison.Ordinal) == true;

    private static Verdict Drain(Stream stream, int limit)
    {
        using (stream)
        {
            var output = _buffer ??= new byte[64 << 10];
            var length = 0;
            try
            {
                for (; ; )
                {
                    if (length == output.Length && length < limit)
                        Array.Resize(ref _buffer, Math.Min(limit, output.Length * 2));
                    output = _buffer;
                    if (length == limit)
                        return new Verdict(output[..length], null, IsCut: true);
                    var read = stream.Read(output, length, Math.Min(output.Length, limit) - length);
                    if (read == 0)
                        return new Verdict(output[..length], null, IsCut: false);
                    length += read;
                }
            }
            catch (InvalidDataException refusal)
            {
                return new Verdict(output[..length], refusal.Message, IsCut: false);
            }
        }
    }
}
