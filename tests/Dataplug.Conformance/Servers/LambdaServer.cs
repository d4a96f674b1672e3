namespace Dataplug.Conformance.Servers;

/// <summary>
/// A stand-in for AWS Lambda that checks signatures and drives runtimes by the Runtime API, started once for the test process and stopped
/// with it; or the one that <c>DATAPLUG_TEST_LAMBDA</c> gives: the lines that <c>tests/services/lambda-up.sh</c> printed. When it can't be
/// had, every test that asks for it fails with the reason.
/// </summary>
public sealed class LambdaServer
{
    private const string Script = "lambda-up.sh";
    private static readonly string[] Needed = ["LAMBDA_ENDPOINT", "LAMBDA_REGION", "LAMBDA_ACCESS_KEY", "LAMBDA_SECRET_KEY"];
    private static readonly Lazy<Task<LambdaServer>> Shared = new(StartAsync);

    private readonly IReadOnlyDictionary<string, string> _settings;

    private LambdaServer(IReadOnlyDictionary<string, string> settings) => _settings = settings;

    public string Endpoint => _settings["LAMBDA_ENDPOINT"];

    public string Region => _settings["LAMBDA_REGION"];

    public string AccessKey => _settings["LAMBDA_ACCESS_KEY"];

    public string SecretKey => _settings["LAMBDA_SECRET_KEY"];

    /// <summary>The server of this process.</summary>
    /// <exception cref="InvalidOperationException">It can't be started; the message says why.</exception>
    public static Task<LambdaServer> GetAsync() => Shared.Value;

    private static async Task<LambdaServer> StartAsync() => new(await ServerScript.StartAsync(Script, "LAMBDA_", "DATAPLUG_TEST_LAMBDA", Needed));
}
