using System.Text.Json;

namespace Dataplug.Conformance.Servers;

/// <summary>A new place on one of the servers, or in a folder, and the three ways in which a program is told of it.</summary>
/// <param name="Location">The place.</param>
/// <param name="Environment">The variables that name it and open it.</param>
/// <param name="Section">The section of the configuration file that opens it, as in <c>redis</c>; null for none.</param>
/// <param name="Keys">The keys of that section.</param>
public sealed record ConfiguredStorage(string Location, IReadOnlyDictionary<string, string> Environment, string? Section, IReadOnlyDictionary<string, string> Keys)
{
    /// <summary>The kinds that there are.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["file", "s3", "az", "redis"];

    /// <summary>The place as a configuration in JSON.</summary>
    public string Json => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["storage"] = Section is null
            ? new Dictionary<string, object> { ["location"] = Location }
            : new Dictionary<string, object> { ["location"] = Location, [Section] = Keys },
    });

    /// <summary>The place as a configuration in YAML.</summary>
    public string Yaml => string.Join('\n', [
        "# Where the objects are.",
        "storage:",
        $"  location: {Location}",
        .. Section is null ? Array.Empty<string>() : [$"  {Section}:", .. Keys.Select(pair => $"    {pair.Key}: '{pair.Value}'")],
        ""]);

    /// <summary>Makes a new place; its bucket or container is there.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="folder">Where files go.</param>
    public static async Task<ConfiguredStorage> CreateAsync(string kind, string folder)
    {
        switch (kind)
        {
            case "file":
                var path = Path.Combine(folder, "objects-" + Guid.NewGuid().ToString("N"));
                return new ConfiguredStorage(path, Named(path, new Dictionary<string, string>()), null, new Dictionary<string, string>());
            case "s3":
                var s3 = await S3Server.GetAsync();
                var bucket = (await s3.NewBucketAsync()).Value + "below/here";
                return new ConfiguredStorage(bucket, Named(bucket, s3.Environment), "s3", new Dictionary<string, string>
                {
                    ["endpointUrl"] = s3.Endpoint,
                    ["accessKey"] = s3.AccessKey,
                    ["secretKey"] = s3.SecretKey,
                    ["region"] = "us-east-1",
                });
            case "az":
                var azure = await AzuriteServer.GetAsync();
                var container = (await azure.NewContainerAsync()).Value + "below/";
                return new ConfiguredStorage(container, Named(container, azure.Environment), "azure", new Dictionary<string, string> { ["connectionString"] = azure.ConnectionString });
            case "redis":
                var redis = await RedisServer.GetAsync();
                var place = redis.NewBucket(2).Value.TrimEnd('/');
                return new ConfiguredStorage(place, Named(place, redis.Environment), "redis", new Dictionary<string, string> { ["password"] = redis.Password });
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    private static Dictionary<string, string> Named(string location, IReadOnlyDictionary<string, string> environment) => new(environment) { ["DATAPLUG_STORAGE"] = location };
}
