using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>
/// Makes <see cref="StorageOptions"/> of the environment and of the section <c>storage</c> of the configuration file. The environment
/// counts more: a key of the file is left out where a variable says the same, which the store then reads by itself.
/// </summary>
internal static class StorageConfiguration
{
    public const string LocationVariable = "DATAPLUG_STORAGE";

    public static StorageOptions Load(string directory, Func<string, string?> environment)
    {
        var options = LoadStores(directory, environment);
        var home = Home(environment);
        if (environment(LocationVariable) is { Length: > 0 } location)
            return options with { Location = location, LocationPlace = "environment", LocationKey = LocationVariable };
        if (options.Location is not null)
            return options;
        return home is null
            ? throw new ConfigurationException("environment", LocationVariable, "there is no data folder for this user, and no storage is named", "Name one in DATAPLUG_STORAGE, or a folder in DATAPLUG_HOME.")
            : options with { Location = Path.Combine(home, "storage") };
    }

    /// <summary>What is configured, without the default location.</summary>
    public static StorageOptions LoadStores(string directory, Func<string, string?> environment) =>
        FindFile(directory, environment) is { } file ? FromFile(file, environment) : new StorageOptions();

    /// <summary>The configuration file; null when there is none.</summary>
    public static string? FindFile(string directory, Func<string, string?> environment)
    {
        var user = environment("HOME") ?? environment("USERPROFILE");
        return ConfigurationFile.Find(new[] { directory, Home(environment), user }.OfType<string>().Where(path => path.Length > 0), environment);
    }

    /// <summary>The folder of this user's data; null when there is none.</summary>
    public static string? Home(Func<string, string?> environment)
    {
        if (environment("DATAPLUG_HOME") is { Length: > 0 } named)
            return Path.GetFullPath(named);
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length == 0 ? null : Path.Combine(data, "dataplug");
    }

    private static StorageOptions FromFile(string file, Func<string, string?> environment)
    {
        // Other sections are other parts' own.
        var section = ConfigurationFile.Read(file).Section("storage");
        if (section is null)
            return new StorageOptions();
        var location = section.Text("location");
        var options = new StorageOptions
        {
            // A path is meant from the file on, wherever the program is started.
            Location = location is null || location.Contains("://", StringComparison.Ordinal) ? location : Path.GetFullPath(location, Path.GetDirectoryName(file)!),
            LocationPlace = file,
            LocationKey = "storage.location",
            S3 = S3(section.Section("s3"), environment),
            Azure = Azure(section.Section("azure"), environment),
            Redis = Redis(section.Section("redis"), environment),
            Retry = Retry(section.Section("retry")),
        };
        section.Done();
        return options;
    }

    private static S3Options? S3(ConfigurationSection? section, Func<string, string?> environment)
    {
        if (section is null)
            return null;
        var accessKey = section.Text("accessKey");
        var secretKey = section.Text("secretKey");
        var sessionToken = section.Text("sessionToken");
        if ((accessKey is null) != (secretKey is null))
            throw section.Refuse(accessKey is null ? "secretKey" : "accessKey", "accessKey and secretKey belong together");
        var defaults = new S3Options();
        var keysOfEnvironment = IsSet(environment, "AWS_ACCESS_KEY_ID", "AWS_PROFILE");
        var options = new S3Options
        {
            EndpointUrl = Unless(IsSet(environment, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), Url(section, "endpointUrl")),
            Region = Unless(IsSet(environment, "AWS_REGION", "AWS_DEFAULT_REGION"), section.Text("region")),
            Profile = Unless(keysOfEnvironment, section.Text("profile")),
            AccessKey = Unless(keysOfEnvironment, accessKey),
            SecretKey = Unless(keysOfEnvironment, secretKey),
            SessionToken = Unless(keysOfEnvironment, sessionToken),
            Anonymous = section.Truth("anonymous") ?? false,
            RequestPayer = section.Truth("requestPayer") ?? false,
            ForcePathStyle = section.Truth("forcePathStyle"),
            AssumeRoleArn = section.Text("assumeRoleArn"),
            RoleExternalId = section.Text("roleExternalId"),
            StsEndpointUrl = Unless(IsSet(environment, "AWS_ENDPOINT_URL_STS"), Url(section, "stsEndpointUrl")),
            MaxConnections = section.Count("maxConnections") ?? defaults.MaxConnections,
            ConnectTimeout = section.Seconds("connectTimeoutSeconds") ?? defaults.ConnectTimeout,
        };
        section.Done();
        return options;
    }

