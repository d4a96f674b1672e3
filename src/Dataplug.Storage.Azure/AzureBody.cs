using Azure;

namespace Dataplug.Storage;

/// <summary>A body as the SDK gives it, which is then neither resumed by it nor fails with its kinds of exceptions.</summary>
internal sealed class AzureBody(Stream body, IDisposable answer) : ForwardStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        NoResumptionPolicy.EnterBody();
        try
        {
            return await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            answer.Dispose();
        }

        base.Dispose(disposing);
    }
}
