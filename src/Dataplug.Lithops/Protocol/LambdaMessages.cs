using System.Buffers;
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
        var buffer = new ArrayBufferWriter<byte>(message.Length + 64);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString(name, message);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The answer to a function URL's request, payload format 2.0.</summary>
    public static byte[] HttpAnswer(int status, string body, bool isBase64)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length + 200);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("statusCode", status);
            json.WriteStartObject("headers");
            json.WriteString("Content-Type", isBase64 ? "application/octet-stream" : "text/plain; charset=utf-8");
            json.WriteString(Backends.Http.HttpWorkers.WorkerHeader, "aws-lambda");
            json.WriteEndObject();
            json.WriteString("body", body);
            json.WriteBoolean("isBase64Encoded", isBase64);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>An error as the Runtime API takes it.</summary>
    public static byte[] Error(Exception exception)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("errorMessage", exception.Message);
            json.WriteString("errorType", exception.GetType().FullName);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
