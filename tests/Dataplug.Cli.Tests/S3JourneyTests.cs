using System.Text.Json;
using Dataplug.Conformance.Servers;
using Dataplug.Storage;

namespace Dataplug.Cli.Tests;

/// <summary>The tool against a real S3 server that checks signatures.</summary>
public sealed class S3JourneyTests(S3JourneyTests.Account account) : IClassFixture<S3JourneyTests.Account>, IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task The_whole_journey_of_an_object_in_a_bucket()
    {
        var server = await S3Server.GetAsync();
        var bucket = await server.NewBucketAsync();
        var file = await _workspace.FastqAsync();
        var uri = await PutAsync(server, bucket, "runs/reads é+1.fastq.gz", File.ReadAllBytes(file.Path));
        var metadata = bucket.WithKey("indexes/").Value;
        var slices = bucket.WithKey("plans/slices.jsonl").Value;
        var whole = bucket.WithKey("out/whole.fastq").Value;

        var indexed = Json(await RunAsync(server, "preprocess", uri, "--metadata", metadata, "--json"));
        Assert.StartsWith(metadata, indexed.GetProperty("sidecar").GetString(), StringComparison.Ordinal);
        var seen = Json(await RunAsync(server, "inspect", uri, "--metadata", metadata, "--json"));
        Assert.Equal("current", seen.GetProperty("index").GetString());
        Assert.Equal(file.Reads, seen.GetProperty("attributes").GetProperty("reads").GetInt64());

        await RunAsync(server, "partition", uri, "--metadata", metadata, "--param", "count=9", "--out", slices);
        var all = await RunAsync(server, "get", slices, "--all");
        Assert.True(file.Plain.AsSpan().SequenceEqual(all.Output));
        await RunAsync(server, "get", slices, "--all", "--out", whole);
        var text = await RunAsync(server, "preprocess", whole, "--format", "raw-text");
        Assert.Contains("Indexed " + whole, text.Text, StringComparison.Ordinal);

        var counts = await RunAsync(server, "map", uri, "--metadata", metadata, "--param", "count=9", "--", "wc", "-c");
        Assert.Equal(file.Plain.Length, counts.Lines.Sum(line => int.Parse(line, System.Globalization.CultureInfo.InvariantCulture)));

        Assert.Equal(2, Json(await RunAsync(server, "catalog", "list", "--json")).GetArrayLength());
        Assert.True(Json(await RunAsync(server, "clean", uri, "--metadata", metadata, "--json")).GetProperty("removed").GetBoolean());
        Assert.Equal("missing", Json(await RunAsync(server, "inspect", uri, "--metadata", metadata, "--json")).GetProperty("index").GetString());
    }

    [Fact]
    public async Task The_bucket_named_like_the_objects_own_with_meta_is_made_and_used()
    {
        var server = await S3Server.GetAsync();
        var bucket = await server.NewBucketAsync();
        var uri = await PutAsync(server, bucket, "notes.txt", "one\ntwo\n"u8.ToArray());

        var indexed = Json(await RunAsync(server, "preprocess", uri, "--meta-bucket", "--json"));

        Assert.StartsWith($"s3://{bucket.Container}.meta/", indexed.GetProperty("sidecar").GetString(), StringComparison.Ordinal);
        Assert.Equal("current", Json(await RunAsync(server, "inspect", uri, "--meta-bucket", "--json")).GetProperty("index").GetString());
    }

    [Fact]
    public async Task A_wrong_key_is_one_error_line()
    {
        var server = await S3Server.GetAsync();
        var uri = await PutAsync(server, await server.NewBucketAsync(), "notes.txt", "one\ntwo\n"u8.ToArray());

        var result = await new Tool(_workspace).RunAsync("inspect", uri, "--endpoint-url", server.Endpoint, "--profile", "wrong");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(uri, result.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("redentials", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unsigned_request_for_a_private_object_is_denied_in_one_line()
    {
        var server = await S3Server.GetAsync();
        var uri = await PutAsync(server, await server.NewBucketAsync(), "notes.txt", "one\ntwo\n"u8.ToArray());

        var result = await new Tool(_workspace).RunAsync("inspect", uri, "--endpoint-url", server.Endpoint, "--no-sign-request");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(uri, result.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("denied", result.ErrorLine, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_missing_object_and_a_missing_bucket_are_one_error_line()
    {
        var server = await S3Server.GetAsync();
        var bucket = await server.NewBucketAsync();

        foreach (var uri in (string[])[bucket.WithKey("missing.txt").Value, "s3://no-such-bucket-" + Guid.NewGuid().ToString("N") + "/missing.txt"])
        {
            var result = await new Tool(_workspace).RunAsync("inspect", uri, "--endpoint-url", server.Endpoint, "--profile", "test");

            Assert.Equal(1, result.ExitCode);
            Assert.StartsWith(uri, result.ErrorLine, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_one_error_line()
    {
        var result = await new Tool(_workspace).RunAsync("inspect", "s3://bucket/notes.txt", "--endpoint-url", "http://127.0.0.1:9", "--profile", "test");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("s3://bucket/notes.txt", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_that_is_not_there_is_one_error_line()
    {
        var server = await S3Server.GetAsync();

        var result = await new Tool(_workspace).RunAsync("inspect", "s3://bucket/notes.txt", "--endpoint-url", server.Endpoint, "--profile", "nobody");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("nobody", result.ErrorLine, StringComparison.Ordinal);
    }

    private async Task<ToolResult> RunAsync(S3Server server, params string[] args)
    {
        Assert.NotNull(account);
        var result = await new Tool(_workspace).RunAsync([.. Insert(args, ["--endpoint-url", server.Endpoint, "--region", "us-east-1", "--profile", "test"])], null);
        Assert.True(result.ExitCode == 0, $"dataplug {string.Join(' ', args)}: {result.Error}");
        return result;
    }

    // Options of the tool stand before the program of 'map'.
    private static IEnumerable<string> Insert(string[] args, string[] options)
    {
        var at = Array.IndexOf(args, "--") is var found and >= 0 ? found : args.Length;
        return [.. args[..at], .. options, .. args[at..]];
    }

    private static JsonElement Json(ToolResult result)
    {
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    private static async Task<string> PutAsync(S3Server server, ObjectUri bucket, string key, byte[] content)
    {
        await using var store = new S3Store(server.Options);
        var uri = bucket.WithKey(key);
        _ = await store.PutAsync(uri, content, PutOptions.Overwrite);
        return uri.Value;
    }

    /// <summary>A credentials file with a profile that is right and one that is wrong.</summary>
    public sealed class Account : IAsyncLifetime
    {
        private readonly string _path = Path.GetTempFileName();

        public async Task InitializeAsync()
        {
            var server = await S3Server.GetAsync();
            await File.WriteAllTextAsync(_path, $"""
                [test]
                aws_access_key_id = {server.AccessKey}
                aws_secret_access_key = {server.SecretKey}

                [wrong]
                aws_access_key_id = {server.AccessKey}
                aws_secret_access_key = this-is-not-the-secret-key-of-the-user

                """);
            Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", _path);
        }

        public Task DisposeAsync()
        {
            Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", null);
            File.Delete(_path);
            return Task.CompletedTask;
        }
    }
}
