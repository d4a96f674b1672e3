using System.Security.Cryptography;
using System.Text;

namespace Dataplug.Lithops.Protocol;

/// <summary>
/// The secret that client and workers share, which travels through the backend and never through storage: signs messages, and
/// tells those that were signed with it.
/// </summary>
/// <remarks>
/// A message is <c>dataplug-1 MAC JSON</c>: the MAC as 64 hexadecimal digits, HMAC-SHA256 (RFC 2104) over the message's purpose, a
/// line feed and the JSON. The purpose keeps one kind of message from being taken for another.
/// </remarks>
internal sealed class MessageKey
{
    public const string InvocationPurpose = "invocation";
    public const string StatusPurpose = "status";
    public const string NoticePurpose = "notice";
    public const string CancelPurpose = "cancel";
    public const string JobPurpose = "job";

    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    private static ReadOnlySpan<byte> Magic => "dataplug-1 "u8;

    private const int MacLength = 64;

    private readonly byte[] _key;

    private MessageKey(byte[] key) => _key = key;

    public static MessageKey Create() => new(RandomNumberGenerator.GetBytes(Size));

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    /// <exception cref="FormatException">It is no key.</exception>
    public static MessageKey Parse(string text)
    {
        var key = Convert.FromBase64String(text);
        return key.Length == Size ? new MessageKey(key) : throw new FormatException($"A key has {Size} bytes, this has {key.Length}.");
    }

    public string ToText() => Convert.ToBase64String(_key);

    public byte[] Sign(string purpose, ReadOnlySpan<byte> json)
    {
        var message = new byte[Magic.Length + MacLength + 1 + json.Length];
        Magic.CopyTo(message);
        Mac(purpose, json, message.AsSpan(Magic.Length, MacLength));
        message[Magic.Length + MacLength] = (byte)' ';
        json.CopyTo(message.AsSpan(Magic.Length + MacLength + 1));
        return message;
    }

    /// <summary>The JSON of a message that was signed with this key for this purpose.</summary>
    /// <exception cref="PayloadRefusedException">It was not.</exception>
    public ReadOnlyMemory<byte> Verify(string purpose, ReadOnlyMemory<byte> message)
    {
        var start = Magic.Length + MacLength + 1;
        if (message.Length < start || !message.Span.StartsWith(Magic) || message.Span[start - 1] != ' ')
            throw new PayloadRefusedException(null, $"this is no signed {purpose}");
        var json = message[start..];
        Span<byte> expected = stackalloc byte[MacLength];
        Mac(purpose, json.Span, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, message.Span.Slice(Magic.Length, MacLength)))
            throw new PayloadRefusedException(null, $"the signature of the {purpose} is wrong");
        return json;
    }

    private void Mac(string purpose, ReadOnlySpan<byte> json, Span<byte> hex)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hash.AppendData(Encoding.ASCII.GetBytes(purpose + "\n"));
        hash.AppendData(json);
        Span<byte> mac = stackalloc byte[32];
        hash.GetHashAndReset(mac);
        Convert.TryToHexStringLower(mac, hex, out _);
    }
}
