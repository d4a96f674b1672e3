using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Dataplug.Lithops.Protocol;

/// <summary>The JSON in which signed messages pass through AWS Lambda, whose events and answers are JSON.</summary>
internal static class LambdaMessages
{
    /// <summary>The property of an event.</summary>
    public const string Invocation = "dataplugInvocation";

    /// <summary>The property of an answer.</summary>
    public const string Status = "dataplugStatus";

    /// <summary>An object with one property, whose value is a message; those are UTF-8 text.</summary>
    public static byte[] Write(string name, ReadOnlySpan<byte> message)
    {
        var text = Encoding.UTF8.GetString(message);
        return Object(json => json.WriteString(name, text));
    }

    /// <summary>The answer to a function URL's request, payload format 2.0.</summary>
    public static byte[] HttpAnswer(int status, string body, bool isBase64) => Object(json =>
    {
        json.WriteNumber("statusCode", status);
        json.WriteStartObject("headers");
        json.WriteString("Content-Type", isBase64 ? "application/octet-stream" : "text/plain; charset=utf-8");
        json.WriteString(Backends.Http.HttpWorkers.WorkerHeader, "aws-lambda");
        json.WriteEndObject();
        json.WriteString("body", body);
        json.WriteBoolean("isBase64Encoded", isBase64);
    });

    /// <summary>An error as the Runtime API takes it.</summary>
    public static byte[] Error(Exception exception) => Object(json =>
    {
        json.WriteString("errorMessage", exception.Message);
        json.WriteString("errorType", exception.GetType().FullName);
    });

    /// <summary>An object of some members.</summary>
    public static byte[] Object(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
