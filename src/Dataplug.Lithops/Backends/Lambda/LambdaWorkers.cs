using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Lambda;

/// <summary>Environments of a Lambda function as workers: which one runs an invocation is Lambda's business.</summary>
internal sealed class LambdaWorkers(LambdaBackendOptions options, LambdaApi api) : IWorkerSource
{
    private int _number;

    public ValueTask<IWorkerLease> AcquireAsync(WorkerRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IWorkerLease>(new Lease(options, options.FunctionFor(request.Memory), api, string.Create(CultureInfo.InvariantCulture, $"aws-lambda/{Interlocked.Increment(ref _number)}")));

    private sealed class Lease(LambdaBackendOptions options, string function, LambdaApi api, string name) : IWorkerLease
    {
        private readonly CancellationTokenSource _end = new();
        private volatile bool _lineIsLost = options.Asynchronous;

        public string Worker => name;

        public bool Tells => !_lineIsLost;

        public Task Begun => Task.CompletedTask;

        public async Task<byte[]?> InvokeAsync(ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices)
        {
            LambdaAnswer answer;
            try
            {
                answer = await api.InvokeAsync(function, LambdaMessages.Write(LambdaMessages.Invocation, invocation.Span), options.Asynchronous, _end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                throw new WorkerLostException(name, "the attempt was given up");
            }
            catch (LambdaLineLostException)
            {
                // It may well be running: storage tells.
                _lineIsLost = true;
                return null;
            }

            if (answer.StatusCode == HttpStatusCode.Accepted)
                return null;
            if (answer.FunctionError is not null)
                throw Failed(answer);
            return ReadStatus(answer.Payload);
        }

        /// <summary>The worker looks for it in storage.</summary>
        public ValueTask<bool> CancelAsync(string call) => ValueTask.FromResult(false);

        /// <summary>Lambda can't be told to end an invocation: it ends at the function's timeout, and nobody waits for it.</summary>
        public void Kill() => _end.Cancel();

        public ValueTask DisposeAsync()
        {
            _end.Cancel();
            return ValueTask.CompletedTask;
        }

        private DataplugException Failed(LambdaAnswer answer)
        {
            var (type, message) = ("", Encoding.UTF8.GetString(answer.Payload));
            try
            {
                using var json = JsonDocument.Parse(answer.Payload);
                if (json.RootElement.TryGetProperty("errorMessage", out var text))
                    message = text.GetString() ?? message;
                if (json.RootElement.TryGetProperty("errorType", out var kind))
                    type = kind.GetString() ?? "";
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                // It is shown as it is.
            }

            return type == typeof(PayloadRefusedException).FullName
                ? new PayloadRefusedException(name, message)
                : new WorkerLostException(name, $"the function failed ({answer.FunctionError}{(type.Length > 0 ? ", " + type : "")}): {message}")
                {
                    IsOutOfMemory = type == "Runtime.OutOfMemory" || message.Contains("signal: killed", StringComparison.Ordinal),
                };
        }

        private byte[] ReadStatus(byte[] payload)
        {
            try
            {
                using var json = JsonDocument.Parse(payload);
                return Encoding.UTF8.GetBytes(json.RootElement.GetProperty(LambdaMessages.Status).GetString()!);
            }
            catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentNullException)
            {
                throw new BackendFailedException(function, "the function answers what is no status", "Is its code Dataplug's worker? 'dataplug runtime deploy aws-lambda' deploys it.", null, exception);
            }
        }
    }
}
