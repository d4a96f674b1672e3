using System.Globalization;
using System.Net;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Arrays;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Dataplug.Lithops.Kubernetes;

/// <summary>Indexed jobs of Kubernetes, by its API.</summary>
internal sealed class KubernetesScheduler(KubernetesBackendOptions options, IKubernetes client, string key) : IArrayScheduler
{
    /// <summary>Set by the job controller on the pods of an indexed job.</summary>
    private const string IndexAnnotation = "batch.kubernetes.io/job-completion-index";

    private readonly string _secret = "dataplug-key-" + Guid.NewGuid().ToString("N");
    private readonly HashSet<string> _arrays = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _left = [];
    private bool _hasSecret;

    public string Name => "kubernetes";

    public int MaxArraySize => options.MaxArraySize;

    public TimeSpan SubmitDelay => options.SubmitDelay;

    public TimeSpan PollInterval => options.PollInterval;

    public async Task<IReadOnlyList<string>> SubmitAsync(string array, string prefix, int count, long? memory, CancellationToken cancellationToken)
    {
        if (!_hasSecret)
            await CallAsync(() => client.CoreV1.CreateNamespacedSecretAsync(KubernetesManifest.Secret(options, _secret, key), options.Namespace, cancellationToken: cancellationToken)).ConfigureAwait(false);
        _hasSecret = true;
        await CallAsync(() => client.BatchV1.CreateNamespacedJobAsync(KubernetesManifest.Job(options, array, prefix, count, _secret, memory), options.Namespace, cancellationToken: cancellationToken)).ConfigureAwait(false);
        lock (_gate)
        {
            _arrays.Add(array);
            _left[array] = count;
        }

        return [.. Enumerable.Range(0, count).Select(index => string.Create(CultureInfo.InvariantCulture, $"{array}_{index}"))];
    }

    public async Task<IReadOnlyDictionary<string, ArrayElement>> WatchAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        // What has no pod yet waits; what had one that is gone is found out by its missing sign of life.
        var elements = ids.ToDictionary(id => id, _ => new ArrayElement(ArrayElementState.Waiting));
        var arrays = string.Join(',', ids.Select(id => id.Split('_')[0]).Distinct());
        string? next = null;
        do
        {
            var page = await CallAsync(() => client.CoreV1.ListNamespacedPodAsync(options.Namespace, labelSelector: $"{KubernetesManifest.ArrayLabel} in ({arrays})", limit: 500, continueParameter: next, cancellationToken: cancellationToken)).ConfigureAwait(false);
            foreach (var pod in page.Items)
            {
                if (pod.GetLabel(KubernetesManifest.ArrayLabel) is { } array && pod.GetAnnotation(IndexAnnotation) is { } index && elements.ContainsKey($"{array}_{index}"))
                    elements[$"{array}_{index}"] = Describe(pod);
            }

            next = page.Metadata?.ContinueProperty;
        }
        while (!string.IsNullOrEmpty(next));
        return elements;
    }

    public async Task CancelAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        foreach (var byArray in ids.GroupBy(id => id.Split('_')[0]))
        {
            var indexes = string.Join(',', byArray.Select(id => id.Split('_')[1]));
            var selector = $"{KubernetesManifest.ArrayLabel}={byArray.Key},{IndexAnnotation} in ({indexes})";
            await CallAsync(() => client.CoreV1.DeleteCollectionNamespacedPodAsync(options.Namespace, labelSelector: selector, cancellationToken: cancellationToken)).ConfigureAwait(false);
        }
    }

    public void Forget(string id)
    {
        var array = id.Split('_')[0];
        lock (_gate)
        {
            if (!_left.TryGetValue(array, out var left))
                return;
            _left[array] = left - 1;
            if (left > 1)
                return;
            _left.Remove(array);
            _arrays.Remove(array);
        }

        // In the background: it is deleted by itself an hour after its end.
        _ = DeleteJobAsync(array);
    }

    public async ValueTask DisposeAsync()
    {
        string[] arrays;
        lock (_gate)
            arrays = [.. _arrays];
        foreach (var array in arrays)
            await DeleteJobAsync(array).ConfigureAwait(false);
        if (_hasSecret)
        {
            try
            {
                await CallAsync(() => client.CoreV1.DeleteNamespacedSecretAsync(_secret, options.Namespace)).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is BackendFailedException or SchedulerUnavailableException)
            {
                // It stays; the key in it is of no use any more.
            }
        }

        client.Dispose();
    }

    private static ArrayElement Describe(V1Pod pod)
    {
        var ended = pod.Status?.ContainerStatuses?.FirstOrDefault()?.State?.Terminated;
        var waiting = pod.Status?.ContainerStatuses?.FirstOrDefault()?.State?.Waiting;
        return pod.Status?.Phase switch
        {
            "Succeeded" => new ArrayElement(ArrayElementState.Completed),
            "Failed" => new ArrayElement(ArrayElementState.Lost, IsOutOfMemory: ended?.Reason == "OOMKilled", Why: ended is null
                ? $"the pod failed: {pod.Status.Reason} {pod.Status.Message}"
                : ended.Reason == "OOMKilled"
                    ? "Kubernetes ended it because it took more memory than it may"
                    : string.Create(CultureInfo.InvariantCulture, $"the pod ended with exit code {ended.ExitCode}: {ended.Reason} {ended.Message}")),
            "Running" => new ArrayElement(ArrayElementState.Running),
            "Pending" when waiting?.Reason is "ErrImagePull" or "ImagePullBackOff" or "InvalidImageName" or "CreateContainerConfigError" => new ArrayElement(ArrayElementState.Lost, $"the pod does not start: {waiting.Reason} {waiting.Message}"),
            _ => new ArrayElement(ArrayElementState.Waiting),
        };
    }

    private async Task DeleteJobAsync(string array)
    {
        try
        {
            await CallAsync(() => client.BatchV1.DeleteNamespacedJobAsync(KubernetesManifest.NameOf(array), options.Namespace, propagationPolicy: "Background")).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is BackendFailedException or SchedulerUnavailableException or ObjectDisposedException)
        {
            // It is deleted by itself an hour after its end.
        }
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (HttpOperationException exception) when (exception.Response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        {
            throw new SchedulerUnavailableException($"the API server answers {(int)exception.Response.StatusCode}: {exception.Response.Content}");
        }
        catch (HttpOperationException exception)
        {
            throw new BackendFailedException(Name, $"the API server answers {(int)exception.Response.StatusCode}: {exception.Response.Content}", "Check the options and the rights of the account.", null, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new SchedulerUnavailableException("the API server can't be reached: " + exception.Message);
        }
    }
}
