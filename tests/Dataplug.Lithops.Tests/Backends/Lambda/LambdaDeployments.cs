using Dataplug.Conformance.Servers;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Lambda;

namespace Dataplug.Lithops.Tests.Backends.Lambda;

/// <summary>A function that runs the worker, built and deployed once for the test process.</summary>
internal sealed record LambdaDeployments(LambdaServer Server, LambdaOptions Options, string Function, string Key, string Package)
{
    public const string Role = "arn:aws:iam::123456789012:role/tests";

    private static readonly Lazy<Task<LambdaDeployments>> Shared = new(DeployAsync);

    public static Task<LambdaDeployments> GetAsync() => Shared.Value;

    private static async Task<LambdaDeployments> DeployAsync()
    {
        var server = await LambdaServer.GetAsync();
        var options = new LambdaOptions { EndpointUrl = server.Endpoint, Region = server.Region, AccessKey = server.AccessKey, SecretKey = server.SecretKey };
        var folder = Directory.CreateTempSubdirectory("dataplug-lambda-package-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var package = Path.Combine(folder.FullName, "worker.zip");
        await LambdaPackage.BuildAsync(package);
        var key = RemoteBackendOptions.NewKey();
        var name = "worker-" + Guid.NewGuid().ToString("N");
        using var functions = new LambdaFunctions(options);
        Assert.True(await functions.DeployAsync(new LambdaDeployment { Name = name, Role = Role, PackagePath = package, Key = key, Timeout = TimeSpan.FromMinutes(5) }));
        return new LambdaDeployments(server, options, name, key, package);
    }
}
