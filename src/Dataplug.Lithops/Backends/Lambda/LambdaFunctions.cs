using System.Runtime.CompilerServices;
using System.Text.Json;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Lambda;

/// <summary>A function as it is to be.</summary>
public sealed record LambdaDeployment
{
    /// <summary>Its name: letters, digits, hyphens and underscores, at most 64.</summary>
    public required string Name { get; init; }

    /// <summary>The ARN of the role with whose rights it runs: those to write logs, and to read and write the storage.</summary>
    public required string Role { get; init; }

    /// <summary>The package that <see cref="LambdaPackage"/> wrote.</summary>
    public required string PackagePath { get; init; }

    /// <summary>The key that the clients have as well; see <see cref="RemoteBackendOptions.Key"/>.</summary>
    public required string Key { get; init; }

    /// <summary>Memory in MB, from 128 to 10240; processor time grows with it.</summary>
    public int Memory { get; init; } = 1769;

    /// <summary>How long one invocation may take, up to 15 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Room in <c>/tmp</c> in MB, from 512 to 10240.</summary>
    public int EphemeralStorage { get; init; } = 512;

    /// <summary>More variables of the workers' environment, such as how the storage is reached.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    internal void Validate()
    {
        if (Name.Length is 0 or > 64 || !Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
            throw new ArgumentException($"A function's name is up to 64 letters, digits, hyphens and underscores, not '{Name}'.", nameof(Name));
        ArgumentException.ThrowIfNullOrEmpty(Role, nameof(Role));
        ArgumentOutOfRangeException.ThrowIfLessThan(Memory, 128, nameof(Memory));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Memory, 10_240, nameof(Memory));
        ArgumentOutOfRangeException.ThrowIfLessThan(Timeout, TimeSpan.FromSeconds(1), nameof(Timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Timeout, TimeSpan.FromMinutes(15), nameof(Timeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(EphemeralStorage, 512, nameof(EphemeralStorage));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(EphemeralStorage, 10_240, nameof(EphemeralStorage));
    }
}

/// <summary>A function that runs Dataplug's worker.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Memory">Memory in MB.</param>
/// <param name="Timeout">How long one invocation may take.</param>
/// <param name="CodeSize">The package's size in bytes.</param>
/// <param name="LastModified">When it was changed last, as Lambda says it.</param>
public sealed record LambdaFunction(string Name, int Memory, TimeSpan Timeout, long CodeSize, string LastModified);

/// <summary>Functions of AWS Lambda whose runtime is Dataplug's worker: deploys, lists and deletes them.</summary>
public sealed class LambdaFunctions : IDisposable
{
    /// <summary>By it Dataplug's functions are known among others.</summary>
    private const string Description = "Dataplug worker";

    /// <summary>The longest package that goes into a request: 50 MB, and base64 makes it longer.</summary>
    private const long MaxInRequest = 50L << 20;

    private readonly LambdaApi _api;

    /// <summary>Opens the API. Nothing is sent yet.</summary>
    /// <param name="options">How Lambda is reached; null for the environment's.</param>
    public LambdaFunctions(LambdaOptions? options = null) => _api = new LambdaApi(options ?? new LambdaOptions());

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();

    /// <summary>Makes the function, or changes the one of that name.</summary>
    /// <returns>Whether it was made now.</returns>
    /// <exception cref="ArgumentException">The deployment says what Lambda doesn't take.</exception>
    /// <exception cref="BackendFailedException">Lambda refuses it, or the package is too long for a request.</exception>
    public async Task<bool> DeployAsync(LambdaDeployment deployment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        deployment.Validate();
        _ = MessageKey.Parse(deployment.Key);
        var package = new FileInfo(deployment.PackagePath);
        if (!package.Exists)
            throw new ObjectNotFoundException(deployment.PackagePath, "there is no such package", "'dataplug runtime build aws-lambda' makes one.");
        if (package.Length > MaxInRequest)
            throw new BackendFailedException(deployment.PackagePath, $"the package has {package.Length} bytes, and a request takes {MaxInRequest}", "Upload it to S3 and make the function from there.");
        var zip = await File.ReadAllBytesAsync(deployment.PackagePath, cancellationToken).ConfigureAwait(false);

        if (await _api.FindFunctionAsync(deployment.Name, cancellationToken).ConfigureAwait(false) is null)
        {
            await _api.CreateFunctionAsync(deployment.Name, LambdaMessages.Object(json =>
            {
                json.WriteString("FunctionName", deployment.Name);
                json.WriteString("Runtime", "provided.al2023");
                json.WriteString("Handler", "bootstrap");
                Architectures(json);
                json.WriteStartObject("Code");
                json.WriteBase64String("ZipFile", zip);
                json.WriteEndObject();
                Configure(json, deployment);
            }), cancellationToken).ConfigureAwait(false);
            return true;
        }

        // Lambda changes one thing at a time, and answers 409 until it is done; that is waited for.
        await _api.UpdateCodeAsync(deployment.Name, LambdaMessages.Object(json =>
        {
            json.WriteBase64String("ZipFile", zip);
            Architectures(json);
        }), cancellationToken).ConfigureAwait(false);
        await _api.UpdateConfigurationAsync(deployment.Name, LambdaMessages.Object(json => Configure(json, deployment)), cancellationToken).ConfigureAwait(false);
        return false;
    }

    /// <summary>The functions of the account in the region that run Dataplug's worker.</summary>
    public async IAsyncEnumerable<LambdaFunction> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var function in _api.ListFunctionsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (Text(function, "Description") != Description)
                continue;
            yield return new LambdaFunction(
                Text(function, "FunctionName"),
                function.TryGetProperty("MemorySize", out var memory) ? memory.GetInt32() : 0,
                TimeSpan.FromSeconds(function.TryGetProperty("Timeout", out var timeout) ? timeout.GetInt32() : 0),
                function.TryGetProperty("CodeSize", out var size) ? size.GetInt64() : 0,
                Text(function, "LastModified"));
        }
    }

    /// <summary>Deletes a function.</summary>
    /// <exception cref="ObjectNotFoundException">There is none of that name.</exception>
    /// <exception cref="BackendFailedException">It does not run Dataplug's worker.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var function = await _api.FindFunctionAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new ObjectNotFoundException(name, "there is no such function", "'dataplug runtime list aws-lambda' shows those that there are.");
        if (!function.TryGetProperty("Configuration", out var configuration) || Text(configuration, "Description") != Description)
            throw new BackendFailedException(name, "this function is not one of Dataplug's", "Delete it by the tools that made it.");
        await _api.DeleteFunctionAsync(name, cancellationToken).ConfigureAwait(false);
    }

    private static void Architectures(Utf8JsonWriter json)
    {
        json.WriteStartArray("Architectures");
        json.WriteStringValue(LambdaPackage.Architecture);
        json.WriteEndArray();
    }

    private static void Configure(Utf8JsonWriter json, LambdaDeployment deployment)
    {
        json.WriteString("Description", Description);
        json.WriteString("Role", deployment.Role);
        json.WriteNumber("MemorySize", deployment.Memory);
        json.WriteNumber("Timeout", (int)deployment.Timeout.TotalSeconds);
        json.WriteStartObject("EphemeralStorage");
        json.WriteNumber("Size", deployment.EphemeralStorage);
        json.WriteEndObject();
        json.WriteStartObject("Environment");
        json.WriteStartObject("Variables");
        foreach (var (name, value) in deployment.Environment)
            json.WriteString(name, value);
        json.WriteString(RemoteBackendOptions.KeyVariable, deployment.Key);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
