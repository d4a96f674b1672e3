using Azure.Core;
using Azure.Core.Pipeline;

namespace Dataplug.Storage;

/// <summary>
/// The SDK sends a request of its own when a body breaks off. <see cref="ResilientStore"/> does that for all stores, where it is
/// counted and bounded; so the SDK's attempt, which is made inside of a read of the body, is refused.
/// </summary>
internal sealed class NoResumptionPolicy : HttpPipelinePolicy
{
    private static readonly AsyncLocal<bool> InsideBody = new();

    /// <summary>Marks the rest of the calling method as a read of a body.</summary>
    public static void EnterBody() => InsideBody.Value = true;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Refuse();
        ProcessNext(message, pipeline);
    }

    public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Refuse();
        return ProcessNextAsync(message, pipeline);
    }

    private static void Refuse()
    {
        if (InsideBody.Value)
            throw new IOException("The body ended before all of it had come.");
    }
}
