using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dataplug.Lithops.Code;

namespace Dataplug.Lithops.Protocol;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Invocation))]
[JsonSerializable(typeof(InvocationStatus))]
[JsonSerializable(typeof(CodeBundle))]
[JsonSerializable(typeof(WorkerNotice))]
[JsonSerializable(typeof(StoredJob))]
[JsonSerializable(typeof(StoredPayload))]
internal sealed partial class ProtocolJson : JsonSerializerContext
{
    /// <summary>Reads a document of the protocol.</summary>
    /// <exception cref="PayloadRefusedException">It isn't one.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new PayloadRefusedException(null, $"null is no {what}");
        }
        catch (JsonException exception)
        {
            throw new PayloadRefusedException(null, $"this is no {what}: {exception.Message.TrimEnd('.')}", "Run client and worker in the same version.", innerException: exception);
        }
    }
}