    private static AzureBlobOptions? Azure(ConfigurationSection? section, Func<string, string?> environment)
    {
        if (section is null)
            return null;
        var connectionString = section.Text("connectionString");
        var account = section.Text("account");
        var key = section.Text("key");
        var sasToken = section.Text("sasToken");
        var endpoint = Url(section, "endpointUrl");
        if (connectionString is not null && (account ?? key ?? sasToken ?? endpoint) is not null)
            throw section.Refuse("connectionString", "a connection string excludes account, key, sasToken and endpointUrl");
        if (key is not null && sasToken is not null)
            throw section.Refuse("sasToken", "a shared access signature and a key exclude each other");

        // One account is meant, the environment's or the file's; its parts are not mixed.
        var accountOfEnvironment = IsSet(environment, "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_SERVICE_ENDPOINT");
        var keyOfEnvironment = accountOfEnvironment || IsSet(environment, "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN");
        var defaults = new AzureBlobOptions();
        var options = new AzureBlobOptions
        {
            ConnectionString = Unless(accountOfEnvironment, connectionString),
            Account = Unless(accountOfEnvironment, account),
            EndpointUrl = Unless(accountOfEnvironment, endpoint),
            Key = Unless(keyOfEnvironment, key),
            SasToken = Unless(keyOfEnvironment, sasToken),
            Anonymous = section.Truth("anonymous") ?? false,
            MaxConnections = section.Count("maxConnections") ?? defaults.MaxConnections,
            ConnectTimeout = section.Seconds("connectTimeoutSeconds") ?? defaults.ConnectTimeout,
            ConnectionIdleTimeout = section.Seconds("connectionIdleTimeoutSeconds") ?? defaults.ConnectionIdleTimeout,
        };
        section.Done();
        return options;
    }

    private static RedisOptions? Redis(ConfigurationSection? section, Func<string, string?> environment)
    {
        if (section is null)
            return null;
        var defaults = new RedisOptions();
        var options = new RedisOptions
        {
            User = Unless(IsSet(environment, "REDIS_USERNAME"), section.Text("user")),
            Password = Unless(IsSet(environment, "REDIS_PASSWORD"), section.Text("password")),
            ConnectTimeout = section.Seconds("connectTimeoutSeconds") ?? defaults.ConnectTimeout,
            Timeout = section.Seconds("timeoutSeconds") ?? defaults.Timeout,
        };
        section.Done();
        return options;
    }

    private static RetryOptions? Retry(ConfigurationSection? section)
    {
        if (section is null)
            return null;
        var defaults = RetryOptions.Default;
        var options = defaults with
        {
            MaxAttempts = section.Count("maxAttempts") ?? defaults.MaxAttempts,
            BaseDelay = section.Seconds("baseDelaySeconds") ?? defaults.BaseDelay,
            MaxDelay = section.Seconds("maxDelaySeconds") ?? defaults.MaxDelay,
            MaxElapsed = section.Seconds("maxElapsedSeconds") ?? defaults.MaxElapsed,
            IdleTimeout = section.Seconds("idleTimeoutSeconds") ?? defaults.IdleTimeout,
        };
        section.Done();
        return options;
    }

    private static string? Url(ConfigurationSection section, string key) => section.Text(key) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https") ? text : throw section.Refuse(key, "this key is an http(s) URL");

    private static bool IsSet(Func<string, string?> environment, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (environment(name) is { Length: > 0 })
                return true;
        }

        return false;
    }

    private static string? Unless(bool condition, string? value) => condition ? null : value;
}
