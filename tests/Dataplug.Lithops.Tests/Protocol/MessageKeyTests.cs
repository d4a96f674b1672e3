using System.Security.Cryptography;
using System.Text;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Tests.Protocol;

public sealed class MessageKeyTests
{
    private readonly MessageKey _key = MessageKey.Create();

    [Fact]
    public void A_signed_message_is_read_by_who_has_the_key()
    {
        var message = _key.Sign("invocation", """{"a":1}"""u8);

        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(MessageKey.Parse(_key.ToText()).Verify("invocation", message).Span));
    }

    [Fact]
    public void The_signature_is_what_the_document_says()
    {
        var message = Encoding.ASCII.GetString(_key.Sign("status", "{}"u8));
        var mac = HMACSHA256.HashData(Convert.FromBase64String(_key.ToText()), "status\n{}"u8);

        Assert.Equal($"dataplug-1 {Convert.ToHexStringLower(mac)} {{}}", message);
    }

    [Fact]
    public void Another_key_another_purpose_and_any_changed_byte_are_refused()
    {
        var message = _key.Sign("invocation", """{"a":1}"""u8);

        Assert.Throws<PayloadRefusedException>(() => MessageKey.Create().Verify("invocation", message));
        Assert.Throws<PayloadRefusedException>(() => _key.Verify("status", message));
        for (var i = 0; i < message.Length; i++)
        {
            var changed = message.ToArray();
            changed[i] ^= 1;
            Assert.Throws<PayloadRefusedException>(() => _key.Verify("invocation", changed));
            Assert.Throws<PayloadRefusedException>(() => _key.Verify("invocation", message.AsMemory(0, i)));
        }
    }

    [Fact]
    public void A_signed_message_that_is_none_of_ours_is_refused()
    {
        Assert.Throws<PayloadRefusedException>(() => Invocation.Open(_key.Sign(MessageKey.InvocationPurpose, "{}"u8), _key));
        Assert.Throws<PayloadRefusedException>(() => Invocation.Open(_key.Sign(MessageKey.InvocationPurpose, "null"u8), _key));
        Assert.Throws<PayloadRefusedException>(() => InvocationStatus.Open(new InvocationStatus { Call = "a/0/1", Worker = "w" }.Sign(_key), _key, "a/0/2"));
        Assert.Equal("w", InvocationStatus.Open(new InvocationStatus { Call = "a/0/1", Worker = "w" }.Sign(_key), _key, "a/0/1").Worker);
    }

    [Fact]
    public void What_is_no_key_is_refused()
    {
        Assert.Throws<FormatException>(() => MessageKey.Parse("AAAA"));
        Assert.Throws<FormatException>(() => MessageKey.Parse("no key"));
    }
}
