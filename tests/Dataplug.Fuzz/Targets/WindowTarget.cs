using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>Unpacking a window: a window or a CorruptIndexException, and what was unpacked packs and unpacks to itself.</summary>
internal sealed class WindowTarget : IFuzzTarget
{
    private readonly GuardedMemory _input = new(1 << 20);

    public string Name => "window";

    public InputKind Kind => InputKind.Window;

    public string Run(byte[] input, Random random)
    {
        try
        {
            var window = WindowCodec.Decode(_input.PutAtEnd(input));
            if (window.Length > WindowCodec.MaxWindowLength || input.Length == 0 != (window.Length == 0))
                throw new FuzzFinding($"a window of {window.Length} bytes came out of {input.Length}");
            return WindowCodec.Decode(WindowCodec.Encode(window)).AsSpan().SequenceEqual(window) ? "accepted" : throw new FuzzFinding("a window does not pack and unpack to itself");
        }
        catch (CorruptIndexException refusal)
        {
            return GzipRules.Outcome(refusal);
        }
    }
}
