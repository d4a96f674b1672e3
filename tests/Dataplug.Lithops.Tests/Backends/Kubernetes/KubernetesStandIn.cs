using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dataplug.Lithops.Backends.Processes;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dataplug.Lithops.Tests.Backends.Kubernetes;

/// <summary>
/// As much of Kubernetes' API as the backend uses, over HTTP, on the resources of the official client: an indexed job's pods are worker
/// processes on this machine. It shows that the backend speaks the API and reads pods rightly; it is no cluster.
/// </summary>
internal sealed class KubernetesStandIn : IAsyncDisposable
{
    private const string Success = """{"apiVersion":"v1","kind":"Status","status":"Success"}""";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, V1Job> _jobs = new();
    private readonly ConcurrentDictionary<string, V1Secret> _secrets = new();
    private readonly ConcurrentDictionary<string, Pod> _pods = new();

    private KubernetesStandIn(WebApplication app) => _app = app;

    /// <summary>Pods of the images in it are never started.</summary>
    public HashSet<string> MissingImages { get; } = [];

    public IEnumerable<string> Left => [.. _jobs.Keys, .. _secrets.Keys];

    public int JobsMade { get; private set; }

    public static async Task<KubernetesStandIn> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var cluster = new KubernetesStandIn(app);
        app.Run(cluster.AnswerAsync);
        await app.StartAsync();
        return cluster;
    }

    public IKubernetes Connect() => new k8s.Kubernetes(new KubernetesClientConfiguration { Host = _app.Urls.First() });

    public void KillAll()
    {
        foreach (var pod in _pods.Values)
            pod.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        KillAll();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        var parts = context.Request.Path.Value!.Trim('/').Split('/');
        object answer;
        switch (context.Request.Method, parts)
        {
            case ("POST", ["api", "v1", "namespaces", "test", "secrets"]):
                var secret = KubernetesJson.Deserialize<V1Secret>(body);
                _secrets[secret.Metadata.Name] = secret;
                answer = secret;
                break;
            case ("POST", ["apis", "batch", "v1", "namespaces", "test", "jobs"]):
                var job = KubernetesJson.Deserialize<V1Job>(body);
                JobsMade++;
                _jobs[job.Metadata.Name] = job;
                for (var index = 0; index < job.Spec.Completions; index++)
                    _pods[$"{job.Metadata.Name}-{index}"] = Run(job, index);
                answer = job;
                break;
            case ("GET", ["api", "v1", "namespaces", "test", "pods"]):
                answer = new V1PodList { ApiVersion = "v1", Kind = "PodList", Metadata = new V1ListMeta(), Items = [.. Selected(context).Select(pod => pod.Value.Describe(pod.Key))] };
                break;
            case ("DELETE", ["api", "v1", "namespaces", "test", "pods"]):
                foreach (var pod in Selected(context))
                    pod.Value.Kill();
                answer = Success;
                break;
            case ("DELETE", ["apis", "batch", "v1", "namespaces", "test", "jobs", var name]) when _jobs.TryRemove(name, out _):
                answer = Success;
                break;
            case ("DELETE", ["api", "v1", "namespaces", "test", "secrets", var name]) when _secrets.TryRemove(name, out _):
                answer = Success;
                break;
            default:
                context.Response.StatusCode = 404;
                answer = """{"apiVersion":"v1","kind":"Status","status":"Failure","reason":"NotFound","code":404}""";
                break;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer as string ?? KubernetesJson.Serialize(answer));
    }

    // "a=b", "a in (b,c)".
    private IEnumerable<KeyValuePair<string, Pod>> Selected(HttpContext context)
    {
        var selector = context.Request.Query["labelSelector"].ToString();
        return _pods.Where(pod => System.Text.RegularExpressions.Regex.Split(selector, ",(?![^(]*\\))").All(term =>
        {
            var match = System.Text.RegularExpressions.Regex.Match(term, @"^(\S+?)(?:=| in \()([^)]*)\)?$");
            return match.Success && pod.Value.Labels.TryGetValue(match.Groups[1].Value, out var value) && match.Groups[2].Value.Split(',').Contains(value);
        }));
    }

    private Pod Run(V1Job job, int index)
    {
        var container = job.Spec.Template.Spec.Containers.Single();
        var labels = new Dictionary<string, string>(job.Spec.Template.Metadata.Labels) { ["batch.kubernetes.io/job-completion-index"] = index.ToString(CultureInfo.InvariantCulture) };
        if (MissingImages.Contains(container.Image))
            return new Pod(labels, null);
        var variables = container.Env.ToDictionary(variable => variable.Name, variable => variable.Value ?? _secrets[variable.ValueFrom.SecretKeyRef.Name].StringData[variable.ValueFrom.SecretKeyRef.Key]);
        variables["JOB_COMPLETION_INDEX"] = labels["batch.kubernetes.io/job-completion-index"];
        var program = WorkerProgram.Find(null);
        var arguments = container.Args.Select(argument => variables.Aggregate(argument, (text, variable) => text.Replace($"$({variable.Key})", variable.Value, StringComparison.Ordinal)));
        var start = new ProcessStartInfo(program.FileName, [.. program.Arguments, .. arguments]);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return new Pod(labels, Process.Start(start));
    }

    private sealed class Pod(Dictionary<string, string> labels, Process? process)
    {
        public Dictionary<string, string> Labels => labels;

        public void Kill() => process?.Kill(entireProcessTree: true);

        public V1Pod Describe(string name)
        {
            var status = process switch
            {
                null => new V1PodStatus { Phase = "Pending", ContainerStatuses = [Of(new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = "ErrImagePull", Message = "no such image" } })] },
                { HasExited: false } => new V1PodStatus { Phase = "Running" },
                { ExitCode: 0 } => new V1PodStatus { Phase = "Succeeded" },
                _ => new V1PodStatus { Phase = "Failed", ContainerStatuses = [Of(new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = process.ExitCode, Reason = process.ExitCode == 137 ? "OOMKilled" : "Error" } })] },
            };
            return new V1Pod { Metadata = new V1ObjectMeta { Name = name, Labels = labels, Annotations = labels }, Status = status };
        }

        private static V1ContainerStatus Of(V1ContainerState state) => new() { Name = "worker", Image = "i", ImageID = "", Ready = false, RestartCount = 0, State = state };
    }
}
