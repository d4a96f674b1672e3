using System.Text;
using Dataplug.Conformance.Storage;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests;

/// <summary>Where a storage's configuration is looked for, what counts more, and what is said about mistakes.</summary>
public sealed class StorageConfigurationTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private readonly Dictionary<string, string> _variables = [];

    public StorageConfigurationTests()
    {
        Directory.CreateDirectory(Here);
        Directory.CreateDirectory(_scratch.Home);
        _variables["DATAPLUG_HOME"] = _scratch.Home;
    }

    private string Here => Path.Combine(_scratch.Path, "here");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Without_any_configuration_it_is_a_folder_of_this_user()
    {
        Assert.Equal(Path.Combine(_scratch.Home, "storage"), Load().Location);
        Assert.Null(Load().S3);
    }

    [Fact]
    public void Options_count_before_the_environment_and_that_before_the_working_directory_and_that_before_the_home()
    {
        _scratch.Write("home/dataplug.json", """{"storage":{"location":"s3://home/"}}"""u8);
        Assert.Equal("s3://home/", Load().Location);
        _scratch.Write("here/dataplug.yaml", "storage:\n  location: s3://here/\n"u8);
        Assert.Equal("s3://here/", Load().Location);
        _variables["DATAPLUG_STORAGE"] = "s3://environment/";
        Assert.Equal("s3://environment/", Load().Location);
        Assert.Equal("s3://options/", new StorageOptions { Location = "s3://options/" }.Over(Load()).Location);
    }

    [Fact]
    public void A_file_that_is_named_outright_counts_before_those_that_are_found()
    {
        _scratch.Write("here/dataplug.json", """{"storage":{"location":"s3://here/"}}"""u8);
        _variables["DATAPLUG_CONFIG"] = _scratch.Write("other.yml", "storage: {location: s3://named/}"u8).Key;
        Assert.Equal("s3://named/", Load().Location);
        _variables["DATAPLUG_CONFIG"] = "/no/such/file";
        Assert.Equal("DATAPLUG_CONFIG", Refusal().Key);
    }

    [Fact]
    public void The_users_own_home_is_looked_in_last()
    {
        _variables["HOME"] = Directory.CreateDirectory(Path.Combine(_scratch.Path, "user")).FullName;
        _scratch.Write("user/dataplug.json", """{"storage":{"location":"s3://user/"}}"""u8);
        Assert.Equal("s3://user/", Load().Location);
        _scratch.Write("home/dataplug.json", """{"storage":{"location":"s3://home/"}}"""u8);
        Assert.Equal("s3://home/", Load().Location);
    }

    [Fact]
    public void A_path_is_meant_from_the_file_on()
    {
        _scratch.Write("here/dataplug.yaml", "storage:\n  location: ../objects\n"u8);
        Assert.Equal(Path.Combine(_scratch.Path, "objects"), Load().Location);
    }

    [Fact]
    public void All_keys_are_taken_over()
    {
        _scratch.Write("here/dataplug.yaml", """
            backend: whatever   # other parts' own
            storage:
              location: az://c/p
              s3: {endpointUrl: 'http://s3:1', region: r, accessKey: a, secretKey: b, sessionToken: c, anonymous: false, requestPayer: true, forcePathStyle: true, assumeRoleArn: arn, roleExternalId: x, stsEndpointUrl: 'http://sts', maxConnections: 7, connectTimeoutSeconds: 2.5}
              azure: {account: acc, key: a2V5, endpointUrl: 'http://az:1', anonymous: false, maxConnections: 8, connectTimeoutSeconds: 3, connectionIdleTimeoutSeconds: 4}
              redis: {user: u, password: 12345, connectTimeoutSeconds: 5, timeoutSeconds: 6}
              retry: {maxAttempts: 2, baseDelaySeconds: 0.5, maxDelaySeconds: 1, maxElapsedSeconds: 60, idleTimeoutSeconds: 9}
            """u8);
        var options = Load();
        Assert.Equal("az://c/p", options.Location);
        Assert.Equal(
            new S3Options { EndpointUrl = "http://s3:1", Region = "r", AccessKey = "a", SecretKey = "b", SessionToken = "c", RequestPayer = true, ForcePathStyle = true, AssumeRoleArn = "arn", RoleExternalId = "x", StsEndpointUrl = "http://sts", MaxConnections = 7, ConnectTimeout = TimeSpan.FromSeconds(2.5) },
            options.S3);
        Assert.Equal(("acc", "a2V5", "http://az:1", 8, 3.0, 4.0), (options.Azure!.Account, options.Azure.Key, options.Azure.EndpointUrl, options.Azure.MaxConnections, options.Azure.ConnectTimeout.TotalSeconds, options.Azure.ConnectionIdleTimeout.TotalSeconds));
        Assert.Equal(("u", "12345", 5.0, 6.0), (options.Redis!.User, options.Redis.Password, options.Redis.ConnectTimeout.TotalSeconds, options.Redis.Timeout.TotalSeconds));
        Assert.Equal((2, 0.5, 1.0, 60.0, 9.0), (options.Retry!.MaxAttempts, options.Retry.BaseDelay.TotalSeconds, options.Retry.MaxDelay.TotalSeconds, options.Retry.MaxElapsed.TotalSeconds, options.Retry.IdleTimeout.TotalSeconds));
    }

    [Fact]
    public void What_the_environment_says_of_a_store_counts_before_the_file()
    {
        _scratch.Write("here/dataplug.json", """
            {"storage": {
              "s3": {"endpointUrl": "http://file", "region": "file", "accessKey": "file", "secretKey": "file"},
              "azure": {"account": "file", "key": "ZmlsZQ=="},
              "redis": {"user": "file", "password": "file"}}}
            """u8);
        var before = Load();
        Assert.Equal(("http://file", "file", "file", "file", "file", "file"), (before.S3!.EndpointUrl, before.S3.Region, before.S3.AccessKey, before.Azure!.Account, before.Redis!.User, before.Redis.Password));
        foreach (var name in (string[])["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AZURE_STORAGE_CONNECTION_STRING", "REDIS_PASSWORD"])
            _variables[name] = "environment";

        // Null: the store looks into the environment itself.
        var after = Load();
        Assert.Equal((null, null, null, null), (after.S3!.EndpointUrl, after.S3.Region, after.S3.AccessKey, after.S3.SecretKey));
        Assert.Equal((null, null), (after.Azure!.Account, after.Azure.Key));
        Assert.Equal(("file", null), (after.Redis!.User, after.Redis.Password));
    }

    [Theory]
    [InlineData("dataplug.json", """{"storage":{"s3":{"endpoint":"http://x"}}}""", "storage.s3.endpoint", "endpointUrl")]
    [InlineData("dataplug.json", """{"storage":{"place":"x"}}""", "storage.place", "location")]
    [InlineData("dataplug.json", """{"storage":"s3://x"}""", "storage", "below it")]
    [InlineData("dataplug.json", """{"storage":{"location":7}}""", "storage.location", "text")]
    [InlineData("dataplug.json", """{"storage":{"location":["a"]}}""", "storage.location", "text")]
    [InlineData("dataplug.json", """{"storage":{"location":""}}""", "storage.location", "text")]
    [InlineData("dataplug.json", """{"storage":{"s3":{"anonymous":"true"}}}""", "storage.s3.anonymous", "true or false")]
    [InlineData("dataplug.yaml", "storage: {s3: {anonymous: yes}}", "storage.s3.anonymous", "true or false")]
    [InlineData("dataplug.yaml", "storage: {s3: {accessKey: a}}", "storage.s3.accessKey", "belong together")]
    [InlineData("dataplug.yaml", "storage: {s3: {endpointUrl: localhost}}", "storage.s3.endpointUrl", "URL")]
    [InlineData("dataplug.yaml", "storage: {azure: {connectionString: a, account: b}}", "storage.azure.connectionString", "excludes")]
    [InlineData("dataplug.yaml", "storage: {azure: {key: a, sasToken: b}}", "storage.azure.sasToken", "exclude")]
    [InlineData("dataplug.yaml", "storage: {retry: {maxAttempts: 0}}", "storage.retry.maxAttempts", "whole number")]
    [InlineData("dataplug.yaml", "storage: {redis: {timeoutSeconds: soon}}", "storage.redis.timeoutSeconds", "seconds")]
    [InlineData("dataplug.json", """{"storage":{"location":"a","location":"b"}}""", "location", "twice")]
    [InlineData("dataplug.yaml", "storage: {location: a}\nstorage: {location: b}\n", null, "YAML")]
    [InlineData("dataplug.json", """{"storage":""", null, "JSON")]
    [InlineData("dataplug.json", """{} {}""", null, "JSON")]
    [InlineData("dataplug.json", "", null, "JSON")]
    [InlineData("dataplug.json", "[]", null, "no keys")]
    [InlineData("dataplug.yaml", "storage: [", null, "YAML")]
    [InlineData("dataplug.yaml", "just text", null, "no keys")]
    [InlineData("dataplug.yaml", "a: 1\n---\nb: 2\n", null, "several")]
    public void Mistakes_are_told_with_file_and_key(string name, string text, string? key, string said)
    {
        var file = _scratch.Write("here/" + name, Encoding.UTF8.GetBytes(text)).Key;
        var refusal = Refusal();
        Assert.StartsWith(file, refusal.ObjectName, StringComparison.Ordinal);
        Assert.Equal(key, refusal.Key);
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_is_told_too()
    {
        _scratch.Write("here/dataplug.yaml", "storage:\n  redis:\n    pasword: s3cret\n"u8);
        Assert.Contains("dataplug.yaml (line 3): storage.redis.pasword", Refusal().Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", Refusal().Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(Here, "dataplug.yaml"));
        _scratch.Write("here/dataplug.json", "{\n  \"storage\": {\n    \"retry\": {\n      \"maxAttempts\": true }}}"u8);
        Assert.Contains("dataplug.json (line 4): storage.retry.maxAttempts", Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_files_in_one_folder_are_refused()
    {
        _scratch.Write("here/dataplug.json", "{}"u8);
        _scratch.Write("here/dataplug.yml", ""u8);
        Assert.Contains("dataplug.yml", Refusal().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://host/x", "ftp")]
    [InlineData("https://host/x", "written")]
    [InlineData("s3://", "bucket")]
    public void Locations_that_can_not_be_are_refused_with_the_variable(string location, string said)
    {
        _variables["DATAPLUG_STORAGE"] = location;
        var refusal = Assert.Throws<ConfigurationException>(() => Storage.Open(Load()));
        Assert.Equal("DATAPLUG_STORAGE", refusal.Key);
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stores_of_ones_own_are_used_and_left_open()
    {
        var memory = new MemoryObjectStore("bucket");
        await using var stores = MemoryObjectStore.Stores(memory);
        await using (var storage = Storage.Open(new StorageOptions { Location = "mem://bucket/p", Stores = stores }))
            await storage.PutAsync("x", new byte[3]);
        Assert.Equal(3, (await stores.Get(ObjectUri.Parse("mem://bucket/p/x")).HeadAsync(ObjectUri.Parse("mem://bucket/p/x"))).Size);
    }

    private StorageOptions Load() => StorageOptions.Load(Here, _variables.GetValueOrDefault);

    private ConfigurationException Refusal() => Assert.Throws<ConfigurationException>(Load);
}
